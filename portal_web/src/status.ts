// SPDX-License-Identifier: EUPL-1.2
// The status line (scale, coordinates, sources) and the notices of layers on the map.
import ScaleLine from "ol/control/ScaleLine";
import type OlMap from "ol/Map";
import type { LayerEntry } from "./api";
import { h } from "./dom";
import { icon } from "./icons";
import { describe, prepare, scaleDenominator } from "./map/projection";
import type { Words } from "./messages";
import type { Crs, Store } from "./state";

const SYSTEMS: [Crs, string][] = [
  ["EPSG:4326", "WGS 84 (EPSG:4326)"],
  ["EPSG:2180", "PL-1992 (EPSG:2180)"],
];

export class Status {
  private readonly scale = h("span", { class: "status-scale" });
  private readonly place = h("span", { class: "status-place" });
  private readonly sources = h("span", { class: "status-sources" });
  private readonly notices = h("div", { class: "map-notices" });
  private readonly select: HTMLSelectElement;
  private readonly failed = new Set<string>();
  private pointer: number[] | null = null;

  constructor(
    target: HTMLElement,
    mapElement: HTMLElement,
    private readonly map: OlMap,
    private readonly store: Store,
    private readonly entries: ReadonlyMap<string, LayerEntry>,
    private readonly words: Words,
  ) {
    this.select = h(
      "select",
      { class: "status-crs", "aria-label": words.say("system") },
      ...SYSTEMS.map(([code, title]) => h("option", { value: code }, title)),
    );
    this.select.addEventListener("change", () => store.setCrs(this.select.value as Crs));
    const bar = h("span", { class: "status-bar" });
    map.addControl(new ScaleLine({ target: bar, minWidth: 56, className: "scale-line" }));
    target.append(bar, this.scale, this.place, this.select, this.sources);
    mapElement.append(this.notices);
    this.follow();
    this.layers();
    void this.system();
  }

  /** Says on the map that a layer could not be drawn, once until the layers change; whether it was news. */
  fail(entry: LayerEntry): boolean {
    if (this.failed.has(entry.id)) return false;
    this.failed.add(entry.id);
    this.notices.append(notice(`${this.words.say("layerFailed")}: ${entry.title}`));
    return true;
  }

  private follow(): void {
    this.map.on("pointermove", (event) => {
      this.pointer = event.coordinate;
      this.position();
    });
    this.map.on("moveend", () => {
      this.position();
      this.showScale();
    });
    this.store.onChange((part) => {
      if (part === "layers") this.layers();
      if (part === "crs") void this.system();
    });
  }

  private async system(): Promise<void> {
    this.select.value = this.store.crs;
    await prepare(this.store.crs);
    this.position();
  }

  private position(): void {
    const centre = this.map.getView().getCenter();
    const at = this.pointer ?? centre;
    if (at) this.place.textContent = describe(at, this.store.crs, this.words);
  }

  private showScale(): void {
    const view = this.map.getView();
    const [resolution, centre] = [view.getResolution(), view.getCenter()];
    if (!resolution || !centre) return;
    const exact = scaleDenominator(resolution, centre);
    const digits = 10 ** Math.max(0, Math.floor(Math.log10(exact)) - 1);
    this.scale.textContent = `${this.words.say("scale")} 1 : ${this.words.number(Math.round(exact / digits) * digits)}`;
  }

  private layers(): void {
    const visible = this.store.layers.filter((layer) => layer.visible).flatMap((layer) => this.entries.get(layer.id) ?? []);
    const sources = [...new Set(visible.flatMap((entry) => entry.attribution ?? []))];
    this.sources.textContent = sources.length ? `${this.words.say("sources")}: ${sources.join("; ")}` : "";
    this.sources.title = this.sources.textContent;
    const notices = [...new Set(visible.flatMap((entry) => entry.notice ?? []))];
    this.failed.clear();
    this.notices.replaceChildren(...notices.map(notice));
  }
}

function notice(text: string): HTMLElement {
  return h("p", { class: "map-notice" }, icon("alert"), h("span", {}, text));
}
