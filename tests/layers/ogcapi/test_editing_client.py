# SPDX-License-Identifier: EUPL-1.2
"""OWSLib creates, replaces and deletes features over OGC API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from owslib.ogcapi.features import Features

from layers.model import ColumnType, GeometryType
from tests.conftest import LayerMaker

pytestmark = pytest.mark.client


def test_owslib_creates_replaces_and_deletes(
    add_layer: LayerMaker, server: str, sign_in: Callable[..., tuple[Any, dict[str, str]]]
) -> None:
    add_layer(
        "spots", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(550000 500000)", "x"]], organisation="gabin"
    )
    headers = {**sign_in("clerk", "features:write")[1], "Content-Type": "application/geo+json"}
    client = Features(f"{server}/ogc", headers=headers)
    assert any(
        uri.endswith("ogcapi-features-4/1.0/conf/create-replace-delete") for uri in client.conformance()["conformsTo"]
    )
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [20.0, 52.4]},
        "properties": {"name": "łąka"},
    }
    assert client.collection_item_create("spots", json.dumps(feature))
    assert client.collection_item("spots", "2")["properties"] == {"name": "łąka"}
    feature["properties"] = {"name": "staw"}
    assert client.collection_item_update("spots", "2", json.dumps(feature))
    assert client.collection_item("spots", "2")["properties"] == {"name": "staw"}
    assert client.collection_item_delete("spots", "1")
    assert [one["id"] for one in client.collection_items("spots")["features"]] == [2]
