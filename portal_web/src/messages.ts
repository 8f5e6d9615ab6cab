// SPDX-License-Identifier: EUPL-1.2
// Words of the portal in both languages; the types hold the two lists together.
import type { Language } from "./config";

const en = {
  searchLabel: "Search for a place or a layer",
  searchHint: "Commune, place or layer",
  clear: "Clear",
  noResults: "Nothing found. Check the spelling or try a shorter word.",
  layer: "Layer",
  tree: "All layers",
  onMap: "On the map",
  drawPoint: "Point",
  drawLineString: "Line",
  drawPolygon: "Area",
  drawClear: "Take away",
  filter: "Filter layers",
  noLayers: "There are no layers yet. Add one with ./brama ingest FILE.",
  noMatch: "No layer has this in its title or keywords.",
  showLayer: "Show on the map",
  about: "About this layer",
  nothingOn: "No layer is on the map. Choose some under All layers.",
  hide: "Hide",
  show: "Show",
  up: "Move up",
  down: "Move down",
  remove: "Remove from the map",
  opacity: "Opacity",
  drawnAs: "Drawn as",
  vector: "vector tiles",
  picture: "picture (WMS)",
  options: "Options",
  zoomLayer: "Zoom to the layer",
  source: "Source",
  updated: "Updated",
  licence: "Licence",
  crs: "Coordinates",
  features: "Features",
  lineage: "Origin",
  data: "Data (OGC API)",
  metadata: "Metadata",
  wms: "WMS",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  home: "Whole region",
  locate: "My position",
  noPosition: "The browser did not give a position.",
  mapLabel: "Map. Arrows pan, plus and minus zoom, Enter asks what is in the middle.",
  found: "What is here",
  nothingHere: "Nothing of the shown layers is here.",
  asking: "Looking…",
  failed: "The server did not answer. Try again in a moment.",
  layerFailed: "This layer could not be drawn",
  close: "Close",
  zoomFeature: "Zoom",
  openFeature: "Page of this feature",
  empty: "no value",
  yes: "yes",
  no: "no",
  coordinates: "Coordinates",
  system: "Coordinate system",
  scale: "Scale",
  sources: "Sources",
  panel: "Layers",
  closePanel: "Close the panel",
  resize: "Width of the panel",
  sheet: "Height of the panel",
  north: "N",
  east: "E",
  noThemes: "Themes without layers",
};

export type MessageKey = keyof typeof en;

const pl: Record<MessageKey, string> = {
  searchLabel: "Szukaj miejsca lub warstwy",
  searchHint: "Gmina, miejscowość lub warstwa",
  clear: "Wyczyść",
  noResults: "Nic nie znaleziono. Sprawdź pisownię albo wpisz krótsze słowo.",
  layer: "Warstwa",
  tree: "Wszystkie warstwy",
  onMap: "Na mapie",
  drawPoint: "Punkt",
  drawLineString: "Linia",
  drawPolygon: "Obszar",
  drawClear: "Usuń kształt",
  filter: "Filtruj warstwy",
  noLayers: "Nie ma jeszcze warstw. Dodasz je poleceniem ./brama ingest PLIK.",
  noMatch: "Żadna warstwa nie ma tego w tytule ani w słowach kluczowych.",
  showLayer: "Pokaż na mapie",
  about: "O warstwie",
  nothingOn: "Na mapie nie ma żadnej warstwy. Wybierz je w zakładce Wszystkie warstwy.",
  hide: "Ukryj",
  show: "Pokaż",
  up: "Przesuń wyżej",
  down: "Przesuń niżej",
  remove: "Usuń z mapy",
  opacity: "Krycie",
  drawnAs: "Rysowana jako",
  vector: "kafle wektorowe",
  picture: "obraz (WMS)",
  options: "Opcje",
  zoomLayer: "Przybliż do warstwy",
  source: "Źródło",
  updated: "Aktualizacja",
  licence: "Licencja",
  crs: "Układ współrzędnych",
  features: "Obiekty",
  lineage: "Pochodzenie",
  data: "Dane (OGC API)",
  metadata: "Metadane",
  wms: "WMS",
  zoomIn: "Przybliż",
  zoomOut: "Oddal",
  home: "Cały region",
  locate: "Moje położenie",
  noPosition: "Przeglądarka nie podała położenia.",
  mapLabel: "Mapa. Strzałki przesuwają, plus i minus przybliżają, Enter pyta, co jest pośrodku.",
  found: "Co tu jest",
  nothingHere: "W tym miejscu nie ma obiektów z widocznych warstw.",
  asking: "Szukam…",
  failed: "Serwer nie odpowiedział. Spróbuj za chwilę.",
  layerFailed: "Nie udało się narysować warstwy",
  close: "Zamknij",
  zoomFeature: "Przybliż",
  openFeature: "Strona obiektu",
  empty: "brak",
  yes: "tak",
  no: "nie",
  coordinates: "Współrzędne",
  system: "Układ współrzędnych",
  scale: "Skala",
  sources: "Źródła",
  panel: "Warstwy",
  closePanel: "Zamknij panel",
  resize: "Szerokość panelu",
  sheet: "Wysokość panelu",
  north: "N",
  east: "E",
  noThemes: "Tematy bez warstw",
};

const COUNTED = {
  results: {
    en: { one: "result", other: "results" },
    pl: { one: "wynik", few: "wyniki", many: "wyników", other: "wyniku" },
  },
  features: {
    en: { one: "feature", other: "features" },
    pl: { one: "obiekt", few: "obiekty", many: "obiektów", other: "obiektu" },
  },
  layers: {
    en: { one: "layer", other: "layers" },
    pl: { one: "warstwa", few: "warstwy", many: "warstw", other: "warstwy" },
  },
} satisfies Record<string, Record<Language, Partial<Record<Intl.LDMLPluralRule, string>>>>;

/** Texts, numbers and dates of one language. */
export class Words {
  private readonly texts: Record<MessageKey, string>;
  private readonly plural: Intl.PluralRules;
  private readonly numbers: Intl.NumberFormat;
  private readonly dates: Intl.DateTimeFormat;

  constructor(readonly language: Language) {
    this.texts = language === "pl" ? pl : en;
    this.plural = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 6, useGrouping: "min2" });
    this.dates = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "long" });
  }

  say(key: MessageKey): string {
    return this.texts[key];
  }

  /** `3 obiekty`, with the right plural. */
  count(what: keyof typeof COUNTED, count: number): string {
    const forms: Partial<Record<Intl.LDMLPluralRule, string>> = COUNTED[what][this.language];
    return `${this.number(count)} ${forms[this.plural.select(count)] ?? forms.other}`;
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  date(value: string): string {
    const parsed = new Date(value);
    return Number.isNaN(parsed.getTime()) ? value : this.dates.format(parsed);
  }
}

/** Letters without case and diacritics, for filters that forgive. */
export function fold(text: string): string {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ł", "l");
}
