# SPDX-License-Identifier: EUPL-1.2
"""SQL of the catalogue: records are read through the views of the caller's role, and written by SQL functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Row,
    Select,
    Table,
    bindparam,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.types import DateTime, Text, Uuid

from catalogue.model import Facts, Found, Record

_COLUMNS: tuple[Column[Any], ...] = (
    Column("id", Uuid), Column("layer_id", Text), Column("type", Text), Column("language", Text),
    Column("title", JSONB), Column("abstract", JSONB), Column("keywords", ARRAY(Text)), Column("theme", Text),
    Column("created", DateTime(timezone=True)), Column("modified", DateTime(timezone=True)), Column("facts", JSONB),
    Column("visibility", Text),
    Column("organisation", Text), Column("organisation_title", JSONB),
)  # fmt: skip
_SEARCHED = (
    Column("bbox", Geometry("POLYGON", 4326, from_text="")), Column("subjects", Text), Column("name", Text),
    Column("folded", Text), Column("fulltext", TSVECTOR),
)  # fmt: skip
RECORD = Table("record", MetaData(), *_COLUMNS, *_SEARCHED)
"""The view as statements name it; `search` puts the schema of the caller's role in front."""

_PUBLIC = {None: "pub"}
_SIGNED_IN = {None: "app"}

_WRITE = text("SELECT catalogue.write(:id)")
_WRITE_ALL = text("SELECT catalogue.write(id) FROM layers.layer ORDER BY id")
_THEMES = text(
    "INSERT INTO catalogue.theme (id, title, inspire, topic) VALUES (:id, :title, :inspire, :topic)"
    " ON CONFLICT (id) DO UPDATE SET title = excluded.title, inspire = excluded.inspire, topic = excluded.topic"
    " WHERE (theme.title, theme.inspire, theme.topic)"
    " IS DISTINCT FROM (excluded.title, excluded.inspire, excluded.topic)"
).bindparams(bindparam("title", type_=JSONB), bindparam("inspire", type_=JSONB(none_as_null=True)))


@dataclass(frozen=True)
class Search:
    """Which records, in which order, and which page of them. `start` counts from 0; a `limit` of 0 only counts."""

    where: tuple[ColumnElement[bool], ...] = ()
    order: tuple[ColumnElement[Any], ...] = ()
    start: int = 0
    limit: int = 10


def search(connection: Connection, wanted: Search, *, public: bool) -> Found:
    """A page of records and the number of all that match, in one statement."""
    rows = connection.execute(statement(wanted), execution_options=_options(public=public)).all()
    return Found(rows[0].total, tuple(_record(row) for row in rows if row.id is not None))


def statement(wanted: Search) -> Select[Any]:
    """One row for each record of the page, all with the total; a row of nulls when the page is empty."""
    total = select(func.count().label("total")).select_from(RECORD).where(*wanted.where).cte("total")
    page = (
        select(*_COLUMNS, func.row_number().over(order_by=wanted.order).label("position"))
        .select_from(RECORD)
        .where(*wanted.where)
        .order_by(*wanted.order)
        .offset(wanted.start)
        .limit(wanted.limit)
        .subquery("page")
    )
    return select(total.c.total, page).select_from(total.outerjoin(page, true())).order_by(page.c.position)


def by_ids(connection: Connection, ids: Sequence[UUID], *, public: bool) -> list[Record]:
    """Records of these ids that the caller may see, in the order of the ids."""
    wanted = select(*_COLUMNS).where(RECORD.c.id.in_(ids))
    rows = connection.execute(wanted, execution_options=_options(public=public))
    found = {row.id: _record(row) for row in rows}
    return [found[wanted_id] for wanted_id in dict.fromkeys(ids) if wanted_id in found]


def by_layer(connection: Connection, layer_id: str, *, public: bool) -> Record | None:
    """The record of a layer, if the caller may see it."""
    wanted = select(*_COLUMNS).where(RECORD.c.layer_id == layer_id)
    row = connection.execute(wanted, execution_options=_options(public=public)).one_or_none()
    return _record(row) if row else None


def write(connection: Connection, layer_id: str) -> None:
    """Write the record of a layer from its registry row, as the owner."""
    connection.execute(_WRITE, {"id": layer_id})


def write_all(connection: Connection) -> int:
    """Write the records of all layers anew, as the owner; returns how many."""
    return len(connection.execute(_WRITE_ALL).all())


def write_themes(connection: Connection, themes: Iterable[Mapping[str, Any]]) -> None:
    """Store the themes' names and vocabularies, as the owner."""
    if rows := [dict(theme) for theme in themes]:
        connection.execute(_THEMES, rows)


def _options(*, public: bool) -> dict[str, Any]:
    return {"schema_translate_map": _PUBLIC if public else _SIGNED_IN}


def _record(row: Row[Any]) -> Record:
    facts = dict(row.facts)
    facts["columns"] = tuple(facts["columns"])
    facts["bbox"] = tuple(facts["bbox"])
    return Record(
        id=row.id,
        layer_id=row.layer_id,
        type=row.type,
        language=row.language,
        title=row.title,
        abstract=row.abstract,
        keywords=tuple(row.keywords),
        theme=row.theme,
        created=row.created,
        modified=row.modified,
        visibility=row.visibility,
        organisation=row.organisation,
        organisation_title=row.organisation_title,
        facts=Facts(**facts),
    )
