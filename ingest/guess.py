# SPDX-License-Identifier: EUPL-1.2
"""Finds which columns are the key and the label, and which geometry type and CRS a layer is stored in."""

import re
from collections.abc import Collection, Mapping, Sequence

from pyproj import Transformer

from layers.model import Column, ColumnType, Extent, GeometryType
from sdi import crs
from sdi.errors import Unprocessable

_KEYS = (
    re.compile(r"id|gid|uuid|guid|objectid|ogc_fid|source_fid|gml_id|identifier|id_?iip|lokalny_?id|localid"),
    re.compile(r"teryt\w*|jpt_kod_je|kod|code|kod_\w+|nr|numer|number|symbol|rspo|regon|nuts_?id|lau"),
    re.compile(r"\w+_?id|id_\w+|\w+_kod|\w+_code|\w+_nr"),
)
_LABELS = (
    re.compile(r"name|nazwa|title|tytul|label|etykieta|jpt_nazwa_?"),
    re.compile(r"name_\w+|nazwa_\w+|\w+_name|\w+_nazwa|nazwisko|miejscowosc|street|ulica"),
)
_KEY_TYPES = (ColumnType.TEXT, ColumnType.INTEGER)
_POLAND_MARGIN = 0.25
_FAMILIES = (
    ({"Point", "MultiPoint"}, GeometryType.POINT, GeometryType.MULTIPOINT),
    ({"LineString", "LinearRing", "MultiLineString"}, GeometryType.LINESTRING, GeometryType.MULTILINESTRING),
    ({"Polygon", "MultiPolygon"}, GeometryType.POLYGON, GeometryType.MULTIPOLYGON),
)


def key_candidates(columns: Sequence[Column]) -> list[Column]:
    """Columns whose names say that they identify, the most telling first."""
    fit = [column for column in columns if column.type in _KEY_TYPES]
    return [column for pattern in _KEYS for column in fit if pattern.fullmatch(column.name)]


def label(columns: Sequence[Column]) -> Column | None:
    """The text column whose name says that it names the feature."""
    texts = [column for column in columns if column.type is ColumnType.TEXT]
    found = [column for pattern in _LABELS for column in texts if pattern.fullmatch(column.name)]
    return found[0] if found else None


def named(columns: Sequence[Column], name: str, option: str) -> Column:
    """The column of that name, ours or the source's; Unprocessable with the list when there is none."""
    for column in columns:
        if name in (column.name, column.source):
            return column
    listed = ", ".join(column.name for column in columns[:50])
    raise Unprocessable(f"{option} names {name[:80]!r}, and the file has no such column; it has: {listed}.")


def geometry_type(kinds: Collection[str]) -> GeometryType:
    """The narrowest type that holds all kinds: single and multi of a family are multi, families mixed are Geometry."""
    present = set(kinds)
    for family, single, multi in _FAMILIES:
        if present and present <= family:
            return multi if multi.value in present else single
    return GeometryType.GEOMETRY


def merged_type(one: GeometryType, other: GeometryType) -> GeometryType:
    """The type that holds features of both."""
    return one if one is other else geometry_type({one.value, other.value})


def stored_srid(extent: Extent, srid: int | None, wkt: str) -> tuple[int, str]:
    """The CRS in which data of this extent are stored, and why."""
    lonlat = Transformer.from_crs(wkt, 4326, always_xy=True).transform_bounds(*extent, densify_pts=21)
    poland = crs.by_srid(2180).area
    inside = (
        lonlat[0] >= poland.minx - _POLAND_MARGIN and lonlat[1] >= poland.miny - _POLAND_MARGIN
        and lonlat[2] <= poland.maxx + _POLAND_MARGIN and lonlat[3] <= poland.maxy + _POLAND_MARGIN
    )  # fmt: skip
    if inside:
        return 2180, "all of it lies in Poland"
    if srid in {served.srid for served in crs.SERVED}:
        return int(srid or 4326), "the file's own, as not all of it lies in Poland"
    return 4326, "not all of it lies in Poland, and the file's own is not served"


def merged_columns(old: Sequence[Column], new: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of old and new rows together; a column of two types gets the wider one."""
    by_name: Mapping[str, Column] = {column.name: column for column in new}
    both = [_wider(column, by_name[column.name]) if column.name in by_name else column for column in old]
    known = {column.name for column in old}
    return (*both, *(column for column in new if column.name not in known))


def _wider(old: Column, new: Column) -> Column:
    if old.type is new.type:
        return old
    numeric = {old.type, new.type} == {ColumnType.INTEGER, ColumnType.NUMBER}
    wider = ColumnType.NUMBER if numeric else ColumnType.TEXT
    return Column(old.name, wider, old.source, old.title, old.indexed)
