# SPDX-License-Identifier: EUPL-1.2
"""Features that a process was given as one common table expression, and what comes of them as GeoJSON in a file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from psycopg import errors as pg
from psycopg import sql

from layers.items import statements
from layers.items.model import ItemQuery
from layers.items.service import bound_values, shape_of
from layers.processes.inputs import Features
from layers.processes.model import FEATURES, RESULT_BYTES, RUN_SECONDS, VERTICES, Run
from sdi.crs import CRS84, Crs, by_srid
from sdi.db.sql import quote
from sdi.errors import InvalidParameter, TooBusy, TooLarge
from sdi.filters.parse import from_text

_ROWS = 500


@dataclass(frozen=True)
class Source:
    """`name` is a table with fid (text), properties (jsonb) and geom in `srid`; `text` is its query."""

    name: str
    text: str
    values: Mapping[str, Any]
    srid: int

    @property
    def cte(self) -> str:
        """The table as a common table expression."""
        return f"{self.name} AS ({self.text})"

    @property
    def is_geographic(self) -> bool:
        """Whether its coordinates are degrees."""
        return by_srid(self.srid).is_geographic


def source(run: Run, name: str, given: Features, crs: Crs = CRS84) -> Source:
    """Features given to a process; those sent by value are in `crs` with its axis order."""
    if given.collection is None:
        return _sent(name, given.geojson or "[]", crs)
    return _of_layer(run, name, given)


def _sent(name: str, geojson: str, crs: Crs) -> Source:
    shape = f"ST_SetSRID(ST_Force2D(ST_GeomFromGeoJSON((f.value->'geometry')::text)), {crs.srid})"
    if crs.northing_first:
        shape = f"ST_FlipCoordinates({shape})"
    text = (
        "SELECT coalesce(f.value->>'id', f.ordinality::text) AS fid,"
        " CASE jsonb_typeof(f.value->'properties') WHEN 'object' THEN f.value->'properties' ELSE '{}' END"
        " AS properties,"
        f" ST_MakeValid({shape}) AS geom"
        f" FROM jsonb_array_elements(%({name})s::jsonb) WITH ORDINALITY f(value, ordinality)"
        " WHERE jsonb_typeof(f.value->'geometry') = 'object'"
    )
    return Source(name, text, {name: geojson}, crs.srid)


def _of_layer(run: Run, name: str, given: Features) -> Source:
    layer = run.layer(given.collection or "")
    if layer.kind != "vector":
        raise InvalidParameter(f"Layer {layer.id!r} is a raster: it has no features.", locator=name)
    schema = layer.schema(public=run.caller is None or layer.visibility == "public")
    table = f"{schema}.{quote(layer.relation or '')}"
    text = f"SELECT t.fid::text AS fid, to_jsonb(t) - 'fid' - 'geom' AS properties, t.geom FROM {table} t"
    query = ItemQuery(box=given.box(), filter=None if given.filter is None else from_text(given.filter))
    if not query.selects:
        return Source(name, text, {}, layer.srid)
    matches = statements.compiled(statements.matches(layer, schema, shape_of(query, by_box=True)))
    values = {**matches.fixed, **bound_values(layer, query)}
    inner = matches.text
    for mark in sorted(values, key=len, reverse=True):
        inner = inner.replace(f"%({mark})s", f"%({name}_{mark})s")
    return Source(
        name,
        f"{text} WHERE t.fid IN ({inner})",
        {f"{name}_{mark}": value for mark, value in values.items()},
        layer.srid,
    )


@contextmanager
def reading(run: Run) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that reads what the caller may read, each statement within its time."""
    with run.database.read(run.caller) as connection:
        raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        try:
            with raw.transaction():
                raw.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(RUN_SECONDS * 1000))
                yield raw
        except pg.QueryCanceled as error:
            raise TooBusy(
                f"The process ran out of its {RUN_SECONDS} seconds; give it fewer features or a smaller area."
            ) from error
        except (pg.InternalError, pg.DataError) as error:
            raise InvalidParameter(
                f"The geometry cannot be worked with: {str(error).partition(chr(10))[0][:200]}"
            ) from error
        except (pg.UndefinedTable, pg.InsufficientPrivilege) as error:
            raise TooBusy("A layer was changed a moment ago; start the process again.") from error


def check(raw: psycopg.Connection[Any], given: Source, within: Source | None = None) -> None:
    """TooLarge over the limits of features and vertices, of those near `within` where it is given."""
    near = ""
    tables, values = given.cte, dict(given.values)
    if within is not None:
        reach = f"ST_Transform(ST_SetSRID(ST_Extent(geom)::geometry, {within.srid}), {given.srid})"
        tables += f", {within.cte}, reach AS MATERIALIZED (SELECT {reach} AS geom FROM {within.name})"
        near = " WHERE geom && (SELECT geom FROM reach)"
        values |= within.values
    counted = (
        f"WITH {tables} SELECT count(*), coalesce(sum(ST_NPoints(geom)), 0) FROM"
        f" (SELECT geom FROM {given.name}{near} LIMIT {FEATURES + 1}) counted"
    )
    row = raw.execute(counted, values).fetchone()
    features, vertices = row or (0, 0)
    if features > FEATURES:
        raise TooLarge(f"A process takes {FEATURES:,} features; give a smaller area or a filter.", locator=given.name)
    if vertices > VERTICES:
        raise TooLarge(f"A process takes {VERTICES:,} vertices; there are {vertices:,}.", locator=given.name)


def feature(shape: str, srid: int, crs: Crs, properties: str = "properties", fid: str = "fid") -> str:
    """SQL of a GeoJSON feature in `crs` with its axis order, as text; `shape` is in `srid`."""
    if srid != crs.srid:
        shape = f"ST_Transform({shape}, {crs.srid})"
    if crs.northing_first:
        shape = f"ST_FlipCoordinates({shape})"
    return (
        f'concat(\'{{"type":"Feature","id":\', to_json({fid}::text), \',"geometry":\','
        f" coalesce(ST_AsGeoJSON({shape}, {crs.decimals}, 0), 'null'), ',\"properties\":', {properties}, '}}')"
    )


def write(run: Run, raw: psycopg.Connection[Any], statement: str, values: Mapping[str, Any]) -> int:
    """Write the statement's features as a collection into the run's file; how many. TooLarge over 100 MB."""
    count = size = 0
    with run.target.open("wb") as file, raw.cursor("result") as cursor:
        cursor.itersize = _ROWS
        file.write(b'{"type":"FeatureCollection","features":[')
        cursor.execute(statement, values)
        for (text,) in cursor:
            encoded = text.encode()
            size += len(encoded)
            if size > RESULT_BYTES:
                raise TooLarge(f"The result is over {RESULT_BYTES // 1_000_000} MB; give fewer features.")
            file.write(b",\n" if count else b"\n")
            file.write(encoded)
            count += 1
            if count % _ROWS == 0:
                run.progress(0.5, f"{count} features")
        file.write(b"\n]}\n")
    return count
