# SPDX-License-Identifier: EUPL-1.2
"""Pages put together are the whole layer, in any order, with NULLs, and while others write."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.items.model import ItemQuery, SortKey
from layers.items.service import Items
from layers.items.store import Statements
from layers.items.values import decode_place, encode_place
from layers.model import Column, ColumnType, GeometryType, Layer
from sdi.crs import CRS84, parse_bbox
from sdi.db.database import Database
from sdi.errors import InvalidParameter
from tests.conftest import LayerMaker

COLUMNS = {
    "name": ColumnType.TEXT,
    "floors": ColumnType.INTEGER,
    "height": ColumnType.NUMBER,
    "listed": ColumnType.BOOLEAN,
    "built": ColumnType.DATE,
    "seen": ColumnType.TIMESTAMP,
}
ROWS = 40
EVERYWHERE = parse_bbox("10,45,30,60", CRS84)


def _row(number: int) -> list[object]:
    def some(step: int, value: object) -> object:
        return None if number % step == 0 else value

    return [
        f"POINT({600000 + number * 10} {480000 + number * 7})",
        some(5, f'ł"{number % 3}\\'),
        some(4, 2**62 + number % 6),
        some(7, [0.1, float("inf"), float("nan"), -1e300][number % 4]),
        some(3, number % 2 == 0),
        some(6, date(1900 + number % 4, 2, 3)),
        some(4, datetime(2020, 1, 1 + number % 5, 12, 30, 1, 5, tzinfo=UTC)),
    ]


@pytest.fixture
def layer(add_layer: LayerMaker) -> Layer:
    return add_layer("houses", GeometryType.POINT, COLUMNS, [_row(number) for number in range(ROWS)])


@pytest.fixture
def items(database: Database) -> Items:
    return Items(database, None, Statements())


sorts = st.lists(
    st.builds(SortKey, st.sampled_from(sorted(COLUMNS)), st.booleans()), max_size=3, unique_by=lambda key: key.column
).map(tuple)


def _ids(items: Items, layer: Layer, query: ItemQuery) -> list[int]:
    return [int(row[0]) for row in items.rows(layer, query)[0]]


def _walk(items: Items, layer: Layer, query: ItemQuery) -> list[int]:
    """Ids of all pages; every place goes through its token, as a client sends it back."""
    found: list[int] = []
    after: tuple[str | None, ...] | None = None
    while True:
        page = ItemQuery(limit=query.limit, sort=query.sort, box=query.box, after=after)
        found += _ids(items, layer, page)
        following = items.page(layer, page).next
        assert following == items.rows(layer, page)[1]
        if following is None:
            return found
        after = decode_place(layer, query.sort, encode_place(layer, query.sort, following))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sort=sorts, limit=st.integers(1, 15), boxed=st.booleans())
def test_pages_put_together_are_the_whole_layer_in_order(
    items: Items, layer: Layer, sort: tuple[SortKey, ...], limit: int, boxed: bool
) -> None:
    box = EVERYWHERE if boxed else None
    whole = _ids(items, layer, ItemQuery(limit=ROWS, sort=sort))
    assert sorted(whole) == list(range(1, ROWS + 1))
    assert _walk(items, layer, ItemQuery(limit=limit, sort=sort, box=box)) == whole


def test_nulls_are_the_largest_value(items: Items, layer: Layer) -> None:
    up = [row[1] for row in items.rows(layer, ItemQuery(100, sort=(SortKey("built"),), properties=("built",)))[0]]
    down = [
        row[1] for row in items.rows(layer, ItemQuery(100, sort=(SortKey("built", True),), properties=("built",)))[0]
    ]
    values = [value for value in up if value is not None]
    assert values == sorted(values)
    assert up == values + [None] * 7
    assert down == [None] * 7 + values[::-1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sort=sorts, limit=st.integers(3, 15), fids=st.lists(st.integers(1_000, 10**9), min_size=1, max_size=6, unique=True)
)
def test_nothing_comes_twice_or_is_lost_while_others_write(
    items: Items, layer: Layer, database: Database, sort: tuple[SortKey, ...], limit: int, fids: list[int]
) -> None:
    found: list[int] = []
    after: tuple[str | None, ...] | None = None
    new = list(fids)
    while True:
        page = ItemQuery(limit=limit, sort=sort, after=after)
        found += _ids(items, layer, page)
        after = items.page(layer, page).next
        if after is None:
            break
        if new:
            _insert(database, layer, new.pop())
    _delete(database, layer)
    assert len(found) == len(set(found))
    assert set(range(1, ROWS + 1)) <= set(found)


def _insert(database: Database, layer: Layer, fid: int) -> None:
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO data.{layer.relation} SELECT %s, geom, name, floors, height, listed, built, seen"
            f" FROM data.{layer.relation} WHERE fid = %s",
            (fid, fid % ROWS + 1),
        )


def _delete(database: Database, layer: Layer) -> None:
    with database.owner.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM data.{layer.relation} WHERE fid > {ROWS}")


@given(text=st.text(max_size=200))
def test_any_text_as_a_token_is_a_place_or_refused(text: str) -> None:
    layer = _unstored()
    for sort in ((), (SortKey("floors"),)):
        try:
            place = decode_place(layer, sort, text)
        except InvalidParameter as refused:
            assert refused.locator == "next"
        else:
            assert len(place) == len(sort) + 1


@given(value=st.none() | st.text(max_size=50), fid=st.integers(-(2**63), 2**63 - 1))
def test_a_token_brings_its_place_back(value: str | None, fid: int) -> None:
    layer, sort = _unstored(), (SortKey("name"),)
    token = encode_place(layer, sort, (value, str(fid)))
    if value is not None and "\x00" in value:
        with pytest.raises(InvalidParameter):
            decode_place(layer, sort, token)
    else:
        assert decode_place(layer, sort, token) == (value, str(fid))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("floors", "1; DROP TABLE x"),
        ("floors", "9223372036854775808"),
        ("height", "1) OR (1=1"),
        ("listed", "maybe"),
        ("built", "now()"),
        ("seen", "'"),
        ("seen", "2020-01-01 00:00:00+00; SELECT 1"),
    ],
)
def test_a_forged_value_in_a_token_is_refused(kind: str, value: str) -> None:
    layer, sort = _unstored(), (SortKey(kind),)
    with pytest.raises(InvalidParameter):
        decode_place(layer, sort, encode_place(layer, sort, (value, "1")))


def test_a_token_of_another_order_is_refused() -> None:
    layer = _unstored()
    token = encode_place(layer, (SortKey("name"),), ("x", "1"))
    with pytest.raises(InvalidParameter):
        decode_place(layer, (SortKey("name", descending=True),), token)


def _unstored() -> Layer:
    values = dict.fromkeys(Layer.__dataclass_fields__)
    values |= {"id": "houses", "columns": tuple(Column(name, kind, name) for name, kind in COLUMNS.items())}
    return Layer(**values)  # type: ignore[arg-type]
