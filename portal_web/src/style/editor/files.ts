// SPDX-License-Identifier: EUPL-1.2
// Styles from files and to files: SLD by the server, QGIS styles by GeoStyler's parser, which is loaded only here.
import { h } from "../../dom";
import type { GeoStyle, GeoSymbol } from "../geostyler";

export interface Read {
  style: GeoStyle;
  warnings: string[];
}

/** A refusal with the server's words. */
export class Refused extends Error {}

export const ENCODINGS = { geostyler: "json", sld10: "sld", sld11: "sld", mapbox: "json" } as const;
export const TITLES: Record<keyof typeof ENCODINGS, string> = { geostyler: "GeoStyler JSON", sld10: "SLD 1.0", sld11: "SLD 1.1", mapbox: "MapLibre" };

/** The style of a file; the server holds it to what it can draw of the layer. */
export async function readFile(root: string, layer: string, file: File): Promise<Read> {
  const text = await file.text();
  if (/\.qml$/i.test(file.name) || /^\s*(<!DOCTYPE qgis|<qgis)/.test(text)) {
    const { style, warnings } = await readQml(text);
    const read = await ask(root, layer, JSON.stringify(style), "application/json");
    return { style: read.style, warnings: [...warnings, ...read.warnings] };
  }
  return ask(root, layer, text, text.trimStart().startsWith("<") ? "application/vnd.ogc.sld+xml" : "application/json");
}

/** Gives the style to the browser as a file in an encoding. */
export async function download(root: string, layer: string, style: GeoStyle, encoding: keyof typeof ENCODINGS): Promise<void> {
  const answer = await send(`${root}/api/layers/${layer}/style?f=${encoding}`, "POST", JSON.stringify(style), "application/json");
  const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: `${layer}.${ENCODINGS[encoding]}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Sends a body; a refusal of the server becomes `Refused` with its words. */
export async function send(url: string, method: string, body: string, type: string, token = ""): Promise<Response> {
  const headers: Record<string, string> = { "Content-Type": type, Accept: "application/json, */*" };
  const session = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content;
  if (token) headers["Authorization"] = `Bearer ${token}`;
  else if (session) headers["X-CSRF-Token"] = session;
  const answer = await fetch(url, { method, body, headers });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new Refused(problem.detail ?? String(answer.status));
}

async function ask(root: string, layer: string, body: string, type: string): Promise<Read> {
  return (await (await send(`${root}/api/layers/${layer}/style`, "POST", body, type)).json()) as Read;
}

async function readQml(text: string): Promise<Read> {
  const { QGISStyleParser } = await import("geostyler-qgis-parser");
  const { output, errors, warnings } = await new QGISStyleParser().readStyle(text);
  if (!output) throw new Refused(errors?.map(String).join("; ") ?? "QML");
  return known(JSON.parse(JSON.stringify(output)) as GeoStyle, warnings?.map(String) ?? []);
}

const KNOWN: Record<string, string[]> = {
  Fill: ["kind", "color", "opacity", "fillOpacity", "outlineColor", "outlineWidth", "outlineOpacity", "outlineDasharray", "outlineCap", "outlineJoin", "graphicFill"],
  Line: ["kind", "color", "width", "opacity", "dasharray", "dashOffset", "cap", "join", "perpendicularOffset"],
  Mark: ["kind", "wellKnownName", "radius", "color", "opacity", "fillOpacity", "strokeColor", "strokeWidth", "strokeOpacity", "rotate", "offset"],
  Text: ["kind", "label", "color", "opacity", "size", "fontWeight", "fontStyle", "haloColor", "haloWidth", "offset", "rotate", "placement", "anchor", "allowOverlap"],
};

/** Of a foreign style what is drawn here; the rest is told. */
function known(style: GeoStyle, warnings: string[]): Read {
  const told = new Set(warnings);
  const rules = style.rules.flatMap((rule) => {
    const symbolizers = rule.symbolizers.flatMap((symbol) => keep(symbol, told));
    return symbolizers.length ? [{ ...(rule.name ? { name: rule.name } : {}), ...(rule.filter ? { filter: rule.filter } : {}), ...(rule.scaleDenominator ? { scaleDenominator: rule.scaleDenominator } : {}), symbolizers }] : [];
  });
  return { style: { name: style.name ?? "", rules }, warnings: [...told] };
}

function keep(symbol: GeoSymbol, told: Set<string>): GeoSymbol[] {
  const keys = KNOWN[symbol.kind];
  if (!keys) {
    told.add(symbol.kind);
    return [];
  }
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(symbol)) {
    if (value === null || value === undefined || key === "visibility") continue;
    if (!keys.includes(key)) told.add(`${symbol.kind}.${key}`);
    else kept[key] = key === "graphicFill" ? keep(value as GeoSymbol, told)[0] : value;
  }
  return [kept as unknown as GeoSymbol];
}
