# SPDX-License-Identifier: EUPL-1.2
"""Items' face: pages, single features and counts of a layer for a caller, as bytes made by PostGIS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
import shapely
from psycopg import errors as pg
from psycopg.types.numeric import Int8
from sqlalchemy import Select

from layers.items import statements, store, streams
from layers.items.model import Count, FeaturePage, Interval, ItemQuery
from layers.items.statements import FeatureForm, Shape, Statement
from layers.items.streams import Encode
from layers.model import ColumnType, Layer
from layers.service import Snapshot, visible
from sdi import crs as crss
from sdi.crs import Crs
from sdi.db.database import Database
from sdi.errors import InvalidParameter, NotFound, TooBusy
from sdi.people.model import Principal
from sdi.web.context import principal, services

COUNT_MS = 2_000
"""How long an exact count may take before it becomes an estimate."""
_SMALL = 5_000
_INSIDE_COST = 0.3
"""Cost of a row fetched through the spatial index, in rows met on the walk along the key; measured."""


@dataclass(frozen=True)
class Items:
    """Reads items for one caller; `kept` are the statements compiled for the caller's snapshot of the registry."""

    database: Database
    caller: Principal | None
    kept: store.Statements

    def page(self, layer: Layer, query: ItemQuery, encode: FeatureForm = statements.feature) -> FeaturePage:
        """A page of features (GeoJSON unless `encode` says otherwise) in `query.crs`, joined by commas."""
        with self.cursor(layer) as cursor:
            shape = self.shape(cursor, layer, query)
            # Planned once for all values, a walk with a box ignores the key (16 ms for 0.5).
            statement = self._statement(statements.page, layer, shape, encode)
            read = _placed(cursor, statement, bound_values(layer, query), prepare=shape.by_box)
            shown = min(read, query.limit)
            features = store.joined(cursor, shown)
            following = store.place(cursor, shown - 1) if read > query.limit else None
        return FeaturePage(features, shown, following)

    def rows(self, layer: Layer, query: ItemQuery) -> tuple[list[tuple[Any, ...]], tuple[str | None, ...] | None]:
        """A page of attributes (id first, then the chosen columns), for tables; and the place to go on from."""
        with self.cursor(layer) as cursor:
            shape = self.shape(cursor, layer, query)
            _placed(cursor, self._statement(statements.values, layer, shape), bound_values(layer, query))
            found = cursor.fetchall()
        keys = len(query.sort)
        last = found[query.limit - 1] if len(found) > query.limit else None
        following = (*last[1 : keys + 1], str(last[0])) if last else None
        return [(row[0], *row[keys + 1 :]) for row in found[: query.limit]], following

    def stream(
        self, layer: Layer, query: ItemQuery, encode: Encode, *, joint: bytes = b"", limit: int | None = None
    ) -> Iterator[bytes]:
        """Every match (or the first `limit`; `query.limit` is of pages) as `encode` writes rows, joined by `joint`.

        The rows are sent in chunks of about `streams.CHUNK_BYTES`, read as they are taken. The statement is begun
        before this returns, so its refusals are proper answers; to be answered by `sdi.web.streaming.streamed`.
        Without a limit and an order asked for rows come as they are stored. Close the iterator to stop early.
        """
        asked = replace(query, limit=streams.ALL if limit is None else limit - 1)
        statement = streams.statement(layer, self.schema(layer), shape_of(asked, by_box=True), encode, limit)
        return streams.Begun(self._chunks(layer, statement, bound_values(layer, asked), joint))

    def _chunks(self, layer: Layer, statement: Statement, values: Mapping[str, Any], joint: bytes) -> Iterator[bytes]:
        with self.cursor(layer) as cursor:
            yield from streams.chunks(cursor, statement, values, joint)

    def one(self, layer: Layer, fid: int, crs: Crs, encode: FeatureForm = statements.feature) -> tuple[bytes, str]:
        """One feature (GeoJSON unless `encode` says otherwise) and its state; NotFound without it."""
        schema = self.schema(layer)
        key = ("one", layer.id, layer.version, schema, crs, encode)
        statement = self.kept.get(key, lambda: statements.compiled(statements.single(layer, schema, crs, encode)))
        with self.cursor(layer) as cursor:
            row = store.one(cursor, statement, {"fid": Int8(fid)})
        if row is None or row[0] is None:
            raise NotFound(f"Layer {layer.id!r} has no feature {fid}.", locator="featureId")
        return row[0], (row[1] or b"").decode()

    def one_past(
        self, layer: Layer, fid: int, crs: Crs, moment: datetime, encode: FeatureForm = statements.feature
    ) -> bytes:
        """One feature as it was at a moment that `since` allows; NotFound where it was not there."""
        schema = self.schema(layer)
        key = ("one past", layer.id, layer.version, schema, crs, encode)
        made = self.kept.get(key, lambda: statements.compiled(statements.single_past(layer, schema, crs, encode)))
        with self.cursor(layer) as cursor:
            row = store.one(cursor, made, {"fid": Int8(fid), "moment": moment})
        if row is None or row[0] is None:
            raise NotFound(f"Layer {layer.id!r} had no feature {fid} then.", locator="featureId")
        return row[0]

    def since(self, layer: Layer) -> datetime:
        """From when on the states of the layer's features are known to this caller."""
        with self.cursor(layer) as cursor:
            return store.since(cursor, layer, "app" if self.schema(layer) == "data_app" else "pub")

    def attributes(self, layer: Layer, fid: int) -> tuple[dict[str, Any], str]:
        """Attributes of one feature by their columns, and its state; NotFound without it."""
        statement = statements.compiled(statements.record(layer, self.schema(layer)))
        with self.cursor(layer) as cursor:
            found = cursor.execute(statement.text, {**statement.fixed, "fid": Int8(fid)}).fetchone()
        if found is None:
            raise NotFound(f"Layer {layer.id!r} has no feature {fid}.", locator="featureId")
        return dict(zip(layer.by_name, found[1:], strict=True)), found[0]

    def count(self, layer: Layer, query: ItemQuery, *, exact: bool) -> Count:
        """How many features match: at no cost for the whole layer, else within `COUNT_MS` or as an estimate."""
        if not query.selects:
            return Count(layer.feature_count, "exact")
        values = bound_values(layer, query)
        shape = shape_of(query, by_box=True)
        with self.cursor(layer) as cursor:
            counted = self._statement(statements.count, layer, shape)
            number = store.count_within(cursor, counted, values, COUNT_MS) if exact else None
            if number is not None:
                return Count(number, "exact")
            return Count(store.estimate(cursor, self._statement(statements.matches, layer, shape), values), "estimated")

    def statement(self, layer: Layer, query: ItemQuery) -> Statement:
        """The statement that `page` runs; for benchmarks and tests of plans."""
        with self.cursor(layer) as cursor:
            return self._statement(statements.page, layer, self.shape(cursor, layer, query), statements.feature)

    @contextmanager
    def cursor(self, layer: Layer) -> Iterator[psycopg.Cursor[Any]]:
        """A cursor with which `schema(layer)` can be read; TooBusy when the layer goes away meanwhile."""
        try:
            with store.cursor(self.database, self.caller if self.schema(layer) == "data_app" else None) as cursor:
                yield cursor
        except (pg.UndefinedTable, pg.InsufficientPrivilege) as error:
            raise TooBusy(f"Layer {layer.id!r} was changed a moment ago; ask again.") from error

    def schema(self, layer: Layer) -> str:
        """Where this caller reads the layer's features; public ones at no cost of rights, whoever asks."""
        return layer.schema(public=self.caller is None or layer.visibility == "public")

    def _statement(self, make: Any, layer: Layer, shape: Shape, *more: Any) -> Statement:
        key = (make.__name__, layer.id, layer.version, self.schema(layer), shape, *more)

        def compiled() -> Statement:
            return statements.compiled(cast("Select[Any]", make(layer, self.schema(layer), shape, *more)))

        return self.kept.get(key, compiled)

    def shape(self, cursor: psycopg.Cursor[Any], layer: Layer, query: ItemQuery) -> Shape:
        """Through the spatial index or along the key: whichever reads fewer rows, by the planner's own statistics."""
        if query.box is None or query.sort or layer.feature_count <= _SMALL:
            return shape_of(query, by_box=True)
        inside = layer.feature_count * store.selectivity(cursor, layer, _box(layer, query))
        walked = query.limit * layer.feature_count / max(inside, 1)
        return shape_of(query, by_box=inside * _INSIDE_COST <= walked)


def items() -> Items:
    """Items as this request's caller sees them."""
    return items_for(services().database, visible(), principal())


def items_for(database: Database, snapshot: Snapshot, caller: Principal | None) -> Items:
    """Items as the caller of a snapshot sees them."""
    return Items(database, caller, snapshot.lasting.setdefault("items", store.Statements()))


def _placed(
    cursor: psycopg.Cursor[Any], statement: Statement, values: Mapping[str, Any], *, prepare: bool = True
) -> int:
    """Run and count rows; what PostgreSQL cannot read as a value of its column is the caller's mistake."""
    try:
        return store.run(cursor, statement, values, prepare=prepare)
    except pg.DataError as error:
        raise InvalidParameter("A value of the query does not fit the type of its column.") from error


def shape_of(query: ItemQuery, *, by_box: bool) -> Shape:
    """What of a query decides its statement, with the path through the table given."""
    interval = query.interval or Interval(None, None)
    return Shape(
        crs=query.crs,
        box=query.box is not None,
        by_box=by_box,
        starts=interval.start is not None,
        ends=interval.end is not None,
        equals=tuple(name for name, _ in query.equals),
        filter=query.filter,
        sort=query.sort,
        properties=query.properties,
        nulls=None if query.after is None else tuple(value is None for value in query.after),
        past=query.as_of is not None,
    )


def bound_values(layer: Layer, query: ItemQuery) -> Mapping[str, Any]:
    """What the statement of a query binds, by the names of its marks."""
    values: dict[str, Any] = {"limit": Int8(query.limit)}
    if query.as_of:
        values["moment"] = query.as_of
    if query.box:
        values["box"] = _box(layer, query)
    if query.interval:
        values.update(_times(layer, query.interval))
    for number, (_, value) in enumerate(query.equals):
        values[f"equal{number}"] = Int8(value) if type(value) is int else value
    for number, text in enumerate(query.after or ()):
        if text is not None:
            values[f"after{number}"] = text if number < len(query.sort) else Int8(int(text))
    return values


def _box(layer: Layer, query: ItemQuery) -> str:
    """The box in the layer's own CRS, so that its spatial index serves, as hexadecimal EWKB."""
    assert query.box is not None  # noqa: S101 - callers ask only with a box
    shape = query.box.geometry(crss.by_srid(layer.srid))
    return shapely.to_wkb(shapely.set_srid(shape, layer.srid), hex=True, include_srid=True)


def _times(layer: Layer, interval: Interval) -> Iterator[tuple[str, Any]]:
    ends = (
        ("start", interval.start, layer.time_end or layer.time_start),
        ("end", interval.end, layer.time_start or layer.time_end),
    )
    for name, moment, column in ends:
        if moment is not None:
            dated = layer.by_name[column or ""].type is ColumnType.DATE
            yield name, moment.astimezone(UTC).date() if dated else moment
