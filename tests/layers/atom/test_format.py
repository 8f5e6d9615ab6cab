# SPDX-License-Identifier: EUPL-1.2
"""Feeds keep the rules of the Atom format (RFC 4287), checked by hand: no distribution carries its schema."""

import re
from collections import Counter

import pytest
from flask.testing import FlaskClient
from lxml import etree

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from sdi.settings import Settings
from sdi.web.app import create_app
from tests.conftest import LayerMaker
from tests.layers.atom.test_atom import NS

ATOM = f"{{{NS['a']}}}"
ONCE = {"id", "title", "updated"}
AT_MOST_ONCE = {
    "feed": {"generator", "icon", "logo", "id", "rights", "subtitle", "title", "updated"},
    "entry": {"content", "id", "published", "rights", "source", "summary", "title", "updated"},
}
MANY = {"feed": {"author", "category", "contributor", "link", "entry"},
        "entry": {"author", "category", "contributor", "link"}}  # fmt: skip
TEXTS = {"title", "subtitle", "rights", "summary"}
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
MEDIA_TYPE = re.compile(r".+/.+")
ADDRESSES = ["/atom", "/atom?lang=en", "/atom/datasets/wells", "/atom/datasets/many", "/atom/search?q=none"]


@pytest.fixture
def contacted(settings: Settings, database: Database, add_layer: LayerMaker) -> FlaskClient:
    add_layer("wells", GeometryType.POINT, {"a": ColumnType.TEXT}, [["POINT(637010 486694)", "x"]])
    add_layer("many", GeometryType.GEOMETRY, {}, [["POINT(1 1)"]], abstract={"pl": "<&>"}, srid=4326)
    site = settings.site.model_copy(update={"contact": "sdi@example.org"})
    return create_app(settings.model_copy(update={"site": site}), database, listen=False).test_client()


@pytest.mark.parametrize("address", ADDRESSES)
def test_feeds_and_entries_have_their_parts_as_often_as_the_format_wants(contacted: FlaskClient, address: str) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: what is there once, at most once, or as often as it likes, and nothing else."""
    feed = etree.fromstring(contacted.get(address).data)
    assert feed.tag == f"{ATOM}feed"
    for part in (feed, *feed.iterfind(f"{ATOM}entry")):
        kind = etree.QName(part).localname
        counted = Counter(etree.QName(child).localname for child in part if child.tag.startswith(ATOM))
        assert all(counted[name] == 1 for name in ONCE)
        assert all(counted[name] <= 1 for name in AT_MOST_ONCE[kind])
        assert set(counted) <= AT_MOST_ONCE[kind] | MANY[kind]
    authors = feed.findall(f"{ATOM}author")
    assert authors, "an entry without an author has its feed's (4.1.2)"
    assert [etree.QName(part).localname for part in authors[0]] == ["name", "email"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_links_identifiers_dates_and_texts_are_as_the_format_wants(contacted: FlaskClient, address: str) -> None:
    """RFC 4287, 3.1, 3.3, 4.1.1, 4.2.6 and 4.2.7."""
    feed = etree.fromstring(contacted.get(address).data)
    identifiers = [found.text or "" for found in feed.iter(f"{ATOM}id")]
    assert all(re.fullmatch(r"https?://\S+", found) for found in identifiers)
    entries = [found.text for found in feed.iterfind(f"{ATOM}entry/{ATOM}id")]
    assert len(entries) == len(set(entries)), "of one identifier one entry"
    assert all(MOMENT.fullmatch(found.text or "") for found in feed.iter(f"{ATOM}updated"))
    for part in (feed, *feed.iterfind(f"{ATOM}entry")):
        links = part.findall(f"{ATOM}link")
        assert all(re.fullmatch(r"https?://\S+", link.get("href", "")) for link in links)
        assert all(MEDIA_TYPE.fullmatch(link.get("type", "x/x")) for link in links)
        shown = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"]
        assert len(shown) == len(set(shown)), "of one type and language one alternate (4.1.1)"
    assert len(feed.findall(f"{ATOM}link[@rel='self']")) == 1
    assert all(found.get("term") for found in feed.iter(f"{ATOM}category"))
    for name in TEXTS:
        assert all(found.get("type", "text") == "text" and not len(found) for found in feed.iter(f"{ATOM}{name}"))


def test_places_are_simple_georss(contacted: FlaskClient) -> None:
    """GeoRSS Simple: latitude and longitude in turn, at least four pairs, the last as the first."""
    feed = etree.fromstring(contacted.get("/atom").data)
    rings = [[float(word) for word in (found.text or "").split()] for found in feed.iter(f"{{{NS['g']}}}polygon")]
    assert len(rings) == 2
    for ring in rings:
        assert len(ring) >= 8
        assert len(ring) % 2 == 0
        assert ring[:2] == ring[-2:]
        assert all(-90 <= latitude <= 90 for latitude in ring[::2])
