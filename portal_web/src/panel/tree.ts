// SPDX-License-Identifier: EUPL-1.2
// All layers by theme: filter, show, read about.
import type { Api, LayerEntry, Listing } from "../api";
import type { Config } from "../config";
import { button, freshId, h } from "../dom";
import { icon } from "../icons";
import { fold, type Words } from "../messages";
import type { Store } from "../state";
import { about } from "./about";

interface Row {
  entry: LayerEntry;
  element: HTMLLIElement;
  box: HTMLInputElement;
  words: string;
}

interface Branch {
  element: HTMLDetailsElement;
  rows: Row[];
  open: boolean;
}

export class Tree {
  readonly element = h("div", { class: "tree" });
  private readonly branches: Branch[] = [];
  private readonly none: HTMLElement;

  constructor(
    private readonly listing: Listing,
    private readonly store: Store,
    private readonly api: Api,
    private readonly config: Config,
    private readonly words: Words,
    private readonly say: (text: string) => void,
  ) {
    this.none = h("p", { class: "empty", hidden: true }, words.say("noMatch"));
    this.build();
    store.onChange((part) => {
      if (part === "layers") this.sync();
    });
    this.sync();
  }

  private build(): void {
    if (!this.listing.layers.length) {
      this.element.append(h("p", { class: "empty" }, this.words.say("noLayers")));
      return;
    }
    this.element.append(this.filterBox(), this.none);
    const byTheme = Map.groupBy(this.listing.layers, (entry) => entry.theme);
    const known = new Set(this.listing.themes.map((theme) => theme.id));
    const extra = [...byTheme.keys()].filter((id) => !known.has(id)).map((id) => ({ id, title: id }));
    const empty: string[] = [];
    for (const theme of [...this.listing.themes, ...extra]) {
      const entries = byTheme.get(theme.id);
      if (entries) this.element.append(this.branch(theme.title, entries));
      else empty.push(theme.title);
    }
    const first = this.branches.filter((branch) => branch.rows.some((row) => this.store.shown(row.entry.id)));
    for (const branch of first.length ? first : this.branches.slice(0, 1)) branch.element.open = branch.open = true;
    if (empty.length) this.element.append(this.emptyThemes(empty));
  }

  private filterBox(): HTMLElement {
    const id = freshId("filter");
    const input = h("input", { id, type: "search", class: "field", placeholder: this.words.say("filter"), autocomplete: "off" });
    input.addEventListener("input", () => this.filter(input.value));
    return h("div", { class: "tree-filter" }, h("label", { class: "unseen", for: id }, this.words.say("filter")), input);
  }

  private branch(title: string, entries: LayerEntry[]): HTMLElement {
    const rows = entries.map((entry) => this.row(entry));
    const count = h("span", { class: "count", "aria-label": this.words.count("layers", entries.length) }, String(entries.length));
    const element = h(
      "details",
      { class: "theme" },
      h("summary", {}, icon("chevronRight"), h("span", { class: "theme-name" }, title), count),
      h("ul", {}, ...rows.map((row) => row.element)),
    );
    this.branches.push({ element, rows, open: false });
    return element;
  }

  private row(entry: LayerEntry): Row {
    const box = h("input", { type: "checkbox", "data-layer": entry.id });
    box.addEventListener("change", () => {
      if (box.checked) this.store.add(entry.id, entry.kind === "raster" ? "picture" : "vector");
      else this.store.remove(entry.id);
    });
    const details = h("div", { id: freshId("about"), hidden: true });
    const label = `${this.words.say("about")}: ${entry.title}`;
    const more = button(
      { class: "icon-button", title: this.words.say("about"), "aria-label": label, "aria-expanded": "false", "aria-controls": details.id },
      () => this.toggleAbout(entry, more, details),
      icon("info"),
    );
    const element = h("li", {}, h("div", { class: "row" }, h("label", {}, box, h("span", {}, entry.title)), more), details);
    return { entry, element, box, words: fold(`${entry.title} ${(entry.keywords ?? []).join(" ")}`) };
  }

  private toggleAbout(entry: LayerEntry, more: HTMLButtonElement, details: HTMLElement): void {
    if (!details.firstChild) details.append(about(entry, this.api, this.config, this.words));
    details.hidden = !details.hidden;
    more.setAttribute("aria-expanded", String(!details.hidden));
  }

  private filter(typed: string): void {
    const wanted = fold(typed).split(/\s+/).filter(Boolean);
    let left = 0;
    for (const branch of this.branches) {
      let here = 0;
      for (const row of branch.rows) {
        const fits = wanted.every((word) => row.words.includes(word));
        row.element.hidden = !fits;
        here += Number(fits);
      }
      branch.element.hidden = !here;
      branch.element.open = wanted.length ? here > 0 : branch.open;
      left += here;
    }
    this.none.hidden = left > 0;
    if (wanted.length) this.say(this.words.count("layers", left));
  }

  private emptyThemes(titles: string[]): HTMLElement {
    return h(
      "details",
      { class: "theme theme-empty" },
      h("summary", {}, icon("chevronRight"), h("span", { class: "theme-name" }, this.words.say("noThemes")), h("span", { class: "count" }, String(titles.length))),
      h("ul", {}, ...titles.map((title) => h("li", { class: "quiet" }, title))),
    );
  }

  private sync(): void {
    for (const branch of this.branches) {
      for (const row of branch.rows) row.box.checked = !!this.store.shown(row.entry.id);
    }
  }
}
