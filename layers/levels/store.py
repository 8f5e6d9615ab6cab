# SPDX-License-Identifier: EUPL-1.2
"""SQL of the register of levels: for readers what is ready, for the owner what is being made."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from layers.levels.model import BLOCK_X, BLOCK_Y, COUNT, KIND, LEVEL, Carried, Ink, Kind, Level, LevelSet
from layers.levels.statements import CHANGED
from layers.model import Layer
from layers.rendering.model import MAX_FEATURES
from layers.styles.model import Style
from layers.styles.service import parse_style
from sdi.crs import Box, Extent
from sdi.db.sql import quote
from sdi.errors import TooLarge

RETIRED_SECONDS = 120
_MOST_BOXES = 2_000

_READ = """
SELECT s.name, s.columns, s.levels, EXISTS (
    SELECT FROM {schema}.change_set c, generate_subscripts(c.boxes, 1) n
    WHERE c.layer_id = s.layer_id AND c.version = s.version AND c.revision > s.revision
        AND c.boxes[n][1] <= %(east)s AND c.boxes[n][3] >= %(west)s
        AND c.boxes[n][2] <= %(north)s AND c.boxes[n][4] >= %(south)s)
FROM {schema}.level_set s WHERE s.relation = %(relation)s
"""
_OF_RELATION = text("SELECT * FROM layers.level_set WHERE relation = :relation AND retired_at IS NULL ORDER BY name")
_NEXT_NAME = text(
    "SELECT coalesce(max(substring(relname FROM '_(\\d+)$')::int), 0) + 1 FROM pg_catalog.pg_class"
    " WHERE relnamespace = 'levels'::regnamespace AND relkind = 'r' AND relname ~ ('^' || :relation || '_\\d+$')"
)
_CHANGES = text(
    "SELECT max(c.revision) AS revision, count(b.*) AS boxes FROM layers.change_set c"
    " LEFT JOIN LATERAL generate_subscripts(c.boxes, 1) b ON true"
    " WHERE c.layer_id = :layer AND c.version = :version AND c.revision > :revision"
)


def read(cursor: psycopg.Cursor[Any], layer: Layer, ground: Extent, *, public: bool) -> tuple[Level, ...]:
    """The levels of a layer that the cursor's role may read, the finest first; `ground` is in the layer's CRS."""
    values = dict(zip(("west", "south", "east", "north"), map(float, ground), strict=True))
    statement = _READ.format(schema="pub" if public else "app")
    row = cursor.execute(statement, {**values, "relation": layer.relation}, prepare=True).fetchone()
    if row is None:
        return ()
    name, columns, levels, lags = row
    carried = _carried(columns)
    return tuple(
        Level(name, level["level"], carried, Ink(**level["ink"]), fresh=not lags)
        for level in sorted(levels, key=lambda level: int(level["level"]))
    )


def shapes(
    cursor: psycopg.Cursor[Any], level: Level, kind: Kind, ground: Box, columns: Sequence[str]
) -> tuple[tuple[bytes, ...], tuple[tuple[Any, ...], ...]]:
    """WKB and attributes of rows in `ground` for the cursor's principal, cells of a class as one; dates as text.

    TooLarge over 100,000.
    """
    names = [quote(name) for name in columns]
    chosen = "".join(f", {name}" for name in names)
    shape, grouped = "ST_AsBinary(geom)", ""
    if kind is Kind.CELLS:
        shape = "ST_AsBinary(ST_CollectionExtract(ST_Collect(geom)))"
        grouped = f" GROUP BY {', '.join(names)}" if names else " HAVING count(*) > 0"
    cursor.execute(
        f"SELECT {shape}{chosen} FROM levels_app.{quote(level.table)} WHERE {LEVEL} = {level.number:d}"
        f" AND {KIND} = {kind:d} AND geom && ST_MakeEnvelope(%s, %s, %s, %s, {ground.srid:d}){grouped}"
        f" LIMIT {MAX_FEATURES + 1}",
        tuple(map(float, ground.bounds)),
    )
    found = cursor.fetchall()
    if len(found) > MAX_FEATURES:
        raise TooLarge(f"This map has more than {MAX_FEATURES:,} features: zoom in.", locator="layers")
    return tuple(bytes(row[0]) for row in found), tuple(tuple(map(_plain, row[1:])) for row in found)


def sets(connection: Connection, relation: str) -> list[LevelSet]:
    """What there is for a version's table, ready or not."""
    return [_set(row) for row in connection.execute(_OF_RELATION, {"relation": relation})]


def styles(connection: Connection, layer_id: str) -> tuple[list[Style], str]:
    """The layer's styles, and a name that changes with them."""
    statement = text("SELECT definition::text FROM layers.style WHERE layer_id = :id ORDER BY name")
    found = list(connection.execute(statement, {"id": layer_id}).scalars())
    return [parse_style(definition) for definition in found], hashlib.sha256("\n".join(found).encode()).hexdigest()


def note_styles(connection: Connection, name: str, styles: str) -> None:
    """Remember that the set serves other styles as well as it did."""
    connection.execute(
        text("UPDATE layers.level_set SET styles = :styles WHERE name = :name"), {"name": name, "styles": styles}
    )


def wanted(connection: Connection, layer_id: str) -> bool:
    """Whether the layer is large enough for levels."""
    statement = text("SELECT layers.wants_levels(l) FROM layers.layer l WHERE l.id = :id")
    return bool(connection.execute(statement, {"id": layer_id}).scalar())


def begin(
    connection: Connection, layer: Layer, styles: str, columns: tuple[Carried, ...], planned: tuple[int, ...]
) -> LevelSet:
    """Make an empty table of levels, its view and its grants; what was begun before and never ended goes.

    The registry's row stays locked until the end, so that a change of visibility comes before or after.
    """
    row = connection.execute(
        text("SELECT visibility, revision FROM layers.layer WHERE id = :id FOR SHARE"), {"id": layer.id}
    ).one()
    for left in sets(connection, layer.relation or ""):
        if not left.ready:
            _drop(connection, left.name)
    number = connection.execute(_NEXT_NAME, {"relation": layer.relation}).scalar_one()
    made = LevelSet(f"{layer.relation}_{number}", layer.id, layer.relation or "", layer.version, row.revision,
                    styles, columns, planned, (), ready=False)  # fmt: skip
    _create(connection, layer, made, public=row.visibility == "public")
    connection.execute(
        text(
            "INSERT INTO layers.level_set (name, layer_id, relation, version, revision, styles, columns, planned)"
            " VALUES (:name, :layer_id, :relation, :version, :revision, :styles, :columns, :planned)"
        ).bindparams(bindparam("columns", type_=JSONB)),
        {**asdict(made), "columns": [asdict(column) for column in columns], "planned": list(planned)},
    )
    return made


def note_level(connection: Connection, name: str, level: dict[str, Any]) -> None:
    """Remember that a level is there."""
    connection.execute(
        text(
            "UPDATE layers.level_set SET levels = levels || CAST(:level AS jsonb), updated_at = now()"
            " WHERE name = :name"
        ),
        {"name": name, "level": json.dumps([level])},
    )


def make_ready(connection: Connection, made: LevelSet) -> None:
    """Show the set to readers in the place of the one before."""
    values = {"name": made.name, "relation": made.relation}
    connection.execute(
        text("UPDATE layers.level_set SET retired_at = now() WHERE relation = :relation AND ready AND name <> :name"
             " AND retired_at IS NULL"), values,
    )  # fmt: skip
    connection.execute(text("UPDATE layers.level_set SET ready = true, updated_at = now() WHERE name = :name"), values)


def collect_changes(connection: Connection, made: LevelSet) -> tuple[int, int]:
    """Put the boxes changed since the set was right into a temporary table; the last revision and their number.

    Revision 0 when nothing changed. Very many boxes become the one around them.
    """
    values = {"layer": made.layer_id, "version": made.version, "revision": made.revision}
    found = connection.execute(_CHANGES, values).one()
    if found.revision is None:
        return 0, 0
    box = "ST_MakeEnvelope(c.boxes[n][1], c.boxes[n][2], c.boxes[n][3], c.boxes[n][4])"
    if found.boxes > _MOST_BOXES:
        box = f"ST_SetSRID(ST_Extent({box})::geometry, 0)"
    connection.execute(
        text(
            f"CREATE TEMPORARY TABLE {CHANGED} ON COMMIT DROP AS SELECT {box} AS box"
            " FROM layers.change_set c, generate_subscripts(c.boxes, 1) n"
            " WHERE c.layer_id = :layer AND c.version = :version AND c.revision > :revision"
            " AND c.revision <= :last"
        ),
        {**values, "last": found.revision},
    )
    connection.exec_driver_sql(f"ANALYZE {CHANGED}")
    return int(found.revision), int(found.boxes)


def note_revision(connection: Connection, name: str, revision: int) -> None:
    """Remember up to where the set is right."""
    connection.execute(
        text("UPDATE layers.level_set SET revision = :revision, updated_at = now() WHERE name = :name"),
        {"name": name, "revision": revision},
    )


def drop_retired(connection: Connection, seconds: int) -> list[str]:
    """Drop sets that others have replaced for `seconds`."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    statement = text(
        "SELECT name FROM layers.level_set WHERE retired_at <= now() - make_interval(secs => :seconds) ORDER BY name"
    )
    names = list(connection.execute(statement, {"seconds": seconds}).scalars())
    for name in names:
        _drop(connection, name)
    return names


def behind(connection: Connection) -> list[str]:
    """Layers whose levels are missing or lag and for which no job is at work or has failed in the last ten minutes."""
    statement = text(
        "SELECT l.id FROM layers.layer l LEFT JOIN layers.level_set s"
        " ON s.relation = l.relation AND s.ready AND s.retired_at IS NULL"
        " WHERE l.kind = 'vector' AND coalesce(s.revision < l.revision, layers.wants_levels(l))"
        " AND NOT EXISTS (SELECT FROM sdi.job j WHERE j.task = 'layers.levels.update' AND j.args ->> 'layer' = l.id"
        "  AND (j.state IN ('queued', 'running')"
        "   OR (j.state IN ('failed', 'cancelled') AND j.finished_at > now() - interval '10 minutes')))"
    )
    return list(connection.execute(statement).scalars())


def queue(connection: Connection, layer_id: str) -> None:
    """Queue the job that brings the layer's levels up to date."""
    statement = text("SELECT layers.queue_levels(l) FROM layers.layer l WHERE l.id = :id")
    connection.execute(statement, {"id": layer_id})


def size(connection: Connection, name: str) -> int:
    """Bytes of a set on disk, indexes included."""
    statement = text("SELECT coalesce(pg_total_relation_size(to_regclass(:name)), 0)")
    return int(connection.execute(statement, {"name": f"levels.{quote(name)}"}).scalar_one())


def _create(connection: Connection, layer: Layer, made: LevelSet, *, public: bool) -> None:
    name = quote(made.name)
    declared = "".join(f", {quote(one.name)} {layer.by_name[one.name].type.sql}" for one in made.columns)
    connection.exec_driver_sql(
        f"CREATE TABLE levels.{name} ({LEVEL} smallint NOT NULL, {KIND} smallint NOT NULL, {BLOCK_X} int,"
        f" {BLOCK_Y} int, fid bigint, {COUNT} int, geom geometry(Geometry, {layer.srid}) NOT NULL{declared})"
    )
    connection.exec_driver_sql(
        f"CREATE VIEW levels_app.{name} AS SELECT * FROM levels.{name} WHERE ("
        "SELECT sdi.may_read(l.visibility, l.organisation_id, l.account_id) FROM layers.layer l"
        f" WHERE l.id = '{layer.id}')"
    )
    connection.exec_driver_sql(f"GRANT SELECT ON levels_app.{name} TO brama_app")
    if public:
        connection.exec_driver_sql(f"GRANT SELECT ON levels.{name} TO brama_public")


def _drop(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS levels_app.{quote(name)}")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS levels.{quote(name)}")
    connection.execute(text("DELETE FROM layers.level_set WHERE name = :name"), {"name": name})


def _set(row: Row[Any]) -> LevelSet:
    return LevelSet(row.name, row.layer_id, row.relation, row.version, row.revision, row.styles, _carried(row.columns),
                    tuple(row.planned), tuple(row.levels), row.ready)  # fmt: skip


def _carried(columns: list[dict[str, Any]]) -> tuple[Carried, ...]:
    return tuple(Carried(one["name"], one["role"], tuple(one["breaks"])) for one in columns)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
