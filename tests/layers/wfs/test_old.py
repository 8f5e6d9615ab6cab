# SPDX-License-Identifier: EUPL-1.2
"""WFS 1.1.0 (OGC 04-094) for older clients: GML 3.1.1, Filter 1.1, maxFeatures, and its axis order by name."""

import pytest
from lxml import etree

from sdi.crs import CRS84, SERVED, Crs, transform_point
from tests.layers.wfs.conftest import NAMESPACES, PALACE, Ask, ids, texts

pytestmark = pytest.mark.usefixtures("towns", "points")
OLD = {"version": "1.1.0"}


def test_features_are_gml_3_1_in_the_older_collection(ask: Ask) -> None:
    root = ask(**OLD, request="GetFeature", typeName="app:towns", maxFeatures=2)
    assert root.tag == "{http://www.opengis.net/wfs}FeatureCollection"
    assert (root.get("numberOfFeatures"), root.get("numberMatched")) == ("2", None)
    assert ids(root, "1.1.0") == ["towns.1", "towns.2"]
    assert texts(root, "//gml31:MultiSurface/@srsName") == ["urn:ogc:def:crs:EPSG::2180"] * 2
    assert len(root.findall("gml31:featureMember", NAMESPACES)) == 2


def test_hits_count_what_matches(ask: Ask) -> None:
    root = ask(**OLD, request="GetFeature", typeName="points", resultType="hits", cql_filter="n > 3")
    assert (root.get("numberOfFeatures"), len(root)) == ("8", 0)


def test_a_list_of_types_is_a_query_each(ask: Ask) -> None:
    root = ask(**OLD, request="GetFeature", typeName="towns,points", maxFeatures=6)
    assert ids(root, "1.1.0") == [*(f"towns.{n}" for n in range(1, 5)), "points.1", "points.2"]


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
def test_urns_have_the_authoritys_axis_order_and_short_names_x_first(ask: Ask, system: Crs) -> None:
    for name in dict.fromkeys((system.urn, system.name)):
        asked = system if name == system.urn else system.xy
        x, y = transform_point(*PALACE, CRS84, system)
        first, second = (y, x) if asked.northing_first else (x, y)
        reach = 0.002 if system.is_geographic else 100
        box = f"{first - reach},{second - reach},{first + reach},{second + reach},{name}"
        root = ask(**OLD, request="GetFeature", typeName="points", srsName=name, bbox=box)
        assert ids(root, "1.1.0") == ["points.7"], name
        point = root.find(".//gml31:Point", NAMESPACES)
        assert point.get("srsName") == ("urn:ogc:def:crs:OGC:1.3:CRS84" if system.authority == "OGC" else name)
        found = [float(number) for number in point.findtext("gml31:pos", None, NAMESPACES).split()]
        assert found == pytest.approx((first, second), abs=2 * 10**-system.decimals)


def test_filters_of_1_1_by_document(post: Ask) -> None:
    root = post(
        '<GetFeature xmlns="http://www.opengis.net/wfs" xmlns:ogc="http://www.opengis.net/ogc"'
        ' xmlns:gml="http://www.opengis.net/gml" service="WFS" version="1.1.0" maxFeatures="2">'
        '<Query typeName="points"><ogc:Filter><ogc:And><ogc:BBOX><ogc:PropertyName>geom</ogc:PropertyName>'
        '<gml:Envelope srsName="EPSG:4326"><gml:lowerCorner>20 52</gml:lowerCorner><gml:upperCorner>21.01 53'
        "</gml:upperCorner></gml:Envelope></ogc:BBOX><ogc:PropertyIsLike wildCard='*' singleChar='.' escapeChar='!'>"
        "<ogc:PropertyName>name</ogc:PropertyName><ogc:Literal>p*</ogc:Literal></ogc:PropertyIsLike></ogc:And>"
        "</ogc:Filter><ogc:SortBy><ogc:SortProperty><ogc:PropertyName>n</ogc:PropertyName><ogc:SortOrder>DESC"
        "</ogc:SortOrder></ogc:SortProperty></ogc:SortBy></Query></GetFeature>"
    )
    assert ids(root, "1.1.0") == ["points.7", "points.6"]
    head = '<GetFeature xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0">'
    refused = post(f'{head}<Query typeName="x"/></GetFeature>', 400)
    assert (etree.QName(refused).namespace, refused.get("version")) == (NAMESPACES["ows10"], "1.0.0")


def test_identifiers_are_asked_for_by_their_older_name(ask: Ask) -> None:
    assert ids(ask(**OLD, request="GetFeature", featureId="points.3"), "1.1.0") == ["points.3"]


def test_schema_and_capabilities_are_of_their_version(ask: Ask) -> None:
    root = ask(**OLD, request="DescribeFeatureType", typeName="towns", namespace=f"xmlns(app={NAMESPACES['app']})")
    assert texts(root, "xsd:element/@substitutionGroup") == ["gml:_Feature"]
    assert texts(root, "xsd:import/@namespace") == [NAMESPACES["gml31"]]
    root = ask(**OLD, request="GetCapabilities")
    assert (root.tag, root.get("version")) == ("{http://www.opengis.net/wfs}WFS_Capabilities", "1.1.0")
    assert set(texts(root, "//ows10:Operation/@name")) == {
        "GetCapabilities", "DescribeFeatureType", "GetFeature", "Transaction", "LockFeature", "GetFeatureWithLock",
    }  # fmt: skip
    assert texts(root, "//wfs11:FeatureTypeList/wfs11:Operations/wfs11:Operation/text()") == [
        "Query", "Insert", "Update", "Delete", "Lock",
    ]  # fmt: skip
    assert texts(root, "//ows10:Constraint[@name='DefaultMaxFeatures']/ows10:Value/text()") == ["10000"]
    assert texts(root, "//wfs11:FeatureType[1]/wfs11:DefaultSRS/text()")[0].startswith("urn:ogc:def:crs:EPSG::")
    refused = ask(400, **OLD, request="GetPropertyValue", typeName="towns", valueReference="name")
    assert etree.QName(refused).namespace == NAMESPACES["ows10"]
