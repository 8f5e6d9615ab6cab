# SPDX-License-Identifier: EUPL-1.2
"""Broken and hostile requests get a clear refusal that names the parameter, and change nothing."""

import base64
import json

import pytest
from flask.testing import FlaskClient

from sdi.db.database import Database

pytestmark = pytest.mark.usefixtures("districts")
ITEMS = "/ogc/collections/districts/items"
INJECTIONS = (
    "'; DROP TABLE data.districts_1; --",
    "1 OR 1=1",
    '" OR ""="',
    "name) FROM pg_shadow --",
    "%s%(x)s%%",
    "\\'; SELECT pg_sleep(9) --",
)
TEXTS = ("limit", "next", "bbox", "bbox-crs", "crs", "datetime", "sortby", "properties", "count", "filter",
         "filter-lang", "filter-crs", "people", "share", "urban", "since", "checked", "f")  # fmt: skip


def _token(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize("parameter", TEXTS)
def test_sql_in_any_parameter_is_refused_and_does_nothing(
    client: FlaskClient, database: Database, parameter: str
) -> None:
    for text in INJECTIONS:
        if (parameter, text) == ("filter", "1 OR 1=1"):
            continue
        answer = client.get(ITEMS, query_string={parameter: text})
        assert answer.status_code in (400, 413), (text, answer.text)
        assert "syntax" not in answer.text.lower()
    assert _still_there(database) == 9


def test_sql_as_a_value_of_text_is_a_value(client: FlaskClient, database: Database) -> None:
    for text in INJECTIONS:
        answer = client.get(ITEMS, query_string={"name": text})
        assert (answer.status_code, (answer.json or {})["numberReturned"]) == (200, 0)
    assert _still_there(database) == 9


@pytest.mark.parametrize(
    ("query", "locator"),
    [
        ("bbox=nan,0,1,1", "bbox"),
        ("bbox=0,0,inf,1", "bbox"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=1,2,3,4,5", "bbox"),
        ("bbox=1e999,0,1,1", "bbox"),
        ("bbox=0,5,1,1", "bbox"),
        ("bbox=" + "1" * 3000, "bbox"),
        ("bbox-crs=EPSG:1", "bbox-crs"),
        ("crs=EPSG:99999999999", "crs"),
        ("crs=http://evil.example/", "crs"),
        ("limit=0", "limit"),
        ("limit=-5", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e3", "limit"),
        ("limit=９", "limit"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2020-13-01", "datetime"),
        ("datetime=2021-01-01/2020-01-01", "datetime"),
        ("datetime=2020-01-01/2021-01-01/2022-01-01", "datetime"),
        ("people=9223372036854775808", "people"),
        ("people=1.5", "people"),
        ("share=nan", "share"),
        ("urban=perhaps", "urban"),
        ("since=2020-02-30", "since"),
        ("sortby=nothing", "sortby"),
        ("sortby=people,-people", "sortby"),
        ("sortby=a,b,c,d,e,f", "sortby"),
        ("properties=geom;x", "properties"),
        ("count=all", "count"),
        ("f=xml", "f"),
        ("colour=red", "colour"),
        ("filter=", None),
        ("filter=people>", "filter"),
        ("filter=nothing=1", "filter"),
        ("filter-lang=sql&filter=people=1", "filter-lang"),
        ("filter=" + "(" * 1600 + "people=1" + ")" * 1600, "filter"),
        ("filter=" + "NOT " * 12000 + "urban=TRUE", "filter"),
        ("next=abc", "next"),
        ("next=" + "A" * 9000, "next"),
        ("next=" + _token(0, "5"), "next"),
        ("next=%00", "next"),
        ("name=%00", "name"),
    ],
)
def test_a_broken_query_is_refused_and_the_parameter_named(
    client: FlaskClient, query: str, locator: str | None
) -> None:
    answer = client.get(f"{ITEMS}?{query}")
    if locator is None:
        assert answer.status_code == 200
        return
    assert answer.status_code in (400, 413), answer.text
    problem = answer.json or {}
    assert problem["status"] == answer.status_code
    assert problem["parameter"] == locator


def test_a_limit_over_the_servers_own_means_the_servers_own(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}?limit=999999999999").json or {}
    assert answer["numberReturned"] == 9


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ogc/collections/nothing", 404),
        ("/ogc/collections/'%20OR%201=1/items", 404),
        (f"{ITEMS}/abc", 404),
        (f"{ITEMS}/99999999999999999999999", 404),
        (f"{ITEMS}/-1", 404),
        (f"{ITEMS}/10", 404),
        (f"{ITEMS}/5?crs=EPSG:0", 400),
        ("/ogc/collections/districts/tiles/Nothing/0/0/0", 404),
        ("/ogc/collections/districts/tiles/EPSG2180/17/0/0", 404),
        ("/ogc/collections/districts/tiles/EPSG2180/0/0/1", 404),
        ("/ogc/collections/districts/tiles/EPSG2180/x/0/0", 400),
        ("/ogc/collections/districts/tiles/EPSG2180/99999999999999/0/0", 400),
        ("/ogc/collections/districts/tiles/EPSG2180?f=tilejson", 400),
        ("/ogc/tileMatrixSets/x", 404),
        ("/ogc/collections?bbox=1,1", 400),
        ("/ogc/collections?limit=1001", 400),
        ("/ogc?x=1", 400),
    ],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_page_is_not_written_and_a_feature_only_with_a_token(client: FlaskClient) -> None:
    assert client.post(ITEMS).status_code == 401
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(ITEMS).status_code == 405
        assert getattr(client, method)(f"{ITEMS}/1").status_code == 401


def _still_there(database: Database) -> int:
    with database.owner.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM data.districts_1").scalar_one())
