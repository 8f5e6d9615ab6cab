// SPDX-License-Identifier: EUPL-1.2
// GeoStyler JSON to a style function of OpenLayers.
import type { FeatureLike } from "ol/Feature";
import Point from "ol/geom/Point";
import RenderFeature from "ol/render/Feature";
import CircleStyle from "ol/style/Circle";
import Fill from "ol/style/Fill";
import Icon from "ol/style/Icon";
import Stroke from "ol/style/Stroke";
import Style, { type StyleFunction } from "ol/style/Style";
import Text from "ol/style/Text";
import { compileFilter, type Test } from "./filter";
import {
  drawnAt, withOpacity, type FillSymbol, type GeoRule, type GeoStyle, type GeoSymbol, type IconSymbol, type LineSymbol,
  type MarkSymbol, type TextSymbol,
} from "./geostyler";
import { lineLevels } from "./levels";
import { sign, tile, toCanvas } from "./pattern";

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
  const levels = lineLevels(style);
  const last = Math.max(0, ...levels.flat());
  const rules = style.rules.map((rule, index) => compileRule(rule, levels[index] ?? [], last, texts));
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

/** Whether areas of the style have patterns, which a picture of a tile must not scale. */
export function hasPatterns(style: GeoStyle): boolean {
  return style.rules.some((rule) => rule.symbolizers.some((symbol) => symbol.kind === "Fill" && symbol.graphicFill));
}

function subject(feature: FeatureLike) {
  return {
    get: (name: string) => feature.get(name) as unknown,
    shape: () => (feature.getGeometry()?.getType() ?? "").replace("Multi", ""),
  };
}

function compileRule(rule: GeoRule, levels: number[], last: number, texts: boolean): CompiledRule {
  const draws = rule.symbolizers.flatMap((symbol, index) =>
    texts || symbol.kind !== "Text" ? compileSymbol(symbol, LINES + (levels[index] ?? 0), LINES + last) : [],
  );
  return { rule, test: rule.filter ? compileFilter(rule.filter) : null, draws };
}

/** Areas lie under lines, lines in their levels, signs over the last, labels over all. */
const AREAS = 0;
const LINES = 1;

function compileSymbol(symbol: GeoSymbol, level: number, top: number): Draw[] {
  switch (symbol.kind) {
    case "Fill":
      return areaStyles(symbol, level).map(always);
    case "Line":
      return [always(new Style({ stroke: lineStroke(symbol), zIndex: level }))];
    case "Mark":
    case "Icon":
      return [always(new Style({ image: image(symbol), geometry: middle, zIndex: top }))];
    case "Text":
      return [textDraw(symbol, top + 1)];
    case "Raster":
      return [];
  }
}

function always(style: Style): Draw {
  return () => style;
}

/** Signs stand in the middle of lines and areas. */
function middle(feature: FeatureLike): Point | RenderFeature | undefined {
  const kind = feature.getGeometry()?.getType() ?? "";
  if (!(feature instanceof RenderFeature)) return undefined;
  if (kind.endsWith("Point")) return feature;
  const at = kind.endsWith("Polygon") ? feature.getFlatInteriorPoint() : feature.getFlatMidpoint();
  return new Point(at.slice(0, 2));
}

function areaStyles(symbol: FillSymbol, level: number): Style[] {
  const opacity = symbol.opacity ?? 1;
  const styles: Style[] = [];
  if (symbol.color) {
    const fill = new Fill({ color: withOpacity(symbol.color, opacity * (symbol.fillOpacity ?? 1)) });
    styles.push(new Style({ fill, zIndex: AREAS }));
  }
  const pattern = repeated(symbol);
  if (pattern) styles.push(new Style({ fill: new Fill({ color: pattern }), zIndex: AREAS }));
  if (symbol.outlineColor) {
    const stroke = lineStroke({
      kind: "Line",
      color: symbol.outlineColor,
      width: symbol.outlineWidth ?? 1,
      opacity: opacity * (symbol.outlineOpacity ?? 1),
      cap: symbol.outlineCap ?? "round",
      join: symbol.outlineJoin ?? "round",
      ...(symbol.outlineDasharray ? { dasharray: symbol.outlineDasharray } : {}),
    });
    styles.push(new Style({ stroke, zIndex: level }));
  }
  return styles;
}

function repeated(symbol: FillSymbol): CanvasPattern | null {
  const drawing = tile(symbol);
  return drawing && (document.createElement("canvas").getContext("2d")?.createPattern(toCanvas(drawing), "repeat") ?? null);
}

function lineStroke(symbol: LineSymbol): Stroke {
  return new Stroke({
    color: withOpacity(symbol.color ?? "#000000", symbol.opacity ?? 1),
    width: symbol.width ?? 1,
    lineCap: symbol.cap ?? "round",
    lineJoin: symbol.join ?? "round",
    ...(symbol.dasharray ? { lineDash: symbol.dasharray, lineDashOffset: symbol.dashOffset ?? 0 } : {}),
    ...(symbol.perpendicularOffset ? { offset: symbol.perpendicularOffset } : {}),
  });
}

function image(symbol: MarkSymbol | IconSymbol): CircleStyle | Icon {
  const [x, y] = symbol.offset ?? [0, 0];
  const common = { displacement: [x, -y], declutterMode: "obstacle" as const };
  if (symbol.kind === "Mark" && (symbol.wellKnownName ?? "circle") === "circle") return circle(symbol, common);
  const ratio = Math.ceil(globalThis.devicePixelRatio || 1);
  return new Icon({ ...common, img: toCanvas(sign(symbol), ratio), scale: 1 / ratio });
}

function circle(symbol: MarkSymbol, common: { displacement: number[]; declutterMode: "obstacle" }): CircleStyle {
  const opacity = symbol.opacity ?? 1;
  const fill = new Fill({ color: withOpacity(symbol.color ?? "#000000", opacity * (symbol.fillOpacity ?? 1)) });
  const stroke = symbol.strokeColor
    ? new Stroke({ color: withOpacity(symbol.strokeColor, opacity * (symbol.strokeOpacity ?? 1)), width: symbol.strokeWidth ?? 1 })
    : undefined;
  return new CircleStyle({ ...common, radius: symbol.radius ?? 5, fill, ...(stroke ? { stroke } : {}) });
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
  const anchor = symbol.anchor ?? "center";
  const [ink, halo] = inScheme(symbol);
  return new Text({
    font: `${style} ${symbol.fontWeight === "bold" ? 700 : 500} ${symbol.size ?? 11}px ${FONT}`,
    fill: new Fill({ color: withOpacity(ink, opacity) }),
    placement: symbol.placement ?? "point",
    textAlign: /left|right/.exec(anchor)?.[0] as CanvasTextAlign | undefined ?? "center",
    textBaseline: /top|bottom/.exec(anchor)?.[0] as CanvasTextBaseline | undefined ?? "middle",
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
