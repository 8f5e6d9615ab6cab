# SPDX-License-Identifier: EUPL-1.2
"""Styles as Styled Layer Descriptors 1.0.0 (OGC 02-070) and 1.1.0 (OGC 05-078r4 with SE, OGC 05-077r4).

VendorOption, which the schemas do not have and programs understand, is written where nothing else says the same:
labels that may overlap, room between the signs of a pattern. What cannot be said is told and stands in a comment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from layers.styles.model import Fill, Icon, Line, Mark, Raster, Rule, Text
from layers.styles.sld import OGC, SE, SLD, XLINK, NamedLayer, NamedStyle, Notes, UserStyle, Version
from layers.styles.sld_bands import write_bands
from layers.styles.sld_filters import printable, write_filter
from layers.styles.sld_raster import write_colour_map

_JOINS = {"miter": "mitre", "round": "round", "bevel": "bevel"}
_SIDES = {"left": 0.0, "right": 1.0, "bottom": 0.0, "top": 1.0}
_Given = Mapping[str, str | float | None]
Symbol = Fill | Line | Mark | Icon | Text | Raster


@dataclass(frozen=True, slots=True)
class Written:
    """A document and what it could not say."""

    data: bytes
    warnings: tuple[str, ...]


def write_sld(layers: Sequence[NamedLayer], version: Version = "1.1.0", marks: str = "marks/") -> Written:
    """The document of `layers`; `marks` is the address under which others find the server's pictures."""
    notes = Notes()
    writer = _Writer(version, marks, notes)
    names: dict[Any, str] = {None: SLD, "ogc": OGC, "xlink": XLINK} | ({} if version == "1.0.0" else {"se": SE})
    root = etree.Element(f"{{{SLD}}}StyledLayerDescriptor", nsmap=names, version=version)
    for layer in layers:
        root.append(writer.layer(layer))
    for lost in notes.found:
        root.insert(0, etree.Comment(f" Not kept: {lost.replace('--', '- -')} "))
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=False)
    return Written(data, tuple(notes.found))


class _Writer:
    def __init__(self, version: Version, marks: str, notes: Notes) -> None:
        self._old = version == "1.0.0"
        self._version: Version = version
        self._marks = marks
        self._notes = notes
        self._parameter = "CssParameter" if self._old else "SvgParameter"

    def layer(self, layer: NamedLayer) -> etree._Element:
        made = self._sld("NamedLayer", self._text("Name", layer.name))
        made.extend(self.style(style) for style in layer.styles)
        return made

    def style(self, style: NamedStyle | UserStyle) -> etree._Element:
        if isinstance(style, NamedStyle):
            return self._sld("NamedStyle", self._text("Name", style.name))
        made = self._sld("UserStyle", *([self._text("Name", style.name)] if style.name else []))
        made.extend(self._titled(style.title))
        if style.is_default:
            flag = self._sld("IsDefault")
            flag.text = "1"
            made.append(flag)
        made.append(self._made("FeatureTypeStyle", *map(self.rule, style.style.rules)))
        return made

    def rule(self, rule: Rule) -> etree._Element:
        made = self._made("Rule", *([self._text("Name", rule.name)] if rule.name else []))
        made.extend(self._titled(rule.name))
        if rule.filter is not None:
            made.append(write_filter(rule.filter, self._version, self._notes))
        limits = rule.scale_denominator
        if limits is not None:
            if limits.min is not None:
                made.append(self._text("MinScaleDenominator", _digits(limits.min)))
            if limits.max is not None:
                made.append(self._text("MaxScaleDenominator", _digits(limits.max)))
        made.extend(map(self.symbol, rule.symbolizers))
        return made

    def symbol(self, symbol: Symbol) -> etree._Element:
        if isinstance(symbol, Fill):
            return self.area(symbol)
        if isinstance(symbol, Line):
            return self.line(symbol)
        if isinstance(symbol, Text):
            return self.words(symbol)
        return (
            self.raster(symbol) if isinstance(symbol, Raster) else self._made("PointSymbolizer", self.graphic(symbol))
        )

    def area(self, area: Fill) -> etree._Element:
        made = self._made("PolygonSymbolizer")
        given: _Given = {"fill": area.color, "fill-opacity": area.opacity * area.fill_opacity} if area.color else {}
        if area.graphic_fill is not None or given:
            fill = self._made("Fill")
            if area.graphic_fill is not None:
                if area.opacity != 1:
                    self._notes.lost("the opacity of an area with a pattern: only its colour has it")
                fill.append(self._made("GraphicFill", self.graphic(area.graphic_fill)))
            made.append(self._given(fill, given))
        if area.outline_color is not None:
            outline = Line(
                color=area.outline_color, width=area.outline_width, opacity=area.opacity * area.outline_opacity,
                dasharray=area.outline_dasharray, cap=area.outline_cap, join=area.outline_join,
            )  # fmt: skip
            made.append(self.stroke(outline))
        if any(area.graphic_fill_padding):
            made.append(self._option("graphic-margin", " ".join(map(_digits, area.graphic_fill_padding))))
        return made

    def line(self, line: Line) -> etree._Element:
        made = self._made("LineSymbolizer", self.stroke(line))
        if line.perpendicular_offset and self._old:
            self._notes.lost("lines beside their course, which SLD 1.0 has not")
        elif line.perpendicular_offset:
            made.append(self._text("PerpendicularOffset", _digits(-line.perpendicular_offset)))
        return made

    def stroke(self, line: Line) -> etree._Element:
        given: _Given = {
            "stroke": line.color,
            "stroke-opacity": line.opacity,
            "stroke-width": line.width,
            "stroke-linejoin": _JOINS[line.join],
            "stroke-linecap": line.cap,
            "stroke-dasharray": " ".join(map(_digits, line.dasharray)) if line.dasharray else None,
            "stroke-dashoffset": (line.dash_offset or None) if line.dasharray else None,
        }
        return self._given(self._made("Stroke"), given)

    def graphic(self, sign: Mark | Icon) -> etree._Element:
        size = sign.size if isinstance(sign, Icon) else 2 * sign.radius
        made = self._made("Graphic", self.picture(sign) if isinstance(sign, Icon) else self.mark(sign))
        made.append(self._text("Opacity", _digits(sign.opacity)))
        made.append(self._text("Size", _digits(size)))
        if sign.rotate:
            made.append(self._text("Rotation", _digits(sign.rotate)))
        if any(sign.offset) and self._old:
            self._notes.lost("signs beside their point, which SLD 1.0 has not")
        elif any(sign.offset):
            made.append(self._displacement(sign.offset))
        return made

    def picture(self, icon: Icon) -> etree._Element:
        address = f"{self._marks}{icon.image.removeprefix('marks/')}?fill=%23{icon.color[1:]}"
        resource = self._made("OnlineResource")
        resource.set(f"{{{XLINK}}}type", "simple")
        resource.set(f"{{{XLINK}}}href", address)
        return self._made("ExternalGraphic", resource, self._text("Format", "image/svg+xml"))

    def mark(self, mark: Mark) -> etree._Element:
        fill: _Given = {"fill": mark.color, "fill-opacity": mark.fill_opacity}
        made = self._made("Mark", self._text("WellKnownName", mark.well_known_name))
        made.append(self._given(self._made("Fill"), fill))
        stroke = mark.stroke_color or (mark.color if mark.well_known_name.startswith("shape://") else None)
        if stroke:
            line: _Given = {"stroke": stroke, "stroke-opacity": mark.stroke_opacity, "stroke-width": mark.stroke_width}
            made.append(self._given(self._made("Stroke"), line))
        return made

    def words(self, text: Text) -> etree._Element:
        made = self._made("TextSymbolizer", self.label(text))
        font = self._made("Font")
        for family in text.font:
            font.extend(self._given(self._made("Font"), {"font-family": family}))
        shape: _Given = {"font-style": text.font_style, "font-weight": text.font_weight, "font-size": text.size}
        made.append(self._given(font, shape))
        made.append(self._made("LabelPlacement", self.placement(text)))
        if text.halo_color is not None:
            around: _Given = {"fill": text.halo_color, "fill-opacity": text.opacity}
            halo = self._made("Halo", self._text("Radius", _digits(text.halo_width)))
            halo.append(self._given(self._made("Fill"), around))
            made.append(halo)
        made.append(self._given(self._made("Fill"), {"fill": text.color, "fill-opacity": text.opacity}))
        if text.allow_overlap:
            made.append(self._option("conflictResolution", "false"))
        return made

    def label(self, text: Text) -> etree._Element:
        label = self._made("Label")
        for place, piece in enumerate(text.pieces()):
            if piece:
                part = etree.SubElement(label, f"{{{OGC}}}{'PropertyName' if place % 2 else 'Literal'}")
                part.text = printable(piece, self._notes)
        return label

    def placement(self, text: Text) -> etree._Element:
        if text.placement == "line":
            if text.anchor != "center" or text.rotate or text.offset[0]:
                self._notes.lost("anchor, turn and shift along the line of a label on a line")
            made = self._made("LinePlacement")
            if text.offset[1]:
                made.append(self._text("PerpendicularOffset", _digits(-text.offset[1])))
            return made
        sides = [_SIDES.get(word) for word in text.anchor.split("-")]
        x = next((s for s, w in zip(sides, text.anchor.split("-"), strict=True) if w in ("left", "right")), None)
        y = next((s for s, w in zip(sides, text.anchor.split("-"), strict=True) if w in ("top", "bottom")), None)
        anchor = self._made(
            "AnchorPoint",
            self._text("AnchorPointX", _digits(0.5 if x is None else x)),
            self._text("AnchorPointY", _digits(0.5 if y is None else y)),
        )
        made = self._made("PointPlacement", anchor, self._displacement(text.offset))
        if text.rotate:
            made.append(self._text("Rotation", _digits(text.rotate)))
        return made

    def raster(self, raster: Raster) -> etree._Element:
        before, after = write_bands(raster, SLD if self._old else SE, self._notes)
        made = self._made("RasterSymbolizer", self._text("Opacity", _digits(raster.opacity)), *before)
        if raster.color_map is not None:
            made.append(write_colour_map(raster.color_map, self._version, self._notes))
        made.extend(after)
        if raster.resampling != "linear":
            self._notes.lost("the way in which a raster is resampled")
        return made

    def _displacement(self, offset: tuple[float, float]) -> etree._Element:
        x, y = self._text("DisplacementX", _digits(offset[0])), self._text("DisplacementY", _digits(-offset[1]))
        return self._made("Displacement", x, y)

    def _titled(self, title: str) -> list[etree._Element]:
        if not title:
            return []
        made = self._text("Title", title)
        return [made] if self._old else [self._made("Description", made)]

    def _given(self, element: etree._Element, values: _Given) -> etree._Element:
        for name, value in values.items():
            if value is not None:
                part = self._text(self._parameter, value if isinstance(value, str) else _digits(value))
                part.set("name", name)
                element.append(part)
        return element

    def _option(self, name: str, value: str) -> etree._Element:
        option = self._text("VendorOption", value)
        option.set("name", name)
        return option

    def _text(self, tag: str, text: str) -> etree._Element:
        made = self._made(tag)
        made.text = printable(text, self._notes)
        return made

    def _made(self, tag: str, *inner: etree._Element) -> etree._Element:
        """An element that SLD 1.1 took over into Symbology Encoding."""
        made = etree.Element(f"{{{SLD if self._old else SE}}}{tag}")
        made.extend(inner)
        return made

    def _sld(self, tag: str, *inner: etree._Element) -> etree._Element:
        made = etree.Element(f"{{{SLD}}}{tag}")
        made.extend(inner)
        return made


def _digits(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
