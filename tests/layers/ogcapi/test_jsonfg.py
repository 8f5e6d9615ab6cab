# SPDX-License-Identifier: EUPL-1.2
"""JSON-FG 1.0 (OGC 21-045r1): requirements of core and of types and schemas."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

TYPE = "application/vnd.ogc.fg+json"
NATIONAL = "http://www.opengis.net/def/crs/EPSG/0/2180"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def _page(client: FlaskClient, query: str = "") -> Any:
    answer = client.get(f"/ogc/collections/districts/items?f=jsonfg{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, TYPE), answer.text
    return answer.json


def test_the_root_says_what_it_is(client: FlaskClient, districts: Layer) -> None:
    page = _page(client)
    assert page["conformsTo"] == [
        "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
        "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
    ]
    assert (page["featureType"], page["geometryDimension"], page["coordRefSys"]) == ("districts", 2, CRS84)
    assert page["featureSchema"].endswith("/ogc/collections/districts/schema")
    assert (page["numberMatched"], page["numberReturned"]) == (9, 9)
    assert all("conformsTo" not in feature for feature in page["features"])


def test_crs84_stands_in_geometry_and_others_in_place(client: FlaskClient, districts: Layer) -> None:
    plain = client.get("/ogc/collections/districts/items?f=json").json["features"]
    for feature, same in zip(_page(client)["features"], plain, strict=True):
        assert feature["place"] is None
        assert {name: feature[name] for name in ("type", "id", "geometry", "properties")} == same
    page = _page(client, f"&crs={NATIONAL}")
    plain = client.get(f"/ogc/collections/districts/items?f=json&crs={NATIONAL}").json["features"]
    assert page["coordRefSys"] == NATIONAL
    for feature, same in zip(page["features"], plain, strict=True):
        assert (feature["geometry"], feature["place"]) == (None, same["geometry"])


def test_time_is_an_interval_with_open_ends(client: FlaskClient, districts: Layer) -> None:
    times = [feature["time"] for feature in _page(client)["features"]]
    assert times[0] == {"interval": ["2000-01-01", "2000-12-31"]}
    assert times[8] == {"interval": ["2008-01-01", ".."]}


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (ColumnType.DATE, [date(2020, 2, 29), None], [{"date": "2020-02-29"}, None]),
        (
            ColumnType.TIMESTAMP,
            [datetime(2024, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC), None],
            [{"timestamp": "2024-05-01T12:30:15.250000Z"}, None],
        ),
    ],
)
def test_time_is_an_instant(
    client: FlaskClient, add_layer: LayerMaker, kind: ColumnType, values: list[Any], wanted: list[Any]
) -> None:
    rows = [["POINT(1 1)", value] for value in values]
    add_layer("events", GeometryType.POINT, {"at": kind}, rows, time_start="at")
    found = client.get("/ogc/collections/events/items?f=jsonfg").json
    assert [feature["time"] for feature in found["features"]] == wanted
    assert found["geometryDimension"] == 0


def test_a_layer_without_time_and_features_without_place(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("plain", GeometryType.GEOMETRY, {}, [["POINT(1 1)"], [None]])
    found = client.get(f"/ogc/collections/plain/items?f=jsonfg&crs={NATIONAL}").json
    assert "geometryDimension" not in found
    assert [(f["time"], f["geometry"], f["place"] is None) for f in found["features"]] == [
        (None, None, False), (None, None, True)
    ]  # fmt: skip


def test_one_feature(client: FlaskClient, districts: Layer) -> None:
    answer = client.get(f"/ogc/collections/districts/items/5?f=jsonfg&crs={NATIONAL}")
    assert answer.headers["Content-Type"] == TYPE
    feature = answer.json
    assert feature["conformsTo"][0].endswith("/core")
    assert (feature["id"], feature["coordRefSys"], feature["geometry"]) == (5, NATIONAL, None)
    same = client.get(f"/ogc/collections/districts/items/5?f=json&crs={NATIONAL}")
    assert feature["place"] == same.json["geometry"]
    again = client.get(
        f"/ogc/collections/districts/items/5?f=jsonfg&crs={NATIONAL}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    by_accept = client.get("/ogc/collections/districts/items/5", headers={"Accept": TYPE})
    assert by_accept.headers["Content-Type"] == TYPE


def test_pages_follow_each_other(client: FlaskClient, districts: Layer) -> None:
    seen, query = [], "&limit=4"
    while query:
        page = _page(client, query)
        seen += [feature["id"] for feature in page["features"]]
        (following,) = [link for link in page["links"] if link["rel"] == "next"] or [{}]
        assert not following or (following["type"] == TYPE and "f=jsonfg" in following["href"])
        query = "&" + following["href"].partition("?")[2] if following else ""
        query = query.replace("&f=jsonfg", "")
    assert seen == list(range(1, 10))


@pytest.mark.client
def test_gdal_reads_place_in_its_crs(client: FlaskClient, districts: Layer, tmp_path: Path) -> None:
    path = tmp_path / "districts.json"
    path.write_bytes(client.get(f"/ogc/collections/districts/items?f=jsonfg&crs={NATIONAL}").data)
    meta, _, shapes, _ = pyogrio.raw.read(f"JSONFG:{path}")
    assert meta["crs"] == "EPSG:2180"
    assert len(shapes) == 9
    centre = shapely.from_wkb(shapes[4]).centroid
    assert (centre.x, centre.y) == pytest.approx((637_010, 486_694), abs=0.01)
