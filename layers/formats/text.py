# SPDX-License-Identifier: EUPL-1.2
"""Features as lines of text made by PostGIS: GeoJSON, CSV for people, and CSV for the child that writes files."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Numeric, Text, case, cast, func, literal_column

from layers.items import statements
from layers.items.model import ItemQuery
from layers.model import Column, ColumnType, GeometryType, Layer
from sdi.crs import CRS84, Crs

_QUOTE = literal_column("'\"'", Text())
_NOTHING = literal_column("''", Text())
# What a spreadsheet would run: a formula, or a sign before a call or a pipe. Numbers and telephone numbers stay.
_FORMULA = literal_column(r"'^[=@\t\r]|^[+-].*[|(!]'", Text())


def geojson(layer: Layer, query: ItemQuery, row: FromClause) -> ColumnElement[Any]:
    """A GeoJSON feature."""
    return statements.feature(layer, row, query.crs, query.properties)


def geojson_head(query: ItemQuery) -> str:
    """The beginning of a collection of features.

    A system that is not RFC 7946's is told as GeoJSON of 2008 did, for web maps: they take x for the first coordinate.
    """
    told = ""
    if query.crs.srid != CRS84.srid and not query.crs.northing_first:
        told = f'"crs":{{"type":"name","properties":{{"name":"{query.crs.urn}"}}}},'
    return f'{{"type":"FeatureCollection",{told}"features":[\n'


def csv_header(layer: Layer, query: ItemQuery) -> str:
    """The names of the columns of `csv_line`."""
    places = ["X", "Y"] if layer.geometry_type is GeometryType.POINT else ["WKT"]
    named = [column.name for column in statements.chosen(layer, query.properties)]
    return ",".join(["fid", *(_quoted(name) for name in named), *places]) + "\n"


def csv_line(layer: Layer, query: ItemQuery, row: FromClause) -> ColumnElement[Any]:
    """A line of RFC 4180 (ended by a line feed): id, attributes, then `X,Y` of points or `WKT`.

    Coordinates are x,y as in every file, whatever the order of the authority; NULL is nothing, an empty text `""`. A
    text that a spreadsheet would take for a formula that calls something gets an apostrophe in front.
    """
    shape = _in(layer, row, query.crs)
    digits: ColumnElement[Any] = literal_column(str(query.crs.decimals))
    if layer.geometry_type is GeometryType.POINT:
        places = [_number(func.round(cast(axis(shape), Numeric), digits)) for axis in _AXES]
    else:
        places = [_text(func.ST_AsText(shape, digits))]
    columns = statements.chosen(layer, query.properties)
    return _line([_id(row), *(_value(row, column, guarded=True) for column in columns), *places])


def exchange_line(layer: Layer, columns: Sequence[Column], crs: Crs, row: FromClause) -> ColumnElement[Any]:
    """A line for the child that writes files: as `csv_line`, unguarded, with the geometry as hexadecimal WKB."""
    shape = _in(layer, row, crs)
    place = func.coalesce(func.encode(func.ST_AsBinary(shape), literal_column("'hex'")), _NOTHING)
    return _line([_id(row), *(_value(row, column, guarded=False) for column in columns), place])


_AXES = (func.ST_X, func.ST_Y)


def _in(layer: Layer, row: FromClause, crs: Crs) -> ColumnElement[Any]:
    shape: ColumnElement[Any] = row.c.geom
    return shape if crs.srid == layer.srid else func.ST_Transform(shape, literal_column(str(crs.srid)))


def _id(row: FromClause) -> ColumnElement[Any]:
    return cast(row.c.fid, Text)


def _line(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    made = parts[0]
    for part in parts[1:]:
        made = made + literal_column("','", Text()) + part
    return made + literal_column(r"E'\n'", Text())


def _value(row: FromClause, column: Column, *, guarded: bool) -> ColumnElement[Any]:
    value = row.c[column.name]
    match column.type:
        case ColumnType.TEXT:
            harmless = func.regexp_replace(value, _FORMULA, literal_column(r"'''\&'", Text())) if guarded else value
            return _text(harmless)
        case ColumnType.DATE:
            # What no calendar of a program holds (before year 1, infinity) is left out.
            usual = value.between(literal_column("date '0001-01-01'"), literal_column("date '9999-12-31'"))
            return _number(case((usual, func.to_char(value, literal_column("'YYYY-MM-DD'")))))
        case ColumnType.TIMESTAMP:
            usual = value.between(
                literal_column("timestamptz '0001-01-02Z'"), literal_column("timestamptz '9999-12-30Z'")
            )
            utc = func.timezone(literal_column("'UTC'"), value)
            pattern: ColumnElement[Any] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
            return _number(case((usual, func.to_char(utc, pattern))))
        case _:
            return _number(value)


def _number(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(cast(value, Text), _NOTHING)


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    doubled = func.replace(value, _QUOTE, literal_column("'\"\"'", Text()), type_=Text())
    return func.coalesce(_QUOTE + doubled + _QUOTE, _NOTHING, type_=Text())


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"' if any(sign in name for sign in ',"\n\r') else name
