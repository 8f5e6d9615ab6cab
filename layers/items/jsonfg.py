# SPDX-License-Identifier: EUPL-1.2
"""Features as JSON-FG (OGC 21-045r1): GeoJSON with `time`, and with `place` where the CRS is not CRS84."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, literal_column, null

from layers.items import statements
from layers.model import ColumnType, Layer
from sdi.crs import CRS84, Crs

_OPEN = literal_column("""'".."'""", Text())


def feature(layer: Layer, row: FromClause, crs: Crs, properties: Sequence[str] | None) -> ColumnElement[str]:
    """A JSON-FG feature: geometry in CRS84 stands in `geometry`, in any other system in `place` (clause 7.5)."""
    shape, nothing = statements.geometry(layer, row, crs), _text("null")
    geometry, place = (shape, nothing) if crs is CRS84 else (nothing, shape)
    return (
        _text('{"type":"Feature","id":')
        + cast(row.c.fid, Text)
        + _text(',"time":')
        + _time(layer, row)
        + _text(',"place":')
        + place
        + _text(',"geometry":')
        + geometry
        + _text(',"properties":')
        + statements.attributes_object(row, statements.chosen(layer, properties))
        + _text("}")
    )


def _text(value: str) -> ColumnElement[Any]:
    return literal_column(f"'{value}'", Text())


def _time(layer: Layer, row: FromClause) -> ColumnElement[Any]:
    """`time` of the feature: an instant, an interval whose unknown ends are open, or null (clause 7.4)."""
    if layer.time_start is not None and layer.time_end is not None:
        first, last = _moment(layer, row, layer.time_start), _moment(layer, row, layer.time_end)
        ends = (
            _text('{"interval":[') + func.coalesce(first, _OPEN) + _text(",") + func.coalesce(last, _OPEN) + _text("]}")
        )
        return case((first.is_(null()) & last.is_(null()), _text("null")), else_=ends)
    name = layer.time_start or layer.time_end
    if name is None:
        return _text("null")
    member = "date" if layer.by_name[name].type is ColumnType.DATE else "timestamp"
    return func.coalesce(_text(f'{{"{member}":') + _moment(layer, row, name) + _text("}"), _text("null"), type_=Text())


def _moment(layer: Layer, row: FromClause, name: str) -> ColumnElement[Any]:
    """A date or an instant in UTC as a JSON text; NULL where there is none that RFC 3339 can write."""
    value = row.c[name]
    usual = value.between(literal_column("date '0001-01-02'"), literal_column("date '9999-12-30'"))
    dated = layer.by_name[name].type is ColumnType.DATE
    moment = value if dated else func.timezone(literal_column("'UTC'"), value)
    pattern = literal_column("'YYYY-MM-DD'" if dated else """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""", Text())
    written = _text('"') + func.to_char(moment, pattern) + _text('"')
    return case((usual, written))
