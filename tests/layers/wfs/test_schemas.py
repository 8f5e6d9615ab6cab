# SPDX-License-Identifier: EUPL-1.2
"""Answers of WFS are valid: parts by the schemas of OWS, filters and GML, features by the schema that we describe.

No distribution carries the schemas of WFS itself; what they say of the elements around is checked by hand here, and by
machine where `BRAMA_OGC_SCHEMAS` names a folder with them.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from sdi.settings import Settings
from sdi.web.app import create_app
from tests.conftest import LayerMaker
from tests.layers.wfs.conftest import NAMESPACES, texts
from tests.schemas import WFS_11, WFS_20, compiled, find, mistakes, said

pytestmark = pytest.mark.usefixtures("towns", "points")
VERSIONS = ("2.0.0", "1.1.0")
OWS = {"2.0.0": "ows/1.1.0/owsAll.xsd", "1.1.0": "ows/1.0.0/owsAll.xsd"}
FILTERS = {"2.0.0": "filter/2.0/filterAll.xsd", "1.1.0": "filter/1.1.0/filter.xsd"}
GML = {"2.0.0": "gml/3.2.1/gml.xsd", "1.1.0": "gml/3.1.1/base/gml.xsd"}
WHOLE = {"2.0.0": WFS_20, "1.1.0": WFS_11}
MEMBERS = {"2.0.0": "wfs:member/*", "1.1.0": "gml31:featureMember/*"}
SHAPES = {
    GeometryType.POINT: "POINT(637010 486694)",
    GeometryType.MULTIPOINT: "MULTIPOINT(637010 486694,637011 486694)",
    GeometryType.LINESTRING: "LINESTRING(637010 486694,637011 486694)",
    GeometryType.MULTILINESTRING: "MULTILINESTRING((637010 486694,637011 486694),(1 1,2 2))",
    GeometryType.POLYGON: "POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,1 2,2 2,1 1))",
    GeometryType.MULTIPOLYGON: "MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)))",
    GeometryType.GEOMETRY: "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(1 1,2 2))",
}
Get = Callable[..., bytes]


@pytest.fixture
def get(client: FlaskClient) -> Get:
    """The bytes of an answer, by pairs."""

    def send(version: str, request: str, status: int = 200, **pairs: Any) -> bytes:
        answer = client.get("/wfs", query_string={"service": "WFS", "version": version, "request": request, **pairs})
        assert answer.status_code == status, answer.text
        return answer.data

    return send


@pytest.fixture
def shapes(add_layer: LayerMaker) -> list[str]:
    """A layer of every type of geometry, in EPSG:2180."""
    for kind, wkt in SHAPES.items():
        add_layer(f"of_{kind}".lower(), kind, {"a": ColumnType.TEXT}, [[wkt, "x"], [wkt, None]])
    return [f"of_{kind}".lower() for kind in SHAPES]


def _parts(document: bytes) -> dict[str, etree._Element]:
    return {etree.QName(part).localname: part for part in etree.fromstring(document)}


@pytest.mark.parametrize("version", VERSIONS)
def test_sections_of_capabilities_are_valid_by_ows_and_filters(get: Get, version: str) -> None:
    parts = _parts(get(version, "GetCapabilities", acceptVersions=version))
    assert list(parts) == ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "FeatureTypeList",
                           "Filter_Capabilities"]  # fmt: skip
    for name in ("ServiceIdentification", "ServiceProvider", "OperationsMetadata"):
        assert mistakes(parts[name], OWS[version]) == []
    assert mistakes(parts["Filter_Capabilities"], FILTERS[version]) == []


@pytest.mark.parametrize(("version", "prefix"), [("2.0.0", "wfs"), ("1.1.0", "wfs11")])
def test_the_list_of_types_has_the_parts_of_the_schema_in_order(get: Get, version: str, prefix: str) -> None:
    """By hand: OGC 09-025r2, 8.3.3 and OGC 04-094, 13.3.3."""
    system = "CRS" if version == "2.0.0" else "SRS"
    known = ["Name", "Title", "Abstract", "Keywords", "Default", "Other", "OutputFormats", "WGS84BoundingBox",
             "MetadataURL"]  # fmt: skip
    types = _parts(get(version, "GetCapabilities", acceptVersions=version))["FeatureTypeList"]
    for one in types.iterfind(f"{prefix}:FeatureType", NAMESPACES):
        names = [etree.QName(part).localname.removesuffix(system) for part in one]
        places = [known.index(name) for name in names]
        assert places == sorted(places)
        assert {"Name", "Title"} <= set(names)
        assert all(names.count(name) == 1 for name in set(names) - {"Other", "MetadataURL"})


@pytest.mark.parametrize("version", VERSIONS)
def test_features_are_valid_by_the_schema_that_is_described(get: Get, version: str, shapes: list[str]) -> None:
    """DescribeFeatureType is a schema, and what GetFeature answers is what it describes."""
    described = compiled(get(version, "DescribeFeatureType"))
    for name in ("towns", "points", *shapes):
        members = etree.fromstring(get(version, "GetFeature", typeName=name)).findall(MEMBERS[version], NAMESPACES)
        assert members
        for member in members:
            assert said(member, described) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("srs", ["EPSG:2180", "urn:ogc:def:crs:EPSG::4326", "EPSG:3857"])
def test_features_in_other_systems_and_with_chosen_properties_are_valid(get: Get, version: str, srs: str) -> None:
    described = compiled(get(version, "DescribeFeatureType", typeName="towns"))
    answer = get(version, "GetFeature", typeName="towns", srsName=srs, propertyName="name,geom")
    for member in etree.fromstring(answer).findall(MEMBERS[version], NAMESPACES):
        assert said(member, described) == []


def test_a_feature_by_its_identifier_is_valid_alone(get: Get) -> None:
    described = compiled(get("2.0.0", "DescribeFeatureType", typeNames="towns"))
    query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    assert said(get("2.0.0", "GetFeature", storedQuery_id=query, id="towns.1"), described) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("pairs", [{"typeName": "no"}, {"typeName": "towns", "filter": "<\x01"}, {"srsName": "x"}])
def test_refusals_are_valid_by_ows(get: Get, version: str, pairs: dict[str, str]) -> None:
    assert mistakes(get(version, "GetFeature", status=400, **pairs), OWS[version]) == []


NEW = [
    ("GetCapabilities", {"acceptVersions": "2.0.0"}),
    ("GetFeature", {"typeNames": "towns"}),
    ("GetFeature", {"typeNames": "(towns)(points)"}),
    ("GetFeature", {"typeNames": "towns", "resultType": "hits"}),
    ("GetPropertyValue", {"typeNames": "towns", "valueReference": "name"}),
    ("GetPropertyValue", {"typeNames": "towns", "valueReference": "geom"}),
    ("GetPropertyValue", {"typeNames": "towns", "valueReference": "@gml:id"}),
    ("ListStoredQueries", {}),
    ("DescribeStoredQueries", {}),
]
OLD = [
    ("GetCapabilities", {"acceptVersions": "1.1.0"}),
    ("GetFeature", {"typeName": "towns,points"}),
    ("GetFeature", {"typeName": "towns", "resultType": "hits"}),
]


@pytest.mark.parametrize(
    ("version", "operation", "pairs"), [*(("2.0.0", *one) for one in NEW), *(("1.1.0", *one) for one in OLD)]
)
def test_whole_documents_are_valid_by_the_schemas_of_wfs(
    get: Get, version: str, operation: str, pairs: dict[str, str]
) -> None:
    find(WHOLE[version])
    described = get(version, "DescribeFeatureType")
    whole = compiled(re.sub(rb"<xsd:import ", _import(version) + rb"<xsd:import ", described, count=1))
    assert said(get(version, operation, **pairs), whole) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_valid_is_told(get: Get, version: str) -> None:
    """The schemas at hand do refuse: a part that is missing, one too many, a value of another type."""
    described = compiled(get(version, "DescribeFeatureType", typeName="towns"))
    member = etree.fromstring(get(version, "GetFeature", typeName="towns")).find(MEMBERS[version], NAMESPACES)
    member.find("app:people", NAMESPACES).text = "many"
    (told,) = [one for one in said(member, described) if "not a valid value of the atomic type" in one]
    assert "people" in told
    parts = _parts(get(version, "GetCapabilities", acceptVersions=version))
    parts["OperationsMetadata"].clear()
    assert any("Missing child" in one for one in mistakes(parts["OperationsMetadata"], OWS[version]))


def _import(version: str) -> bytes:
    namespace = NAMESPACES["wfs" if version == "2.0.0" else "wfs11"]
    return (
        f'<xsd:import namespace="{namespace}" schemaLocation="http://schemas.opengis.net/{WHOLE[version]}"/>'.encode()
    )


def test_capabilities_of_a_download_service_of_inspire_are_valid(settings: Settings, database: Database) -> None:
    site = settings.site.model_copy(update={"contact": "sdi@example.org"})
    client = create_app(settings.model_copy(update={"site": site}), database, listen=False).test_client()
    document = client.get("/wfs", query_string={"service": "WFS", "request": "GetCapabilities"}).data
    operations = etree.fromstring(document).find("ows:OperationsMetadata", NAMESPACES)
    assert len(texts(operations, "//inspire_dls:SpatialDataSetIdentifier/inspire_common:Code/text()")) == 2
    assert mistakes(operations, OWS["2.0.0"], "inspire/common/1.0/common.xsd") == []
