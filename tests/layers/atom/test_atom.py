# SPDX-License-Identifier: EUPL-1.2
"""INSPIRE Atom, named after the requirements of the Technical Guidance for Download Services 3.1."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from catalogue.service import write_record
from layers.model import ColumnType, GeometryType, Layer
from sdi.crs import parse
from sdi.db.database import Database
from tests.conftest import LayerMaker

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "g": "http://www.georss.org/georss",
    "d": "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0",
    "o": "http://a9.com/-/spec/opensearch/1.1/",
    "gmd": "http://www.isotc211.org/2005/gmd",
    "srv": "http://www.isotc211.org/2005/srv",
}
HERE = "http://127.0.0.1:8080"


@pytest.fixture
def wells(add_layer: LayerMaker) -> Layer:
    rows = [["POINT(636955.25 486981.25)", "studnia"], ["POINT(637955.25 487981.25)", "zdrój"]]
    return add_layer("wells", GeometryType.POINT, {"name": ColumnType.TEXT}, rows,
                     title={"pl": "Studnie & źródła", "en": "Wells"}, keywords=("woda",),
                     licence="https://creativecommons.org/licenses/by/4.0/")  # fmt: skip


@pytest.fixture
def things(add_layer: LayerMaker) -> Layer:
    return add_layer("things", GeometryType.GEOMETRY, {}, [["POINT(636955 486981)"], ["LINESTRING(1 1,2 2)"]],
                     organisation="gabin")  # fmt: skip


def _get(client: FlaskClient, address: str, **headers: str) -> Any:
    """By its full address, as links give it."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", headers=headers)


def _feed(client: FlaskClient, address: str) -> etree._Element:
    answer = _get(client, address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return etree.fromstring(answer.data)


def _links(element: etree._Element, rel: str) -> list[dict[str, str]]:
    return [dict(found.attrib) for found in element.xpath(f"a:link[@rel='{rel}']", namespaces=NS)]


def _text(element: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in element.xpath(path, namespaces=NS)]


def test_service_feed(client: FlaskClient, wells: Layer, things: Layer) -> None:
    """Requirements 5 to 12: title, describedby, self, search, id, rights, updated, author, an entry a data set."""
    feed = _feed(client, "/atom")
    own = _text(feed, "a:id")[0]
    assert own == f"{HERE}/atom?lang=pl"
    assert [link["href"] for link in _links(feed, "self")] == [own]
    assert _get(client, own).data == _get(client, "/atom").data
    for rel, kind in (("describedby", "application/xml"), ("search", "application/opensearchdescription+xml")):
        (link,) = _links(feed, rel)
        assert (link["type"], link["hreflang"]) == (kind, "pl")
        assert _get(client, link["href"]).mimetype == kind
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "pl"
    assert all(_text(feed, f"a:{name}")[0] for name in ("title", "subtitle", "rights", "updated", "author/a:name"))
    assert _text(feed, "a:entry/d:spatial_dataset_identifier_code") == ["things", "wells"]


def test_entries_of_the_service_feed(client: FlaskClient, wells: Layer) -> None:
    """Requirements 13 to 23: identifier, metadata, data set feed, place, reference systems."""
    entry = _feed(client, "/atom").find("a:entry", NS)
    assert entry is not None
    assert _text(entry, "d:spatial_dataset_identifier_namespace") == [f"{HERE}/"]
    assert _text(entry, "a:title") == ["Studnie & źródła"]
    assert _text(entry, "a:rights") == ["https://creativecommons.org/licenses/by/4.0/"]
    (metadata,) = _links(entry, "describedby")
    assert (metadata["href"], metadata["type"]) == (f"{HERE}/catalogue/wells?f=iso", "application/xml")
    feeds = _links(entry, "alternate")
    assert {(link["type"], link["hreflang"]) for link in feeds} == {("application/atom+xml", c) for c in ("pl", "en")}
    ring = [float(number) for number in _text(entry, "g:polygon")[0].split()]
    assert (len(ring), ring[:2]) == (10, ring[8:])
    assert ring[:2] == pytest.approx([52.23182, 21.00604], abs=2e-5), "latitude first, the Palace in its corner"
    assert ring[4] > ring[0]
    assert ring[5] > ring[1]
    terms = [found.get("term") for found in entry.findall("a:category", NS)]
    assert terms[0] == "http://www.opengis.net/def/crs/EPSG/0/2180"
    assert "http://www.opengis.net/def/crs/EPSG/0/4258" in terms
    assert all(found.get("label") for found in entry.findall("a:category", NS))


def test_every_link_leads_somewhere(client: FlaskClient, wells: Layer, things: Layer, database: Database) -> None:
    """Every address in the feeds answers with the type it names."""
    with database.owner.begin() as connection:
        for layer in (wells, things):
            write_record(connection, layer)
    service = _feed(client, "/atom")
    seen = set()
    for feed in (service, _feed(client, "/atom/datasets/wells"), _feed(client, "/atom/datasets/things")):
        for link in feed.iter(f"{{{NS['a']}}}link"):
            address = str(link.get("href"))
            assert address.startswith(HERE)
            if address in seen or "/wfs" in address:
                continue
            seen.add(address)
            answer = _get(client, address)
            assert (answer.status_code, answer.mimetype) == (200, link.get("type")), address
            assert len(answer.data) > 60
    assert len(seen) > 20


def test_dataset_feed(client: FlaskClient, wells: Layer, things: Layer) -> None:
    """Requirements 24 to 33: an entry a file, with its type, language, reference system and identifier."""
    feed = _feed(client, "/atom/datasets/wells")
    assert _text(feed, "a:id") == [f"{HERE}/atom/datasets/wells?lang=pl"]
    assert _text(feed, "a:updated")[0].endswith("Z")
    (up,) = _links(feed, "up")
    assert up["href"] == f"{HERE}/atom?lang=pl"
    found = set()
    for entry in feed.findall("a:entry", NS):
        (link,) = _links(entry, "alternate")
        (category,) = entry.findall("a:category", NS)
        found.add((link["type"], category.get("term")))
        assert link["hreflang"] == "pl"
        south, west, north, east = (float(number) for number in link["bbox"].split())
        assert (south, west) == pytest.approx((52.23182, 21.00604), abs=2e-5)
        assert north > south
        assert east > west
        assert _text(entry, "a:id") == [link["href"]]
    for crs in ("EPSG/0/2180", "EPSG/0/4258"):
        assert ("application/geopackage+sqlite3", f"http://www.opengis.net/def/crs/{crs}") in found
        assert ("application/zip", f"http://www.opengis.net/def/crs/{crs}") in found
    assert ("application/geo+json", "http://www.opengis.net/def/crs/OGC/1.3/CRS84") in found
    mixed = _feed(client, "/atom/datasets/things")
    assert "application/zip" not in [link.get("type") for link in mixed.iter(f"{{{NS['a']}}}link")]


def test_feeds_speak_both_languages(client: FlaskClient, wells: Layer) -> None:
    feed = _feed(client, "/atom?lang=en")
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert _text(feed, "a:entry/a:title") == ["Wells"]
    assert _text(feed, "a:id") == [f"{HERE}/atom?lang=en"]
    other = [link for link in _links(feed, "alternate") if link["type"] == "application/atom+xml"]
    assert [(link["href"], link["hreflang"]) for link in other] == [(f"{HERE}/atom?lang=pl", "pl")]
    assert client.get("/atom", headers={"Accept-Language": "en"}).headers["Content-Language"] == "en"


def _description(client: FlaskClient) -> etree._Element:
    return etree.fromstring(client.get("/atom/opensearch").data)


def test_opensearch_description(client: FlaskClient, wells: Layer) -> None:
    """Requirements 40 to 52: self, results, describedby, examples, languages."""
    root = _description(client)
    assert root.tag == f"{{{NS['o']}}}OpenSearchDescription"
    assert 1 <= len(_text(root, "o:ShortName")[0]) <= 16
    assert len(_text(root, "o:LongName")[0]) <= 48
    urls = [(url.get("rel"), url.get("type")) for url in root.findall("o:Url", NS)]
    assert urls[0] == ("self", "application/opensearchdescription+xml")
    assert ("results", "text/html") in urls
    assert ("describedby", "application/atom+xml") in urls
    assert ("results", "application/geopackage+sqlite3") in urls
    assert _text(root, "o:Language") == ["pl", "en"]
    (example,) = root.findall("o:Query", NS)
    assert example.get("role") == "example"
    assert example.get(f"{{{NS['d']}}}spatial_dataset_identifier_code") == "wells"


def _filled(root: etree._Element, rel: str, media_type: str, **others: str) -> str:
    """A template with the values of the example, as a client fills it."""
    (url,) = [u for u in root.findall("o:Url", NS) if (u.get("rel"), u.get("type")) == (rel, media_type)]
    (example,) = root.findall("o:Query", NS)
    address = str(url.get("template"))
    for name in ("code", "namespace"):
        mark = f"spatial_dataset_identifier_{name}"
        address = address.replace(f"{{inspire_dls:{mark}?}}", str(example.get(f"{{{NS['d']}}}{mark}")))
    values = {
        "inspire_dls:crs?": str(example.get(f"{{{NS['d']}}}crs")),
        "language?": "pl",
        "searchTerms": "x",
        **others,
    }
    for name, value in values.items():
        address = address.replace(f"{{{name}}}", value)
    assert "{" not in address
    return address


def test_describe_spatial_data_set(client: FlaskClient, wells: Layer) -> None:
    address = _filled(_description(client), "describedby", "application/atom+xml")
    assert _get(client, address).data == client.get("/atom/datasets/wells").data
    english = _filled(_description(client), "describedby", "application/atom+xml", **{"language?": "en"})
    assert _get(client, english).data == client.get("/atom/datasets/wells?lang=en").data


def test_get_spatial_data_set(client: FlaskClient, wells: Layer) -> None:
    address = _filled(_description(client), "results", "application/geo+json")
    features = _get(client, address).json["features"]
    assert features[0]["geometry"]["coordinates"] == pytest.approx([486981.25, 636955.25]), "2180 has northing first"
    answer = _get(client, _filled(_description(client), "results", "application/geopackage+sqlite3"))
    assert answer.data.startswith(b"SQLite format 3")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="wells_2180.gpkg"'


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("describe", 400),
        ("describe?spatial_dataset_identifier_code=none", 404),
        ("describe?spatial_dataset_identifier_code=wells&spatial_dataset_identifier_namespace=http://other/", 404),
        ("describe?spatial_dataset_identifier_code=wells&bogus=1", 400),
        ("get?spatial_dataset_identifier_code=wells&crs=EPSG:1", 400),
        ("get?spatial_dataset_identifier_code=wells&format=xls", 400),
        ("datasets/none", 404),
    ],
)
def test_what_is_not_offered_is_refused(client: FlaskClient, wells: Layer, query: str, status: int) -> None:
    assert client.get(f"/atom/{query}").status_code == status


def test_search_finds_by_words(client: FlaskClient, wells: Layer, things: Layer) -> None:
    def found(words: str) -> list[str]:
        return _text(_feed(client, f"/atom/search?q={words}"), "a:entry/d:spatial_dataset_identifier_code")

    assert found("woda") == ["wells"]
    assert found("źródła studnie") == ["wells"]
    assert found("nothing") == []
    assert found("") == ["things", "wells"]


def test_an_organisation_has_a_feed_of_its_own(client: FlaskClient, wells: Layer, things: Layer) -> None:
    feed = _feed(client, "/o/gabin/atom")
    assert _text(feed, "a:entry/d:spatial_dataset_identifier_code") == ["things"]
    assert _text(feed, "a:id") == [f"{HERE}/o/gabin/atom?lang=pl"]
    assert _text(feed, "a:entry/d:spatial_dataset_identifier_namespace") == [f"{HERE}/"]
    assert client.get("/o/gabin/atom/datasets/wells").status_code == 404


def test_hidden_layers_and_validators(client: FlaskClient, wells: Layer, add_layer: LayerMaker, app: Flask) -> None:
    first = client.get("/atom")
    again = client.get("/atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    add_layer("secret", GeometryType.POINT, {}, [["POINT(1 1)"]], visibility="organisation")
    add_layer("more", GeometryType.POINT, {}, [["POINT(1 1)"]])
    app.extensions["layers"].invalidate()
    assert _text(_feed(client, "/atom"), "a:entry/d:spatial_dataset_identifier_code") == ["more", "wells"]
    assert client.get("/atom/datasets/secret").status_code == 404
    assert client.get("/atom", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_service_metadata_name_the_data_sets(client: FlaskClient, wells: Layer) -> None:
    root = etree.fromstring(client.get("/atom/metadata").data)
    assert root.tag == f"{{{NS['gmd']}}}MD_Metadata"
    assert _text(root, ".//srv:serviceType/*") == ["download"]
    (link,) = root.findall(".//srv:operatesOn", NS)
    assert link.get("{http://www.w3.org/1999/xlink}href") == f"{HERE}/catalogue/wells?f=iso"
    assert _text(root, ".//srv:connectPoint//gmd:URL") == [f"{HERE}/atom"]


def test_metadata_identify_the_data_set_as_the_feed_does(client: FlaskClient, wells: Layer, database: Database) -> None:
    """Requirement 15: code and namespace are those of the metadata of the data set."""
    with database.owner.begin() as connection:
        write_record(connection, wells)
    for prefix in ("", "/o/mazowieckie"):
        root = etree.fromstring(client.get(f"{prefix}/catalogue/wells?f=iso").data)
        (identifier,) = root.findall(".//gmd:identificationInfo//gmd:citation//gmd:RS_Identifier", NS)
        assert _text(identifier, "gmd:code/*") == ["wells"]
        assert _text(identifier, "gmd:codeSpace/*") == [f"{HERE}/"]


def test_pages_for_people(client: FlaskClient, wells: Layer) -> None:
    page = client.get("/atom?f=html").text
    assert "Studnie &amp; źródła" in page
    assert "1 zbiór danych" in page
    page = client.get("/atom/datasets/wells?f=html&lang=en").text
    assert "GeoPackage" in page
    assert "/ogc/collections/wells/items?f=gpkg&amp;crs=http://www.opengis.net/def/crs/EPSG/0/2180" in page


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    path=st.sampled_from(["", "/search", "/describe", "/get", "/opensearch", "/datasets/wells", "/metadata"]),
    asked=st.dictionaries(
        st.sampled_from(["q", "language", "lang", "crs", "format", "f", "spatial_dataset_identifier_code",
                         "spatial_dataset_identifier_namespace", "x"]),
        st.text(max_size=30) | st.sampled_from(["wells", "html", "atom", "pol", "EPSG:2180", "csv", "*"]),
    ),
)  # fmt: skip
def test_no_query_breaks_it(client: FlaskClient, wells: Layer, path: str, asked: dict[str, str]) -> None:
    assert client.get(f"/atom{path}", query_string=asked).status_code < 500


def test_control_characters_in_texts_leave_xml_whole(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("odd", GeometryType.POINT, {}, [["POINT(1 1)"]], title={"pl": "a\x01b\x0b<&>\"'"})
    assert _text(_feed(client, "/atom"), "a:entry/a:title") == ["ab<&>\"'"]


def test_crs_names_are_the_served_ones(client: FlaskClient, wells: Layer) -> None:
    for found in _feed(client, "/atom").iter(f"{{{NS['a']}}}category"):
        assert parse(str(found.get("term"))).uri == found.get("term")
