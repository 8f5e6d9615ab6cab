# SPDX-License-Identifier: EUPL-1.2
"""Styles as rules of Mapnik (XML), in passes that are drawn one over the other."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from layers.styles.expressions import expression, label
from layers.styles.filters import properties
from layers.styles.model import Fill, Line, Mark, Raster, Rule, Style, Symbolizer, Text

_MARK_SIZE = 20
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

    `columns` are those of the layer; raises Unprocessable for any other that the style uses.
    """
    passes = []
    for draw in (_areas, _lines_and_marks, _labels):
        rules = [_rule(rule, draw, columns) for rule in style.rules]
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


_Draw = Callable[[Symbolizer, Collection[str]], Element | None]


def _rule(rule: Rule, draw: _Draw, columns: Collection[str]) -> Element | None:
    symbols = [element for symbolizer in rule.symbolizers if (element := draw(symbolizer, columns)) is not None]
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


def _areas(symbolizer: Symbolizer, _columns: Collection[str]) -> Element | None:
    if isinstance(symbolizer, Fill) and symbolizer.color is not None:
        opacity = symbolizer.opacity * symbolizer.fill_opacity
        return _element("PolygonSymbolizer", {"fill": symbolizer.color, "fill-opacity": opacity})
    return _raster(symbolizer) if isinstance(symbolizer, Raster) else None


def _lines_and_marks(symbolizer: Symbolizer, _columns: Collection[str]) -> Element | None:
    if isinstance(symbolizer, Fill) and symbolizer.outline_color is not None:
        outline = Line(
            color=symbolizer.outline_color,
            width=symbolizer.outline_width,
            opacity=symbolizer.opacity * symbolizer.outline_opacity,
            dasharray=symbolizer.outline_dasharray,
        )
        return _line(outline)
    if isinstance(symbolizer, Line):
        return _line(symbolizer)
    return _mark(symbolizer) if isinstance(symbolizer, Mark) else None


def _labels(symbolizer: Symbolizer, columns: Collection[str]) -> Element | None:
    return _text(symbolizer, columns) if isinstance(symbolizer, Text) else None


def _line(line: Line) -> Element:
    return _element(
        "LineSymbolizer",
        {
            "stroke": line.color,
            "stroke-width": line.width,
            "stroke-opacity": line.opacity,
            "stroke-linecap": line.cap,
            "stroke-linejoin": line.join,
            "stroke-dasharray": _dashes(line),
        },
    )


def _dashes(line: Line) -> str | None:
    if line.dasharray is None:
        return None
    # An odd list is read twice over, as in SVG; Mapnik wants pairs.
    dashes = line.dasharray if len(line.dasharray) % 2 == 0 else line.dasharray * 2
    return ", ".join(f"{dash:g}" for dash in dashes)


def _mark(mark: Mark) -> Element:
    circle = mark.well_known_name == "circle"
    size = 2 * mark.radius
    # A drawn sign is scaled with its stroke; an ellipse is not.
    stroke = mark.stroke_width if circle or not size else mark.stroke_width * _MARK_SIZE / size
    return _element(
        "MarkersSymbolizer",
        {
            "file": None if circle else f"marks/{mark.well_known_name}.svg",
            "width": size,
            "height": size,
            "fill": mark.color,
            "fill-opacity": mark.opacity * mark.fill_opacity,
            "stroke": mark.stroke_color or mark.color,
            "stroke-width": stroke if mark.stroke_color else 0,
            "stroke-opacity": mark.opacity * mark.stroke_opacity,
            "transform": f"rotate({mark.rotate:g})" if mark.rotate else None,
            "allow-overlap": "true",
            "ignore-placement": "true",
        },
    )


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
            "horizontal-alignment": {"center": None, "left": "right", "right": "left"}[text.anchor],
            "allow-overlap": "true" if text.allow_overlap else None,
            "margin": 2,
            "repeat-distance": _REPEAT_PIXELS,
            "wrap-width": 100 if text.placement == "point" and text.anchor == "center" else None,
            "spacing": 250 if text.placement == "line" else None,
        },
    )
    element.text = label(text, columns)
    return element


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
