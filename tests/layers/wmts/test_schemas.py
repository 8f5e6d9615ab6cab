# SPDX-License-Identifier: EUPL-1.2
"""Answers of WMTS are valid by its schemas (OGC 07-057r7, annex B) and those of OWS."""

import pytest
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from tests.conftest import LayerMaker
from tests.schemas import mistakes

CAPABILITIES = "wmts/1.0/wmtsGetCapabilities_response.xsd"
OWS = "ows/1.1.0/owsAll.xsd"


@pytest.fixture
def layers(add_layer: LayerMaker) -> None:
    rows = [["POINT(637010 486694)", "1955-07-22"]]
    span = ("1900-01-01T00:00:00Z", "1955-07-22T00:00:00Z")
    add_layer("dated", GeometryType.POINT, {"since": ColumnType.DATE}, rows, time_start="since", time_extent=span,
              keywords=("a & b",), licence="https://creativecommons.org/licenses/by/4.0/")  # fmt: skip
    add_layer("plain", GeometryType.POINT, {}, [["POINT(1 1)"]], notice={"pl": "a < b"}, theme="none-such")


@pytest.mark.parametrize("address", ["/wmts?service=WMTS&request=GetCapabilities", "/wmts/1.0.0/WMTSCapabilities.xml"])
@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.usefixtures("layers")
def test_capabilities_are_valid(client: FlaskClient, address: str, language: str) -> None:
    document = client.get(address, headers={"Accept-Language": language}).data
    assert b"<ows:Identifier>dated" in document
    assert mistakes(document, CAPABILITIES) == []


def test_capabilities_of_nothing_are_valid(client: FlaskClient) -> None:
    assert mistakes(client.get("/wmts/1.0.0/WMTSCapabilities.xml").data, CAPABILITIES) == []


@pytest.mark.parametrize(
    "query",
    ["", "service=WMS", "service=WMTS&request=x", "service=WMTS&request=GetTile&version=1.0.0&layer=none",
     "service=WMTS&request=GetTile&version=%01%3C"],
)  # fmt: skip
def test_refusals_are_valid(client: FlaskClient, query: str) -> None:
    refused = client.get(f"/wmts?{query}")
    assert refused.status_code >= 400
    assert mistakes(refused.data, OWS) == []
