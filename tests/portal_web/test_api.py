# SPDX-License-Identifier: EUPL-1.2
"""What the portal asks the server: the list of layers, labels, search; and who may see what."""

import gzip
import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from layers.model import ColumnType, GeometryType, Layer
from portal_web.search.service import fold
from sdi.db.database import Database
from tests.conftest import LayerMaker


def test_the_list_has_themes_layers_start_and_region(client: FlaskClient, communes: Layer, stops: Layer) -> None:
    listing = client.get("/api/portal?lang=en").get_json()
    assert len(listing["themes"]) == 27
    entry = next(layer for layer in listing["layers"] if layer["id"] == "communes")
    assert entry["title"] == "Trial communes"
    assert entry["notice"] == "Approximate boundaries"
    assert entry["style"]["rules"]
    assert listing["start"] == ["communes"]
    assert listing["bbox"] == pytest.approx(communes.bbox)


def test_the_list_is_compressed_and_not_sent_twice(client: FlaskClient, communes: Layer) -> None:
    first = client.get("/api/portal?lang=pl", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(first.data))["layers"][0]["title"] == "Gminy próbne"
    again = client.get("/api/portal?lang=pl", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


def test_the_page_lists_layers_without_a_script_and_allows_no_other_host(client: FlaskClient, communes: Layer) -> None:
    page = client.get("/?lang=pl")
    assert "Gminy próbne" in page.text
    assert "/ogc/collections/communes" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("typed", ["plock", "PŁOCK", "  płock ", "loc"])
def test_a_commune_is_found_without_polish_letters(client: FlaskClient, communes: Layer, typed: str) -> None:
    found = client.get("/api/search", query_string={"q": typed, "lang": "pl"}).get_json()["results"]
    assert [(result["label"], result["context"]) for result in found] == [("Płock", "miejska")]
    west, south, east, north = found[0]["bbox"]
    x, y = found[0]["centre"]
    assert west < x < east
    assert south < y < north
    assert (x, y) == pytest.approx((19.81, 52.55), abs=0.05)


def test_the_beginning_of_a_word_comes_before_its_middle(client: FlaskClient, add_layer: LayerMaker) -> None:
    names = ("Stare Koło", "Kołbiel", "Koło", "Makołów")
    rows = [(f"POINT({500000 + n} 500000)", name) for n, name in enumerate(names)]
    add_layer("places", GeometryType.POINT, {"name": ColumnType.TEXT}, rows, label_column="name", searchable=True)
    found = client.get("/api/search?q=kolo").get_json()["results"]
    assert [result["label"] for result in found] == ["Koło", "Stare Koło", "Makołów"]


def test_layers_named_so_come_first_and_layers_that_only_mention_it_last(
    client: FlaskClient, communes: Layer, add_layer: LayerMaker
) -> None:
    for layer_id, title in (("a", "Drogi i place Płocka"), ("b", "Płock: drogi")):
        add_layer(layer_id, GeometryType.POINT, {}, [("POINT(500000 500000)",)], title={"pl": title})
    found = client.get("/api/search?q=plock&lang=pl&limit=3").get_json()["results"]
    assert [result["label"] for result in found] == ["Płock: drogi", "Płock", "Drogi i place Płocka"]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'; DROP TABLE data.communes_1; --", "100%", ":q"])
def test_signs_of_patterns_and_of_sql_mean_nothing(client: FlaskClient, communes: Layer, typed: str) -> None:
    answer = client.get("/api/search", query_string={"q": typed})
    assert answer.status_code == 200
    assert answer.get_json()["results"] == []


def test_search_refuses_what_is_too_long_or_unknown(client: FlaskClient) -> None:
    assert client.get("/api/search", query_string={"q": "x" * 101}).status_code in (400, 413)
    assert client.get("/api/search?q=x&limit=1000").status_code == 400
    assert client.get("/api/search?q=x&sql=1").status_code == 400
    assert client.get("/api/search", query_string={"q": "a\x00b"}).status_code == 400
    assert client.get("/api/search").get_json() == {"results": []}


def test_private_layers_are_found_by_their_people_only(
    app: Flask, client: FlaskClient, add_layer: LayerMaker, sign_in: Callable[..., tuple[object, dict[str, str]]]
) -> None:
    square = "MULTIPOLYGON(((500000 500000, 501000 500000, 501000 501000, 500000 500000)))"
    add_layer(
        "secret", GeometryType.MULTIPOLYGON, {"name": ColumnType.TEXT}, [(square, "Skarbiec")], label_column="name",
        searchable=True, organisation="gabin", visibility="organisation", title={"pl": "Skarbce"},
    )  # fmt: skip
    _, clerk = sign_in("clerk")
    _, stranger = sign_in("stranger")
    for headers, expected in (({}, 0), (stranger, 0), (clerk, 2)):
        assert len(client.get("/api/search?q=skarb", headers=headers).get_json()["results"]) == expected
        assert len(client.get("/api/portal", headers=headers).get_json()["layers"]) == bool(expected)
        status = client.get("/api/portal/layers/secret/labels", headers=headers).status_code
        assert status == (200 if expected else 404)


def test_labels_are_one_point_inside_each_area(client: FlaskClient, database: Database, communes: Layer) -> None:
    points = client.get("/api/portal/layers/communes/labels").get_json()
    assert [label for _, label, _, _ in points] == ["Płock", "Łąck", "Gąbin"]
    inside = text(
        f"SELECT ST_Contains(geom, ST_Transform(ST_SetSRID(ST_Point(:x, :y), 3857), 2180)) FROM {communes.table}"
        " WHERE fid = :fid"
    )
    with database.public.connect() as connection:
        for fid, _, x, y in points:
            assert connection.execute(inside, {"x": x, "y": y, "fid": fid}).scalar_one()


def test_labels_of_points_are_refused(client: FlaskClient, stops: Layer) -> None:
    assert client.get("/api/portal/layers/stops/labels").status_code in (400, 413)


def test_the_base_map_is_of_layers_that_are_there(client: FlaskClient, communes: Layer, stops: Layer) -> None:
    (base,) = client.get("/api/portal/base").get_json()
    assert (base["id"], base["geometry"]) == ("communes", "MultiPolygon")
    assert base["bbox"][0] == pytest.approx(19.66, abs=0.01)


def test_details_name_the_columns(client: FlaskClient, communes: Layer) -> None:
    details = client.get("/api/portal/layers/communes?lang=pl").get_json()
    assert [column["name"] for column in details["columns"]] == ["name", "type", "people"]
    assert details["crs"] == "EPSG:2180"
    assert client.get("/api/portal/layers/nothing").status_code == 404


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet="aąbcćdeęłńoóśżźŁÓŚŻäöüéřč -.'", max_size=30))
def test_letters_fold_as_in_the_database(database: Database, typed: str) -> None:
    with database.public.connect() as connection:
        assert connection.execute(text("SELECT sdi.fold(:value)"), {"value": typed}).scalar_one() == fold(typed)
