# SPDX-License-Identifier: EUPL-1.2
"""Common parts: landing page, collections paged and searched, a true description, and clients that are not ours."""

import json
import re
import subprocess
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from layers.model import ColumnType, GeometryType, Layer
from layers.ogcapi.collections import fold
from sdi.db.database import Database
from sdi.people.service import organisation_id
from sdi.web import openapi
from sdi.web.app import warm
from tests.conftest import LayerMaker

SENT = {
    "limit": "1",
    "bbox": "20,51,22,53",
    "datetime": "2004-01-01",
    "sortby": "name",
    "properties": "name",
    "filter": "people=1",
    "q": "x",
    "theme": "x",
    "v": "1",
    "subset": "Lat(52:53)",
    "center": "21,52.2",
    "width": "10",
    "height": "10",
    "scale-denominator": "1000000",
    "mm-per-pixel": "0.28",
    "bgcolor": "red",
    "transparent": "true",
    "collections": "districts",
}
SENT_OF_RECORDS = {"offset": "0", "sortby": "title", "filter": "title='x'", "type": "dataset"}
ELSEWHERE = ("/coverage", "/processes", "/jobs")
"""Parts of paths whose things another layer or nobody has here; their parameters are tested with them."""


@pytest.fixture
def catalogue(add_layer: LayerMaker) -> None:
    """Five layers of two organisations in an order that is not that of their names."""
    point = [["POINT(637010 486694)", "x"]]
    far = [["POINT(300000 300000)", "x"]]
    texts = {"title": {"pl": "Studnie Łącka", "en": "Wells"}, "keywords": ("woda",)}
    add_layer("wells", GeometryType.POINT, {"n": ColumnType.TEXT}, point, position=1, organisation="gabin", **texts)
    add_layer("b_far", GeometryType.POINT, {"n": ColumnType.TEXT}, far, position=2)
    add_layer("a_near", GeometryType.POINT, {"n": ColumnType.TEXT}, point, position=3)
    add_layer("z_near", GeometryType.POINT, {"n": ColumnType.TEXT}, point, position=4)
    add_layer("parks", GeometryType.POINT, {"n": ColumnType.TEXT}, point, position=5, theme="nature")


def _listed(client: FlaskClient, url: str) -> list[str]:
    answer: dict[str, Any] = client.get(url).json or {}
    return [collection["id"] for collection in answer["collections"]]


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["wells", "b_far", "a_near", "z_near", "parks"]),
        ("q=LACKA", ["wells"]),
        ("q=studnie woda", ["wells"]),
        ("q=studnie ogień", []),
        ("bbox=20.9,52.1,21.1,52.3", ["wells", "a_near", "z_near", "parks"]),
        ("bbox=400000,600000,500000,700000&bbox-crs=EPSG:2180", ["wells", "a_near", "z_near", "parks"]),
        ("theme=nature", ["parks"]),
    ],
)
def test_collections_are_searched_in_the_portals_order(client: FlaskClient, query: str, expected: list[str]) -> None:
    assert _listed(client, f"/ogc/collections?{query}") == expected


@pytest.mark.usefixtures("catalogue")
def test_collections_are_paged_by_links_that_survive_a_new_layer(client: FlaskClient, add_layer: LayerMaker) -> None:
    first = client.get("/ogc/collections?limit=2&q=n").json or {}
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    add_layer("new_one", GeometryType.POINT, {"n": ColumnType.TEXT}, [["POINT(1 1)", "x"]], position=0)
    client.application.extensions["layers"].invalidate()
    assert _listed(client, following) == ["z_near", "parks"][: len(_listed(client, following))]
    assert client.get("/ogc/collections?next=nothing").status_code == 400


@pytest.mark.usefixtures("catalogue")
def test_an_organisation_has_the_same_services_over_its_own_layers(client: FlaskClient) -> None:
    assert _listed(client, "/o/gabin/ogc/collections") == ["wells"]
    answer = client.get("/o/gabin/ogc/collections/wells/items").json or {}
    assert all("/o/gabin/ogc/" in link["href"] for link in answer["links"])
    assert client.get("/o/gabin/ogc/collections/parks").status_code == 404


@pytest.mark.usefixtures("catalogue")
@pytest.mark.usefixtures("drawing")
def test_links_of_the_landing_page_lead_somewhere(client: FlaskClient, app: Flask) -> None:
    base = app.extensions["brama"].settings.public_url
    waiting, seen = [f"{base}/ogc?f=json"], set()
    while waiting:
        url = waiting.pop()
        # What is executed is sent by POST.
        if url in seen or "{" in url or url.endswith("/execution") or not url.startswith(base):
            continue
        seen.add(url)
        answer = client.get(url.removeprefix(base))
        assert answer.status_code == 200, url
        if answer.mimetype.endswith("json"):
            waiting += re.findall(r'"href":"([^"]+)"', answer.text)
    assert len(seen) > 15


def test_every_address_is_described_and_every_description_is_an_address(client: FlaskClient, app: Flask) -> None:
    assert openapi.undocumented(app) == []
    document = client.get("/api/openapi.json").json or {}
    validate(document)
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith(openapi.DOCUMENTED)]
    routes = {re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda name: f"{{{openapi.camel(name[1])}}}", rule) for rule in rules}
    assert routes == set(document["paths"])
    for path, methods in document["paths"].items():
        for described in methods.values():
            named = {parameter["name"] for parameter in described["parameters"] if parameter["in"] == "path"}
            assert all(f"{{{name}}}" in path for name in named)


@pytest.mark.usefixtures("drawing")
def test_described_parameters_are_taken_and_others_are_refused(client: FlaskClient, districts: Layer) -> None:
    document = client.get("/api/openapi.json").json or {}
    records = client.get("/ogc/collections/metadata-records/items").json or {}
    for path, methods in document["paths"].items():
        if not path.startswith("/ogc") or "get" not in methods or any(part in path for part in ELSEWHERE):
            continue
        address = path.format(
            collectionId="districts",
            featureId="5",
            recordId=records["features"][0]["id"],
            tileMatrixSetId="EPSG2180",
            tileMatrix=5,
            tileRow=2,
            tileCol=3,
            styleId="districts:default" if path.startswith("/ogc/styles") else "default",
        )
        for parameter in methods["get"]["parameters"]:
            name = parameter["name"]
            if parameter["in"] != "query" or name in ("next", "{property}"):
                continue
            schema = parameter["schema"]
            sent = SENT | SENT_OF_RECORDS if "metadata-records" in address else SENT
            given = datetime.now(UTC).isoformat() if name == "asOf" else sent.get(name)
            value = given or (schema.get("enum") or ["EPSG:2180" if name.endswith("crs") else "json"])[0]
            assert client.get(address, query_string={name: value}).status_code == 200, (address, name, value)
        refused = 401 if "security" in methods["get"] else 400
        assert client.get(address, query_string={"no_such": "1"}).status_code == refused, address


def test_680_layers_are_listed_within_their_time_the_first_page_too(
    app: Flask, client: FlaskClient, add_layer: LayerMaker, database: Database
) -> None:
    add_layer("model", GeometryType.POINT, {"n": ColumnType.TEXT}, [["POINT(637010 486694)", "x"]])
    with database.owner.begin() as connection:
        assert organisation_id(connection, "mazowieckie")
        connection.exec_driver_sql(
            "INSERT INTO layers.layer SELECT (jsonb_populate_record(l, jsonb_build_object('id', 'layer_' || n))).*"
            " FROM layers.layer l, generate_series(1, 679) n"
        )
    app.extensions["layers"].invalidate()
    warm(app)
    times = []
    for url in ("/ogc/collections", "/ogc/collections?limit=1000", "/ogc/collections?q=warstwa") * 2:
        started = time.perf_counter()
        answer = client.get(url)
        times.append(time.perf_counter() - started)
        assert (answer.json or {})["numberMatched"] == 680
    # The budget is 20 ms; the rest is for a machine shared with other tests.
    assert max(times) < 0.1, times


@pytest.mark.parametrize(
    ("text", "folded"), [("Łódź", "lodz"), ("ŻÓŁĆ", "zolc"), ("Straße", "strasse"), ("Płock 2", "plock 2")]
)
def test_words_are_compared_without_case_and_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.client
def test_gdal_lists_and_reads(server: str, districts: Layer) -> None:
    def run(*arguments: str) -> str:
        return subprocess.run(["ogrinfo", *arguments], check=True, capture_output=True, text=True, timeout=60).stdout

    assert "districts" in run(f"OAPIF:{server}/ogc")
    found = run("-al", "-geom=YES", f"OAPIF:{server}/ogc", "districts")
    assert "Feature Count: 9" in found
    assert found.count("POLYGON") >= 9
    assert "Dzielnica „5”" in found
    near = run("-al", "-so", "-spat", "21.005", "52.231", "21.007", "52.233", f"OAPIF:{server}/ogc", "districts")
    assert "Feature Count: 1" in near


@pytest.mark.client
def test_gdal_reads_more_collections_than_a_page_holds(server: str, add_layer: LayerMaker, database: Database) -> None:
    add_layer("model", GeometryType.POINT, {"n": ColumnType.TEXT}, [["POINT(637010 486694)", "x"]])
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO layers.layer SELECT (jsonb_populate_record(l, jsonb_build_object('id', 'layer_' || n))).*"
            " FROM layers.layer l, generate_series(1, 149) n"
        )
    listed = subprocess.run(["ogrinfo", f"OAPIF:{server}/ogc"], check=True, capture_output=True, text=True, timeout=60)
    assert listed.stdout.count("layer_") >= 149, json.dumps(listed.stdout[-500:])
