# SPDX-License-Identifier: EUPL-1.2
"""Records as csw:Record in its three sets of elements (OGC 07-006r1, clause 10.2.5; order as in its record.xsd)."""

from lxml import etree

from catalogue import service
from catalogue.encodings.names import CSW, DC, DCT, OWS, RECORD_PREFIXES, put
from catalogue.model import ElementSet, Publisher, Record, crs_urn, polish

_ROOTS = {"brief": "BriefRecord", "summary": "SummaryRecord", "full": "Record"}
_WGS84 = "urn:ogc:def:crs:EPSG::4326"


def encode(record: Record, publisher: Publisher, elements: ElementSet) -> etree._Element:
    """The element csw:BriefRecord, csw:SummaryRecord or csw:Record."""
    root = etree.Element(f"{{{CSW}}}{_ROOTS[elements]}", nsmap=RECORD_PREFIXES)
    put(root, DC, "identifier", str(record.id))
    put(root, DC, "title", polish(record.title) or record.layer_id)
    put(root, DC, "type", record.type)
    if elements != "brief":
        _summary(root, record, publisher)
    if elements == "full":
        _rest(root, record, publisher)
    _box(root, record)
    return root


def _summary(root: etree._Element, record: Record, publisher: Publisher) -> None:
    for subject in subjects(record):
        put(root, DC, "subject", subject)
    for media_type in dict.fromkeys(link.media_type for link in service.links(record, publisher.base)):
        put(root, DC, "format", media_type)
    put(root, DCT, "modified", record.modified.date().isoformat())
    abstract = [text for text in (polish(record.abstract), polish(record.facts.notice)) if text]
    if abstract:
        put(root, DCT, "abstract", "\n".join(abstract))


def _rest(root: etree._Element, record: Record, publisher: Publisher) -> None:
    facts = record.facts
    put(root, DC, "date", record.created.date().isoformat())
    put(root, DC, "language", record.language)
    put(root, DC, "creator", facts.attribution or polish(record.organisation_title))
    put(root, DC, "publisher", polish(record.organisation_title))
    if english := record.title.get("en"):
        put(root, DCT, "alternative", english)
    if facts.lineage:
        put(root, DC, "source", facts.lineage)
    title, url = service.licence(facts.licence)
    if title:
        put(root, DC, "rights", title)
        put(root, DCT, "license", url or title)
    put(root, DC, "coverage", crs_urn(facts.srid))
    for link in service.links(record, publisher.base):
        put(root, DCT, "references", link.href, scheme=link.protocol)


def subjects(record: Record) -> list[str]:
    """Keywords, the portal's theme and the INSPIRE theme, each once."""
    facts = record.facts
    named = [*record.keywords, polish(facts.theme_title) or record.theme, polish(facts.inspire), facts.topic or ""]
    return [subject for subject in dict.fromkeys(named) if subject]


def _box(root: etree._Element, record: Record) -> None:
    west, south, east, north = record.facts.bbox
    box = put(root, OWS, "BoundingBox", crs=_WGS84, dimensions="2")
    put(box, OWS, "LowerCorner", f"{south:.7f} {west:.7f}")
    put(box, OWS, "UpperCorner", f"{north:.7f} {east:.7f}")
