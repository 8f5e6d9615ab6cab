// SPDX-License-Identifier: EUPL-1.2
import { expect, test } from "vitest";
import { readAddress, writeAddress } from "./address";
import type { State } from "./state";

const STATE: State = {
  view: { centre: [21.00604, 52.23182], zoom: 9.25 },
  layers: [
    { id: "communes", opacity: 60, drawing: "vector", visible: true },
    { id: "rivers", opacity: 100, drawing: "picture", visible: false },
  ],
  selected: ["communes.311", "stops.5"],
  crs: "EPSG:2180",
};

test("an address gives back the state it was written from", () => {
  const { view, layers, selected, crs } = readAddress(writeAddress(STATE, "?lang=en&foreign=1"));
  expect({ view, layers, selected, crs }).toEqual(STATE);
});

test("the language stays and nothing foreign does", () => {
  expect(writeAddress(STATE, "?lang=en&foreign=1")).toBe(
    "?lang=en&c=52.23182,21.00604&z=9.25&l=communes:60,rivers:w:off&s=communes.311,stops.5&crs=2180",
  );
});

test.each(["?c=north,east&z=9", "?c=52,21", "?c=91,21&z=4", "?z=7", "?c=,&z="])("a broken view is left out: %s", (query) => {
  expect(readAddress(query).view).toBeNull();
});

test("names that are no layers and no features are left out", () => {
  const read = readAddress("?l=communes,../x,DROP TABLE,a:1000:w&s=communes.1,nothing,%3Cb%3E.1");
  expect(read.layers?.map((layer) => layer.id)).toEqual(["communes", "a"]);
  expect(read.selected).toEqual(["communes.1"]);
});

test("no layers asked for differs from none wanted", () => {
  expect(readAddress("").layers).toBeNull();
  expect(readAddress("?l=").layers).toEqual([]);
});
