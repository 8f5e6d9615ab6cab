# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features Part 5 (23-058), Annex A: each test is named after the requirement that it proves."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from tests.conftest import LayerMaker

pytestmark = pytest.mark.usefixtures("districts")
COLLECTION = "/ogc/collections/districts"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
SCHEMA = {"Accept": "application/schema+json"}
KINDS = ("schema", "queryables", "sortables")
KEYWORDS = {"title", "description", "type", "format", "readOnly", "x-ogc-role", "x-ogc-propertySeq"}


def _schema(client: FlaskClient, kind: str) -> Any:
    answer = client.get(f"{COLLECTION}/{kind}", headers=SCHEMA)
    assert answer.status_code == 200
    assert answer.content_type == "application/schema+json"
    return answer.json


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_json_schema(client: FlaskClient, app: Flask, kind: str) -> None:
    schema = _schema(client, kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    base = app.extensions["brama"].settings.public_url
    assert schema["$id"] == f"{base}{COLLECTION}/{kind}"
    assert client.get(schema["$id"].removeprefix(base), headers=SCHEMA).json == schema


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_properties_and_additional_keywords(client: FlaskClient, kind: str) -> None:
    for name, schema in _schema(client, kind)["properties"].items():
        assert schema.keys() <= KEYWORDS, name
        assert schema["title"]
        if name == "geom":
            assert schema["format"] == "geometry-polygon"
            assert not {"type", "$ref"} & schema.keys()
        else:
            assert schema["type"] in ("string", "number", "integer", "boolean")
    assert "geom" not in _schema(client, "sortables")["properties"]


def test_schemas_temporal_properties(client: FlaskClient) -> None:
    properties = _schema(client, "schema")["properties"]
    assert (properties["since"]["type"], properties["since"]["format"]) == ("string", "date")
    assert (properties["checked"]["type"], properties["checked"]["format"]) == ("string", "date-time")


def _with_role(schema: Any, role: str) -> list[str]:
    return [name for name, property_ in schema["properties"].items() if property_.get("x-ogc-role") == role]


def test_schemas_role_id_and_property_seq(client: FlaskClient) -> None:
    schema = _schema(client, "schema")
    assert _with_role(schema, "id") == ["fid"]
    assert schema["properties"]["fid"]["type"] == "integer"
    assert schema["properties"]["fid"]["readOnly"] is True
    numbers = [property_["x-ogc-propertySeq"] for property_ in schema["properties"].values()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_advanced_property_roles(client: FlaskClient, add_layer: LayerMaker) -> None:
    schema = _schema(client, "schema")
    assert _with_role(schema, "primary-geometry") == ["geom"]
    assert _with_role(schema, "primary-interval-start") == ["since"]
    assert _with_role(schema, "primary-interval-end") == ["until"]
    assert _with_role(schema, "primary-instant") == []
    row = [["POINT(637010 486694)", "2020-01-01", "2020-01-01T00:00:00Z"]]
    columns = {"day": ColumnType.DATE, "moment": ColumnType.TIMESTAMP}
    add_layer("one", GeometryType.POINT, columns, row, time_start="moment")
    add_layer("uneven", GeometryType.POINT, columns, row, time_start="day", time_end="moment")
    client.application.extensions["layers"].invalidate()
    one = client.get("/ogc/collections/one/schema").json
    assert _with_role(one, "primary-instant") == ["moment"]
    uneven = client.get("/ogc/collections/uneven/schema").json or {}
    assert all("primary-i" not in property_.get("x-ogc-role", "") for property_ in uneven["properties"].values())


@pytest.mark.parametrize("kind", KINDS)
def test_returnables_queryables_and_sortables_are_linked(client: FlaskClient, app: Flask, kind: str) -> None:
    base = app.extensions["brama"].settings.public_url
    for collection in (client.get("/ogc/collections?f=json").json or {})["collections"]:
        links = [link for link in collection["links"] if link["rel"] == f"{REL}/{kind}"]
        assert [link["href"] for link in links] == [f"{base}/ogc/collections/{collection['id']}/{kind}"]


def test_returnables_are_what_a_feature_holds(client: FlaskClient) -> None:
    feature = client.get(f"{COLLECTION}/items/5").json or {}
    declared = set(_schema(client, "schema")["properties"])
    assert {"fid", "geom", *feature["properties"]} == declared


def test_queryables_that_are_not_declared_are_refused(client: FlaskClient) -> None:
    for name in _schema(client, "queryables")["properties"]:
        assert client.get(f"{COLLECTION}/items", query_string={"filter": f"{name} IS NULL"}).status_code == 200
    assert client.get(f"{COLLECTION}/items", query_string={"filter": "other IS NULL"}).status_code == 400


def test_sortables_that_are_not_declared_are_refused(client: FlaskClient) -> None:
    for name in _schema(client, "sortables")["properties"]:
        assert client.get(f"{COLLECTION}/items", query_string={"sortby": name}).status_code == 200
    for name in ("geom", "other"):
        assert client.get(f"{COLLECTION}/items", query_string={"sortby": name}).status_code == 400


def test_titles_come_in_both_languages(client: FlaskClient) -> None:
    titles = {}
    for language in ("pl", "en"):
        schema = client.get(f"{COLLECTION}/queryables?lang={language}").json or {}
        titles[language] = schema["properties"]["geom"]["title"]
    assert titles == {"pl": "Geometria", "en": "Geometry"}
