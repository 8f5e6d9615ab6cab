# SPDX-License-Identifier: EUPL-1.2
"""Real documents come in, lose nothing, are found by all they say, and go out in every encoding."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS

from catalogue.documents.reading import document, envelope
from catalogue.encodings import dcat, iso19115_3, iso19139
from catalogue.encodings.names import CSW, CSW3, DC, GMD, MDB
from catalogue.iso.check import check
from catalogue.iso.edit import edit
from catalogue.iso.read import read
from catalogue.metadata import Metadata, from_json, to_json
from sdi.errors import BramaError
from tests.catalogue.conftest import Schemas

ISO = [
    "PL_mazovia_pzpw_iso19139.xml", "owslib_csw_iso_identifier.xml", "owslib_inspire-getrecords-response.xml",
    "pycsw_3e9a8c05.xml", "pycsw_T_ortho_RAS_1998_284404.xml", "pycsw_iso19115-3_metawal.wallonie.be-catchments.xml",
    "pycsw_iso19115-3_metawal.wallonie.be-srv.xml",
]  # fmt: skip
PZPW = "3bcbe743-e378-4810-92ba-2abebc7e0f2e"
Bring = Callable[..., list[dict[str, object]]]


def _records(shared: Path, name: str) -> list[etree._Element]:
    return envelope((shared / "metadata" / name).read_bytes())


def _canonical(element: etree._Element, *, exclusive: bool = False) -> bytes:
    out = io.BytesIO()
    etree.ElementTree(element).write_c14n(out, exclusive=exclusive)
    return out.getvalue()


@pytest.mark.parametrize("name", ISO)
def test_the_model_survives_json_and_both_iso_schemas(shared: Path, name: str) -> None:
    """What the model holds of a real record is the same after each encoding that can say all of it."""
    for element in _records(shared, name):
        said = read(element)
        assert from_json(to_json(said)) == said
        for encode in (iso19139.encode, iso19115_3.encode):
            again = read(etree.fromstring(etree.tostring(encode(said))))
            for part in ("identifier", "type", "language", "modified", "parent", "abstract", "dates", "identifiers",
                         "topics", "boxes", "begin", "end", "denominators", "distances", "lineage", "formats",
                         "previews", "service_type", "conformity"):  # fmt: skip
                _same(part, said, again, encode.__module__)
            assert [one.href for one in again.links] == [one.href for one in said.links]
            assert [(who.email, who.role) for who in again.parties] == [(who.email, who.role) for who in said.parties]
            assert again.subjects == said.subjects


def _same(part: str, said: Metadata, again: Metadata, where: str) -> None:
    one, other = getattr(said, part), getattr(again, part)
    if part == "conformity":
        one, other = [(c.date, c.passed) for c in one], [(c.date, c.passed) for c in other]
    elif part == "boxes":
        one, other = [[round(n, 6) for n in box] for box in one], [[round(n, 6) for n in box] for box in other]
    elif part in ("abstract", "lineage"):
        # The languages that the writer knows codes for; a text in one language twice is one text.
        one, other = set(one.values()), set(other.values())
        assert other <= one, (part, where)
        return
    elif part == "dates" and not one:
        return
    assert one == other, (part, where)


@pytest.mark.parametrize("name", ISO)
def test_written_iso_19139_is_valid(shared: Path, schemas: Schemas, name: str) -> None:
    for element in _records(shared, name):
        for elements in ("brief", "summary", "full"):
            made = iso19139.encode(read(element), elements)  # type: ignore[arg-type]
            schemas.check("gmd", etree.fromstring(etree.tostring(made)))


def test_records_of_layers_are_valid_in_every_set(visitor: FlaskClient, schemas: Schemas) -> None:
    for layer in ("communes", "stops"):
        schemas.check("gmd", etree.fromstring(visitor.get(f"/catalogue/{layer}?f=iso").data))
        schemas.check("csw", etree.fromstring(visitor.get(f"/catalogue/{layer}?f=dc").data))


def test_a_document_comes_out_as_it_came_in(visitor: FlaskClient, bring: Bring, shared: Path) -> None:
    """Nothing is lost: canonical XML is compared, comments and unknown elements with it."""
    for name, schema, parameter in (("PL_mazovia_pzpw_iso19139.xml", GMD, "iso"),
                                    ("pycsw_iso19115-3_metawal.wallonie.be-srv.xml", MDB, "iso3")):  # fmt: skip
        (element,) = _records(shared, name)
        (outcome,) = bring(shared / "metadata" / name)
        identifier = str(outcome["identifier"])
        query = {"service": "CSW", "request": "GetRecordById", "version": "2.0.2", "id": identifier,
                 "outputSchema": schema, "elementSetName": "full"}  # fmt: skip
        answer = etree.fromstring(visitor.get("/csw", query_string=query).data)
        assert _canonical(answer[0], exclusive=True) == _canonical(element, exclusive=True)
        page = etree.fromstring(visitor.get(f"/catalogue/{identifier}?f={parameter}").data)
        assert _canonical(page) == _canonical(element)


def test_a_document_is_found_by_all_that_it_says(visitor: FlaskClient, bring: Bring, shared: Path) -> None:
    bring(shared / "metadata" / "PL_mazovia_pzpw_iso19139.xml")
    search = {"service": "CSW", "request": "GetRecords", "version": "2.0.2", "typeNames": "gmd:MD_Metadata",
              "resultType": "results"}  # fmt: skip
    for constraint in (
        "AnyText LIKE '%Biuro Planowania Regionalnego%'", "apiso:TopicCategory = 'planningCadastre'",
        "apiso:Denominator = 250000", "apiso:CreationDate = DATE('2020-05-25')", "apiso:Subject = 'plannedlanduse'",
        "apiso:OrganisationName LIKE 'mazowieckie biuro%'", "apiso:ResponsiblePartyRole = 'originator'",
        f"Identifier = '{PZPW}'", "apiso:CRS LIKE '%4258'", "BBOX(ows:BoundingBox, 20, 51, 21, 52)",
        "apiso:AccessConstraints LIKE '%noLimitations' AND apiso:ConditionApplyingToAccessAndUse LIKE 'brak%'",
        "apiso:ResourceIdentifier LIKE '%14-PZPW/'", "inspire = 'lu'",
    ):  # fmt: skip
        answer = visitor.get("/csw", query_string={**search, "constraint": constraint})
        found = [one.text for one in etree.fromstring(answer.data).iter(f"{{{DC}}}identifier")]
        assert PZPW in found, (constraint, answer.text[:400])
    assert visitor.get("/catalogue?q=plan+zagospodarowania&inspire=lu").text.count("<h2>") == 1


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_page_of_a_document_tells_what_it_says(
    visitor: FlaskClient, bring: Bring, shared: Path, language: str
) -> None:
    bring(shared / "metadata" / "PL_mazovia_pzpw_iso19139.xml")
    page = visitor.get(f"/catalogue/{PZPW}?lang={language}").text
    for said in ("Zbiór danych dla planu", "biuro@mbpr.pl", "1 : 250", PZPW, "<svg", "wss/prtr/wfs"):
        assert said in page
    for kind in ("json", "iso", "iso3", "dc", "ttl", "jsonld", "rdf", "geojson"):
        assert visitor.get(f"/catalogue/{PZPW}?f={kind}").status_code == 200


def test_one_bad_record_stops_none_of_the_others(bring: Bring, shared: Path, tmp_path: Path) -> None:
    good = (shared / "metadata" / "pycsw_T_ortho_RAS_1998_284404.xml").read_bytes()
    nameless = good.replace(b"de53e931-778a-4792-94ad-9fe507aca483", b"")
    files = {
        "a-broken.xml": good[:500], "b-good.xml": good, "c-entity.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "d-nameless.xml": nameless, "e-other.xml": b"<kml/>",
        "f-empty.xml": b"", "g-latin.xml": b'<?xml version="1.0" encoding="UTF-8"?><a>\xff</a>',
    }  # fmt: skip
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    outcomes = {str(one["place"]): one for one in bring(tmp_path)}
    assert outcomes.pop("b-good.xml")["state"] == "added"
    assert {one["state"] for one in outcomes.values()} == {"refused"}
    assert len(outcomes) == 6
    told = {name: " ".join(one["messages"]) for name, one in outcomes.items()}  # type: ignore[arg-type]
    assert "not well-formed" in told["a-broken.xml"]
    assert "document type" in told["c-entity.xml"]
    assert "no identifier" in told["d-nameless.xml"]
    assert "no metadata record" in told["e-other.xml"]
    assert "byte" in told["g-latin.xml"]


def test_the_same_document_again_changes_nothing_and_another_text_does(
    bring: Bring, shared: Path, tmp_path: Path
) -> None:
    source = shared / "metadata" / "pycsw_T_ortho_RAS_1998_284404.xml"
    assert [one["state"] for one in bring(source)] == ["added"]
    assert [one["state"] for one in bring(source)] == ["unchanged"]
    (tmp_path / "new.xml").write_bytes(source.read_bytes().replace(b">Ortho<", b">Orto<"))
    assert [one["state"] for one in bring(tmp_path)] == ["changed"]


def test_only_the_organisation_itself_changes_a_document(bring: Bring, shared: Path, visitor: FlaskClient) -> None:
    source = shared / "metadata" / "pycsw_T_ortho_RAS_1998_284404.xml"
    assert [one["state"] for one in bring(source)] == ["added"]
    (refused,) = bring(source, organisation="radomski")
    assert refused["state"] == "refused"
    assert "another organisation" in str(refused["messages"])
    layers = visitor.get("/catalogue/communes?f=iso").data
    (outcome,) = bring(layers)
    assert "follows" in str(outcome["messages"])


@pytest.mark.parametrize("name", ISO)
@pytest.mark.parametrize("syntax", ["turtle", "json-ld", "xml"])
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_dcat_is_read_back_and_says_what_the_profile_demands(shared: Path, name: str, syntax: dcat.Syntax) -> None:
    """DCAT-AP 3.0: mandatory properties of data sets, services and distributions, each of the right kind."""
    page = "https://example.org/catalogue"
    placed = [(read(one), f"{page}/{number}") for number, one in enumerate(_records(shared, name))]
    graph = Graph().parse(dcat.serialise(placed, syntax), format=syntax)
    kinds = (DCAT.Dataset, DCAT.DataService, URIRef(f"{DCAT}DatasetSeries"))
    resources = {one for kind in kinds for one in graph.subjects(RDF.type, kind)}
    assert len(resources) == len(placed)
    for resource in resources:
        assert list(graph.objects(resource, DCTERMS.title))
        assert list(graph.objects(resource, DCTERMS.description))
        assert len(list(graph.objects(resource, DCTERMS.publisher))) <= 1
        for distribution in graph.objects(resource, DCAT.distribution):
            assert (distribution, RDF.type, DCAT.Distribution) in graph
            assert list(graph.objects(distribution, DCAT.accessURL))
        for place in graph.objects(resource, DCTERMS.spatial):
            assert (place, RDF.type, DCTERMS.Location) in graph
            (box,) = graph.objects(place, DCAT.bbox)
            assert str(box).startswith("POLYGON((")


def test_high_value_data_are_told_in_dcat(visitor: FlaskClient) -> None:
    graph = Graph().parse(data=visitor.get("/catalogue?f=ttl").data, format="turtle")
    told = {str(category) for category in graph.objects(None, URIRef("http://data.europa.eu/r5r/hvdCategory"))}
    assert told == {"http://data.europa.eu/bna/c_ac64a52d"}
    assert len(list(graph.subjects(RDF.type, DCAT.Dataset))) == 3
    (catalogue,) = graph.subjects(RDF.type, DCAT.Catalog)
    assert len(list(graph.objects(catalogue, DCAT.dataset))) == 3


def test_the_polish_record_meets_inspire_but_for_what_it_lacks(shared: Path) -> None:
    (element,) = _records(shared, "PL_mazovia_pzpw_iso19139.xml")
    assert check(read(element)) == []
    assert {message.rule for message in check(Metadata("x", title={"pl": "x"}))} == {
        "B1.2", "B1.4", "B1.5", "B1.7", "B2.1", "B3.1", "B4.1", "B5", "B6.1", "B7", "B8.1", "B8.2", "B9.1", "B10.1",
        "B10.2",
    }  # fmt: skip


def test_a_value_is_set_where_it_stands_and_all_else_stays(shared: Path) -> None:
    (element,) = _records(shared, "PL_mazovia_pzpw_iso19139.xml")
    before = _canonical(element)
    edit(element, [("apiso:Title", "Nowy tytuł"), ("/gmd:MD_Metadata/gmd:dateStamp", "2026-01-01"),
                   ("TopicCategory", "environment")])  # fmt: skip
    said = read(element)
    assert (said.title["pl"], said.modified, said.topics) == ("Nowy tytuł", "2026-01-01", ("environment",))
    edit(element, [("Title", "Zbiór danych dla planu zagospodarowania przestrzennego województwa mazowieckiego"),
                   ("dateStamp", "2020-07-24"), ("TopicCategory", "planningCadastre")])  # fmt: skip
    assert _canonical(element) == before
    for name in ("gmd:portrayalCatalogueInfo", "//*", "a[1]", "identificationInfo"):
        with pytest.raises(BramaError):
            edit(element, [(name, "x")])


@pytest.mark.parametrize("namespace", [CSW, CSW3])
def test_dublin_core_is_read_too(namespace: str) -> None:
    record = etree.fromstring(
        f'<c:Record xmlns:c="{namespace}" xmlns:dc="{DC}" xmlns:ows="http://www.opengis.net/ows">'
        "<dc:identifier>urn:x:1</dc:identifier><dc:title>Mapa</dc:title><dc:type>dataset</dc:type>"
        "<dc:subject>woda</dc:subject><dc:language>pol</dc:language><ows:BoundingBox crs='urn:ogc:def:crs:EPSG::4326'>"
        "<ows:LowerCorner>52 20</ows:LowerCorner><ows:UpperCorner>53 21</ows:UpperCorner></ows:BoundingBox></c:Record>"
    )
    said = document(record).metadata
    assert (said.identifier, said.title, said.subjects, said.bounds) == (
        "urn:x:1", {"pl": "Mapa"}, ("woda",), (20.0, 52.0, 21.0, 53.0),
    )  # fmt: skip
