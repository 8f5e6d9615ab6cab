# SPDX-License-Identifier: EUPL-1.2
"""Records over JSON: kinds, lists, ETags, changes, tiles, search and everything about a place (records 8, 9)."""

from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from records.model import Saved
from sdi.people.model import Principal
from tests.conftest import LayerMaker

from .conftest import CARD, place

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
Person = Callable[..., Principal]
Add = Callable[..., Saved]
API = "/api/records/monument"
GABIN = {"type": "Point", "coordinates": [19.7351, 52.3968]}


@pytest.fixture
def clerk(sign_in: SignIn) -> dict[str, str]:
    return sign_in("clerk", "monuments:read", "monuments:write", "monuments:decide")[1]


@pytest.fixture
def communes(add_layer: LayerMaker) -> None:
    shapes = ["POLYGON ((540000 480000, 560000 480000, 560000 500000, 540000 500000, 540000 480000))",
              "POLYGON ((560000 480000, 580000 480000, 580000 500000, 560000 500000, 560000 480000))"]  # fmt: skip
    rows = [(shapes[0], "1419063", "Gąbin"), (shapes[1], "1419072", "Łąck")]
    columns = {"teryt": ColumnType.TEXT, "nazwa": ColumnType.TEXT}
    add_layer(
        "communes", GeometryType.POLYGON, columns, rows, key_column="teryt", label_column="nazwa", searchable=True
    )


def test_a_record_is_made_read_and_changed_with_etags(client: FlaskClient, clerk: dict[str, str]) -> None:
    body: dict[str, Any] = {"title": "Ratusz", **CARD, "places": [{"role": "subject", "geometry": GABIN}]}
    made = client.post(API, json=body, headers=clerk)
    assert made.status_code == 201
    one = f"{API}/{made.json['id']}"
    found = client.get(one, headers=clerk)
    assert (found.json["title"], found.json["state"], found.headers["ETag"]) == ("Ratusz", "proposed", '"1"')
    assert found.json["geometry"]["coordinates"] == pytest.approx(GABIN["coordinates"], abs=1e-6)
    assert client.get(one, headers={**clerk, "If-None-Match": '"1"'}).status_code == 304
    assert client.patch(one, json={"title": "Ratusz miejski"}, headers=clerk).status_code == 428
    late = {**clerk, "If-Match": '"1"'}
    assert client.patch(one, json={"title": "Ratusz miejski", "dating": "1847"}, headers=late).headers["ETag"] == '"2"'
    assert client.patch(one, json={"title": "X"}, headers=late).status_code == 412
    assert client.patch(one, json={"street": None}, headers={**clerk, "If-Match": '"2"'}).status_code == 200
    assert client.get(one, headers=clerk).json["street"] is None
    way = {"transition": "notify"}
    assert client.post(f"{one}/transitions", json=way, headers={**clerk, "If-Match": '"3"'}).status_code == 200
    past = client.get(f"{one}/history", headers=clerk).json["changes"]
    assert [change["action"] for change in past] == ["notify", "edit", "edit", "create"]


@pytest.mark.parametrize(
    ("body", "status"),
    [([], 400), ({"title": "A"}, 422), ({"title": "A", **CARD, "planet": 1}, 422), ({"title": 5, **CARD}, 422),
     ({"title": "A", **CARD, "places": "x"}, 422),
     ({"title": "A", **CARD, "places": [{"geometry": {"type": "X"}}]}, 422),
     ({"title": "A", **CARD, "places": [{"role": "moon", "geometry": GABIN}]}, 422),
     ({"title": "A", **CARD, "commune": "x"}, 422), ({"title": "A\u0000", **CARD}, 422),
     ({"title": "A", **CARD, "floor_area": 1e400}, 422), ({"title": "A", **CARD, "number": "N" * 101}, 422)],
)  # fmt: skip
def test_bodies_that_cannot_be_taken_are_refused(
    client: FlaskClient, clerk: dict[str, str], body: Any, status: int
) -> None:
    assert client.post(API, json=body, headers=clerk).status_code == status


def test_a_place_gives_commune_shares_and_the_legal_area(
    client: FlaskClient, clerk: dict[str, str], communes: None
) -> None:
    ring = [[20.0, 52.35], [20.1, 52.35], [20.1, 52.36], [20.0, 52.36], [20.0, 52.35]]
    square = "POLYGON ((559900 490000, 560300 490000, 560300 490100, 559900 490100, 559900 490000))"
    form = {"title": "Park", "opened": "2026-11-02", **CARD, "place-subject": square}
    page = client.post("/registers/monuments/new", data=form, headers=clerk).location
    shown = client.get(page, headers=clerk).text
    assert "141907" in shown, "the commune that has most of it"
    assert "Łąck (75 %)" in shown
    assert "Gąbin (25 %)" in shown
    # 40,000 m2 in EPSG:2180 are a little more in the PL-2000 zone, because 2180 is too small by 0.08 % there.
    assert "EPSG:2178" in shown or "EPSG:2177" in shown
    drawn = client.post(API, json={"title": "P", **CARD, "places": [
        {"role": "subject", "geometry": {"type": "Polygon", "coordinates": [ring]}}]}, headers=clerk)  # fmt: skip
    assert drawn.status_code == 201


def test_search_goes_over_all_kinds_and_rights(
    client: FlaskClient, clerk: dict[str, str], sign_in: SignIn, person: Person, add_monument: Add
) -> None:
    add_monument(person(), "Kościół farny", place("POINT (575000 500000)"))
    add_monument(person("stranger"), "Kościół obcy", place("POINT (575050 500000)"))
    for address in ("/api/records/search?q=kosciol", "/api/records/search?q=GEZ/1", "/api/records/search?q=far",
                    "/api/records/search?bbox=20,52,21,53"):  # fmt: skip
        found = client.get(address, headers=clerk).json["records"]
        assert [row["title"] for row in found] == ["Kościół farny"], address
        assert client.get(address).json["records"] == []
        assert client.get(address, headers=sign_in("clerk", "features:write")[1]).json["records"] == []
    assert "Kościół farny" in client.get("/records?q=farny", headers=clerk).text
    assert client.get("/api/records/search?q=%25", headers=clerk).json["records"] == []


def test_everything_about_a_place_is_records_and_layers_near_it(
    client: FlaskClient, clerk: dict[str, str], person: Person, add_monument: Add, communes: None
) -> None:
    near = add_monument(person(), "Młyn", place("POINT (550000 490000)"))
    add_monument(person(), "Wiatrak", place("POINT (550500 490000)"))
    around = f"/records/around?record={near.id}&metres=100"
    shown = client.get(around, headers=clerk).text
    assert "Młyn" in shown
    assert "Wiatrak" not in shown
    assert "Gąbin" in shown
    found = client.get("/api/records/around?place=52.2700,19.7330&metres=5000", headers=clerk).json
    assert {row["title"] for row in found["records"]} == {"Młyn", "Wiatrak"}
    assert [row["title"] for row in found["records"]] == sorted(
        ("Młyn", "Wiatrak"), key=lambda title: next(r["distance"] for r in found["records"] if r["title"] == title)
    )
    assert {row["layer"] for row in found["features"]} == {"communes"}
    assert client.get("/api/records/around?place=Nibylandia").status_code == 404
    assert client.get(around).status_code == 200
    assert "Młyn" not in client.get(around).text


def test_tiles_hold_what_the_caller_may_see(
    client: FlaskClient, clerk: dict[str, str], person: Person, add_monument: Add
) -> None:
    add_monument(person(), "Młyn", place("POINT (638000 487000)"))
    for address, name in ((f"{API}/tiles/7/71/42", "records"), (f"{API}/tiles/15/18302/10791", "title")):
        body = client.get(address, headers=clerk).data
        features = mapbox_vector_tile.decode(body)["monument"]["features"] if body else []
        assert all(name in feature["properties"] for feature in features)
        assert client.get(address).data == b""
    assert mapbox_vector_tile.decode(client.get(f"{API}/tiles/7/71/42", headers=clerk).data)["monument"]["features"]
    assert client.get(f"{API}/tiles/3/9/1", headers=clerk).status_code == 404


def test_kinds_tell_their_schema_and_lifecycle(client: FlaskClient) -> None:
    kinds = {one["id"]: one for one in client.get("/api/records").json["kinds"]}
    assert {"monument", "inspection", "grant", "care_programme"} <= set(kinds)
    told = client.get("/api/records/monument/schema").json
    assert "object_type" in told["schema"]["required"]
    assert {"id": "exclude", "reason": True}.items() <= next(
        one for one in told["transitions"] if one["id"] == "exclude"
    ).items()
