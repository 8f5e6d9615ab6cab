# SPDX-License-Identifier: EUPL-1.2
"""SQL of a layer's features as they were at a moment, out of what they are now and what was noted of each change.

A feature that was not changed since is what it is now; one that was is what the first change since found, or was not
there when that change made it. Every statement binds `moment`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    FromClause,
    Select,
    TableClause,
    Text,
    bindparam,
    cast,
    column,
    literal,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from layers.model import Layer


def parts(layer: Layer, source: FromClause) -> tuple[FromClause, FromClause]:
    """What is still as it was, and what was changed since, each with the columns of `source`, the layer's table."""
    return _unchanged(layer, source), _changed(layer, source)


def whole(layer: Layer, source: FromClause) -> FromClause:
    """Both as one, for statements that read all of it."""
    return union_all(*(select(part) for part in parts(layer, source))).subquery("states")


def _unchanged(layer: Layer, source: FromClause) -> FromClause:
    changes = _changes(source)
    # Hashed once whatever their number; NOT EXISTS was planned as a loop over them for each row (3.6 s for a page).
    since = select(changes.c.fid).where(*_since(layer, changes))
    return select(source).where(source.c.fid.not_in(since)).subquery("unchanged")


def _changed(layer: Layer, source: FromClause) -> FromClause:
    changes = _changes(source)
    first = (
        select(changes.c.fid, changes.c.operation, changes.c.before, changes.c.geometry)
        .where(*_since(layer, changes))
        .ext(distinct_on(changes.c.fid))
        .order_by(changes.c.fid, changes.c.seq)
        .subquery("first")
    )
    values = (cast(first.c.before[one.name].astext, source.c[one.name].type).label(one.name) for one in layer.columns)
    states: Select[Any] = select(first.c.fid, first.c.geometry.label("geom"), *values)
    return states.where(first.c.operation != literal("insert", Text())).subquery("changed")


def _changes(source: FromClause) -> TableClause:
    """The view of changes for who reads the layer's table there."""
    schema = source.schema if isinstance(source, TableClause) else None
    return table(
        "past",
        column("layer_id", Text()),
        column("fid", BigInteger()),
        column("seq", BigInteger()),
        column("operation", Text()),
        column("before", JSONB()),
        column("geometry", source.c.geom.type),
        column("at", DateTime(timezone=True)),
        schema="app" if schema == "data_app" else "pub",
    )


def _since(layer: Layer, changes: TableClause) -> tuple[Any, Any]:
    moment = bindparam("moment", type_=DateTime(timezone=True))
    return changes.c.layer_id == literal(layer.id, Text()), changes.c.at > moment
