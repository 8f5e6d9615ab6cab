// SPDX-License-Identifier: EUPL-1.2
// Legends: one small drawing and words for each rule of a style.
import { h } from "../dom";
import { withOpacity, type FillSymbol, type GeoStyle, type GeoSymbol, type LineSymbol, type MarkSymbol } from "./geostyler";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 24;
const HEIGHT = 16;

/** The drawing of a style that has one rule only, to stand before the layer's title; null when it has more. */
export function swatch(style: GeoStyle): SVGElement | null {
  const rules = style.rules.map((rule) => rule.symbolizers.filter((symbol) => symbol.kind !== "Text")).filter((symbols) => symbols.length);
  const [only] = rules;
  return rules.length === 1 && only && only[0]?.kind !== "Raster" ? drawing(only) : null;
}

/** A list of the style's rules that draw more than labels; nameless rules bear `title`. */
export function legend(style: GeoStyle, title: string): HTMLElement {
  const list = h("ul", { class: "legend" });
  for (const rule of style.rules) {
    const symbols = rule.symbolizers.filter((symbol) => symbol.kind !== "Text");
    if (!symbols.length) continue;
    const ramp = symbols.find((symbol) => symbol.kind === "Raster" && symbol.colorMap);
    if (ramp?.kind === "Raster" && ramp.colorMap) {
      list.append(...ramp.colorMap.colorMapEntries.map((entry) => row(area(entry), entry.label || String(entry.quantity))));
    } else if (symbols[0]?.kind !== "Raster") {
      list.append(row(drawing(symbols), rule.name || title));
    }
  }
  return list;
}

function row(picture: SVGElement, words: string): HTMLElement {
  return h("li", {}, picture, h("span", {}, words));
}

function area(entry: { color: string }): SVGElement {
  return drawing([{ kind: "Fill", color: entry.color }]);
}

function drawing(symbols: GeoSymbol[]): SVGElement {
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
  for (const symbol of symbols) {
    if (symbol.kind === "Fill") svg.append(fill(symbol));
    else if (symbol.kind === "Line") svg.append(line(symbol));
    else if (symbol.kind === "Mark") svg.append(mark(symbol));
  }
  return svg;
}

function fill(symbol: FillSymbol): SVGElement {
  const opacity = symbol.opacity ?? 1;
  return make("rect", {
    x: 1.5, y: 1.5, width: WIDTH - 3, height: HEIGHT - 3, rx: 2,
    fill: symbol.color ? withOpacity(symbol.color, opacity * (symbol.fillOpacity ?? 1)) : "none",
    stroke: symbol.outlineColor ? withOpacity(symbol.outlineColor, opacity * (symbol.outlineOpacity ?? 1)) : "none",
    "stroke-width": Math.min(3, symbol.outlineWidth ?? 1),
  });
}

function line(symbol: LineSymbol): SVGElement {
  return make("path", {
    d: `M2 ${HEIGHT - 4} L9 5 L15 11 L${WIDTH - 2} 4`, fill: "none", "stroke-linejoin": "round",
    stroke: withOpacity(symbol.color ?? "#000000", symbol.opacity ?? 1),
    "stroke-width": Math.min(5, symbol.width ?? 1),
    ...(symbol.dasharray ? { "stroke-dasharray": symbol.dasharray.join(" ") } : {}),
  });
}

function mark(symbol: MarkSymbol): SVGElement {
  const radius = Math.min(6.5, symbol.radius ?? 5);
  const look = {
    fill: withOpacity(symbol.color ?? "#000000", (symbol.opacity ?? 1) * (symbol.fillOpacity ?? 1)),
    stroke: symbol.strokeColor ?? "none",
    "stroke-width": symbol.strokeWidth ?? 1,
  };
  if ((symbol.wellKnownName ?? "circle") === "circle") {
    return make("circle", { cx: WIDTH / 2, cy: HEIGHT / 2, r: radius, ...look });
  }
  const side = radius * 1.6;
  return make("rect", { x: (WIDTH - side) / 2, y: (HEIGHT - side) / 2, width: side, height: side, ...look });
}

function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
