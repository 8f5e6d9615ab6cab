# SPDX-License-Identifier: EUPL-1.2
"""Runs statements of items on psycopg itself: prepared on the server, fetched as binary, untouched on the way."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg.errors import QueryCanceled
from psycopg.pq.abc import PGresult

from layers.items.statements import Statement
from layers.model import Layer
from sdi.db.database import Database
from sdi.people.model import Principal

_KEPT_STATEMENTS = 500
# By the catalogue, because the application's role may not name the tables behind its views.
_SELECTIVITY = (
    "SELECT _postgis_selectivity(c.oid, 'geom', CAST(%(box)s AS geometry)) FROM pg_catalog.pg_class c"
    " WHERE c.relname = %(relation)s AND c.relnamespace ="
    " (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'data')"
)

Row = tuple[bytes | None, ...]


class Statements:
    """Compiled statements of one snapshot of the registry; forgets all when there are too many."""

    def __init__(self) -> None:
        self._made: dict[Any, Statement] = {}

    def get(self, key: Any, make: Callable[[], Statement]) -> Statement:
        """The statement of `key`, made at its first use."""
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= _KEPT_STATEMENTS:
                self._made.clear()
            found = self._made[key] = make()
        return found


@contextmanager
def cursor(database: Database, caller: Principal | None) -> Iterator[psycopg.Cursor[Any]]:
    """A binary cursor as `caller`; None reads what is public and needs no transaction."""
    if caller is None:
        with database.public_connection() as public:
            yield public.cursor(binary=True)
    else:
        with database.read(caller) as connection:
            yield cast("psycopg.Connection[Any]", connection.connection.driver_connection).cursor(binary=True)


def run(cursor: psycopg.Cursor[Any], statement: Statement, values: Mapping[str, Any], *, prepare: bool = True) -> int:
    """Run a statement, prepared on the server or planned for these values; the number of its rows."""
    cursor.execute(statement.text, {**statement.fixed, **values}, prepare=prepare)
    return _result(cursor).ntuples


def joined(cursor: psycopg.Cursor[Any], rows: int) -> bytes:
    """The first column of the first `rows` rows, joined by commas."""
    value = _result(cursor).get_value
    return b",".join([value(row, 0) or b"" for row in range(rows)])


def fetched(cursor: psycopg.Cursor[Any], rows: int, joint: bytes) -> bytes | None:
    """The first column of the next rows of the cursor `items`, joined; None at its end."""
    cursor.execute(f"FETCH FORWARD {rows:d} FROM items", prepare=False)
    result = _result(cursor)
    value = result.get_value
    return joint.join([value(row, 0) or b"" for row in range(result.ntuples)]) if result.ntuples else None


def place(cursor: psycopg.Cursor[Any], row: int) -> tuple[str | None, ...]:
    """Sort values and id of a row of a page: where the next page goes on."""
    result = _result(cursor)
    keys = (result.get_value(row, column) for column in range(2, result.nfields))
    return (*(None if key is None else key.decode() for key in keys), str(number(result.get_value(row, 1))))


def one(cursor: psycopg.Cursor[Any], statement: Statement, values: Mapping[str, Any]) -> Row | None:
    """The first row's values as the bytes PostgreSQL sent (text as UTF-8, numbers big-endian); None without a row."""
    if run(cursor, statement, values) == 0:
        return None
    result = _result(cursor)
    return tuple(result.get_value(0, column) for column in range(result.nfields))


def _result(cursor: psycopg.Cursor[Any]) -> "PGresult":
    return cast("PGresult", cursor.pgresult)


def number(value: bytes | None) -> int:
    """A bigint as PostgreSQL sends it in binary."""
    return int.from_bytes(value or b"", "big", signed=True)


def count_within(
    cursor: psycopg.Cursor[Any], statement: Statement, values: Mapping[str, Any], milliseconds: int
) -> int | None:
    """The count, or None when it takes longer."""
    try:
        with cursor.connection.transaction():
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", (str(milliseconds),))
            cursor.execute(statement.text, {**statement.fixed, **values})
            row = cursor.fetchone()
    except QueryCanceled:
        return None
    return int(row[0]) if row else 0


def estimate(cursor: psycopg.Cursor[Any], statement: Statement, values: Mapping[str, Any]) -> int:
    """The planner's estimate of a statement's rows."""
    cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.text}", {**statement.fixed, **values})
    row = cursor.fetchone()
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else 0


def since(cursor: psycopg.Cursor[Any], layer: Layer, schema: str) -> datetime:
    """From when on the layer's past is known to who reads the views of `schema`."""
    cursor.execute(f"SELECT since FROM {schema}.past_since WHERE layer_id = %s", (layer.id,))
    row = cursor.fetchone()
    return cast("datetime", row[0]) if row else layer.updated_at


def selectivity(cursor: psycopg.Cursor[Any], layer: Layer, box: str) -> float:
    """The share of the layer's features that meet the box, by the planner's statistics."""
    cursor.execute(_SELECTIVITY, {"relation": layer.relation, "box": box}, prepare=True)
    row = cursor.fetchone()
    return float(row[0]) if row and row[0] is not None else 1.0
