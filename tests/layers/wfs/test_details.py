# SPDX-License-Identifier: EUPL-1.2
"""What clients meet at the edges of WFS: older filters in newer requests, features without geometry, stored queries."""

from urllib.parse import quote

import pytest
from lxml import etree

from tests.layers.wfs.conftest import NAMESPACES, Ask, ids, refusal, texts

pytestmark = pytest.mark.usefixtures("towns", "points")
OGC = 'xmlns="http://www.opengis.net/ogc" xmlns:ogc="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"'
XMLNS = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("wfs", "fes", "ogc", "gml", "gml31"))
BOX = '<gml:Box srsName="EPSG:4326"><gml:coordinates cs="," ts=" ">20.9,52 21.5,52.5</gml:coordinates></gml:Box>'
CORNERS = "<gml:coord><gml:X>20.9</gml:X><gml:Y>52</gml:Y></gml:coord><gml:coord><gml:X>21.5</gml:X><gml:Y>52.5</gml:Y></gml:coord>"  # noqa: E501
RING = "<gml:coordinates>539000,519000 542000,519000 542000,522000 539000,519000</gml:coordinates>"
RING = f"<gml:outerBoundaryIs><gml:LinearRing>{RING}</gml:LinearRing></gml:outerBoundaryIs>"
URL = "http://www.opengis.net/gml/srs/epsg.xml#4326"
OLD = {
    f"<BBOX><PropertyName>geom</PropertyName>{BOX}</BBOX>": "towns.1",
    f'<ogc:BBOX><ogc:PropertyName>app:geom</ogc:PropertyName><gml:Box srsName="{URL}">{CORNERS}</gml:Box></ogc:BBOX>': "towns.1",  # noqa: E501
    "<PropertyIsEqualTo><PropertyName>name</PropertyName><Literal>Płock</Literal></PropertyIsEqualTo>": "towns.2",
    '<PropertyIsLike wildCard="%" singleChar="_" escape="!"><PropertyName>name</PropertyName><Literal>R%</Literal></PropertyIsLike>': "towns.3",  # noqa: E501
    f'<Intersects><PropertyName>geom</PropertyName><gml:Polygon srsName="EPSG:2180">{RING}</gml:Polygon></Intersects>': "towns.2",  # noqa: E501
    '<FeatureId fid="towns.3"/>': "towns.3",
    "<PropertyIsNull><PropertyName>people</PropertyName></PropertyIsNull>": "towns.3",
}  # fmt: skip


@pytest.mark.parametrize(("condition", "found"), OLD.items(), ids=range(len(OLD)))
def test_filters_of_1_0_0_are_read_on_connections_of_2_0_0(ask: Ask, condition: str, found: str) -> None:
    """OGC 02-059 with GML 2 in a request of 2.0.0: `EPSG:...` and GML 2's addresses have x first there."""
    asked = {"request": "GetFeature", "filter": f"<Filter {OGC}>{condition}</Filter>"}
    assert ids(ask(typeNames="app:towns", **asked)) == [found]


def test_filters_of_1_0_0_are_read_in_documents_of_2_0_0(post: Ask) -> None:
    condition, found = next(iter(OLD.items()))
    root = post(
        f'<wfs:GetFeature service="WFS" version="2.0.0" {XMLNS}><wfs:Query typeNames="towns">'
        f"<Filter {OGC}>{condition}</Filter></wfs:Query></wfs:GetFeature>"
    )
    assert ids(root) == [found]


def test_features_without_geometry_are_there_unless_a_box_is_asked_for(ask: Ask) -> None:
    """OGC 09-026r2, 7.8.3.4: what has no geometry meets no box; without one nothing is left out."""
    asked = {"request": "GetFeature", "typeNames": "towns"}
    assert ids(ask(**asked)) == [f"towns.{number}" for number in range(1, 5)]
    assert ids(ask(**asked, cql_filter="name = 'Nigdzie'")) == ["towns.4"]
    assert ids(ask(**asked, resourceId="towns.4")) == ["towns.4"]
    assert ids(ask(**asked, sortBy="people A", count=1)) == ["towns.4"]
    assert ask(**asked, resultType="hits").get("numberMatched") == "4"
    whole = ask(**asked, bbox="-90,-180,90,180,urn:ogc:def:crs:EPSG::4326")
    assert ids(whole) == ["towns.1", "towns.2", "towns.3"]
    assert whole.get("numberMatched") == "3"
    alone = ask(request="GetPropertyValue", typeNames="towns", valueReference="geom")
    assert alone.get("numberReturned") == "3"


@pytest.mark.parametrize("operation", ["CreateStoredQuery", "DropStoredQuery"])
def test_stored_queries_are_not_managed_and_the_capabilities_say_so(ask: Ask, post: Ask, operation: str) -> None:
    """OGC 09-025r2, table 1: the class Manage stored queries is declared FALSE, its operations are refused by name."""
    root = ask(request="GetCapabilities")
    declared = texts(root, "//ows:Constraint[@name='ManageStoredQueries']/ows:DefaultValue/text()")
    assert declared == ["FALSE"]
    assert operation not in texts(root, "//ows:Operation/@name")
    assert refusal(ask(501, request=operation)) == ("OperationNotSupported", operation)
    body = f'<wfs:{operation} service="WFS" version="2.0.0" id="urn:x" {XMLNS}/>'
    assert refusal(post(body, 501)) == ("OperationNotSupported", operation)


def test_stored_queries_are_listed_and_described_in_full(ask: Ask) -> None:
    """OGC 09-025r2, 14.3 and 14.4: both names of GetFeatureById, each with all types and its parameter."""
    names = ["urn:ogc:def:query:OGC-WFS::GetFeatureById",
             "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById"]  # fmt: skip
    listed = ask(request="ListStoredQueries")
    assert texts(listed, "wfs:StoredQuery/@id") == names
    assert set(texts(listed, "//wfs:ReturnFeatureType/text()")) == {"app:towns", "app:points"}
    described = ask(request="DescribeStoredQueries")
    assert texts(described, "wfs:StoredQueryDescription/@id") == names
    assert texts(described, "//wfs:Parameter/@name") == ["id", "id"]
    for name in names:
        (one,) = ask(request="DescribeStoredQueries", storedQuery_id=name)
        assert one.get("id") == name
        found = ask(request="GetFeature", storedQuery_id=name, id="towns.2")
        assert etree.QName(found).localname == "towns"
    assert refusal(ask(400, request="DescribeStoredQueries", storedQuery_id=quote("urn:none"))) == (
        "InvalidParameterValue", "STOREDQUERY_ID")  # fmt: skip
