// SPDX-License-Identifier: EUPL-1.2
// Which lines of a style lie over which; the server (layers/styles/levels.py) says the same.
import type { GeoStyle } from "./geostyler";

interface Drawn {
  low: number;
  high: number;
  top: number;
}

/** A level for each symbolizer of each rule, all 0 but for lines over lines of the same features. */
export function lineLevels(style: GeoStyle): number[][] {
  const before = new Map<string, Drawn[]>();
  return style.rules.map((rule) => {
    const { min, max } = rule.scaleDenominator ?? {};
    const low = min ?? 0;
    const high = max ?? Number.POSITIVE_INFINITY;
    const key = JSON.stringify(rule.filter ?? null);
    const same = before.get(key) ?? [];
    before.set(key, same);
    let level = same.reduce((top, other) => (other.low < high && low < other.high ? Math.max(top, other.top) : top), -1);
    const levels = rule.symbolizers.map((symbol) => {
      if (symbol.kind === "Line" || (symbol.kind === "Fill" && symbol.outlineColor)) level += 1;
      return Math.max(level, 0);
    });
    same.push({ low, high, top: level });
    return levels;
  });
}
