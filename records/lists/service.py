# SPDX-License-Identifier: EUPL-1.2
"""Pages of a list, its counts, its board and its calendar, by the view that the caller reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from records import deadlines, store
from records.lists import query as queries
from records.lists.query import Query
from records.model import Kind
from records.store import Filter
from sdi.db.database import Database
from sdi.people.model import Principal

COUNTED = 1_000
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
    with database.read(None if public else caller) as connection:
        asked, total = counted(connection, None if public else caller, asked, COUNTED + 1)
        statement = store.page(
            asked.kind.id,
            asked.filters,
            asked.sort,
            falling=asked.falling,
            after=asked.after is not None,
            public=public,
        )
        values: dict[str, Any] = {**asked.values, "limit": asked.limit + 1}
        if asked.after:
            values |= {"after": asked.after[0], "after_id": asked.after[1]}
        rows = list(connection.execute(text(statement), values).mappings()) if total else []
    shown = rows[: asked.limit]
    return Page(shown, total, queries.token(shown[-1]) if len(rows) > asked.limit else None)


def counted(connection: Connection, caller: Principal | None, asked: Query, most: int) -> tuple[Query, int]:
    """The query as it is run, and how many records it finds, `most` where there are more.

    Words that begin no word of any record are looked for as a part of one.
    """
    public = caller is None
    if caller is not None and len(caller.organisations) == 1:
        filters, own = replace(asked.filters, own=True), caller.organisations[0]
        asked = replace(asked, filters=filters, values={**asked.values, "own": own})
    tried = [asked]
    if asked.filters.words:
        tried.append(replace(asked, filters=replace(asked.filters, words=False, part=True)))
    for one in tried:
        statement = text(store.count(one.kind.id, one.filters, public=public))
        total = int(connection.execute(statement, {**one.values, "most": most}).scalar_one())
        if total:
            return one, total
    return asked, 0


def features(database: Database, caller: Principal | None, asked: Query, limit: int) -> str:
    """A list as GeoJSON in CRS84 (RFC 7946), made by the database."""
    public = is_public(asked.kind, caller)
    with database.read(None if public else caller) as connection:
        asked, _ = counted(connection, None if public else caller, asked, 1)
        statement = text(store.items(asked.kind.id, asked.filters, public=public))
        return str(connection.execute(statement, {**asked.values, "limit": limit}).scalar_one())


def board(database: Database, caller: Principal | None, kind: Kind) -> list[Column]:
    """Every state with its first records, those whose term ends soonest first; each is counted to `COUNTED`."""
    public = is_public(kind, caller)
    states = [state.id for state in kind.states if state.public or not public]
    filters = Filter(own=caller is not None and len(caller.organisations) == 1, state=True)
    values: dict[str, Any] = {"most": _BOARD, "counted": COUNTED + 1}
    if filters.own and caller is not None:
        values["own"] = caller.organisations[0]
    found: list[Column] = []
    with database.read(None if public else caller) as connection:
        statement = text(store.column_of_board(kind.id, filters, public=public))
        for state in states:
            rows = connection.execute(statement, {**values, "state": state}).mappings().all()
            found.append(Column(state, rows[0]["total"] if rows else 0, rows))
    return found


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
