// SPDX-License-Identifier: EUPL-1.2
// The one search field: suggestions while typing, all by keyboard (ARIA combobox with a list).
import type { Api, Found } from "./api";
import { button, debounced, freshId, h } from "./dom";
import { icon } from "./icons";
import type { Words } from "./messages";

const WAIT = 120;

export class Search {
  private readonly input: HTMLInputElement;
  private readonly list: HTMLUListElement;
  private readonly clear: HTMLButtonElement;
  private found: Found[] = [];
  private active = -1;
  private asking: AbortController | null = null;

  constructor(
    target: HTMLElement,
    private readonly api: Api,
    private readonly words: Words,
    private readonly choose: (found: Found) => void,
    private readonly say: (text: string) => void,
  ) {
    const listId = freshId("suggestions");
    this.input = h("input", {
      id: "search-input", type: "text", class: "search-input", role: "combobox", autocomplete: "off", spellcheck: "false",
      enterkeyhint: "search", "aria-label": words.say("searchLabel"), placeholder: words.say("searchHint"),
      "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list", maxlength: 100,
    });
    this.list = h("ul", { id: listId, class: "suggestions", role: "listbox", "aria-label": words.say("searchLabel"), hidden: true });
    const label = words.say("clear");
    this.clear = button({ class: "icon-button search-clear", title: label, "aria-label": label, hidden: true }, () => this.reset(), icon("close"));
    target.append(icon("search"), this.input, this.clear, this.list);
    this.input.addEventListener("input", debounced(() => void this.ask(), WAIT));
    this.input.addEventListener("input", () => {
      this.clear.hidden = !this.input.value;
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.open(this.found.length > 0));
    target.addEventListener("focusout", (event) => {
      if (!target.contains(event.relatedTarget as Node | null)) this.open(false);
    });
  }

  private async ask(): Promise<void> {
    this.asking?.abort();
    const text = this.input.value.trim();
    if (!text) {
      this.found = [];
      this.open(false);
      return;
    }
    const asking = new AbortController();
    this.asking = asking;
    try {
      this.show(await this.api.search(text, asking.signal));
    } catch {
      if (!asking.signal.aborted) this.message(this.words.say("failed"));
    }
  }

  private show(found: Found[]): void {
    this.found = found;
    this.activate(-1);
    if (!found.length) {
      this.message(this.words.say("noResults"));
      return;
    }
    this.list.replaceChildren(...found.map((result, index) => this.option(result, index)));
    this.open(true);
    this.say(this.words.count("results", found.length));
  }

  private message(text: string): void {
    this.found = [];
    this.list.replaceChildren(h("li", { class: "suggestion-none" }, text));
    this.open(true);
    this.say(text);
  }

  private option(result: Found, index: number): HTMLLIElement {
    const context = result.kind === "layer" ? this.words.say("layer") : result.context || result.layerTitle;
    const option = h(
      "li",
      { id: `${this.list.id}-${index}`, role: "option", "aria-selected": "false" },
      icon(result.kind === "layer" ? "layers" : "mapPin"),
      h("span", { class: "suggestion-label" }, result.label),
      h("span", { class: "suggestion-context" }, context),
    );
    option.addEventListener("mousedown", (event) => event.preventDefault());
    option.addEventListener("click", () => this.take(index));
    return option;
  }

  private key(event: KeyboardEvent): void {
    const last = this.found.length - 1;
    const open = !this.list.hidden && last >= 0;
    if (event.key === "ArrowDown" && open) this.activate(this.active >= last ? 0 : this.active + 1);
    else if (event.key === "ArrowUp" && open) this.activate(this.active <= 0 ? last : this.active - 1);
    else if (event.key === "Enter" && open) this.take(Math.max(0, this.active));
    else if (event.key === "Escape" && !this.list.hidden) this.open(false);
    else if (event.key === "Escape") this.reset();
    else return;
    event.preventDefault();
  }

  private activate(index: number): void {
    this.active = index;
    Array.from(this.list.children).forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    const option = index < 0 ? null : this.list.children[index];
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  private take(index: number): void {
    const result = this.found[index];
    if (!result) return;
    this.input.value = result.label;
    this.found = [];
    this.open(false);
    this.choose(result);
  }

  private reset(): void {
    this.asking?.abort();
    this.input.value = "";
    this.found = [];
    this.clear.hidden = true;
    this.open(false);
    this.input.focus();
  }

  private open(open: boolean): void {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    if (!open) this.activate(-1);
  }
}
