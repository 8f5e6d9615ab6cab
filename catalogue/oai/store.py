# SPDX-License-Identifier: EUPL-1.2
"""SQL of OAI-PMH: public records and those that are gone, in one order of time; a page is found through an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, cast, func, literal, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import DateTime

from catalogue.oai.model import PAGE, Wanted
from catalogue.store import GONE, RECORD, options

_OPTIONS = options(public=True)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Header:
    """A record's place in the list: identifier, moment of the last change, whose it is, whether it is gone."""

    identifier: str
    at: datetime
    organisation: str
    gone: bool


def window(wanted: Wanted) -> Select[Any]:
    """The statement of a page: headers, and one more than it holds."""
    records = _window(RECORD, RECORD.c.changed, wanted, gone=False)
    lost = _window(GONE, GONE.c.at, wanted, gone=True)
    both = union_all(select(records.subquery()), select(lost.subquery())).subquery()
    return select(both).order_by(both.c.at, both.c.identifier).limit(PAGE + 1)


def page(connection: Connection, wanted: Wanted) -> list[Header]:
    """Headers of a page and, if there is one, of the next record after it."""
    rows = connection.execute(window(wanted), execution_options=_OPTIONS)
    return [Header(row.identifier, row.at, row.organisation, row.gone) for row in rows]


def earliest(connection: Connection) -> datetime | None:
    """The moment of the oldest change."""
    oldest = select(func.min(RECORD.c.changed))
    found: datetime | None = connection.execute(oldest, execution_options=_OPTIONS).scalar_one()
    return found


def gone(connection: Connection, identifier: str) -> Header | None:
    """The header of a record that is gone."""
    row = connection.execute(select(GONE).where(GONE.c.identifier == identifier), execution_options=_OPTIONS).first()
    return Header(row.identifier, row.at, row.organisation, gone=True) if row else None


def organisations(connection: Connection) -> Sequence[tuple[str, dict[str, str]]]:
    """Organisations that have records, with their titles."""
    asked = (
        select(RECORD.c.organisation, func.jsonb_agg(RECORD.c.organisation_title, type_=JSONB)[0])
        .group_by(RECORD.c.organisation)
        .order_by(RECORD.c.organisation)
    )
    return [(row[0], row[1]) for row in connection.execute(asked, execution_options=_OPTIONS)]


def _window(table: Any, at: Any, wanted: Wanted, *, gone: bool) -> Select[Any]:
    """The first of a table's rows in the window, as many as a page may need."""
    found = select(table.c.identifier, at.label("at"), table.c.organisation, literal(gone).label("gone"))
    if wanted.start:
        found = found.where(at >= wanted.start)
    if wanted.until:
        found = found.where(at < wanted.until + _SECOND)
    if wanted.organisation:
        found = found.where(table.c.organisation == wanted.organisation)
    if wanted.after:
        moment, identifier = wanted.after
        place = tuple_(cast(literal(moment), DateTime(timezone=True)), literal(identifier))
        found = found.where(tuple_(at, table.c.identifier) > place)
    return found.order_by(at, table.c.identifier).limit(PAGE + 1)
