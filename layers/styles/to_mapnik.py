# SPDX-License-Identifier: EUPL-1.2
"""Styles as rules of Mapnik (XML), in passes that are drawn one over the other."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from xml.etree.ElementTree import Element, SubElement, tostring

from layers.rendering.drawings import drawing
from layers.styles.expressions import expression, label
from layers.styles.filters import properties
from layers.styles.icons import SIDE
from layers.styles.levels import line_levels
from layers.styles.model import Fill, Icon, Line, Mark, Raster, Rule, Style, Symbolizer, Text
from layers.styles.patterns import LINES, tile

_MARK_SIZE = SIDE
_THIN = 1.0
"""Pixels of a line whose corners look alike however they are joined; a bevel costs a tenth less to draw."""
_REPEAT_PIXELS = 120
_COLORIZER = {"ramp": "linear", "intervals": "discrete", "values": "exact"}
_FACES = {
    ("normal", "normal"): "DejaVu Sans Book",
    ("bold", "normal"): "DejaVu Sans Bold",
    ("normal", "italic"): "DejaVu Sans Oblique",
    ("bold", "italic"): "DejaVu Sans Bold Oblique",
}


@dataclass(frozen=True, slots=True)
class MapnikStyle:
    """`passes` for `RenderLayer.passes`; `columns` that the source must bring; `band` for `RasterSource.band`."""

    passes: tuple[str, ...]
    columns: tuple[str, ...]
    band: int | None = None


def mapnik_style(style: Style, columns: Collection[str]) -> MapnikStyle:
    """Areas first, then outlines, lines and marks, then labels: no neighbour's area covers an outline or a label.

    Lines that lie over each other (a road's border and its middle) are passes of their own, so that roads that meet run
    into one another. `columns` are those of the layer; raises Unprocessable for any other that the style uses.
    """
    levels = line_levels(style)
    last = max((level for rule in levels for level in rule), default=0)
    draws: list[_Draw] = [_areas, *(partial(_lines, level=level, last=last) for level in range(last + 1)), _labels]
    passes = []
    for draw in draws:
        rules = [_rule(rule, found, draw, columns) for rule, found in zip(style.rules, levels, strict=True)]
        passes.append("".join(tostring(rule, encoding="unicode") for rule in rules if rule is not None))
    return MapnikStyle(tuple(rules for rules in passes if rules), _used(style), _band(style))


def _band(style: Style) -> int | None:
    symbolizers = (symbolizer for rule in style.rules for symbolizer in rule.symbolizers)
    return 1 if any(isinstance(part, Raster) and part.color_map is not None for part in symbolizers) else None


def _used(style: Style) -> tuple[str, ...]:
    names: set[str] = set()
    for rule in style.rules:
        names |= properties(rule.filter)
        for symbolizer in rule.symbolizers:
            if isinstance(symbolizer, Text):
                names |= set(symbolizer.pieces()[1::2])
    return tuple(sorted(names))


_Draw = Callable[[Symbolizer, int, Collection[str]], list[Element]]


def _rule(rule: Rule, levels: tuple[int, ...], draw: _Draw, columns: Collection[str]) -> Element | None:
    pairs = zip(rule.symbolizers, levels, strict=True)
    symbols = [element for symbolizer, level in pairs for element in draw(symbolizer, level, columns)]
    if not symbols:
        return None
    found = Element("Rule")
    if rule.filter is not None:
        SubElement(found, "Filter").text = expression(rule.filter, columns)
    if rule.scale_denominator is not None:
        for tag, value in (
            ("MinScaleDenominator", rule.scale_denominator.min),
            ("MaxScaleDenominator", rule.scale_denominator.max),
        ):
            if value is not None:
                SubElement(found, tag).text = repr(value)
    found.extend(symbols)
    return found


def _areas(symbolizer: Symbolizer, _level: int, _columns: Collection[str]) -> list[Element]:
    if isinstance(symbolizer, Raster):
        return [_raster(symbolizer)]
    if not isinstance(symbolizer, Fill):
        return []
    found = []
    if symbolizer.color is not None:
        opacity = symbolizer.opacity * symbolizer.fill_opacity
        found.append(_element("PolygonSymbolizer", {"fill": symbolizer.color, "fill-opacity": opacity}))
    if (pattern := tile(symbolizer)) is not None:
        # Laid from one origin for the whole map, so that neighbouring pictures fit.
        given: dict[str, str | float | None] = {"file": drawing(pattern.svg), "alignment": "global"}
        found.append(_element("PolygonPatternSymbolizer", given))
    return found


def _lines(symbolizer: Symbolizer, found: int, _columns: Collection[str], *, level: int, last: int) -> list[Element]:
    if isinstance(symbolizer, Fill) and symbolizer.outline_color is not None and found == level:
        outline = Line(
            color=symbolizer.outline_color,
            width=symbolizer.outline_width,
            opacity=symbolizer.opacity * symbolizer.outline_opacity,
            dasharray=symbolizer.outline_dasharray,
            cap=symbolizer.outline_cap,
            join=symbolizer.outline_join,
        )
        return [_line(outline)]
    if isinstance(symbolizer, Line) and found == level:
        return [_line(symbolizer)]
    return [_mark(symbolizer)] if isinstance(symbolizer, Mark | Icon) and level == last else []


def _labels(symbolizer: Symbolizer, _level: int, columns: Collection[str]) -> list[Element]:
    return [_text(symbolizer, columns)] if isinstance(symbolizer, Text) else []


def _line(line: Line) -> Element:
    return _element(
        "LineSymbolizer",
        {
            "stroke": line.color,
            "stroke-width": line.width,
            "stroke-opacity": line.opacity,
            "stroke-linecap": line.cap,
            "stroke-linejoin": line.join if line.width > _THIN else "bevel",
            "stroke-dasharray": _dashes(line),
            "stroke-dashoffset": line.dash_offset or None,
            "offset": line.perpendicular_offset or None,
        },
    )


def _dashes(line: Line) -> str | None:
    if line.dasharray is None:
        return None
    # An odd list is read twice over, as in SVG; Mapnik wants pairs.
    dashes = line.dasharray if len(line.dasharray) % 2 == 0 else line.dasharray * 2
    return ", ".join(f"{dash:g}" for dash in dashes)


def _mark(mark: Mark | Icon) -> Element:
    size = mark.size if isinstance(mark, Icon) else 2 * mark.radius
    moved = f"translate({mark.offset[0]:g},{mark.offset[1]:g})" if any(mark.offset) else ""
    turned = f"rotate({mark.rotate:g})" if mark.rotate else ""
    return _element(
        "MarkersSymbolizer",
        {
            **_sign(mark, size),
            "width": size,
            "height": size,
            "transform": f"{moved} {turned}".strip() or None,
            "allow-overlap": "true",
            "ignore-placement": "true",
        },
    )


def _sign(mark: Mark | Icon, size: float) -> dict[str, str | float | None]:
    if isinstance(mark, Icon):
        return {"file": mark.image, "fill": mark.color, "fill-opacity": mark.opacity, "stroke-width": 0}
    if mark.well_known_name.startswith(LINES):
        across = tile(Fill(graphic_fill=mark))
        return {"file": drawing(across.svg) if across else None}
    circle = mark.well_known_name == "circle"
    # A drawn sign is scaled with its stroke; an ellipse is not.
    stroke = mark.stroke_width if circle or not size else mark.stroke_width * _MARK_SIZE / size
    return {
        "file": None if circle else f"marks/{mark.well_known_name}.svg",
        "fill": mark.color,
        "fill-opacity": mark.opacity * mark.fill_opacity,
        "stroke": mark.stroke_color or mark.color,
        "stroke-width": stroke if mark.stroke_color else 0,
        "stroke-opacity": mark.opacity * mark.stroke_opacity,
    }


def _text(text: Text, columns: Collection[str]) -> Element:
    face = _FACES[text.font_weight, "normal" if text.font_style == "normal" else "italic"]
    element = _element(
        "TextSymbolizer",
        {
            "face-name": face,
            "size": text.size,
            "fill": text.color,
            "opacity": text.opacity,
            "halo-fill": text.halo_color,
            "halo-opacity": text.opacity if text.halo_color else None,
            "halo-radius": text.halo_width if text.halo_color else None,
            "dx": text.offset[0] or None,
            "dy": text.offset[1] or None,
            "orientation": f"{text.rotate:g}" if text.rotate else None,
            # The whole geometry decides where a label stands, so that neighbouring tiles agree.
            "placement": "line" if text.placement == "line" else "interior",
            "clip": "false",
            "horizontal-alignment": _beside(text.anchor, {"left": "right", "right": "left"}),
            "vertical-alignment": _beside(text.anchor, {"top": "bottom", "bottom": "top"}),
            "allow-overlap": "true" if text.allow_overlap else None,
            "margin": 2,
            "repeat-distance": _REPEAT_PIXELS if text.placement == "line" else None,
            "wrap-width": 100 if text.placement == "point" and text.anchor == "center" else None,
            "spacing": 250 if text.placement == "line" else None,
        },
    )
    element.text = label(text, columns)
    return element


def _beside(anchor: str, sides: dict[str, str]) -> str | None:
    """Where the text stands: an anchor says which of its sides is at the point."""
    return next((sides[word] for word in anchor.split("-") if word in sides), None)


def _raster(raster: Raster) -> Element:
    scaling = "bilinear" if raster.resampling == "linear" else "near"
    element = _element("RasterSymbolizer", {"opacity": raster.opacity, "scaling": scaling})
    if raster.color_map is not None:
        mode = _COLORIZER[raster.color_map.type]
        colours = SubElement(element, "RasterColorizer", {"default-mode": mode, "default-color": "transparent"})
        for entry in raster.color_map.color_map_entries:
            colour = entry.color + f"{round(entry.opacity * 255):02x}"
            SubElement(colours, "stop", {"value": repr(entry.quantity), "color": colour})
    return element


def _element(tag: str, values: dict[str, str | float | None]) -> Element:
    texts = {name: f"{value:g}" if isinstance(value, float | int) else value for name, value in values.items()}
    return Element(tag, {name: text for name, text in texts.items() if text is not None})
