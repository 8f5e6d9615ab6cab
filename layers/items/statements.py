# SPDX-License-Identifier: EUPL-1.2
"""SQL of items: a query's shape becomes one statement, compiled once; its values are bound at each run.

A page's rows are features as text made by PostGIS, each with its key; one row more is read than the page holds, to know
whether it is the last.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine, UserDefinedType

from layers.items import past
from layers.items.model import SortKey
from layers.model import Column, ColumnType, Layer
from sdi.crs import Crs
from sdi.db.sql import quote
from sdi.filters.compile import compile_filter
from sdi.filters.parse import Filter
from sdi.filters.schema import Kind, Queryable

SQL_TYPES: Mapping[ColumnType, TypeEngine[Any]] = {
    ColumnType.TEXT: Text(),
    ColumnType.INTEGER: BigInteger(),
    ColumnType.NUMBER: Double(),
    ColumnType.BOOLEAN: Boolean(),
    ColumnType.DATE: Date(),
    ColumnType.TIMESTAMP: DateTime(timezone=True),
}
_DIALECT = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
_BRANCH = "branch number"  # a name that no column of a layer can have
FID = "fid"
GEOMETRY = "geom"


class Geometry(UserDefinedType[str]):
    """PostGIS geometry; values are hexadecimal EWKB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name of the type."""
        return "geometry"


@dataclass(frozen=True)
class Statement:
    """Compiled text with psycopg's named marks; `fixed` are the values that belong to the shape itself (a filter's)."""

    text: str
    fixed: Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """What of a query decides the text of its statement, its values left out.

    `nulls` tells of each sort value of `after` whether it is NULL; None for a first page. `by_box` is the path to take
    through the table when there is a box: by the spatial index, or along the order of the page. `past` asks for the
    states of a moment.
    """

    crs: Crs
    box: bool
    by_box: bool
    starts: bool
    ends: bool
    equals: tuple[str, ...]
    filter: Filter | None
    sort: tuple[SortKey, ...]
    properties: tuple[str, ...] | None
    nulls: tuple[bool, ...] | None
    past: bool = False


def compiled(statement: Any) -> Statement:
    """The text and the fixed values of a Core statement for raw psycopg."""
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return Statement(str(made), {name: value for name, value in made.params.items() if value is not None})


def relation(layer: Layer, schema: str) -> FromClause:
    """The table (or view) of a layer with its typed columns."""
    columns = [column(c.name, SQL_TYPES[c.type]) for c in layer.columns]
    return table(layer.relation or "", column(FID, BigInteger()), column(GEOMETRY, Geometry()), *columns, schema=schema)


def queryables(layer: Layer, source: FromClause) -> dict[str, Queryable]:
    """What a filter may name: every column, the geometry, and the id."""
    named = {c.name: Queryable(Kind(c.type.value), source.c[c.name]) for c in layer.columns}
    named[GEOMETRY] = Queryable(Kind.GEOMETRY, source.c.geom, srid=layer.srid)
    named[FID] = Queryable(Kind.INTEGER, source.c.fid)
    return named


def page(layer: Layer, schema: str, shape: Shape, encode: "FeatureForm") -> Select[Any]:
    """The statement of a page: a feature (by `encode`), its id and its sort values a row, one row more than the page.

    Binds `limit`, `after0`..., `box`, `start`, `end`, `equal0`... as the shape has them.
    """
    rows = page_rows(layer, schema, shape).subquery("page")
    keys = (cast(rows.c[key.column], Text).label(f"key {number}") for number, key in enumerate(shape.sort))
    return select(encode(layer, rows, shape.crs, shape.properties).label("feature"), rows.c.fid, *keys)


def single(layer: Layer, schema: str, crs: Crs, encode: "FeatureForm | None" = None) -> Select[Any]:
    """The statement of one feature and its state; binds `fid`."""
    source = relation(layer, schema)
    state_of = literal_column(state(f"{schema}.{quote(layer.relation or '')}"), Text())
    made = (encode or feature)(layer, source, crs, None)
    chosen_columns: list[ColumnElement[Any]] = [made, state_of]
    return select(*chosen_columns).where(source.c.fid == bindparam("fid", type_=BigInteger()))


def single_past(layer: Layer, schema: str, crs: Crs, encode: "FeatureForm | None" = None) -> Select[Any]:
    """The statement of one feature as it was at a moment; binds `fid` and `moment`."""
    source = past.whole(layer, relation(layer, schema))
    made = (encode or feature)(layer, source, crs, None)
    return select(made).where(source.c.fid == bindparam("fid", type_=BigInteger()))


def state(row: str) -> str:
    """The state of a feature in SQL: a digest of its id, geometry and attributes as PostgreSQL sends them in binary."""
    return f"left(encode(sha256(record_send({row}.*)), 'hex'), 32)"


def record(layer: Layer, schema: str) -> Select[Any]:
    """The statement of one feature's state and attributes; binds `fid`."""
    source = relation(layer, schema)
    columns = [source.c[c.name] for c in layer.columns]
    state_of = literal_column(state(f"{schema}.{quote(layer.relation or '')}"), Text())
    return select(state_of, *columns).where(source.c.fid == bindparam("fid", type_=BigInteger()))


def source_of(layer: Layer, schema: str, shape: Shape) -> FromClause:
    """What a query reads all of: the layer's table, or its states at a moment."""
    table_ = relation(layer, schema)
    return past.whole(layer, table_) if shape.past else table_


def count(layer: Layer, schema: str, shape: Shape) -> Select[Any]:
    """The statement that counts every match of a query."""
    source = source_of(layer, schema, shape)
    return select(func.count()).select_from(source).where(*conditions(layer, source, shape))


def matches(layer: Layer, schema: str, shape: Shape) -> Select[Any]:
    """The statement whose plan tells how many rows match a query."""
    source = source_of(layer, schema, shape)
    return select(source.c.fid).where(*conditions(layer, source, shape))


def values(layer: Layer, schema: str, shape: Shape) -> Select[Any]:
    """The statement of a page's attributes (for tables): id, sort values as text, then the chosen columns."""
    rows = page_rows(layer, schema, shape).subquery("page")
    keys = (cast(rows.c[key.column], Text).label(f"key {number}") for number, key in enumerate(shape.sort))
    return select(rows.c.fid, *keys, *(rows.c[column.name] for column in chosen(layer, shape.properties)))


def chosen(layer: Layer, properties: Sequence[str] | None) -> list[Column]:
    """Columns to send, in the layer's order."""
    return [c for c in layer.columns if properties is None or c.name in properties]


def feature(layer: Layer, row: FromClause, crs: Crs, properties: Sequence[str] | None) -> ColumnElement[str]:
    """A GeoJSON feature (RFC 7946; in another CRS as OGC 18-058r1 says) as text."""
    return (
        literal_column("""'{"type":"Feature","id":'""", Text())
        + cast(row.c.fid, Text)
        + literal_column("""',"geometry":'""", Text())
        + geometry(layer, row, crs)
        + literal_column("""',"properties":'""", Text())
        + attributes_object(row, chosen(layer, properties))
        + literal_column("'}'", Text())
    )


FeatureForm = Callable[[Layer, FromClause, Crs, Sequence[str] | None], ColumnElement[str]]
"""How a feature is written: as `feature` does."""


def geometry(layer: Layer, row: FromClause, crs: Crs) -> ColumnElement[str]:
    """The geometry as GeoJSON in a CRS with its axis order, `null` without one."""
    shape: ColumnElement[Any] = row.c.geom
    if crs.srid != layer.srid:
        shape = func.ST_Transform(shape, literal_column(str(crs.srid)))
    if crs.northing_first:
        shape = func.ST_FlipCoordinates(shape)
    written = func.ST_AsGeoJSON(shape, literal_column(str(crs.decimals)), literal_column("0"))
    return func.coalesce(written, literal_column("'null'"), type_=Text())


def conditions(layer: Layer, source: FromClause, shape: Shape) -> list[ColumnElement[bool]]:
    """What a row must meet, apart from its place after the page before."""
    found: list[ColumnElement[bool]] = []
    if shape.box:
        # Without ST_Intersects as a plain condition the planner has no index to take the box to.
        box = bindparam("box", type_=Geometry())
        met = func.ST_Intersects(source.c.geom, box, type_=Boolean())
        found.append(met if shape.by_box else and_(source.c.geom.op("&&")(box), met).is_(True))
    found.extend(_during(layer, source, shape))
    for number, name in enumerate(shape.equals):
        found.append(source.c[name] == bindparam(f"equal{number}", type_=source.c[name].type))
    if shape.filter is not None:
        found.append(compile_filter(shape.filter, queryables(layer, source)))
    return found


def _during(layer: Layer, source: FromClause, shape: Shape) -> list[ColumnElement[bool]]:
    """The feature's own time meets the interval (OGC 17-069r4, 7.15.4).

    An unknown end of a span is open, and a feature without time meets any interval.
    """
    spans = layer.time_start is not None and layer.time_end is not None
    first = source.c[layer.time_start or layer.time_end or FID]
    last = source.c[layer.time_end or layer.time_start or FID]
    found: list[ColumnElement[bool]] = []
    if shape.ends:
        met = first <= bindparam("end", type_=first.type)
        found.append(or_(first.is_(None), met) if spans else met)
    if shape.starts:
        met = last >= bindparam("start", type_=last.type)
        found.append(or_(last.is_(None), met) if spans else met)
    return found if spans or not found else [or_(and_(*found), first.is_(None))]


def page_rows(layer: Layer, schema: str, shape: Shape) -> Select[Any]:
    """One row more than the page, in order."""
    if not shape.past:
        return _page_of(relation(layer, schema), layer, shape)
    # Each part by its own indexes, as far as the page reaches: over both together there is none to walk.
    parts = past.parts(layer, relation(layer, schema))
    found = (_page_of(part, layer, shape).subquery(f"part{number}") for number, part in enumerate(parts))
    both = union_all(*(select(part) for part in found)).subquery("parts")
    more = bindparam("limit", type_=BigInteger()) + literal_column("1")
    return select(both).order_by(*_order(both, shape.sort)).limit(more)


def _page_of(source: FromClause, layer: Layer, shape: Shape) -> Select[Any]:
    met = conditions(layer, source, shape)
    if shape.box and shape.by_box:
        # OFFSET 0 keeps the planner from walking the order's index and testing the box row by row.
        source = select(source).where(*met).offset(literal_column("0")).subquery("inside")
        met = []
    branches = _after(source, shape)
    order = _order(source, shape.sort)
    more = bindparam("limit", type_=BigInteger()) + literal_column("1")
    if len(branches) == 1:
        return select(source).where(*met, *branches).order_by(*order).limit(more)
    parts = []
    for number, branch in enumerate(branches):
        rows = select(source).where(*met, branch).order_by(*order).limit(more).subquery(f"branch{number}")
        parts.append(select(literal_column(str(number)).label(_BRANCH), rows))
    both = union_all(*parts).subquery("both")
    names = [c for c in both.c if c.key != _BRANCH]
    return select(*names).order_by(both.c[_BRANCH], *_order(both, shape.sort)).limit(more)


def _order(source: FromClause, sort: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    keys = [
        source.c[key.column].desc().nulls_first() if key.descending else source.c[key.column].asc().nulls_last()
        for key in sort
    ]
    return [*keys, source.c.fid.asc()]


def _after(source: FromClause, shape: Shape) -> list[ColumnElement[bool]]:
    """Conditions of rows after the last page; two of them where NULLs and values are read one after the other.

    An OR over both would have no index, so each gets a branch of its own.
    """
    if shape.nulls is None:
        return [literal_column("true", Boolean())]
    following = _following(source, shape.sort, shape.nulls, 0)
    if not shape.sort:
        return [following]
    key = source.c[shape.sort[0].column]
    last = bindparam("after0", type_=key.type)
    if shape.nulls[0]:
        same = and_(key.is_(None), _following(source, shape.sort, shape.nulls, 1))
        return [same, key.is_not(None)] if shape.sort[0].descending else [same]
    if shape.sort[0].descending:
        return [and_(key <= last, following)]
    return [and_(key >= last, following), key.is_(None)]


def _following(source: FromClause, sort: Sequence[SortKey], nulls: Sequence[bool], level: int) -> ColumnElement[bool]:
    """Rows after the last one by the keys from `level` on, those before being equal."""
    if level == len(sort):
        return source.c.fid > bindparam(f"after{level}", type_=BigInteger())
    key = source.c[sort[level].column]
    rest = _following(source, sort, nulls, level + 1)
    last = bindparam(f"after{level}", type_=key.type)
    if sort[level].descending:
        beyond = key.is_not(None) if nulls[level] else key < last
    else:
        beyond = false() if nulls[level] else or_(key > last, key.is_(None))
    same = key.is_(None) if nulls[level] else key == last
    return or_(beyond, and_(same, rest))


def attributes_object(row: FromClause, columns: Sequence[Column]) -> ColumnElement[str]:
    """Attributes as a JSON object; PostgreSQL names its members by the columns, however many there are."""
    alias = quote(str(row.name))  # type: ignore[attr-defined] # every table and subquery here has a name
    listed = ", ".join(f"{alias}.{quote(column.name)}" for column in columns)
    return literal_column(f"(SELECT row_to_json(attributes)::text FROM (SELECT {listed}) attributes)", Text())
