// SPDX-License-Identifier: EUPL-1.2
// The left panel: two tabs, one at a time; its width can be dragged and it closes to nothing.
import { button, h } from "../dom";
import { icon } from "../icons";
import type { Words } from "../messages";
import type { Store } from "../state";

const NARROWEST = 240;
const WIDEST = 560;
const STEP = 24;

export class LeftPanel {
  private readonly tabs: HTMLButtonElement[];
  private readonly pages: HTMLElement[];
  private readonly opener: HTMLButtonElement;

  constructor(
    private readonly element: HTMLElement,
    private readonly words: Words,
    store: Store,
    tree: HTMLElement,
    active: HTMLElement,
    private readonly resized: () => void,
  ) {
    const count = h("span", { class: "count" });
    this.tabs = [this.tab(0, "tree", words.say("tree")), this.tab(1, "active", words.say("onMap"), count)];
    this.pages = [this.page("tree", tree), this.page("active", active)];
    const close = words.say("closePanel");
    const head = h(
      "div",
      { class: "panel-head" },
      h("div", { class: "tabs", role: "tablist", "aria-label": words.say("panel") }, ...this.tabs),
      button({ class: "icon-button panel-close", title: close, "aria-label": close }, () => this.toggle(false), icon("close")),
    );
    const heading = element.querySelector("h1");
    heading?.classList.add("unseen");
    element.replaceChildren(...(heading ? [heading] : []), head, ...this.pages, this.divider());
    this.opener = button({ class: "panel-opener map-button", "aria-expanded": "true" }, () => this.toggle(true), icon("panelLeft"), words.say("panel"));
    this.opener.hidden = true;
    element.after(this.opener);
    const told = () => {
      count.textContent = String(store.layers.length);
    };
    store.onChange(told);
    told();
    this.choose(0);
  }

  private tab(index: number, name: string, ...content: (string | HTMLElement)[]): HTMLButtonElement {
    const attributes = { role: "tab", id: `tab-${name}`, "aria-controls": `page-${name}`, class: "tab" };
    const tab = button(attributes, () => this.choose(index), ...content);
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      this.choose(1 - index);
      this.tabs[1 - index]?.focus();
    });
    return tab;
  }

  private page(name: string, content: HTMLElement): HTMLElement {
    return h("div", { role: "tabpanel", id: `page-${name}`, "aria-labelledby": `tab-${name}`, class: "panel-body" }, content);
  }

  private choose(index: number): void {
    this.tabs.forEach((tab, number) => {
      tab.setAttribute("aria-selected", String(number === index));
      tab.tabIndex = number === index ? 0 : -1;
    });
    this.pages.forEach((page, number) => {
      page.hidden = number !== index;
    });
  }

  private toggle(open: boolean): void {
    this.element.hidden = !open;
    this.opener.hidden = open;
    (open ? this.tabs.find((tab) => tab.tabIndex === 0) : this.opener)?.focus();
    this.resized();
  }

  private divider(): HTMLElement {
    const divider = h("div", {
      class: "divider", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": this.words.say("resize"),
      "aria-valuemin": NARROWEST, "aria-valuemax": WIDEST, "aria-valuenow": Math.round(this.element.offsetWidth),
    });
    const set = (width: number) => {
      const kept = Math.min(WIDEST, Math.max(NARROWEST, width));
      this.element.style.width = `${kept}px`;
      divider.setAttribute("aria-valuenow", String(kept));
      this.resized();
    };
    divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
    divider.addEventListener("pointermove", (event) => {
      if (divider.hasPointerCapture(event.pointerId)) set(event.clientX - this.element.getBoundingClientRect().left);
    });
    divider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
      if (step) set(this.element.offsetWidth + step);
    });
    return divider;
  }
}
