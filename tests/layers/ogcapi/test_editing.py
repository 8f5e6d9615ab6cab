# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features Part 4 (OGC 20-002r1): its abstract tests by their names, and what a careless client may send."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from tests.conftest import LayerMaker

ITEMS = "/ogc/collections/trees/items"
FEATURE: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [20.0, 52.4]},
    "properties": {"code": "n", "kind": "lipa", "girth": 120},
}
Headers = dict[str, str]


@pytest.fixture
def trees(add_layer: LayerMaker) -> Layer:
    """Two trees of Gąbin."""
    rows = [["POINT(550000 500000)", "t1", "dąb", 300], ["POINT(550100 500000)", "t2", "buk", None]]
    columns = {"code": ColumnType.TEXT, "kind": ColumnType.TEXT, "girth": ColumnType.INTEGER}
    return add_layer("trees", GeometryType.POINT, columns, rows, organisation="gabin", key_column="code")


@pytest.fixture
def clerk(trees: Layer, sign_in: Callable[..., tuple[Any, Headers]]) -> Headers:
    """Headers of who may change the trees."""
    return sign_in("clerk", "features:write")[1]


@pytest.fixture
def send(client: FlaskClient, clerk: Headers) -> Callable[..., TestResponse]:
    """Send a body as the clerk: `send("PUT", "/1", FEATURE, If_Match='"x"')`."""

    def request(method: str, path: str, body: Any = None, kind: str = "application/geo+json", **headers: str) -> Any:
        data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.open(
            f"{ITEMS}{path}", method=method, data=data, content_type=kind if body is not None else None,
            headers={**clerk, **named},
        )  # fmt: skip

    return request


Send = Callable[..., TestResponse]


def _get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(f"{ITEMS}{path}", headers={"Accept": "application/geo+json", **headers})


def test_conf_create_replace_delete_options(client: FlaskClient, send: Send) -> None:
    for_all, for_one = send("OPTIONS", ""), send("OPTIONS", "/1")
    assert (for_all.status_code, for_one.status_code) == (200, 200)
    assert for_all.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert for_all.headers["Accept-Post"] == "application/geo+json, application/json"
    assert for_one.headers["Allow"] == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
    assert "application/merge-patch+json" in for_one.headers["Accept-Patch"]
    assert client.options(ITEMS).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_conf_create_replace_delete_create(client: FlaskClient, send: Send) -> None:
    made = send("POST", "", FEATURE)
    assert (made.status_code, made.data) == (201, b"")
    assert made.headers["Location"].endswith("/ogc/collections/trees/items/3")
    named = send("POST", "", {**FEATURE, "id": 77, "properties": {"code": "m"}})
    assert named.headers["Location"].endswith("/items/4"), "ids are the server's to give"
    got = _get(client, "/3")
    assert (got.status_code, got.json["properties"], got.json["geometry"]) == (
        200, FEATURE["properties"], FEATURE["geometry"],
    )  # fmt: skip
    assert got.headers["ETag"] == made.headers["ETag"]


def test_many_features_are_created_together_or_not_at_all(client: FlaskClient, send: Send) -> None:
    several = [{**FEATURE, "properties": {"code": f"c{number}"}} for number in range(3)]
    made = send("POST", "", {"type": "FeatureCollection", "features": several})
    assert (made.status_code, made.json["numberCreated"]) == (201, 3)
    assert [one["id"] for one in made.json["features"]] == [3, 4, 5]
    assert _get(client, "/5").headers["ETag"] == made.json["features"][2]["etag"]
    several[1]["geometry"] = {"type": "Point", "coordinates": [0, 0]}
    refused = send("POST", "", {"type": "FeatureCollection", "features": several})
    assert (refused.status_code, "Feature 2: The geometry lies outside" in refused.json["detail"]) == (422, True)
    assert client.get(f"{ITEMS}?f=json").json["numberMatched"] == 5


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "/1"), ("PATCH", "/1")])
def test_conf_create_content_type_replace_content_type_update_content_type(
    client: FlaskClient, clerk: Headers, method: str, path: str
) -> None:
    bare = client.open(f"{ITEMS}{path}", method=method, data=json.dumps(FEATURE), headers=clerk)
    assert bare.status_code == 400
    other = client.open(f"{ITEMS}{path}", method=method, data="<a/>", content_type="text/xml", headers=clerk)
    assert other.status_code == 415


def test_conf_create_replace_delete_replace(client: FlaskClient, send: Send) -> None:
    replaced = send("PUT", "/1", {**FEATURE, "id": 9, "properties": {"code": "r"}})
    assert (replaced.status_code, replaced.data) == (204, b"")
    got = _get(client, "/1")
    assert (got.json["id"], got.json["properties"]) == (1, {"code": "r", "kind": None, "girth": None})
    assert got.json["geometry"] == FEATURE["geometry"]
    assert _get(client, "/9").status_code == 404


def test_conf_create_replace_delete_replace_exceptions(client: FlaskClient, send: Send) -> None:
    assert send("PUT", "/99", FEATURE).status_code == 404
    assert send("PUT", "/98", FEATURE, If_Match='"xyz"').status_code == 404
    assert _get(client, "/98").status_code == 404


def test_conf_create_replace_delete_delete(client: FlaskClient, send: Send) -> None:
    assert send("DELETE", "/1").status_code == 204
    assert _get(client, "/1").status_code == 404
    assert send("DELETE", "/1").status_code == 404
    assert client.get(f"{ITEMS}?f=json").json["numberMatched"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"girth": 310, "kind": None, "geom": {"type": "Point", "coordinates": [20.0, 52.4]}},
        {
            "type": "Feature", "properties": {"girth": 310, "kind": None},
            "geometry": {"type": "Point", "coordinates": [20.0, 52.4]},
        },
    ],
    ids=["as the schema has it", "as GeoJSON has it"],
)  # fmt: skip
def test_conf_features_json_merge_patch(client: FlaskClient, send: Send, body: Any) -> None:
    updated = send("PATCH", "/1", body, "application/merge-patch+json")
    assert (updated.status_code, updated.data) == (204, b"")
    got = _get(client, "/1")
    assert got.json["properties"] == {"code": "t1", "kind": None, "girth": 310}
    assert got.json["geometry"]["coordinates"] == [20.0, 52.4]
    assert got.headers["ETag"] == updated.headers["ETag"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": 5}, 422),
        ({"fid": 5}, 422),
        ({"geom": None}, 422),
        ({"type": "Feature", "geometry": None}, 422),
        ({"colour": 1}, 422),
        ({"properties": []}, 422),
        ([], 400),
        ("[", 400),
        ('{"girth": NaN}', 400),
        ("[" * 100_000, 400),
        ({}, 204),
    ],
)
def test_conf_update_rid_and_patches_that_are_none(send: Send, body: Any, status: int) -> None:
    assert send("PATCH", "/1", body, "application/merge-patch+json").status_code == status


def test_conf_optimistic_locking_etags_get_etag(client: FlaskClient, trees: Layer) -> None:
    got = _get(client, "/1")
    etag = got.headers["ETag"]
    assert not etag.startswith("W/")
    again = _get(client, "/1", **{"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert _get(client, "/2").headers["ETag"] != etag
    others = [client.get(f"{ITEMS}/1?{query}").headers["ETag"] for query in ("f=html", "crs=EPSG:2180&f=json")]
    assert len({etag, *others}) == 3, "each representation has its own"
    assert {other[1:33] for other in others} == {etag[1:33]}, "of the one state"


@pytest.mark.parametrize(
    ("method", "body", "kind"),
    [
        ("PUT", FEATURE, "application/geo+json"),
        ("PATCH", {"girth": 1}, "application/merge-patch+json"),
        ("DELETE", None, "application/geo+json"),
    ],
)
def test_conf_optimistic_locking_etags_replace_update_delete(
    client: FlaskClient, send: Send, method: str, body: Any, kind: str
) -> None:
    etag = _get(client, "/1").headers["ETag"]
    refused = send(method, "/1", body, kind, If_Match='"0"')
    assert (refused.status_code, refused.headers["ETag"]) == (412, etag)
    assert _get(client, "/1").headers["ETag"] == etag
    assert send(method, "/1", body, kind, If_Match=f"W/{etag}").status_code == 412, "If-Match compares strongly"
    done = send(method, "/1", body, kind, If_Match=f'"0", {etag}')
    assert done.status_code == 204
    assert done.headers.get("ETag") != etag
    assert send(method, "/2", {"girth": 2} if method == "PATCH" else body, kind, If_Match="*").status_code == (
        409 if method == "PUT" else 204
    ), "the key is the first one's"


def test_an_etag_got_as_html_serves_as_well(client: FlaskClient, send: Send) -> None:
    etag = client.get(f"{ITEMS}/1?f=html").headers["ETag"]
    assert send("DELETE", "/1", If_Match=etag).status_code == 204


def test_conf_features_crs(client: FlaskClient, send: Send) -> None:
    own = _get(client, "/1?crs=EPSG:2180").json["geometry"]["coordinates"]
    assert own == [500_000, 550_000], "northing first"
    moved = {**FEATURE, "geometry": {"type": "Point", "coordinates": [500_200, 550_300]}}
    uri = "http://www.opengis.net/def/crs/EPSG/0/2180"
    made = send("POST", "", moved, Content_Crs=f"<{uri}>")
    assert made.status_code == 201
    assert _get(client, "/3?crs=EPSG:2180").json["geometry"] == moved["geometry"]
    patched = {"geometry": {"type": "Point", "coordinates": [500_201, 550_301]}}
    assert send("PATCH", "/3", patched, "application/merge-patch+json", Content_Crs=f"<{uri}>").status_code == 204
    assert _get(client, "/3?crs=EPSG:2180").json["geometry"] == patched["geometry"]
    assert send("POST", "", moved, Content_Crs="<http://www.opengis.net/def/crs/EPSG/0/9999>").status_code == 400
    assert send("POST", "", moved).status_code == 422, "degrees are expected"


def test_the_place_of_json_fg_goes_before_the_geometry(client: FlaskClient, send: Send) -> None:
    place = {"type": "Point", "coordinates": [500_200, 550_300]}
    body = {**FEATURE, "place": place, "coordRefSys": "http://www.opengis.net/def/crs/EPSG/0/2180"}
    assert send("POST", "", body).status_code == 201
    assert _get(client, "/3?crs=EPSG:2180").json["geometry"] == place


def test_conf_features_schema(send: Send) -> None:
    refused = send("POST", "", {**FEATURE, "properties": {"code": "n", "fid": 7}})
    assert (refused.status_code, refused.json["parameter"]) == (422, "fid")
    assert "there are: code, kind, girth" in refused.json["detail"]


def test_the_representation_comes_back_when_it_is_preferred(send: Send) -> None:
    made = send("POST", "", FEATURE, Prefer="return=representation")
    assert (made.status_code, made.headers["Preference-Applied"]) == (201, "return=representation")
    assert (made.json["id"], made.json["properties"]) == (3, FEATURE["properties"])
    assert made.headers["ETag"]
    changed = send("PATCH", "/3", {"girth": 5}, "application/merge-patch+json", Prefer="return=representation")
    assert (changed.status_code, changed.json["properties"]["girth"]) == (200, 5)


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        (None, "has no geometry"),
        ({"type": "Point"}, "cannot be read"),
        ({"type": "Point", "coordinates": []}, "is empty"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "cannot be read"),
        ({"type": "Circle", "coordinates": [20, 52]}, "GeoJSON"),
        ({"type": "MultiPoint", "coordinates": [[20, 52]]}, "is a MultiPoint; the layer takes Point"),
        ({"type": "Point", "coordinates": [52.4, 20.0]}, "outside the area of EPSG:2180 (easting 52.4, northing 20)"),
        ({"type": "Point", "coordinates": [200, 95]}, "outside the area"),
    ],
)
def test_a_geometry_that_cannot_be_stored_is_refused_with_the_reason(send: Send, geometry: Any, told: str) -> None:
    refused = send("POST", "", {**FEATURE, "geometry": geometry})
    assert refused.status_code == 422
    assert told in refused.json["detail"]


def test_a_coordinate_beyond_all_numbers_is_refused(send: Send) -> None:
    body = json.dumps(FEATURE).replace("20.0", "1e400")
    assert send("POST", "", body).status_code == 422


def test_an_invalid_polygon_is_refused_with_the_place(
    client: FlaskClient, add_layer: LayerMaker, sign_in: Callable[..., tuple[Any, Headers]]
) -> None:
    rows = [["MULTIPOLYGON(((550000 500000,550010 500000,550010 500010,550000 500000)))"]]
    add_layer("lots", GeometryType.MULTIPOLYGON, {}, rows, organisation="gabin")
    bow = [[[20, 52], [20.1, 52.1], [20.1, 52], [20, 52.1], [20, 52]]]
    headers = sign_in("clerk", "features:write")[1]

    def post(coordinates: Any) -> TestResponse:
        body = {"type": "Feature", "properties": None, "geometry": {"type": "Polygon", "coordinates": coordinates}}
        return client.post("/ogc/collections/lots/items", json=body, headers=headers)

    assert "Self-intersection[20.05 52.05]" in post(bow).json["detail"]
    assert "cannot be read" in post([[[20, 52], [20.1, 52.1], [20.1, 52]]]).json["detail"]
    made = post([[[20, 52, 5], [20.1, 52.1, 5], [20.1, 52, 5], [20, 52, 5]]])
    assert made.status_code == 201
    got = client.get(f"{made.headers['Location'].replace('http://127.0.0.1:8080', '')}?f=json").json
    assert (got["geometry"]["type"], len(got["geometry"]["coordinates"][0][0][0])) == ("MultiPolygon", 2)


@pytest.mark.parametrize(
    ("login", "scopes", "status"),
    [(None, (), 401), ("clerk", ("layers:write",), 403), ("stranger", ("features:write",), 403),
     ("admin", ("features:write",), 403), ("admin", ("admin",), 204)],
)  # fmt: skip
def test_only_members_of_the_organisation_with_the_scope_change_features(
    client: FlaskClient, trees: Layer, sign_in: Callable[..., tuple[Any, Headers]], login: str | None,
    scopes: tuple[str, ...], status: int,
) -> None:  # fmt: skip
    headers = sign_in(login, *scopes)[1] if login else {}
    for method, body, kind in (
        ("PATCH", {"girth": 1}, "application/merge-patch+json"),
        ("PUT", FEATURE, "application/geo+json"),
        ("DELETE", None, "application/geo+json"),
    ):
        sent = json.dumps(body) if body else None
        done = client.open(f"{ITEMS}/1", method=method, data=sent, content_type=kind, headers=headers)
        assert done.status_code == status, method
    allowed = client.options(ITEMS, headers=headers).headers["Allow"]
    assert ("POST" in allowed) is (status == 204)


def test_a_hidden_layer_is_not_found(
    client: FlaskClient, add_layer: LayerMaker, sign_in: Callable[..., tuple[Any, Headers]]
) -> None:
    add_layer("trees", GeometryType.POINT, {}, [["POINT(550000 500000)"]], organisation="gabin", visibility="private")
    for headers in (sign_in("stranger", "features:write")[1], sign_in("clerk", "features:write")[1]):
        assert client.delete(f"{ITEMS}/1", headers=headers).status_code == 404
    for layer in ("trees", "nothing"):  # the public hears the same of what is hidden and of what is not there
        assert client.delete(f"/ogc/collections/{layer}/items/1").status_code == 401


def test_a_page_is_new_after_a_change(client: FlaskClient, send: Send) -> None:
    etag = client.get(f"{ITEMS}?f=json").headers["ETag"]
    send("PATCH", "/1", {"girth": 1}, "application/merge-patch+json")
    page = client.get(f"{ITEMS}?f=json", headers={"If-None-Match": etag})
    assert (page.status_code, page.json["features"][0]["properties"]["girth"]) == (200, 1)


def test_the_history_of_a_feature_is_its_organisations(
    client: FlaskClient, send: Send, clerk: Headers, sign_in: Callable[..., tuple[Any, Headers]]
) -> None:
    send("PATCH", "/1", {"girth": 1}, "application/merge-patch+json")
    send("DELETE", "/1")
    told = client.get(f"{ITEMS}/1/history", headers=clerk).json["changes"]
    assert [(one["operation"], one["before"]["girth"]) for one in told] == [("delete", 1), ("update", 300)]
    assert client.get(f"{ITEMS}/1/history").status_code == 401
    assert client.get(f"{ITEMS}/1/history", headers=sign_in("stranger", "features:write")[1]).status_code == 403


def test_a_body_over_the_limit_is_refused(app: Flask, send: Send, database: Database) -> None:
    brama = app.extensions["brama"]
    limits = brama.settings.limits.model_copy(update={"change_bytes": 1_000, "changes": 2})
    settings = brama.settings.model_copy(update={"limits": limits})
    app.extensions["brama"] = type(brama)(settings, database, brama.listener)
    assert send("POST", "", {**FEATURE, "properties": {"code": "x" * 1_000}}).status_code == 413
    three = [{"type": "Feature", "geometry": FEATURE["geometry"], "properties": {"code": str(n)}} for n in range(3)]
    assert send("POST", "", {"type": "FeatureCollection", "features": three}).status_code == 413
