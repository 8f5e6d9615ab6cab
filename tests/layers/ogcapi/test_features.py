# SPDX-License-Identifier: EUPL-1.2
"""Features: what was asked for comes, in the CRS asked for, page by page, to those who may see it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import shapely
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from sdi import crs as crss
from sdi.crs import CRS84, SERVED, Crs
from sdi.people.model import Principal
from tests.conftest import LayerMaker
from tests.layers.ogcapi.conftest import PALACE

pytestmark = pytest.mark.usefixtures("districts")
ITEMS = "/ogc/collections/districts/items"


def _ids(client: FlaskClient, query: str) -> list[int]:
    answer = client.get(f"{ITEMS}?limit=100&{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json or {}
    assert found["numberReturned"] == len(found["features"])
    return [feature["id"] for feature in found["features"]]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("items", f"{ITEMS}?limit=2"),
        ("items_2180", f"{ITEMS}?limit=1&crs=http://www.opengis.net/def/crs/EPSG/0/2180&properties=name,share"),
        ("item", f"{ITEMS}/5"),
        ("collection", "/ogc/collections/districts?lang=pl"),
        ("queryables", "/ogc/collections/districts/queryables?lang=en"),
        ("schema", "/ogc/collections/districts/schema?lang=en"),
    ],
)
def test_answers_are_the_accepted_ones(
    client: FlaskClient, golden: Callable[[str, Any], None], name: str, url: str
) -> None:
    golden(name, client.get(url).json)


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_the_known_point_lies_in_its_district_in_every_crs(client: FlaskClient, crs: Crs) -> None:
    answer = client.get(f"{ITEMS}?limit=100&crs={quote(crs.uri)}")
    assert answer.headers["Content-Crs"] == f"<{crs.uri}>"
    x, y = crss.transform_point(*PALACE, CRS84, crs)
    point = shapely.Point(y, x) if crs.northing_first else shapely.Point(x, y)
    shapes = {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in (answer.json or {})["features"]}
    assert [fid for fid, shape in shapes.items() if shape.contains(point)] == [5]
    decimals = len(str(shapes[5].exterior.coords[0][0]).partition(".")[2])
    assert decimals <= crs.decimals


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_a_box_round_the_known_point_finds_its_district_in_every_crs(client: FlaskClient, crs: Crs) -> None:
    x, y = crss.transform_point(*PALACE, CRS84, crs)
    half = 0.0005 if crs.is_geographic else 50
    first, second = (y, x) if crs.northing_first else (x, y)
    box = f"{first - half},{second - half},{first + half},{second + half}"
    assert _ids(client, f"bbox={box}&bbox-crs={quote(crs.uri)}") == [5]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("datetime=2003-06-01", [4]),
        ("datetime=2003-06-01T12:00:00Z", [4]),
        ("datetime=2001-12-31/2002-01-01", [2, 3]),
        ("datetime=../2000-12-31", [1]),
        ("datetime=2007-05-01/..", [8, 9]),
        ("datetime=2030-01-01/", [9]),
        ("datetime=../..", list(range(1, 10))),
        ("people=10", [2]),
        ("urban=true&people=20", [3]),
        ("since=2004-01-01", [5]),
        ("checked=2024-05-03T14:00:00%2B02:00", [3]),
        ("name=" + quote("Dzielnica „1”"), [1]),
        ("filter=people>50 AND urban=FALSE", [8]),
        ("filter=name IS NULL", [8]),
        ('filter-lang=cql2-json&filter={"op":"<","args":[{"property":"share"},0.5]}', [1, 2]),
        ("filter=S_INTERSECTS(geom,POINT(21.00604 52.23182))", [5]),
        (
            "filter=S_INTERSECTS(geom,POINT(486694 637010))&filter-crs=http://www.opengis.net/def/crs/EPSG/0/2180",
            [5],
        ),
        ("bbox=20,51,22,53&people=10&datetime=2001-05-05&filter=urban=FALSE", [2]),
        ("bbox=100,-10,110,10", []),
        ("bbox=170,-90,-170,90", []),
        ("sortby=-share", list(range(9, 0, -1))),
        ("sortby=%2Burban,-people", [8, 6, 4, 2, 1, 5, 9, 7, 3]),
        ("sortby=people&properties=people", [2, 3, 4, 6, 7, 8, 1, 5, 9]),
    ],
)
def test_selection_and_order(client: FlaskClient, query: str, expected: list[int]) -> None:
    assert _ids(client, query) == expected


def test_pages_follow_the_links_and_keep_the_query(client: FlaskClient) -> None:
    url: str | None = f"{ITEMS}?limit=2&crs=EPSG:2180&sortby=-people&filter=share>=0"
    found: list[int] = []
    pages = 0
    while url:
        answer: dict[str, Any] = client.get(url).json or {}
        found += [feature["id"] for feature in answer["features"]]
        assert answer["features"][0]["geometry"]["coordinates"][0][0][0] < 500_000, "northing comes first"
        url = next((link["href"] for link in answer["links"] if link["rel"] == "next"), None)
        pages += 1
    assert pages == 5
    assert found == [1, 5, 9, 8, 7, 6, 4, 3, 2]


def test_counts_are_exact_estimated_or_none_as_asked(client: FlaskClient) -> None:
    def counted(query: str) -> tuple[Any, Any]:
        answer = client.get(f"{ITEMS}?limit=1&{query}").json or {}
        return answer.get("numberMatched"), answer.get("numberMatchedMethod")

    assert counted("") == (9, None)
    assert counted("count=none") == (None, None)
    assert counted("urban=true") == (None, None)
    assert counted("urban=true&count=exact") == (5, None)
    number, method = counted("urban=true&count=estimated")
    assert method == "estimated"
    assert number in range(1, 10)


def test_an_answer_that_the_caller_has_is_not_sent_again(client: FlaskClient, add_layer: LayerMaker) -> None:
    for url in (f"{ITEMS}?limit=2", f"{ITEMS}/5", "/ogc/collections/districts/tiles/EPSG2180/5/2/3"):
        first = client.get(url)
        headers = {"If-None-Match": first.headers["ETag"]}
        again = client.get(url, headers=headers)
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == first.status_code


def test_a_new_version_changes_the_validator(client: FlaskClient, add_layer: LayerMaker) -> None:
    first = client.get(f"{ITEMS}?limit=2").headers["ETag"]
    add_layer("districts", GeometryType.POLYGON, {"name": ColumnType.TEXT}, [["POLYGON((0 0,1 0,1 1,0 0))", "x"]])
    client.application.extensions["layers"].invalidate()
    answer = client.get(f"{ITEMS}?limit=2", headers={"If-None-Match": first})
    assert answer.status_code == 200
    assert (answer.json or {})["numberMatched"] == 1


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        ("public", {"nobody", "clerk", "admin", "stranger"}),
        ("organisation", {"clerk", "admin"}),
        ("private", {"admin"}),
    ],
)
def test_only_those_who_may_see_a_layer_reach_its_features(
    client: FlaskClient,
    add_layer: LayerMaker,
    sign_in: Callable[..., tuple[Principal, dict[str, str]]],
    visibility: str,
    seen_by: set[str],
) -> None:
    add_layer(
        "wells",
        GeometryType.POINT,
        {"name": ColumnType.TEXT},
        [["POINT(637010 486694)", "studnia"]],
        organisation="gabin",
        visibility=visibility,
    )
    callers = {"nobody": {}, "admin": sign_in("admin", "admin")[1]}
    callers |= {login: sign_in(login)[1] for login in ("clerk", "stranger")}
    for caller, headers in callers.items():
        for path in ("", "/items", "/items/1", "/items?f=html", "/queryables", "/tiles", "/tiles/EPSG2180/5/2/3"):
            answer = client.get(f"/ogc/collections/wells{path}", headers=headers)
            assert answer.status_code == (200 if caller in seen_by else 404), (caller, path)
            assert b"studnia" not in answer.data or caller in seen_by
        listed = client.get("/ogc/collections", headers=headers).json or {}
        assert ("wells" in [found["id"] for found in listed["collections"]]) == (caller in seen_by)
    if visibility != "public":
        assert (
            client.get("/ogc/collections/wells/items", headers=callers["admin"])
            .headers["Cache-Control"]
            .startswith("private")
        )


def test_pages_for_people_work_without_a_script(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}?f=html&lang=pl&limit=3&urban=true")
    assert answer.mimetype == "text/html"
    assert "Dzielnica „1”" in answer.text
    assert "next=" in answer.text
    assert "<brama-map" in answer.text
    item = client.get(f"{ITEMS}/8?f=html&lang=en")
    assert "<h1>districts 8</h1>" in item.text
    for path in ("/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/districts", "/ogc/tileMatrixSets",
                 "/ogc/collections/districts/tiles", "/ogc/collections/districts/tiles/EPSG2180"):  # fmt: skip
        for language in ("pl", "en"):
            page = client.get(path, query_string={"f": "html", "lang": language})
            assert page.status_code == 200
            assert f'<html lang="{language}">' in page.text


def test_a_layer_with_many_columns_is_answered(client: FlaskClient, add_layer: LayerMaker) -> None:
    columns = {f"c{number}": ColumnType.INTEGER for number in range(120)}
    add_layer("wide", GeometryType.POINT, columns, [["POINT(637010 486694)", *range(120)]])
    client.application.extensions["layers"].invalidate()
    answer = client.get("/ogc/collections/wide/items").json or {}
    assert answer["features"][0]["properties"] == {f"c{number}": number for number in range(120)}


def test_names_of_columns_never_reach_sql_unquoted(client: FlaskClient, add_layer: LayerMaker) -> None:
    columns = {"order": ColumnType.TEXT, "a b": ColumnType.TEXT, "x'y": ColumnType.TEXT, "limit": ColumnType.INTEGER}
    add_layer("odd", GeometryType.POINT, columns, [["POINT(637010 486694)", "1", "2", "3", 4]])
    client.application.extensions["layers"].invalidate()
    answer = client.get("/ogc/collections/odd/items?a%20b=2&x'y=3&order=1&sortby=limit,order&limit=5")
    assert answer.status_code == 200, answer.text
    assert (answer.json or {})["features"][0]["properties"] == {"order": "1", "a b": "2", "x'y": "3", "limit": 4}
