// SPDX-License-Identifier: EUPL-1.2
// Starts the style editor: a form beside a map that shows at once what it says.
import "../../styles/portal.css";
import "../../page";
import "./editor.css";
import VectorTileLayer from "ol/layer/VectorTile";
import OlMap from "ol/Map";
import { transformExtent } from "ol/proj";
import View from "ol/View";
import { Api, type LayerEntry, type Listing } from "../../api";
import { readConfig } from "../../config";
import { button, debounced, freshId, h, need } from "../../dom";
import { BaseMap, tileSource } from "../../map/base";
import { toOpenLayers } from "../convert";
import type { GeoStyle } from "../geostyler";
import { callChoices, showErrors } from "./fields";
import { download, readFile, Refused, send, TITLES, type ENCODINGS } from "./files";
import { Rules } from "./rules";
import { callValues, speak, type Word } from "./words";

const config = readConfig();
const say = speak(config.language);
callChoices(callValues(config.language));
const api = new Api(config);
const METHODS: Word[] = ["quantile", "equal", "jenks", "deviation", "unique"];
const PALETTES = ["YlGnBu", "YlOrBr", "PuBuGn", "RdYlBu", "PuOr", "Tol"];
const LONGEST = 40;

class Editor {
  private readonly map: OlMap;
  private readonly preview: VectorTileLayer;
  private readonly told = h("div", { class: "told", role: "status" });
  private readonly styles = h("select", {});
  private readonly layers: HTMLSelectElement;
  private readonly columns = h("select", {});
  private readonly rules = new Rules(say, debounced(() => this.show(), LONGEST));
  private entry: LayerEntry;

  constructor(listing: Listing, start: LayerEntry) {
    this.entry = start;
    const vectors = listing.layers.filter((entry) => entry.kind === "vector");
    this.layers = h("select", {}, ...vectors.map((entry) => h("option", { value: entry.id, selected: entry === start }, entry.title)));
    const base = listing.base.flatMap((id) => listing.layers.find((entry) => entry.id === id) ?? []);
    this.preview = new VectorTileLayer({ source: tileSource(api, start), declutter: true, renderMode: "vector" });
    const layers = [...new BaseMap(api, base).layers, this.preview];
    this.map = new OlMap({ target: need("map"), controls: [], layers, view: new View({ enableRotation: false, maxZoom: 20, center: [0, 0], zoom: 6 }) });
    need("editor-body").append(this.told, this.choice(), h("h2", {}, say("rules")), this.rules.element, this.classes(), this.files(), this.saving());
    this.layers.addEventListener("change", () => void this.choose(vectors.find((entry) => entry.id === this.layers.value) ?? start, ""));
    this.styles.addEventListener("change", () => void this.load(this.styles.value));
    this.map.once("rendercomplete", () => (document.documentElement.dataset["map"] = "ready"));
  }

  /** Shows a layer in one of its styles. */
  async choose(entry: LayerEntry, name: string): Promise<void> {
    this.entry = entry;
    this.preview.setSource(tileSource(api, entry));
    this.map.getView().fit(transformExtent(entry.bbox, "EPSG:4326", "EPSG:3857"), { padding: [window.innerWidth > 720 ? 24 : 76, 24, 24, 24], maxZoom: 16, size: this.map.getSize() ?? [400, 400] });
    const [details, listed] = await Promise.all([api.layer(entry.id), this.get<{ styles: { id: string; title: string }[] }>(`/ogc/collections/${entry.id}/styles?f=json`)]);
    this.rules.columns = details.columns;
    this.columns.replaceChildren(...details.columns.map((column) => h("option", { value: column.name }, column.title || column.name)));
    this.styles.replaceChildren(...listed.styles.map((style) => h("option", { value: style.id, selected: style.id === name }, style.title || style.id)));
    await this.load(this.styles.value);
  }

  private async load(name: string): Promise<void> {
    this.rules.take(await this.get<GeoStyle>(`/ogc/collections/${this.entry.id}/styles/${name}?f=geostyler`));
    this.tell();
    const query = new URLSearchParams(window.location.search);
    query.set("layer", this.entry.id);
    query.set("style", name);
    history.replaceState(null, "", `?${query}`);
  }

  private show(): void {
    try {
      this.preview.setStyle(toOpenLayers(this.rules.style));
    } catch (error) {
      this.tell([String(error)]);
    }
  }

  private choice(): HTMLElement {
    return h("div", { class: "editor-pair" }, labelled("layer", this.layers), labelled("style", this.styles));
  }

  private classes(): HTMLElement {
    const method = h("select", {}, ...METHODS.map((name) => h("option", { value: name }, say(name))));
    const count = h("input", { type: "number", min: 1, max: 50, value: 5 });
    const palette = h("select", {}, ...PALETTES.map((name) => h("option", { value: name }, name)));
    const make = button({ class: "button button-quiet" }, () => void this.attempt(async () => {
      const query = new URLSearchParams({ column: this.columns.value, method: method.value, classes: count.value, palette: palette.value });
      const answer = await fetch(`${config.root}/api/layers/${this.entry.id}/classes?${query}`);
      const body = (await answer.json()) as { style: GeoStyle; detail?: string };
      if (!answer.ok) throw new Refused(body.detail ?? String(answer.status));
      this.rules.take(body.style);
    }), say("make"));
    return section("classes", labelled("column", this.columns), labelled("method", method), h("div", { class: "editor-pair" }, labelled("count", count), labelled("palette", palette)), make);
  }

  private files(): HTMLElement {
    const file = h("input", { type: "file", accept: ".sld,.xml,.qml,.json" });
    file.addEventListener("change", () => void this.attempt(async () => {
      const chosen = file.files?.[0];
      if (!chosen) return;
      const read = await readFile(config.root, this.entry.id, chosen);
      this.rules.take(read.style);
      file.value = "";
      return read.warnings.map((warning) => `${say("told")} ${warning}`);
    }));
    const exports = Object.entries(TITLES).map(([encoding, title]) =>
      button({ class: "button button-quiet" }, () => void this.attempt(() => download(config.root, this.entry.id, this.rules.style, encoding as keyof typeof ENCODINGS)), title));
    return h("div", {}, section("importing", labelled("importHint", file)), section("exporting", h("div", { class: "links" }, ...exports)));
  }

  private saving(): HTMLElement {
    const name = h("input", { type: "text", pattern: "[a-z][a-z0-9_-]*", maxlength: 48, placeholder: "default" });
    const token = h("input", { type: "password", autocomplete: "off" });
    const save = button({ class: "button" }, () => void this.attempt(async () => {
      const target = name.value || this.styles.value;
      const url = `${config.root}/ogc/collections/${this.entry.id}/styles/${target}?lang=${config.language}`;
      await send(url, "PUT", JSON.stringify(this.rules.style), "application/vnd.geostyler+json", token.value);
      return [say("saved")];
    }), say("save"));
    const signedIn = document.querySelector("meta[name=csrf]") !== null;
    const asked = signedIn ? [] : [labelled("token", token), h("p", { class: "quiet" }, say("tokenHint"))];
    return section("saving", labelled("style", name), ...asked, save);
  }

  /** Does something and tells how it ended; what the server finds wrong stands at its field. */
  private async attempt(action: () => Promise<string[] | void>): Promise<void> {
    this.tell();
    showErrors(this.rules.element, []);
    try {
      this.tell((await action()) ?? []);
    } catch (error) {
      if (!(error instanceof Refused)) this.tell([say("failed")]);
      else this.tell(this.placed(error.message));
    }
  }

  /** Messages such as `rules.0.symbolizers.0.Line.width: ...` go to their fields, the others are told. */
  private placed(message: string): string[] {
    const parts = message.split(/(?:: |; )(?=rules\.)/);
    const errors = parts.flatMap((part) => {
      const match = /^(rules\.[\w.]+): (.*)$/s.exec(part);
      return match?.[1] && match[2] ? [{ path: match[1].replace(/(symbolizers\.\d+)\.[A-Z]\w+/, "$1"), message: match[2] }] : [];
    });
    if (!errors.length) return [message];
    return [say("invalid"), ...showErrors(this.rules.element, errors)];
  }

  private tell(lines: string[] = []): void {
    this.told.replaceChildren(...lines.map((line) => h("p", { class: "notice" }, line)));
    if (lines.length) this.told.scrollIntoView({ block: "nearest" });
  }

  private async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${config.root}${path}${path.includes("?") ? "&" : "?"}lang=${config.language}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }
}

function labelled(word: Word, input: HTMLInputElement | HTMLSelectElement): HTMLElement {
  input.id = freshId("input");
  return h("div", { class: "editor-field" }, h("label", { for: input.id }, say(word)), input);
}

function section(word: Word, ...inner: HTMLElement[]): HTMLElement {
  return h("details", { class: "section" }, h("summary", {}, h("h2", {}, say(word))), ...inner);
}

api.listing().then(async (listing) => {
  const query = new URLSearchParams(window.location.search);
  const vectors = listing.layers.filter((entry) => entry.kind === "vector");
  const start = vectors.find((entry) => entry.id === query.get("layer")) ?? vectors[0];
  if (start) await new Editor(listing, start).choose(start, query.get("style") ?? "");
}).catch(() => need("editor-body").prepend(say("failed")));
