# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features Part 2 (18-058r1), Annex A: each test is named after the requirement that it proves."""

from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient

from sdi import crs as crss
from sdi.crs import CRS84, SERVED, Crs
from tests.layers.ogcapi.conftest import PALACE

pytestmark = pytest.mark.usefixtures("districts")
COLLECTION = "/ogc/collections/districts"
ITEMS = f"{COLLECTION}/items"
DEGREES = {"http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/OGC/0/CRS84h"}


def _collection(client: FlaskClient) -> Any:
    return client.get(f"{COLLECTION}?f=json").json


def _bounds(answer: Any) -> list[float]:
    return list(shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in answer.json["features"]]).bounds)


def test_crs_uri_and_fc_md_crs_list(client: FlaskClient) -> None:
    listed = _collection(client)["crs"]
    assert listed == [crs.uri for crs in SERVED]
    assert all(uri.startswith("http://www.opengis.net/def/crs/") for uri in listed)
    assert DEGREES & set(listed), "the default of Part 1 is among them"


def test_fc_md_storage_crs_and_its_valid_value(client: FlaskClient) -> None:
    collection = _collection(client)
    assert collection["storageCrs"] == "http://www.opengis.net/def/crs/EPSG/0/2180"
    assert collection["storageCrs"] in collection["crs"]


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_fc_crs_valid_value_and_action(client: FlaskClient, crs: Crs) -> None:
    for path in (ITEMS, f"{ITEMS}/5"):
        answer = client.get(path, query_string={"crs": crs.uri})
        assert answer.status_code == 200
        assert answer.headers["Content-Crs"] == f"<{crs.uri}>"
    shape = shapely.geometry.shape((answer.json or {})["geometry"])
    x, y = crss.transform_point(*PALACE, CRS84, crs)
    assert shape.contains(shapely.Point(y, x) if crs.northing_first else shapely.Point(x, y))


def test_fc_crs_default_value_and_header(client: FlaskClient) -> None:
    plain = client.get(ITEMS)
    asked = client.get(ITEMS, query_string={"crs": CRS84.uri})
    assert plain.headers["Content-Crs"] == asked.headers["Content-Crs"] == f"<{CRS84.uri}>"
    assert _bounds(plain) == _bounds(asked)


@pytest.mark.parametrize(
    "uri", ["http://www.opengis.net/def/crs/EPSG/0/9999999", "http://www.opengis.net/def/crs/0/unknown"]
)
def test_crs_exception_and_bbox_crs_exception(client: FlaskClient, uri: str) -> None:
    for path in (ITEMS, f"{ITEMS}/5"):
        assert client.get(path, query_string={"crs": uri}).status_code == 400
    assert client.get(ITEMS, query_string={"bbox": "1,1,2,2", "bbox-crs": uri}).status_code == 400


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_fc_bbox_crs_definition_valid_value_and_action(client: FlaskClient, crs: Crs) -> None:
    west, south, east, north = _collection(client)["extent"]["spatial"]["bbox"][0]
    inside = crss.Box(west, south, east, north, CRS84)
    box = inside.to(crs).bounds
    numbers = (box[1], box[0], box[3], box[2]) if crs.northing_first else box
    sent = {"bbox": ",".join(map(str, numbers)), "bbox-crs": crs.uri, "limit": 100}
    found = [f["id"] for f in (client.get(ITEMS, query_string=sent).json or {})["features"]]
    default = {"bbox": f"{west},{south},{east},{north}", "limit": 100}
    assert found == [f["id"] for f in (client.get(ITEMS, query_string=default).json or {})["features"]]


def test_fc_bbox_crs_default_value(client: FlaskClient) -> None:
    sent = {"bbox": "21.005,52.231,21.007,52.233"}
    for more in ({}, {"bbox-crs": CRS84.uri}):
        answer = client.get(ITEMS, query_string=sent | more).json or {}
        assert [feature["id"] for feature in answer["features"]] == [5]


def test_geojson_has_no_crs_member(client: FlaskClient) -> None:
    answer = client.get(ITEMS, query_string={"crs": "http://www.opengis.net/def/crs/EPSG/0/2180"}).json or {}
    assert "crs" not in answer
