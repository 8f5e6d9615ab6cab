// SPDX-License-Identifier: EUPL-1.2
// Addresses of the server and the shapes of its answers.
import type { Config } from "./config";
import type { GeoStyle } from "./style/geostyler";

export type Box = [number, number, number, number];

export interface ThemeEntry {
  id: string;
  title: string;
}

/** A layer of the base map. */
export interface BaseEntry {
  id: string;
  geometry: string;
  /** West, south, east, north in degrees. */
  bbox: Box;
}

export interface LayerEntry extends BaseEntry {
  theme: string;
  title: string;
  kind: "vector" | "raster";
  srid: number;
  version: number;
  count?: number;
  label?: string;
  /** Whether the server gives one label point for each area. */
  labels?: boolean;
  keywords?: string[];
  notice?: string;
  attribution?: string;
  style?: GeoStyle;
}

export interface Listing {
  themes: ThemeEntry[];
  layers: LayerEntry[];
  start: string[];
  base: string[];
  bbox: Box;
}

export interface ColumnInfo {
  name: string;
  title: string;
  type: "text" | "integer" | "number" | "boolean" | "date" | "timestamp";
}

export interface LayerDetails {
  id: string;
  abstract: string;
  licence: string | null;
  lineage: string | null;
  keywords: string[];
  crs: string;
  updated: string;
  columns: ColumnInfo[];
}

export type LabelPoint = [fid: number, label: string, x: number, y: number];

export interface FoundLayer {
  kind: "layer";
  id: string;
  label: string;
  bbox: Box;
}

export interface FoundPlace {
  kind: "place";
  id: number;
  layer: string;
  label: string;
  context: string;
  layerTitle: string;
  centre: [number, number];
  bbox: Box;
}

export type Found = FoundLayer | FoundPlace;

export interface ItemFeature {
  type: "Feature";
  id: number | string;
  geometry: unknown;
  properties: Record<string, unknown>;
}

export class Api {
  private readonly details = new Map<string, Promise<LayerDetails>>();

  constructor(private readonly config: Pick<Config, "root" | "language">) {}

  listing(): Promise<Listing> {
    return this.get<Listing>(`/api/portal?lang=${this.config.language}`);
  }

  base(): Promise<BaseEntry[]> {
    return this.get<BaseEntry[]>("/api/portal/base");
  }

  layer(id: string): Promise<LayerDetails> {
    const known = this.details.get(id);
    if (known) return known;
    const asked = this.get<LayerDetails>(`/api/portal/layers/${id}?lang=${this.config.language}`);
    this.details.set(id, asked);
    asked.catch(() => this.details.delete(id));
    return asked;
  }

  labels(layer: LayerEntry): Promise<LabelPoint[]> {
    return this.get<LabelPoint[]>(`/api/portal/layers/${layer.id}/labels`);
  }

  async search(text: string, signal: AbortSignal): Promise<Found[]> {
    const query = new URLSearchParams({ q: text, lang: this.config.language });
    return (await this.get<{ results: Found[] }>(`/api/search?${query}`, signal)).results;
  }

  async items(layer: string, box: Box, limit: number, signal: AbortSignal): Promise<ItemFeature[]> {
    const query = new URLSearchParams({ bbox: box.map((value) => value.toFixed(7)).join(","), limit: String(limit), f: "json" });
    return (await this.get<{ features: ItemFeature[] }>(`/ogc/collections/${layer}/items?${query}`, signal)).features;
  }

  item(layer: string, fid: string, signal: AbortSignal): Promise<ItemFeature> {
    return this.get<ItemFeature>(`/ogc/collections/${layer}/items/${encodeURIComponent(fid)}?f=json`, signal);
  }

  /** What a picture says about one of its pixels (WMS 1.3.0 GetFeatureInfo). */
  async pixel(address: string, signal: AbortSignal): Promise<ItemFeature[]> {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return ((await answer.json()) as { features: ItemFeature[] }).features;
  }

  tiles(layer: string): string {
    return `${this.config.root}/ogc/collections/${layer}/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt`;
  }

  address(path: string): string {
    return `${this.config.root}${path}`;
  }

  private async get<T>(path: string, signal: AbortSignal | null = null): Promise<T> {
    const answer = await fetch(this.config.root + path, { signal, headers: { Accept: "application/json, application/geo+json" } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }
}
