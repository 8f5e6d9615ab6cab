// SPDX-License-Identifier: EUPL-1.2
// What the server tells the page at its start.

export type Language = "pl" | "en";

export interface Config {
  /** Path before every address of ours, without a slash at the end. */
  root: string;
  language: Language;
  site: string;
  wms: boolean;
  records: boolean;
}

export function readConfig(): Config {
  const block = document.getElementById("portal-config");
  if (!block?.textContent) throw new Error("The page has no settings.");
  return JSON.parse(block.textContent) as Config;
}
