# SPDX-License-Identifier: EUPL-1.2
"""XML filters of WFS and CSW mean what their CQL2 says."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdi.crs import CRS84, by_srid
from sdi.errors import BramaError, InvalidParameter, TooLarge, Unsupported
from sdi.filters.compile import compile_filter
from sdi.filters.fes import from_xml
from sdi.filters.parse import Filter, from_text
from sdi.filters.schema import Schema
from sdi.xmlsafe import parse

FES = 'xmlns="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
OGC = 'xmlns="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"'


def read(body: str, schema: Schema, namespace: str = OGC, **options: Any) -> Filter:
    return from_xml(parse(f"<Filter {namespace}>{body}</Filter>".encode(), limit=1_000_000), schema, **options)


def binary(operator: str, name: str, value: str, attributes: str = "") -> str:
    return f"<{operator} {attributes}><PropertyName>{name}</PropertyName><Literal>{value}</Literal></{operator}>"


WILD = 'wildCard="*" singleChar="?" escapeChar="!"'
BOX = "S_INTERSECTS(geom, BBOX(20,52,21,53))"
CASES = {
    binary("PropertyIsEqualTo", "n", " 5 "): "n = 5",
    binary("PropertyIsEqualTo", "big", "9007199254740993"): "big = 9007199254740993",
    binary("PropertyIsNotEqualTo", "x", "0.5"): "x <> 0.5",
    binary("PropertyIsLessThan", "ns:n", "5"): "n < 5",
    binary("PropertyIsGreaterThanOrEqualTo", "a:things/b:n", "5"): "n >= 5",
    binary("PropertyIsEqualTo", "name", "it's"): "name = 'it''s'",
    binary("PropertyIsEqualTo", "name", "5", 'matchCase="false"'): "casei(name) = casei('5')",
    binary("PropertyIsEqualTo", "ok", "true"): "ok = true",
    binary("PropertyIsEqualTo", "d", "2020-01-01"): "d = '2020-01-01'",
    binary("PropertyIsLike", "name", "*a?b!*%\\", WILD): "name LIKE '%a_b*\\%\\\\'",
    binary("PropertyIsLike", "csw:AnyText", "%las%", 'wildCard="%" singleChar="_" escape="!"'): "AnyText LIKE '%las%'",
    "<PropertyIsNull><PropertyName>n</PropertyName></PropertyIsNull>": "n IS NULL",
    f"<Not>{binary('PropertyIsEqualTo', 'n', '5')}</Not>": "NOT n = 5",
    f"<Or>{binary('PropertyIsEqualTo', 'n', '5')}<!-- or --><And>{binary('PropertyIsEqualTo', 'n', '6')}"
    f"{binary('PropertyIsEqualTo', 'ok', '1')}</And></Or>": "n = 5 OR n = 6 AND ok = true",
    "<PropertyIsBetween><PropertyName>n</PropertyName><LowerBoundary><Literal>1</Literal></LowerBoundary>"
    "<UpperBoundary><Literal>2</Literal></UpperBoundary></PropertyIsBetween>": "n BETWEEN 1 AND 2",
    "<PropertyIsEqualTo><Add><PropertyName>n</PropertyName><Literal>1</Literal></Add><Literal>2</Literal>"
    "</PropertyIsEqualTo>": "n + 1 = 2",
    "<After><ValueReference>d</ValueReference><gml:TimeInstant><gml:timePosition>2020-01-01</gml:timePosition>"
    "</gml:TimeInstant></After>": "T_AFTER(d, '2020-01-01')",
    "<During><ValueReference>d</ValueReference><gml:TimePeriod><gml:beginPosition>2020-01-01</gml:beginPosition>"
    '<gml:endPosition indeterminatePosition="unknown"/></gml:TimePeriod></During>':
    "T_DURING(INTERVAL(d,d), INTERVAL('2020-01-01','..'))",
    "<BBOX><PropertyName>geom</PropertyName><gml:Envelope><gml:lowerCorner>20 52</gml:lowerCorner>"
    "<gml:upperCorner>21 53</gml:upperCorner></gml:Envelope></BBOX>": BOX,
    "<BBOX><gml:Box><gml:coordinates>20,52 21,53</gml:coordinates></gml:Box></BBOX>": BOX,
    "<BBOX><gml:Box><gml:coord><gml:X>20</gml:X><gml:Y>52</gml:Y></gml:coord><gml:coord>"
    "<gml:X>21</gml:X><gml:Y>53</gml:Y></gml:coord></gml:Box></BBOX>": BOX,
    "<Within><PropertyName>geom</PropertyName><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>"
    "20 52 21 52 21 53 20 52</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></Within>":
    "S_WITHIN(geom, POLYGON((20 52,21 52,21 53,20 52)))",
    "<Crosses><PropertyName>geom</PropertyName><gml:LineString><gml:pos>20 52</gml:pos><gml:pos>21 52</gml:pos>"
    "</gml:LineString></Crosses>": "S_CROSSES(geom, LINESTRING(20 52,21 52))",
    "<Disjoint><PropertyName>geom</PropertyName><gml:MultiPoint><gml:pointMember><gml:Point><gml:coordinates>20,52"
    "</gml:coordinates></gml:Point></gml:pointMember></gml:MultiPoint></Disjoint>":
    "S_DISJOINT(geom, MULTIPOINT(20 52))",
}  # fmt: skip


@pytest.mark.parametrize("body", CASES)
@pytest.mark.parametrize("namespace", [OGC, FES])
def test_xml_means_its_cql2(body: str, namespace: str, schema: Schema) -> None:
    found = read(body, schema, namespace)
    assert found.tree == from_text(CASES[body]).tree
    compile_filter(found, schema)


def point(name: str, position: str) -> str:
    return (
        f'<Intersects><PropertyName>geom</PropertyName><gml:Point srsName="{name}">'
        f"<gml:pos>{position}</gml:pos></gml:Point></Intersects>"
    )


def distant(operator: str, attributes: str, number: str) -> str:
    place = "<gml:Point><gml:pos>20 52</gml:pos></gml:Point>"
    distance = f"<Distance {attributes}>{number}</Distance>"
    return f"<{operator}><PropertyName>geom</PropertyName>{place}{distance}</{operator}>"


@pytest.mark.parametrize(
    ("attributes", "number", "metres"),
    [
        ('uom="m"', "250", 250),
        ('units="kilometers"', "1.5", 1500),
        ('uom="urn:ogc:def:uom:EPSG::9001"', " 7 ", 7),
        ("", "0", 0),
    ],
)
def test_distances_are_in_metres(attributes: str, number: str, metres: float, schema: Schema) -> None:
    for operator, function in (("DWithin", "s_dwithin"), ("Beyond", "s_beyond")):
        found = read(distant(operator, attributes, number), schema)
        assert found.tree == from_text(f"{function}(geom, POINT(20 52), {metres})").tree
        compile_filter(found, schema)


@pytest.mark.parametrize(
    ("name", "position", "srid"),
    [
        ("urn:ogc:def:crs:EPSG::2180", "486981 636955", 2180),
        ("http://www.opengis.net/def/crs/EPSG/0/2180", "486981 636955", 2180),
        ("EPSG:2180", "636955 486981", 2180),
        ("http://www.opengis.net/gml/srs/epsg.xml#2180", "636955 486981", 2180),
        ("urn:x-ogc:def:crs:EPSG:6.11:4326", "52.2 21.0", 4326),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "21.0 52.2", 4326),
    ],
)
def test_axis_order_of_srs_names(name: str, position: str, srid: int, schema: Schema) -> None:
    found = read(point(name, position), schema)
    assert found.crs.srid == srid
    assert not found.crs.northing_first
    assert found.tree["args"][1]["coordinates"] == ([636955, 486981] if srid == 2180 else [21.0, 52.2])


def test_geometry_without_srs_name_has_the_default(schema: Schema) -> None:
    body = point("", "52.2 21.0").replace(' srsName=""', "")
    assert read(body, schema, crs=by_srid(4326)).tree == read(point("CRS:84", "21.0 52.2"), schema).tree
    assert read(body, schema, crs=CRS84).tree["args"][1]["coordinates"] == [52.2, 21.0]


def test_identifiers(schema: Schema) -> None:
    assert read('<ResourceId rid="things.1"/><ResourceId rid="things.2"/>', schema, FES).ids == ("things.1", "things.2")
    assert read('<FeatureId fid="things.1"/>', schema).ids == ("things.1",)
    assert read('<GmlObjectId gml:id="things.1"/>', schema).ids == ("things.1",)
    assert read('<GmlObjectId id="things.1"/>', schema).ids == ("things.1",)
    assert read('<FeatureId fid="a"/>', schema).tree is True


def test_names_are_mapped_by_the_caller(schema: Schema) -> None:
    body = binary("PropertyIsEqualTo", "dc:title", "x")
    assert read(body, schema, names={"dc:title": "name"}).names == {"name"}
    assert read(body, schema, names={"title": "code"}).names == {"code"}


def test_in_gml_3_2_every_name_means_the_authoritys_axis_order(schema: Schema) -> None:
    for name in ("EPSG:2180", "urn:ogc:def:crs:EPSG::2180", "http://www.opengis.net/gml/srs/epsg.xml#2180"):
        found = read(point(name, "486981 636955"), schema, FES)
        assert found.tree["args"][1]["coordinates"] == [636955, 486981]


def test_identifiers_stand_among_conditions_where_the_caller_knows_them(schema: Schema) -> None:
    def identify(rid: str) -> object:
        return {"op": "=", "args": [{"property": "n"}, int(rid.rpartition(".")[2])]}

    body = f'<And><ResourceId rid="things.7"/><Not>{binary("PropertyIsEqualTo", "ok", "true")}</Not></And>'
    assert read(body, schema, FES, identify=identify).tree == from_text("n = 7 AND NOT ok = true").tree


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("<PropertyIsNull><ValueReference>gml:name</ValueReference></PropertyIsNull>", True),
        (binary("PropertyIsEqualTo", "gml:name", "x"), False),
        (binary("PropertyIsLike", "a/gml:description", "x", WILD), False),
    ],
)
def test_properties_of_gml_itself_are_those_that_features_never_have(body: str, meant: object, schema: Schema) -> None:
    assert read(body, schema, FES).tree is meant
    assert read(f"<Not>{body}</Not>", schema).tree == {"op": "not", "args": [meant]}


def test_the_box_of_a_feature_is_that_of_its_geometry(schema: Schema) -> None:
    corners = "<gml:lowerCorner>20 52</gml:lowerCorner><gml:upperCorner>21 53</gml:upperCorner>"
    body = f"<BBOX><ValueReference>gml:boundedBy</ValueReference><gml:Envelope>{corners}</gml:Envelope></BBOX>"
    assert read(body, schema, FES).tree == from_text(BOX).tree
    assert read(body.replace("gml:boundedBy", "ows:BoundingBox"), schema, FES).tree == from_text(BOX).tree
    with pytest.raises(InvalidParameter):
        compile_filter(read(body.replace("boundedBy", "description"), schema, FES), schema)


def test_steps_of_a_path_may_name_the_only_one_and_geometry_may_be_a_literal(schema: Schema) -> None:
    assert read(binary("PropertyIsEqualTo", "ns:things/ns:n[1]", "5"), schema).tree == from_text("n = 5").tree
    body = (
        point("CRS:84", "21 52")
        .replace("<gml:Point", "<Literal><gml:Point")
        .replace("</gml:Point>", "</gml:Point></Literal>")
    )
    assert read(body, schema).tree == read(point("CRS:84", "21 52"), schema).tree


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("", InvalidParameter),
        ("<And/>", InvalidParameter),
        (binary("PropertyIsEqualTo", "n", "five"), InvalidParameter),
        (binary("PropertyIsEqualTo", "n", "5") * 2, InvalidParameter),
        ("<FeatureId/>", InvalidParameter),
        ('<And><FeatureId fid="a"/><FeatureId fid="b"/></And>', Unsupported),
        (binary("PropertyIsLike", "name", "x", 'wildCard="**"'), InvalidParameter),
        (binary("PropertyIsLike", "name", "x", 'wildCard="_"'), InvalidParameter),
        ("<Beyond/>", InvalidParameter),
        (distant("DWithin", 'uom="mile"', "1"), InvalidParameter),
        (distant("DWithin", 'uom="km"', "101"), InvalidParameter),
        (distant("DWithin", "", "near"), InvalidParameter),
        ("<Unknown/>", Unsupported),
        ("<PropertyIsEqualTo><Function name='f'/><Literal>1</Literal></PropertyIsEqualTo>", Unsupported),
        (point("EPSG:1", "1 2"), InvalidParameter),
        (point("EPSG:2180", "1 x"), InvalidParameter),
        (point("EPSG:2180", "1"), InvalidParameter),
        (f"<And>{point('EPSG:2180', '1 2')}{point('EPSG:4326', '1 2')}</And>", Unsupported),
        ("<Not>" * 70 + binary("PropertyIsEqualTo", "n", "5") + "</Not>" * 70, TooLarge),
        ("<And>" + binary("PropertyIsEqualTo", "n", "5") * 600 + "</And>", TooLarge),
    ],
)
def test_bad_filters_are_refused(body: str, refusal: type[BramaError], schema: Schema) -> None:
    with pytest.raises(refusal):
        read(body, schema)


ELEMENTS = st.sampled_from(
    ["And", "Or", "Not", "PropertyIsEqualTo", "PropertyIsLike", "PropertyIsNull", "PropertyIsBetween", "LowerBoundary",
     "UpperBoundary", "BBOX", "Within", "After", "During", "Add", "Function", "gml:Point", "gml:Envelope",
     "gml:Polygon",
     "gml:LinearRing", "gml:TimePeriod", "gml:MultiSurface", "gml:coord", "gml:Box",
     "FeatureId"]
)  # fmt: skip
LEAVES = st.sampled_from(
    ["<Literal/>", "<Literal>5</Literal>", "<Literal>x' OR 1=1</Literal>", "<PropertyName>n</PropertyName>",
     "<PropertyName>geom</PropertyName>", "<PropertyName/>", "<gml:pos>1 2</gml:pos>",
     "<gml:posList>1 2 3</gml:posList>",
     "<gml:coordinates>1,2 3</gml:coordinates>", "<gml:lowerCorner>1 2</gml:lowerCorner>", "<!-- x -->", "<?x y?>",
     "<gml:upperCorner>3 4 5</gml:upperCorner>", "<gml:beginPosition>2020</gml:beginPosition>", '<FeatureId fid="a"/>']
)  # fmt: skip
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", ELEMENTS, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=500, deadline=None)
@given(BODIES)
def test_any_xml_is_a_condition_or_a_refusal(schema: Schema, body: str) -> None:
    with contextlib.suppress(BramaError):
        condition = compile_filter(read(body, schema), schema)
        assert "1=1" not in str(condition)
