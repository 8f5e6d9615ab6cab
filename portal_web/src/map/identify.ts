// SPDX-License-Identifier: EUPL-1.2
// What is at a clicked place in every visible layer, and the same features again from a link.
import { toLonLat } from "ol/proj";
import type { Api, Box, ItemFeature, LayerEntry } from "../api";
import type { Store } from "../state";
import type { MapLayers } from "./layers";

const EACH = 10;
const POINTER = 7;
const FINGER = 14;

/** Features of one layer that were found; `failed` when the server gave no answer for it. */
export interface Group {
  entry: LayerEntry;
  features: ItemFeature[];
  failed: boolean;
}

export class Identify {
  private asking: AbortController | null = null;

  constructor(
    private readonly api: Api,
    private readonly store: Store,
    private readonly layers: MapLayers,
    private readonly entries: ReadonlyMap<string, LayerEntry>,
  ) {}

  /** Asks all visible layers, the top one first; null when a newer question has come. */
  async at(position: number[], resolution: number, finger: boolean): Promise<Group[] | null> {
    const signal = this.begin();
    const visible = this.store.layers.filter((layer) => layer.visible).toReversed();
    const groups = visible.flatMap((shown) => {
      const entry = this.entries.get(shown.id);
      return entry ? [this.ask(entry, position, resolution, finger, signal)] : [];
    });
    const found = await Promise.all(groups);
    return signal.aborted ? null : found.filter((group) => group.features.length || group.failed);
  }

  /** Fetches `layer.fid` features; those that are gone are left out. */
  async again(selected: readonly string[]): Promise<Group[] | null> {
    const signal = this.begin();
    const groups = new Map<string, Group>();
    await Promise.all(
      selected.map(async (name) => {
        const [layer = "", ...rest] = name.split(".");
        const entry = this.entries.get(layer);
        if (!entry) return;
        const group = groups.get(layer) ?? { entry, features: [], failed: false };
        groups.set(layer, group);
        try {
          group.features.push(await this.api.item(layer, rest.join("."), signal));
        } catch {
          group.failed = true;
        }
      }),
    );
    return signal.aborted ? null : [...groups.values()];
  }

  private begin(): AbortSignal {
    this.asking?.abort();
    this.asking = new AbortController();
    return this.asking.signal;
  }

  private async ask(
    entry: LayerEntry,
    position: number[],
    resolution: number,
    finger: boolean,
    signal: AbortSignal,
  ): Promise<Group> {
    try {
      const features =
        entry.kind === "raster"
          ? await this.pixel(entry, position, resolution, signal)
          : await this.api.items(entry.id, around(entry, position, resolution, finger), EACH, signal);
      return { entry, features, failed: false };
    } catch {
      return { entry, features: [], failed: !signal.aborted };
    }
  }

  private async pixel(entry: LayerEntry, position: number[], resolution: number, signal: AbortSignal) {
    const address = this.layers.pixelAddress(entry.id, position, resolution);
    return address ? this.api.pixel(address, signal) : [];
  }
}

/** A box in degrees: half a pixel for areas, a fingertip's or a pointer's width for points and lines. */
function around(entry: LayerEntry, [x = 0, y = 0]: number[], resolution: number, finger: boolean): Box {
  const reach = entry.geometry.endsWith("Polygon") ? 0.5 : finger ? FINGER : POINTER;
  const metres = reach * resolution;
  const [west, south] = toLonLat([x - metres, y - metres]) as [number, number];
  const [east, north] = toLonLat([x + metres, y + metres]) as [number, number];
  return [west, south, east, north];
}
