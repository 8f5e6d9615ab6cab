# SPDX-License-Identifier: EUPL-1.2
"""Pages of a list, its counts, its board and its calendar, by the view that the caller reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from records import deadlines, store
from records.lists import query as queries
from records.lists.query import Query
from records.model import Kind
from sdi.db.database import Database
from sdi.people.model import Principal

COUNTED = 10_000
"""A list is counted to here; what is more is told as more."""
_BOARD = 20


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. `total` is one more than `COUNTED` where there are more; `following` begins the next page."""

    rows: Sequence[RowMapping]
    total: int
    following: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A state of a board: its first records by their terms, and how many there are."""

    state: str
    total: int
    rows: Sequence[RowMapping]


def is_public(kind: Kind, caller: Principal | None) -> bool:
    """Whether the caller sees the open part of a kind only."""
    return caller is None or not caller.may(kind.read_scope)


def page(database: Database, caller: Principal | None, asked: Query) -> Page:
    """A page and the whole count, in one transaction."""
    public = is_public(asked.kind, caller)
    statement = store.page(
        asked.kind.id, asked.filters, asked.sort, falling=asked.falling, after=asked.after is not None, public=public
    )
    values: dict[str, Any] = {**asked.values, "limit": asked.limit + 1, "most": COUNTED + 1}
    if asked.after:
        values |= {"after": asked.after[0], "after_id": asked.after[1]}
    with database.read(None if public else caller) as connection:
        rows = list(connection.execute(text(statement), values).mappings())
        counted = connection.execute(text(store.count(asked.kind.id, asked.filters, public=public)), values)
        total = int(counted.scalar_one())
    shown = rows[: asked.limit]
    return Page(shown, total, queries.token(shown[-1]) if len(rows) > asked.limit else None)


def features(database: Database, caller: Principal | None, asked: Query, limit: int) -> str:
    """A list as GeoJSON in CRS84 (RFC 7946), made by the database."""
    public = is_public(asked.kind, caller)
    statement = text(store.items(asked.kind.id, asked.filters, public=public))
    with database.read(None if public else caller) as connection:
        return str(connection.execute(statement, {**asked.values, "limit": limit}).scalar_one())


def board(database: Database, caller: Principal | None, kind: Kind) -> list[Column]:
    """Every state with its first records, those whose term ends soonest first; one statement."""
    public = is_public(kind, caller)
    due = "NULL::date" if public else "due"
    statement = text(
        f"SELECT * FROM (SELECT id, number, title, state, {due} AS due, opened, count(*) OVER (PARTITION BY state)"
        f" AS total, row_number() OVER (PARTITION BY state ORDER BY {due} NULLS LAST, opened DESC, id) AS place"
        f" FROM {store.relation(kind, public=public)}) placed WHERE place <= :most ORDER BY place"
    )
    with database.read(None if public else caller) as connection:
        rows = connection.execute(statement, {"most": _BOARD}).mappings().all()
    by_state: dict[str, list[RowMapping]] = {state.id: [] for state in kind.states if state.public or not public}
    for row in rows:
        by_state.setdefault(row["state"], []).append(row)
    return [Column(state, found[0]["total"] if found else 0, found) for state, found in by_state.items()]


def calendar(database: Database, caller: Principal, kind: Kind, first: date) -> dict[date, list[RowMapping]]:
    """Records whose term ends in the month that begins with `first`, by the day (at most 1,000)."""
    statement = text(
        f"SELECT id, number, title, state, due, closed FROM {store.relation(kind, public=False)}"
        " WHERE due >= :first AND due < :after AND closed IS NULL ORDER BY due, id LIMIT 1000"
    )
    values = {"first": first, "after": deadlines.months_later(first, 1)}
    days: dict[date, list[RowMapping]] = {}
    with database.read(caller) as connection:
        for row in connection.execute(statement, values).mappings():
            days.setdefault(row["due"], []).append(row)
    return days


def saved_views(connection: Connection, kind: Kind) -> list[RowMapping]:
    """The caller's own saved views of a kind."""
    statement = text("SELECT id, title, query FROM app.records_view WHERE kind = :kind ORDER BY title LIMIT 100")
    return list(connection.execute(statement, {"kind": kind.id}).mappings())


def save_view(connection: Connection, kind: Kind, title: str, query: str) -> None:
    """Keep a list's address under a title, or give the title another address."""
    values = {"kind": kind.id, "title": title, "query": query}
    connection.execute(text("DELETE FROM app.records_view WHERE kind = :kind AND title = :title"), values)
    connection.execute(text("INSERT INTO app.records_view (kind, title, query) VALUES (:kind, :title, :query)"), values)
