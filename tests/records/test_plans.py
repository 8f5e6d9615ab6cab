# SPDX-License-Identifier: EUPL-1.2
"""Hot statements use the indexes, as the role that runs them, for one commune and for the region (decision 14)."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from benchmarks.records import fill
from records import service
from records.lists import query
from records.lists import service as lists
from records.places import search, tiles
from sdi.db.database import Database
from sdi.people.model import Principal

_BIG = re.compile(r"^(record|kind_monument)$")


@pytest.fixture
def filled(database: Database) -> Database:
    """Thirty thousand records of fifty communes."""
    with database.owner.begin() as connection:
        fill(connection, 30_000, 50)
    return database


def _principal(database: Database, *, region: bool) -> Principal:
    with database.owner.connect() as connection:
        statement = text("SELECT id FROM sdi.organisation WHERE slug LIKE 'bench%' ORDER BY slug")
        organisations = tuple(connection.execute(statement).scalars())
        account = connection.execute(text("SELECT id FROM sdi.account WHERE login = 'clerk'")).scalar_one()
    own = organisations if region else organisations[:1]
    return Principal(account, "clerk", own[0], own, frozenset({"monuments:read", "monuments:write"}))


@pytest.fixture
def statements(filled: Database) -> Iterator[list[tuple[str, Any]]]:
    """What the application runs, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "set_config" not in statement and "EXPLAIN" not in statement:
            seen.append((statement, values))

    event.listen(filled.app, "before_cursor_execute", note)
    yield seen
    event.remove(filled.app, "before_cursor_execute", note)


def _scans(plan: dict[str, Any]) -> list[str]:
    own = []
    if plan["Node Type"] == "Seq Scan" and _BIG.match(plan.get("Relation Name", "")):
        own.append(f"{plan['Node Type']} on {plan['Relation Name']}")
    return own + [found for child in plan.get("Plans", ()) for found in _scans(child)]


def _asked(sent: dict[str, str]) -> query.Query:
    return query.parse(service.kind("monument"), sent, public=False)


_RUNS: dict[str, Callable[[Database, Principal], object]] = {
    "list": lambda base, who: lists.page(base, who, _asked({})),
    "list by title": lambda base, who: lists.page(base, who, _asked({"sort": "title"})),
    "list by number": lambda base, who: lists.page(base, who, _asked({"sort": "number"})),
    "list by term": lambda base, who: lists.page(base, who, _asked({"sort": "due"})),
    "list of words": lambda base, who: lists.page(base, who, _asked({"q": "dom nr"})),
    "list in a box": lambda base, who: lists.page(base, who, _asked({"bbox": "19.0,51.45,19.2,51.6"})),
}


@pytest.mark.parametrize("region", [False, True], ids=["commune", "region"])
@pytest.mark.parametrize("name", list(_RUNS))
def test_pages_of_lists_walk_an_index(
    filled: Database, statements: list[tuple[str, Any]], name: str, region: bool
) -> None:
    who = _principal(filled, region=region)
    _RUNS[name](filled, who)
    page = [(statement, values) for statement, values in statements if "sort_value" in statement]
    assert len(page) == 1
    with filled.write(who) as connection:
        found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {page[0][0]}", page[0][1]).scalar_one()
    plan = found if isinstance(found, list) else json.loads(found)
    assert _scans(plan[0]["Plan"]) == []


def test_search_tiles_and_a_record_use_indexes(filled: Database, statements: list[tuple[str, Any]]) -> None:
    who = _principal(filled, region=True)
    with filled.owner.connect() as connection:
        record = UUID(str(connection.execute(text("SELECT id FROM records.record LIMIT 1")).scalar_one()))
    with filled.read(who) as connection:
        search.search(connection, search.Asked("spichlerz nr 46"), public=False)
        tiles.tile(connection, service.kind("monument"), (15, 18195, 10850), public=False)
    service.read(filled, who, "monument", record)
    assert len(statements) == 3
    for statement, values in statements:
        with filled.write(who) as connection:
            found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
        plan = found if isinstance(found, list) else json.loads(found)
        assert _scans(plan[0]["Plan"]) == [], statement
