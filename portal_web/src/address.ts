// SPDX-License-Identifier: EUPL-1.2
// The whole view in the page's address, so that a link restores it and history works.
import type { Crs, Drawing, Shown, State } from "./state";

const SYSTEMS: Record<string, Crs> = { "2180": "EPSG:2180", "4326": "EPSG:4326" };
const DEFAULT_CRS: Crs = "EPSG:4326";
const LAYER = /^([a-z][a-z0-9_]{0,47})((?::[0-9a-z]+)*)$/;
const FEATURE = /^[a-z][a-z0-9_]{0,47}\.[^,]{1,64}$/;
const MAX_LAYERS = 60;
const MAX_SELECTED = 20;

/** What the address says; null for parts that it leaves out. */
export interface Address {
  view: State["view"];
  layers: Shown[] | null;
  selected: string[];
  crs: Crs;
}

/** Reads `c=lat,lon&z=9.5&l=communes:60,rivers:w&s=communes.12&crs=2180`; whatever is malformed is left out. */
export function readAddress(query: string): Address {
  const values = new URLSearchParams(query);
  const listed = values.get("l");
  return {
    view: readView(values),
    layers: listed === null ? null : listed.split(",").slice(0, MAX_LAYERS).flatMap(readLayer),
    selected: (values.get("s") ?? "").split(",").filter((name) => FEATURE.test(name)).slice(0, MAX_SELECTED),
    crs: SYSTEMS[values.get("crs") ?? ""] ?? DEFAULT_CRS,
  };
}

/** The query of a state, readable and short; parameters that are not ours stay (`lang`). */
export function writeAddress(state: State, before: string): string {
  const parts = [...new URLSearchParams(before)]
    .filter(([name]) => name === "lang")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  if (state.view) {
    const [longitude, latitude] = state.view.centre;
    parts.push(`c=${latitude.toFixed(5)},${longitude.toFixed(5)}`, `z=${round(state.view.zoom)}`);
  }
  parts.push(`l=${state.layers.map(writeLayer).join(",")}`);
  if (state.selected.length) parts.push(`s=${state.selected.slice(0, MAX_SELECTED).map(encodeURIComponent).join(",")}`);
  if (state.crs !== DEFAULT_CRS) parts.push(`crs=${state.crs.slice(5)}`);
  return `?${parts.join("&")}`;
}

function readView(values: URLSearchParams): State["view"] {
  const [latitude, longitude] = (values.get("c") ?? "").split(",").map(Number);
  const zoom = Number(values.get("z"));
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude) || !values.get("z") || !Number.isFinite(zoom)) return null;
  if (Math.abs(latitude as number) > 85 || Math.abs(longitude as number) > 180) return null;
  return { centre: [longitude as number, latitude as number], zoom: Math.min(22, Math.max(0, zoom)) };
}

function readLayer(text: string): Shown[] {
  const match = LAYER.exec(text);
  if (!match?.[1]) return [];
  const shown: Shown = { id: match[1], opacity: 100, drawing: "vector", visible: true };
  for (const option of (match[2] ?? "").split(":").filter(Boolean)) {
    if (option === "w") shown.drawing = "picture" satisfies Drawing;
    else if (option === "off") shown.visible = false;
    else if (/^\d{1,3}$/.test(option)) shown.opacity = Math.min(100, Number(option));
  }
  return [shown];
}

function writeLayer(layer: Shown): string {
  const options = [
    layer.opacity === 100 ? "" : String(layer.opacity),
    layer.drawing === "picture" ? "w" : "",
    layer.visible ? "" : "off",
  ].filter(Boolean);
  return [layer.id, ...options].join(":");
}

function round(zoom: number): string {
  return String(Math.round(zoom * 100) / 100);
}
