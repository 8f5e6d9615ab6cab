// SPDX-License-Identifier: EUPL-1.2
// Legends: one small drawing and words for each rule of a style.
import { freshId, h } from "../dom";
import { withOpacity, type FillSymbol, type GeoStyle, type GeoSymbol, type IconSymbol, type LineSymbol, type MarkSymbol } from "./geostyler";
import { SIDE } from "./marks";
import { sign, sizeOf, tile, type Drawing } from "./pattern";

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
    if (symbol.kind === "Fill") svg.append(...fill(symbol));
    else if (symbol.kind === "Line") svg.append(line(symbol));
    else if (symbol.kind === "Mark" || symbol.kind === "Icon") svg.append(mark(symbol));
  }
  return svg;
}

function fill(symbol: FillSymbol): SVGElement[] {
  const opacity = symbol.opacity ?? 1;
  const box = { x: 1.5, y: 1.5, width: WIDTH - 3, height: HEIGHT - 3, rx: 2 };
  const drawn = [make("rect", { ...box, fill: symbol.color ? withOpacity(symbol.color, opacity * (symbol.fillOpacity ?? 1)) : "none" })];
  const repeated = tile(symbol);
  if (repeated) {
    const id = freshId("pattern");
    const { width, height } = repeated;
    const pattern = make("pattern", { id, width, height, patternUnits: "userSpaceOnUse" });
    pattern.append(...paths(repeated));
    drawn.push(pattern, make("rect", { ...box, fill: `url(#${id})` }));
  }
  if (symbol.outlineColor) {
    drawn.push(make("rect", {
      ...box, fill: "none",
      stroke: withOpacity(symbol.outlineColor, opacity * (symbol.outlineOpacity ?? 1)),
      "stroke-width": Math.min(3, symbol.outlineWidth ?? 1),
      ...(symbol.outlineDasharray ? { "stroke-dasharray": symbol.outlineDasharray.join(" ") } : {}),
    }));
  }
  return drawn;
}

function line(symbol: LineSymbol): SVGElement {
  return make("path", {
    d: `M2 ${HEIGHT - 4} L9 5 L15 11 L${WIDTH - 2} 4`, fill: "none", "stroke-linejoin": symbol.join ?? "round",
    "stroke-linecap": symbol.cap ?? "round",
    stroke: withOpacity(symbol.color ?? "#000000", symbol.opacity ?? 1),
    "stroke-width": Math.min(8, symbol.width ?? 1),
    ...(symbol.dasharray ? { "stroke-dasharray": symbol.dasharray.join(" "), "stroke-dashoffset": symbol.dashOffset ?? 0 } : {}),
    ...(symbol.perpendicularOffset ? { transform: `translate(0 ${Math.max(-5, Math.min(5, symbol.perpendicularOffset))})` } : {}),
  });
}

function mark(symbol: MarkSymbol | IconSymbol): SVGElement {
  const drawing = sign(symbol);
  const scale = Math.min(1, (HEIGHT - 1) / sizeOf(symbol));
  const group = make("g", {
    transform: `translate(${WIDTH / 2} ${HEIGHT / 2}) scale(${scale}) translate(${-drawing.width / 2} ${-drawing.height / 2})`,
  });
  group.append(...paths(drawing));
  return group;
}

function paths({ parts }: Drawing): SVGElement[] {
  return parts.map(({ d, fill: colour, opacity, stroke, place }) =>
    make("path", {
      d, fill: colour, "fill-opacity": opacity,
      ...(stroke ? { stroke: stroke.color, "stroke-width": stroke.width / (place?.scale ?? 1), "stroke-opacity": stroke.opacity } : {}),
      ...(place ? { transform: `translate(${place.x} ${place.y}) rotate(${place.rotate}) scale(${place.scale}) translate(${-SIDE / 2} ${-SIDE / 2})` } : {}),
    }),
  );
}

function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
