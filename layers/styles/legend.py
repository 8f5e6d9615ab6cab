# SPDX-License-Identifier: EUPL-1.2
"""Legend graphics: a swatch and a name a rule, laid out as a map in pixels that the render processes draw."""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layers.rendering.model import Box, FeaturesSource, Format, MapRequest, RenderLayer
from layers.styles.filters import Combination, Comparison
from layers.styles.model import ColorMap, Fill, Icon, Line, Mark, Raster, Rule, Style, Symbolizer, Text
from layers.styles.to_mapnik import mapnik_style

MAX_ROWS = 200
MAX_NAME = 60
_CRS = 3857  # any CRS in metres: a unit of it is a pixel here
_ROW, _SWATCH, _PAD, _FONT = 24, 28, 6, 12
_NARROW, _WIDE = set("fijlrtI.,:;'!|()[] ł"), set("mwMWQOGD@%ŻŹ")
_BEYOND_LATIN = 0x250
_BESIDE = 6
_COLUMNS = ("row", "part", "name")


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A layer in a legend; its nameless rules bear `title`."""

    title: str
    style: Style


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    symbolizers: tuple[Symbolizer, ...]


def legend(
    entries: Sequence[LegendEntry],
    *,
    scale_denominator: float | None = None,
    image_format: Format = "png",
    background: str | None = "#ffffff",
    scale_factor: float = 1.0,
) -> MapRequest:
    """The picture of all rules that are drawn at `scale_denominator` (of all rules where none is given).

    Its size follows from the rows, of which there are at most 200. (WMS 1.3.0 with SLD 1.1, GetLegendGraphic.)
    """
    rows = [row for entry in entries for row in _rows(entry, scale_denominator)][:MAX_ROWS]
    names = [_shortened(row.name) for row in rows]
    width = _SWATCH + 3 * _PAD + math.ceil(max(map(_text_width, names), default=0))
    height = max(1, len(rows)) * _ROW + _PAD
    layers = (_swatches(rows, height), _names(names, height)) if rows else ()
    return MapRequest(
        width=math.ceil(width * scale_factor),
        height=math.ceil(height * scale_factor),
        box=Box(0, 0, width, height),
        srid=_CRS,
        layers=layers,
        background=background,
        format=image_format,
        scale_factor=scale_factor,
        buffer=0,
    )


def _rows(entry: LegendEntry, denominator: float | None) -> Iterator[_Row]:
    active = [rule for rule in entry.style.rules if _active(rule, denominator)]
    drawn = [rule for rule in active if not _only_labels(rule)] or active
    for rule in drawn:
        ramps = [part.color_map for part in rule.symbolizers if isinstance(part, Raster) and part.color_map]
        if ramps:
            yield _Row(rule.name or entry.title, ())
            yield from _stops(ramps[0])
        else:
            yield _Row(rule.name or entry.title, rule.symbolizers)


def _active(rule: Rule, denominator: float | None) -> bool:
    return denominator is None or rule.scale_denominator is None or rule.scale_denominator.holds(denominator)


def _only_labels(rule: Rule) -> bool:
    return all(isinstance(symbolizer, Text) for symbolizer in rule.symbolizers)


def _stops(colours: ColorMap) -> Iterator[_Row]:
    for entry in colours.color_map_entries:
        swatch = Fill(color=entry.color, fill_opacity=entry.opacity, outline_color="#888888", outline_width=0.5)
        yield _Row(entry.label or f"{entry.quantity:g}", (swatch,))


def _swatches(rows: list[_Row], height: int) -> RenderLayer:
    rules, shapes, values = [], [], []
    for number, row in enumerate(rows):
        middle = height - _PAD / 2 - (number + 0.5) * _ROW
        for part, symbolizer in enumerate(row.symbolizers):
            drawn = _sample(symbolizer)
            here = Combination("&&", (Comparison("==", "row", number), Comparison("==", "part", part)))
            rules.append(Rule.model_construct(filter=here, symbolizers=(drawn,), scale_denominator=None, name=""))
            shapes.append(_shape(drawn, middle))
            values.append((number, part, ""))
    style = mapnik_style(Style.model_construct(rules=tuple(rules), name=""), _COLUMNS)
    return RenderLayer(FeaturesSource(_CRS, tuple(shapes), _COLUMNS, tuple(values)), style.passes)


def _names(names: list[str], height: int) -> RenderLayer:
    label = Text(label="{{name}}", size=_FONT, anchor="left", allow_overlap=True)
    style = mapnik_style(Style(rules=(Rule(symbolizers=(label,)),)), _COLUMNS)
    left = _PAD + _SWATCH + _PAD
    points = tuple(_point(left, height - _PAD / 2 - (number + 0.5) * _ROW) for number in range(len(names)))
    values = tuple((number, 0, name) for number, name in enumerate(names))
    return RenderLayer(FeaturesSource(_CRS, points, _COLUMNS, values), style.passes)


def _sample(symbolizer: Symbolizer) -> Symbolizer:
    """The symbolizer as it fits into a swatch."""
    if isinstance(symbolizer, Text):
        size = min(symbolizer.size, 14)
        return symbolizer.model_copy(
            update={"label": "Aa", "size": size, "allow_overlap": True, "placement": "point", "offset": (0, 0)}
        )
    if isinstance(symbolizer, Mark):
        return symbolizer.model_copy(update={"radius": min(symbolizer.radius, _ROW / 2 - 2), "offset": (0, 0)})
    if isinstance(symbolizer, Icon):
        return symbolizer.model_copy(update={"size": min(symbolizer.size, _ROW - 2), "offset": (0, 0)})
    if isinstance(symbolizer, Line):
        beside = max(-_BESIDE, min(_BESIDE, symbolizer.perpendicular_offset))
        return symbolizer.model_copy(update={"width": min(symbolizer.width, _ROW / 2), "perpendicular_offset": beside})
    if isinstance(symbolizer, Raster):
        return Fill(color="#b8b8b8", outline_color="#707070", outline_width=0.8)
    return symbolizer


def _shape(symbolizer: Symbolizer, middle: float) -> bytes:
    left, right, half = _PAD, _PAD + _SWATCH, _ROW / 2 - 4
    if isinstance(symbolizer, Fill):
        corners = [(left, -half), (right, -half), (right, half), (left, half), (left, -half)]
        ring = b"".join(struct.pack("<dd", x, middle + y) for x, y in corners)
        return struct.pack("<BIII", 1, 3, 1, len(corners)) + ring
    if isinstance(symbolizer, Line):
        third = _SWATCH / 3
        bends = [(left, -half / 2), (left + third, half / 2), (right - third, -half / 2), (right, half / 2)]
        return struct.pack("<BII", 1, 2, len(bends)) + b"".join(struct.pack("<dd", x, middle + y) for x, y in bends)
    return _point((left + right) / 2, middle)


def _point(x: float, y: float) -> bytes:
    return struct.pack("<BIdd", 1, 1, x, y)


def _shortened(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= MAX_NAME else line[: MAX_NAME - 1] + "…"


def _text_width(text: str) -> float:
    """At least the width of `text` in DejaVu Sans, in pixels."""
    return _FONT * sum(map(_share, text))


def _share(sign: str) -> float:
    if sign in _NARROW:
        return 0.42
    if sign in _WIDE or ord(sign) >= _BEYOND_LATIN:
        return 1.1
    return 0.75 if sign.isupper() else 0.64
