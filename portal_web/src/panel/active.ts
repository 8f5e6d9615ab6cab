// SPDX-License-Identifier: EUPL-1.2
// Layers on the map, the top one first: order, visibility, opacity, way of drawing, legend.
import type { Api, Box, LayerEntry } from "../api";
import type { Config } from "../config";
import { button, freshId, h } from "../dom";
import { icon, type IconName } from "../icons";
import type { MessageKey, Words } from "../messages";
import type { Drawing, Shown, Store } from "../state";
import { legend, swatch } from "../style/legend";
import { about } from "./about";

export class Active {
  readonly element = h("div", { class: "active" });
  private readonly open = new Set<string>();

  constructor(
    private readonly entries: ReadonlyMap<string, LayerEntry>,
    private readonly store: Store,
    private readonly api: Api,
    private readonly config: Config,
    private readonly words: Words,
    private readonly zoomTo: (box: Box) => void,
  ) {
    store.onChange((part) => {
      if (part === "layers") this.build();
    });
    this.build();
  }

  private build(): void {
    const focused = document.activeElement?.getAttribute("data-key");
    const shown = this.store.layers.toReversed();
    const rows = shown.flatMap((layer) => {
      const entry = this.entries.get(layer.id);
      return entry ? [this.row(layer, entry)] : [];
    });
    this.element.replaceChildren(
      rows.length ? h("ol", { class: "active-list" }, ...rows) : h("p", { class: "empty" }, this.words.say("nothingOn")),
    );
    if (focused) this.element.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  private row(layer: Shown, entry: LayerEntry): HTMLElement {
    const seen = layer.visible ? "hide" : "show";
    return h(
      "li",
      { class: layer.visible ? "" : "is-off" },
      h(
        "div",
        { class: "row" },
        this.tool(layer, entry, seen, layer.visible ? "eye" : "eyeOff", () => this.store.change(layer.id, { visible: !layer.visible })),
        entry.style ? swatch(entry.style) : null,
        h("span", { class: "row-title" }, entry.title),
        this.tool(layer, entry, "up", "arrowUp", () => this.store.move(layer.id, 1)),
        this.tool(layer, entry, "down", "arrowDown", () => this.store.move(layer.id, -1)),
        this.tool(layer, entry, "remove", "close", () => this.store.remove(layer.id)),
      ),
      this.picture(entry),
      entry.notice ? h("p", { class: "notice" }, entry.notice) : null,
      this.options(layer, entry),
    );
  }

  private tool(layer: Shown, entry: LayerEntry, key: MessageKey, name: IconName, action: () => void): HTMLElement {
    const label = this.words.say(key);
    const place = key === "hide" || key === "show" ? "seen" : key;
    const attributes = { class: "icon-button", title: label, "aria-label": `${label}: ${entry.title}`, "data-key": `${layer.id}-${place}` };
    return button(attributes, action, icon(name));
  }

  private picture(entry: LayerEntry): HTMLElement | null {
    if (entry.kind === "vector" && entry.style) {
      return swatch(entry.style) ? null : legend(entry.style, this.words.say("features"));
    }
    if (!this.config.wms) return null;
    const query = `SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=${entry.id}&FORMAT=image/png`;
    return h("img", { class: "legend-picture", src: this.api.address(`/wms?${query}`), alt: "", loading: "lazy" });
  }

  private options(layer: Shown, entry: LayerEntry): HTMLElement {
    const box = h("div", { class: "options" });
    const element = h("details", { class: "more" }, h("summary", {}, icon("chevronRight"), this.words.say("options")), box);
    const fill = () => {
      if (!box.firstChild) box.append(...this.optionRows(layer, entry));
    };
    element.open = this.open.has(layer.id);
    if (element.open) fill();
    element.addEventListener("toggle", () => {
      if (element.open) this.open.add(layer.id);
      else this.open.delete(layer.id);
      fill();
    });
    return element;
  }

  private optionRows(layer: Shown, entry: LayerEntry): HTMLElement[] {
    const zoom = button({ class: "button button-quiet" }, () => this.zoomTo(entry.bbox), icon("scan"), this.words.say("zoomLayer"));
    return [
      this.opacity(layer),
      ...(this.config.wms && entry.kind === "vector" ? [this.drawing(layer)] : []),
      h("p", { class: "links" }, zoom),
      about(entry, this.api, this.config, this.words),
    ];
  }

  private opacity(layer: Shown): HTMLElement {
    const id = freshId("opacity");
    const key = `${layer.id}-opacity`;
    const input = h("input", { id, type: "range", min: 0, max: 100, step: 5, value: layer.opacity, "data-key": key });
    const said = h("output", { for: id }, `${layer.opacity} %`);
    input.addEventListener("input", () => {
      said.textContent = `${input.value} %`;
    });
    input.addEventListener("change", () => this.store.change(layer.id, { opacity: Number(input.value) }));
    return h("div", { class: "option" }, h("label", { for: id }, this.words.say("opacity")), input, said);
  }

  private drawing(layer: Shown): HTMLElement {
    const id = freshId("drawing");
    const choice = (value: Drawing) => h("option", { value, selected: layer.drawing === value }, this.words.say(value));
    const select = h("select", { id, class: "field", "data-key": `${layer.id}-drawing` }, choice("vector"), choice("picture"));
    select.addEventListener("change", () => this.store.change(layer.id, { drawing: select.value as Drawing }));
    return h("div", { class: "option" }, h("label", { for: id }, this.words.say("drawnAs")), select);
  }
}
