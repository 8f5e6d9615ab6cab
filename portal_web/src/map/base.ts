// SPDX-License-Identifier: EUPL-1.2
// The quiet map beneath everything, drawn from our own layers in greys.
import MVT from "ol/format/MVT";
import VectorTileLayer from "ol/layer/VectorTile";
import { transformExtent } from "ol/proj";
import VectorTileSource from "ol/source/VectorTile";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import { createXYZ } from "ol/tilegrid";
import TileGrid from "ol/tilegrid/TileGrid";
import type { Api, BaseEntry } from "../api";

export const MAX_TILE_ZOOM = 18;
const DETAIL_FROM = 8.6;

/** A colour of the page's tokens. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const sources = new Map<string, VectorTileSource>();

/** The tiles of a layer; base map and layers share them, so that no tile is fetched twice. */
export function tileSource(api: Api, entry: BaseEntry): VectorTileSource {
  const known = sources.get(entry.id);
  if (known) return known;
  const world = createXYZ({ maxZoom: MAX_TILE_ZOOM, tileSize: 512 });
  // Beside the layer the server has no tiles to give. The limit is the grid's, not the map's: that would cut off signs
  // and labels that stand over the layer's edge.
  const tileGrid = new TileGrid({
    extent: transformExtent(entry.bbox, "EPSG:4326", "EPSG:3857"),
    origin: world.getOrigin(0),
    resolutions: world.getResolutions(),
    tileSize: 512,
  });
  const source = new VectorTileSource({ format: new MVT(), url: api.tiles(entry.id), tileGrid });
  sources.set(entry.id, source);
  return source;
}

/** Land from the first layer of areas, borders from the others, water from lines; colours follow light and dark. */
export class BaseMap {
  readonly layers: VectorTileLayer[];

  constructor(api: Api, entries: BaseEntry[]) {
    const areas = entries.filter((entry) => entry.geometry.endsWith("Polygon"));
    const lines = entries.filter((entry) => entry.geometry.endsWith("LineString"));
    this.layers = [
      ...areas.map((entry, order) => this.layer(api, entry, () => (order === 0 ? land() : border()), order > 1)),
      ...lines.map((entry) => this.layer(api, entry, water, false)),
    ];
  }

  /** Draws again with the colours of the page as they are now. */
  refresh(): void {
    for (const layer of this.layers) layer.setStyle((layer.get("paint") as () => Style)());
  }

  private layer(api: Api, entry: BaseEntry, paint: () => Style, detail: boolean): VectorTileLayer {
    const layer = new VectorTileLayer({
      source: tileSource(api, entry),
      style: paint(),
      ...(detail ? { minZoom: DETAIL_FROM } : {}),
      zIndex: -10,
      renderMode: "hybrid",
    });
    layer.set("paint", paint);
    return layer;
  }
}

function land(): Style {
  return new Style({
    fill: new Fill({ color: token("--map-land") }),
    stroke: new Stroke({ color: token("--map-line"), width: 1 }),
  });
}

function border(): Style {
  return new Style({ stroke: new Stroke({ color: token("--map-line"), width: 0.8 }) });
}

function water(): Style {
  return new Style({ stroke: new Stroke({ color: token("--map-water"), width: 1.2 }) });
}
