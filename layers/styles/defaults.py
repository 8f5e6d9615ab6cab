# SPDX-License-Identifier: EUPL-1.2
"""A sensible style for a layer that has none: a colour of its own, thin outlines, haloed marks, labels close up."""

import hashlib

from layers.model import GeometryType
from layers.styles.filters import GEOMETRY_TYPE, Comparison
from layers.styles.model import (
    ColorMap,
    ColorMapEntry,
    Fill,
    Line,
    Mark,
    Raster,
    Rule,
    ScaleDenominator,
    Style,
    Symbolizer,
    Text,
)

# Each has a contrast of at least 4 to white, so that a thin line shows on a pale base map. Areas, lines and points
# have colours of their own, so that points never vanish in the areas under them.
AREA_COLOURS = ("#0072b2", "#11733d", "#8a6d00", "#6a3d9a", "#117a8b", "#5b6d1f")
LINE_COLOURS = ("#1f4e9c", "#7a3b00", "#0b6e4f", "#8b1a62")
POINT_COLOURS = ("#c0361f", "#b0207a", "#332288", "#005f73", "#6b4c00")
HALO = "#ffffff"
POINT_LABELS_BELOW = 30_000
LINE_LABELS_BELOW = 15_000
AREA_LABELS_BELOW = 1_000_000
_POINTS = {GeometryType.POINT, GeometryType.MULTIPOINT}
_LINES = {GeometryType.LINESTRING, GeometryType.MULTILINESTRING}
_AREAS = {GeometryType.POLYGON, GeometryType.MULTIPOLYGON}

RASTER_RAMP = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
"""Light to dark, told apart by the colour-blind (ColorBrewer YlGnBu)."""


def default_style(layer_id: str, geometry_type: GeometryType, label_column: str | None = None) -> Style:
    """The style of a vector layer; the same id has the same colour everywhere and always."""
    if geometry_type in _POINTS:
        return _labelled(_mark(_colour(layer_id, POINT_COLOURS)), label_column, POINT_LABELS_BELOW, _beside())
    if geometry_type in _LINES:
        return _labelled(_line(_colour(layer_id, LINE_COLOURS)), label_column, LINE_LABELS_BELOW, {"placement": "line"})
    if geometry_type in _AREAS:
        return _labelled(_fill(_colour(layer_id, AREA_COLOURS)), label_column, AREA_LABELS_BELOW, {})
    if geometry_type is GeometryType.RASTER:
        return raster_style()
    colour = _colour(layer_id, AREA_COLOURS)
    parts: tuple[tuple[str, Symbolizer], ...] = (
        ("Polygon", _fill(colour)),
        ("LineString", _line(colour)),
        ("Point", _mark(colour)),
    )
    rules = (Rule(filter=Comparison("==", GEOMETRY_TYPE, kind), symbolizers=(symbol,)) for kind, symbol in parts)
    return Style(rules=tuple(rules))


def raster_style(*stops: float) -> Style:
    """Bands as they are, or one band in a ramp from light to dark through at least two `stops`, ascending values."""
    if len(stops) < 2:
        return Style(rules=(Rule(symbolizers=(Raster(),)),))
    rising = [value for value, before in zip(stops, (None, *stops), strict=False) if before is None or value > before]
    if len(rising) == 1:
        rising.append(rising[0] + 1)
    last = len(RASTER_RAMP) - 1
    colours = [RASTER_RAMP[round(number * last / (len(rising) - 1))] for number in range(len(rising))]
    entries = tuple(ColorMapEntry(color=colour, quantity=value) for colour, value in zip(colours, rising, strict=True))
    return Style(rules=(Rule(symbolizers=(Raster(color_map=ColorMap(type="ramp", color_map_entries=entries)),)),))


def _colour(layer_id: str, palette: tuple[str, ...]) -> str:
    number = int.from_bytes(hashlib.sha256(layer_id.encode()).digest()[:4])
    return palette[number % len(palette)]


def _mark(colour: str) -> Mark:
    return Mark(radius=4.5, color=colour, stroke_color=HALO, stroke_width=1.2)


def _line(colour: str) -> Line:
    return Line(color=colour, width=1.6)


def _fill(colour: str) -> Fill:
    return Fill(color=colour, fill_opacity=0.3, outline_color=_darker(colour), outline_width=0.8)


def _beside() -> dict[str, object]:
    return {"anchor": "left", "offset": (8, 0)}


def _labelled(symbol: Symbolizer, column: str | None, below: float, options: dict[str, object]) -> Style:
    drawn = Rule(symbolizers=(symbol,))
    if column is None or set("[]{}") & set(column):
        return Style(rules=(drawn,))
    values = {"label": f"{{{{{column}}}}}", "size": 11, "halo_color": HALO, "halo_width": 1.5} | options
    words = Rule(scale_denominator=ScaleDenominator(max=below), symbolizers=(Text.model_validate(values),))
    return Style(rules=(drawn, words))


def _darker(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) * 7 // 10 for start in (1, 3, 5))
    return f"#{red:02x}{green:02x}{blue:02x}"
