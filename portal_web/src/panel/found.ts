// SPDX-License-Identifier: EUPL-1.2
// Cards for what was clicked: one group a layer, attributes under their titles.
import type { Api, ColumnInfo, ItemFeature, LayerEntry } from "../api";
import { button, h } from "../dom";
import { icon } from "../icons";
import type { Group } from "../map/identify";
import type { Words } from "../messages";

const URL_TEXT = /^https?:\/\/\S+$/;

export interface FoundActions {
  close(): void;
  zoom(name: string): void;
  point(name: string | null): void;
}

/** The name of a feature in links and highlights. */
export function featureName(entry: LayerEntry, feature: ItemFeature): string {
  return `${entry.id}.${feature.id}`;
}

export class FoundPanel {
  constructor(
    private readonly element: HTMLElement,
    private readonly api: Api,
    private readonly words: Words,
    private readonly actions: FoundActions,
  ) {
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") actions.close();
    });
  }

  asking(): void {
    this.fill(h("p", { class: "quiet" }, this.words.say("asking")));
  }

  hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  /** Shows groups; nothing found is said, not hidden. */
  async show(groups: Group[]): Promise<void> {
    if (!groups.length) {
      this.fill(h("p", { class: "empty" }, this.words.say("nothingHere")));
      return;
    }
    const columns = await Promise.all(groups.map((group) => this.columns(group.entry)));
    let open = groups.reduce((sum, group) => sum + group.features.length, 0) <= 2 ? 2 : 1;
    this.fill(
      ...groups.map((group, index) => {
        const cards = group.features.map((feature) => this.card(group.entry, feature, columns[index] ?? [], open-- > 0));
        const failed = group.failed ? h("p", { class: "notice" }, this.words.say("failed")) : null;
        return h("section", { class: "group" }, h("h3", {}, group.entry.title), failed, ...cards);
      }),
    );
  }

  private async columns(entry: LayerEntry): Promise<ColumnInfo[]> {
    try {
      return (await this.api.layer(entry.id)).columns;
    } catch {
      return [];
    }
  }

  private fill(...content: HTMLElement[]): void {
    const label = this.words.say("close");
    const head = h(
      "div",
      { class: "panel-head" },
      h("h2", { class: "panel-title" }, this.words.say("found")),
      button({ class: "icon-button", title: label, "aria-label": label }, () => this.actions.close(), icon("close")),
    );
    this.element.replaceChildren(head, h("div", { class: "panel-body" }, ...content));
    this.element.hidden = false;
  }

  private card(entry: LayerEntry, feature: ItemFeature, columns: ColumnInfo[], open: boolean): HTMLElement {
    const name = featureName(entry, feature);
    const label = entry.label ? feature.properties[entry.label] : null;
    const title = label ? String(label) : `${entry.title} ${feature.id}`;
    const card = h(
      "details",
      { class: "card", open, "data-feature": name },
      h("summary", {}, icon("chevronRight"), h("span", {}, title)),
      this.facts(feature, columns),
      this.links(entry, feature, name),
    );
    for (const type of ["mouseenter", "focusin"]) card.addEventListener(type, () => this.actions.point(name));
    for (const type of ["mouseleave", "focusout"]) card.addEventListener(type, () => this.actions.point(null));
    return card;
  }

  private links(entry: LayerEntry, feature: ItemFeature, name: string): HTMLElement {
    const links = h("p", { class: "links" });
    if (feature.geometry) {
      links.append(button({ class: "button button-quiet" }, () => this.actions.zoom(name), icon("scan"), this.words.say("zoomFeature")));
    }
    if (entry.kind === "vector") {
      const page = `/ogc/collections/${entry.id}/items/${encodeURIComponent(String(feature.id))}?f=html&lang=${this.words.language}`;
      links.append(h("a", { href: this.api.address(page) }, this.words.say("openFeature")));
    }
    return links;
  }

  private facts(feature: ItemFeature, columns: ColumnInfo[]): HTMLElement {
    const list = h("dl", { class: "facts" });
    const known = new Set(columns.map((column) => column.name));
    const rest = Object.keys(feature.properties).filter((name) => !known.has(name));
    const all = [...columns, ...rest.map((name): ColumnInfo => ({ name, title: name, type: "text" }))];
    for (const column of all) {
      if (column.name in feature.properties) {
        list.append(h("dt", {}, column.title), h("dd", {}, this.value(feature.properties[column.name], column)));
      }
    }
    return list;
  }

  private value(value: unknown, column: ColumnInfo): Node | string {
    if (value === null || value === undefined || value === "") return h("span", { class: "quiet" }, this.words.say("empty"));
    if (typeof value === "number") return this.words.number(value);
    if (typeof value === "boolean") return this.words.say(value ? "yes" : "no");
    if (column.type === "date" || column.type === "timestamp") return this.words.date(String(value));
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    return URL_TEXT.test(text) ? h("a", { href: text, rel: "noopener" }, text) : text;
  }
}
