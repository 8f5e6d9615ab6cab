# SPDX-License-Identifier: EUPL-1.2
"""Streams of rows equal SQL's whatever the size of rows, and leave nothing behind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import FromClause, Text, cast, func, literal
from sqlalchemy import text as sql

from layers.items import statements, streams
from layers.items.model import ItemQuery, SortKey
from layers.items.service import Items, items
from layers.model import ColumnType, GeometryType, Layer
from sdi.crs import CRS84, Box, by_srid
from sdi.db.database import Database
from tests.conftest import LayerMaker


@pytest.fixture
def dots(add_layer: LayerMaker) -> Layer:
    """3,000 points whose texts are of very different lengths."""
    rows = [(f"POINT({500_000 + n} {500_000 + n})", "x" * (20_000 if n % 700 == 0 else n % 50), n % 7 or None)
            for n in range(3_000)]  # fmt: skip
    return add_layer("dots", GeometryType.POINT, {"name": ColumnType.TEXT, "class": ColumnType.INTEGER}, rows)


@pytest.fixture
def reader(app: Flask, dots: Layer) -> Iterator[Items]:
    with app.test_request_context("/"):
        yield items()


def _fid(row: FromClause) -> Any:
    return cast(row.c.fid, Text)


def _read(stream: Iterator[bytes]) -> list[int]:
    return [int(part) for part in b"".join(stream).split(b",") if part]


def test_every_row_comes_once(reader: Items, dots: Layer) -> None:
    assert sorted(_read(reader.stream(dots, ItemQuery(), _fid, joint=b","))) == list(range(1, 3_001))


@pytest.mark.parametrize("limit", [1, 49, 50, 51, 2_999, 3_000, 9_999])
def test_a_limit_gives_the_first_rows_by_id(reader: Items, dots: Layer, limit: int) -> None:
    assert _read(reader.stream(dots, ItemQuery(), _fid, joint=b",", limit=limit)) == list(
        range(1, min(limit, 3_000) + 1)
    )


def test_order_box_and_filter_hold(reader: Items, dots: Layer, database: Database) -> None:
    query = ItemQuery(
        box=Box(500_100, 500_100, 501_900, 501_900, by_srid(2180)),
        equals=(("class", 3),),
        sort=(SortKey("class"), SortKey("name", descending=True)),
    )
    with database.owner.connect() as connection:
        wanted = connection.execute(
            sql("SELECT fid FROM data.dots_1 WHERE class = 3 AND ST_X(geom) BETWEEN 500100 AND 501900"
                " ORDER BY class, name DESC, fid")
        ).scalars().all()  # fmt: skip
    assert _read(reader.stream(dots, query, _fid, joint=b",")) == wanted
    assert _read(reader.stream(dots, query, _fid, joint=b",", limit=7)) == wanted[:7]


def test_nothing_found_is_no_chunk(reader: Items, dots: Layer) -> None:
    assert list(reader.stream(dots, ItemQuery(equals=(("class", 99),)), _fid)) == []


def test_rows_that_encode_to_nothing_do_not_end_the_stream(reader: Items, dots: Layer) -> None:
    found = b"".join(reader.stream(dots, ItemQuery(), lambda row: func.left(row.c.name, 1), joint=b"."))
    assert found.count(b".") == 2_999


def test_chunks_stay_near_their_size(reader: Items, dots: Layer) -> None:
    def wide(row: FromClause) -> Any:
        return func.repeat(literal("x"), 100_000)

    sizes = [len(chunk) for chunk in reader.stream(dots, ItemQuery(), wide, limit=300)]
    assert sum(sizes) == 300 * 100_000
    assert max(sizes[1:]) <= streams.CHUNK_BYTES


def test_features_are_those_of_pages(reader: Items, dots: Layer) -> None:
    def feature(row: FromClause) -> Any:
        return statements.feature(dots, row, CRS84, None)

    streamed = b"".join(reader.stream(dots, ItemQuery(), feature, joint=b",", limit=500))
    assert json.loads(b"[" + streamed + b"]") == json.loads(
        b"[" + reader.page(dots, ItemQuery(limit=500)).features + b"]"
    )


def test_a_stream_closed_early_leaves_no_transaction(reader: Items, dots: Layer, database: Database) -> None:
    stream = reader.stream(dots, ItemQuery(), _fid)
    next(stream)
    assert _open_transactions(database) == 1
    stream.close()  # type: ignore[attr-defined]
    assert _open_transactions(database) == 0


def _open_transactions(database: Database) -> int:
    """How many connections hold the layer's table."""
    with database.owner.connect() as connection:
        counted = sql("SELECT count(*) FROM pg_locks WHERE relation = 'data.dots_1'::regclass")
        return int(connection.execute(counted).scalar_one())
