// SPDX-License-Identifier: EUPL-1.2
// <brama-map data-items="URL" data-bbox="minx,miny,maxx,maxy" data-tiles="URL with {z} {x} {y}">: a small map of a page;
// data-pictures instead of data-tiles is the address of tiles that are drawn already.
import type { Extent } from "ol/extent";
import type Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import MVT from "ol/format/MVT";
import { defaults as defaultInteractions } from "ol/interaction/defaults";
import TileLayer from "ol/layer/Tile";
import VectorLayer from "ol/layer/Vector";
import VectorTileLayer from "ol/layer/VectorTile";
import OlMap from "ol/Map";
import { transformExtent } from "ol/proj";
import VectorSource from "ol/source/Vector";
import VectorTileSource from "ol/source/VectorTile";
import XYZ from "ol/source/XYZ";
import CircleStyle from "ol/style/Circle";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import View from "ol/View";
import { button } from "./dom";
import { icon } from "./icons";
import { putBeneath } from "./map/beneath";
import { Words } from "./messages";

const PADDING = [20, 20, 20, 20];
const CLOSEST = 16;

/** Addresses lose their host: a page reached under another name may still only ask where it came from. */
function ours(address: string): string {
  const url = new URL(address, document.baseURI);
  return decodeURI(url.pathname) + url.search;
}

class BramaMap extends HTMLElement {
  private map: OlMap | null = null;

  connectedCallback(): void {
    if (this.map) return;
    const words = new Words(document.documentElement.lang === "en" ? "en" : "pl");
    this.setAttribute("role", this.getAttribute("role") ?? "group");
    this.setAttribute("aria-label", this.getAttribute("aria-label") ?? words.say("onMap"));
    const colour = getComputedStyle(this).getPropertyValue("--accent").trim() || "#0b5394";
    const map = new OlMap({
      target: this,
      controls: [],
      // A page scrolls under the wheel; the map moves by dragging and by its buttons.
      interactions: defaultInteractions({ mouseWheelZoom: false, altShiftDragRotate: false, pinchRotate: false, keyboard: false }),
      view: new View({ enableRotation: false, center: [0, 0], zoom: 6, maxZoom: 20 }),
    });
    this.map = map;
    this.fit(this.dataset["bbox"]);
    void putBeneath(map, this, words);
    if (this.dataset["tiles"]) map.addLayer(this.tiles(this.dataset["tiles"], colour));
    if (this.dataset["pictures"]) map.addLayer(this.pictures(this.dataset["pictures"]));
    if (this.dataset["items"]) map.addLayer(this.items(this.dataset["items"], colour));
    const zoom = (step: number) => map.getView().adjustZoom(step);
    const tool = (key: "zoomIn" | "zoomOut", sign: "plus" | "minus", step: number) =>
      button({ class: "map-button", title: words.say(key), "aria-label": words.say(key) }, () => zoom(step), icon(sign));
    const tools = document.createElement("div");
    tools.className = "map-buttons";
    tools.append(tool("zoomIn", "plus", 1), tool("zoomOut", "minus", -1));
    this.append(tools);
    map.once("rendercomplete", () => this.setAttribute("data-ready", ""));
  }

  disconnectedCallback(): void {
    this.map?.setTarget(undefined);
    this.map = null;
  }

  private fit(box: string | undefined): boolean {
    const extent = extentOf(box);
    if (!extent) return false;
    this.map?.getView().fit(extent, { padding: PADDING, maxZoom: CLOSEST });
    return true;
  }

  private tiles(address: string, colour: string): VectorTileLayer {
    const source = new VectorTileSource({ format: new MVT(), url: ours(address), maxZoom: 18 });
    return new VectorTileLayer({ source, style: look(colour), ...this.where() });
  }

  private pictures(address: string): TileLayer<XYZ> {
    return new TileLayer({ source: new XYZ({ url: ours(address), maxZoom: 20 }), ...this.where() });
  }

  /** Beside the layer the server has no tiles to give. */
  private where(): { extent?: Extent } {
    const extent = extentOf(this.dataset["bbox"]);
    return extent ? { extent } : {};
  }

  private items(address: string, colour: string): VectorLayer<VectorSource<Feature>> {
    const source = new VectorSource<Feature>({ url: ours(address), format: new GeoJSON() });
    source.once("featuresloadend", () => {
      const extent = source.getExtent();
      if (!extent || !source.getFeatures().length) return;
      this.map?.getView().fit(extent, { padding: PADDING, maxZoom: CLOSEST });
    });
    return new VectorLayer({ source, style: look(colour) });
  }
}

function extentOf(box: string | undefined): Extent | null {
  const numbers = (box ?? "").split(",").map(Number);
  return numbers.length === 4 && numbers.every(Number.isFinite) ? transformExtent(numbers, "EPSG:4326", "EPSG:3857") : null;
}

export function look(colour: string): Style {
  const stroke = new Stroke({ color: colour, width: 1.2 });
  const fill = new Fill({ color: `${colour}2e` });
  return new Style({ stroke, fill, image: new CircleStyle({ radius: 5, fill: new Fill({ color: colour }), stroke: new Stroke({ color: "#ffffff", width: 1.5 }) }) });
}

customElements.define("brama-map", BramaMap);
