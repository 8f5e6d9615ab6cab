# SPDX-License-Identifier: EUPL-1.2
"""GetFeature of 2.0.0: what it answers, in which order, axis order and number (OGC 09-025r2, clause 11)."""

import pytest
from flask.testing import FlaskClient
from lxml import etree

from layers.model import GeometryType
from sdi.crs import CRS84, SERVED, Crs, by_srid, transform_point
from tests.conftest import LayerMaker
from tests.layers.wfs.conftest import NAMESPACES, PALACE, Ask, ids, refusal, texts

XML_ID = "{http://www.opengis.net/gml/3.2}id"
pytestmark = pytest.mark.usefixtures("towns", "points")


def test_a_feature_has_its_identifier_its_values_and_its_geometry(ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="app:towns", sortBy="name DESC", count=2)
    assert ids(root) == ["towns.1", "towns.3"]
    town = root.find("wfs:member/app:towns", NAMESPACES)
    values = [(etree.QName(child).localname, child.text) for child in town[:-1]]
    assert values == [
        ("name", "Warszawa <&> 'Żoliborz'"),
        ("people", "9007199254740993"),
        ("area", "517.24"),
        ("open", "true"),
        ("since", "1994-03-25"),
        ("seen", "2026-01-31T12:00:00.5+00:00"),
    ]
    shape = town.find("app:geom/gml:MultiSurface", NAMESPACES)
    assert shape.get("srsName") == "urn:ogc:def:crs:EPSG::2180"
    assert texts(shape, "gml:surfaceMember[2]//gml:posList/text()") == [
        "486000 640000 486000 641000 487000 641000 486000 640000"
    ]
    assert texts(root, "//wfs:member[2]/app:towns/*[1]/text()") == ["Radom"]
    assert len(texts(root, "//wfs:member[2]//gml:interior//text()")) == 1


def test_every_identifier_in_a_document_is_there_once(ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="towns")
    found = texts(root, "//@gml:id")
    assert len(found) == len(set(found)) == 4 + 3 + 4
    assert {"towns.1", "towns.1.geom", "towns.1.geom.1", "towns.1.geom.2"} <= set(found)


def test_what_has_no_value_has_no_element(ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="towns", resourceId="towns.4,towns.3")
    nowhere = root.find("wfs:member/app:towns[@gml:id='towns.4']", NAMESPACES)
    assert [(etree.QName(child).localname, child.text) for child in nowhere] == [
        ("name", "Nigdzie"), ("people", "0"), ("area", "INF"), ("open", "true"), ("seen", "2020-06-01T00:00:00+00:00"),
    ]  # fmt: skip


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
@pytest.mark.parametrize("form", ["urn", "uri", "name"])
def test_the_known_point_has_its_place_in_every_system_by_every_name(ask: Ask, system: Crs, form: str) -> None:
    root = ask(request="GetFeature", resourceId="points.7", srsName=getattr(system, form))
    point = root.find(".//gml:Point", NAMESPACES)
    assert point.get("srsName") == (system.uri if form == "uri" else system.urn)
    _assert_place(point.findtext("gml:pos", None, NAMESPACES), system)


def _assert_place(text: str, system: Crs) -> None:
    x, y = transform_point(*PALACE, CRS84, system)
    expected = (y, x) if system.northing_first else (x, y)
    found = [float(number) for number in text.split()]
    assert found == pytest.approx(expected, abs=2 * 10**-system.decimals)


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
def test_a_box_round_the_known_point_finds_it_in_every_system(ask: Ask, system: Crs) -> None:
    x, y = transform_point(*PALACE, CRS84, system)
    reach = 0.002 if system.is_geographic else 100
    box = (
        [y - reach, x - reach, y + reach, x + reach]
        if system.northing_first
        else [x - reach, y - reach, x + reach, y + reach]
    )
    for name in (system.urn, system.uri, system.name):
        root = ask(request="GetFeature", typeNames="points", bbox=",".join([*map(str, box), name]))
        assert ids(root) == ["points.7"], name
    assert root.get("numberMatched") == "1"


def test_a_box_without_a_system_is_in_the_layers_own(ask: Ask) -> None:
    assert ids(ask(request="GetFeature", typeNames="points", bbox="52.23,21.00,52.24,21.01")) == ["points.7"]
    assert ids(ask(request="GetFeature", typeNames="towns", bbox="486000,636000,486100,636100")) == ["towns.1"]


def test_pages_follow_one_another_without_gap_or_repeat(client: FlaskClient, ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="points", count=5)
    seen, pages = ids(root), 1
    assert (root.get("numberMatched"), root.get("numberReturned"), root.get("previous")) == ("12", "5", None)
    while address := root.get("next"):
        root = etree.fromstring(client.get(address.replace("http://127.0.0.1:8080", "")).data)
        seen += ids(root)
        pages += 1
    assert (pages, seen) == (3, [f"points.{n}" for n in range(1, 13)])
    assert (root.get("numberReturned"), root.get("next")) == ("2", None)
    before = etree.fromstring(client.get(root.get("previous").replace("http://127.0.0.1:8080", "")).data)
    assert ids(before) == [f"points.{n}" for n in range(6, 11)]


def test_hits_have_no_features_but_lead_to_the_first_page(client: FlaskClient, ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="points", resultType="hits", count=2)
    assert (root.get("numberMatched"), root.get("numberReturned"), len(root)) == ("12", "0", 0)
    first = etree.fromstring(client.get(root.get("next").replace("http://127.0.0.1:8080", "")).data)
    assert ids(first) == ["points.1", "points.2"]
    root = ask(request="GetFeature", typeNames="points", resultType="hits", cql_filter="n > 3")
    assert root.get("numberMatched") == "8"


@pytest.mark.parametrize(("count", "start"), [(0, 0), (3, 12), (3, 1000)])
def test_a_window_beyond_the_end_is_empty(ask: Ask, count: int, start: int) -> None:
    root = ask(request="GetFeature", typeNames="points", count=count, startIndex=start)
    assert (ids(root), root.get("numberReturned"), root.get("numberMatched")) == ([], "0", "12")
    assert root.get("next") is None


def test_properties_are_chosen_by_name(ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="towns", propertyName="app:people,name", count=1)
    assert [etree.QName(child).localname for child in root[0][0]] == ["name", "people"]
    root = ask(request="GetFeature", typeNames="towns", propertyName="geom", count=1)
    assert [etree.QName(child).localname for child in root[0][0]] == ["geom"]


def test_order_is_as_asked_with_nulls_largest(ask: Ask) -> None:
    assert ids(ask(request="GetFeature", typeNames="towns", sortBy="people ASC")) == [
        f"towns.{n}" for n in (4, 2, 1, 3)
    ]
    assert ids(ask(request="GetFeature", typeNames="towns", sortBy="app:open D,name A")) == [
        f"towns.{n}" for n in (3, 4, 1, 2)
    ]


def test_several_queries_have_a_collection_each(ask: Ask) -> None:
    root = ask(request="GetFeature", typeNames="(towns)(points)", cql_filter="people > 5;n < 3", count=4)
    assert (root.get("numberMatched"), root.get("numberReturned")) == ("5", "4")
    inner = root.findall("wfs:member/wfs:FeatureCollection", NAMESPACES)
    assert [(one.get("numberMatched"), one.get("numberReturned")) for one in inner] == [("2", "2"), ("3", "2")]
    rest = ask(request="GetFeature", typeNames="(towns)(points)", cql_filter="people > 5;n < 3", count=4, startIndex=4)
    assert texts(rest, "//app:points/@gml:id") == ["points.3"]


def test_identifiers_without_a_type_name_their_own(ask: Ask) -> None:
    assert ids(ask(request="GetFeature", resourceId="points.3,points.5,points.99,what.1,what")) == [
        "points.3",
        "points.5",
    ]
    root = ask(request="GetFeature", resourceId="points.3,towns.2")
    assert sorted(texts(root, "//wfs:FeatureCollection/wfs:member/*/@gml:id")) == ["points.3", "towns.2"]
    assert ids(ask(request="GetFeature", typeNames="points", resourceId="uuid-77")) == []


def test_the_feature_of_a_stored_query_is_the_root(ask: Ask) -> None:
    for name in (
        "urn:ogc:def:query:OGC-WFS::GetFeatureById",
        "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById",
    ):
        root = ask(request="GetFeature", storedQuery_id=name, id="towns.2")
        assert (root.tag, root.get(XML_ID)) == (f"{{{NAMESPACES['app']}}}towns", "towns.2")
        assert refusal(ask(404, request="GetFeature", storedQuery_id=name, id="towns.77")) == ("NotFound", "id")
        assert refusal(ask(404, request="GetFeature", storedQuery_id=name, id="uuid-1")) == ("NotFound", "id")
    assert refusal(ask(400, request="GetFeature", storedQuery_id="x", id="towns.2"))[0] == "InvalidParameterValue"
    missing = ask(400, request="GetFeature", storedQuery_id="urn:ogc:def:query:OGC-WFS::GetFeatureById")
    assert refusal(missing) == ("MissingParameterValue", "id")


def test_stored_queries_are_listed_and_described(ask: Ask) -> None:
    root = ask(request="ListStoredQueries")
    assert "urn:ogc:def:query:OGC-WFS::GetFeatureById" in texts(root, "wfs:StoredQuery/@id")
    assert set(texts(root, "wfs:StoredQuery[1]/wfs:ReturnFeatureType/text()")) == {"app:towns", "app:points"}
    root = ask(request="DescribeStoredQueries", storedQuery_id="urn:ogc:def:query:OGC-WFS::GetFeatureById")
    assert len(root) == 1
    assert texts(root, "//wfs:Parameter/@name") == ["id"]
    assert len(ask(request="DescribeStoredQueries")) == 2
    assert refusal(ask(400, request="DescribeStoredQueries", storedQuery_id="x"))[0] == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("reference", "values"),
    [
        ("app:name", ["Warszawa <&> 'Żoliborz'", "Płock", "Radom", "Nigdzie"]),
        ("people", ["9007199254740993", "113660", "0"]),
        ("app:towns/app:since", ["1994-03-25", "1237-01-01", ""]),
        ("@gml:id", ["towns.1", "towns.2", "towns.3", "towns.4"]),
    ],
)
def test_values_of_a_property_are_members(ask: Ask, reference: str, values: list[str]) -> None:
    root = ask(request="GetPropertyValue", typeNames="towns", valueReference=reference)
    assert etree.QName(root).localname == "ValueCollection"
    assert [member.text or "" for member in root] == values
    assert (root.get("numberMatched"), root.get("numberReturned")) == (str(len(values)), str(len(values)))


def test_a_geometry_is_a_value_too(ask: Ask) -> None:
    root = ask(request="GetPropertyValue", typeNames="towns", valueReference="geom", count=1)
    assert texts(root, "wfs:member/gml:MultiSurface/@gml:id") == ["towns.1.geom"]
    assert root.get("numberMatched") == "3"


def test_a_feature_of_a_mixed_layer_has_identifiers_of_its_own_too(ask: Ask, add_layer: LayerMaker) -> None:
    geometries = [
        "POINT(1 2)",
        "MULTIPOINT(1 2,3 4)",
        "GEOMETRYCOLLECTION(POINT(1 2),MULTILINESTRING((1 2,3 4),(5 6,7 8)))",
    ]
    add_layer("mixed", GeometryType.GEOMETRY, {}, [[wkt] for wkt in geometries])
    root = ask(request="GetFeature", typeNames="mixed")
    found = texts(root, "//@gml:id")
    assert len(found) == len(set(found)) == 3 + 3 + 2 + 3
    assert texts(root, "//gml:MultiGeometry/gml:geometryMember/*/@gml:id") == [
        "mixed.3.geom.1",
        "mixed.3.geom.2.1",
        "mixed.3.geom.2.2",
    ]
    assert refusal(ask(400, request="GetFeature", typeNames="mixed", srsName="EPSG:1"))[1] == "srsName"


def test_other_formats_hold_the_same_features(client: FlaskClient) -> None:
    pairs = "service=WFS&version=2.0.0&request=GetFeature&typeNames=points&cql_filter=n%20%3E%3D%206&sortBy=n"
    answer = client.get(f"/wfs?{pairs}&outputFormat=application/geo%2Bjson&propertyName=n")
    features = answer.json["features"]
    assert [feature["properties"] for feature in features] == [{"n": n} for n in range(6, 12)]
    assert features[0]["geometry"]["coordinates"] == pytest.approx(PALACE, abs=1e-7)
    assert len(client.get(f"/wfs?{pairs}&outputFormat=json&count=2").json["features"]) == 2
    assert len(client.get(f"/wfs?{pairs}&outputFormat=application/json&count=2").json["features"]) == 2
    named = client.get(f"/wfs?{pairs}&outputFormat=geojson&srsName=urn:ogc:def:crs:EPSG::4326").json
    assert named["features"][0]["geometry"]["coordinates"] == pytest.approx(PALACE, abs=1e-7)
    assert "crs" not in named
    national = client.get(f"/wfs?{pairs}&outputFormat=geojson&srsName=urn:ogc:def:crs:EPSG::2180").json
    assert national["features"][0]["geometry"]["coordinates"] == pytest.approx(
        transform_point(*PALACE, CRS84, by_srid(2180)), abs=0.001
    )
    assert national["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::2180"
    lines = client.get(f"/wfs?{pairs}&outputFormat=csv").text.splitlines()
    assert (len(lines), "p6" in lines[1]) == (7, True)
    for name, magic in (("SHAPE-ZIP", b"PK"), ("application/geopackage+sqlite3", b"SQLite format 3")):
        answer = client.get("/wfs", query_string=f"{pairs}&outputFormat={name.replace('+', '%2B')}")
        assert answer.data.startswith(magic), answer.data[:300]
    for more in ("&startIndex=3", "&typeNames=(points)(towns)"):
        pairs = f"service=WFS&version=2.0.0&request=GetFeature{more}&outputFormat=csv"
        found = refusal(
            etree.fromstring(client.get(f"/wfs?{pairs}{'' if 'type' in more else '&typeNames=points'}").data)
        )
        assert found == ("OptionNotSupported", "outputFormat")


def test_an_organisations_address_serves_its_layers_only(client: FlaskClient, ask: Ask) -> None:
    pairs = "service=WFS&version=2.0.0&request=GetFeature&typeNames=towns&count=1"
    assert client.get(f"/o/gabin/wfs?{pairs}").status_code == 400
    root = etree.fromstring(client.get(f"/o/mazowieckie/wfs?{pairs}").data)
    assert root.get("next").startswith("http://127.0.0.1:8080/o/mazowieckie/wfs?")
