# SPDX-License-Identifier: EUPL-1.2
"""Clients that are not ours, OWSLib and GDAL, find and read the records over HTTP."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from owslib.catalogue.csw2 import CatalogueServiceWeb
from owslib.catalogue.csw3 import CatalogueServiceWeb as CatalogueServiceWeb3
from owslib.fes import And, BBox, PropertyIsEqualTo, PropertyIsLike, SortBy, SortProperty
from owslib.iso import MD_Metadata
from owslib.ogcapi.records import Records

from layers.model import Layer

pytestmark = [
    pytest.mark.client,
    pytest.mark.filterwarnings("ignore:CSW Server did not supply a nextRecord value"),
    pytest.mark.filterwarnings("ignore::FutureWarning:owslib"),
]
GMD = "http://www.isotc211.org/2005/gmd"
WARSAW = (20.9, 52.1, 21.1, 52.3)


@pytest.fixture
def csw(region: dict[str, Layer], server: str) -> CatalogueServiceWeb:
    return CatalogueServiceWeb(f"{server}/csw")


def _titles(csw: CatalogueServiceWeb) -> list[str]:
    return [record.title for record in csw.records.values()]


def test_owslib_reads_the_capabilities(csw: CatalogueServiceWeb, server: str) -> None:
    assert csw.identification.title == "Brama Mazowsza"
    assert [operation.name for operation in csw.operations] == [
        "GetCapabilities",
        "DescribeRecord",
        "GetDomain",
        "GetRecords",
        "GetRecordById",
        "Transaction",
    ]
    search = csw.get_operation_by_name("GetRecords")
    assert {method["url"] for method in search.methods} == {f"{server}/csw"}
    assert "csw:AnyText" in search.constraints[0].values
    assert GMD in search.parameters["outputSchema"]["values"]


@pytest.mark.parametrize(
    ("constraints", "titles"),
    [
        ([], ["Gminy Mazowsza", "Miejscowości", "Przystanki Warszawy"]),
        ([PropertyIsLike("csw:AnyText", "%gmin%")], ["Gminy Mazowsza"]),
        ([PropertyIsLike("csw:AnyText", "%PŁOCK%")], ["Gminy Mazowsza"]),
        ([PropertyIsLike("csw:AnyText", "%plock%")], ["Gminy Mazowsza"]),
        ([PropertyIsLike("csw:AnyText", "*plo*", wildCard="*", matchCase=False)], ["Gminy Mazowsza"]),
        ([PropertyIsLike("dc:title", "%owo%")], ["Miejscowości"]),
        ([PropertyIsEqualTo("dc:subject", "podział & granice")], ["Gminy Mazowsza"]),
        ([PropertyIsEqualTo("apiso:Subject", "Transport networks")], ["Przystanki Warszawy"]),
        ([PropertyIsEqualTo("dc:type", "dataset"), PropertyIsLike("apiso:Title", "%y%")],
         ["Gminy Mazowsza", "Przystanki Warszawy"]),
        ([BBox(WARSAW)], ["Miejscowości", "Przystanki Warszawy"]),
        ([BBox((52.1, 20.9, 52.3, 21.1), crs="urn:ogc:def:crs:EPSG::4326")], ["Miejscowości", "Przystanki Warszawy"]),
        ([BBox((52.1, 20.9, 52.3, 21.1), crs="urn:x-ogc:def:crs:EPSG:6.11:4326")],
         ["Miejscowości", "Przystanki Warszawy"]),
        ([BBox(WARSAW, crs="urn:ogc:def:crs:OGC:1.3:CRS84")], ["Miejscowości", "Przystanki Warszawy"]),
        ([BBox((480000, 630000, 495000, 645000), crs="urn:ogc:def:crs:EPSG::2180")],
         ["Miejscowości", "Przystanki Warszawy"]),
    ],
)  # fmt: skip
def test_owslib_searches_with_filters(csw: CatalogueServiceWeb, constraints: list[object], titles: list[str]) -> None:
    several = [And(constraints)] if len(constraints) > 1 else constraints
    csw.getrecords2(constraints=several, esn="full", maxrecords=10)
    assert csw.results["matches"] == len(titles)
    assert _titles(csw) == titles


@pytest.mark.parametrize(
    ("cql", "titles"),
    [
        ("csw:AnyText LIKE '%gminy%'", ["Gminy Mazowsza"]),
        ("BBOX(ows:BoundingBox, 20.9, 52.1, 21.1, 52.3)", ["Miejscowości", "Przystanki Warszawy"]),
        ("AnyText ILIKE '%warsz%' AND BBOX(ows:BoundingBox, 20.9, 52.1, 21.1, 52.3)", ["Przystanki Warszawy"]),
        ("dc:title = 'miejscowosci' OR \"apiso:Title\" LIKE 'Gminy%'", ["Gminy Mazowsza", "Miejscowości"]),
    ],
)
def test_owslib_searches_with_cql(csw: CatalogueServiceWeb, cql: str, titles: list[str]) -> None:
    csw.getrecords2(cql=cql, maxrecords=10)
    assert _titles(csw) == titles


def test_owslib_pages_through_all_records_in_the_order_asked(csw: CatalogueServiceWeb) -> None:
    found, position = [], 0
    newest_last = SortBy([SortProperty("dc:title", "DESC")])
    while True:
        csw.getrecords2(startposition=position, maxrecords=2, esn="brief", sortby=newest_last)
        found += _titles(csw)
        position = csw.results["nextrecord"]
        if position == 0:
            break
    assert found == ["Przystanki Warszawy", "Miejscowości", "Gminy Mazowsza"]


def test_owslib_counts_without_reading(csw: CatalogueServiceWeb) -> None:
    csw.getrecords2(resulttype="hits")
    assert (csw.results["matches"], csw.results["returned"]) == (3, 0)


def test_owslib_reads_dublin_core_by_id(csw: CatalogueServiceWeb, server: str) -> None:
    csw.getrecords2(constraints=[PropertyIsLike("csw:AnyText", "%plock%")])
    (identifier,) = csw.records
    csw.getrecordbyid([identifier, "not-there"])
    record = csw.records[identifier]
    assert record.title == "Gminy Mazowsza"
    assert "Jednostki administracyjne" in record.subjects
    assert record.rights == ["CC BY 4.0; Urząd Marszałkowski", "brak ograniczeń w publicznym dostępie"]
    assert {reference["url"] for reference in record.references} > {f"{server}/ogc/collections/communes"}
    assert [float(getattr(record.bbox, side)) for side in ("minx", "miny", "maxx", "maxy")] == [19.6, 52.5, 19.8, 52.6]


def test_owslib_reads_iso_records(csw: CatalogueServiceWeb, server: str) -> None:
    csw.getrecords2(
        constraints=[PropertyIsLike("apiso:AnyText", "%plock%")],
        typenames="gmd:MD_Metadata",
        outputschema=GMD,
        esn="full",
    )
    (record,) = csw.records.values()
    assert isinstance(record, MD_Metadata)
    assert record.stdname == "ISO 19115"
    assert (record.languagecode, record.charset, record.hierarchy) == ("pol", "utf8", "dataset")
    (identification,) = record.identification
    assert identification.title == "Gminy Mazowsza"
    assert identification.abstract == "Granice <gmin> okolic Płocka\nGranice przybliżone"
    assert identification.topiccategory == ["boundaries"]
    assert [date.type for date in identification.date] == ["creation", "revision"]
    assert float(identification.extent.boundingBox.minx) == 19.6
    assert record.referencesystem.code == "urn:ogc:def:crs:EPSG::4326"
    protocols = {online.protocol: online.url for online in record.distribution.online}
    assert protocols["OGC:WMS"].startswith(f"{server}/wms?")
    assert record.dataquality.lineage == "Wczytano z gminy.gpkg"


def _features(server: str, *arguments: str) -> list[dict[str, Any]]:
    command = ["ogr2ogr", "-f", "GeoJSON", *arguments, "/vsistdout/", f"CSW:{server}/csw", "records"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)["features"]


def _themes(features: list[dict[str, Any]]) -> set[str]:
    """First subjects: this driver leaves titles out."""
    return {feature["properties"]["subject"] for feature in features}


def test_gdal_lists_and_reads_the_records(region: dict[str, Layer], server: str) -> None:
    features = _features(server)
    assert _themes(features) == {"gminy", "Nazwy geograficzne", "Transport i komunikacja"}
    communes = next(feature for feature in features if feature["properties"]["subject"] == "gminy")
    assert communes["properties"]["abstract"] == "Granice <gmin> okolic Płocka\nGranice przybliżone"
    assert "stops" in json.dumps(features)
    ring = communes["geometry"]["coordinates"][0]
    assert {tuple(point) for point in ring} == {(19.6, 52.5), (19.8, 52.5), (19.8, 52.6), (19.6, 52.6)}


@pytest.mark.parametrize(
    ("arguments", "themes"),
    [
        (["-spat", "20.9", "52.1", "21.1", "52.3"], {"Nazwy geograficzne", "Transport i komunikacja"}),
        (["-where", "anytext LIKE '%plock%'"], {"gminy"}),
        (["-where", "subject = 'gminy'"], {"gminy"}),
        (["-where", "type = 'dataset' AND creator LIKE 'woj%'"], {"Nazwy geograficzne", "Transport i komunikacja"}),
    ],
)
def test_gdal_searches_by_place_and_text(
    region: dict[str, Layer], server: str, arguments: list[str], themes: set[str]
) -> None:
    assert _themes(_features(server, *arguments)) == themes


def test_owslib_signs_in_with_a_token(region: dict[str, Layer], server: str, sign_in: Callable[..., tuple]) -> None:
    _, headers = sign_in("clerk", "ingest")
    csw = CatalogueServiceWeb(f"{server}/csw")
    csw.getrecords2(constraints=[PropertyIsLike("csw:AnyText", "%gabina%")])
    assert _titles(csw) == []
    csw = CatalogueServiceWeb(f"{server}/csw", username="clerk", password=headers["Authorization"].split()[1])
    csw.getrecords2(constraints=[PropertyIsLike("csw:AnyText", "%gabina%")])
    assert _titles(csw) == ["Sprawy Gąbina"]


def test_owslib_harvests_the_catalogue_whole_by_3_0(region: dict[str, Layer], server: str) -> None:
    csw = CatalogueServiceWeb3(f"{server}/csw", version="3.0.0")
    found: dict[str, str] = {}
    while True:
        csw.getrecords(esn="full", maxrecords=2, startposition=len(found) + 1)
        found |= {key: record.title for key, record in csw.records.items()}
        if len(found) >= csw.results["matches"] or not csw.records:
            break
    assert sorted(found.values()) == ["Gminy Mazowsza", "Miejscowości", "Przystanki Warszawy"]
    csw.getdomain("dc:type", "property")
    assert csw.results["values"] == ["dataset"]


def test_owslib_reads_the_records_of_the_collection(region: dict[str, Layer], server: str) -> None:
    records = Records(f"{server}/ogc/")
    assert "metadata-records" in [link["href"].split("?")[0].rsplit("/", 1)[1] for link in records.links]
    page = records.collection_items("metadata-records", limit=2)
    assert (page["numberMatched"], page["numberReturned"]) == (3, 2)
    one = page["features"][0]
    assert records.collection_item("metadata-records", one["id"])["properties"]["title"] == "Gminy Mazowsza"
    assert "title" in records.collection_queryables("metadata-records")["properties"]
    found = records.collection_items("metadata-records", q="gminami")
    assert [feature["properties"]["title"] for feature in found["features"]] == ["Gminy Mazowsza"]
