// SPDX-License-Identifier: EUPL-1.2
// The state of the portal's view and who wants to know of its changes.

export type Drawing = "vector" | "picture";
export type Crs = "EPSG:2180" | "EPSG:4326";

/** One layer on the map; the list runs from the bottom to the top. */
export interface Shown {
  id: string;
  /** 0 to 100. */
  opacity: number;
  drawing: Drawing;
  visible: boolean;
}

export interface View {
  /** Longitude and latitude in degrees. */
  centre: [number, number];
  zoom: number;
}

export interface State {
  view: View | null;
  layers: Shown[];
  /** Selected features as `layer.fid`. */
  selected: string[];
  crs: Crs;
}

export type Part = keyof State;
type Listener = (part: Part) => void;

/** Holds the state; whoever changes it goes through here, so that map, panels and address always agree. */
export class Store {
  private readonly listeners: Listener[] = [];

  constructor(private state: State) {}

  get view(): View | null {
    return this.state.view;
  }

  get layers(): readonly Shown[] {
    return this.state.layers;
  }

  get selected(): readonly string[] {
    return this.state.selected;
  }

  get crs(): Crs {
    return this.state.crs;
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  shown(id: string): Shown | undefined {
    return this.state.layers.find((layer) => layer.id === id);
  }

  setView(view: View): void {
    this.state.view = view;
    this.tell("view");
  }

  add(id: string, drawing: Drawing): void {
    if (this.shown(id)) return;
    this.state.layers = [...this.state.layers, { id, opacity: 100, drawing, visible: true }];
    this.tell("layers");
  }

  remove(id: string): void {
    this.state.layers = this.state.layers.filter((layer) => layer.id !== id);
    this.tell("layers");
  }

  change(id: string, change: Partial<Omit<Shown, "id">>): void {
    this.state.layers = this.state.layers.map((layer) => (layer.id === id ? { ...layer, ...change } : layer));
    this.tell("layers");
  }

  /** Moves a layer up (1) or down (-1) among those shown. */
  move(id: string, step: 1 | -1): void {
    const from = this.state.layers.findIndex((layer) => layer.id === id);
    const to = from + step;
    const moved = this.state.layers[from];
    if (!moved || to < 0 || to >= this.state.layers.length) return;
    const rest = this.state.layers.filter((layer) => layer !== moved);
    this.state.layers = [...rest.slice(0, to), moved, ...rest.slice(to)];
    this.tell("layers");
  }

  select(features: string[]): void {
    if (features.join() === this.state.selected.join()) return;
    this.state.selected = features;
    this.tell("selected");
  }

  setCrs(crs: Crs): void {
    this.state.crs = crs;
    this.tell("crs");
  }

  /** Takes over a whole state, as going back in history does. */
  restore(state: State): void {
    this.state = state;
    for (const part of ["layers", "selected", "crs", "view"] as const) this.tell(part);
  }

  snapshot(): State {
    return { ...this.state, layers: this.state.layers.map((layer) => ({ ...layer })), selected: [...this.state.selected] };
  }

  private tell(part: Part): void {
    for (const listener of this.listeners) listener(part);
  }
}
