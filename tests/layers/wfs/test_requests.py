# SPDX-License-Identifier: EUPL-1.2
"""Requests by pairs and by documents mean the same; what cannot be served is refused with the standard's codes."""

import pytest
from flask.testing import FlaskClient
from lxml import etree

from tests.layers.wfs.conftest import NAMESPACES, Ask, ids, refusal, texts

pytestmark = pytest.mark.usefixtures("towns", "points")
XMLNS = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("wfs", "fes", "gml", "ows"))
GET = {"request": "GetFeature", "typeNames": "towns"}


@pytest.mark.parametrize(
    ("pairs", "status", "code", "locator"),
    [
        ({"service": None, **GET}, 400, "MissingParameterValue", "service"),
        ({"service": "WMS", **GET}, 400, "InvalidParameterValue", "service"),
        ({}, 400, "MissingParameterValue", "request"),
        ({"request": "LockIn"}, 501, "OperationNotSupported", "LockIn"),
        ({"version": None, **GET}, 400, "MissingParameterValue", "version"),
        ({"version": "3.0.0", **GET}, 400, "InvalidParameterValue", "version"),
        ({"request": "GetFeature"}, 400, "MissingParameterValue", "typeNames"),
        ({**GET, "typeNames": "nothing"}, 400, "InvalidParameterValue", "typeNames"),
        ({**GET, "typeNames": "other:towns"}, 400, "InvalidParameterValue", "typeNames"),
        ({**GET, "typeNames": "app:towns", "namespaces": "xmlns(app,http://x.y)"}, 400, "InvalidParameterValue",
         "typeNames"),
        ({**GET, "namespaces": "app=http://x.y"}, 400, "InvalidParameterValue", "namespaces"),
        ({**GET, "typeNames": "towns,points"}, 501, "OptionNotSupported", "typeNames"),
        ({**GET, "typeNames": "(towns)(points)", "filter": "(a)(b)(c)"}, 400, "InvalidParameterValue", "filter"),
        ({**GET, "resourceId": "points.1"}, 400, "InvalidParameterValue", "RESOURCEID"),
        ({**GET, "srsName": "EPSG:1"}, 400, "InvalidParameterValue", "srsName"),
        ({**GET, "bbox": "1,2,3"}, 400, "InvalidParameterValue", "bbox"),
        ({**GET, "bbox": "1,2,3,4,EPSG:1"}, 400, "InvalidParameterValue", "bbox"),
        ({**GET, "count": "-1"}, 400, "InvalidParameterValue", "count"),
        ({**GET, "startIndex": "x"}, 400, "InvalidParameterValue", "startindex"),
        ({**GET, "resultType": "x"}, 400, "InvalidParameterValue", "resulttype"),
        ({**GET, "outputFormat": "text/plain"}, 400, "InvalidParameterValue", "outputFormat"),
        ({**GET, "resolve": "all"}, 400, "InvalidParameterValue", "resolve"),
        ({**GET, "sortBy": "geom"}, 400, "InvalidParameterValue", "sortBy"),
        ({**GET, "sortBy": "name UP"}, 400, "InvalidParameterValue", "sortBy"),
        ({**GET, "propertyName": "nothing"}, 400, "InvalidParameterValue", "propertyName"),
        ({**GET, "filter": "<Filter"}, 400, "OperationParsingFailed", "filter"),
        ({**GET, "filter": "<x/>"}, 400, "OperationParsingFailed", "filter"),
        ({**GET, "filter": "<Filter/>"}, 400, "InvalidParameterValue", "filter"),
        ({**GET, "filter_language": "xquery"}, 400, "InvalidParameterValue", "filter_language"),
        ({**GET, "cql_filter": "name = "}, 400, "InvalidParameterValue", "cql_filter"),
        ({**GET, "cql_filter": "people = 99999999999999999999999999"}, 200, "", ""),
        ({"request": "GetPropertyValue", "typeNames": "towns"}, 400, "MissingParameterValue", "valueReference"),
        ({"request": "GetPropertyValue", "typeNames": "towns", "valueReference": ""}, 400, "InvalidParameterValue",
         "valueReference"),
        ({"request": "GetPropertyValue", "typeNames": "towns", "valueReference": "x"}, 400, "InvalidParameterValue",
         "valueReference"),
        ({"request": "DescribeFeatureType", "typeNames": "x"}, 400, "InvalidParameterValue", "typeNames"),
        ({"request": "DescribeFeatureType", "outputFormat": "x"}, 400, "InvalidParameterValue", "outputFormat"),
        ({"request": "GetCapabilities", "acceptVersions": "3.0.0"}, 400, "VersionNegotiationFailed", ""),
        ({"request": "GetCapabilities", "sections": "x"}, 400, "InvalidParameterValue", "sections"),
        ({"request": "GetCapabilities", "updateSequence": "3"}, 400, "InvalidUpdateSequence", "updateSequence"),
    ],
)  # fmt: skip
def test_refusals_have_the_standards_code_locator_and_status(
    ask: Ask, pairs: dict[str, str], status: int, code: str, locator: str
) -> None:
    root = ask(status, **pairs)
    if status != 200:
        assert refusal(root) == (code, locator)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("<wfs:GetFeature", 400, "OperationParsingFailed"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400, "OperationParsingFailed"),
        ("<GetFeature/>", 400, "OperationParsingFailed"),
        (f"<wfs:Nothing {XMLNS}/>", 501, "OperationNotSupported"),
        (f"<wfs:GetFeature {XMLNS}/>", 400, "MissingParameterValue"),
        (f'<wfs:GetFeature service="WFS" {XMLNS}/>', 400, "MissingParameterValue"),
        (f'<wfs:GetFeature service="WFS" version="2.0.0" {XMLNS}/>', 400, "MissingParameterValue"),
        (f'<wfs:GetFeature service="WFS" version="2.0.0" {XMLNS}><wfs:Query/></wfs:GetFeature>', 400,
         "MissingParameterValue"),
        (f'<wfs:GetFeature service="WFS" version="2.0.0" {XMLNS}><wfs:Query><b/></wfs:Query></wfs:GetFeature>', 400,
         "OperationParsingFailed"),
        (f'<wfs:GetFeature service="WFS" version="2.0.0" {XMLNS}>' + '<wfs:Query typeNames="towns"/>' * 21
         + "</wfs:GetFeature>", 413, "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_documents_that_cannot_be_served_are_refused(post: Ask, body: str, status: int, code: str) -> None:
    found, locator = refusal(post(body, status))
    assert found == code
    assert locator


def test_a_query_by_document_is_the_same_as_by_pairs(post: Ask, client: FlaskClient) -> None:
    root = post(
        f'<wfs:GetFeature service="WFS" version="2.0.0" count="2" {XMLNS} xmlns:t="{NAMESPACES["app"]}">'
        '<wfs:Query typeNames="t:points" srsName="http://www.opengis.net/def/crs/EPSG/0/2180">'
        "<wfs:PropertyName>t:n</wfs:PropertyName><wfs:PropertyName>t:geom</wfs:PropertyName><fes:Filter>"
        "<fes:PropertyIsGreaterThan><fes:ValueReference>t:n</fes:ValueReference><fes:Literal>3</fes:Literal>"
        "</fes:PropertyIsGreaterThan></fes:Filter><fes:SortBy><fes:SortProperty><fes:ValueReference>t:n"
        "</fes:ValueReference><fes:SortOrder>DESC</fes:SortOrder></fes:SortProperty></fes:SortBy></wfs:Query>"
        "</wfs:GetFeature>"
    )
    assert ids(root) == ["points.12", "points.11"]
    assert texts(root, "//gml:Point[1]/@srsName")[0] == "http://www.opengis.net/def/crs/EPSG/0/2180"
    assert [etree.QName(child).localname for child in root[0][0]] == ["n", "geom"]
    following = client.get(root.get("next").replace("http://127.0.0.1:8080", ""))
    assert ids(etree.fromstring(following.data)) == ["points.10", "points.9"]


def test_other_operations_by_document(post: Ask) -> None:
    head = f'service="WFS" version="2.0.0" {XMLNS} xmlns:t="{NAMESPACES["app"]}"'
    root = post(f"<wfs:DescribeFeatureType {head}><wfs:TypeName>t:towns</wfs:TypeName></wfs:DescribeFeatureType>")
    assert texts(root, "xsd:element/@name") == ["towns"]
    assert len(texts(post(f"<wfs:DescribeFeatureType {head}/>"), "xsd:element/@name")) == 2
    assert etree.QName(post(f"<wfs:ListStoredQueries {head}/>")).localname == "ListStoredQueriesResponse"
    by_id = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    query = f'<wfs:StoredQuery id="{by_id}"><wfs:Parameter name="ID">towns.2</wfs:Parameter></wfs:StoredQuery>'
    root = post(f"<wfs:GetFeature {head}>{query}</wfs:GetFeature>")
    assert texts(root, "/app:towns/@gml:id") == ["towns.2"]
    described = f"<wfs:DescribeStoredQueries {head}><wfs:StoredQueryId>{by_id}</wfs:StoredQueryId>"
    assert len(post(f"{described}</wfs:DescribeStoredQueries>")) == 1
    values = f'<wfs:GetPropertyValue valueReference="t:name" {head}><wfs:Query typeNames="t:towns"/>'
    assert len(post(f"{values}</wfs:GetPropertyValue>")) == 4
    both = f'<wfs:GetFeature {head}><wfs:Query typeNames="t:towns"/>{query}</wfs:GetFeature>'
    assert [inner.get("numberReturned") for inner in post(both).iterfind(".//wfs:FeatureCollection", NAMESPACES)] == [
        "4", "1",
    ]  # fmt: skip
    versions = "<ows:AcceptVersions><ows:Version>1.1.0</ows:Version></ows:AcceptVersions>"
    assert (
        post(f'<wfs:GetCapabilities service="WFS" {XMLNS}>{versions}</wfs:GetCapabilities>').get("version") == "1.1.0"
    )


def test_a_form_is_read_as_pairs(client: FlaskClient) -> None:
    answer = client.post("/wfs", data={"SERVICE": "WFS", "Version": "2.0.2", **GET})
    assert len(ids(etree.fromstring(answer.data))) == 4


def test_names_may_have_any_prefix_that_is_bound_to_ours(ask: Ask) -> None:
    for namespaces in (f"xmlns(x,{NAMESPACES['app']})", f"xmlns({NAMESPACES['wfs']}),xmlns(x,{NAMESPACES['app']})"):
        assert len(ids(ask(request="GetFeature", typeNames="x:towns", namespaces=namespaces, aliases="a"))) == 4


def test_the_schema_has_every_property_with_its_type(ask: Ask) -> None:
    root = ask(request="DescribeFeatureType", typeNames="app:towns,points")
    assert root.get("targetNamespace") == NAMESPACES["app"]
    assert texts(root, "xsd:element/@substitutionGroup") == ["gml:AbstractFeature"] * 2
    properties = zip(
        texts(root, "xsd:complexType[1]//xsd:element/@name"),
        texts(root, "xsd:complexType[1]//xsd:element/@type"),
        strict=True,
    )
    assert dict(properties) == {
        "name": "xsd:string", "people": "xsd:long", "area": "xsd:double", "open": "xsd:boolean", "since": "xsd:date",
        "seen": "xsd:dateTime", "geom": "gml:MultiSurfacePropertyType",
    }  # fmt: skip


def test_a_body_over_the_limit_is_refused_by_a_report(client: FlaskClient) -> None:
    answer = client.post("/wfs", data=b"<a>" + b" " * 1_100_000, content_type="text/xml")
    assert answer.status_code == 413
    assert refusal(etree.fromstring(answer.data))[0] == "InvalidParameterValue"


def test_hostile_requests_are_refused_and_never_break(client: FlaskClient) -> None:
    """Each parameter with what is too long, of another type, or another language."""
    bad = ["'", "x" * 30_000, "-1", "1e999", "(((((", "<a", "\u0000", "%", "*", "app:", "ſ", "a.b.c", "1,2,3,4,5,6,7,8"]
    names = ["typeNames", "resourceId", "filter", "cql_filter", "bbox", "srsName", "sortBy", "propertyName", "count",
             "startIndex", "namespaces", "storedQuery_id", "outputFormat", "resultType", "aliases"]  # fmt: skip
    for name in names:
        for value in bad:
            answer = client.get("/wfs", query_string={"service": "WFS", "version": "2.0.0", **GET, name: value})
            assert answer.status_code < 500 or answer.status_code == 501, (name, value, answer.text[:300])
