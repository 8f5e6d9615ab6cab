# SPDX-License-Identifier: EUPL-1.2
"""XML from outside as documents: one record, or many in an answer of a catalogue or in any other envelope."""

from collections.abc import Iterator

from lxml import etree

from catalogue.documents.model import FILE_BYTES, RECORD_BYTES, Document
from catalogue.encodings.names import CSW, CSW3, DC, DCT, GMD, MDB, OWS, OWS2
from catalogue.iso.elements import clean
from catalogue.iso.read import read
from catalogue.metadata import Code, Metadata, Online, Party, Term, Words
from sdi import xmlsafe
from sdi.errors import TooLarge, Unprocessable

GMI = ("http://www.isotc211.org/2005/gmi", "http://sdi.eurac.edu/metadata/iso19139-2/schema/gmi")
_MDB_OLD = "http://standards.iso.org/iso/19115/-3/mdb/1.0"
_ISO = {f"{{{GMD}}}MD_Metadata", f"{{{MDB}}}MD_Metadata", f"{{{_MDB_OLD}}}MD_Metadata"}
_ISO |= {f"{{{namespace}}}MI_Metadata" for namespace in GMI}
_DUBLIN = {f"{{{CSW}}}Record", f"{{{CSW3}}}Record"}
_MOST = 50_000
_WORDS = 200_000


def envelope(data: bytes, *, limit: int = FILE_BYTES) -> list[etree._Element]:
    """The records in a document: its root, or those inside it. Unprocessable where there is none."""
    root = xmlsafe.parse(data, limit=limit)
    if root.tag in _ISO | _DUBLIN:
        return [root]
    found = list(_inside(root))
    if not found:
        message = (
            f"The document {etree.QName(root).localname!r} holds no metadata record: gmd:MD_Metadata (ISO 19139),"
            " mdb:MD_Metadata (ISO 19115-3) or csw:Record are read."
        )
        raise Unprocessable(message)
    if len(found) > _MOST:
        raise TooLarge(f"The document holds over {_MOST:,} records; bring them in several.")
    return found


def document(element: etree._Element) -> Document:
    """A record's element as a document; Unprocessable with what is to be mended where it cannot be kept."""
    metadata = _dublin_core(element) if element.tag in _DUBLIN else read(element)
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    if len(text.encode()) > RECORD_BYTES:
        raise TooLarge(f"The record is over {RECORD_BYTES // 1024 // 1024} MB.")
    if not metadata.identifier:
        where = "dc:identifier" if element.tag in _DUBLIN else "gmd:fileIdentifier (or mdb:metadataIdentifier)"
        raise Unprocessable(f"The record has no identifier: give it one in {where}.", locator="identifier")
    if len(metadata.identifier) > 300:
        raise Unprocessable("The record's identifier is over 300 characters long.", locator="identifier")
    if not any(metadata.title.values()):
        raise Unprocessable("The record has no title: give it one in the citation.", locator="title")
    if not (metadata.type.isalpha() and metadata.type.isascii() and 2 <= len(metadata.type) <= 40):
        message = f"The type of the resource is {metadata.type[:80]!r}; it is a code of MD_ScopeCode, such as dataset."
        raise Unprocessable(message, locator="type")
    words = " ".join(clean(str(part)) for part in element.itertext(etree.Element) if part.strip())
    return Document(metadata, str(etree.QName(element).namespace), text, words[:_WORDS])


def _inside(root: etree._Element) -> Iterator[etree._Element]:
    """Records inside an envelope; those of a parent record are parts of it and not records."""
    for element in root.iter(*_ISO, *_DUBLIN):
        if not any(parent.tag in _ISO for parent in element.iterancestors()):
            yield element


def _dublin_core(root: etree._Element) -> Metadata:
    """csw:Record as the model; its terms are fewer."""

    def texts(namespace: str, name: str) -> list[str]:
        return [said for one in root.iter(f"{{{namespace}}}{name}") if (said := clean(one.text or ""))]

    def first(*names: tuple[str, str]) -> str:
        return next((text for namespace, name in names for text in texts(namespace, name)), "")

    language = (first((DC, "language")) or "pol")[:3].lower()
    key = {"pol": "pl", "eng": "en"}.get(language, language if language in ("pl", "en") else "pl")
    subjects = tuple(Term({key: word}) for word in texts(DC, "subject"))
    publisher = first((DC, "publisher"), (DC, "creator"))
    links = [one for one in root.iter(f"{{{DCT}}}references", f"{{{DC}}}URI") if clean(one.text or "")]
    dates = {"publication": first((DC, "date"), (DCT, "created"), (DCT, "issued"))}
    return Metadata(
        identifier=first((DC, "identifier")),
        type=first((DC, "type")).rpartition("/")[2].replace(" ", "") or "dataset",
        language=language,
        modified=first((DCT, "modified")) or first((DC, "date")),
        title={key: first((DC, "title"))},
        abstract={key: said} if (said := first((DCT, "abstract"), (DC, "description"))) else {},
        dates={kind: date for kind, date in dates.items() if date},
        identifiers=tuple(Code(one) for one in texts(DC, "identifier")[1:]),
        parties=(Party({key: publisher}, role="publisher"),) if publisher else (),
        keywords=(Words(subjects),) if subjects else (),
        languages=(language,),
        boxes=_dublin_boxes(root),
        use=tuple(Term({key: text}) for text in (*texts(DCT, "license"), *texts(DC, "rights"))),
        lineage={key: said} if (said := first((DC, "source"))) else {},
        formats=tuple(texts(DC, "format")),
        links=tuple(Online(clean(one.text or ""), protocol=one.get("scheme", "")) for one in links),
    )


def _dublin_boxes(root: etree._Element) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes in latitude and longitude, as CSW writes them; in longitude and latitude where the CRS84 is named."""
    found = []
    for box in root.iter(f"{{{OWS}}}BoundingBox", f"{{{OWS2}}}BoundingBox", f"{{{OWS}}}WGS84BoundingBox"):
        corners = [one.text or "" for name in ("LowerCorner", "UpperCorner") for one in box.iter(f"{{*}}{name}")]
        try:
            a, b, c, d = (float(part) for corner in corners for part in corner.split())
        except ValueError:
            continue
        east_first = "CRS84" in box.get("crs", "") or etree.QName(box).localname.startswith("WGS84")
        west, south, east, north = (a, b, c, d) if east_first else (b, a, d, c)
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            found.append((west, south, east, north))
    return tuple(found)
