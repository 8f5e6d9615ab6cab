# SPDX-License-Identifier: EUPL-1.2
"""Records as csw:Record in its three sets of elements (OGC 07-006r1, clause 10.2.5; order as in its record.xsd)."""

from lxml import etree

from catalogue.encodings.names import CSW, CSW3, DC, DCT, OWS, OWS2, RECORD3_PREFIXES, RECORD_PREFIXES, put
from catalogue.metadata import Metadata, polish
from catalogue.model import ElementSet
from catalogue.vocabulary import licence, licence_of

_ROOTS = {"brief": "BriefRecord", "summary": "SummaryRecord", "full": "Record"}
_WGS84 = "urn:ogc:def:crs:EPSG::4326"


def encode(metadata: Metadata, elements: ElementSet, *, version: str = "2.0.2") -> etree._Element:
    """The element csw:BriefRecord, csw:SummaryRecord or csw:Record, of CSW 2.0.2 or 3.0."""
    namespace, prefixes = (CSW3, RECORD3_PREFIXES) if version.startswith("3") else (CSW, RECORD_PREFIXES)
    root = etree.Element(f"{{{namespace}}}{_ROOTS[elements]}", nsmap=prefixes)
    put(root, DC, "identifier", metadata.identifier)
    put(root, DC, "title", polish(metadata.title) or metadata.identifier)
    put(root, DC, "type", metadata.type)
    if elements != "brief":
        _summary(root, metadata)
    if elements == "full":
        _rest(root, metadata)
    _box(root, metadata, OWS if namespace == CSW else OWS2)
    return root


def statements(metadata: Metadata) -> list[tuple[str, str, str]]:
    """What plain Dublin Core says (DCMES 1.1): namespace, element and text, in no order that matters."""
    root = encode(metadata, "full")
    return [
        (str(etree.QName(one).namespace), etree.QName(one).localname, one.text)
        for one in root
        if one.text and one.tag != f"{{{OWS}}}BoundingBox"
    ]


def _summary(root: etree._Element, metadata: Metadata) -> None:
    for subject in metadata.subjects:
        put(root, DC, "subject", subject)
    for name in metadata.formats:
        put(root, DC, "format", name)
    if metadata.parent:
        put(root, DC, "relation", metadata.parent)
    if metadata.modified:
        put(root, DCT, "modified", metadata.modified[:10])
    if abstract := polish(metadata.abstract):
        put(root, DCT, "abstract", abstract)


def _rest(root: etree._Element, metadata: Metadata) -> None:
    created = metadata.dates.get("creation") or next(iter(metadata.dates.values()), "")
    if created:
        put(root, DC, "date", created[:10])
    put(root, DC, "language", metadata.language)
    publisher = polish(metadata.publisher)
    creator = next((polish(who.organisation) for who in metadata.parties if who.role in ("originator", "author")), "")
    if publisher:
        put(root, DC, "creator", creator or publisher)
        put(root, DC, "publisher", publisher)
    others = [text for text in metadata.title.values() if text != polish(metadata.title)]
    for alternative in (*others, *(polish(one) for one in metadata.alternatives)):
        put(root, DCT, "alternative", alternative)
    if metadata.lineage:
        put(root, DC, "source", polish(metadata.lineage))
    for term in metadata.rights:
        put(root, DC, "rights", polish(term.text) or term.uri)
    title, url = licence(licence_of(metadata))
    if title:
        put(root, DCT, "license", url or title)
    for system in metadata.systems:
        put(root, DC, "coverage", polish(system.text) or system.uri)
    for link in metadata.links:
        put(root, DCT, "references", link.href, **({"scheme": link.protocol} if link.protocol else {}))


def _box(root: etree._Element, metadata: Metadata, ows: str) -> None:
    if metadata.bounds is None:
        return
    west, south, east, north = metadata.bounds
    box = put(root, ows, "BoundingBox", crs=_WGS84, dimensions="2")
    put(box, ows, "LowerCorner", f"{south:.7f} {west:.7f}")
    put(box, ows, "UpperCorner", f"{north:.7f} {east:.7f}")
