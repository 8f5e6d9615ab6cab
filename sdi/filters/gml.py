# SPDX-License-Identifier: EUPL-1.2
"""Geometry of XML filters: GML 2 and 3 boxes, points, lines, polygons and their collections into GeoJSON."""

import re
from typing import Any

from lxml import etree

from sdi import crs as crs_module
from sdi.crs import Crs, make_box
from sdi.errors import InvalidParameter, Unsupported

GML_31 = "http://www.opengis.net/gml"
GML_32 = "http://www.opengis.net/gml/3.2"
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_MEMBERS = {
    "MultiPoint": "MultiPoint",
    "MultiLineString": "MultiLineString",
    "MultiCurve": "MultiLineString",
    "MultiPolygon": "MultiPolygon",
    "MultiSurface": "MultiPolygon",
}
TYPES = frozenset({"Envelope", "Box", "Point", "LineString", "Curve", "Polygon", "Surface", *_MEMBERS})

Position = list[float]


def local(element: etree._Element) -> str:
    """The name without its namespace; empty for a comment or processing instruction."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: etree._Element) -> list[etree._Element]:
    """The child elements, without comments."""
    return [child for child in element if isinstance(child.tag, str)]


def read_crs(element: etree._Element, default: Crs) -> Crs:
    """The system of `srsName` on the geometry or inside it.

    URNs and URIs mean the authority's axis order (OGC 09-048r5), as any name does in GML 3.2; before, `EPSG:2180` and
    GML 2 URLs mean x first, as in GML 2.
    """
    names = [found.get("srsName") for found in element.iter() if found.get("srsName")]
    if not names:
        return default
    return named_crs(names[0] or "", short_is_xy=element.tag.startswith("{" + GML_31 + "}"))


def named_crs(name: str, *, short_is_xy: bool, locator: str = "srsName") -> Crs:
    """The system of that name with its axis order, where `EPSG:2180` and GML 2 URLs may mean x first."""
    found = crs_module.parse(name, locator=locator)
    authority = "urn:" in name.lower() or "/def/crs/" in name
    return found.xy if short_is_xy and not authority else found


def read_geometry(element: etree._Element, crs: Crs) -> dict[str, Any]:
    """A GML geometry in the axis order of `crs` as GeoJSON in x, y order, a box as `bbox`; raises InvalidParameter."""
    name = local(element)
    if name in ("Envelope", "Box"):
        corners = _corners(element)
        return {"bbox": list(make_box(corners, crs, locator="filter").bounds)}
    if name in _MEMBERS:
        parts = [
            part for part in element.iter() if local(part) in ("Point", "LineString", "Curve", "Polygon", "Surface")
        ]
        return {"type": _MEMBERS[name], "coordinates": [_coordinates(part, crs) for part in parts]}
    kind = {"Curve": "LineString", "Surface": "Polygon"}.get(name, name)
    if kind not in ("Point", "LineString", "Polygon"):
        raise Unsupported(f"The geometry {name[:40]!r} is not supported in filters.", locator="filter")
    return {"type": kind, "coordinates": _coordinates(element, crs)}


def _coordinates(element: etree._Element, crs: Crs) -> list[Any]:
    name = local(element)
    if name in ("Polygon", "Surface"):
        return [_positions(ring, crs) for ring in element.iter() if local(ring) == "LinearRing"]
    positions = _positions(element, crs)
    if name != "Point":
        return list(positions)
    if len(positions) != 1:
        raise InvalidParameter("A point of the filter has one position.", locator="filter")
    return list(positions[0])


def _positions(element: etree._Element, crs: Crs) -> list[Position]:
    found: list[Position] = []
    for child in element.iter():
        name = local(child)
        if name == "pos":
            found.append(_numbers(child.text)[:2])
        elif name == "posList":
            size = 3 if (child.get("srsDimension") or element.get("srsDimension")) == "3" else 2
            numbers = _numbers(child.text)
            found += [numbers[index : index + 2] for index in range(0, len(numbers), size)]
        elif name == "coordinates":
            found += _tuples(child)
        elif name == "coord":
            found.append([number for axis in children(child) for number in _numbers(axis.text)][:2])
    if not found or any(len(position) != 2 for position in found):
        raise InvalidParameter(f"The {local(element)} of the filter has no whole positions.", locator="filter")
    return [position[::-1] for position in found] if crs.northing_first else found


def _tuples(element: etree._Element) -> list[Position]:
    """GML 2 coordinates; other separators than the default are refused rather than guessed."""
    if element.get("cs", ",") != "," or element.get("decimal", ".") != "." or not element.get("ts", " ").isspace():
        raise Unsupported("Coordinates with separators of their own are not supported.", locator="filter")
    return [_numbers(item.replace(",", " "))[:2] for item in (element.text or "").split()]


def _corners(element: etree._Element) -> list[float]:
    corners = [
        _numbers(child.text) for child in children(element) if local(child) in ("lowerCorner", "upperCorner", "pos")
    ]
    if not corners:
        corners = [
            position for child in children(element) if local(child) == "coordinates" for position in _tuples(child)
        ]
    if not corners:
        coords = [child for child in children(element) if local(child) == "coord"]
        corners = [[number for axis in children(coord) for number in _numbers(axis.text)] for coord in coords]
    if len(corners) != 2 or len(corners[0]) != len(corners[1]):
        raise InvalidParameter("A box of the filter has two corners.", locator="filter")
    return corners[0] + corners[1]


def _numbers(text: str | None) -> list[float]:
    items = (text or "").split()
    if not all(_NUMBER.fullmatch(item) for item in items):
        raise InvalidParameter("A coordinate of the filter is not a number.", locator="filter")
    return [float(item) for item in items]
