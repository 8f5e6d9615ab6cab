# SPDX-License-Identifier: EUPL-1.2
"""Layers in the administration: found by filters, changed many at once within reach, and undone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import layers.service as layers
from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.people.service import organisation_id
from tests.conftest import LayerMaker

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
Headers = dict[str, str]
HTML = {"Accept": "text/html"}
THEME = layers.themes()[-1].id


@pytest.fixture(autouse=True)
def three(add_layer: LayerMaker) -> None:
    """Two layers of Gąbin, one of Radom county."""
    for name, owner, seen in (
        ("wells", "gabin", "public"),
        ("pipes", "gabin", "private"),
        ("roads", "radomski", "public"),
    ):
        add_layer(name, GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(600000 500000)", "x"]],
                  organisation=owner, visibility=seen)  # fmt: skip


@pytest.fixture
def gabin(sign_in: SignIn) -> Headers:
    return sign_in("clerk", "admin")[1] | HTML


@pytest.fixture
def regional(sign_in: SignIn) -> Headers:
    return sign_in("admin", "admin")[1] | HTML


def _state(database: Database, column: str = "visibility") -> dict[str, Any]:
    with database.owner.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text(f"SELECT id, {column} FROM layers.layer"))}


def _listed(client: FlaskClient, headers: Headers, query: str = "") -> set[str]:
    answer = client.get(f"/admin/layers?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return set(re.findall('name="layer" value="([^"]+)"', answer.text))


def test_one_sees_the_layers_that_one_may_change(client: FlaskClient, gabin: Headers, regional: Headers) -> None:
    assert _listed(client, gabin) == {"wells", "pipes"}
    assert _listed(client, regional) == {"wells", "pipes", "roads"}
    assert _listed(client, regional, "organisation=radomski") == {"roads"}
    assert _listed(client, regional, "visibility=private") == {"pipes"}
    assert _listed(client, regional, "q=WARSTWA+ROADS") == {"roads"}
    assert _listed(client, regional, "theme=nothing") == set()
    for sort in ("id", "-id", "features", "-updated", "organisation", "theme", "visibility"):
        assert len(_listed(client, regional, f"sort={sort}")) == 3
    assert client.get("/admin/layers?sort=relation", headers=gabin).status_code == 400


def test_chosen_layers_change_together_and_are_undone_each_to_what_it_was(
    client: FlaskClient, database: Database, gabin: Headers
) -> None:
    form = {"layer": ["wells", "pipes", "roads"], "set_visibility": "organisation", "set_theme": THEME}
    answer = client.post("/admin/layers", data=form, headers=gabin)
    assert answer.status_code == 303
    assert _state(database) == {"wells": "organisation", "pipes": "organisation", "roads": "public"}
    assert client.get("/ogc/collections/wells").status_code == 404
    page = client.get(answer.location, headers=gabin).text
    found = re.search('name="request" value="([^"]+)"', page)
    assert found
    client.post("/admin/undo", data={"request": found[1], "back": "/admin/layers"}, headers=gabin)
    assert _state(database) == {"wells": "public", "pipes": "private", "roads": "public"}
    assert THEME not in _state(database, "theme").values()


def test_all_that_filters_find_change(client: FlaskClient, database: Database, regional: Headers) -> None:
    form = {"all": "1", "organisation": "gabin", "set_visibility": "public"}
    assert client.post("/admin/layers", data=form, headers=regional).status_code == 303
    assert set(_state(database).values()) == {"public"}
    with database.owner.connect() as connection:
        events = text("SELECT subject FROM sdi.event WHERE type = 'layer.changed' ORDER BY seq")
        assert set(connection.execute(events).scalars()) == {"wells", "pipes"}


def test_a_layer_goes_to_another_organisation_within_reach_only(
    client: FlaskClient, database: Database, gabin: Headers, regional: Headers
) -> None:
    with database.owner.connect() as connection:
        radom = str(organisation_id(connection, "radomski"))
    form = {"layer": "wells", "set_organisation": radom}
    assert client.post("/admin/layers", data=form, headers=gabin).status_code == 403
    assert client.post("/admin/layers", data=form, headers=regional).status_code == 303
    assert str(_state(database, "organisation_id")["wells"]) == radom
    assert _listed(client, gabin) == {"pipes"}


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"layer": "wells"}, 400), ({"set_visibility": "public"}, 400),
        ({"layer": "wells", "set_visibility": "x"}, 400),
        ({"layer": "wells", "set_theme": "x"}, 400), ({"layer": "wells", "set_organisation": "x"}, 400),
        ({"layer": "roads", "set_visibility": "private"}, 403), ({"layer": "x", "set_visibility": "private"}, 403),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    client: FlaskClient, database: Database, gabin: Headers, form: Headers, status: int
) -> None:
    before = _state(database)
    assert client.post("/admin/layers", data=form, headers=gabin).status_code == status
    assert _state(database) == before
