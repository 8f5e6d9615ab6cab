// SPDX-License-Identifier: EUPL-1.2
// <brama-draw data-for="id of a textarea">: a map on which the shape of that field is drawn, moved and taken away; the
// field holds it as GeoJSON in longitude and latitude and works without this.
import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import type Geometry from "ol/geom/Geometry";
import { defaults as defaultInteractions } from "ol/interaction/defaults";
import Draw from "ol/interaction/Draw";
import Modify from "ol/interaction/Modify";
import Snap from "ol/interaction/Snap";
import VectorLayer from "ol/layer/Vector";
import OlMap from "ol/Map";
import { transformExtent } from "ol/proj";
import VectorSource from "ol/source/Vector";
import View from "ol/View";
import { look } from "./brama-map";
import { button } from "./dom";
import { putBeneath } from "./map/beneath";
import { Words } from "./messages";

const REGION = [19.2, 51, 23.2, 53.5];
const LONLAT = { dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" };
const KINDS = ["Point", "LineString", "Polygon"] as const;

class BramaDraw extends HTMLElement {
  private readonly source = new VectorSource<Feature<Geometry>>();
  private draw: Draw | null = null;

  connectedCallback(): void {
    const field = document.getElementById(this.dataset["for"] ?? "");
    if (!(field instanceof HTMLTextAreaElement) || this.hasAttribute("data-ready")) return;
    this.setAttribute("data-ready", "");
    const words = new Words(document.documentElement.lang === "en" ? "en" : "pl");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", words.say("onMap"));
    const colour = getComputedStyle(this).getPropertyValue("--accent").trim() || "#0b5394";
    const map = new OlMap({
      target: this,
      controls: [],
      interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false, keyboard: false }),
      view: new View({ enableRotation: false, center: [0, 0], zoom: 6, maxZoom: 20 }),
      layers: [new VectorLayer({ source: this.source, style: look(colour), zIndex: 10 })],
    });
    map.getView().fit(transformExtent(REGION, "EPSG:4326", "EPSG:3857"));
    map.addInteraction(new Modify({ source: this.source }));
    this.read(field, map);
    this.source.on(["addfeature", "changefeature", "removefeature"], () => this.write(field));
    field.addEventListener("change", () => this.read(field, map));
    this.append(this.tools(map, words));
    void putBeneath(map, this, words);
  }

  private tools(map: OlMap, words: Words): HTMLElement {
    const tools = document.createElement("div");
    tools.className = "draw-tools";
    for (const kind of KINDS) {
      const name = words.say(`draw${kind}`);
      tools.append(button({ class: "button button-quiet", type: "button" }, () => this.begin(map, kind), name));
    }
    tools.append(button({ class: "button button-quiet", type: "button" }, () => this.source.clear(), words.say("drawClear")));
    return tools;
  }

  private begin(map: OlMap, kind: (typeof KINDS)[number]): void {
    if (this.draw) map.removeInteraction(this.draw);
    const draw = new Draw({ source: this.source, type: kind });
    draw.on("drawstart", () => this.source.clear());
    draw.on("drawend", () => {
      map.removeInteraction(draw);
      this.draw = null;
    });
    this.draw = draw;
    map.addInteraction(draw);
    map.addInteraction(new Snap({ source: this.source }));
  }

  /** What the field holds already; what is no GeoJSON stays in the field and is not shown. */
  private read(field: HTMLTextAreaElement, map: OlMap): void {
    const written = field.value.trim();
    if (!written.startsWith("{")) return;
    try {
      const geometry = new GeoJSON().readGeometry(written, LONLAT);
      if (!geometry) return;
      this.source.clear(true);
      const held = field.value;
      this.source.addFeature(new Feature(geometry));
      field.value = held;
      map.getView().fit(geometry.getExtent(), { padding: [40, 40, 40, 40], maxZoom: 17 });
    } catch {
      return;
    }
  }

  private write(field: HTMLTextAreaElement): void {
    const geometry = this.source.getFeatures()[0]?.getGeometry();
    field.value = geometry ? new GeoJSON().writeGeometry(geometry, { ...LONLAT, decimals: 8 }) : "";
  }
}

customElements.define("brama-draw", BramaDraw);
