# SPDX-License-Identifier: EUPL-1.2
"""The catalogue's face: records that follow their layers, finding them, and where their data can be had."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import yaml
from sqlalchemy import ColumnElement, Connection, func

import layers.service as layers
from catalogue import store
from catalogue.model import Found, Link, Publisher, Record
from catalogue.store import RECORD, Search
from layers.model import Layer
from sdi.crs import CRS84, Box
from sdi.errors import NotFound
from sdi.web.context import base_url, organisation, principal, services

_LAYER = re.compile(r"[a-z][a-z0-9_]{0,47}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def write_record(connection: Connection, layer: Layer) -> None:
    """Write a layer's record in the loader's own transaction, as the owner.

    The record follows every later change of the layer by itself; this also brings the themes' names up to date.
    """
    sync_themes(connection)
    store.write(connection, layer.id)


def refresh(connection: Connection) -> int:
    """Write every record anew from the registry, as the owner; returns how many."""
    sync_themes(connection)
    return store.write_all(connection)


def sync_themes(connection: Connection) -> None:
    """Store the theme tree with the INSPIRE themes and topic categories of its themes, as the owner."""
    known = _vocabulary()
    rows = []
    for theme in layers.themes():
        words = known["themes"].get(theme.id, {})
        inspire = words.get("inspire")
        terms = {**known["inspire"][inspire], "code": inspire} if inspire else None
        rows.append({"id": theme.id, "title": dict(theme.title), "inspire": terms, "topic": words.get("topic")})
    store.write_themes(connection, rows)


def search(wanted: Search) -> Found:
    """A page of the records that this request's caller may see, of the organisation in the URL."""
    slug = organisation()
    if slug is not None:
        mine = RECORD.c.organisation == slug
        wanted = Search((*wanted.where, mine), wanted.order, wanted.start, wanted.limit)
    caller = principal()
    with services().database.read(caller) as connection:
        return store.search(connection, wanted, public=caller is None)


def records(ids: Sequence[UUID]) -> list[Record]:
    """Records of these ids that this request's caller may see."""
    caller = principal()
    with services().database.read(caller) as connection:
        found = store.by_ids(connection, ids, public=caller is None)
    slug = organisation()
    return [record for record in found if slug in (None, record.organisation)]


def record(name: str) -> Record:
    """The record of that id, or of that layer; NotFound when there is none or the caller may not see it."""
    if _LAYER.fullmatch(name):
        caller = principal()
        with services().database.read(caller) as connection:
            found = store.by_layer(connection, name, public=caller is None)
        if found and organisation() in (None, found.organisation):
            return found
    elif _UUID.fullmatch(name) and (several := records([UUID(name)])):
        return several[0]
    raise NotFound(f"There is no record {name[:80]!r}.", locator="id")


def words(typed: str) -> ColumnElement[bool]:
    """Records that have every word of `typed`, or words that begin so; diacritics and case do not count."""
    return RECORD.c.fulltext.op("@@")(func.catalogue.words(typed))


def rank(typed: str) -> ColumnElement[Any]:
    """How well a record fits `typed`: words of the title count most."""
    return cast("ColumnElement[Any]", func.ts_rank(RECORD.c.fulltext, func.catalogue.words(typed)))


def within(box: Box) -> ColumnElement[bool]:
    """Records whose extent touches the box."""
    bounds = box.to(CRS84).bounds
    return RECORD.c.bbox.op("&&")(func.ST_MakeEnvelope(*bounds, CRS84.srid))


def publisher() -> Publisher:
    """Who publishes, and where links of this request's answer lead."""
    settings = services().settings
    title = cast("dict[str, str]", settings.site.title)
    return Publisher(base_url(), title, settings.site.contact, f"{settings.public_url}/")


def links(record: Record, base: str) -> tuple[Link, ...]:
    """Where a record's data can be had, under the address `base`."""
    layer = quote(record.layer_id)
    collection = f"{base}/ogc/collections/{layer}"
    wms = Link(
        f"{base}/wms?service=WMS&version=1.3.0&request=GetCapabilities",
        {"pl": "Usługa przeglądania (WMS)", "en": "View service (WMS)"},
        "text/xml", "OGC:WMS", record.layer_id,
    )  # fmt: skip
    if record.facts.kind == "raster":
        return (wms,)
    return (
        Link(collection, {"pl": "Usługa pobierania (OGC API)", "en": "Download service (OGC API)"},
             "application/json", "OGC API - Features", record.layer_id),
        Link(f"{collection}/items?f=json", {"pl": "Obiekty (GeoJSON)", "en": "Features (GeoJSON)"},
             "application/geo+json", "WWW:LINK-1.0-http--link", record.layer_id),
        wms,
        Link(f"{collection}/tiles", {"pl": "Kafle wektorowe", "en": "Vector tiles"},
             "application/json", "OGC API - Tiles", record.layer_id),
    )  # fmt: skip


def encodings(record: Record, base: str) -> tuple[Link, ...]:
    """Where the record itself can be had in other encodings."""
    one = f"{base}/csw?service=CSW&version=2.0.2&request=GetRecordById&id={record.id}&elementSetName=full"
    gmd = quote("http://www.isotc211.org/2005/gmd", safe="")
    return (
        Link(f"{one}&outputSchema={gmd}", {"pl": "ISO 19139 (XML)", "en": "ISO 19139 (XML)"},
             "application/xml", "OGC:CSW", str(record.id), "information"),
        Link(one, {"pl": "Dublin Core (XML)", "en": "Dublin Core (XML)"},
             "application/xml", "OGC:CSW", str(record.id), "information"),
    )  # fmt: skip


@cache
def _vocabulary() -> dict[str, Any]:
    """INSPIRE themes and topic categories by theme, and licences by their short names."""
    path = Path(__file__).with_name("vocabulary.yml")
    return cast("dict[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")))


def licence(name: str | None) -> tuple[str, str | None]:
    """Title and address of a licence of the registry; the address alone when it is one."""
    if not name:
        return "", None
    known = _vocabulary()["licences"].get(name)
    if known:
        return known["title"], known["url"]
    return name, name if name.startswith(("https://", "http://")) else None
