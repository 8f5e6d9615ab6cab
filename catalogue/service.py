# SPDX-License-Identifier: EUPL-1.2
"""The catalogue's face: records that follow their layers or were brought, finding them, and what they say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from lxml import etree
from sqlalchemy import ColumnElement, Connection, Select, func, literal, text

import layers.service as layers
from catalogue import layer_records, store
from catalogue import words as vocabulary_words
from catalogue.layer_metadata import of_layer
from catalogue.metadata import Metadata, Online
from catalogue.model import Found, LanguageMap, Publisher, Record
from catalogue.store import RECORD, Search
from catalogue.vocabulary import licence, vocabulary
from layers.model import Layer
from sdi import xmlsafe
from sdi.crs import CRS84, Box
from sdi.errors import NotFound
from sdi.web.context import base_url, organisation, principal, services

__all__ = [
    "address", "documents", "encodings", "here", "here_only", "learn", "licence", "map_link", "metadata", "nearness",
    "organisations", "page", "publisher", "rank", "record", "records", "refresh", "search", "sync_themes", "within",
    "words", "write_record",
]  # fmt: skip

_LAYER = re.compile(r"[a-z][a-z0-9_]{0,47}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DOCUMENT_BYTES = 4 * 1024 * 1024


def write_record(connection: Connection, layer: Layer) -> None:
    """Write a layer's record in the loader's own transaction, as the owner.

    The record follows every later change of the layer by itself; this also brings the themes' names and the list of
    words up to date.
    """
    sync_themes(connection)
    layer_records.write(connection, layer.id)
    vocabulary_words.learn(connection)


def refresh(connection: Connection) -> int:
    """Write every record anew from the registry, as the owner; returns how many."""
    sync_themes(connection)
    written = layer_records.write_all(connection)
    vocabulary_words.learn(connection)
    return written


def learn(connection: Connection) -> int:
    """Learn the words of records changed since the last time, as the owner; returns how many were new."""
    return vocabulary_words.learn(connection)


def sync_themes(connection: Connection) -> None:
    """Store the theme tree with the INSPIRE themes and topic categories of its themes, as the owner."""
    known = vocabulary()
    rows = []
    for theme in layers.themes():
        said = known["themes"].get(theme.id, {})
        inspire = said.get("inspire")
        terms = {**known["inspire"][inspire], "code": inspire} if inspire else None
        rows.append({"id": theme.id, "title": dict(theme.title), "inspire": terms, "topic": said.get("topic")})
    layer_records.write_themes(connection, rows)


def search(wanted: Search) -> Found:
    """A page of the records that this request's caller may see, of the organisation in the URL."""
    caller = principal()
    with services().database.read(caller) as connection:
        return store.search(connection, here(wanted), public=caller is None)


def page(wanted: Search) -> tuple[Record, ...]:
    """As `search`, without the number of all."""
    caller = principal()
    with services().database.read(caller) as connection:
        return store.page(connection, here(wanted), public=caller is None)


def here(wanted: Search) -> Search:
    """The same search, of the organisation in the URL where there is one."""
    slug = organisation()
    if slug is None:
        return wanted
    mine = RECORD.c.organisation == slug
    return replace(wanted, where=(*wanted.where, mine))


def here_only(statement: Select[Any]) -> Select[Any]:
    """A statement over records, of those of the organisation in the URL where there is one."""
    slug = organisation()
    return statement if slug is None else statement.where(RECORD.c.organisation == slug)


def records(identifiers: Sequence[str]) -> list[Record]:
    """Records of these identifiers that this request's caller may see."""
    caller = principal()
    with services().database.read(caller) as connection:
        found = store.by_identifiers(connection, identifiers, public=caller is None)
    slug = organisation()
    return [record for record in found if slug in (None, record.organisation)]


def record(name: str) -> Record:
    """The record of that id or identifier, or of that layer; NotFound when there is none that the caller may see."""
    caller = principal()
    public = caller is None
    with services().database.read(caller) as connection:
        found = store.by_layer(connection, name, public=public) if _LAYER.fullmatch(name) else None
        if found is None and _UUID.fullmatch(name):
            found = store.by_id(connection, UUID(name), public=public)
        if found is None and "\x00" not in name and len(name) <= 300:
            found = next(iter(store.by_identifiers(connection, [name], public=public)), None)
    if found and organisation() in (None, found.organisation):
        return found
    raise NotFound(f"There is no record {name[:80]!r}.", locator="id")


def metadata(record: Record, publisher: Publisher) -> Metadata:
    """What a record says, in the one model."""
    if record.brought is not None:
        return record.brought
    if record.facts is None:
        raise ValueError(f"record {record.identifier} was read without its contents")
    return of_layer(record, record.facts, publisher)


def documents(records: Sequence[Record], schema: str) -> Mapping[UUID, etree._Element]:
    """The documents of those of these records that were brought in the schema of that namespace, as they came."""
    wanted = [record.id for record in records if record.schema == schema]
    if not wanted:
        return {}
    caller = principal()
    with services().database.read(caller) as connection:
        found = store.documents(connection, wanted, public=caller is None)
    return {key: xmlsafe.parse(text.encode(), limit=DOCUMENT_BYTES) for key, text in found.items()}


def organisations(connection: Connection, *, public: bool) -> dict[str, LanguageMap]:
    """Titles of organisations by their slugs."""
    view = "pub" if public else "app"
    return {row.slug: row.title for row in connection.execute(text(f"SELECT slug, title FROM {view}.organisation"))}


def map_link(record: Record, base: str) -> str | None:
    """The map with the record's data: the layer, or the first of its views that the portal can add."""
    if record.layer_id:
        return f"{base}/map?l={quote(record.layer_id)}"
    return None


def words(typed: str) -> ColumnElement[bool]:
    """Records that have every word of `typed`: its beginnings and forms; diacritics and case do not count."""
    return RECORD.c.fulltext.op("@@")(vocabulary_words.query(typed))


def rank(typed: str) -> ColumnElement[Any]:
    """How well a record fits `typed`: words of the title count most."""
    return cast("ColumnElement[Any]", func.ts_rank(RECORD.c.fulltext, vocabulary_words.query(typed)))


def within(box: Box) -> ColumnElement[bool]:
    """Records whose extent touches the box."""
    return RECORD.c.bbox.op("&&")(_envelope(box))


def nearness(box: Box) -> ColumnElement[Any]:
    """How well a record's extent fits the box, from 0 to 1: what they share of what they cover together."""
    own, asked = RECORD.c.bbox, _envelope(box)
    shared = func.ST_Area(func.ST_Intersection(own, asked))
    whole = func.ST_Area(own) + func.ST_Area(asked) - shared
    return cast("ColumnElement[Any]", func.coalesce(shared / func.nullif(whole, literal(0.0)), literal(0.0)))


def _envelope(box: Box) -> ColumnElement[Any]:
    return cast("ColumnElement[Any]", func.ST_MakeEnvelope(*box.to(CRS84).bounds, CRS84.srid))


def publisher() -> Publisher:
    """Who publishes, and where links of this request's answer lead."""
    settings = services().settings
    title = cast("dict[str, str]", settings.site.title)
    return Publisher(base_url(), title, settings.site.contact, f"{settings.public_url}/")


def address(record: Record, publisher: Publisher) -> str:
    """The address of a record's page, which is its name in RDF too."""
    return f"{publisher.base}/catalogue/{record.id}"


def encodings(record: Record, base: str) -> tuple[Online, ...]:
    """Where the record itself can be had in other encodings."""
    own = f"{base}/catalogue/{quote(str(record.id))}?f="
    kinds = (
        ("iso", "ISO 19139 (XML)", "application/xml"),
        ("iso3", "ISO 19115-3 (XML)", "application/xml"),
        ("dc", "Dublin Core (XML)", "application/xml"),
        ("ttl", "DCAT-AP (Turtle)", "text/turtle"),
        ("jsonld", "DCAT-AP (JSON-LD)", "application/ld+json"),
        ("rdf", "DCAT-AP (RDF/XML)", "application/rdf+xml"),
        ("geojson", "OGC API Records (GeoJSON)", "application/geo+json"),
    )
    return tuple(
        Online(f"{own}{kind}", {"pl": title, "en": title}, str(record.id), "WWW:LINK-1.0-http--link", "information",
               media_type)
        for kind, title, media_type in kinds
    )  # fmt: skip
