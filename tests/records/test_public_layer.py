# SPDX-License-Identifier: EUPL-1.2
"""The open part of a kind is a layer of every service; who watches a place is told what touches it (records 8, 9)."""

import json
from collections.abc import Callable

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

import layers.service as layers
from layers.changes import service as changes
from layers.changes.model import Geometry, Insert, Update
from layers.model import ColumnType, GeometryType
from records import publishing, service, store
from records.model import Save, Saved
from sdi.db.database import Database
from sdi.errors import Forbidden
from sdi.people.model import Principal
from tests.conftest import LayerMaker

from .conftest import place

Person = Callable[..., Principal]
Add = Callable[..., Saved]
SQUARE = "POLYGON ((575000 500000, 575040 500000, 575040 500030, 575000 500030, 575000 500000))"
WIDE = "POLYGON ((574900 499900, 575140 499900, 575140 500130, 574900 500130, 574900 499900))"
DECIDED = {"protection": "register_a", "register_number": "A-1", "decision_date": "1962-03-23", "threats": "TAJNE"}


def _enter(database: Database, clerk: Principal, made: Saved) -> None:
    current = service.read(database, clerk, "monument", made.id)
    service.apply(database, clerk, [service.transit(current, "enter")])


def _publish(database: Database) -> int:
    with database.owner.begin() as connection:
        return publishing.publish(connection, "monument", "mazowieckie")


@pytest.fixture
def entered(database: Database, person: Person, add_monument: Add) -> Saved:
    made = add_monument(person(), "Pałac", place(SQUARE), place(WIDE, "surroundings"), **DECIDED)
    _enter(database, person(), made)
    return made


def test_the_first_open_record_asks_for_the_layer_and_each_later_one_is_in_it_at_once(
    database: Database, person: Person, add_monument: Add, entered: Saved, client: FlaskClient, app: Flask
) -> None:
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT args FROM sdi.job")).scalars().all() == [{"kind": "monument"}]
    assert _publish(database) == 1
    second = add_monument(person(), "Dwór", place("POINT (575500 500500)"), **DECIDED)
    _enter(database, person(), second)
    items = "/ogc/collections/monuments/items?f=json"
    with app.app_context():
        layers.registry().invalidate()
    found = client.get(items).get_json()["features"]
    assert [one["properties"]["title"] for one in found] == ["Pałac", "Dwór"]
    assert found[0]["properties"]["protection"] == "rejestr A (nieruchome)"
    assert "TAJNE" not in json.dumps(found)
    assert {"threats", "owner_statement", "land_register"} & set(found[0]["properties"]) == set()
    current = service.read(database, person(), "monument", second.id)
    rename = Save("monument", "edit", {"title": "Dwór nowy"}, id=second.id, expected=current.version)
    service.apply(database, person(), [rename])
    current = service.read(database, person(), "monument", entered.id)
    service.apply(database, person(), [service.transit(current, "exclude", "rozebrany")])
    with app.app_context():
        layers.registry().invalidate()
    assert [one["properties"]["title"] for one in client.get(items).get_json()["features"]] == ["Dwór nowy"]
    with database.owner.connect() as connection:
        told = connection.execute(text("SELECT feature_count, revision FROM layers.layer")).one()
    assert tuple(told) == (1, 3)
    assert "Dwór nowy" in client.get("/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=monuments").text


def test_features_of_the_layer_are_not_changed_by_themselves(
    database: Database, person: Person, entered: Saved
) -> None:
    _publish(database)
    with database.owner.connect() as connection:
        region = connection.execute(text("SELECT id, organisation_id FROM sdi.account WHERE login = 'admin'")).one()
    admin = Principal(region.id, "admin", region.organisation_id, (region.organisation_id,), frozenset({"admin"}))
    with pytest.raises(Forbidden):
        changes.apply(database, admin, [Update("monuments", 1, {"title": "x"})])


def test_who_watches_a_place_is_told_of_records_and_of_layers_that_touch_it(
    database: Database, person: Person, add_monument: Add, entered: Saved, add_layer: LayerMaker
) -> None:
    clerk = person()
    add_monument(clerk, "Daleko", place("POINT (590000 500000)"))
    other = add_monument(clerk, "Budowa", place("POINT (575100 500100)"))
    roads = add_layer("roads", GeometryType.POINT, {"name": ColumnType.TEXT}, [("POINT (600000 500000)", "a")],
                      organisation="gabin")  # fmt: skip
    writer = Principal(
        clerk.account_id, "clerk", clerk.organisation_id, clerk.organisations, frozenset({"features:write"})
    )
    near = Geometry(shapely.to_wkb(shapely.Point(575100, 500004)), 2180)
    changes.apply(database, writer, [Insert("roads", near, {"name": "nowa"})])
    assert roads.id == "roads"
    with database.read(clerk) as connection:
        notes = store.belongings(connection, entered.id)["notes"]
    assert {(note["source"], note["subject"]) for note in notes} == {
        ("record", f"record/{other.id}"),
        ("layer", "layer/roads/2"),
    }
    assert any("Budowa" in note["text"] for note in notes)


def test_of_what_is_hidden_in_other_organisations_who_watches_hears_only_the_kind(
    database: Database, person: Person, add_monument: Add, entered: Saved, add_layer: LayerMaker
) -> None:
    stranger = person("stranger")
    hidden = add_monument(stranger, "Tajna budowa", place("POINT (575100 500100)"))
    add_layer("pipes", GeometryType.POINT, {"name": ColumnType.TEXT}, [("POINT (600000 500000)", "a")],
              organisation="radomski", visibility="organisation")  # fmt: skip
    writer = Principal(
        stranger.account_id, "stranger", stranger.organisation_id, stranger.organisations, frozenset({"features:write"})
    )
    near = Geometry(shapely.to_wkb(shapely.Point(575100, 500004)), 2180)
    changes.apply(database, writer, [Insert("pipes", near, {"name": "nowa"})])
    with database.read(person()) as connection:
        notes = store.belongings(connection, entered.id)["notes"]
    assert [(note["source"], note["subject"], note["text"]) for note in notes] == [
        ("record", f"record/{hidden.id}", "Zabytek")
    ]
