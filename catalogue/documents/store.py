# SPDX-License-Identifier: EUPL-1.2
"""SQL of documents, through the owner's view that members of an organisation write."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Double, Text

_NAMES = ("identifier", "organisation_id", "account_id", "visibility", "schema", "document", "type", "language",
          "title", "abstract", "keywords", "subjects", "theme", "created", "modified", "facts", "queryable",
          "time_begin", "time_end", "licence", "inspires", "topics", "parent", "folded")  # fmt: skip
_JSON = ("title", "abstract", "facts", "queryable")
_LISTS = ("keywords", "inspires", "topics")
_KEPT = ("identifier", "organisation_id", "account_id")
_BOX = (
    "ST_MakeEnvelope(b[1], b[2], greatest(b[3], b[1] + 1e-7), greatest(b[4], b[2] + 1e-7), 4326)"
    " FROM (SELECT CAST(:box AS float8[])) v(b)"
)
_TYPES = (
    *(bindparam(name, type_=JSONB) for name in _JSON),
    *(bindparam(name, type_=ARRAY(Text)) for name in _LISTS),
    bindparam("box", type_=ARRAY(Double)),
)
_INSERT = text(
    f"INSERT INTO app.record_write ({', '.join(_NAMES)}, bbox, fulltext)"
    f" SELECT {', '.join(f':{name}' for name in _NAMES)}, {_BOX.replace(' FROM', ', CAST(NULL AS tsvector) FROM', 1)}"
).bindparams(*_TYPES)
_CHANGED = [name for name in _NAMES if name not in _KEPT]
_UPDATE = text(
    f"UPDATE app.record_write SET {', '.join(f'{name} = :{name}' for name in _CHANGED)}, bbox = (SELECT {_BOX})"
    " WHERE identifier = :identifier"
).bindparams(*_TYPES)
_EXISTING = text(
    "SELECT identifier, organisation_id, account_id, visibility, document FROM app.record_write"
    " WHERE identifier = ANY(:identifiers) FOR UPDATE"
).bindparams(bindparam("identifiers", type_=ARRAY(Text)))
_READABLE = text("SELECT identifier, layer_id FROM app.record WHERE identifier = ANY(:identifiers)").bindparams(
    bindparam("identifiers", type_=ARRAY(Text))
)
_DELETE = text("DELETE FROM app.record_write WHERE identifier = ANY(:identifiers) RETURNING identifier").bindparams(
    bindparam("identifiers", type_=ARRAY(Text))
)


def existing(connection: Connection, identifiers: Sequence[str]) -> Mapping[str, Row[Any]]:
    """Documents of these identifiers that the caller may write, locked."""
    return {row.identifier: row for row in connection.execute(_EXISTING, {"identifiers": list(identifiers)})}


def layers(connection: Connection, identifiers: Sequence[str]) -> Mapping[str, str | None]:
    """Of these identifiers those of records that the caller may read, with their layers."""
    return {row.identifier: row.layer_id for row in connection.execute(_READABLE, {"identifiers": list(identifiers)})}


def insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add documents."""
    if rows:
        connection.execute(_INSERT, [dict(row) for row in rows])


def update(connection: Connection, row: Mapping[str, Any]) -> int:
    """Change a document; returns how many rows that were."""
    return connection.execute(_UPDATE, dict(row)).rowcount


def delete(connection: Connection, identifiers: Sequence[str]) -> list[str]:
    """Remove documents that the caller may write; returns their identifiers."""
    return list(connection.execute(_DELETE, {"identifiers": list(identifiers)}).scalars())
