# SPDX-License-Identifier: EUPL-1.2
"""SQL of styles, written through the view that lets members of a layer's organisation with the right only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

MAX_STYLES = 50
"""Styles of one layer."""


@dataclass(frozen=True, slots=True)
class StyleTexts:
    """What a style bears beside its look; None keeps what it has. With `merged` languages that are not given stay."""

    title: Mapping[str, str] | None = None
    description: Mapping[str, str] | None = None
    keywords: tuple[str, ...] | None = None
    is_default: bool | None = None
    merged: bool = False


@dataclass(frozen=True, slots=True)
class StyleRow:
    """A style to be stored, new or in place of the one of its name; a new one without title bears its name."""

    layer_id: str
    name: str
    definition: Mapping[str, Any] | None = None
    texts: StyleTexts = field(default_factory=StyleTexts)


_JSON = ("definition", "title", "description")


def count(connection: Connection, layer_id: str) -> int:
    """How many styles the layer has that the caller may change."""
    statement = text("SELECT count(*) FROM app.style_write WHERE layer_id = :id")
    return int(connection.execute(statement, {"id": layer_id}).scalar_one())


def insert(connection: Connection, row: StyleRow) -> bool:
    """Add a style; false when there is one of that name. The database refuses a layer of another organisation."""
    values = {
        "id": row.layer_id,
        "name": row.name,
        "definition": row.definition,
        "title": dict(row.texts.title or {"en": row.name}),
        "description": dict(row.texts.description or {}),
        "keywords": list(row.texts.keywords or ()),
    }
    statement = _typed(
        "INSERT INTO app.style_write (layer_id, name, title, description, keywords, definition)"
        " VALUES (:id, :name, :title, :description, :keywords, :definition)"
        " ON CONFLICT (layer_id, name) DO NOTHING",
        (*_JSON, "keywords"),
    )
    made = connection.execute(statement, values).rowcount == 1
    if made and row.texts.is_default:
        _make_default(connection, row.layer_id, row.name)
    return made


def update(connection: Connection, row: StyleRow) -> bool:
    """Change a style; false when there is none that the caller may change."""
    values: dict[str, Any] = {"id": row.layer_id, "name": row.name}
    given = {
        "definition": row.definition,
        "title": row.texts.title,
        "description": row.texts.description,
        "keywords": None if row.texts.keywords is None else list(row.texts.keywords),
    }
    changed = {name: value for name, value in given.items() if value is not None}
    added = ("title", "description") if row.texts.merged else ()
    sets = "".join(f"{name} = {f'{name} || ' if name in added else ''}:{name}, " for name in changed)
    statement = _typed(
        f"UPDATE app.style_write SET {sets}updated_at = now() WHERE layer_id = :id AND name = :name", tuple(changed)
    )
    found = connection.execute(statement, values | changed).rowcount == 1
    if found and row.texts.is_default:
        _make_default(connection, row.layer_id, row.name)
    return found


def delete(connection: Connection, layer_id: str, name: str) -> bool:
    """Remove a style; false when there is none that the caller may remove. The first of the others is the default."""
    values = {"id": layer_id, "name": name}
    statement = text("DELETE FROM app.style_write WHERE layer_id = :id AND name = :name RETURNING is_default")
    removed = connection.execute(statement, values).one_or_none()
    if removed is not None and removed.is_default:
        first = text("SELECT min(name) FROM app.style_write WHERE layer_id = :id")
        heir = connection.execute(first, {"id": layer_id}).scalar_one()
        if heir is not None:
            _make_default(connection, layer_id, heir)
    return removed is not None


def _make_default(connection: Connection, layer_id: str, name: str) -> None:
    """In two steps: at no moment has a layer two default styles."""
    values = {"id": layer_id, "name": name}
    chosen = "UPDATE app.style_write SET is_default = :chosen WHERE layer_id = :id AND (name = :name) = :chosen"
    for flag in (False, True):
        connection.execute(text(f"{chosen} AND is_default <> :chosen"), values | {"chosen": flag})


def _typed(statement: str, names: tuple[str, ...]) -> Any:
    kinds = {name: JSONB if name in _JSON else ARRAY(Text) for name in names}
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in kinds.items()))
