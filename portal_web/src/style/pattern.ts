// SPDX-License-Identifier: EUPL-1.2
// Signs and patterns of areas as paths; the server (layers/styles/patterns.py) draws the same.
import { pathOf, SIDE } from "./marks";
import type { FillSymbol, IconSymbol, MarkSymbol } from "./geostyler";

/** A path with its look; the place moves, turns and scales it, where it has one. */
export interface Part {
  d: string;
  fill: string;
  opacity: number;
  stroke?: { color: string; width: number; opacity: number };
  place?: { x: number; y: number; scale: number; rotate: number };
}

export interface Drawing {
  width: number;
  height: number;
  parts: Part[];
}

const LINES = "shape://";
const CURVE = (4 / 3) * (Math.SQRT2 - 1);

/** The tile that repeats over an area; null where it has no pattern. */
export function tile(fill: FillSymbol): Drawing | null {
  const sign = fill.graphicFill;
  if (!sign) return null;
  const [top, right, bottom, left] = fill.graphicFillPadding ?? [0, 0, 0, 0];
  const size = sizeOf(sign);
  const width = Math.max(1, Math.round(size + left + right));
  const height = Math.max(1, Math.round(size + top + bottom));
  const opacity = (fill.opacity ?? 1) * (sign.opacity ?? 1);
  return { width, height, parts: paint(sign, width, height, left + size / 2, top + size / 2, opacity, true) };
}

/** A sign as it stands on a point, in the middle of a square with room for its stroke. */
export function sign(symbol: MarkSymbol | IconSymbol): Drawing {
  const size = sizeOf(symbol);
  const stroke = symbol.kind === "Mark" && symbol.strokeColor && !crosses(symbol) ? (symbol.strokeWidth ?? 1) : 0;
  const side = Math.max(1, Math.ceil((size + stroke) * (symbol.rotate ? Math.SQRT2 : 1)) + 2);
  const opacity = symbol.opacity ?? 1;
  if (crosses(symbol)) {
    const [part] = paint(symbol, size, size, 0, 0, opacity, false);
    const place = { x: side / 2, y: side / 2, scale: size / SIDE, rotate: symbol.rotate ?? 0 };
    return { width: side, height: side, parts: part ? [{ ...part, d: across(symbol as MarkSymbol, SIDE, SIDE, SIDE / size), place }] : [] };
  }
  return { width: side, height: side, parts: paint(symbol, side, side, side / 2, side / 2, opacity, false) };
}

export function sizeOf(symbol: MarkSymbol | IconSymbol): number {
  return symbol.kind === "Icon" ? (symbol.size ?? 20) : 2 * (symbol.radius ?? 5);
}

function crosses(symbol: MarkSymbol | IconSymbol): boolean {
  return symbol.kind === "Mark" && (symbol.wellKnownName ?? "circle").startsWith(LINES);
}

/** Draws on a canvas; `ratio` makes it finer. */
export function toCanvas({ width, height, parts }: Drawing, ratio = 1): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  for (const { d, fill, opacity, stroke, place } of parts) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (place) {
      context.translate(place.x, place.y);
      context.rotate((place.rotate * Math.PI) / 180);
      context.scale(place.scale, place.scale);
      context.translate(-SIDE / 2, -SIDE / 2);
    }
    const path = new Path2D(d);
    context.globalAlpha = opacity;
    context.fillStyle = fill;
    context.fill(path);
    if (stroke) {
      context.globalAlpha = stroke.opacity;
      context.strokeStyle = stroke.color;
      context.lineWidth = stroke.width / (place?.scale ?? 1);
      context.stroke(path);
    }
  }
  return canvas;
}

function paint(symbol: MarkSymbol | IconSymbol, width: number, height: number, x: number, y: number, opacity: number, fitted: boolean): Part[] {
  if (symbol.kind === "Icon") {
    const place = { x, y, scale: within((symbol.size ?? 20) / SIDE, symbol.rotate, fitted), rotate: symbol.rotate ?? 0 };
    return [{ d: pathOf(symbol.image), fill: symbol.color ?? "#000000", opacity, place }];
  }
  const colour = symbol.color ?? "#000000";
  const name = symbol.wellKnownName ?? "circle";
  if (name.startsWith(LINES)) {
    return [{ d: across(symbol, width, height, 1), fill: symbol.strokeColor ?? colour, opacity: opacity * (symbol.strokeOpacity ?? 1) }];
  }
  const scale = within((2 * (symbol.radius ?? 5)) / SIDE, symbol.rotate, fitted);
  if (!scale) return [];
  const stroke = symbol.strokeColor
    ? { color: symbol.strokeColor, width: symbol.strokeWidth ?? 1, opacity: opacity * (symbol.strokeOpacity ?? 1) }
    : undefined;
  const d = name === "circle" ? circle(SIDE / 2, SIDE / 2, SIDE / 2) : pathOf(name);
  const place = { x, y, scale, rotate: symbol.rotate ?? 0 };
  return [{ d, fill: colour, opacity: opacity * (symbol.fillOpacity ?? 1), place, ...(stroke ? { stroke } : {}) }];
}

/** In a pattern a turned sign is made smaller, so that it stays within its square. */
function within(scale: number, rotate = 0, fitted = false): number {
  if (!fitted) return scale;
  const turned = (rotate * Math.PI) / 180;
  return scale / (Math.abs(Math.cos(turned)) + Math.abs(Math.sin(turned)));
}

/** Closed shapes of the lines of a hatching, cut at the tile's borders. */
function across(sign: MarkSymbol, width: number, height: number, finer: number): string {
  const line = (sign.strokeWidth ?? 1) * finer;
  const name = (sign.wellKnownName ?? "").slice(LINES.length);
  if (name === "dot") return circle(width / 2, height / 2, Math.min(line, width / 2, height / 2));
  const shapes = ACROSS[name] ?? [];
  return shapes.map((shape) => shape(width, height, line)).join("");
}

type Shape = (width: number, height: number, line: number) => string;

const level: Shape = (width, height, line) => {
  const low = Math.max(0, (height - line) / 2);
  return `M0 ${low}H${width}V${Math.min(height, (height + line) / 2)}H0Z`;
};
const upright: Shape = (width, height, line) => {
  const low = Math.max(0, (width - line) / 2);
  return `M${low} 0H${Math.min(width, (width + line) / 2)}V${height}H${low}Z`;
};
const slash: Shape = (w, h, line) => {
  const share = Math.min(0.5, (line * Math.hypot(w, h)) / (2 * w * h));
  const x = share * w;
  const y = share * h;
  return `M0 ${h - y}L${w - x} 0H${w}V${y}L${x} ${h}H0ZM0 0H${x}L0 ${y}ZM${w} ${h}H${w - x}L${w} ${h - y}Z`;
};
const backslash: Shape = (w, h, line) => {
  const share = Math.min(0.5, (line * Math.hypot(w, h)) / (2 * w * h));
  const x = share * w;
  const y = share * h;
  return `M0 0H${x}L${w} ${h - y}V${h}H${w - x}L0 ${y}ZM${w} 0V${y}L${w - x} 0ZM0 ${h}V${h - y}L${x} ${h}Z`;
};
const ACROSS: Record<string, Shape[]> = {
  horline: [level],
  vertline: [upright],
  plus: [level, upright],
  slash: [slash],
  backslash: [backslash],
  times: [slash, backslash],
};

function circle(x: number, y: number, radius: number): string {
  const c = radius * CURVE;
  return (
    `M${x} ${y - radius}C${x + c} ${y - radius} ${x + radius} ${y - c} ${x + radius} ${y}` +
    `C${x + radius} ${y + c} ${x + c} ${y + radius} ${x} ${y + radius}` +
    `C${x - c} ${y + radius} ${x - radius} ${y + c} ${x - radius} ${y}` +
    `C${x - radius} ${y - c} ${x - c} ${y - radius} ${x} ${y - radius}Z`
  );
}
