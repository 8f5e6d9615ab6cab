# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features Part 3 (19-079r2) and CQL2 (21-065r2), Annex A, over HTTP: named after their requirements."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sdi.crs import CRS84, SERVED, Box, Crs

pytestmark = pytest.mark.usefixtures("districts")
ITEMS = "/ogc/collections/districts/items"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
NAMES = {number: f"Dzielnica „{number + 1}”" for number in range(9) if number != 7}
PEOPLE = {number: 10 * number for number in range(9) if number % 4}
ALL = list(range(1, 10))


def _ids(client: FlaskClient, filter_: str, **query: str) -> list[int]:
    sent = {"filter": filter_, "limit": "100", **{name.replace("_", "-"): value for name, value in query.items()}}
    answer = client.get(ITEMS, query_string=sent)
    assert answer.status_code == 200, (filter_, answer.text)
    return [feature["id"] for feature in (answer.json or {})["features"]]


def _matching(values: dict[int, Any], test: Any) -> list[int]:
    return [number + 1 for number, value in values.items() if test(value)]


def _declares(client: FlaskClient, *classes: str) -> None:
    declared = (client.get("/ogc/conformance?f=json").json or {})["conformsTo"]
    for name in classes:
        assert f"{CQL2}/{name}" in declared


def test_filter_param_and_response(client: FlaskClient) -> None:
    declared = (client.get("/ogc/conformance?f=json").json or {})["conformsTo"]
    for name in ("queryables", "queryables-query-parameters", "filter", "features-filter"):
        assert f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{name}" in declared
    for name in (client.get("/ogc/collections/districts/queryables").json or {})["properties"]:
        _ids(client, f"{name} IS NULL")
    assert client.get(ITEMS, query_string={"filter": "THIS IS NOT A FILTER"}).status_code == 400


def test_filter_lang_param_and_default(client: FlaskClient) -> None:
    tree = {"op": "=", "args": [{"property": "people"}, 10]}
    assert _ids(client, "people = 10") == _ids(client, "people = 10", filter_lang="cql2-text") == [2]
    assert _ids(client, json.dumps(tree), filter_lang="cql2-json") == [2]
    for written, language in (("people = 10", "cql2-json"), (json.dumps(tree), "cql2-text"), ("people = 10", "cql")):
        assert client.get(ITEMS, query_string={"filter": written, "filter-lang": language}).status_code == 400


def test_expression_construction_refuses_unknown_queryables(client: FlaskClient) -> None:
    answer = client.get(ITEMS, query_string={"filter": "this_is_not_a_queryable IS NULL"})
    assert answer.status_code == 400
    assert (answer.json or {})["parameter"] == "filter"


def test_filter_crs_wgs84(client: FlaskClient) -> None:
    box = (client.get("/ogc/collections/districts?f=json").json or {})["extent"]["spatial"]["bbox"][0]
    assert _ids(client, f"S_INTERSECTS(geom,BBOX({','.join(map(str, box))}))") == ALL
    far = client.get(ITEMS, query_string={"filter": "S_INTERSECTS(geom,POLYGON((1e6 1e6,2e6 1e6,2e6 2e6,1e6 1e6)))"})
    assert far.status_code == 400


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_filter_crs_param(client: FlaskClient, crs: Crs) -> None:
    minx, miny, maxx, maxy = Box(21.005, 52.231, 21.007, 52.233, CRS84).to(crs).bounds
    corners = (miny, minx, maxy, maxx) if crs.northing_first else (minx, miny, maxx, maxy)
    numbers = ",".join(f"{number:.9f}" for number in corners)
    assert _ids(client, f"S_INTERSECTS(geom,BBOX({numbers}))", filter_crs=crs.uri) == [5]


def test_filter_crs_param_refuses_unknown_systems(client: FlaskClient) -> None:
    sent = {"filter": "people = 10", "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/9999999"}
    assert client.get(ITEMS, query_string=sent).status_code == 400


def test_mixing_expressions(client: FlaskClient) -> None:
    assert _ids(client, "people > 10", bbox="20,51,22,53", datetime="2002-01-01/2005-12-31", urban="true") == [3]


def test_queryables_query_parameters(client: FlaskClient, app: Flask) -> None:
    feature = (client.get(f"{ITEMS}/4").json or {})["properties"] | {"fid": 4}
    properties = (client.get("/ogc/collections/districts/queryables").json or {})["properties"]
    for name, schema in properties.items():
        if "type" in schema:
            value = feature[name]
            sent = {name: json.dumps(value) if not isinstance(value, str) else value}
            answer = client.get(ITEMS, query_string=sent)
            assert answer.status_code == 200, (sent, answer.text)
            assert 4 in [found["id"] for found in (answer.json or {})["features"]], sent


def test_get_functions_operation_and_response(client: FlaskClient, app: Flask) -> None:
    _declares(client, "functions")
    answer = client.get("/ogc/functions", headers={"Accept": "application/json"}).json or {}
    names = {function["name"] for function in answer["functions"]}
    assert {"lower", "buffer", "area", "s_dwithin"} <= names
    kinds = {"string", "number", "integer", "datetime", "geometry", "boolean"}
    for function in answer["functions"]:
        assert set(function["returns"]) <= kinds
        assert all(set(argument["type"]) <= kinds for argument in function.get("args", []))


def test_basic_cql2(client: FlaskClient) -> None:
    _declares(client, "cql2-text", "cql2-json", "basic-cql2")
    tests = {"=": lambda a: a == 30, "<>": lambda a: a != 30, "<": lambda a: a < 30, ">": lambda a: a > 30,
             "<=": lambda a: a <= 30, ">=": lambda a: a >= 30}  # fmt: skip
    for operator, test in tests.items():
        expected = _matching(PEOPLE, test)
        assert _ids(client, f"people {operator} 30") == expected
        tree = {"op": operator, "args": [{"property": "people"}, 30]}
        assert _ids(client, json.dumps(tree), filter_lang="cql2-json") == expected
    assert _ids(client, "people IS NULL") == [1, 5, 9]
    assert _ids(client, "people IS NOT NULL AND NOT (urban = TRUE OR people = 10)") == [4, 6, 8]
    assert _ids(client, "\"name\" = 'Dzielnica „1”'") == [1]
    assert _ids(client, "since = DATE('2003-01-01') OR checked < TIMESTAMP('2024-05-02T00:00:00Z')") == [1, 4]
    assert _ids(client, "urban = FALSE OR TRUE = urban") == ALL


def test_advanced_comparison_operators(client: FlaskClient) -> None:
    _declares(client, "advanced-comparison-operators")
    assert _ids(client, "name LIKE 'Dz%„_”'") == [number + 1 for number in NAMES]
    assert _ids(client, "name NOT LIKE '%1%'") == [number + 1 for number in NAMES if number != 0]
    assert _ids(client, "people BETWEEN 20 AND 50") == _matching(PEOPLE, lambda value: 20 <= value <= 50)
    assert _ids(client, "people NOT BETWEEN 20 AND 50") == _matching(PEOPLE, lambda value: not 20 <= value <= 50)
    assert _ids(client, "people IN (10, 20, 99)") == [2, 3]
    assert _ids(client, "people NOT IN (10, 20)") == _matching(PEOPLE, lambda value: value not in (10, 20))
    assert _ids(client, "since IN (DATE('2000-01-01'), DATE('2008-01-01'))") == [1, 9]


def test_case_and_accent_insensitive_comparison(client: FlaskClient) -> None:
    _declares(client, "case-insensitive-comparison", "accent-insensitive-comparison")
    assert _ids(client, "CASEI(name) LIKE CASEI('DZIELNICA%1%')") == [1]
    assert _ids(client, "CASEI(name) IN (CASEI('dzielnica „2”'), CASEI('DZIELNICA „3”'))") == [2, 3]
    assert _ids(client, "ACCENTI('zażółć') = ACCENTI('zazolc') AND people = 10") == [2]


def test_spatial_functions(client: FlaskClient) -> None:
    _declares(client, "basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions")
    point = "POINT(21.00604 52.23182)"
    box = "BBOX(21.0,52.22,21.01,52.24)"
    assert _ids(client, f"S_INTERSECTS(geom,{point})") == _ids(client, f"S_CONTAINS(geom,{point})") == [5]
    assert _ids(client, f"S_DISJOINT(geom,{point})") == [number for number in ALL if number != 5]
    assert _ids(client, "S_WITHIN(geom,BBOX(20,51,22,53))") == ALL
    assert 5 in _ids(client, f"S_OVERLAPS(geom,{box})")
    assert _ids(client, "S_CROSSES(LINESTRING(20 52.23182,22 52.23182),geom)") == [4, 5, 6]
    assert _ids(client, "S_EQUALS(geom,geom)") == ALL
    assert _ids(client, "S_TOUCHES(geom,centroid(geom))") == []
    for shape in ("MULTIPOINT((21.00604 52.23182))", "LINESTRING(21.00604 52.23182,21.0061 52.2319)",
                  "MULTILINESTRING((21.00604 52.23182,21.0061 52.2319))",
                  "MULTIPOLYGON(((21.006 52.2318,21.0061 52.2318,21.0061 52.2319,21.006 52.2318)))",
                  "GEOMETRYCOLLECTION(POINT(21.00604 52.23182),POINT(21.0061 52.2319))"):  # fmt: skip
        assert _ids(client, f"S_INTERSECTS(geom,{shape})") == [5], shape
    tree = {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [21.005, 52.231, 0, 21.007, 52.233, 9]}]}
    assert _ids(client, json.dumps(tree), filter_lang="cql2-json") == [5]


def _relations(a: date, z: date, b: date, y: date) -> dict[str, bool]:
    """Relations of two intervals as the Time Ontology defines them."""
    return {
        "T_AFTER": a > y, "T_BEFORE": z < b, "T_DISJOINT": z < b or a > y, "T_INTERSECTS": not (z < b or a > y),
        "T_EQUALS": a == b and z == y, "T_CONTAINS": a < b and z > y, "T_DURING": a > b and z < y,
        "T_FINISHEDBY": a < b and z == y, "T_FINISHES": a > b and z == y, "T_MEETS": z == b, "T_METBY": a == y,
        "T_OVERLAPPEDBY": b < a < y < z, "T_OVERLAPS": a < b < z < y, "T_STARTEDBY": a == b and z > y,
        "T_STARTS": a == b and z < y,
    }  # fmt: skip


OTHERS = (
    ("2003-01-01", "2003-12-31"), ("2002-01-01", "2005-12-31"), ("2002-06-01", "2004-01-01"),
    ("2003-12-31", "2007-01-01"), ("2001-05-05", "2001-05-05"),
)  # fmt: skip


@pytest.mark.parametrize("other", OTHERS)
def test_temporal_functions(client: FlaskClient, other: tuple[str, str]) -> None:
    _declares(client, "temporal-functions")
    b, y = map(date.fromisoformat, other)
    # The last one has no end: nothing is known of it.
    spans = {number: (date(2000 + number, 1, 1), date(2000 + number, 12, 31)) for number in range(8)}
    for name in _relations(b, y, b, y):
        expected = [number + 1 for number, (a, z) in spans.items() if _relations(a, z, b, y)[name]]
        found = _ids(client, f"{name}(INTERVAL(since,until),INTERVAL('{other[0]}','{other[1]}'))")
        assert [number for number in found if number != 9] == expected, name


OF_INTERVALS = ("T_CONTAINS", "T_DURING", "T_FINISHEDBY", "T_FINISHES", "T_MEETS", "T_METBY", "T_OVERLAPPEDBY",
                "T_OVERLAPS", "T_STARTEDBY", "T_STARTS")  # fmt: skip


@pytest.mark.parametrize("name", OF_INTERVALS)
def test_temporal_functions_of_intervals_refuse_instants(client: FlaskClient, name: str) -> None:
    """OGC 21-065r2, 7.10: these relate two intervals; an instant is an error, not an interval without length."""
    span, moment = "INTERVAL('2024-05-01','2024-05-09')", "TIMESTAMP('2024-05-04T12:00:00Z')"
    for one, other in ((span, moment), (moment, span), ("checked", span), (span, "checked"), (moment, "checked")):
        answer = client.get("/ogc/collections/districts/items", query_string={"filter": f"{name}({one},{other})"})
        assert answer.status_code == 400
        assert f"{name} relates intervals" in answer.json["detail"]
    tree = {"op": name.lower(), "args": [{"property": "checked"}, {"interval": ["2024-05-01", "2024-05-09"]}]}
    query = {"filter": json.dumps(tree), "filter-lang": "cql2-json"}
    assert client.get("/ogc/collections/districts/items", query_string=query).status_code == 400


def test_temporal_functions_of_instants(client: FlaskClient) -> None:
    moment = datetime(2024, 5, 4, 12, tzinfo=UTC)
    written = f"TIMESTAMP('{moment:%Y-%m-%dT%H:%M:%SZ}')"
    assert _ids(client, f"T_AFTER(checked,{written})") == [5, 6, 7, 8, 9]
    assert _ids(client, f"T_BEFORE(checked,{written})") == [1, 2, 3]
    assert _ids(client, f"T_EQUALS(checked,{written})") == [4]
    assert _ids(client, f"T_DISJOINT(checked,{written})") == [1, 2, 3, 5, 6, 7, 8, 9]
    assert _ids(client, "T_INTERSECTS(checked,DATE('2024-05-04'))") == [4]
    assert _ids(client, "T_INTERSECTS(checked,INTERVAL('..','2024-05-02T12:00:00Z'))") == [1, 2]


def test_array_functions(client: FlaskClient) -> None:
    _declares(client, "array-functions")
    assert _ids(client, "A_CONTAINS((10, 20, 30), (people))") == [2, 3, 4]
    assert _ids(client, "A_OVERLAPS((people, fid), (3, 10))") == [2, 3]
    tree = {"op": "a_equals", "args": [["a", 1, {"date": "2020-01-01"}], [{"date": "2020-01-01"}, "a", 1, 1]]}
    assert _ids(client, json.dumps(tree), filter_lang="cql2-json") == ALL
    assert client.get(ITEMS, query_string={"filter": "A_CONTAINS(name, ('x'))"}).status_code == 400


def test_property_property(client: FlaskClient) -> None:
    _declares(client, "property-property")
    assert _ids(client, "people > fid") == _matching(PEOPLE, lambda value: value > value / 10 + 1)
    assert _ids(client, "30 = people") == [4]
    assert _ids(client, "1 < 2 AND 'a' = 'a'") == ALL
    assert _ids(client, "since < until") == ALL[:8]


def test_functions_and_arithmetic(client: FlaskClient) -> None:
    _declares(client, "functions", "arithmetic")
    assert _ids(client, "lower(name) LIKE 'dzielnica%' AND length(name) = 13") == [number + 1 for number in NAMES]
    assert _ids(client, "area(geom) BETWEEN 3999999 AND 4000001") == ALL
    assert _ids(client, "s_dwithin(geom, POINT(21.00604 52.23182), 10)") == [5]
    assert _ids(client, "people + 5 * 2 - (4 / 2) = 18") == [2]
    assert _ids(client, "people % 20 = 0 AND people div 30 = 1") == []
    assert _ids(client, "fid ^ 2 = 81 OR 2 ^ fid = 8") == [3, 9]
    assert client.get(ITEMS, query_string={"filter": "unknown_function(name) = 1"}).status_code == 400


def test_cql2_text_escaping_and_names(client: FlaskClient) -> None:
    assert _ids(client, "name = 'It''s'") == []
    assert _ids(client, '"people" = 10') == [2]
    assert _ids(client, "name LIKE '%\\%%'") == []
