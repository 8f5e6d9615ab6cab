// SPDX-License-Identifier: EUPL-1.2
// Draws what is selected above everything else.
import type Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import CircleStyle from "ol/style/Circle";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import type { ItemFeature } from "../api";
import { token } from "./base";

const FORMAT = new GeoJSON({ featureProjection: "EPSG:3857" });

export class Highlight {
  private readonly source = new VectorSource<Feature>();
  private pointed: string | null = null;

  constructor(map: OlMap) {
    map.addLayer(new VectorLayer({ source: this.source, zIndex: 10_000, style: (feature) => look(feature.getId() === this.pointed) }));
  }

  set(features: { name: string; item: ItemFeature }[]): void {
    this.source.clear();
    for (const { name, item } of features) {
      if (!item.geometry) continue;
      const feature = FORMAT.readFeature({ type: "Feature", geometry: item.geometry, properties: {} }) as Feature;
      feature.setId(name);
      this.source.addFeature(feature);
    }
  }

  /** Makes one of them stand out; null for none. */
  point(name: string | null): void {
    this.pointed = name;
    this.source.changed();
  }

  /** Box of a selected feature in web Mercator. */
  extent(name: string): number[] | null {
    return this.source.getFeatureById(name)?.getGeometry()?.getExtent() ?? null;
  }
}

function look(strong: boolean): Style[] {
  const colour = token("--highlight");
  const width = strong ? 4 : 2.5;
  const ring = (line: string, wide: number) =>
    new Style({
      stroke: new Stroke({ color: line, width: wide }),
      image: new CircleStyle({ radius: 8, stroke: new Stroke({ color: line, width: wide }), fill: new Fill({ color: "rgba(0,0,0,0)" }) }),
    });
  return [ring(token("--highlight-halo"), width + 3), ring(colour, width)];
}
