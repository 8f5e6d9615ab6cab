// SPDX-License-Identifier: EUPL-1.2
// Fields of the form: each bound to a place of the style by its path, where errors of the server are shown too.
import { freshId, h } from "../../dom";

export type Values = Record<string, unknown>;

export interface Field {
  key: string;
  kind: "colour" | "number" | "text" | "choice" | "dashes" | "check";
  choices?: readonly string[];
  least?: number;
  most?: number;
  step?: number;
  optional?: boolean;
  fallback?: string | number;
}

const colour = (key: string, fallback: string, optional = false): Field => ({ key, kind: "colour", fallback, optional });
const number = (key: string, fallback: number, least: number, most: number, step = 0.5): Field => ({ key, kind: "number", fallback, least, most, step });
const share = (key: string): Field => number(key, 1, 0, 1, 0.05);
const choice = (key: string, choices: readonly string[]): Field => ({ key, kind: "choice", choices });

export const SIGNS = ["circle", "square", "triangle", "star", "cross", "x", "diamond"] as const;
const ANCHORS = ["center", "left", "right", "top", "bottom", "top-left", "top-right", "bottom-left", "bottom-right"] as const;

let called: (value: string) => string = (value) => value;

/** Says how choices are called from now on. */
export function callChoices(call: (value: string) => string): void {
  called = call;
}

/** What can be set of each symbol. */
export const FIELDS: Record<string, Field[]> = {
  Fill: [
    colour("color", "#88ccee", true), share("fillOpacity"), colour("outlineColor", "#333333", true), number("outlineWidth", 1, 0, 200),
    { key: "outlineDasharray", kind: "dashes" },
  ],
  Line: [
    colour("color", "#000000"), number("width", 1, 0, 200), share("opacity"), { key: "dasharray", kind: "dashes" },
    number("dashOffset", 0, -500, 500), choice("cap", ["round", "butt", "square"]), choice("join", ["round", "miter", "bevel"]),
    number("perpendicularOffset", 0, -100, 100),
  ],
  Mark: [
    choice("wellKnownName", SIGNS), number("radius", 5, 0, 200), colour("color", "#000000"), share("fillOpacity"),
    colour("strokeColor", "#ffffff", true), number("strokeWidth", 1, 0, 200), number("rotate", 0, -360, 360, 5),
  ],
  Icon: [choice("image", []), number("size", 20, 1, 200, 1), colour("color", "#000000"), share("opacity"), number("rotate", 0, -360, 360, 5)],
  Text: [
    { key: "label", kind: "text" }, number("size", 11, 4, 100), colour("color", "#222222"), choice("fontWeight", ["normal", "bold"]),
    colour("haloColor", "#ffffff", true), number("haloWidth", 1, 0, 20), choice("placement", ["point", "line"]), choice("anchor", ANCHORS),
    { key: "allowOverlap", kind: "check" },
  ],
};

/** A labelled control of a field; `changed` after each change of `values`. */
export function control(field: Field, values: Values, path: string, label: string, changed: () => void): HTMLElement {
  const id = freshId("field");
  const input = INPUTS[field.kind](field, values, changed);
  input.id = id;
  input.dataset["path"] = `${path}.${field.key}`;
  input.setAttribute("aria-describedby", `${id}-error`);
  const error = h("span", { id: `${id}-error`, class: "field-error" });
  const parts: (HTMLElement | string)[] = [h("label", { for: id }, label), input];
  if (field.optional && field.kind === "colour") parts.push(toggle(field, values, input, label, changed));
  return h("div", { class: `editor-field editor-${field.kind}` }, ...parts, error);
}

/** Shows messages at the fields of their paths, the first one focused; gives back those that fit no field. */
export function showErrors(form: HTMLElement, errors: { path: string; message: string }[]): string[] {
  for (const error of form.querySelectorAll(".field-error")) error.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  const rest: string[] = [];
  let first: HTMLElement | null = null;
  for (const { path, message } of errors) {
    const input = form.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
    const shown = input && document.getElementById(`${input.id}-error`);
    if (!input || !shown) {
      rest.push(`${path}: ${message}`);
      continue;
    }
    for (let parent = input.closest("details"); parent; parent = parent.parentElement?.closest("details") ?? null) parent.open = true;
    shown.textContent = message;
    input.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  first?.focus();
  return rest;
}

type Make = (field: Field, values: Values, changed: () => void) => HTMLInputElement | HTMLSelectElement;

const INPUTS: Record<Field["kind"], Make> = {
  colour: (field, values, changed) => {
    const input = h("input", { type: "color", value: String(values[field.key] ?? field.fallback), disabled: field.optional && !values[field.key] });
    input.addEventListener("input", () => set(values, field.key, input.value, changed));
    return input;
  },
  number: (field, values, changed) => {
    const input = h("input", { type: "number", value: Number(values[field.key] ?? field.fallback), min: field.least, max: field.most, step: "any" });
    input.addEventListener("input", () => {
      if (input.value !== "" && input.checkValidity()) set(values, field.key, Number(input.value), changed);
    });
    return input;
  },
  text: (field, values, changed) => {
    const input = h("input", { type: "text", value: String(values[field.key] ?? ""), maxlength: 500 });
    input.addEventListener("input", () => set(values, field.key, input.value, changed));
    return input;
  },
  choice: (field, values, changed) => {
    const options = (field.choices ?? []).map((name) => h("option", { value: name, selected: name === values[field.key] }, called(name.replace(/^marks\/|\.svg$/g, ""))));
    const input = h("select", {}, ...options);
    input.addEventListener("change", () => set(values, field.key, input.value, changed));
    return input;
  },
  dashes: (field, values, changed) => {
    const input = h("input", { type: "text", value: ((values[field.key] as number[] | undefined) ?? []).join(" "), placeholder: "8 4", pattern: "[0-9., ]*", inputmode: "decimal" });
    input.addEventListener("input", () => {
      const numbers = input.value.trim().split(/[\s,]+/).filter(Boolean).map(Number);
      if (numbers.every((value) => value > 0)) set(values, field.key, numbers.length ? numbers : undefined, changed);
    });
    return input;
  },
  check: (field, values, changed) => {
    const input = h("input", { type: "checkbox", checked: values[field.key] === true });
    input.addEventListener("change", () => set(values, field.key, input.checked, changed));
    return input;
  },
};

function toggle(field: Field, values: Values, input: HTMLInputElement | HTMLSelectElement, label: string, changed: () => void): HTMLElement {
  const check = h("input", { type: "checkbox", checked: Boolean(values[field.key]), "aria-label": label });
  check.addEventListener("change", () => {
    input.disabled = !check.checked;
    set(values, field.key, check.checked ? input.value : undefined, changed);
  });
  return check;
}

function set(values: Values, key: string, value: unknown, changed: () => void): void {
  if (value === undefined) delete values[key];
  else values[key] = value;
  changed();
}
