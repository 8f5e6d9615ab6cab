# SPDX-License-Identifier: EUPL-1.2
"""Symbolizers of SLD 1.0 (OGC 02-070) and SE 1.1 (OGC 05-077r4) as those of GeoStyler, in plain values of JSON."""

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from layers.styles.icons import known_icon
from layers.styles.sld import XLINK, Notes, Version, child, children, local, text_at
from layers.styles.sld_bands import READ, read_bands
from layers.styles.sld_colours import colour, colour_map, number
from sdi.errors import InvalidParameter, Unsupported

_WELL_KNOWN = {"circle", "square", "triangle", "star", "cross", "x", "diamond"}
_LINES = {"horline", "vertline", "slash", "backslash", "plus", "times", "dot"}
_ALIKE = {"line": "shape://vertline", "cross2": "x", "equilateral_triangle": "triangle", "cross_fill": "cross",
          "filled_arrowhead": "triangle"}  # fmt: skip
_ANCHORS_X = {0.0: "left", 0.5: "", 1.0: "right"}
_ANCHORS_Y = {0.0: "bottom", 0.5: "", 1.0: "top"}
_KNOWN_OPTIONS = {"conflictResolution", "graphic-margin"}
_JOINS = {"mitre": "miter", "miter": "miter", "round": "round", "bevel": "bevel"}
_SVG_FILL = re.compile(r"[?&]fill=(?:%23|#)([0-9a-fA-F]{6})")
_GREY, _BLACK = "#808080", "#000000"
_UOM_PIXEL = ("", "http://www.opengeospatial.org/se/units/pixel")

Values = dict[str, Any]


def read_symbolizer(element: etree._Element, version: Version, notes: Notes) -> Values | None:
    """The symbolizer's values; None where it draws nothing that can be kept."""
    read = _READERS.get(local(element))
    if read is None:
        raise Unsupported(f"The symbolizer {local(element)[:40]!r} is not known here.", locator="sld")
    if element.get("uom", "") not in _UOM_PIXEL:
        notes.lost("sizes in metres or feet: taken as pixels")
    if child(element, "Geometry") is not None:
        notes.lost("Geometry of a symbolizer: the feature's own geometry is drawn")
    for option in children(element, "VendorOption"):
        if option.get("name") not in _KNOWN_OPTIONS:
            notes.lost(f"VendorOption {str(option.get('name'))[:60]!r}")
    return read(element, version, notes)


def _line(element: etree._Element, _version: Version, notes: Notes) -> Values | None:
    drawn = _stroke(child(element, "Stroke"), notes)
    if drawn is None:
        notes.lost("a line without a stroke")
        return None
    offset = child(element, "PerpendicularOffset")
    # Both standards count to the left of the line's direction.
    return {"kind": "Line", **drawn, "perpendicularOffset": -number(offset, 0, notes) or 0}


def _polygon(element: etree._Element, _version: Version, notes: Notes) -> Values | None:
    found: Values = {"kind": "Fill"}
    fill, stroke = child(element, "Fill"), child(element, "Stroke")
    if fill is not None:
        found |= _fill(fill, notes)
        graphic = child(fill, "GraphicFill", "Graphic")
        if graphic is not None:
            found["graphicFill"] = _graphic(graphic, notes)
            found["graphicFillPadding"] = _margins(element)
    if stroke is not None and (drawn := _stroke(stroke, notes)):
        drawn.pop("dashOffset", None)
        found |= {f"outline{name[0].upper()}{name[1:]}": value for name, value in drawn.items()}
    for name in ("Displacement", "PerpendicularOffset"):
        if child(element, name) is not None:
            notes.lost(f"{name} of a polygon")
    return found


def _fill(fill: etree._Element, notes: Notes) -> Values:
    given = _parameters(fill, notes)
    if "fill" not in given and child(fill, "GraphicFill") is not None:
        return {}
    return {"color": colour(given.get("fill", _GREY)), "fillOpacity": number(given.get("fill-opacity"), 1, notes)}


def _stroke(stroke: etree._Element | None, notes: Notes) -> Values | None:
    if stroke is None:
        return None
    for name in ("GraphicStroke", "GraphicFill"):
        if child(stroke, name) is not None:
            notes.lost(f"{name} of a line: a plain line is drawn")
    given = _parameters(stroke, notes)
    found: Values = {
        "color": colour(given.get("stroke", _BLACK)),
        "width": number(given.get("stroke-width"), 1, notes),
        "opacity": number(given.get("stroke-opacity"), 1, notes),
        "cap": given.get("stroke-linecap", "butt"),
        "join": _JOINS.get(given.get("stroke-linejoin", "mitre"), "miter"),
    }
    dashes = re.split(r"[\s,]+", given.get("stroke-dasharray", "").strip())
    if any(dashes):
        found["dasharray"] = [number(dash, 1, notes) for dash in dashes if dash]
        found["dashOffset"] = number(given.get("stroke-dashoffset"), 0, notes)
    return found


def _point(element: etree._Element, _version: Version, notes: Notes) -> Values | None:
    graphic = child(element, "Graphic")
    if graphic is None:
        notes.lost("a point without a graphic")
        return None
    return _graphic(graphic, notes)


def _graphic(graphic: etree._Element, notes: Notes) -> Values:
    signs = children(graphic, "Mark", "ExternalGraphic")
    if len(signs) > 1:
        notes.lost("all graphics of a point but the first")
    shared: Values = {
        "opacity": number(child(graphic, "Opacity"), 1, notes),
        "rotate": number(child(graphic, "Rotation"), 0, notes),
        "offset": _displacement(child(graphic, "Displacement"), notes),
    }
    size = child(graphic, "Size")
    if child(graphic, "AnchorPoint") is not None:
        notes.lost("AnchorPoint of a graphic: its middle stands on the point")
    if signs and local(signs[0]) == "ExternalGraphic":
        return {"kind": "Icon", **shared, **_icon(signs[0]), "size": number(size, 16, notes)}
    return {"kind": "Mark", **shared, **_mark(signs[0] if signs else None, notes), "radius": number(size, 6, notes) / 2}


def _icon(graphic: etree._Element) -> Values:
    resource = child(graphic, "OnlineResource")
    address = "" if resource is None else resource.get(f"{{{XLINK}}}href", "")
    try:
        image = known_icon(address)
    except ValueError as error:
        message = f"An ExternalGraphic cannot be used: {error}. The server calls no other address."
        raise Unsupported(message, locator="sld") from error
    tint = _SVG_FILL.search(address)
    return {"image": image, "color": f"#{tint[1]}" if tint else _BLACK}


def _mark(mark: etree._Element | None, notes: Notes) -> Values:
    if child(mark, "OnlineResource") is not None or child(mark, "InlineContent") is not None:
        raise Unsupported("A Mark is one of the well-known ones; the server calls no other address.", locator="sld")
    found: Values = {"wellKnownName": _well_known(text_at(mark, "WellKnownName") or "square", notes)}
    fill, stroke = child(mark, "Fill"), child(mark, "Stroke")
    drawn = _stroke(stroke, notes)
    if drawn:
        found |= {f"stroke{name.capitalize()}": drawn[name] for name in ("color", "width", "opacity")}
        found["color"] = drawn["color"]
        if "dasharray" in drawn:
            notes.lost("dashes of a mark's stroke")
    if fill is not None:
        given = _fill(fill, notes)
        found |= given
        if not given:
            notes.lost("GraphicFill of a mark")
    elif drawn and not found["wellKnownName"].startswith("shape://"):
        found["fillOpacity"] = 0
    elif not drawn:
        found["color"] = _GREY
    return found


def _well_known(name: str, notes: Notes) -> str:
    plain = name.lower().removeprefix("shape://")
    if name.lower() in _WELL_KNOWN:
        return name.lower()
    if plain in _LINES:
        return f"shape://{plain}"
    known = _ALIKE.get(plain)
    notes.lost(f"the mark {name[:60]!r}: drawn as {known or 'square'}")
    return known or "square"


def _text(element: etree._Element, version: Version, notes: Notes) -> Values | None:
    label = _label(child(element, "Label"), notes)
    if not label:
        notes.lost("a text without a label")
        return None
    font = child(element, "Font")
    styled = _parameters(font, notes)
    fill = _parameters(child(element, "Fill"), notes)
    found: Values = {
        "kind": "Text",
        "label": label,
        "font": [(part.text or "").strip() for part in children(font) if part.get("name") == "font-family"],
        "size": number(styled.get("font-size"), 10, notes),
        "fontStyle": styled.get("font-style", "normal"),
        "fontWeight": "bold" if styled.get("font-weight") in {"bold", "bolder", "600", "700", "800"} else "normal",
        "color": colour(fill.get("fill", _BLACK)),
        "opacity": number(fill.get("fill-opacity"), 1, notes),
        "allowOverlap": _option(element, "conflictResolution").lower() in {"false", "no"},
    }
    halo = child(element, "Halo")
    if halo is not None:
        around = _parameters(child(halo, "Fill"), notes)
        found |= {
            "haloColor": colour(around.get("fill", "#ffffff")),
            "haloWidth": number(child(halo, "Radius"), 1, notes),
        }
        if number(around.get("fill-opacity"), found["opacity"], notes) != found["opacity"]:
            notes.lost("the opacity of a halo: it has that of its text")
    return found | _placement(child(element, "LabelPlacement"), version, notes)


def _label(label: etree._Element | None, notes: Notes) -> str:
    if label is None:
        return ""
    made = _words(label.text)
    for part in children(label):
        inner = part.text or ""
        if local(part) == "PropertyName":
            made += f"{{{{{inner.strip().rpartition('/')[2].rpartition(':')[2]}}}}}"
        elif local(part) == "Literal":
            made += inner
        elif local(part) == "Function" and part.get("name") in ("Concatenate", "strConcat", "concat"):
            made += _label(part, notes)
        else:
            raise Unsupported(f"A label cannot use {local(part)[:40]!r} here: columns and fixed text.", locator="sld")
        made += _words(part.tail)
    return made


def _words(text: str | None) -> str:
    """Fixed text between elements: breaks and indents of the document's own layout are not part of it."""
    if not text or not text.strip():
        return ""
    return re.sub(r"\s*\n\s*", "", text)


def _placement(placement: etree._Element | None, version: Version, notes: Notes) -> Values:
    line, point = child(placement, "LinePlacement"), child(placement, "PointPlacement")
    if line is not None:
        for part in children(line):
            if local(part) != "PerpendicularOffset":
                notes.lost(f"{local(part)[:40]} of a label along a line")
        return {"placement": "line", "offset": [0, -number(child(line, "PerpendicularOffset"), 0, notes) or 0]}
    if point is None:
        return {}
    anchor = child(point, "AnchorPoint")
    # SLD 1.0 (11.4.4) sets a label to the right of its point, SE 1.1 (11.4.4) in the middle, unless it says otherwise.
    x = number(child(anchor, "AnchorPointX"), 0 if version == "1.0.0" else 0.5, notes)
    y = number(child(anchor, "AnchorPointY"), 0.5, notes)
    return {
        "anchor": _anchor(x, y, notes),
        "offset": _displacement(child(point, "Displacement"), notes),
        "rotate": number(child(point, "Rotation"), 0, notes),
    }


def _anchor(x: float, y: float, notes: Notes) -> str:
    near_x, near_y = (min((0.0, 0.5, 1.0), key=lambda stop: abs(stop - value)) for value in (x, y))
    if (near_x, near_y) != (x, y):
        notes.lost("an anchor of a label between corners, sides and middle: the nearest of them is taken")
    return "-".join(filter(None, (_ANCHORS_Y[near_y], _ANCHORS_X[near_x]))) or "center"


def _displacement(found: etree._Element | None, notes: Notes) -> list[float]:
    y = number(child(found, "DisplacementY"), 0, notes)
    return [number(child(found, "DisplacementX"), 0, notes), -y if y else 0]


def _raster(element: etree._Element, version: Version, notes: Notes) -> Values | None:
    kept = READ | {"Opacity", "ColorMap", "Geometry", "VendorOption", "Name", "Description"}
    for part in children(element):
        if local(part) not in kept:
            notes.lost(f"{local(part)[:40]} of a raster")
    found: Values = {"kind": "Raster", "opacity": number(child(element, "Opacity"), 1, notes)}
    found |= read_bands(element, notes)
    colours = child(element, "ColorMap")
    if colours is not None:
        found["colorMap"] = colour_map(colours, version, notes)
    return found


def _parameters(element: etree._Element | None, notes: Notes) -> dict[str, str]:
    found = {}
    for part in children(element, "CssParameter", "SvgParameter"):
        inner = children(part)
        if inner and (len(inner) > 1 or local(inner[0]) != "Literal"):
            notes.lost(f"a computed {str(part.get('name'))[:40]}")
            continue
        text = (inner[0].text if inner else part.text) or ""
        found[str(part.get("name"))] = text.strip()
    return found


def _option(element: etree._Element, name: str) -> str:
    found = [option.text or "" for option in children(element, "VendorOption") if option.get("name") == name]
    return found[0].strip() if found else ""


def _margins(element: etree._Element) -> list[float]:
    """Top, right, bottom, left of a list of one to four lengths, as in CSS."""
    words = _option(element, "graphic-margin").split()[:4]
    try:
        given = [float(word) for word in words] or [0.0]
    except ValueError as error:
        raise InvalidParameter("graphic-margin is one to four numbers.", locator="sld") from error
    top, right = given[0], given[1] if len(given) > 1 else given[0]
    return [top, right, given[2] if len(given) > 2 else top, given[3] if len(given) > 3 else right]


_READERS: dict[str, Callable[[etree._Element, Version, Notes], Values | None]] = {
    "LineSymbolizer": _line,
    "PolygonSymbolizer": _polygon,
    "PointSymbolizer": _point,
    "TextSymbolizer": _text,
    "RasterSymbolizer": _raster,
}
