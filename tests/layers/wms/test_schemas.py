# SPDX-License-Identifier: EUPL-1.2
"""Answers of WMS are valid by the schemas of 1.3.0 (OGC 06-042, annex E) and the DTDs of 1.1.1 (OGC 01-068r3)."""

import pytest
from flask.testing import FlaskClient
from lxml import etree

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from sdi.settings import Settings
from sdi.web.app import create_app
from tests.conftest import LayerMaker
from tests.layers.wms.conftest import Ask
from tests.schemas import SLD_10, SLD_11, dtd_mistakes, mistakes

CAPABILITIES = ("wms/1.3.0/capabilities_1_3_0.xsd", "sld/1.1.0/sld_capabilities.xsd")
INSPIRE = "inspire/inspire_vs/1.0/inspire_vs.xsd"
EXCEPTIONS = "wms/1.3.0/exceptions_1_3_0.xsd"
REFUSED = [
    {"layers": "nothing"}, {"styles": "nothing"}, {"crs": "EPSG:1"}, {"format": "text/x"}, {"bbox": "1,2"},
    {"request": "Nothing"}, {"width": "1000000"}, {"layers": "\x01<&\ufffe"}, {"time": "never"},
]  # fmt: skip
LISTING = {"service": "WMS", "request": "GetCapabilities"}


@pytest.fixture
def varied(add_layer: LayerMaker) -> None:
    """Layers with every part that a layer's element may have, in two themes, one unknown."""
    rows = [["POINT(637010 486694)", "<&'\">"]]
    columns = {"name": ColumnType.TEXT}
    add_layer("points", GeometryType.POINT, columns, rows, licence="https://creativecommons.org/licenses/by/4.0/",
              notice={"pl": "a < b"}, keywords=("a & b", "ż"))  # fmt: skip
    add_layer("apart", GeometryType.GEOMETRY, {}, [["POINT(637010 486694)"]], theme="none-such", organisation="gabin")
    add_layer("lonlat", GeometryType.LINESTRING, columns, [["LINESTRING(20 51,21 52)", None]], srid=4326)


@pytest.mark.parametrize("language", ["pol", "eng"])
@pytest.mark.usefixtures("halves", "varied")
def test_capabilities_of_1_3_0_are_valid(client: FlaskClient, language: str) -> None:
    document = client.get("/wms", query_string={**LISTING, "version": "1.3.0", "language": language}).data
    assert mistakes(document, *CAPABILITIES) == []


@pytest.mark.usefixtures("halves", "varied")
def test_capabilities_of_a_view_service_of_inspire_are_valid(settings: Settings, database: Database) -> None:
    site = settings.site.model_copy(update={"contact": "sdi@example.org"})
    client = create_app(settings.model_copy(update={"site": site}), database, listen=False).test_client()
    document = client.get("/wms", query_string={**LISTING, "version": "1.3.0"}).data
    assert b"inspire_vs:ExtendedCapabilities" in document
    assert mistakes(document, INSPIRE, *CAPABILITIES[1:]) == []


def test_capabilities_of_nothing_are_valid(client: FlaskClient) -> None:
    assert mistakes(client.get("/wms", query_string=LISTING).data, *CAPABILITIES) == []
    old = client.get("/wms", query_string={**LISTING, "version": "1.1.1"}).data
    assert dtd_mistakes(old, "wms/1.1.1/capabilities_1_1_1.dtd") == []


@pytest.mark.usefixtures("halves", "varied")
def test_capabilities_of_1_1_1_are_valid(client: FlaskClient) -> None:
    document = client.get("/wms", query_string={**LISTING, "version": "1.1.1"}).data
    assert dtd_mistakes(document, "wms/1.1.1/capabilities_1_1_1.dtd") == []


@pytest.mark.parametrize("changes", REFUSED, ids=lambda changes: next(iter(changes)))
@pytest.mark.usefixtures("halves")
def test_refusals_are_valid_in_both_versions(ask: Ask, changes: dict[str, str]) -> None:
    refused = ask(**changes)
    assert refused.status_code >= 400
    assert mistakes(refused.data, EXCEPTIONS) == []
    old = ask(**{"version": "1.1.1", "crs": None, "srs": "EPSG:2180", **changes})
    assert dtd_mistakes(old.data, "wms/1.1.1/exception_1_1_1.dtd") == []


@pytest.mark.usefixtures("halves", "varied")
def test_descriptions_of_layers_of_1_1_1_are_valid(ask: Ask) -> None:
    answer = ask(request="DescribeLayer", version="1.1.1", layers="halves,points")
    assert dtd_mistakes(answer.data, "wms/1.1.1/WMS_DescribeLayerResponse.dtd") == []


@pytest.mark.usefixtures("halves")
def test_descriptions_of_layers_of_1_3_0_have_the_parts_of_their_schema_in_order(ask: Ask) -> None:
    """By hand (OGC 05-078r4, annex B): no distribution carries the schema of DescribeLayerResponse."""
    root = etree.fromstring(ask(request="DescribeLayer", layers="halves").data)
    sld, se = "{http://www.opengis.net/sld}", "{http://www.opengis.net/se}"
    assert root.tag == f"{sld}DescribeLayerResponse"
    assert [part.tag for part in root] == [f"{sld}Version", f"{sld}LayerDescription"]
    assert [part.tag for part in root[1]] == [f"{sld}owsType", f"{se}OnlineResource", f"{sld}TypeName"]
    assert (root[0].text, root[1][0].text) == ("1.1.0", "wfs")
    assert [part.tag for part in root[1][2]] == [f"{se}FeatureTypeName"]


@pytest.mark.parametrize(("version", "place"), [("1.0.0", SLD_10), ("1.1.0", SLD_11)])
@pytest.mark.usefixtures("halves", "varied")
def test_styles_of_layers_are_valid(ask: Ask, version: str, place: str) -> None:
    answer = ask(request="GetStyles", layers="halves,points,lonlat", sld_version=version)
    assert mistakes(answer.data, place) == []


@pytest.mark.usefixtures("halves")
def test_what_lies_under_a_pixel_is_a_valid_collection_of_features(ask: Ask) -> None:
    """By hand (OGC 02-069): no distribution carries the schemas of GML 2."""
    answer = ask(request="GetFeatureInfo", query_layers="halves", i="5", j="5", info_format="application/vnd.ogc.gml")
    root = etree.fromstring(answer.data)
    gml = "{http://www.opengis.net/gml}"
    assert [part.tag for part in root] == [f"{gml}boundedBy", f"{gml}featureMember"]
    assert [etree.QName(part).localname for part in root[1][0]] == ["name", "people", "since", "until", "geom"]
