# SPDX-License-Identifier: EUPL-1.2
"""Writes to the database what kinds declare: rows, typed tables, views; nothing happens when nothing changed."""

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from records.known import kinds
from records.model import Field, FieldType, Kind
from sdi.db.sql import quote
from sdi.errors import SetupError

COMMON = (
    "id", "organisation_id", "kind", "number", "state", "title", "parent_id", "commune", "geom", "opened", "closed",
    "version", "updated_at", "folded", "words",
)  # fmt: skip
"""Columns of every record's open part."""
OWN = (*COMMON, "due", "is_public", "attributes", "terms", "created_by", "created_at")
"""Columns of every record as its organisation sees it."""
_WRITE = text(
    "INSERT INTO records.kind AS k (id, title, read_scope, write_scope, lifecycle, public_states, public_columns,"
    " layer, digest) VALUES (:id, :title, :read_scope, :write_scope, :lifecycle, :public_states, :public_columns,"
    " :layer, :digest) ON CONFLICT (id) DO UPDATE SET title = excluded.title, read_scope = excluded.read_scope,"
    " write_scope = excluded.write_scope, lifecycle = excluded.lifecycle, public_states = excluded.public_states,"
    " public_columns = excluded.public_columns, layer = excluded.layer, digest = excluded.digest"
).bindparams(
    *(bindparam(name, type_=JSONB(none_as_null=True)) for name in ("title", "lifecycle", "layer")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("public_states", "public_columns")),
)


def run(connection: Connection) -> None:
    """Bring the database in line with the declared kinds, as the owner; SetupError where a table cannot follow."""
    told = {row.id: row.digest for row in connection.execute(text("SELECT id, digest FROM records.kind"))}
    for kind in kinds().values():
        row = _row(kind)
        row["digest"] = hashlib.sha256(json.dumps([row, _columns(kind)], sort_keys=True).encode()).hexdigest()
        if told.get(kind.id) != row["digest"]:
            _make_table(connection, kind)
            connection.execute(_WRITE, row)
            _make_views(connection, kind)


def _row(kind: Kind) -> dict[str, Any]:
    layer = kind.layer
    return {
        "id": kind.id,
        "title": dict(kind.title),
        "read_scope": kind.read_scope,
        "write_scope": kind.write_scope,
        "lifecycle": kind.lifecycle(),
        "public_states": [state.id for state in kind.states if state.public],
        "public_columns": [one.name for one in kind.fields if one.public],
        "layer": layer and {"id": layer.id, "title": dict(layer.title)},
    }


def _columns(kind: Kind) -> list[list[Any]]:
    return [[one.name, one.type.sql, {key: dict(title) for key, title in one.choices.items()}] for one in kind.fields]


def _make_table(connection: Connection, kind: Kind) -> None:
    """The typed table: made, or given the columns that it lacks. It never loses one."""
    table = quote(f"kind_{kind.id}")
    if taken := {one.name for one in kind.fields} & {*OWN, "organisation", "organisation_title", "record_id", "fid"}:
        raise SetupError(f"Kind {kind.id}: the field {min(taken)} has the name of a column of all records.")
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS records.{table} (record_id uuid PRIMARY KEY REFERENCES records.record)"
    )
    statement = text(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped"
    )
    there = {row.attname: row.format_type for row in connection.execute(statement, {"name": f"records.{table}"})}
    for one in kind.fields:
        if one.name not in there:
            connection.exec_driver_sql(f"ALTER TABLE records.{table} ADD COLUMN {quote(one.name)} {one.type.sql}")
        elif there[one.name] != one.type.sql:
            raise SetupError(
                f"Kind {kind.id}: the column {one.name} is {there[one.name]} and is now declared {one.type.sql};"
                " such a change needs a migration."
            )


def _make_views(connection: Connection, kind: Kind) -> None:
    """Views of the kind: of its organisation, of the public, and of its layer."""
    name = kind.id
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS app.kind_{name}, pub.kind_{name}, records.layer_{name}")
    typed = f"JOIN records.kind_{name} t ON t.record_id = r.id JOIN sdi.organisation o ON o.id = r.organisation_id"
    who = "o.slug AS organisation, o.title AS organisation_title"
    own = ", ".join([*(f"r.{column}" for column in OWN), who, *(f"t.{quote(one.name)}" for one in kind.fields)])
    opened = [f"t.{quote(one.name)}" for one in kind.fields if one.public]
    public = ", ".join([*(f"r.{column}" for column in COMMON), who, *opened])
    connection.exec_driver_sql(f"CREATE VIEW app.kind_{name} AS SELECT {own} FROM app.records r {typed}")
    condition = f"WHERE r.is_public AND r.kind = '{name}'"
    connection.exec_driver_sql(
        f"CREATE VIEW pub.kind_{name} AS SELECT {public} FROM records.record r {typed} {condition}"
    )
    connection.exec_driver_sql(f"GRANT SELECT ON app.kind_{name} TO brama_app")
    connection.exec_driver_sql(f"GRANT SELECT ON pub.kind_{name} TO brama_public")
    shown = ", ".join(f"{_shown(one)} AS {quote(one.name)}" for one in kind.fields if one.public)
    states = _cases("r.state", {state.id: state.title["pl"] for state in kind.states})
    connection.exec_driver_sql(
        f"CREATE VIEW records.layer_{name} AS SELECT r.fid, r.geom, r.id::text AS record, r.number, {states} AS state,"
        f" r.title::text AS title, r.commune, r.opened, o.title ->> 'pl' AS organisation, {shown}"
        f" FROM records.record r {typed} {condition} AND r.geom IS NOT NULL"
    )


def _shown(one: Field) -> str:
    """A field's value as the public layer has it: words for codes, and types that layers know."""
    column = f"t.{quote(one.name)}"
    if one.type is FieldType.CHOICE:
        return _cases(column, {code: title["pl"] for code, title in one.choices.items()})
    return f"{column}::double precision" if one.type is FieldType.MONEY else column


def _cases(column: str, titles: dict[str, str]) -> str:
    whens = " ".join(f"WHEN {_literal(code)} THEN {_literal(title)}" for code, title in titles.items())
    return f"CASE {column} {whens} ELSE {column} END"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''").replace("%", "%%") + "'"
