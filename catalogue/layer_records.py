# SPDX-License-Identifier: EUPL-1.2
"""SQL of the records of layers, as the owner: written by SQL functions from the registry, and the themes' names."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

_WRITE = text("SELECT catalogue.write(:id)")
_WRITE_ALL = text("SELECT catalogue.write(id) FROM layers.layer ORDER BY id")
_THEMES = text(
    "INSERT INTO catalogue.theme (id, title, inspire, topic) VALUES (:id, :title, :inspire, :topic)"
    " ON CONFLICT (id) DO UPDATE SET title = excluded.title, inspire = excluded.inspire, topic = excluded.topic"
    " WHERE (theme.title, theme.inspire, theme.topic)"
    " IS DISTINCT FROM (excluded.title, excluded.inspire, excluded.topic)"
).bindparams(bindparam("title", type_=JSONB), bindparam("inspire", type_=JSONB(none_as_null=True)))


def write(connection: Connection, layer_id: str) -> None:
    """Write the record of a layer from its registry row."""
    connection.execute(_WRITE, {"id": layer_id})


def write_all(connection: Connection) -> int:
    """Write the records of all layers anew; returns how many."""
    return len(connection.execute(_WRITE_ALL).all())


def write_themes(connection: Connection, themes: Iterable[Mapping[str, Any]]) -> None:
    """Store the themes' names and vocabularies."""
    if rows := [dict(theme) for theme in themes]:
        connection.execute(_THEMES, rows)
