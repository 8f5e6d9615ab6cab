# SPDX-License-Identifier: EUPL-1.2
"""Features in GML as transactions send them: attributes by their columns' types, geometries that can be stored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from lxml import etree

from layers.changes.model import Geometry
from layers.items.statements import GEOMETRY
from layers.items.values import parse_value
from layers.model import Column, ColumnType, Layer
from layers.wfs.model import GML_31, GML_32, XSI
from layers.wfs.names import namespace
from layers.wfs.queries import default_srs
from sdi.crs import Crs
from sdi.errors import BramaError, InvalidParameter
from sdi.filters.gml import children, local, named_crs, read_crs, read_geometry

_ARCS = re.compile(r"(?:Arc|Circle|Bezier|BSpline|CubicSpline|Clothoid|Offset|Geodesic)\w*|TriangulatedSurface|Tin")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_SLASHED = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})(?: ([0-9:.]{5,15})(?:([+-][0-9]{2})(?::?([0-9]{2}))?)?)?")
"""How GDAL's driver writes dates and moments."""
_BOOLEANS = {"1": "true", "0": "false"}


class InvalidValue(InvalidParameter):
    """A value of a transaction that does not fit its property (OGC 09-025r2, table 3)."""

    code = "invalid-value"
    ows = "InvalidValue"


@dataclass(frozen=True)
class Content:
    """What a feature element holds; `geometry` is None where it has none."""

    layer: Layer
    attributes: Mapping[str, Any]
    geometry: Geometry | None


def feature(element: etree._Element, layers: Mapping[str, Layer], srs: str | None) -> Content:
    """The feature of an element in our namespace; `srs` names the system of geometries that name none."""
    name = etree.QName(element)
    layer = layers.get(name.localname) if name.namespace == namespace() else None
    if layer is None or layer.kind != "vector":
        raise InvalidParameter(f"There is no feature type {name.text[:200]!r}.", locator=name.localname[:80])
    attributes: dict[str, Any] = {}
    geometry: Geometry | None = None
    for child in children(element):
        part = etree.QName(child)
        if part.namespace in (GML_32, GML_31):
            continue  # names, descriptions and bounds of GML itself, which are made from the data
        if part.localname == GEOMETRY:
            geometry = shape(child, layer, srs)
        elif part.localname in attributes:
            raise InvalidValue(f"Property {part.localname!r} is there twice.", locator=part.localname)
        else:
            attributes[part.localname] = value(child, layer, part.localname)
    return Content(layer, attributes, geometry)


def value(element: etree._Element | None, layer: Layer, name: str) -> Any:
    """The value in an element as its column has it; None without an element, nil, or empty where it is no text."""
    column = layer.by_name.get(name)
    if column is None:
        raise InvalidValue(f"Features of {layer.id!r} have no property {name[:80]!r}.", locator=name[:80])
    if element is None or element.get(f"{{{XSI}}}nil") in ("true", "1"):
        return None
    if children(element):
        raise InvalidValue(f"The value of {name!r} is text, no elements.", locator=name)
    text = element.text or ""
    if column.type is ColumnType.TEXT:
        return text
    return _typed(column, text.strip()) if text.strip() else None


def shape(element: etree._Element, layer: Layer, srs: str | None) -> Geometry | None:
    """The geometry in an element, x first; None when it is nil or empty. Raises InvalidValue."""
    inner = children(element)
    if not inner:
        return None
    try:
        if len(inner) != 1 or any(_ARCS.fullmatch(local(part)) for part in inner[0].iter()):
            raise InvalidValue("A geometry is one element of points, lines or polygons, without arcs.")
        if sum(local(part) == "PolygonPatch" for part in inner[0].iter()) > sum(
            local(part) == "Surface" for part in inner[0].iter()
        ):
            raise InvalidValue("A surface of several patches is not stored; send it as a MultiSurface.")
        crs = read_crs(inner[0], _default(layer, srs, element))
        made = shapely.geometry.shape(read_geometry(inner[0], crs))
    except (shapely.errors.GEOSException, ValueError, TypeError, AttributeError, KeyError) as error:
        raise InvalidValue("The geometry cannot be read.", locator=GEOMETRY) from error
    except BramaError as error:
        raise InvalidValue(error.message.replace(" of the filter", ""), locator=GEOMETRY) from error
    return Geometry(shapely.to_wkb(made), crs.srid)


def _default(layer: Layer, srs: str | None, element: etree._Element) -> Crs:
    if srs is None:
        return default_srs(layer).crs
    old = any(str(part.tag).startswith(f"{{{GML_31}}}") for part in element.iter())
    return named_crs(srs.strip(), short_is_xy=old, locator="srsName")


def _typed(column: Column, text: str) -> Any:
    if column.type is ColumnType.BOOLEAN:
        text = _BOOLEANS.get(text, text)
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP) and (found := _SLASHED.fullmatch(text)):
        year, month, day, time, hours, minutes = found.groups()
        offset = f"{hours}:{minutes or '00'}" if hours else ""
        text = f"{year}-{month}-{day}" + (f"T{time}{offset}" if time else "")
    if column.type is ColumnType.DATE and (found := _DATE.fullmatch(text)):
        text = found[1]
    try:
        return parse_value(column, text)
    except InvalidParameter as error:
        raise InvalidValue(error.message, locator=column.name) from error
