# SPDX-License-Identifier: EUPL-1.2
"""The write path: what changes do, all or nothing, with history, revisions and states of features."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

import layers.service as layers
from layers.changes import service
from layers.changes.model import Delete, DuplicateKey, Insert, PreconditionFailed, Replace, Update
from layers.model import Layer
from sdi.db.database import Database
from sdi.errors import NotFound, TooLarge, Unprocessable
from sdi.people.model import Principal

from .conftest import square

Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def clerk(sign_in: Callable[..., tuple[Principal, dict[str, str]]]) -> Principal:
    """Who may change the houses."""
    return sign_in("clerk", "features:write")[0]


def _layer(database: Database) -> Layer:
    with database.owner.connect() as connection:
        found = layers.layer_as_owner(connection, "houses")
    assert found
    return found


def test_a_batch_inserts_updates_replaces_and_deletes(
    database: Database, houses: Layer, clerk: Principal, rows: Rows
) -> None:
    applied = service.apply(
        database,
        clerk,
        [
            Insert("houses", square(600_500, 500_000), {"code": "n", "floors": 9, "seen": "2026-03-01T12:00:00Z"}),
            Update("houses", 1, {"floors": None, "height": 7}),
            Replace("houses", 2, square(600_600, 500_000), {"code": "r"}),
            Delete("houses", 3),
        ],
    )
    assert [(one.fid, one.etag is None) for one in applied.changes] == [(4, False), (1, False), (2, False), (3, True)]
    assert applied.revisions == {"houses": 1}
    assert rows(
        "SELECT fid, code, floors, height, listed, built IS NULL, ST_XMin(geom) FROM data.houses_1 ORDER BY fid"
    ) == [
        (1, "h1", None, 7.0, False, False, 600_000.0),
        (2, "r", None, None, None, True, 600_600.0),
        (4, "n", 9, None, None, True, 600_500.0),
    ]
    layer = _layer(database)
    assert (layer.revision, layer.version, layer.feature_count) == (1, 1, 3)
    assert layer.extent == (600_000, 500_000, 600_610, 500_010)
    assert layer.bbox[2] > houses.bbox[2]
    assert layer.updated_at > houses.updated_at


def test_an_identifier_is_never_given_again(database: Database, houses: Layer, clerk: Principal) -> None:
    new = Insert("houses", square(600_500, 500_000), {"code": "n"})
    (first,) = service.apply(database, clerk, [new]).changes
    service.apply(database, clerk, [Delete("houses", first.fid)])
    (second,) = service.apply(database, clerk, [new]).changes
    assert (first.fid, second.fid) == (4, 5)


def test_one_bad_change_undoes_all(database: Database, houses: Layer, clerk: Principal, rows: Rows) -> None:
    with pytest.raises(NotFound, match="no feature 99"):
        service.apply(database, clerk, [Update("houses", 1, {"floors": 50}), Delete("houses", 99)])
    assert rows("SELECT floors FROM data.houses_1 WHERE fid = 1") == [(1,)]
    assert rows("SELECT count(*) FROM layers.change") == [(0,)]
    assert rows("SELECT count(*) FROM sdi.event WHERE type = 'features.changed'") == [(0,)]
    assert _layer(database) == houses


def test_history_keeps_each_state_before(database: Database, houses: Layer, clerk: Principal) -> None:
    service.apply(database, clerk, [Update("houses", 1, {"floors": 5})])
    service.apply(database, clerk, [Delete("houses", 1)])
    service.apply(database, clerk, [Insert("houses", square(600_500, 500_000), {"code": "n"})])
    gone, changed = service.history(database, clerk, "houses", 1)
    assert (changed.operation, changed.revision, gone.operation, gone.revision) == ("update", 1, "delete", 2)
    assert changed.before == {
        "code": "h1", "floors": 1, "height": 0.25, "listed": False, "built": "2001-01-01", "seen": None,
    }  # fmt: skip
    assert gone.before is not None
    assert gone.before["floors"] == 5
    assert gone.account == str(clerk.account_id)
    assert changed.geometry is not None
    assert changed.geometry["type"] == "MultiPolygon"
    (born,) = service.history(database, clerk, "houses", 4)
    assert (born.operation, born.before, born.geometry) == ("insert", None, None)


def test_the_event_tells_the_revision_and_the_changed_boxes(
    database: Database, houses: Layer, clerk: Principal, rows: Rows
) -> None:
    service.apply(database, clerk, [Replace("houses", 1, square(600_500, 500_000), {"code": "h1"})])
    ((subject, data),) = rows("SELECT subject, data FROM sdi.event WHERE type = 'features.changed'")
    boxes = [[600_000, 500_000, 600_010, 500_010], [600_500, 500_000, 600_510, 500_010]]
    assert (subject, data["version"], data["revision"], sorted(data["boxes"])) == ("houses", 1, 1, boxes)
    assert sorted(service.changed_since(database, None, houses, 0)) == boxes
    assert service.changed_since(database, None, houses, 1) == []


def test_more_than_64_boxes_become_the_one_round_them(
    database: Database, houses: Layer, clerk: Principal, rows: Rows
) -> None:
    service.apply(
        database,
        clerk,
        [Insert("houses", square(601_000 + 20 * number, 500_000), {"code": f"n{number}"}) for number in range(65)],
    )
    ((data,),) = rows("SELECT data FROM sdi.event WHERE type = 'features.changed'")
    assert data["boxes"] == [[601_000, 500_000, 601_000 + 20 * 64 + 10, 500_010]]


def test_a_state_that_is_not_expected_is_told(database: Database, houses: Layer, clerk: Principal) -> None:
    (first,) = service.apply(database, clerk, [Update("houses", 1, {"floors": 5})]).changes
    assert first.etag
    (second,) = service.apply(database, clerk, [Update("houses", 1, {"floors": 6}, expected=(first.etag,))]).changes
    with pytest.raises(PreconditionFailed) as refused:
        service.apply(database, clerk, [Delete("houses", 1, expected=(first.etag, "other"))])
    assert refused.value.etag == second.etag
    (third,) = service.apply(database, clerk, [Update("houses", 1, {"floors": 5})]).changes
    assert third.etag == first.etag, "a state is what it holds"


def test_a_feature_may_be_changed_twice_in_one_transaction(
    database: Database, houses: Layer, clerk: Principal, rows: Rows
) -> None:
    service.apply(database, clerk, [Update("houses", 1, {"floors": 5}), Update("houses", 1, {"floors": 6})])
    assert rows("SELECT floors FROM data.houses_1 WHERE fid = 1") == [(6,)]
    states = [past.before and past.before["floors"] for past in service.history(database, clerk, "houses", 1)]
    assert states == [5, 1]


@pytest.mark.parametrize(
    "changes",
    [
        [Insert("houses", square(600_500, 500_000), {"code": "h1"})],
        [Insert("houses", square(600_000 + x, 500_000), {"code": "n"}) for x in (500, 600)],
        [Update("houses", 2, {"code": "h1"})],
        [Replace("houses", 2, square(600_600, 500_000), {"code": "h3"})],
    ],
)
def test_a_key_belongs_to_one_feature(database: Database, houses: Layer, clerk: Principal, changes: Any) -> None:
    with pytest.raises(DuplicateKey, match="for its key 'code'"):
        service.apply(database, clerk, changes)


def test_keys_may_change_places(database: Database, houses: Layer, clerk: Principal, rows: Rows) -> None:
    service.apply(database, clerk, [Update("houses", 1, {"code": "h2"}), Update("houses", 2, {"code": "h1"})])
    assert rows("SELECT code FROM data.houses_1 ORDER BY fid") == [("h2",), ("h1",), ("h3",)]


def test_a_transaction_has_limits(database: Database, houses: Layer, clerk: Principal) -> None:
    changes = [Delete("houses", 1), Delete("houses", 2)]
    with pytest.raises(TooLarge, match="at most 1 features"):
        service.apply(database, clerk, changes, limits=service.Limits(features=1))
    with pytest.raises(TooLarge, match="5 vertices; at most 4"):
        service.apply(
            database, clerk, [Update("houses", 1, geometry=square(600_500, 500_000))],
            limits=service.Limits(vertices=4),
        )  # fmt: skip


def test_many_features_go_in_at_once(database: Database, houses: Layer, clerk: Principal, rows: Rows) -> None:
    new = [
        Insert("houses", square(600_000 + n % 100 * 20, 501_000 + n // 100 * 20), {"code": f"n{n}", "floors": n})
        for n in range(10_000)
    ]
    started = time.monotonic()
    applied = service.apply(database, clerk, new)
    assert time.monotonic() - started < 8
    assert [one.fid for one in applied.changes] == list(range(4, 10_004))
    assert rows("SELECT count(*), sum(floors) FROM data.houses_1 WHERE fid > 3") == [(10_000, 49_995_000)]
    assert _layer(database).feature_count == 10_003


def test_the_registry_mends_the_one_layer(
    database: Database, houses: Layer, clerk: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = layers.Registry(database)
    before = registry.snapshot(None)
    before.lasting["kept"] = before.of_layer("others")["kept"] = before.of_layer("houses")["gone"] = True
    service.apply(database, clerk, [Delete("houses", 1)])
    monkeypatch.setattr(layers.store, "read_layers", lambda *_args, **_named: pytest.fail("all layers were read"))
    registry._heard("features.changed", "houses")
    after = registry.snapshot(None)
    assert after.layer("houses").revision == 1
    assert after.generation > before.generation
    assert (after.lasting, after.by_layer) == ({"kept": True}, {"others": {"kept": True}})
    assert registry.snapshot(None) is after


def test_the_record_of_the_layer_follows(database: Database, houses: Layer, clerk: Principal, rows: Rows) -> None:
    service.apply(database, clerk, [Insert("houses", square(600_900, 500_000), {"code": "n"})])
    ((modified, count, east),) = rows(
        "SELECT modified, facts -> 'feature_count', ST_XMax(bbox) FROM catalogue.record WHERE layer_id = 'houses'"
    )
    layer = _layer(database)
    assert (modified, count, east) == (layer.updated_at, 4, layer.bbox[2])


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"colour": 1}, "no property 'colour'; there are: code, floors"),
        ({"code": 5}, "'code' is 5; expected text"),
        ({"code": "a\x00"}, "expected text"),
        ({"code": "\ud800"}, "expected text"),
        ({"code": None}, "is the layer's key and needs a value"),
        ({"floors": "5"}, "'floors' is '5'; expected a whole number"),
        ({"floors": True}, "expected a whole number"),
        ({"floors": 5.5}, "expected a whole number"),
        ({"floors": 2**63}, "expected a whole number"),
        ({"height": "high"}, "expected a finite number"),
        ({"height": float("nan")}, "expected a finite number"),
        ({"height": 10**400}, "expected a finite number"),
        ({"listed": 1}, "expected true or false"),
        ({"built": "1.3.2026"}, "expected a date"),
        ({"built": "2026-02-30"}, "expected a date"),
        ({"built": {}}, "expected a date"),
        ({"seen": "yesterday"}, "expected a moment"),
        ({"seen": []}, "expected a moment"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    database: Database, houses: Layer, clerk: Principal, attributes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        service.apply(database, clerk, [Update("houses", 1, attributes)])
    assert told in refused.value.message
    assert refused.value.locator == next(iter(attributes))


def test_every_mistake_of_a_batch_is_named(database: Database, houses: Layer, clerk: Principal) -> None:
    changes = [Update("houses", 1, {"floors": "x"}), Insert("houses", None, {"height": "y"})]
    with pytest.raises(Unprocessable) as refused:
        service.apply(database, clerk, changes)
    for told in ("Feature 1: Property 'floors'", "Feature 2: Property 'height'", "Feature 2: The feature has no geom",
                 "Feature 2: Property 'code' is the layer's key"):  # fmt: skip
        assert told in refused.value.message


def test_values_come_back_as_they_were_sent(database: Database, houses: Layer, clerk: Principal, rows: Rows) -> None:
    sent = {"code": "Źdźbło „”\\'\"%s", "floors": -(2**63), "height": 0.1 + 0.2, "listed": True, "built": "0001-01-01"}
    service.apply(database, clerk, [Update("houses", 1, sent)])
    ((found,),) = rows("SELECT to_jsonb(h) - 'geom' FROM (SELECT * FROM data.houses_1 WHERE fid = 1) h")
    assert {name: found[name] for name in sent} == json.loads(json.dumps(sent))
