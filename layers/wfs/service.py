# SPDX-License-Identifier: EUPL-1.2
"""WFS' face: features and values of a layer as the bytes PostGIS made, at once or as a stream; how many match."""

from array import array
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.types.numeric import Int8

from layers.items import store, streams
from layers.items.service import Items, bound_values, shape_of
from layers.items.statements import Statement, compiled
from layers.items.streams import Begun
from layers.model import Layer
from layers.wfs import landmarks, statements
from layers.wfs.model import Page, Query, Window
from layers.wfs.statements import Form
from sdi.errors import InvalidParameter

COUNT_MS = 2_000
"""How long matches are counted beside features; what takes longer is unknown."""
_WALK = 2_000
"""Features that are skipped one by one rather than by landmarks."""
_KEPT_COUNTS = 2_000
_NOT_COUNTED = -1
_counts: dict[Any, int | None] = {}
"""Numbers of matches by the layer's state and the selection: all who may read a layer see the same features."""

Place = tuple[int, int]
"""A landmark, and how many features lie between it and the window."""

# What XML 1.0 cannot hold (section 2.2); none of these bytes is part of another character in UTF-8.
_FORBIDDEN = bytes((*range(9), 11, 12, *range(14, 32)))
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


@dataclass(frozen=True)
class Features:
    """Reads features for one caller through `items`."""

    items: Items

    def page(self, query: Query, window: Window, form: Form) -> Page:
        """Features of a window in one statement; whole in memory, so for small windows."""
        with self._cursor(query.layer) as cursor:
            rows = self._run(cursor, query, window, form)
            get = cursor.pgresult.get_value
            body = clean(b"".join([get(row, 0) or b"" for row in range(rows)]))
        whole = window.start == 0 or rows > 0
        matched = window.start + rows if rows < window.limit and whole else self.matched(query)
        return Page(body, matched, rows)

    def matched(self, query: Query, milliseconds: int = COUNT_MS) -> int | None:
        """How many features match; None when that takes longer. Pages of the same query are counted once."""
        if not query.items.selects:
            return query.layer.feature_count
        key = (query.layer.id, query.layer.state, query.items.box, query.items.filter, milliseconds)
        found = _counts.get(key, _NOT_COUNTED)
        if found == _NOT_COUNTED:
            found = self._counted(query, milliseconds)
            if len(_counts) >= _KEPT_COUNTS:
                _counts.clear()
            _counts[key] = found
        return found

    def _counted(self, query: Query, milliseconds: int) -> int | None:
        with self._cursor(query.layer) as cursor:
            values = _values(query, Window(0, 0), None) | {"limit": None}
            return store.count_within(cursor, self._count(query, None), values, milliseconds)

    def stream(self, query: Query, window: Window, form: Form) -> tuple[int, "Stream"]:
        """How many features the window has, and their bytes as they come; both as of one moment."""
        stack = ExitStack()
        try:
            cursor = stack.enter_context(self._cursor(query.layer))
            stack.enter_context(cursor.connection.transaction())
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            place = self._place(cursor, query, window)
            values = _values(query, window, place)
            number = int(_all(cursor, self._count(query, place), values)[0][0])
            statement = self._read(cursor, query, window, form, place)
            return number, Stream(stack, Begun(streams.chunks(cursor, statement, values, b"")))
        except BaseException:
            stack.close()
            raise

    def _run(self, cursor: psycopg.Cursor[Any], query: Query, window: Window, form: Form) -> int:
        place = self._place(cursor, query, window)
        statement = self._read(cursor, query, window, form, place)
        _execute(cursor, statement.text, {**statement.fixed, **_values(query, window, place)}, prepare=True)
        return cursor.pgresult.ntuples if cursor.pgresult else 0

    def _read(
        self, cursor: psycopg.Cursor[Any], query: Query, window: Window, form: Form, place: Place | None
    ) -> Statement:
        """The statement of a window, from a landmark on where there is one."""
        layer, schema = query.layer, self.items.schema(query.layer)
        shape = self.items.shape(cursor, layer, replace(query.items, limit=window.start + window.limit))

        def make() -> Statement:
            return compiled(statements.read(layer, schema, shape, form, landmark=place is not None))

        return self.items.kept.get(("wfs", layer.id, layer.version, schema, shape, form, place is not None), make)

    def _count(self, query: Query, place: Place | None) -> Statement:
        """The statement that counts the features of a window."""
        layer, schema = query.layer, self.items.schema(query.layer)
        shape = shape_of(query.items, by_box=True)

        def make() -> Statement:
            return compiled(statements.count(layer, schema, shape, landmark=place is not None))

        return self.items.kept.get(("wfs count", layer.id, layer.version, schema, shape, place is not None), make)

    def _place(self, cursor: psycopg.Cursor[Any], query: Query, window: Window) -> Place | None:
        if query.items.selects or query.items.sort or window.start <= _WALK:
            return None

        def read() -> "array[int]":
            statement = compiled(statements.landmarks(query.layer, self.items.schema(query.layer), landmarks.STEP))
            return array("q", [row[0] for row in _all(cursor, statement, {})])

        return landmarks.place(query.layer, window.start, read)

    def _cursor(self, layer: Layer) -> Any:
        return self.items.cursor(layer)


class Stream(Iterator[bytes]):
    """Bytes of features, read as they are asked for; `close` ends the statement, whether or not all was read."""

    def __init__(self, stack: ExitStack, chunks: Begun) -> None:
        self._stack = stack
        self._chunks = chunks
        self._parts: Iterator[bytes] = map(clean, chunks)

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except StopIteration:
            self.close()
            raise

    def within(self, start: bytes, end: bytes) -> "Stream":
        """The same with bytes before and after."""
        self._parts = chain((start,), self._parts, (end,))
        return self

    def close(self) -> None:
        """Give the connection back."""
        self._chunks.close()
        self._stack.close()


def clean(block: bytes) -> bytes:
    """Without the characters that XML cannot hold, which texts of features may have."""
    block = block.translate(None, _FORBIDDEN)
    for character in _NO_CHARACTERS:
        if character in block:
            block = block.replace(character, b"")
    return block


def _execute(cursor: psycopg.Cursor[Any], text: str, values: Mapping[str, Any], *, prepare: bool) -> None:
    try:
        cursor.execute(text, values, prepare=prepare)
    except pg.DataError as error:
        raise InvalidParameter("A value does not fit the type of its property.", locator="filter") from error


def _all(cursor: psycopg.Cursor[Any], statement: Statement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    _execute(cursor, statement.text, {**statement.fixed, **values}, prepare=False)
    return cursor.fetchall()


def _values(query: Query, window: Window, place: Place | None) -> dict[str, Any]:
    values = {**bound_values(query.layer, query.items), "limit": Int8(window.limit), "offset": Int8(window.start)}
    return values | ({"landmark": Int8(place[0]), "offset": Int8(place[1])} if place else {})
