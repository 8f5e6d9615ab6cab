# SPDX-License-Identifier: EUPL-1.2
"""Deep pages by landmarks and long answers as streams: the right features, at the cost of what is answered."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import text

from layers.items.model import ItemQuery
from layers.items.service import Items
from layers.items.store import Statements
from layers.model import ColumnType, GeometryType, Layer
from layers.wfs import landmarks, service
from layers.wfs.model import Query, Window
from layers.wfs.queries import default_srs
from layers.wfs.statements import Form
from sdi.db.database import Database
from tests.conftest import LayerMaker
from tests.layers.wfs.conftest import Ask, ids

FEATURES = 3_000


@pytest.fixture
def many(add_layer: LayerMaker, database: Database, app: Flask) -> Layer:
    """Three thousand points whose ids have gaps and are stored in no order."""
    add_layer("many", GeometryType.POINT, {"n": ColumnType.INTEGER}, [["POINT(600000 500000)", 0]])
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM data.many_1"))
        point = "ST_SetSRID(ST_MakePoint(600000 + n, 500000), 2180)"
        rows = f"SELECT (n * 7919) % 30011 * 3, {point}, n FROM generate_series(1, {FEATURES}) n"
        connection.execute(text(f"INSERT INTO data.many_1 {rows}"))
        connection.execute(text(f"UPDATE layers.layer SET feature_count = {FEATURES} WHERE id = 'many'"))
    app.extensions["layers"].invalidate()
    layer = app.extensions["layers"].snapshot(None).layers["many"]
    assert isinstance(layer, Layer)
    return layer


@pytest.fixture
def order(many: Layer, database: Database) -> list[str]:
    """Identifiers in the order of the layer."""
    with database.owner.connect() as connection:
        return [f"many.{fid}" for fid in connection.execute(text("SELECT fid FROM data.many_1 ORDER BY fid")).scalars()]


@pytest.fixture(autouse=True)
def _shallow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(service, "_WALK", 50)
    landmarks._known.clear()
    yield
    landmarks._known.clear()


def test_a_deep_page_is_the_one_that_counting_finds(ask: Ask, order: list[str]) -> None:
    for start in (0, 49, 50, 51, 99, 100, 101, 250, 1999, 2900, 2995, 2999, 3000, 3001, 10**9):
        root = ask(request="GetFeature", typeNames="many", startIndex=start, count=7)
        assert ids(root) == order[start : start + 7], start
        assert root.get("numberMatched") == str(FEATURES)
    assert (
        ids(ask(request="GetFeature", typeNames="many", startIndex=1000, count=3, sortBy="n DESC")) != order[1000:1003]
    )
    filtered = ask(request="GetFeature", typeNames="many", startIndex=1000, count=3, cql_filter="n > 0")
    assert ids(filtered) == order[1000:1003]


def test_landmarks_are_read_once_for_a_state_of_the_layer(
    many: Layer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(request="GetFeature", typeNames="many", startIndex=1000, count=1)
    assert list(landmarks._known) == [("many", many.state)]
    assert len(landmarks._known["many", many.state]) == FEATURES / landmarks.STEP
    monkeypatch.setattr(service.statements, "landmarks", None)
    ask(request="GetFeature", typeNames="many", startIndex=2000, count=1)


def test_landmarks_follow_changes_of_features(
    many: Layer, order: list[str], ask: Ask, database: Database, app: Flask
) -> None:
    ask(request="GetFeature", typeNames="many", startIndex=1000, count=1)
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM data.many_1 WHERE fid = (SELECT min(fid) FROM data.many_1)"))
        connection.execute(
            text("UPDATE layers.layer SET revision = revision + 1, feature_count = 2999 WHERE id = 'many'")
        )
    app.extensions["layers"].invalidate()
    assert ids(ask(request="GetFeature", typeNames="many", startIndex=1000, count=2)) == order[1001:1003]
    assert len(landmarks._known) == 1


def test_a_deep_page_reads_as_few_rows_as_the_first(many: Layer, database: Database) -> None:
    """By the plan: behind the landmark less than a step of index entries, then the page."""
    reader = service.Features(Items(database, None, Statements()))
    with reader.items.cursor(many) as cursor:
        query = Query(many, ItemQuery(), default_srs(many))
        window = Window(2950, 10)
        place = reader._place(cursor, query, window)
        statement = reader._read(cursor, query, window, Form(query.srs, None, "", ""), place)
        values = service._values(query, window, place)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", {**statement.fixed, **values})
        plan = cursor.fetchone()[0][0]["Plan"]
    assert _rows(plan) < 2 * landmarks.STEP


def _rows(plan: dict) -> int:
    return max([plan["Actual Rows"], *(_rows(part) for part in plan.get("Plans", []))])


def test_a_long_answer_is_a_stream_of_the_same_features(client: FlaskClient, order: list[str]) -> None:
    for pairs, expected in (
        ("", order),
        ("&startIndex=1500", order[1500:]),
        ("&count=2500", order[:2500]),
        ("&count=1500&sortBy=n", None),
        ("&cql_filter=n%20%3C%3D%202000", None),
    ):
        answer = client.get(f"/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=many{pairs}")
        root = etree.fromstring(answer.data)
        assert root.get("numberReturned") == str(len(ids(root)))
        assert expected is None or ids(root) == expected
        assert ("next" in root.attrib) == (len(ids(root)) < int(root.get("numberMatched")) and "Index" not in pairs)


def test_a_stream_left_early_gives_its_connection_back(client: FlaskClient, many: Layer, database: Database) -> None:
    query = "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=many"
    for _ in range(6):
        answer = client.get(query, buffered=False)
        next(answer.iter_encoded())
        answer.close()
    with database.owner.connect() as connection:
        running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        assert connection.execute(text(running)).scalar_one() == 0
