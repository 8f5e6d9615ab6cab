# SPDX-License-Identifier: EUPL-1.2
"""SQL of administered layers as the application: those that the caller may write, and changes of many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from sdi.admin.model import Subject

SORTS: Mapping[str, str] = {
    "title": "sdi.fold(l.title ->> 'pl')",
    "id": "l.id",
    "organisation": "l.organisation",
    "theme": "l.theme",
    "visibility": "l.visibility",
    "features": "l.feature_count",
    "updated": "l.updated_at",
}
_FROM = (
    " FROM app.layer l JOIN app.layer_write w ON w.id = l.id JOIN app.organisation o ON o.id = l.organisation_id"
    " WHERE (CAST(:q AS text) IS NULL OR sdi.fold(l.id || ' ' || l.title::text) LIKE '%' || sdi.fold(:q) || '%')"
    " AND (CAST(:organisation AS text) IS NULL OR l.organisation = :organisation)"
    " AND (CAST(:theme AS text) IS NULL OR l.theme = :theme)"
    " AND (CAST(:visibility AS text) IS NULL OR l.visibility = :visibility)"
)
_LIST = (
    "SELECT l.id, l.title, l.organisation, o.title AS organisation_title, l.theme, l.visibility, l.kind,"
    f" l.feature_count, l.updated_at, count(*) OVER () AS total{_FROM} ORDER BY {{}}, l.id LIMIT :limit OFFSET :offset"
)
_TOLD = " SELECT count(sdi.emit('layer.changed', c.id, c.organisation_id, '{}')) FROM changed c"
_CHANGE = text(
    "WITH changed AS (UPDATE app.layer_write SET visibility = coalesce(:visibility, visibility),"
    " theme = coalesce(:theme, theme), organisation_id = coalesce(:organisation_id, organisation_id),"
    " updated_at = now() WHERE id = ANY (:ids) RETURNING id, organisation_id)" + _TOLD
)
_UNDO = text(
    "WITH changed AS (UPDATE app.layer_write w SET"
    " visibility = coalesce(e.before ->> 'visibility', w.visibility), theme = coalesce(e.before ->> 'theme', w.theme),"
    " organisation_id = coalesce(CAST(e.before ->> 'organisation_id' AS uuid), w.organisation_id), updated_at = now()"
    " FROM (SELECT substr(subject, 7) AS id, contents -> 'before' AS before FROM app.own_change"
    "   WHERE request = :request AND action = 'layer.changed') e WHERE w.id = e.id"
    " RETURNING w.id, w.organisation_id)" + _TOLD
)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which layers: words of id and title, an organisation's slug, a theme, a visibility; None is any."""

    q: str | None = None
    organisation: str | None = None
    theme: str | None = None
    visibility: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What many layers become; None stays as it is."""

    visibility: str | None = None
    theme: str | None = None
    organisation_id: UUID | None = None


def found(connection: Connection, sought: Sought, order: str, window: Mapping[str, int]) -> Sequence[Row[Any]]:
    """A page of layers; each row holds the count of all."""
    return connection.execute(text(_LIST.format(order)), {**asdict(sought), **window}).all()


def ids(connection: Connection, sought: Sought, most: int) -> list[str]:
    """Ids of all layers that are sought, at most so many."""
    statement = text(f"SELECT l.id{_FROM} ORDER BY l.id LIMIT :most")
    return list(connection.execute(statement, {**asdict(sought), "most": most}).scalars())


def subject(connection: Connection, layer_id: str) -> Subject | None:
    """A layer within the caller's sight, as a thing that rights are asked about."""
    statement = text("SELECT title, organisation_id, visibility, account_id FROM app.layer WHERE id = :id")
    row = connection.execute(statement, {"id": layer_id}).one_or_none()
    return Subject(row.title, row.organisation_id, row.visibility, row.account_id, "layers:write") if row else None


def organisations(connection: Connection) -> Sequence[Row[Any]]:
    """Organisations within the caller's reach, by name."""
    statement = text(
        "SELECT id, slug, title FROM app.organisation WHERE id = ANY ((SELECT sdi.organisations())::uuid[])"
        " ORDER BY sdi.fold(title ->> 'pl'), slug"
    )
    return connection.execute(statement).all()


def change(connection: Connection, ids: Sequence[str], wanted: Wanted) -> int:
    """Change layers and tell of each; how many were within reach."""
    return int(connection.execute(_CHANGE, {**asdict(wanted), "ids": list(ids)}).scalar_one())


def undo(connection: Connection, of: str) -> int:
    """Give layers back what the caller's request of that id took; how many."""
    return int(connection.execute(_UNDO, {"request": of}).scalar_one())
