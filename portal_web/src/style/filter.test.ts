// SPDX-License-Identifier: EUPL-1.2
import { expect, test } from "vitest";
import { compileFilter } from "./filter";
import { drawnAt, withOpacity, type GeoFilter } from "./geostyler";

const town = { get: (name: string) => ({ people: 1200, name: "Płock", kind: null })[name] as unknown, shape: () => "Point" };

test.each<[GeoFilter, boolean]>([
  [["==", "name", "Płock"], true],
  [["!=", "name", "Płock"], false],
  [["!=", "kind", "x"], false],
  [["==", "kind", null], true],
  [[">", "people", 1200], false],
  [[">=", "people", 1200], true],
  [["<", "people", "2"], false],
  [["<=x<=", "people", 1000, 1200], true],
  [["*=", "name", "ock"], true],
  [["==", "$type", "Point"], true],
  [["!", ["==", "$type", "Point"]], false],
  [["&&", [">", "people", 1000], ["==", "name", "Łąck"]], false],
  [["||", [">", "people", 1000], ["==", "name", "Łąck"]], true],
])("%j is %s", (filter, expected) => {
  expect(compileFilter(filter)(town)).toBe(expected);
});

test("an unknown operator is refused", () => {
  expect(() => compileFilter(["~", "name", "x"])).toThrow("~");
});

test("a rule is drawn from its least scale up to, not at, its greatest", () => {
  const rule = { scaleDenominator: { min: 1000, max: 5000 }, symbolizers: [] };
  expect([999, 1000, 4999, 5000].map((scale) => drawnAt(rule, scale))).toEqual([false, true, true, false]);
});

test("opacity becomes the colour's", () => {
  expect(withOpacity("#0072b2", 0.5)).toBe("rgba(0,114,178,0.5)");
  expect(withOpacity("#0072b2", 1)).toBe("#0072b2");
});
