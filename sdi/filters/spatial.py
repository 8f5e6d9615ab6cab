# SPDX-License-Identifier: EUPL-1.2
"""Geometry of a filter as SQL: literals checked, transformed once and bound; predicates that use the spatial index."""

import json
from dataclasses import dataclass
from typing import Any

import shapely
import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry import shape
from sqlalchemy import ColumnElement

from sdi.crs import Crs, by_srid, make_box, transform_geometry
from sdi.errors import InvalidParameter, TooLarge

VERTICES = 10_000
FUNCTIONS = {
    "s_intersects": "ST_Intersects",
    "s_within": "ST_Within",
    "s_contains": "ST_Contains",
    "s_equals": "ST_Equals",
    "s_touches": "ST_Touches",
    "s_crosses": "ST_Crosses",
    "s_overlaps": "ST_Overlaps",
    "s_disjoint": "ST_Intersects",
}
_TYPES = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}


@dataclass(frozen=True)
class Place:
    """A geometry column with its srid, or a literal that waits for one."""

    column: ColumnElement[Any] | None = None
    srid: int = 0
    literal: Any = None


def relate(operator: str, left: Place, right: Place, crs: Crs) -> ColumnElement[bool]:
    """The condition of OGC 21-065r2, 7.9, for two geometries, of which literals are in `crs`.

    Raises InvalidParameter for a broken or untransformable literal and for two properties of different reference
    systems, TooLarge over 10,000 vertices.
    """
    a, b = pair(left, right, crs)
    function = getattr(sa.func, FUNCTIONS[operator])
    near = sa.and_(a.op("&&", is_comparison=True)(b), function(a, b, type_=sa.Boolean()))
    return sa.not_(near) if operator == "s_disjoint" else near


def pair(left: Place, right: Place, crs: Crs) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Both geometries in one system: that of the properties, or `crs` where both are literals."""
    if left.srid and right.srid and left.srid != right.srid:
        raise InvalidParameter("Two geometry properties are comparable in the same reference system only.")
    srid = left.srid or right.srid or crs.srid
    return as_sql(left, srid, crs), as_sql(right, srid, crs)


def as_sql(place: Place, srid: int, crs: Crs) -> ColumnElement[Any]:
    if place.column is not None:
        return place.column
    wkb = shapely.to_wkb(_geometry(place.literal, crs, srid))
    return sa.func.ST_GeomFromWKB(sa.literal(wkb, sa.LargeBinary()), sa.literal(srid, sa.Integer()))


def _geometry(literal: Any, crs: Crs, srid: int) -> shapely.Geometry:
    target = crs if crs.srid == srid else by_srid(srid)
    if isinstance(literal, dict) and "bbox" in literal:
        return make_box(_numbers(literal["bbox"]), crs, locator="filter").geometry(target)
    return transform_geometry(read_geometry(literal, crs), crs, target)


def _numbers(items: Any) -> list[float]:
    if not isinstance(items, list) or not all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in items
    ):
        raise InvalidParameter("BBOX has only numbers; a property goes before it: S_INTERSECTS(geom, BBOX(...)).")
    try:
        return [float(item) for item in items]
    except OverflowError as error:
        raise InvalidParameter("A number of BBOX is too large.") from error


def read_geometry(literal: Any, crs: Crs) -> shapely.Geometry:
    """A valid plane geometry in x, y order from GeoJSON in the axis order of `crs`; raises InvalidParameter."""
    if not isinstance(literal, dict) or literal.get("type") not in _TYPES:
        raise InvalidParameter("A geometry is needed: WKT, GeoJSON or BBOX.")
    if json.dumps(literal).count(",") > 4 * VERTICES:
        raise TooLarge(f"A geometry of a filter may have {VERTICES} vertices.")
    try:
        geometry = shapely.force_2d(shape(literal))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise InvalidParameter(f"The {literal['type']} of the filter cannot be read.") from error
    if shapely.get_num_coordinates(geometry) > VERTICES:
        raise TooLarge(f"A geometry of a filter may have {VERTICES} vertices.")
    if geometry.is_empty or not geometry.is_valid:
        reason = "it is empty" if geometry.is_empty else shapely.is_valid_reason(geometry)
        raise InvalidParameter(f"The {literal['type']} of the filter is not valid: {reason}.")
    return shapely.transform(geometry, lambda points: points[:, ::-1]) if crs.northing_first else geometry
