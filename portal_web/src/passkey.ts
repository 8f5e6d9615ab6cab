// SPDX-License-Identifier: EUPL-1.2
// Passkeys in the browser: signing in with one, and making one on the account's page.
import "./page";

type Ask = (options: unknown) => Promise<Credential | null>;

const ready = typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

async function post(address: string, body: unknown, csrf: string): Promise<unknown> {
  const headers: Record<string, string> = { "Content-Type": "application/json", Accept: "application/json" };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Goes through the two steps of a ceremony when the part's button is pressed; a failure is told beside it. */
function offer(part: HTMLElement, ask: Ask, more: () => object): void {
  const { options = "", answer = "", csrf = "", failed = "" } = part.dataset;
  const button = part.querySelector("button");
  const told = part.querySelector("[role=status]");
  if (!button || !told) return;
  part.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    told.textContent = "";
    void run()
      .catch(() => { told.textContent = failed; })
      .finally(() => { button.disabled = false; });
  });

  async function run(): Promise<void> {
    const made = await ask(await post(options, {}, csrf));
    if (!(made instanceof PublicKeyCredential)) throw new Error("no credential");
    const done = (await post(answer, { ...made.toJSON(), ...more() }, csrf)) as { next: string };
    location.assign(done.next);
  }
}

const signIn = document.getElementById("passkey");
if (ready && signIn) {
  offer(signIn, (options) => navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON),
  }), () => ({}));
}

const making = document.getElementById("new-passkey");
if (ready && making) {
  const name = making.querySelector("input");
  offer(making, (options) => navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON),
  }), () => ({ name: name?.value ?? "" }));
}
