// SPDX-License-Identifier: EUPL-1.2
// The quiet map beneath the small maps of pages.
import type OlMap from "ol/Map";
import { Api } from "../api";
import type { Words } from "../messages";
import { BaseMap } from "./base";

/** Put it into `map`; without it what the page shows is still there, and its element says so. */
export async function putBeneath(map: OlMap, element: HTMLElement, words: Words): Promise<void> {
  // Scripts are served from a folder right under the site's root.
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  const api = new Api({ root, language: words.language });
  try {
    for (const layer of new BaseMap(api, await api.base()).layers) map.addLayer(layer);
  } catch {
    element.setAttribute("data-no-base", "");
  }
}
