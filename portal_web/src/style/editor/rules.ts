// SPDX-License-Identifier: EUPL-1.2
// The list of rules: names, conditions, scales and symbols, each with a drawing of how it looks.
import type { ColumnInfo } from "../../api";
import { button, freshId, h } from "../../dom";
import type { GeoFilter, GeoRule, GeoStyle, GeoSymbol } from "../geostyler";
import { swatch } from "../legend";
import { names } from "../marks";
import { control, FIELDS, type Values } from "./fields";
import type { Word } from "./words";

const COMPARISONS = ["==", "!=", "<", "<=", ">", ">=", "*="] as const;
const KINDS = ["Fill", "Line", "Mark", "Icon", "Text"] as const;
const HATCHES = ["slash", "backslash", "horline", "vertline", "times", "plus", "dot"] as const;
const START: Record<string, Values> = {
  Fill: { kind: "Fill", color: "#88ccee", fillOpacity: 0.6, outlineColor: "#333333" },
  Line: { kind: "Line", color: "#1f4e9c", width: 2 },
  Mark: { kind: "Mark", wellKnownName: "circle", radius: 5, color: "#c0361f", strokeColor: "#ffffff" },
  Icon: { kind: "Icon", image: "marks/pin.svg", color: "#c0361f", size: 20 },
  Text: { kind: "Text", label: "", size: 12, haloColor: "#ffffff", haloWidth: 1.5 },
};
FIELDS["Icon"]?.filter(({ key }) => key === "image").forEach((field) => (field.choices = names().map((name) => `marks/${name}.svg`)));

export class Rules {
  readonly element = h("div", { class: "rules" });
  style: GeoStyle = { rules: [] };
  columns: ColumnInfo[] = [];

  constructor(
    private readonly say: (word: Word) => string,
    private readonly changed: () => void,
  ) {}

  /** Shows another style. */
  take(style: GeoStyle): void {
    this.style = structuredClone(style);
    this.draw();
  }

  private draw(open = 0): void {
    const add = button({ class: "button button-quiet" }, () => this.add(), this.say("addRule"));
    this.element.replaceChildren(...this.style.rules.map((rule, index) => this.rule(rule, index, index === open)), add);
    this.changed();
  }

  private add(): void {
    const like = this.style.rules.at(-1)?.symbolizers[0];
    this.style.rules.push({ name: "", symbolizers: [structuredClone(like ?? (START["Fill"] as unknown as GeoSymbol))] });
    this.draw(this.style.rules.length - 1);
  }

  private rule(rule: GeoRule, index: number, open: boolean): HTMLElement {
    const path = `rules.${index}`;
    const picture = h("span", { class: "rule-picture" });
    const title = h("span", { class: "rule-title" });
    const show = () => {
      picture.replaceChildren(swatch({ rules: [rule] }) ?? "");
      title.textContent = rule.name || `${this.say("rule")} ${index + 1}`;
    };
    const update = () => {
      show();
      this.changed();
    };
    show();
    const name = control({ key: "name", kind: "text" }, rule as unknown as Values, path, this.say("name"), update);
    const scales = (rule.scaleDenominator ?? {}) as Values;
    const scaled = () => {
      for (const key of ["min", "max"]) if (!scales[key]) delete scales[key];
      if (Object.keys(scales).length) rule.scaleDenominator = scales as NonNullable<GeoRule["scaleDenominator"]>;
      else delete rule.scaleDenominator;
      update();
    };
    const limit = (key: string, word: Word) =>
      control({ key, kind: "number", least: 0, fallback: 0 }, scales, `${path}.scaleDenominator`, this.say(word), scaled);
    return h(
      "details",
      { class: "rule", open },
      h("summary", {}, picture, title, this.tools(this.style.rules, index)),
      name,
      this.condition(rule, path, update),
      h("div", { class: "editor-pair" }, limit("min", "scaleMin"), limit("max", "scaleMax")),
      ...rule.symbolizers.map((symbol, place) => this.symbol(rule, symbol, place, `${path}.symbolizers.${place}`, update)),
      this.adder(rule, index),
    );
  }

  private tools<T>(list: T[], index: number): HTMLElement {
    const move = (to: number) => {
      list.splice(to, 0, ...list.splice(index, 1));
      this.draw(to);
    };
    const tool = (word: Word, sign: string, off: boolean, action: () => void) =>
      button({ class: "icon-button", "aria-label": this.say(word), title: this.say(word), disabled: off }, action, sign);
    const tools = h(
      "span",
      { class: "rule-tools" },
      tool("up", "↑", index === 0, () => move(index - 1)),
      tool("down", "↓", index === list.length - 1, () => move(index + 1)),
      tool("remove", "×", list.length === 1, () => {
        list.splice(index, 1);
        this.draw();
      }),
    );
    tools.addEventListener("click", (event) => event.preventDefault());
    return tools;
  }

  private adder(rule: GeoRule, index: number): HTMLElement {
    const kind = h("select", { "aria-label": this.say("addSymbol") }, ...KINDS.map((name) => h("option", { value: name }, this.say(name))));
    const add = button({ class: "button button-quiet" }, () => {
      const made = structuredClone(START[kind.value]) as Values;
      if (kind.value === "Text") made["label"] = `{{${this.columns[0]?.name ?? "name"}}}`;
      rule.symbolizers.push(made as unknown as GeoSymbol);
      this.draw(index);
    }, this.say("addSymbol"));
    return h("div", { class: "editor-pair" }, kind, add);
  }

  private symbol(rule: GeoRule, symbol: GeoSymbol, place: number, path: string, update: () => void): HTMLElement {
    const values = symbol as unknown as Values;
    const fields = (FIELDS[symbol.kind] ?? []).map((field) => control(field, values, path, this.say(field.key as Word), update));
    if (symbol.kind === "Fill") fields.push(this.pattern(values, path, update));
    return h(
      "fieldset",
      { class: "symbol" },
      h("legend", {}, this.say(symbol.kind), this.tools(rule.symbolizers, place)),
      ...fields,
    );
  }

  private pattern(values: Values, path: string, update: () => void): HTMLElement {
    const had = values["graphicFill"] as Values | undefined;
    const sign: Values = had ?? { kind: "Mark", wellKnownName: "shape://slash", radius: 5, strokeColor: "#555555", strokeWidth: 1 };
    const look: Values = { pattern: had ? String(had["wellKnownName"] ?? had["image"] ?? "none").replace("shape://", "") : "none" };
    const more = h("div", { class: "editor-pair", hidden: !had || had["kind"] !== "Mark" });
    const key = (name: string, word: Word, kind: "number" | "colour") =>
      control({ key: name, kind, least: 0.5, most: 50, fallback: kind === "colour" ? "#555555" : 1 }, sign, `${path}.graphicFill`, this.say(word), update);
    more.append(key("radius", "spacing", "number"), key("strokeWidth", "thickness", "number"), key("strokeColor", "patternColor", "colour"));
    const known: string[] = ["none", ...HATCHES];
    if (!known.includes(String(look["pattern"]))) known.push(String(look["pattern"]));
    const choose = control({ key: "pattern", kind: "choice", choices: known }, look, path, this.say("pattern"), () => {
      const name = String(look["pattern"]);
      if (name === "none") delete values["graphicFill"];
      else if (HATCHES.includes(name as (typeof HATCHES)[number])) values["graphicFill"] = Object.assign(sign, { wellKnownName: `shape://${name}` });
      else if (had) values["graphicFill"] = had;
      more.hidden = name === "none";
      update();
    });
    return h("div", {}, choose, more);
  }

  private condition(rule: GeoRule, path: string, update: () => void): HTMLElement {
    const simple = !rule.filter || (COMPARISONS as readonly string[]).includes(rule.filter[0]);
    return h("div", { class: "condition" }, simple ? this.comparison(rule, path, update) : this.expert(rule, path, update));
  }

  private comparison(rule: GeoRule, path: string, update: () => void): HTMLElement {
    const [operator, column, value] = (rule.filter ?? ["==", "", ""]) as [string, string, unknown];
    const id = freshId("filter");
    const names = ["", ...this.columns.map((known) => known.name)];
    if (column && !names.includes(column)) names.push(column);
    const columns = h("select", { id, "data-path": `${path}.filter`, "aria-describedby": `${id}-error` }, ...names.map((name) => h("option", { value: name, selected: name === column }, name || this.say("everything"))));
    const signs = h("select", { "aria-label": this.say("operator") }, ...COMPARISONS.map((sign) => h("option", { value: sign, selected: sign === operator }, sign === "*=" ? this.say("contains") : sign)));
    const words = h("input", { type: "text", "aria-label": this.say("value"), value: value === null ? "" : String(value), placeholder: this.say("isNull") });
    const take = () => {
      signs.hidden = words.hidden = !columns.value;
      if (columns.value) rule.filter = [signs.value, columns.value, this.typed(columns.value, words.value)];
      else delete rule.filter;
      update();
    };
    signs.hidden = words.hidden = !column;
    for (const input of [columns, signs]) input.addEventListener("change", take);
    words.addEventListener("input", take);
    return h("div", { class: "editor-field" }, h("label", { for: id }, this.say("condition")), columns, signs, words, h("span", { id: `${id}-error`, class: "field-error" }));
  }

  private expert(rule: GeoRule, path: string, update: () => void): HTMLElement {
    const id = freshId("filter");
    const text = h("textarea", { id, rows: 3, "data-path": `${path}.filter`, "aria-describedby": `${id}-error`, spellcheck: "false" });
    text.value = JSON.stringify(rule.filter);
    const error = h("span", { id: `${id}-error`, class: "field-error" });
    text.addEventListener("input", () => {
      try {
        rule.filter = JSON.parse(text.value) as GeoFilter;
        error.textContent = "";
        update();
      } catch (problem) {
        error.textContent = String(problem);
      }
    });
    return h("div", { class: "editor-field" }, h("label", { for: id }, this.say("expert")), text, error);
  }

  /** A value in the type of its column. */
  private typed(name: string, text: string): unknown {
    const type = this.columns.find((column) => column.name === name)?.type;
    if (text === "") return null;
    if ((type === "integer" || type === "number") && Number.isFinite(Number(text))) return Number(text);
    return type === "boolean" ? text === "true" : text;
  }
}
