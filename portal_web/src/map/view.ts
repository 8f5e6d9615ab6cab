// SPDX-License-Identifier: EUPL-1.2
// The map itself: view, base, keyboard, buttons; the store's view and the map's view are one.
import { defaults as defaultInteractions } from "ol/interaction/defaults";
import OlMap from "ol/Map";
import { fromLonLat, toLonLat, transformExtent } from "ol/proj";
import View from "ol/View";
import type { Api, Box, LayerEntry, Listing } from "../api";
import { button, h } from "../dom";
import { icon, type IconName } from "../icons";
import type { MessageKey, Words } from "../messages";
import type { Store } from "../state";
import { BaseMap } from "./base";

const PADDING = [28, 28, 28, 28];
const CLOSEST = 15;
const GLIDE = 140;
const STEP = 96;

export class MapView {
  readonly map: OlMap;
  private readonly base: BaseMap;
  private readonly home: Box;

  constructor(
    readonly target: HTMLElement,
    api: Api,
    listing: Listing,
    private readonly store: Store,
    private readonly words: Words,
    private readonly say: (text: string) => void,
    private readonly first: Box = listing.bbox,
  ) {
    this.home = listing.bbox;
    const entries = new Map(listing.layers.map((entry) => [entry.id, entry]));
    this.base = new BaseMap(api, listing.base.map((id) => entries.get(id)).filter((entry): entry is LayerEntry => !!entry));
    this.map = new OlMap({
      target,
      controls: [],
      layers: this.base.layers,
      interactions: defaultInteractions({ keyboard: false, altShiftDragRotate: false, pinchRotate: false }),
      view: new View({ enableRotation: false, minZoom: 5, maxZoom: 21, center: [0, 0], zoom: 7 }),
    });
    target.append(this.buttons());
    this.takeView();
    this.map.on("moveend", () => this.tellView());
    store.onChange((part) => {
      if (part === "view") this.takeView();
    });
    this.keyboard(target);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.base.refresh());
  }

  get view(): View {
    return this.map.getView();
  }

  /** Shows a box in degrees; a point becomes a neighbourhood. */
  show(box: Box): void {
    this.view.fit(transformExtent(box, "EPSG:4326", "EPSG:3857"), {
      padding: PADDING,
      maxZoom: CLOSEST,
      duration: glide(),
    });
  }

  private takeView(): void {
    const wanted = this.store.view;
    if (!wanted) {
      this.view.fit(transformExtent(this.first, "EPSG:4326", "EPSG:3857"), { padding: PADDING, size: this.size() });
      return;
    }
    const centre = fromLonLat(wanted.centre);
    const [x, y] = this.view.getCenter() ?? [0, 0];
    const resolution = this.view.getResolution() ?? 1;
    const near = Math.hypot((x as number) - (centre[0] as number), (y as number) - (centre[1] as number)) < resolution;
    if (near && Math.abs((this.view.getZoom() ?? 0) - wanted.zoom) < 0.005) return;
    this.view.cancelAnimations();
    this.view.setCenter(centre);
    this.view.setZoom(wanted.zoom);
  }

  private size(): [number, number] {
    const box = this.target.getBoundingClientRect();
    return [Math.max(200, box.width), Math.max(200, box.height)];
  }

  private tellView(): void {
    const centre = this.view.getCenter();
    const zoom = this.view.getZoom();
    if (centre && zoom !== undefined) this.store.setView({ centre: toLonLat(centre) as [number, number], zoom });
  }

  private zoom(step: number): void {
    this.view.animate({ zoom: (this.view.getZoom() ?? 7) + step, duration: glide() });
  }

  private pan(right: number, up: number): void {
    const [x, y] = this.view.getCenter() as [number, number];
    const metres = STEP * (this.view.getResolution() ?? 1);
    this.view.animate({ center: [x + right * metres, y + up * metres], duration: glide() });
  }

  private keyboard(target: HTMLElement): void {
    target.tabIndex = 0;
    target.setAttribute("role", "application");
    target.setAttribute("aria-label", this.words.say("mapLabel"));
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.pan(-1, 0),
      ArrowRight: () => this.pan(1, 0),
      ArrowUp: () => this.pan(0, 1),
      ArrowDown: () => this.pan(0, -1),
      "+": () => this.zoom(1),
      "=": () => this.zoom(1),
      "-": () => this.zoom(-1),
      Home: () => this.show(this.home),
    };
    target.addEventListener("keydown", (event) => {
      const action = keys[event.key];
      if (event.target !== target || !action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    });
  }

  private buttons(): HTMLElement {
    const make = (name: IconName, key: MessageKey, action: () => void) =>
      button({ class: "map-button", title: this.words.say(key), "aria-label": this.words.say(key) }, action, icon(name));
    return h(
      "div",
      { class: "map-buttons" },
      make("plus", "zoomIn", () => this.zoom(1)),
      make("minus", "zoomOut", () => this.zoom(-1)),
      make("home", "home", () => this.show(this.home)),
      make("locate", "locate", () => this.locate()),
    );
  }

  private locate(): void {
    navigator.geolocation.getCurrentPosition(
      ({ coords: { longitude: x, latitude: y } }) => this.show([x, y, x, y]),
      () => this.say(this.words.say("noPosition")),
      { timeout: 10_000 },
    );
  }
}

/** Milliseconds of a movement; none for people who want none. */
function glide(): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : GLIDE;
}
