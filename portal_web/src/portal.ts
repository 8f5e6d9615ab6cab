// SPDX-License-Identifier: EUPL-1.2
// Starts the map portal.
import "./styles/portal.css";
import "./page";
import { readAddress } from "./address";
import { Api, type Box, type Found, type LayerEntry, type Listing } from "./api";
import { readConfig } from "./config";
import { need } from "./dom";
import { History } from "./history";
import { Highlight } from "./map/highlight";
import { Identify } from "./map/identify";
import { MapLayers } from "./map/layers";
import { MapView } from "./map/view";
import { Words } from "./messages";
import { Active } from "./panel/active";
import { LeftPanel } from "./panel/left";
import { Sheet } from "./panel/sheet";
import { Tree } from "./panel/tree";
import { Search } from "./search";
import { inView, Selection } from "./selection";
import { Store, type Shown } from "./state";
import { Status } from "./status";

const config = readConfig();
const words = new Words(config.language);
const api = new Api(config);

/** Tells people who hear the page. */
function say(text: string): void {
  need("live").textContent = text;
}

function toShown(entry: LayerEntry): Shown {
  return { id: entry.id, opacity: 100, drawing: entry.kind === "raster" ? "picture" : "vector", visible: true };
}

function start(listing: Listing): void {
  const entries = new Map(listing.layers.map((entry) => [entry.id, entry]));
  const first = () => listing.start.flatMap((id) => entries.get(id) ?? []).map(toShown);
  const { view, layers, selected, crs } = readAddress(window.location.search);
  const known = layers?.filter((layer) => entries.has(layer.id)) ?? first();
  for (const layer of known) if (entries.get(layer.id)?.kind === "raster") layer.drawing = "picture";
  const store = new Store({ view, layers: known, selected, crs });

  const map = new MapView(need("map"), api, listing, store, words, say, layers ? together(known, entries) : undefined);
  const status = new Status(need("status"), map.target, map.map, store, entries, words);
  const drawn = new MapLayers(map.map, api, store, entries, (entry) => {
    if (status.fail(entry)) say(`${words.say("layerFailed")}: ${entry.title}`);
  });
  const tree = new Tree(listing, store, api, config, words, say);
  const active = new Active(entries, store, api, config, words, (box) => map.show(box));
  const left = need("layers");
  new LeftPanel(left, words, store, tree.element, active.element, () => map.map.updateSize());
  const stage = document.querySelector<HTMLElement>(".stage");
  const sheet = new Sheet(stage ?? document.body, words, document.querySelector(".header-links"), left);
  const identify = new Identify(api, store, drawn, entries);
  new Selection(need("found"), api, store, map, identify, new Highlight(map.map), sheet, words, say);
  new Search(need("search"), api, words, (found) => take(found, entries, store, map), say);
  new History(store, first);
  map.map.once("rendercomplete", () => {
    performance.mark("first-map");
    document.documentElement.dataset["map"] = "ready";
  });
}

/** The box of layers that a link names without a place to look at. */
function together(shown: Shown[], entries: ReadonlyMap<string, LayerEntry>): Box | undefined {
  const boxes = shown.flatMap(({ id }) => entries.get(id)?.bbox ?? []);
  if (!boxes.length) return undefined;
  const edge = (side: number, choose: (...values: number[]) => number) => choose(...boxes.filter((_, index) => index % 4 === side));
  return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
}

function take(found: Found, entries: ReadonlyMap<string, LayerEntry>, store: Store, map: MapView): void {
  if (found.kind === "place") {
    map.show(found.bbox);
    store.select([`${found.layer}.${found.id}`]);
    return;
  }
  const entry = entries.get(found.id);
  if (!entry) return;
  const { id, drawing } = toShown(entry);
  store.add(id, drawing);
  if (!inView(found.bbox, map.view.calculateExtent())) map.show(found.bbox);
}

api.listing().then(start, () => {
  need("panel-body").prepend(words.say("failed"));
});
