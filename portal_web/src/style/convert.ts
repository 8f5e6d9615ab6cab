// SPDX-License-Identifier: EUPL-1.2
// GeoStyler JSON to a style function of OpenLayers.
import type { FeatureLike } from "ol/Feature";
import CircleStyle from "ol/style/Circle";
import Fill from "ol/style/Fill";
import RegularShape from "ol/style/RegularShape";
import Stroke from "ol/style/Stroke";
import Style, { type StyleFunction } from "ol/style/Style";
import Text from "ol/style/Text";
import { compileFilter, type Test } from "./filter";
import {
  drawnAt, withOpacity, type FillSymbol, type GeoRule, type GeoStyle, type GeoSymbol, type LineSymbol, type MarkSymbol,
  type TextSymbol,
} from "./geostyler";

/** Metres of a standard pixel (OGC 06-042, 7.2.4.6.9). */
export const PIXEL = 0.00028;
export const FONT = "'Source Sans 3 Variable', sans-serif";

type Draw = (feature: FeatureLike) => Style | null;

interface CompiledRule {
  rule: GeoRule;
  test: Test | null;
  draws: Draw[];
}

/** A style function; with `texts` false labels are left to somebody else. */
export function toOpenLayers(style: GeoStyle, texts = true): StyleFunction {
  const rules = style.rules.map((rule, index) => compileRule(rule, index, texts));
  return (feature, resolution) => {
    const denominator = resolution / PIXEL;
    const drawn: Style[] = [];
    for (const { rule, test, draws } of rules) {
      if (!drawnAt(rule, denominator) || (test && !test(subject(feature)))) continue;
      for (const draw of draws) {
        const made = draw(feature);
        if (made) drawn.push(made);
      }
    }
    return drawn;
  };
}

function subject(feature: FeatureLike) {
  return {
    get: (name: string) => feature.get(name) as unknown,
    shape: () => (feature.getGeometry()?.getType() ?? "").replace("Multi", ""),
  };
}

function compileRule(rule: GeoRule, index: number, texts: boolean): CompiledRule {
  const draws = rule.symbolizers
    .filter((symbol) => texts || symbol.kind !== "Text")
    .map((symbol) => compileSymbol(symbol, index))
    .filter((draw) => draw !== null);
  return { rule, test: rule.filter ? compileFilter(rule.filter) : null, draws };
}

function compileSymbol(symbol: GeoSymbol, zIndex: number): Draw | null {
  switch (symbol.kind) {
    case "Fill":
      return always(fillStyle(symbol, zIndex));
    case "Line":
      return always(new Style({ stroke: lineStroke(symbol), zIndex }));
    case "Mark":
      return always(new Style({ image: markImage(symbol), zIndex }));
    case "Text":
      return textDraw(symbol, zIndex);
    case "Raster":
      return null;
  }
}

function always(style: Style): Draw {
  return () => style;
}

function fillStyle(symbol: FillSymbol, zIndex: number): Style {
  const opacity = symbol.opacity ?? 1;
  const style = new Style({ zIndex });
  if (symbol.color) style.setFill(new Fill({ color: withOpacity(symbol.color, opacity * (symbol.fillOpacity ?? 1)) }));
  if (symbol.outlineColor) {
    style.setStroke(
      new Stroke({
        color: withOpacity(symbol.outlineColor, opacity * (symbol.outlineOpacity ?? 1)),
        width: symbol.outlineWidth ?? 1,
        ...(symbol.outlineDasharray ? { lineDash: symbol.outlineDasharray } : {}),
      }),
    );
  }
  return style;
}

function lineStroke(symbol: LineSymbol): Stroke {
  return new Stroke({
    color: withOpacity(symbol.color ?? "#000000", symbol.opacity ?? 1),
    width: symbol.width ?? 1,
    lineCap: symbol.cap ?? "round",
    lineJoin: symbol.join ?? "round",
    ...(symbol.dasharray ? { lineDash: symbol.dasharray } : {}),
  });
}

const SHAPES: Record<string, { points: number; angle?: number; radius2?: number }> = {
  square: { points: 4, angle: Math.PI / 4 },
  diamond: { points: 4 },
  triangle: { points: 3 },
  star: { points: 5, radius2: 0.4 },
  cross: { points: 4, radius2: 0 },
  x: { points: 4, radius2: 0, angle: Math.PI / 4 },
};

function markImage(symbol: MarkSymbol): CircleStyle | RegularShape {
  const opacity = symbol.opacity ?? 1;
  const colour = symbol.color ?? "#000000";
  const radius = symbol.radius ?? 5;
  const fill = new Fill({ color: withOpacity(colour, opacity * (symbol.fillOpacity ?? 1)) });
  const shape = SHAPES[symbol.wellKnownName ?? "circle"];
  const open = shape?.radius2 === 0;
  // Crosses have no inside: without a line of their own they are drawn in the fill's colour.
  const line = symbol.strokeColor ?? (open ? colour : null);
  const stroke = line
    ? new Stroke({ color: withOpacity(line, opacity * (symbol.strokeOpacity ?? 1)), width: symbol.strokeWidth ?? 1 })
    : null;
  const common = { radius, fill, declutterMode: "obstacle" as const, ...(stroke ? { stroke } : {}) };
  if (!shape) return new CircleStyle(common);
  return new RegularShape({
    ...common,
    points: shape.points,
    angle: shape.angle ?? 0,
    rotation: ((symbol.rotate ?? 0) * Math.PI) / 180,
    ...(shape.radius2 === undefined ? {} : { radius2: shape.radius2 * radius }),
  });
}

function textDraw(symbol: TextSymbol, zIndex: number): Draw {
  const pieces = symbol.label.split(/\{\{([^{}]{1,63})\}\}/);
  const text = makeText(symbol);
  const style = new Style({ text, zIndex });
  return (feature) => {
    const label = pieces.map((piece, index) => (index % 2 ? String(feature.get(piece) ?? "") : piece)).join("");
    if (!label.trim()) return null;
    text.setText(label);
    return style;
  };
}

/** The text part of a label without its words. */
export function makeText(symbol: TextSymbol): Text {
  const opacity = symbol.opacity ?? 1;
  const [x, y] = symbol.offset ?? [0, 0];
  const style = symbol.fontStyle ?? "normal";
  const [ink, halo] = inScheme(symbol);
  return new Text({
    font: `${style} ${symbol.fontWeight === "bold" ? 700 : 500} ${symbol.size ?? 11}px ${FONT}`,
    fill: new Fill({ color: withOpacity(ink, opacity) }),
    placement: symbol.placement ?? "point",
    textAlign: symbol.anchor ?? "center",
    offsetX: x,
    offsetY: y,
    rotation: ((symbol.rotate ?? 0) * Math.PI) / 180,
    overflow: symbol.allowOverlap ?? false,
    padding: [2, 3, 2, 3],
    ...(halo ? { stroke: new Stroke({ color: withOpacity(halo, opacity), width: 2 * (symbol.haloWidth ?? 1) }) } : {}),
  });
}

/** Ink and halo of a label; grey ink in a white halo, made for paper, changes places with it on a dark map. */
function inScheme(symbol: TextSymbol): [ink: string, halo: string | undefined] {
  const ink = symbol.color ?? "#222222";
  const dark = typeof matchMedia === "function" && matchMedia("(prefers-color-scheme: dark)").matches;
  return dark && symbol.haloColor === "#ffffff" && /^#(..)\1\1$/.test(ink) ? ["#f0f2f4", "#16191d"] : [ink, symbol.haloColor];
}
