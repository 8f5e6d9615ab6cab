// SPDX-License-Identifier: EUPL-1.2
// Keeps the map's layers as the store lists them: vector tiles or pictures, order, opacity.
import Feature from "ol/Feature";
import Point from "ol/geom/Point";
import ImageLayer from "ol/layer/Image";
import type BaseLayer from "ol/layer/Base";
import VectorLayer from "ol/layer/Vector";
import VectorTileLayer from "ol/layer/VectorTile";
import type OlMap from "ol/Map";
import ImageWMS from "ol/source/ImageWMS";
import VectorSource from "ol/source/Vector";
import Style from "ol/style/Style";
import type { Api, LabelPoint, LayerEntry } from "../api";
import type { Shown, Store } from "../state";
import { hasPatterns, makeText, PIXEL, toOpenLayers } from "../style/convert";
import { drawnAt, type GeoRule, type GeoStyle, type TextSymbol } from "../style/geostyler";
import { tileSource } from "./base";

interface Drawn {
  drawing: Shown["drawing"];
  parts: BaseLayer[];
}

const FALLBACK: GeoStyle = {
  rules: [
    { symbolizers: [{ kind: "Fill", color: "#0072b2", fillOpacity: 0.3, outlineColor: "#00507d" }] },
    { symbolizers: [{ kind: "Mark", radius: 4, color: "#0072b2", strokeColor: "#ffffff" }] },
  ],
};

export class MapLayers {
  private readonly drawn = new Map<string, Drawn>();

  constructor(
    private readonly map: OlMap,
    private readonly api: Api,
    private readonly store: Store,
    private readonly entries: ReadonlyMap<string, LayerEntry>,
    private readonly failed: (entry: LayerEntry) => void,
  ) {
    store.onChange((part) => {
      if (part === "layers") this.sync();
    });
    this.sync();
  }

  /** The address of GetFeatureInfo for a layer drawn as a picture. */
  pixelAddress(id: string, position: number[], resolution: number): string | null {
    const layer = this.drawn.get(id)?.parts[0];
    const source = layer instanceof ImageLayer ? (layer.getSource() as ImageWMS | null) : null;
    const options = { INFO_FORMAT: "application/json", FEATURE_COUNT: "10" };
    return source?.getFeatureInfoUrl(position, resolution, "EPSG:3857", options) ?? null;
  }

  private sync(): void {
    const wanted = new Map(this.store.layers.map((layer) => [layer.id, layer]));
    for (const [id, drawn] of this.drawn) {
      if (wanted.get(id)?.drawing !== drawn.drawing) this.drop(id, drawn);
    }
    this.store.layers.forEach((shown, index) => {
      const entry = this.entries.get(shown.id);
      if (!entry) return;
      const drawn = this.drawn.get(shown.id) ?? this.make(entry, shown);
      for (const part of drawn.parts) {
        part.setZIndex(index + (part.get("labels") ? 0.5 + this.store.layers.length : 0));
        // Labels stay legible over a layer that lets the map shine through.
        if (!part.get("labels")) part.setOpacity(shown.opacity / 100);
        part.setVisible(shown.visible);
      }
    });
  }

  private drop(id: string, drawn: Drawn): void {
    for (const part of drawn.parts) this.map.removeLayer(part);
    this.drawn.delete(id);
  }

  private make(entry: LayerEntry, shown: Shown): Drawn {
    const parts = shown.drawing === "picture" ? [this.picture(entry)] : this.vector(entry);
    const drawn = { drawing: shown.drawing, parts };
    this.drawn.set(entry.id, drawn);
    for (const part of parts) this.map.addLayer(part);
    return drawn;
  }

  private picture(entry: LayerEntry): BaseLayer {
    const source = new ImageWMS({
      url: this.api.address("/wms"),
      params: { LAYERS: entry.id, VERSION: "1.3.0", FORMAT: "image/png", TRANSPARENT: "true" },
      ratio: 1.2,
      hidpi: false,
    });
    source.on("imageloaderror", () => this.failed(entry));
    return new ImageLayer({ source });
  }

  private vector(entry: LayerEntry): BaseLayer[] {
    const style = entry.style ?? FALLBACK;
    const words = areaLabels(entry, style);
    const source = tileSource(this.api, entry);
    source.on("tileloaderror", () => this.failed(entry));
    const tiles = new VectorTileLayer({
      source,
      declutter: true,
      // A picture of a tile would be scaled between zooms, and its patterns with it.
      renderMode: hasPatterns(style) ? "vector" : "hybrid",
      style: toOpenLayers(style, !words),
    });
    return words ? [tiles, this.labels(entry, words)] : [tiles];
  }

  /** One label for each area: tiles cut areas into pieces, and each piece would have its own. */
  private labels(entry: LayerEntry, rule: AreaLabel): BaseLayer {
    const source = new VectorSource<Feature<Point>>({
      loader: (_extent, _resolution, _projection, done, fail) => {
        this.api.labels(entry).then(
          (points) => {
            const features = points.map(labelFeature);
            source.addFeatures(features);
            done?.(features);
          },
          () => fail?.(),
        );
      },
    });
    const text = makeText(rule.symbol);
    const style = new Style({ text });
    const layer = new VectorLayer({
      source,
      declutter: true,
      style: (feature, resolution) => {
        if (!drawnAt(rule.rule, resolution / PIXEL)) return undefined;
        text.setText(feature.get("label") as string);
        return style;
      },
    });
    // Nothing is fetched before a label can be seen.
    if (rule.rule.scaleDenominator?.max) layer.setMaxResolution(rule.rule.scaleDenominator.max * PIXEL);
    layer.set("labels", true);
    return layer;
  }
}

interface AreaLabel {
  rule: GeoRule;
  symbol: TextSymbol;
}

/** The label of a layer of areas, when it is the label column and nothing else. */
function areaLabels(entry: LayerEntry, style: GeoStyle): AreaLabel | null {
  if (!entry.labels || !entry.label) return null;
  for (const rule of style.rules) {
    const symbol = rule.symbolizers.find((part) => part.kind === "Text");
    if (symbol?.kind === "Text" && !rule.filter && symbol.label === `{{${entry.label}}}`) return { rule, symbol };
  }
  return null;
}

function labelFeature([fid, label, x, y]: LabelPoint): Feature<Point> {
  const feature = new Feature({ geometry: new Point([x, y]), label });
  feature.setId(fid);
  return feature;
}
