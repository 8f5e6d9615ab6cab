// SPDX-License-Identifier: EUPL-1.2
// Words of the style editor in both languages.
import type { Language } from "../../config";

const en = {
  layer: "Layer", style: "Style", rules: "Rules", rule: "Rule", name: "Name in the legend", addRule: "Add a rule",
  addSymbol: "Add a symbol", up: "Move up", down: "Move down", remove: "Remove", condition: "Condition",
  everything: "every feature", column: "Column", operator: "Comparison", value: "Value", scaleMin: "From scale 1:",
  scaleMax: "Below scale 1:", classes: "Classes from a column", method: "Method", count: "Number of classes",
  palette: "Colours", make: "Make the rules", importing: "Import", importHint: "SLD, QGIS (QML) or GeoStyler JSON",
  exporting: "Export", saving: "Save", token: "Access token", tokenHint: "with the right to change the organisation's layers",
  save: "Save the style", saved: "The style is saved.", told: "Not kept:", failed: "The server did not answer. Try again in a moment.",
  invalid: "Mend the fields marked below.", expert: "The condition is compound; edit it as GeoStyler JSON.",
  Fill: "Area", Line: "Line", Mark: "Sign", Icon: "Picture", Text: "Label", Raster: "Raster",
  color: "Colour", opacity: "Opacity", fillOpacity: "Opacity of the fill", outlineColor: "Outline", outlineWidth: "Width of the outline",
  outlineDasharray: "Dashes of the outline", width: "Width", dasharray: "Dashes", dashOffset: "Start of the dashes", cap: "Ends",
  join: "Corners", perpendicularOffset: "Shift to the right", wellKnownName: "Shape", radius: "Radius", strokeColor: "Edge",
  strokeWidth: "Width of the edge", rotate: "Turn (degrees)", image: "Picture", size: "Size", label: "Text", haloColor: "Halo",
  haloWidth: "Width of the halo", fontWeight: "Weight", placement: "Placement", anchor: "Side at the point", allowOverlap: "May overlap",
  pattern: "Pattern", none: "none", spacing: "Distance of the pattern", thickness: "Width of the pattern's lines", patternColor: "Colour of the pattern",
  unique: "unique values", equal: "equal intervals", quantile: "equal counts", jenks: "natural breaks", deviation: "standard deviation",
  contains: "contains", back: "Map", isNull: "is missing", preview: "Preview of the style", default: "default",
};
export type Word = keyof typeof en;

const pl: Record<Word, string> = {
  layer: "Warstwa", style: "Styl", rules: "Reguły", rule: "Reguła", name: "Nazwa w legendzie", addRule: "Dodaj regułę",
  addSymbol: "Dodaj symbol", up: "Przesuń wyżej", down: "Przesuń niżej", remove: "Usuń", condition: "Warunek",
  everything: "każdy obiekt", column: "Kolumna", operator: "Porównanie", value: "Wartość", scaleMin: "Od skali 1:",
  scaleMax: "Poniżej skali 1:", classes: "Klasy z kolumny", method: "Metoda", count: "Liczba klas",
  palette: "Kolory", make: "Utwórz reguły", importing: "Import", importHint: "SLD, QGIS (QML) albo GeoStyler JSON",
  exporting: "Eksport", saving: "Zapis", token: "Token dostępu", tokenHint: "z prawem zmiany warstw organizacji",
  save: "Zapisz styl", saved: "Styl zapisano.", told: "Nie zachowano:", failed: "Serwer nie odpowiedział. Spróbuj za chwilę.",
  invalid: "Popraw pola zaznaczone poniżej.", expert: "Warunek jest złożony; edytuj go jako GeoStyler JSON.",
  Fill: "Obszar", Line: "Linia", Mark: "Znak", Icon: "Obrazek", Text: "Etykieta", Raster: "Raster",
  color: "Kolor", opacity: "Krycie", fillOpacity: "Krycie wypełnienia", outlineColor: "Obrys", outlineWidth: "Grubość obrysu",
  outlineDasharray: "Kreski obrysu", width: "Grubość", dasharray: "Kreski", dashOffset: "Początek kresek", cap: "Końce",
  join: "Narożniki", perpendicularOffset: "Przesunięcie w prawo", wellKnownName: "Kształt", radius: "Promień", strokeColor: "Krawędź",
  strokeWidth: "Grubość krawędzi", rotate: "Obrót (stopnie)", image: "Obrazek", size: "Wielkość", label: "Tekst", haloColor: "Otoczka",
  haloWidth: "Grubość otoczki", fontWeight: "Odmiana", placement: "Położenie", anchor: "Bok przy punkcie", allowOverlap: "Może nachodzić",
  pattern: "Wzór", none: "brak", spacing: "Odstęp wzoru", thickness: "Grubość linii wzoru", patternColor: "Kolor wzoru",
  unique: "wartości unikalne", equal: "równe przedziały", quantile: "równe liczebności", jenks: "naturalne przerwy", deviation: "odchylenie standardowe",
  contains: "zawiera", back: "Mapa", isNull: "brak wartości", preview: "Podgląd stylu", default: "domyślny",
};

/** The words of a language. */
export function speak(language: Language): (word: Word) => string {
  const words = language === "pl" ? pl : en;
  return (word) => words[word];
}

const VALUES: Record<string, string> = {
  none: "brak", circle: "koło", square: "kwadrat", triangle: "trójkąt", star: "gwiazda", cross: "krzyż", x: "iks", diamond: "romb",
  slash: "ukośne w prawo", backslash: "ukośne w lewo", horline: "poziome", vertline: "pionowe", times: "kratka ukośna", plus: "kratka",
  dot: "kropki", round: "okrągłe", butt: "ucięte", miter: "ostre", bevel: "ścięte", normal: "zwykła", bold: "pogrubiona",
  point: "w punkcie", line: "wzdłuż linii", center: "środek", left: "lewy", right: "prawy", top: "górny", bottom: "dolny",
  "top-left": "górny lewy", "top-right": "górny prawy", "bottom-left": "dolny lewy", "bottom-right": "dolny prawy",
  bus: "autobus", church: "kościół", flag: "flaga", hospital: "szpital", house: "dom", info: "informacja", monument: "pomnik",
  parking: "parking", pin: "pinezka", school: "szkoła", tree: "drzewo", warning: "ostrzeżenie", water: "woda",
};

const ENGLISH: Record<string, string> = {
  slash: "rising lines", backslash: "falling lines", horline: "level lines", vertline: "upright lines", times: "slanting grid",
  plus: "grid", dot: "dots", butt: "cut", miter: "sharp", point: "at a point", line: "along the line",
};

/** How a choice is called in a language. */
export function callValues(language: Language): (value: string) => string {
  const known = language === "pl" ? VALUES : ENGLISH;
  return (value) => known[value] ?? value;
}
