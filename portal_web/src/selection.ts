// SPDX-License-Identifier: EUPL-1.2
// From a click, a key or a link to selected features: asks, marks them on the map, shows their cards.
import { toLonLat, transformExtent } from "ol/proj";
import type { Api, Box } from "./api";
import type { Highlight } from "./map/highlight";
import type { Group, Identify } from "./map/identify";
import type { MapView } from "./map/view";
import type { Words } from "./messages";
import { featureName, FoundPanel } from "./panel/found";
import type { Sheet } from "./panel/sheet";
import type { Store } from "./state";

export class Selection {
  private readonly panel: FoundPanel;
  private shown = "";

  constructor(
    element: HTMLElement,
    api: Api,
    private readonly store: Store,
    private readonly view: MapView,
    private readonly identify: Identify,
    private readonly highlight: Highlight,
    private readonly sheet: Sheet,
    private readonly words: Words,
    private readonly say: (text: string) => void,
  ) {
    this.panel = new FoundPanel(element, api, words, {
      close: () => this.close(),
      zoom: (name) => this.zoom(name),
      point: (name) => highlight.point(name),
    });
    view.map.on("singleclick", (event) => {
      const finger = (event.originalEvent as PointerEvent).pointerType === "touch";
      void this.ask(event.coordinate, finger);
    });
    view.target.addEventListener("keydown", (event) => {
      const centre = view.view.getCenter();
      if (event.key === "Enter" && event.target === view.target && centre) void this.ask(centre, true);
    });
    store.onChange((part) => {
      if (part === "selected") void this.follow();
    });
    void this.follow();
  }

  /** Asks what is at a place in web Mercator. */
  private async ask(position: number[], finger: boolean): Promise<void> {
    this.panel.asking();
    this.sheet.rise();
    const groups = await this.identify.at(position, this.view.view.getResolution() ?? 1, finger);
    if (groups) await this.take(groups);
  }

  /** Shows what the store says is selected, unless it is shown already. */
  private async follow(): Promise<void> {
    const wanted = this.store.selected.join();
    if (wanted === this.shown) return;
    if (!wanted) {
      this.clear();
      return;
    }
    this.panel.asking();
    this.sheet.rise();
    const groups = await this.identify.again(this.store.selected);
    if (groups) await this.take(groups);
  }

  private async take(groups: Group[]): Promise<void> {
    const features = groups.flatMap((group) => group.features.map((item) => ({ name: featureName(group.entry, item), item })));
    this.highlight.set(features);
    this.shown = features.map(({ name }) => name).join();
    this.store.select(features.map(({ name }) => name));
    await this.panel.show(groups);
    this.say(features.length ? this.words.count("features", features.length) : this.words.say("nothingHere"));
  }

  private close(): void {
    this.clear();
    this.store.select([]);
    this.view.target.focus();
  }

  private clear(): void {
    this.shown = "";
    this.highlight.set([]);
    this.panel.hide();
  }

  private zoom(name: string): void {
    const extent = this.highlight.extent(name);
    if (extent) this.view.show(transformExtent(extent, "EPSG:3857", "EPSG:4326") as Box);
  }
}

/** Whether a box in degrees can be seen in the view as it is. */
export function inView(box: Box, extent: number[]): boolean {
  const [west, south] = toLonLat([extent[0] ?? 0, extent[1] ?? 0]) as [number, number];
  const [east, north] = toLonLat([extent[2] ?? 0, extent[3] ?? 0]) as [number, number];
  return box[0] < east && box[2] > west && box[1] < north && box[3] > south;
}
