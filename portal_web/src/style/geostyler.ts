// SPDX-License-Identifier: EUPL-1.2
// GeoStyler JSON as the server keeps it: the part of it that is drawn here.

export type FilterValue = string | number | boolean | null;
export type GeoFilter = [string, ...unknown[]];

export interface FillSymbol {
  kind: "Fill";
  color?: string;
  opacity?: number;
  fillOpacity?: number;
  outlineColor?: string;
  outlineWidth?: number;
  outlineOpacity?: number;
  outlineDasharray?: number[];
  outlineCap?: CanvasLineCap;
  outlineJoin?: CanvasLineJoin;
  graphicFill?: MarkSymbol | IconSymbol;
  graphicFillPadding?: [number, number, number, number];
}

export interface LineSymbol {
  kind: "Line";
  color?: string;
  width?: number;
  opacity?: number;
  dasharray?: number[];
  dashOffset?: number;
  cap?: CanvasLineCap;
  join?: CanvasLineJoin;
  perpendicularOffset?: number;
}

export interface MarkSymbol {
  kind: "Mark";
  wellKnownName?: string;
  radius?: number;
  color?: string;
  opacity?: number;
  fillOpacity?: number;
  strokeColor?: string;
  strokeWidth?: number;
  strokeOpacity?: number;
  rotate?: number;
  offset?: [number, number];
}

/** One of the server's own pictures, `marks/<name>.svg`. */
export interface IconSymbol {
  kind: "Icon";
  image: string;
  color?: string;
  size?: number;
  opacity?: number;
  rotate?: number;
  offset?: [number, number];
}

export interface TextSymbol {
  kind: "Text";
  label: string;
  color?: string;
  opacity?: number;
  size?: number;
  fontWeight?: "normal" | "bold";
  fontStyle?: "normal" | "italic" | "oblique";
  haloColor?: string;
  haloWidth?: number;
  offset?: [number, number];
  rotate?: number;
  placement?: "point" | "line";
  anchor?: "center" | "left" | "right" | "top" | "bottom" | "top-left" | "top-right" | "bottom-left" | "bottom-right";
  allowOverlap?: boolean;
}

export interface RasterSymbol {
  kind: "Raster";
  opacity?: number;
  colorMap?: { type?: string; colorMapEntries: { color: string; quantity: number; label?: string }[] };
}

export type GeoSymbol = FillSymbol | LineSymbol | MarkSymbol | IconSymbol | TextSymbol | RasterSymbol;

export interface GeoRule {
  name?: string;
  filter?: GeoFilter;
  scaleDenominator?: { min?: number; max?: number };
  symbolizers: GeoSymbol[];
}

export interface GeoStyle {
  name?: string;
  rules: GeoRule[];
}

/** `#rrggbb` with an opacity as a colour of CSS. */
export function withOpacity(colour: string, opacity: number): string {
  if (opacity >= 1) return colour;
  const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
  return `rgba(${red},${green},${blue},${Math.max(0, opacity)})`;
}

/** Whether a rule is drawn at a scale; `min` counts, `max` does not. */
export function drawnAt(rule: GeoRule, denominator: number): boolean {
  const { min, max } = rule.scaleDenominator ?? {};
  return (min == null || denominator >= min) && (max == null || denominator < max);
}
