# SPDX-License-Identifier: EUPL-1.2
"""Functions that filters may call (OGC 21-065r2, 7.13): each is one SQL expression and one entry of the list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.types import UserDefinedType

from sdi.crs import by_srid
from sdi.filters.schema import Kind

Sql = ColumnElement[Any]
FARTHEST = 100_000
"""Metres of a buffer or a distance."""


@dataclass(frozen=True)
class Function:
    """A function: kinds of its arguments, kind of its value, and what makes its SQL of theirs.

    `make` gets the arguments as SQL and the number of the reference system that geometry among them is in.
    """

    name: str
    description: str
    arguments: tuple[tuple[str, tuple[Kind, ...]], ...]
    returns: Kind
    make: Callable[[list[Sql], int], Sql]

    def document(self) -> dict[str, Any]:
        """As `/functions` lists it (OGC 19-079r2, 8.6)."""
        listed = [{"title": title, "type": [_TYPES[kind] for kind in kinds]} for title, kinds in self.arguments]
        made = {"name": self.name, "description": self.description, "returns": [_TYPES[self.returns]]}
        return {**made, "args": listed} if listed else made


_TYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "datetime",
    Kind.TIMESTAMP: "datetime",
    Kind.GEOMETRY: "geometry",
}
_TEXT = (Kind.TEXT,)
_NUMBER = (Kind.NUMBER,)
_TIME = (Kind.TIMESTAMP, Kind.DATE)
_GEOMETRY = (Kind.GEOMETRY,)


def _text(name: str, returns: sa.types.TypeEngine[Any]) -> Callable[[list[Sql], int], Sql]:
    return lambda arguments, _srid: getattr(sa.func, name)(*arguments, type_=returns)


def _number(name: str) -> Callable[[list[Sql], int], Sql]:
    return lambda arguments, _srid: getattr(sa.func, name)(sa.cast(arguments[0], sa.Numeric()), type_=sa.Numeric())


def _part(name: str) -> Callable[[list[Sql], int], Sql]:
    def make(arguments: list[Sql], _srid: int) -> Sql:
        moment = arguments[0]
        if not isinstance(moment.type, sa.Date) and getattr(moment.type, "timezone", False):
            moment = sa.func.timezone("UTC", moment)
        return sa.cast(sa.extract(name, moment), sa.BigInteger())

    return make


class _Geography(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geography"


def _metres(shape: Sql, srid: int) -> Sql:
    """Something that is measured in metres: the geometry itself, or in degrees the ellipsoid's."""
    return sa.cast(sa.func.ST_SetSRID(shape, 4326), _Geography()) if by_srid(srid).is_geographic else shape


def _measure(name: str) -> Callable[[list[Sql], int], Sql]:
    return lambda arguments, srid: getattr(sa.func, name)(_metres(arguments[0], srid), type_=sa.Double())


def _distance(metres: Sql) -> Sql:
    return sa.cast(sa.func.least(sa.func.abs(metres), FARTHEST), sa.Double())


def _near(arguments: list[Sql], srid: int) -> Sql:
    a, b, metres = arguments
    return sa.func.ST_DWithin(_metres(a, srid), _metres(b, srid), _distance(metres), type_=sa.Boolean())


def _buffer(arguments: list[Sql], srid: int) -> Sql:
    made = sa.func.ST_Buffer(_metres(arguments[0], srid), _distance(arguments[1]))
    return sa.func.ST_GeomFromWKB(sa.func.ST_AsBinary(made), srid) if by_srid(srid).is_geographic else made


def _kind_of_geometry(arguments: list[Sql], _srid: int) -> Sql:
    return sa.func.substr(sa.func.ST_GeometryType(arguments[0]), 4, type_=sa.Text())


def _now(_arguments: list[Sql], _srid: int) -> Sql:
    return sa.type_coerce(sa.func.now(), sa.DateTime(timezone=True))


_PLACES = (("one", _GEOMETRY), ("other", _GEOMETRY), ("metres, at most 100,000", _NUMBER))
_LISTED = (
    Function("lower", "Text in small letters", (("text", _TEXT),), Kind.TEXT, _text("lower", sa.Text())),
    Function("upper", "Text in capitals", (("text", _TEXT),), Kind.TEXT, _text("upper", sa.Text())),
    Function("length", "Characters of a text", (("text", _TEXT),), Kind.INTEGER, _text("length", sa.Integer())),
    Function("abs", "Number without sign", (("number", _NUMBER),), Kind.NUMBER, _number("abs")),
    Function("round", "Nearest whole number", (("number", _NUMBER),), Kind.NUMBER, _number("round")),
    Function("floor", "Whole number not above", (("number", _NUMBER),), Kind.NUMBER, _number("floor")),
    Function("ceil", "Whole number not below", (("number", _NUMBER),), Kind.NUMBER, _number("ceil")),
    Function("year", "Year of a time, in UTC", (("time", _TIME),), Kind.INTEGER, _part("year")),
    Function("month", "Month of a time, in UTC", (("time", _TIME),), Kind.INTEGER, _part("month")),
    Function("day", "Day of the month of a time, in UTC", (("time", _TIME),), Kind.INTEGER, _part("day")),
    Function("now", "The moment of the request", (), Kind.TIMESTAMP, _now),
    Function("area", "Area in square metres", (("geometry", _GEOMETRY),), Kind.NUMBER, _measure("ST_Area")),
    Function("perimeter", "Length of a polygon's boundary in metres", (("geometry", _GEOMETRY),), Kind.NUMBER,
             _measure("ST_Perimeter")),
    Function("line_length", "Length of a line in metres", (("geometry", _GEOMETRY),), Kind.NUMBER,
             _measure("ST_Length")),
    Function("geometry_type", "Name of the geometry's type, such as MultiPolygon", (("geometry", _GEOMETRY),),
             Kind.TEXT, _kind_of_geometry),
    Function("centroid", "Centre of gravity", (("geometry", _GEOMETRY),), Kind.GEOMETRY,
             lambda arguments, _srid: sa.func.ST_Centroid(arguments[0])),
    Function("buffer", "Everything within a distance", (("geometry", _GEOMETRY), _PLACES[2]), Kind.GEOMETRY, _buffer),
    Function("s_dwithin", "Whether two geometries lie within a distance", _PLACES, Kind.BOOLEAN, _near),
    Function("s_beyond", "Whether two geometries lie farther apart than a distance", _PLACES, Kind.BOOLEAN,
             lambda arguments, srid: sa.not_(_near(arguments, srid))),
)  # fmt: skip
FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _LISTED})
