# SPDX-License-Identifier: EUPL-1.2
"""SQL of changes: one statement for all features of a batch, through the owner's view `data_write.<relation>`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from layers import store as registry
from layers.items.model import Value
from layers.items.statements import state
from layers.model import Column, Layer
from sdi.db.sql import quote

_STATE = state("w")

# Functions of a SELECT list run from left to right: the short patience is for the loader's lock alone.
_BEGIN = text(
    "SELECT set_config('brama.change_set', coalesce(nullif(current_setting('brama.change_set', true), ''),"
    " sdi.uuid7()::text), true), set_config('lock_timeout', :patience, true),"
    " pg_advisory_xact_lock_shared(hashtextextended('brama.layer.' || :layer, 0)),"
    " set_config('lock_timeout', '5s', true)"
)
_FINISH = text("SELECT revision FROM layers.finish_changes(:layer)")
_NEXT = text("SELECT layers.next_fids(:layer, :count)")


def begin(connection: Connection, layer_id: str, patience_ms: int) -> Layer | None:
    """Keep loads of the layer out until the transaction ends, and read it as it now is."""
    connection.execute(_BEGIN, {"layer": layer_id, "patience": str(patience_ms)})
    return next(iter(registry.read_some(connection, [layer_id], public=False)), None)


def finish(connection: Connection, layer_id: str) -> int | None:
    """The layer's new revision, its event told; None when nothing was changed."""
    revision = connection.execute(_FINISH, {"layer": layer_id}).scalar()
    return None if revision is None else int(revision)


def next_fids(connection: Connection, layer: Layer, count: int) -> int:
    """The first of so many ids; whoever has asked writes keys alone until the transaction's end."""
    return int(connection.execute(_NEXT, {"layer": layer.id, "count": count}).scalar_one())


def locked(connection: Connection, layer: Layer, fids: Sequence[int]) -> dict[int, str]:
    """States of these features by their ids, locked in the order of ids so that writers queue and do not cross."""
    rows = connection.exec_driver_sql(
        f"SELECT w.fid, {_STATE} FROM {_view(layer)} w WHERE w.fid = ANY(%(fids)s::bigint[]) ORDER BY w.fid FOR UPDATE",
        {"fids": list(fids)},
    )
    return {row[0]: row[1] for row in rows}


class Batch:
    """Rows on their way into one statement: ids, WKB in `srid` (None: geometries stay), values by column."""

    def __init__(self, layer: Layer, columns: Sequence[Column], srid: int | None) -> None:
        self.layer = layer
        self.columns = tuple(columns)
        self.srid = srid
        self.fids: list[int] = []
        self.geometries: list[bytes] = []
        self.rows: list[Mapping[str, Value | None]] = []

    def insert(self, connection: Connection) -> dict[int, str]:
        """Add the rows; states by id."""
        names = "".join(f", {quote(column.name)}" for column in self.columns)
        values = "".join(f", s.c{number}" for number in range(len(self.columns)))
        return self._run(
            connection,
            f"INSERT INTO {_view(self.layer)} AS w (fid, geom{names}) SELECT s.fid, {self._geometry}{values}"
            f" FROM {self._source} RETURNING w.fid, {_STATE}",
        )

    def update(self, connection: Connection) -> dict[int, str]:
        """Set the columns of rows that are there; states by id."""
        named = [f"{quote(column.name)} = s.c{number}" for number, column in enumerate(self.columns)]
        if self.srid is not None:
            named.append(f"geom = {self._geometry}")
        return self._run(
            connection,
            f"UPDATE {_view(self.layer)} AS w SET {', '.join(named)} FROM {self._source}"
            f" WHERE w.fid = s.fid RETURNING w.fid, {_STATE}",
        )

    @property
    def _source(self) -> str:
        arrays = "".join(f", %(c{number})s::{column.type.sql}[]" for number, column in enumerate(self.columns))
        names = "".join(f", c{number}" for number in range(len(self.columns)))
        shapes, shape = (", %(geometries)s::bytea[]", ", shape") if self.srid is not None else ("", "")
        return f"unnest(%(fids)s::bigint[]{shapes}{arrays}) AS s (fid{shape}{names})"

    @property
    def _geometry(self) -> str:
        made = f"ST_GeomFromWKB(s.shape, {self.srid})"
        if self.srid != self.layer.srid:
            made = f"ST_Transform({made}, {self.layer.srid})"
        return f"ST_Multi({made})" if self.layer.geometry_type.value.startswith("Multi") else made

    def _run(self, connection: Connection, statement: str) -> dict[int, str]:
        values: dict[str, Any] = {"fids": self.fids, "geometries": self.geometries}
        for number, column in enumerate(self.columns):
            values[f"c{number}"] = [row.get(column.name) for row in self.rows]
        return {row[0]: row[1] for row in connection.exec_driver_sql(statement, values)}


def delete(connection: Connection, layer: Layer, fids: Sequence[int]) -> None:
    """Take features out."""
    connection.exec_driver_sql(
        f"DELETE FROM {_view(layer)} w WHERE w.fid = ANY(%(fids)s::bigint[])", {"fids": list(fids)}
    )


def repeated_key(connection: Connection, layer: Layer, keys: Sequence[Value | None]) -> Any:
    """A value of the key column, one of these, that several features have; None when there is none."""
    column = layer.by_name[layer.key_column or ""]
    name = quote(column.name)
    return connection.exec_driver_sql(
        f"SELECT w.{name} FROM {_view(layer)} w WHERE w.{name} = ANY(%(keys)s::{column.type.sql}[])"
        f" GROUP BY w.{name} HAVING count(*) > 1 LIMIT 1",
        {"keys": list(keys)},
    ).scalar()


_HISTORY = text(
    "SELECT id, change_set, operation, version, revision, at, account_id, before,"
    " CASE WHEN geometry IS NOT NULL THEN ST_AsGeoJSON(ST_Transform(geometry, 4326), 7, 0)::jsonb END AS geometry"
    " FROM app.change WHERE layer_id = :layer AND fid = :fid ORDER BY seq DESC LIMIT :limit"
)
_SINCE = "SELECT boxes FROM {schema}.change_set WHERE layer_id = :layer AND version = :version AND revision > :revision"


def history(connection: Connection, layer_id: str, fid: int, limit: int) -> list[Row[Any]]:
    """Changes of a feature, the newest first."""
    return list(connection.execute(_HISTORY, {"layer": layer_id, "fid": fid, "limit": limit}))


_VERSIONS = (
    "SELECT operation, at, revision, {named} FROM {schema}.past WHERE layer_id = :layer AND fid = :fid"
    " ORDER BY seq DESC LIMIT :limit"
)
_CHANGED = text(
    "SELECT DISTINCT ON (c.layer_id, c.fid) c.layer_id, c.fid, c.before, ST_AsBinary(c.geometry) AS wkb,"
    " ST_SRID(c.geometry) AS srid, c.version, max(c.seq) OVER (PARTITION BY c.layer_id, c.fid) AS last"
    " FROM app.change c WHERE c.change_set = :id ORDER BY c.layer_id, c.fid, c.seq LIMIT :limit"
)
# What the next change after the set found is what the set left.
_OTHERWISE = (
    "SELECT s.fid FROM unnest(CAST(:fids AS bigint[]), CAST(:lasts AS bigint[])) AS s (fid, last)"
    " JOIN LATERAL (SELECT c.operation, c.before, c.geometry FROM app.change c WHERE c.layer_id = :layer"
    " AND c.fid = s.fid AND c.seq > s.last ORDER BY c.seq LIMIT 1) n ON true LEFT JOIN {view} w ON w.fid = s.fid"
    " WHERE (n.operation = 'insert') <> (w.fid IS NULL) OR n.before IS DISTINCT FROM to_jsonb(w) - 'fid' - 'geom'"
    " OR ST_AsEWKB(n.geometry) IS DISTINCT FROM ST_AsEWKB(w.geom) LIMIT 1"
)


def versions(connection: Connection, layer: Layer, fid: int, limit: int, *, public: bool) -> list[Row[Any]]:
    """Changes of a feature as the connection's caller may see them, the newest first."""
    named = "NULL::uuid AS change_set, NULL::text AS account" if public else "change_set, account"
    statement = _VERSIONS.format(schema="pub" if public else "app", named=named)
    return list(connection.execute(text(statement), {"layer": layer.id, "fid": fid, "limit": limit}))


def known_since(connection: Connection, layer: Layer, *, public: bool) -> datetime | None:
    """From when on the layer's past is known to the connection's caller."""
    statement = f"SELECT since FROM {'pub' if public else 'app'}.past_since WHERE layer_id = :layer"
    found: datetime | None = connection.execute(text(statement), {"layer": layer.id}).scalar()
    return found


def exists(connection: Connection, layer: Layer, fid: int, *, public: bool) -> bool:
    """Whether the feature is there now."""
    table = f"{layer.schema(public=public)}.{quote(layer.relation or '')}"
    return bool(
        connection.execute(text(f"SELECT EXISTS (SELECT FROM {table} WHERE fid = :fid)"), {"fid": fid}).scalar()
    )


def changed_by(connection: Connection, change_set: UUID, limit: int) -> list[Row[Any]]:
    """What each feature was before a change set, for members of its layer's organisation."""
    return list(connection.execute(_CHANGED, {"id": change_set, "limit": limit}))


def left_otherwise(connection: Connection, layer: Layer, rows: Sequence[Row[Any]]) -> int | None:
    """A feature, one of these, that is no longer as the change set of `changed_by` left it."""
    values = {"layer": layer.id, "fids": [row.fid for row in rows], "lasts": [row.last for row in rows]}
    found = connection.execute(text(_OTHERWISE.format(view=_view(layer))), values).scalar()
    return None if found is None else int(found)


def boxes_since(connection: Connection, layer: Layer, revision: int, *, public: bool) -> list[list[float]]:
    """Boxes changed in the layer's version after a revision, in its CRS."""
    statement = text(_SINCE.format(schema="pub" if public else "app"))
    values = {"layer": layer.id, "version": layer.version, "revision": revision}
    return [box for boxes in connection.execute(statement, values).scalars() for box in boxes]


def _view(layer: Layer) -> str:
    return f"data_write.{quote(layer.relation or '')}"
