// SPDX-License-Identifier: EUPL-1.2
// On a phone the panels are one sheet at the bottom, of three heights.
import { button } from "../dom";
import type { Words } from "../messages";

const NARROW = "(max-width: 720px)";
const HEIGHTS = ["low", "half", "full"] as const;
type Height = (typeof HEIGHTS)[number];
const DRAG = 30;

export class Sheet {
  private height: Height = "low";
  private readonly narrow = matchMedia(NARROW);

  constructor(
    private readonly stage: HTMLElement,
    words: Words,
    links: HTMLElement | null,
    home: HTMLElement,
  ) {
    const label = words.say("sheet");
    const handle = button({ class: "sheet-handle", "aria-label": label }, () => this.cycle());
    stage.append(handle);
    this.drag(handle);
    this.set("low");
    const place = links?.parentElement;
    const move = () => {
      if (!links || !place) return;
      if (this.narrow.matches) home.append(links);
      else place.insertBefore(links, place.querySelector(".languages"));
    };
    this.narrow.addEventListener("change", move);
    move();
  }

  /** Makes the sheet at least half high; nothing on a wide screen. */
  rise(): void {
    if (this.height === "low") this.set("half");
  }

  set(height: Height): void {
    this.height = height;
    this.stage.dataset["sheet"] = height;
  }

  private step(by: 1 | -1): void {
    const next = HEIGHTS[HEIGHTS.indexOf(this.height) + by];
    if (next) this.set(next);
  }

  private cycle(): void {
    this.set(HEIGHTS[(HEIGHTS.indexOf(this.height) + 1) % HEIGHTS.length] ?? "low");
  }

  private drag(handle: HTMLElement): void {
    let from: number | null = null;
    let moved = false;
    handle.addEventListener("pointerdown", (event) => {
      from = event.clientY;
      moved = false;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(event.clientY - from) < DRAG || moved) return;
      moved = true;
      this.step(event.clientY < from ? 1 : -1);
    });
    handle.addEventListener("click", (event) => {
      if (moved) event.stopImmediatePropagation();
      from = null;
    }, true);
    handle.addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp") this.step(1);
      if (event.key === "ArrowDown") this.step(-1);
    });
  }
}
