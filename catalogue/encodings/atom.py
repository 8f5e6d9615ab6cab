# SPDX-License-Identifier: EUPL-1.2
"""Search results as an Atom feed with OpenSearch's counts and GeoRSS boxes (OGC 10-032r8; 12-176r7, 7.3.5.2)."""

from urllib.parse import urlencode

from flask import request
from lxml import etree

from catalogue import service
from catalogue.encodings.names import DC, clean, document
from catalogue.model import Found, Publisher, Record, polish

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_GEORSS = "http://www.georss.org/georss"
_PREFIXES = {None: _ATOM, "os": _OPENSEARCH, "georss": _GEORSS, "dc": DC}


def feed(found: Found, start: int, limit: int, publisher: Publisher) -> bytes:
    """The feed of a page that begins at `start` (from 1)."""
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap=_PREFIXES)  # type: ignore[arg-type]
    own = f"{publisher.base}{request.path}?{urlencode(request.args.to_dict())}"
    _say(root, _ATOM, "id", own)
    _say(root, _ATOM, "title", polish(publisher.title))
    newest = max((record.changed for record in found.records), default=None)
    _say(root, _ATOM, "updated", newest.isoformat() if newest else "1970-01-01T00:00:00Z")
    _say(_say(root, _ATOM, "author"), _ATOM, "name", polish(publisher.title))
    _link(root, "self", own, MEDIA_TYPE)
    _link(root, "search", f"{publisher.base}/catalogue/opensearch.xml", "application/opensearchdescription+xml")
    following = start + len(found.records)
    if found.records and following <= found.total:
        changed = {**request.args.to_dict(), "startPosition": str(following)}
        _link(root, "next", f"{publisher.base}{request.path}?{urlencode(changed)}", MEDIA_TYPE)
    _say(root, _OPENSEARCH, "totalResults", str(found.total))
    _say(root, _OPENSEARCH, "startIndex", str(start))
    _say(root, _OPENSEARCH, "itemsPerPage", str(limit))
    for record in found.records:
        _entry(root, record, publisher)
    return document(root)


def _entry(root: etree._Element, record: Record, publisher: Publisher) -> None:
    entry = _say(root, _ATOM, "entry")
    page = service.address(record, publisher)
    _say(entry, _ATOM, "id", page)
    _say(entry, _ATOM, "title", polish(record.title) or record.identifier)
    _say(entry, _ATOM, "updated", record.modified.isoformat())
    _say(entry, DC, "identifier", record.identifier)
    if summary := polish(record.abstract):
        _say(entry, _ATOM, "summary", summary)
    _link(entry, "alternate", page, "text/html")
    _link(entry, "via", f"{page}?f=iso", "application/xml")
    if record.bbox:
        west, south, east, north = record.bbox
        _say(entry, _GEORSS, "box", f"{south:.7f} {west:.7f} {north:.7f} {east:.7f}")


def _say(parent: etree._Element, namespace: str, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    element.text = None if text is None else clean(text)
    return element


def _link(parent: etree._Element, rel: str, href: str, media_type: str) -> None:
    link = _say(parent, _ATOM, "link")
    link.set("rel", rel)
    link.set("href", href)
    link.set("type", media_type.partition(";")[0])
