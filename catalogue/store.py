# SPDX-License-Identifier: EUPL-1.2
"""SQL of the catalogue's reading: records come through the views of the caller's role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, array
from sqlalchemy.types import Date, DateTime, Double, Text, Uuid

from catalogue.metadata import from_json
from catalogue.model import Facts, Found, Record

RECORD = Table(
    "record", MetaData(),
    Column("id", Uuid), Column("identifier", Text), Column("layer_id", Text), Column("type", Text),
    Column("language", Text), Column("title", JSONB), Column("abstract", JSONB), Column("keywords", ARRAY(Text)),
    Column("subjects", Text), Column("theme", Text), Column("bbox", Geometry("POLYGON", 4326, from_text="")),
    Column("created", DateTime(timezone=True)), Column("modified", DateTime(timezone=True)),
    Column("changed", DateTime(timezone=True)), Column("facts", JSONB), Column("queryable", JSONB),
    Column("time_begin", Date), Column("time_end", Date), Column("licence", Text), Column("inspires", ARRAY(Text)),
    Column("topics", ARRAY(Text)), Column("parent", Text), Column("schema", Text), Column("document", Text),
    Column("name", Text), Column("folded", Text), Column("fulltext", TSVECTOR), Column("visibility", Text),
    Column("organisation_id", Uuid), Column("organisation", Text), Column("organisation_title", JSONB),
)  # fmt: skip
"""The view as statements name it; `search` puts the schema of the caller's role in front."""
GONE = Table("record_gone", RECORD.metadata, Column("identifier", Text), Column("at", DateTime(timezone=True)),
             Column("organisation", Text))  # fmt: skip
"""What everybody could see and is no more."""

_SMALL = ("id", "identifier", "layer_id", "type", "language", "title", "abstract", "keywords", "theme", "created",
          "modified", "changed", "visibility", "organisation", "organisation_title", "schema", "parent",
          "licence")  # fmt: skip
_SIDES = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
_CORNERS = array([side(RECORD.c.bbox) for side in _SIDES], type_=Double)
_COLUMNS: tuple[ColumnElement[Any], ...] = (*(RECORD.c[name] for name in _SMALL), _CORNERS.label("corners"))

_PUBLIC = {None: "pub"}
_SIGNED_IN = {None: "app"}


@dataclass(frozen=True)
class Search:
    """Which records, in which order, and which page of them. `start` counts from 0; a `limit` of 0 only counts.

    Without `whole` records come without what only encodings need: facts of layers, contents of documents. With a `pool`
    only so many of the newest are put in order, so that an order that costs much a record costs no more than that.
    """

    where: tuple[ColumnElement[bool], ...] = ()
    order: tuple[ColumnElement[Any], ...] = ()
    start: int = 0
    limit: int = 10
    whole: bool = True
    pool: int | None = None


def search(connection: Connection, wanted: Search, *, public: bool) -> Found:
    """A page of records and the number of all that match, in one statement."""
    rows = connection.execute(statement(wanted), execution_options=options(public=public)).all()
    return Found(rows[0].total, tuple(_record(row) for row in rows if row.id is not None))


def page(connection: Connection, wanted: Search, *, public: bool) -> tuple[Record, ...]:
    """A page of records, uncounted."""
    columns = (*_COLUMNS, RECORD.c.facts) if wanted.whole else _COLUMNS
    asked = select(*columns).select_from(RECORD).where(*_pooled(wanted)).order_by(*wanted.order)
    rows = connection.execute(asked.offset(wanted.start).limit(wanted.limit), execution_options=options(public=public))
    return tuple(_record(row) for row in rows)


def _pooled(wanted: Search) -> tuple[ColumnElement[bool], ...]:
    """The conditions, or that a record is of the pool."""
    if wanted.pool is None:
        return wanted.where
    newest = select(RECORD.c.id).where(*wanted.where).order_by(RECORD.c.modified.desc(), RECORD.c.id)
    return (RECORD.c.id.in_(newest.limit(wanted.pool).correlate(None)),)


def statement(wanted: Search) -> Select[Any]:
    """One row for each record of the page, all with the total; a row of nulls when the page is empty."""
    total = select(func.count().label("total")).select_from(RECORD).where(*wanted.where).cte("total")
    columns = (*_COLUMNS, RECORD.c.facts) if wanted.whole else _COLUMNS
    page = (
        select(*columns, func.row_number().over(order_by=wanted.order).label("position"))
        .select_from(RECORD)
        .where(*_pooled(wanted))
        .order_by(*wanted.order)
        .offset(wanted.start)
        .limit(wanted.limit)
        .subquery("page")
    )
    return select(total.c.total, page).select_from(total.outerjoin(page, true())).order_by(page.c.position)


def by_identifiers(connection: Connection, identifiers: Sequence[str], *, public: bool) -> list[Record]:
    """Records of these identifiers that the caller may see, in the order of the identifiers."""
    wanted = select(*_COLUMNS, RECORD.c.facts).where(RECORD.c.identifier.in_(identifiers))
    rows = connection.execute(wanted, execution_options=options(public=public))
    found = {row.identifier: _record(row) for row in rows}
    return [found[one] for one in dict.fromkeys(identifiers) if one in found]


def by_id(connection: Connection, record_id: UUID, *, public: bool) -> Record | None:
    """The record of that id, if the caller may see it."""
    return _one(connection, RECORD.c.id == record_id, public=public)


def by_layer(connection: Connection, layer_id: str, *, public: bool) -> Record | None:
    """The record of a layer, if the caller may see it."""
    return _one(connection, RECORD.c.layer_id == layer_id, public=public)


def documents(connection: Connection, ids: Sequence[UUID], *, public: bool) -> Mapping[UUID, str]:
    """The documents, as they came, of those of these records that have one."""
    wanted = select(RECORD.c.id, RECORD.c.document).where(RECORD.c.id.in_(ids), RECORD.c.document.is_not(None))
    return {row.id: row.document for row in connection.execute(wanted, execution_options=options(public=public))}


def options(*, public: bool) -> dict[str, Any]:
    """Execution options that put the schema of the caller's role before the views."""
    return {"schema_translate_map": _PUBLIC if public else _SIGNED_IN}


def _one(connection: Connection, condition: ColumnElement[bool], *, public: bool) -> Record | None:
    wanted = select(*_COLUMNS, RECORD.c.facts).where(condition)
    row = connection.execute(wanted, execution_options=options(public=public)).one_or_none()
    return _record(row) if row else None


def _record(row: Any) -> Record:
    values = {name: getattr(row, name) for name in _SMALL}
    values["keywords"] = tuple(row.keywords)
    said = row._mapping.get("facts")  # noqa: SLF001 - SQLAlchemy's public accessor, in spite of its name
    return Record(
        **values,
        bbox=None if row.corners[0] is None else tuple(row.corners),
        facts=_facts(said) if said is not None and row.layer_id is not None else None,
        brought=from_json(said) if said is not None and row.layer_id is None else None,
    )


def _facts(said: Mapping[str, Any]) -> Facts:
    return Facts(**{**said, "columns": tuple(said["columns"]), "bbox": tuple(said["bbox"])})
