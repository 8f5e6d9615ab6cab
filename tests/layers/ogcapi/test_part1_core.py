# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features Part 1 (17-069r4), Annex A: each test is named after the requirement that it proves."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

pytestmark = pytest.mark.usefixtures("districts")
ITEMS = "/ogc/collections/districts/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
JSON = {"Accept": "application/json"}


def _get(client: FlaskClient, path: str, **query: object) -> Any:
    answer = client.get(path, query_string={name.replace("_", "-"): str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json


def _ids(client: FlaskClient, **query: object) -> list[int]:
    return [feature["id"] for feature in _get(client, ITEMS, limit=100, **query)["features"]]


def _links(document: Any, rel: str) -> list[dict[str, str]]:
    return [link for link in document["links"] if link["rel"] == rel]


def _description(client: FlaskClient, app: Flask) -> Any:
    """The API definition, found from the landing page as a client would."""
    (link,) = _links(_get(client, "/ogc", f="json"), "service-desc")
    answer = client.get(link["href"].removeprefix(app.extensions["brama"].settings.public_url))
    assert answer.status_code == 200
    assert answer.content_type == link["type"]
    return answer.json


def _parameter(description: Any, name: str, path: str = "/collections/{collectionId}/items") -> Any:
    (found,) = [one for one in description["paths"][path]["get"]["parameters"] if one["name"] == name]
    return found


def test_root_op_and_root_success(client: FlaskClient) -> None:
    landing = _get(client, "/ogc", f="json")
    assert {"title", "description", "links"} <= landing.keys()
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        assert _links(landing, rel), rel
    assert client.get("/ogc", headers=JSON).mimetype == "application/json"
    assert client.get("/ogc/").status_code == 200


def test_api_definition_op_and_success(client: FlaskClient, app: Flask) -> None:
    description = _description(client, app)
    validate(description)
    base = app.extensions["brama"].settings.public_url
    assert description["servers"] == [{"url": f"{base}/ogc"}]
    for path in ("/", "/conformance", "/collections", "/collections/{collectionId}",
                 "/collections/{collectionId}/items", "/collections/{collectionId}/items/{featureId}"):  # fmt: skip
        assert "200" in description["paths"][path]["get"]["responses"]
        assert "default" in description["paths"][path]["get"]["responses"]
    (document,) = _links(_get(client, "/ogc", f="json"), "service-doc")
    assert client.get(document["href"].removeprefix(base)).mimetype == "text/html"


def test_conformance_op_and_success(client: FlaskClient) -> None:
    classes = _get(client, "/ogc/conformance", f="json")["conformsTo"]
    for name in ("core", "oas30", "html", "geojson"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in classes
    assert len(set(classes)) == len(classes)


@pytest.mark.parametrize("path", ["/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/districts",
                                  ITEMS, f"{ITEMS}/5", "/ogc/api"])  # fmt: skip
def test_http_head_and_conditional_answers(client: FlaskClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_type == whole.content_type
    refused = client.patch(path) if path != f"{ITEMS}/5" else client.post(path)
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]


def test_crs84(client: FlaskClient) -> None:
    answer = client.get(ITEMS)
    assert answer.headers["Content-Crs"] == f"<{CRS84}>"
    for feature in (answer.json or {})["features"]:
        west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
        assert 20.9 < west < east < 21.1
        assert 52.1 < south < north < 52.3


def test_fc_md_op_links_items_extent(client: FlaskClient) -> None:
    listed = _get(client, "/ogc/collections", f="json")
    assert _links(listed, "self")
    assert _links(listed, "alternate")
    for collection in listed["collections"]:
        assert {"id", "links", "extent"} <= collection.keys()
        assert collection["itemType"] == "feature"
        kinds = {link["type"] for link in _links(collection, "items")}
        assert {"application/geo+json", "text/html"} <= kinds
        ((west, south, east, north),) = collection["extent"]["spatial"]["bbox"]
        assert collection["extent"]["spatial"]["crs"] == CRS84
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        ((begin, end),) = collection["extent"]["temporal"]["interval"]
        assert datetime.fromisoformat(begin)
        assert end is None


def test_sfc_md_op_and_success(client: FlaskClient) -> None:
    listed = _get(client, "/ogc/collections", f="json")["collections"]
    for collection in listed:
        assert _get(client, f"/ogc/collections/{collection['id']}", f="json") == collection
    assert client.get("/ogc/collections/there_is_none").status_code == 404


def test_fc_op_and_fc_response(client: FlaskClient) -> None:
    answer = client.get(ITEMS, headers={"Accept": "application/geo+json"})
    assert answer.content_type == "application/geo+json"
    page = answer.json or {}
    assert page["type"] == "FeatureCollection"
    assert all(feature["type"] == "Feature" for feature in page["features"])


def test_fc_limit_definition(client: FlaskClient, app: Flask) -> None:
    limit = _parameter(_description(client, app), "limit")
    assert (limit["in"], limit.get("required", False), limit["style"], limit["explode"]) == (
        "query", False, "form", False,
    )  # fmt: skip
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}


def test_fc_limit_response(client: FlaskClient, add_layer: LayerMaker) -> None:
    points = [[f"POINT({637_000 + number} 486694)", number] for number in range(25)]
    add_layer("many", GeometryType.POINT, {"n": ColumnType.INTEGER}, points)
    client.application.extensions["layers"].invalidate()
    sizes = {limit: len(_get(client, "/ogc/collections/many/items", limit=limit)["features"]) for limit in (1, 7, 25)}
    assert sizes == {1: 1, 7: 7, 25: 25}
    assert len(_get(client, "/ogc/collections/many/items")["features"]) == 10


def test_fc_bbox_definition(client: FlaskClient, app: Flask) -> None:
    bbox = _parameter(_description(client, app), "bbox")
    assert (bbox["in"], bbox["style"], bbox["explode"]) == ("query", "form", False)
    assert bbox["schema"] == {
        "type": "array",
        "items": {"type": "number"},
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    }


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ("21.005,52.231,21.007,52.233", [5]),
        ("21.005,52.231,0,21.007,52.233,100", [5]),
        ("-180,-90,180,90", list(range(1, 10))),
        ("20,51,-20,55", list(range(1, 10))),
        ("-1.5,50,1.5,53", []),
        ("-80,-5,-70,5", []),
        ("177,65,-177,70", []),
        ("-180,85,180,90", []),
        ("-180,-90,180,-85", []),
    ],
)
def test_fc_bbox_response(client: FlaskClient, bbox: str, expected: list[int]) -> None:
    assert _ids(client, bbox=bbox) == expected


def test_fc_time_definition(client: FlaskClient, app: Flask) -> None:
    time = _parameter(_description(client, app), "datetime")
    assert (time["in"], time["style"], time["explode"], time["schema"]) == ("query", "form", False, {"type": "string"})


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2003-06-01T00:00:00Z", [4]),
        ("2003-06-01T00:00:00.5+02:00", [4]),
        ("2001-12-31T00:00:00Z/2002-01-01T00:00:00Z", [2, 3]),
        ("../2000-12-31T23:59:59Z", [1]),
        ("/2000-12-31T23:59:59Z", [1]),
        ("2007-05-01T00:00:00Z/..", [8, 9]),
        ("2007-05-01T00:00:00Z/", [8, 9]),
        ("../..", list(range(1, 10))),
        ("2001-12-30/P1D", [2]),
        ("2001-12-30/P3D", [2, 3]),
        ("2001-01-31/P1Y1M", [2, 3]),
    ],
)
def test_fc_time_response(client: FlaskClient, time: str, expected: list[int]) -> None:
    assert _ids(client, datetime=time) == expected


def test_fc_time_response_features_without_time_match(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("timeless", GeometryType.POINT, {"n": ColumnType.INTEGER}, [["POINT(637010 486694)", 1]])
    rows = [["POINT(637010 486694)", "2020-01-01"], ["POINT(637010 486694)", None]]
    add_layer("dated", GeometryType.POINT, {"day": ColumnType.DATE}, rows, time_start="day")
    client.application.extensions["layers"].invalidate()
    for layer, expected in (("timeless", [1]), ("dated", [2])):
        page = _get(client, f"/ogc/collections/{layer}/items", datetime="1999-01-01/1999-12-31")
        assert [feature["id"] for feature in page["features"]] == expected
        assert client.get(f"/ogc/collections/{layer}/items?datetime=never").status_code == 400


@pytest.mark.parametrize("path", ["/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/districts",
                                  ITEMS, f"{ITEMS}/5"])  # fmt: skip
def test_query_param_unknown(client: FlaskClient, path: str) -> None:
    answer = client.get(path, query_string={"unknownQueryParameter12345": "1"})
    assert answer.status_code == 400
    assert (answer.json or {})["parameter"] == "unknownQueryParameter12345"


@pytest.mark.parametrize("query", ["limit=unlimited", "bbox=1,2,3", "bbox=a,b,c,d", "datetime=2020-99-99",
                                   "people=many", "limit=0", "limit=-1", "crs=nowhere"])  # fmt: skip
def test_query_param_invalid(client: FlaskClient, query: str) -> None:
    assert client.get(f"{ITEMS}?{query}").status_code == 400


def test_fc_links_and_rel_type(client: FlaskClient) -> None:
    page = _get(client, ITEMS, limit=2, bbox="20,51,22,53")
    (own,) = _links(page, "self")
    assert "limit=2" in own["href"]
    assert own["type"] == "application/geo+json"
    assert any(link["type"] == "text/html" for link in _links(page, "alternate"))
    (following,) = _links(page, "next")
    assert re.search(r"bbox=20(%2C|,)51", following["href"])
    assert all({"href", "rel", "type"} <= link.keys() for link in page["links"])


def test_fc_timestamp_number_matched_and_returned(client: FlaskClient) -> None:
    page = _get(client, ITEMS, limit=2)
    assert page["numberReturned"] == len(page["features"]) == 2
    assert page["numberMatched"] == 9
    assert "timeStamp" not in page


def test_f_op_success_and_links(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}/5")
    assert answer.content_type == "application/geo+json"
    feature = answer.json or {}
    assert (feature["type"], feature["id"]) == ("Feature", 5)
    for rel in ("self", "alternate", "collection"):
        assert _links(feature, rel), rel
    assert client.get(f"{ITEMS}/500").status_code == 404


def test_html_definition_and_content(client: FlaskClient) -> None:
    for path in ("/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/districts", ITEMS, f"{ITEMS}/5",
                 "/ogc/functions", "/ogc/collections/districts/queryables"):  # fmt: skip
        for answer in (client.get(path, headers={"Accept": "text/html"}), client.get(f"{path}?f=html")):
            assert answer.mimetype == "text/html"
            assert "<h1>" in answer.text


def test_geojson_definition_and_content(client: FlaskClient) -> None:
    page = client.get(ITEMS)
    assert page.content_type == "application/geo+json"
    for feature in (page.json or {})["features"]:
        assert shapely.from_geojson(json.dumps(feature["geometry"])).is_valid
        assert set(feature) == {"type", "id", "geometry", "properties"}


def test_oas30_completeness_and_exception_codes(client: FlaskClient, app: Flask, districts: Layer) -> None:
    description = _description(client, app)
    known = {one["name"] for one in description["paths"]["/collections/{collectionId}/items"]["get"]["parameters"]}
    assert {"limit", "bbox", "datetime", "crs", "bbox-crs", "filter", "filter-lang", "filter-crs"} <= known
    for path, methods in description["paths"].items():
        for operation in methods.values():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/problem"}, path
    assert description["components"]["securitySchemes"]
