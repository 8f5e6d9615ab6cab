# SPDX-License-Identifier: EUPL-1.2
"""SQL of loading: the staging table, keys, the new version's table, and the notes about the load."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from ingest import copying
from ingest.model import LayerReport, Refusal
from layers.model import Column, Extent, Layer
from sdi.db.sql import quote

STAGE = "pg_temp.stage"


@dataclass(frozen=True, slots=True)
class Geometry:
    """How stored geometries are made of staged ones. `srid` is None where `wkt` defines the source's CRS."""

    type: str
    target: int
    srid: int | None
    wkt: str

    @property
    def sql(self) -> str:
        """An expression over `s.geom`; contains a mark for the WKT when there is no number."""
        if self.srid is None:
            moved = f"ST_Transform(s.geom, %(wkt)s::text, {self.target})"
        elif self.srid == self.target:
            moved = f"ST_SetSRID(s.geom, {self.target})"
        else:
            moved = f"ST_Transform(ST_SetSRID(s.geom, {self.srid}), {self.target})"
        return f"ST_Multi({moved})" if self.type.startswith("Multi") else moved


def lock(connection: Connection, layer_id: str) -> None:
    """Wait until no other transaction loads this layer."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('brama.layer.' || :id, 0))"), {"id": layer_id}
    )


def make_stage(connection: Connection, columns: Sequence[Column]) -> None:
    """An empty staging table that goes with the transaction."""
    declared = "".join(f", {quote(column.name)} {column.type.sql}" for column in columns)
    connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
    connection.exec_driver_sql(f"CREATE TEMP TABLE stage (row bigint, geom geometry{declared}) ON COMMIT DROP")


def copy_in(connection: Connection, batches: Iterable[Sequence[pa.Array]]) -> None:
    """Stage batches of columns in the order of the table."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the engine's driver, for the type checker
    with driver.cursor() as cursor, cursor.copy(f"COPY {STAGE} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(copying.HEADER)
        for columns in batches:
            for chunk in copying.encode(columns):
                copy.write(chunk)
        copy.write(copying.TRAILER)


def staged_names(connection: Connection) -> set[str]:
    """Names of the stage's columns."""
    statement = "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_temp.stage'::regclass AND attnum > 0"
    return set(connection.exec_driver_sql(statement).scalars())


def staged_extent(connection: Connection) -> Extent:
    """Bounds of what is staged, in the source's CRS."""
    statement = (
        f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geom) AS e FROM {STAGE}) extent"
    )
    minx, miny, maxx, maxy = connection.exec_driver_sql(statement).one()
    return (minx, miny, maxx, maxy)


def is_unique(connection: Connection, column: str) -> bool:
    """Whether every staged row has a value of its own."""
    name = quote(column)
    statement = f"SELECT count(*) = count({name}) AND count(*) = count(DISTINCT {name}) FROM {STAGE}"
    return bool(connection.exec_driver_sql(statement).scalar_one())


def take_out_repeated(connection: Connection, key: str) -> list[Refusal]:
    """Remove staged rows whose key is null or came before."""
    name = quote(key)
    statement = (
        f"DELETE FROM {STAGE} WHERE {name} IS NULL OR row IN (SELECT row FROM (SELECT row, row_number()"
        f" OVER (PARTITION BY {name} ORDER BY row) AS nth FROM {STAGE}) numbered WHERE nth > 1)"
        f" RETURNING row, {name}::text"
    )
    return [
        Refusal(row, value, "its key was in the file before" if value is not None else "it has no key")
        for row, value in connection.exec_driver_sql(statement)
    ]


def take_out_present(connection: Connection, old: Layer, key: Column) -> list[Refusal]:
    """Remove staged rows whose key the layer has already."""
    statement = (
        f"DELETE FROM {STAGE} s USING {_old(old)} o WHERE {_same_key(old, key)}"
        f" RETURNING s.row, s.{quote(key.name)}::text"
    )
    return [
        Refusal(row, value, "the layer has a feature of this key")
        for row, value in connection.exec_driver_sql(statement)
    ]


def staged_count(connection: Connection) -> int:
    """Rows that are staged."""
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {STAGE}").scalar_one())


def highest_fid(connection: Connection, old: Layer) -> int:
    """The highest feature id in the layer's current table."""
    statement = f"SELECT coalesce(max(fid), 0) FROM {_old(old)}"
    return int(connection.exec_driver_sql(statement).scalar_one())


def make_table(connection: Connection, relation: str, geometry: Geometry, columns: Sequence[Column]) -> None:
    """An empty table for the new version."""
    declared = "".join(f", {quote(column.name)} {column.type.sql}" for column in columns)
    kind = f"geometry({geometry.type}, {geometry.target})"
    connection.exec_driver_sql(
        f"CREATE TABLE data.{quote(relation)} (fid bigint NOT NULL, geom {kind} NOT NULL{declared})"
    )


def fill_new(connection: Connection, relation: str, geometry: Geometry, columns: Sequence[Column], start: int) -> None:
    """Fill from the stage with ids after `start`.

    Ids follow the Hilbert curve over the boxes (PostGIS's order of geometries), and rows the ids: pages by id and
    pages by box then both read neighbouring blocks.
    """
    names = _names(columns)
    statement = (
        f"INSERT INTO data.{quote(relation)} (fid, geom{names})"
        f" SELECT {start} + row_number() OVER (ORDER BY s.geom, s.row), {geometry.sql}{_names(columns, 's.')}"
        f" FROM {STAGE} s"
    )
    connection.exec_driver_sql(statement, _parameters(geometry))


def fill_joined(
    connection: Connection,
    relation: str,
    geometry: Geometry,
    columns: Sequence[Column],
    joined: tuple[Layer, Column, int],
) -> None:
    """Fill from the stage; rows whose key the old version has keep their ids, others get ids after the given one."""
    old, key, start = joined
    statement = (
        f"INSERT INTO data.{quote(relation)} (fid, geom{_names(columns)})"
        f" SELECT coalesce(o.fid, {start} + row_number() OVER (PARTITION BY o.fid IS NULL ORDER BY s.geom, s.row)),"
        f" {geometry.sql}{_names(columns, 's.')} FROM {STAGE} s LEFT JOIN {_old(old)} o ON {_same_key(old, key)}"
        " ORDER BY 1"
    )
    connection.exec_driver_sql(statement, _parameters(geometry))


def fill_kept(connection: Connection, relation: str, old: Layer, columns: Sequence[Column], key: Column | None) -> None:
    """Fill with the old version's rows; with a key without those that the stage replaces."""
    multi = "ST_Multi(o.geom)" if _is_multi(connection, relation) else "o.geom"
    values = "".join(f", o.{quote(c.name)}::{c.type.sql}" for c in columns)
    replaced = f" WHERE NOT EXISTS (SELECT FROM {STAGE} s WHERE {_same_key(old, key)})" if key else ""
    connection.exec_driver_sql(
        f"INSERT INTO data.{quote(relation)} (fid, geom{_names(columns)})"
        f" SELECT o.fid, {multi}{values} FROM {_old(old)} o{replaced} ORDER BY o.fid"
    )


def finish_table(connection: Connection, relation: str, columns: Sequence[Column], search: str | None) -> None:
    """Primary key, indexes on place, on columns marked as indexed, on the folded label for searching; statistics."""
    table = f"data.{quote(relation)}"
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD PRIMARY KEY (fid)")
    connection.exec_driver_sql(f"CREATE INDEX ON {table} USING gist (geom)")
    for column in columns:
        if column.indexed:
            connection.exec_driver_sql(f"CREATE INDEX ON {table} ({quote(column.name)})")
    if search:
        connection.exec_driver_sql(f"CREATE INDEX ON {table} USING gin (sdi.fold({quote(search)}) gin_trgm_ops)")
    connection.exec_driver_sql(f"ANALYZE {table}")


def measure(connection: Connection, relation: str, times: tuple[str, ...]) -> tuple[int, int, Extent, Any]:
    """Count, highest id, bounds and span of time of a filled table."""
    start, end = (quote(times[0]), quote(times[-1])) if times else ("NULL", "NULL")
    row = connection.exec_driver_sql(
        f"SELECT count(*), max(fid), min({start})::timestamptz, max({end})::timestamptz, ST_Extent(geom)::box2d AS e,"
        " ST_XMin(ST_Extent(geom)), ST_YMin(ST_Extent(geom)), ST_XMax(ST_Extent(geom)), ST_YMax(ST_Extent(geom))"
        f" FROM data.{quote(relation)}"
    ).one()
    span = (row[2], row[3]) if times else None
    return row[0], row[1], (row[5], row[6], row[7], row[8]), span


def longest(connection: Connection, relation: str, column: str) -> int:
    """Bytes of the longest text in a column."""
    statement = f"SELECT coalesce(max(octet_length({quote(column)})), 0) FROM data.{quote(relation)}"
    return int(connection.exec_driver_sql(statement).scalar_one())


def named_objects(connection: Connection) -> set[str]:
    """Keys of objects that a layer shows, or showed within a day."""
    statement = text(
        "SELECT object_key FROM layers.layer WHERE object_key IS NOT NULL UNION SELECT object_key FROM layers.version"
        " WHERE object_key IS NOT NULL AND coalesce(retired_at, now()) > now() - interval '1 day'"
    )
    return set(connection.execute(statement).scalars())


def note_load(
    connection: Connection, report: LayerReport, source: str, sha256: str | None, account: UUID | None
) -> None:
    """Store the report and the refused rows."""
    values = asdict(report)
    refusals = values.pop("refusals")
    statement = text(
        "INSERT INTO ingest.load (layer_id, version, source, source_layer, sha256, rows_read, rows_loaded,"
        " rows_repaired, rows_refused, report, account_id, started_at)"
        " VALUES (:layer, :version, :source, :source_layer, :sha256, :read, :loaded, :repaired, :refused, :report,"
        " :account, now()) RETURNING id"
    ).bindparams(bindparam("report", type_=JSONB))
    named = {"source": source, "sha256": sha256, "account": account, "report": values}
    load_id = connection.execute(statement, {**values, **named}).scalar_one()
    if refusals:
        insert = text("INSERT INTO ingest.refusal (load_id, row, key, reason) VALUES (:load, :row, :key, :reason)")
        connection.execute(insert, [{"load": load_id, **refusal} for refusal in refusals])


def _names(columns: Sequence[Column], prefix: str = "") -> str:
    return "".join(f", {prefix}{quote(column.name)}" for column in columns)


def _old(old: Layer) -> str:
    return f"data.{quote(old.relation or '')}"


def _same_key(old: Layer, key: Column) -> str:
    """The join by key; a key that changed its type (0412 read as a number before) is compared as text."""
    name = quote(key.name)
    same = old.by_name[key.name].type is key.type
    return f"o.{name} = s.{name}" if same else f"o.{name}::text = s.{name}::text"


def _is_multi(connection: Connection, relation: str) -> bool:
    statement = text(
        "SELECT type LIKE 'MULTI%' FROM geometry_columns WHERE f_table_schema = 'data' AND f_table_name = :name"
    )
    return bool(connection.execute(statement, {"name": relation}).scalar_one())


def _parameters(geometry: Geometry) -> dict[str, Any]:
    return {"wkt": geometry.wkt} if geometry.srid is None else {}
