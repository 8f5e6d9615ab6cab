# SPDX-License-Identifier: EUPL-1.2
"""Capabilities say what is true of the service (OGC 09-025r2, clause 8), in prepared bytes."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from sdi.settings import Settings
from sdi.web.app import create_app
from tests.conftest import LayerMaker
from tests.layers.wfs.conftest import NAMESPACES, Ask, texts

pytestmark = pytest.mark.usefixtures("towns", "points")
TRUE = {
    "ImplementsBasicWFS", "KVPEncoding", "XMLEncoding", "ImplementsResultPaging", "ImplementsTransactionalWFS",
    "ImplementsLockingWFS", "AutomaticDataLocking",
}  # fmt: skip
FALSE = {
    "SOAPEncoding", "PreservesSiblingOrder", "ImplementsInheritance",
    "ImplementsRemoteResolve", "ImplementsStandardJoins", "ImplementsSpatialJoins", "ImplementsTemporalJoins",
    "ImplementsFeatureVersioning", "ManageStoredQueries", "PagingIsTransactionSafe",
}  # fmt: skip


def _constraints(root: etree._Element, parent: str, tag: str) -> dict[str, str]:
    found = root.iterfind(f"{parent}/{tag}", NAMESPACES)
    return {one.get("name"): one.findtext("ows:DefaultValue", "", NAMESPACES) for one in found}


def test_conformance_is_declared_class_by_class(ask: Ask) -> None:
    root = ask(request="GetCapabilities", version=None)
    assert (root.get("version"), etree.QName(root).namespace) == ("2.0.0", NAMESPACES["wfs"])
    declared = _constraints(root, "ows:OperationsMetadata", "ows:Constraint")
    assert {name for name, value in declared.items() if value == "TRUE"} == TRUE
    assert {name for name, value in declared.items() if value == "FALSE"} == FALSE
    assert declared["CountDefault"] == "10000"
    filters = _constraints(root, "fes:Filter_Capabilities/fes:Conformance", "fes:Constraint")
    assert {name for name, value in filters.items() if value != "TRUE"} == {
        "ImplementsFunctions", "ImplementsVersionNav", "ImplementsExtendedOperators", "ImplementsSchemaElementFunc",
    }  # fmt: skip
    assert {"ImplementsResourceId", "ImplementsTemporalFilter", "ImplementsMinimumXPath"} <= set(filters)


def test_every_operation_is_declared_with_its_addresses_and_values(ask: Ask) -> None:
    root = ask(request="GetCapabilities")
    assert set(texts(root, "//ows:Operation/@name")) == {
        "GetCapabilities", "DescribeFeatureType", "GetFeature", "GetPropertyValue", "ListStoredQueries",
        "DescribeStoredQueries", "Transaction", "LockFeature", "GetFeatureWithLock",
    }  # fmt: skip
    for name in ("GetFeature", "GetPropertyValue"):
        path = f"//ows:Operation[@name='{name}']/ows:Parameter[@name='resolve']//ows:Value/text()"
        assert "local" in texts(root, path)
    href = "{http://www.w3.org/1999/xlink}href"
    assert {one.get(href) for one in root.iterfind(".//ows:HTTP/*", NAMESPACES)} == {
        "http://127.0.0.1:8080/wfs", "http://127.0.0.1:8080/wfs?",
    }  # fmt: skip


def test_a_feature_type_has_its_name_texts_systems_and_box(ask: Ask, towns: Layer) -> None:
    root = ask(request="GetCapabilities", lang="en")
    town = next(one for one in root.iterfind(".//wfs:FeatureType", NAMESPACES) if "towns" in one[0].text)
    assert [etree.QName(child).localname for child in town] == [
        "Name", "Title", "Abstract", "Keywords", "DefaultCRS", *["OtherCRS"] * 10, "WGS84BoundingBox",
    ]  # fmt: skip
    assert (town[0].text, town[1].text, town[2].text) == ("app:towns", "Layer towns", "x < y")
    assert town.findtext("wfs:DefaultCRS", None, NAMESPACES) == "urn:ogc:def:crs:EPSG::2180"
    corner = [float(number) for number in town.findtext(".//ows:LowerCorner", "", NAMESPACES).split()]
    assert corner == pytest.approx(towns.bbox[:2], abs=1e-6)
    assert town[0].nsmap["app"] == NAMESPACES["app"]


def test_inspires_extension_names_the_service_and_every_data_set(
    settings: Settings, database: Database, ask: Ask
) -> None:
    assert texts(ask(request="GetCapabilities"), "//ows:ExtendedCapabilities") == []
    site = settings.site.model_copy(update={"contact": "sdi@example.org"})
    client = create_app(settings.model_copy(update={"site": site}), database, listen=False).test_client()
    pairs = {"service": "WFS", "request": "GetCapabilities", "language": "eng"}
    root = etree.fromstring(client.get("/wfs", query_string=pairs).data)
    extended = root.find(".//ows:ExtendedCapabilities/inspire_dls:ExtendedCapabilities", NAMESPACES)
    assert texts(extended, "inspire_common:SpatialDataServiceType/text()") == ["download"]
    assert texts(extended, "inspire_common:ResponseLanguage/inspire_common:Language/text()") == ["eng"]
    assert set(texts(extended, "inspire_dls:SpatialDataSetIdentifier/inspire_common:Code/text()")) == {
        "towns", "points",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("accepted", "version"),
    [("2.0.0,1.1.0", "2.0.0"), ("1.0.0,1.1.0", "1.1.0"), ("2.0.2", "2.0.0"), ("1.1.0,2.0.0", "1.1.0")],
)
def test_the_first_accepted_version_is_answered(ask: Ask, accepted: str, version: str) -> None:
    assert ask(request="GetCapabilities", version=None, acceptVersions=accepted).get("version") == version


def test_sections_are_sent_as_asked_and_none_to_who_has_them(ask: Ask) -> None:
    root = ask(request="GetCapabilities", sections="FeatureTypeList,ServiceProvider")
    assert [etree.QName(child).localname for child in root] == ["ServiceProvider", "FeatureTypeList"]
    assert len(ask(request="GetCapabilities", sections="All")) == 5
    known = root.get("updateSequence")
    again = ask(request="GetCapabilities", updateSequence=known)
    assert (len(again), again.get("updateSequence")) == (0, known)


def test_the_document_is_kept_until_a_layer_changes(
    app: Flask, client: FlaskClient, ask: Ask, add_layer: LayerMaker
) -> None:
    first = ask(request="GetCapabilities").get("updateSequence")
    add_layer("late", GeometryType.POINT, {}, [["POINT(600000 500000)"]])
    app.extensions["layers"].invalidate()
    root = ask(request="GetCapabilities")
    assert root.get("updateSequence") > first
    assert "app:late" in texts(root, "//wfs:FeatureType/wfs:Name/text()")


def test_what_is_hidden_is_not_listed_and_not_served(
    ask: Ask, client: FlaskClient, add_layer: LayerMaker, sign_in: Callable[..., tuple]
) -> None:
    rows = [["POINT(600000 500000)", "x"]]
    add_layer("secret", GeometryType.POINT, {"a": ColumnType.TEXT}, rows, visibility="organisation")
    assert "app:secret" not in texts(ask(request="GetCapabilities"), "//wfs:Name/text()")
    ask(400, request="GetFeature", typeNames="secret")
    ask(404, request="GetFeature", storedQuery_id="urn:ogc:def:query:OGC-WFS::GetFeatureById", id="secret.1")
    assert texts(ask(request="GetFeature", resourceId="secret.1"), "//wfs:member/*/@gml:id") == []
    _, headers = sign_in("admin")
    pairs = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": "secret"}
    root = etree.fromstring(client.get("/wfs", query_string=pairs, headers=headers).data)
    assert texts(root, "//wfs:member/*/@gml:id") == ["secret.1"]
    listed = client.get("/wfs", query_string={**pairs, "request": "GetCapabilities"}, headers=headers)
    assert "app:secret" in listed.text
