// SPDX-License-Identifier: EUPL-1.2
// What a layer says of itself: text, source, date, licence, and where else to get it.
import type { Api, LayerDetails, LayerEntry } from "../api";
import type { Config } from "../config";
import { h } from "../dom";
import type { Words } from "../messages";

/** An element that fills itself once the server has answered. */
export function about(entry: LayerEntry, api: Api, config: Config, words: Words): HTMLElement {
  const box = h("div", { class: "about" }, h("p", { class: "quiet" }, words.say("asking")));
  api.layer(entry.id).then(
    (details) => box.replaceChildren(...content(entry, details, api, config, words)),
    () => box.replaceChildren(h("p", { class: "quiet" }, words.say("failed"))),
  );
  return box;
}

function content(entry: LayerEntry, details: LayerDetails, api: Api, config: Config, words: Words): HTMLElement[] {
  const facts = h("dl", { class: "facts" });
  const fact = (name: string, value: string | null | undefined) => {
    if (value) facts.append(h("dt", {}, name), h("dd", {}, value));
  };
  fact(words.say("source"), entry.attribution);
  fact(words.say("lineage"), details.lineage);
  fact(words.say("updated"), words.date(details.updated));
  fact(words.say("licence"), details.licence);
  if (entry.count !== undefined) fact(words.say("features"), words.number(entry.count));
  fact(words.say("crs"), details.crs);
  const language = `lang=${words.language}`;
  const links = h("p", { class: "links" }, h("a", { href: api.address(`/ogc/collections/${entry.id}?f=html&${language}`) }, words.say("data")));
  if (config.records) links.append(h("a", { href: api.address(`/catalogue/${entry.id}?${language}`) }, words.say("metadata")));
  if (config.wms) links.append(h("a", { href: api.address("/wms?SERVICE=WMS&REQUEST=GetCapabilities") }, words.say("wms")));
  return [
    ...(entry.notice ? [h("p", { class: "notice" }, entry.notice)] : []),
    ...(details.abstract ? [h("p", {}, details.abstract)] : []),
    facts,
    links,
  ];
}
