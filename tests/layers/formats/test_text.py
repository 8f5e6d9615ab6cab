# SPDX-License-Identifier: EUPL-1.2
"""GeoJSON and CSV of everything: equal to the layer, exact, harmless in a spreadsheet, unbounded by a page."""

import csv
import io
import json

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql

from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from tests.conftest import LayerMaker
from tests.layers.formats.conftest import EASTING, LATITUDE, LONGITUDE, NORTHING, VALUES

_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def _lines(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(f"/ogc/collections/{address}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def test_csv_has_every_value(client: FlaskClient, areas: Layer) -> None:
    rows = _lines(client, "areas/items?f=csv&sortby=&crs=http://www.opengis.net/def/crs/EPSG/0/2180")
    assert [row["fid"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0] == {
        "fid": "1", "name": "Zażółć gęślą jaźń", "a_very_long_name": 'cytat "x", przecinek',
        "a_very_long_number": str(2**53 + 1), "share": "0.3333333333333333", "urban": "true", "since": "2020-02-29",
        "checked": "2024-05-01T12:30:15.250000Z", "geometry": "g",
        "WKT": f"MULTIPOLYGON((({EASTING} {NORTHING},{EASTING + 10} {NORTHING},{EASTING + 10} {NORTHING + 10},"
               f"{EASTING} {NORTHING + 10},{EASTING} {NORTHING})))",
    }  # fmt: skip
    assert set(rows[2].values()) == {"3", ""}
    assert rows[1]["a_very_long_name"] == VALUES[1][1]


def test_formulas_are_disarmed_and_numbers_are_not(client: FlaskClient, areas: Layer) -> None:
    rows = _lines(client, "areas/items?f=csv&properties=name,a_very_long_name")
    assert (rows[3]["name"], rows[3]["a_very_long_name"]) == ("'=1+1", "+48 22 123")
    assert (rows[4]["name"], rows[4]["a_very_long_name"]) == ("'@SUM(A1)", "'-2+3|cmd")


def test_nothing_and_empty_texts_differ(client: FlaskClient, areas: Layer) -> None:
    lines = client.get("/ogc/collections/areas/items?f=csv&properties=name&filter=fid IN (2,3)").text
    assert lines.splitlines()[1].startswith('2,"","MULTI')
    assert lines.splitlines()[2] == "3,,"


def test_points_have_x_and_y(client: FlaskClient, dots: Layer) -> None:
    first = _lines(client, "dots/items?f=csv&limit=1&properties=number")[0]
    assert list(first) == ["fid", "number", "X", "Y"]
    assert (float(first["X"]), float(first["Y"])) == pytest.approx((LONGITUDE, LATITUDE), abs=2e-5)
    first = _lines(client, "dots/items?f=csv&limit=1&crs=http://www.opengis.net/def/crs/EPSG/0/2180")[0]
    assert (first["X"], first["Y"]) == ("636955.250", "486981.250")


def test_everything_comes_unless_a_limit_is_named(client: FlaskClient, dots: Layer) -> None:
    assert len(_lines(client, "dots/items?f=csv")) == 400
    assert len(client.get("/ogc/collections/dots/items?f=geojson").json["features"]) == 400
    assert [row["fid"] for row in _lines(client, "dots/items?f=csv&limit=3")] == ["1", "2", "3"]
    assert len(client.get("/ogc/collections/dots/items?f=json").json["features"]) == 10


def test_geojson_has_the_features_of_pages(client: FlaskClient, areas: Layer) -> None:
    paged = client.get("/ogc/collections/areas/items?f=json").json["features"]
    whole = client.get("/ogc/collections/areas/items?f=geojson").json
    assert whole["type"] == "FeatureCollection"
    assert sorted(whole["features"], key=lambda feature: feature["id"]) == paged


def test_an_empty_selection_is_valid(client: FlaskClient, dots: Layer) -> None:
    assert client.get("/ogc/collections/dots/items?f=geojson&number=5000").json == {
        "type": "FeatureCollection",
        "features": [],
    }
    assert client.get("/ogc/collections/dots/items?f=csv&number=5000").text == "fid,name,number,X,Y\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    words=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=5)
)
def test_any_text_survives_csv(client: FlaskClient, dots: Layer, database: Database, words: list[str]) -> None:
    with database.owner.begin() as connection:
        for number, word in enumerate(words, 1):
            connection.execute(sql("UPDATE data.dots_1 SET name = :w WHERE fid = :n"), {"w": word, "n": number})
    answer = client.get(f"/ogc/collections/dots/items?f=csv&limit={len(words)}&properties=name")
    rows = list(csv.reader(io.StringIO(answer.data.decode(), newline="")))[1:]
    for row, word in zip(rows, words, strict=True):
        assert row[1] in (word, f"'{word}")
        assert row[1][:1] not in ("=", "@", "\t", "\r")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("f=csv&next=abc", 400),
        ("f=csv&limit=0", 400),
        ("f=csv&limit=-5", 400),
        ("f=csv&limit=9999999999999999999", 400),
        ("f=gpkg&limit=x", 400),
        ("f=gpkg&properties=nonsense", 400),
        ("f=shp&crs=EPSG:1", 400),
        ("f=parquet&filter=number%20LIKE%20", 400),
        ("f=fgb&bbox=1,2,3", 400),
        ("f=xls", 400),
        ("f=fgb&unknown=1", 400),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    client: FlaskClient, dots: Layer, query: str, status: int
) -> None:
    answer = client.get(f"/ogc/collections/dots/items?{query}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_names_validators_and_media_types(client: FlaskClient, dots: Layer) -> None:
    answer = client.get("/ogc/collections/dots/items", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="dots.csv"'
    again = client.get("/ogc/collections/dots/items?f=csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/ogc/collections/dots/items?f=geojson&crs=http://www.opengis.net/def/crs/EPSG/0/2180")
    assert other.headers["Content-Disposition"] == 'attachment; filename="dots_2180.geojson"'
    assert other.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/EPSG/0/2180>"
    assert json.loads(other.data)["features"][0]["geometry"]["coordinates"] == [NORTHING, EASTING]


def test_a_layer_of_an_organisation_is_for_its_people(client: FlaskClient, add_layer: LayerMaker, sign_in) -> None:  # type: ignore[no-untyped-def]
    add_layer("secret", GeometryType.POINT, {"n": ColumnType.INTEGER}, [["POINT(1 1)", 5]], visibility="organisation")
    for form in ("csv", "gpkg"):
        assert client.get(f"/ogc/collections/secret/items?f={form}").status_code == 404
        _, headers = sign_in("admin", "features:write")
        answer = client.get(f"/ogc/collections/secret/items?f={form}", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert client.get(f"/ogc/collections/secret/items?f={form}").status_code == 404


def test_pages_and_collections_lead_to_downloads(client: FlaskClient, dots: Layer) -> None:
    links = [link for link in client.get("/ogc/collections/dots").json["links"] if link["rel"] == "enclosure"]
    assert {link["href"].partition("f=")[2] for link in links} == {"geojson", "csv", "gpkg", "shp", "fgb", "parquet"}
    for link in links:
        answer = client.get(link["href"].removeprefix("http://127.0.0.1:8080"))
        assert (answer.status_code, answer.mimetype) == (200, link["type"])
    page = client.get("/ogc/collections/dots?f=html&lang=pl").text
    assert "Pobierz całą warstwę" in page
    assert "items?f=gpkg&amp;crs=http://www.opengis.net/def/crs/EPSG/0/2180" in page
    page = client.get("/ogc/collections/dots/items?f=html&number=3&limit=5&lang=en").text
    assert "/ogc/collections/dots/items?f=csv&amp;number=3&amp;lang=en" in page
