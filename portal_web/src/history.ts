// SPDX-License-Identifier: EUPL-1.2
// Keeps the page's address and the store in step, both ways.
import { readAddress, writeAddress } from "./address";
import { debounced } from "./dom";
import type { Shown, Store } from "./state";

const SETTLED = 350;

/** Writes each settled change as a step of history, restores on going back, and keeps the language links current. */
export class History {
  constructor(
    private readonly store: Store,
    private readonly start: () => Shown[],
  ) {
    this.write(true);
    const settled = debounced(() => this.write(false), SETTLED);
    store.onChange(settled);
    window.addEventListener("popstate", () => this.read());
  }

  private write(replace: boolean): void {
    const query = writeAddress(this.store.snapshot(), window.location.search);
    this.updateLanguageLinks(query);
    if (query === window.location.search) return;
    // The first view that the map settles on is where one came in, not a step.
    const entered = !new URLSearchParams(window.location.search).has("c");
    if (replace || entered) window.history.replaceState(null, "", query);
    else window.history.pushState(null, "", query);
  }

  private read(): void {
    const { view, layers, selected, crs } = readAddress(window.location.search);
    this.store.restore({ view: view ?? this.store.view, layers: layers ?? this.start(), selected, crs });
  }

  private updateLanguageLinks(query: string): void {
    for (const link of document.querySelectorAll<HTMLAnchorElement>(".languages a")) {
      const rest = query.replace(/^\?/, "").split("&").filter((part) => part && !part.startsWith("lang="));
      link.href = `?${[`lang=${link.hreflang}`, ...rest].join("&")}`;
    }
  }
}
