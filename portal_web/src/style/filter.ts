// SPDX-License-Identifier: EUPL-1.2
// Filters of style rules as functions. A missing value differs from nothing, as in SQL.
import type { FilterValue, GeoFilter } from "./geostyler";

export interface Subject {
  get(name: string): unknown;
  /** Point, LineString or Polygon, without Multi. */
  shape(): string;
}

export type Test = (subject: Subject) => boolean;

/** Compiles a filter; throws for an operator that is not known here. */
export function compileFilter(filter: GeoFilter): Test {
  const [operator, ...rest] = filter;
  switch (operator) {
    case "&&": {
      const parts = rest.map((part) => compileFilter(part as GeoFilter));
      return (subject) => parts.every((part) => part(subject));
    }
    case "||": {
      const parts = rest.map((part) => compileFilter(part as GeoFilter));
      return (subject) => parts.some((part) => part(subject));
    }
    case "!": {
      const part = compileFilter(rest[0] as GeoFilter);
      return (subject) => !part(subject);
    }
    case "<=x<=": {
      const [name, least, greatest] = rest as [string, number, number];
      return (subject) => {
        const value = subject.get(name);
        return typeof value === "number" && value >= least && value <= greatest;
      };
    }
    default:
      return comparison(operator, rest[0] as string, rest[1] as FilterValue);
  }
}

function comparison(operator: string, name: string, wanted: FilterValue): Test {
  const compare = COMPARE[operator];
  if (!compare) throw new Error(`The filter operator ${operator} is not known.`);
  const value = name === "$type" ? (subject: Subject) => subject.shape() : (subject: Subject) => subject.get(name) ?? null;
  return (subject) => compare(value(subject), wanted);
}

type Compare = (value: unknown, wanted: FilterValue) => boolean;

const ordered = (test: (sign: number) => boolean): Compare => (value, wanted) => {
  if (typeof value === "number" && typeof wanted === "number") return test(value - wanted);
  if (typeof value !== "string" || typeof wanted !== "string") return false;
  return test(value < wanted ? -1 : value > wanted ? 1 : 0);
};

const COMPARE: Record<string, Compare> = {
  "==": (value, wanted) => value === wanted,
  "!=": (value, wanted) => value !== wanted && (value !== null || wanted === null),
  "<": ordered((sign) => sign < 0),
  "<=": ordered((sign) => sign <= 0),
  ">": ordered((sign) => sign > 0),
  ">=": ordered((sign) => sign >= 0),
  "*=": (value, wanted) => typeof value === "string" && value.includes(String(wanted)),
};
