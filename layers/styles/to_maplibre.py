# SPDX-License-Identifier: EUPL-1.2
"""Styles as MapLibre style documents (style specification version 8) over a layer's vector tiles."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layers.styles.filters import GEOMETRY_TYPE, Between, Combination, Comparison, Filter, Negation
from layers.styles.levels import line_levels
from layers.styles.model import Fill, Icon, Line, Mark, Rule, Style, Text

DENOMINATOR_0 = 279_541_132.014_358_76
"""The scale denominator of zoom 0 of WebMercatorQuad in tiles of 512 pixels, as MapLibre counts zooms."""

MAX_ZOOM = 24
_COMBINE = {"&&": "all", "||": "any"}
_PAIR = 2
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TileSource:
    """Where a layer's vector tiles are: `tiles` with {z}, {y} and {x}; bounds west, south, east, north."""

    name: str
    tiles: str
    bounds: tuple[float, float, float, float]
    max_zoom: int = 22
    attribution: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    order: tuple[int, ...]
    kind: str
    paint: Json
    layout: Json
    lost: tuple[str, ...] = ()


def maplibre_style(style: Style, source: TileSource, title: str) -> Json:
    """The style document. What MapLibre cannot draw without a sprite is drawn plainly and told in the metadata.

    Scales become zooms on WebMercatorQuad. Labels name no fonts server: letters are the browser's own (MapLibre 5).
    """
    layers, lost = [], dict.fromkeys(_lost(style))
    parts = sorted(_parts(style), key=lambda found: found[1].order)
    for number, (rule, part) in enumerate(parts):
        lost |= dict.fromkeys(part.lost)
        layer: Json = {"id": f"{source.name}-{number}", "type": part.kind, "source": source.name}
        layer |= {"source-layer": source.name, **_zooms(rule)}
        if rule.filter is not None:
            layer["filter"] = _expression(rule.filter)
        layer |= {"layout": part.layout} if part.layout else {}
        layers.append(layer | {"paint": part.paint})
    west, south, east, north = source.bounds
    tiles: Json = {"type": "vector", "tiles": [source.tiles], "maxzoom": source.max_zoom, "bounds": list(source.bounds)}
    if source.attribution:
        tiles["attribution"] = source.attribution
    return {
        "version": 8,
        "name": title,
        "metadata": {"brama:notKept": list(lost)},
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": _zoom_of(source.bounds),
        "sources": {source.name: tiles},
        "layers": layers,
    }


def maplibre_raster(source: TileSource, title: str) -> Json:
    """The style document of a raster layer, whose tiles are pictures in the style already."""
    west, south, east, north = source.bounds
    tiles: Json = {"type": "raster", "tiles": [source.tiles], "tileSize": 256, "bounds": list(source.bounds)}
    if source.attribution:
        tiles["attribution"] = source.attribution
    return {
        "version": 8,
        "name": title,
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": _zoom_of(source.bounds),
        "sources": {source.name: tiles},
        "layers": [{"id": source.name, "type": "raster", "source": source.name}],
    }


def _zoom_of(bounds: tuple[float, float, float, float]) -> float:
    """The zoom at which the bounds fill about 512 pixels."""
    wide = max(bounds[2] - bounds[0], bounds[3] - bounds[1], 1e-6)
    return round(max(0.0, min(18.0, math.log2(360 / wide))), 2)


def _zooms(rule: Rule) -> Json:
    limits = rule.scale_denominator
    if limits is None:
        return {}
    least = _zoom(limits.max) if limits.max else None
    greatest = _zoom(limits.min) if limits.min else None
    return {name: zoom for name, zoom in (("minzoom", least), ("maxzoom", greatest)) if zoom is not None}


def _zoom(denominator: float) -> float:
    return round(max(0.0, min(float(MAX_ZOOM), math.log2(DENOMINATOR_0 / denominator))), 4)


def _parts(style: Style) -> Iterator[tuple[Rule, _Part]]:
    for rule, levels in zip(style.rules, line_levels(style), strict=True):
        for symbol, level in zip(rule.symbolizers, levels, strict=True):
            if isinstance(symbol, Fill):
                yield from ((rule, part) for part in _area(symbol, level))
            elif isinstance(symbol, Line):
                yield rule, _line(symbol, level)
            elif isinstance(symbol, Mark):
                yield rule, _mark(symbol)
            elif isinstance(symbol, Text):
                yield rule, _text(symbol)


def _lost(style: Style) -> Iterator[str]:
    for rule in style.rules:
        for symbol in rule.symbolizers:
            if isinstance(symbol, Icon):
                yield f"the picture {symbol.image}: it needs a sprite"
            elif symbol.kind == "Raster":
                yield "a raster's look: its tiles are pictures already"


def _area(fill: Fill, level: int) -> Iterator[_Part]:
    sign = fill.graphic_fill
    lost = ("a pattern of an area, which needs a sprite: drawn as a pale colour",) if sign else ()
    colour, opacity = fill.color, fill.opacity * fill.fill_opacity
    if colour is None and sign is not None:
        colour = (sign.stroke_color if isinstance(sign, Mark) else None) or sign.color
        opacity = 0.3 * fill.opacity * sign.opacity
    if colour is not None:
        yield _Part((0,), "fill", {"fill-color": colour, "fill-opacity": opacity, "fill-antialias": False}, {}, lost)
    if fill.outline_color is not None:
        outline = Line(
            color=fill.outline_color,
            width=fill.outline_width,
            opacity=fill.opacity * fill.outline_opacity,
            dasharray=fill.outline_dasharray,
            cap=fill.outline_cap,
            join=fill.outline_join,
        )
        yield _line(outline, level)


def _line(line: Line, level: int) -> _Part:
    paint: Json = {"line-color": line.color, "line-width": line.width, "line-opacity": line.opacity}
    lost = []
    if line.dasharray and line.width:
        dashes = line.dasharray if len(line.dasharray) % _PAIR == 0 else line.dasharray * _PAIR
        paint["line-dasharray"] = [round(dash / line.width, 4) for dash in dashes]
        if line.dash_offset:
            lost.append("the place where dashes begin")
    if line.perpendicular_offset:
        paint["line-offset"] = line.perpendicular_offset
    return _Part((1, level), "line", paint, {"line-cap": line.cap, "line-join": line.join}, tuple(lost))


def _mark(mark: Mark) -> _Part:
    name = mark.well_known_name
    paint: Json = {
        "circle-radius": mark.radius,
        "circle-color": mark.color,
        "circle-opacity": mark.opacity * mark.fill_opacity,
    }
    if mark.stroke_color:
        # MapLibre draws the stroke around the circle, the others in the middle of its edge.
        paint |= {
            "circle-radius": max(0.0, mark.radius - mark.stroke_width / 2),
            "circle-stroke-color": mark.stroke_color,
            "circle-stroke-width": mark.stroke_width,
            "circle-stroke-opacity": mark.opacity * mark.stroke_opacity,
        }
    if any(mark.offset):
        paint["circle-translate"] = list(mark.offset)
    lost = () if name == "circle" else (f"the sign {name}, which needs a sprite: drawn as a circle",)
    return _Part((2,), "circle", paint, {}, lost)


def _text(text: Text) -> _Part:
    layout: Json = {
        "text-field": _label(text),
        "text-size": text.size,
        "text-font": [_face(text)],
        "text-anchor": text.anchor,
        "text-offset": [round(value / text.size, 4) for value in text.offset],
        "text-rotate": text.rotate,
        "text-allow-overlap": text.allow_overlap,
        "symbol-placement": text.placement,
    }
    paint: Json = {"text-color": text.color, "text-opacity": text.opacity}
    if text.halo_color:
        paint |= {"text-halo-color": text.halo_color, "text-halo-width": text.halo_width}
    return _Part((3,), "symbol", paint, layout)


def _face(text: Text) -> str:
    weight = "Bold" if text.font_weight == "bold" else "Regular"
    if text.font_style == "normal":
        return f"Noto Sans {weight}"
    return "Noto Sans Bold Italic" if weight == "Bold" else "Noto Sans Italic"


def _label(text: Text) -> list[Any]:
    pieces = [
        ["to-string", ["get", piece]] if number % 2 else piece for number, piece in enumerate(text.pieces()) if piece
    ]
    return ["concat", *pieces]


def _expression(tree: Filter) -> list[Any]:
    """A filter as an expression; what is missing differs from nothing and is neither less nor more, as in SQL."""
    if isinstance(tree, Negation):
        return ["!", _expression(tree.part)]
    if isinstance(tree, Combination):
        return [_COMBINE[tree.operator], *map(_expression, tree.parts)]
    if isinstance(tree, Between):
        name = ["get", tree.property]
        return ["all", _is(name, "number"), [">=", name, tree.least], ["<=", name, tree.greatest]]
    return _comparison(tree)


def _comparison(tree: Comparison) -> list[Any]:
    if tree.property == GEOMETRY_TYPE:
        kinds = ["in", ["geometry-type"], ["literal", [tree.value, f"Multi{tree.value}"]]]
        return kinds if tree.operator == "==" else ["!", kinds]
    name: list[Any] = ["get", tree.property]
    if tree.operator == "*=":
        return ["all", _is(name, "string"), ["in", tree.value, ["to-string", name]]]
    if tree.operator == "==" or tree.value is None:
        return [tree.operator, name, tree.value]
    if tree.operator == "!=":
        return ["all", ["!=", name, None], ["!=", name, tree.value]]
    return ["all", _is(name, "string" if isinstance(tree.value, str) else "number"), [tree.operator, name, tree.value]]


def _is(value: list[Any], kind: str) -> list[Any]:
    return ["==", ["typeof", value], kind]
