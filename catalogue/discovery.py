# SPDX-License-Identifier: EUPL-1.2
"""What search engines and browsers find the catalogue by: the description of its search, and the map of its pages."""

from collections.abc import Sequence

from lxml import etree
from sqlalchemy import select

from catalogue.encodings.names import document
from catalogue.metadata import polish
from catalogue.model import Publisher
from catalogue.store import RECORD, options
from sdi.web.context import services

_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_GEO = "http://a9.com/-/opensearch/extensions/geo/1.0/"
_TIME = "http://a9.com/-/opensearch/extensions/time/1.0/"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES = 50_000
"""Most addresses of one sitemap (sitemaps.org)."""


def opensearch(publisher: Publisher) -> bytes:
    """The OpenSearch description with the geo and time extensions (OGC 10-032r8)."""
    root = etree.Element(
        f"{{{_OPENSEARCH}}}OpenSearchDescription",
        nsmap={None: _OPENSEARCH, "geo": _GEO, "time": _TIME},  # type: ignore[dict-item]
    )
    for name, text in (("ShortName", polish(publisher.title)[:16]), ("LongName", polish(publisher.title)[:48]),
                       ("Description", polish(publisher.title)), ("Contact", publisher.contact),
                       ("InputEncoding", "UTF-8"), ("OutputEncoding", "UTF-8")):  # fmt: skip
        if text:
            etree.SubElement(root, f"{{{_OPENSEARCH}}}{name}").text = text
    csw = f"{publisher.base}/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw:Record"
    csw += "&elementSetName=summary&q={searchTerms?}&bbox={geo:box?}&time={time:start?}/{time:end?}"
    csw += "&recordIds={geo:uid?}&startPosition={startIndex?}&maxRecords={count?}"
    page = f"{publisher.base}/catalogue?q={{searchTerms?}}&bbox={{geo:box?}}"
    for media_type, template in (
        ("text/html", page),
        ("application/atom+xml", f"{csw}&outputFormat=application/atom%2Bxml"),
        ("application/xml", f"{csw}&outputFormat=application/xml"),
    ):
        url = etree.SubElement(root, f"{{{_OPENSEARCH}}}Url", type=media_type)
        url.set("template", template)
    query = etree.SubElement(root, f"{{{_OPENSEARCH}}}Query", role="example")
    query.set("searchTerms", "woda")
    return document(root)


def sitemap(publisher: Publisher, number: int) -> bytes | None:
    """The sitemap of that number (from 1) with pages of public records; None where there are not so many."""
    rows = _records(number)
    if not rows:
        return None
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP})  # type: ignore[dict-item]
    for record_id, modified in rows:
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(url, f"{{{_SITEMAP}}}loc").text = f"{publisher.base}/catalogue/{record_id}"
        etree.SubElement(url, f"{{{_SITEMAP}}}lastmod").text = modified
    return document(root)


def _records(number: int) -> Sequence[tuple[str, str]]:
    wanted = select(RECORD.c.id, RECORD.c.changed).order_by(RECORD.c.id).offset((number - 1) * PAGES).limit(PAGES)
    with services().database.public.connect() as connection:
        rows = connection.execute(wanted, execution_options=options(public=True))
        return [(str(row.id), row.changed.date().isoformat()) for row in rows]
