# SPDX-License-Identifier: EUPL-1.2
"""CSW answers as XML: search results, records by id, domains, and where the schemas of record types are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from lxml import etree

from catalogue import service
from catalogue.csw.model import DescribeRecord, GetDomain, GetRecordById, GetRecords, Schema, Version
from catalogue.encodings import dcat, dublin_core, iso19115_3, iso19139
from catalogue.encodings.names import CSW, CSW3, RECORD3_PREFIXES, RECORD_PREFIXES, XSD, XSI, clean, document, put
from catalogue.model import ElementSet, Found, Publisher, Record, polish

_DISCOVERY = {
    Version.V2: f"{CSW} http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd",
    Version.V3: f"{CSW3} http://schemas.opengis.net/cat/csw/3.0/cswAll.xsd",
}
_SOURCES = {
    Schema.RECORD: "http://schemas.opengis.net/csw/2.0.2/record.xsd",
    Schema.ISO: "http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd",
    Schema.ISO3: "https://schemas.isotc211.org/19115/-3/mdb/2.0/mdb.xsd",
}
_GAP = b"<records/>"


def search_results(found: Found, asked: GetRecords, publisher: Publisher) -> bytes:
    """csw:GetRecordsResponse (07-006r1, 10.8.4.3; 12-176r7, 7.3.5); `nextRecord` is 0 at the end."""
    csw = asked.version.csw
    root = _root("GetRecordsResponse", asked.version)
    root.set("version", asked.version.number)
    if asked.request_id:
        put(root, csw, "RequestId", asked.request_id)
    put(root, csw, "SearchStatus", timestamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    following = asked.start + len(found.records)
    results = put(
        root,
        csw,
        "SearchResults",
        numberOfRecordsMatched=str(found.total),
        numberOfRecordsReturned=str(len(found.records)),
        nextRecord=str(following if following <= found.total else 0),
        recordSchema=asked.schema,
        elementSet=asked.elements,
    )
    if asked.elements == "brief" and asked.schema in (Schema.RECORD, Schema.RECORD3):
        put(results, "", "records")
        return document(root).replace(_GAP, b"".join(_brief(one, asked.version) for one in found.records))
    _records(results, found.records, asked, publisher)
    return document(root)


def records_by_id(records: Sequence[Record], asked: GetRecordById, publisher: Publisher) -> bytes:
    """csw:GetRecordByIdResponse (07-006r1, 10.9.5), or of CSW 3.0 the record itself (12-176r7, 7.4.5)."""
    if asked.version is Version.V3:
        holder = etree.Element("holder")
        _records(holder, records, asked, publisher)
        return document(holder[0])
    root = _root("GetRecordByIdResponse", asked.version)
    _records(root, records, asked, publisher)
    return document(root)


def schemas(asked: DescribeRecord) -> bytes:
    """csw:DescribeRecordResponse (clause 10.6.5): each schema includes the published one."""
    root = _root("DescribeRecordResponse", asked.version)
    for kind in asked.types or tuple(_SOURCES):
        if kind not in _SOURCES:
            continue
        component = put(root, CSW, "SchemaComponent", targetNamespace=kind, schemaLanguage="XMLSCHEMA")
        inner = etree.SubElement(component, f"{{{XSD}}}schema", nsmap={"xs": XSD})
        inner.set("targetNamespace", kind)
        inner.set("elementFormDefault", "qualified")
        put(inner, XSD, "include", schemaLocation=_SOURCES[kind])
    return document(root)


def domains(asked: GetDomain, values: Mapping[str, Sequence[str]]) -> bytes:
    """csw:GetDomainResponse (07-006r1, 10.7; 12-176r7, 7.5): values by the names asked for."""
    csw = asked.version.csw
    root = _root("GetDomainResponse", asked.version)
    for name in (*asked.parameters, *asked.properties):
        kinds = {"type": "csw:Record"} if asked.version is Version.V2 else {"type": "csw30:Record",
                                                                            "resultType": "available"}  # fmt: skip
        domain = put(root, csw, "DomainValues", **kinds)
        property_ = "PropertyName" if asked.version is Version.V2 else "ValueReference"
        put(domain, csw, "ParameterName" if name in asked.parameters else property_, name)
        if values[name]:
            listed = put(domain, csw, "ListOfValues")
            for value in values[name]:
                put(listed, csw, "Value", value)
    return document(root)


def _root(name: str, version: Version) -> etree._Element:
    prefixes = RECORD_PREFIXES if version is Version.V2 else RECORD3_PREFIXES
    root = etree.Element(f"{{{version.csw}}}{name}", nsmap={**prefixes, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", _DISCOVERY[version])
    return root


def _brief(record: Record, version: Version) -> bytes:
    """csw:BriefRecord as text: it is asked for by the thousand, and needs nothing but columns."""
    csw = "csw" if version is Version.V2 else "csw30"
    title = escape(clean(polish(record.title) or record.layer_id or record.identifier))
    box = ""
    if record.bbox:
        west, south, east, north = record.bbox
        box = (
            '<ows:BoundingBox crs="urn:ogc:def:crs:EPSG::4326" dimensions="2">'
            f"<ows:LowerCorner>{south:.7f} {west:.7f}</ows:LowerCorner>"
            f"<ows:UpperCorner>{north:.7f} {east:.7f}</ows:UpperCorner></ows:BoundingBox>"
        )
    return (
        f"<{csw}:BriefRecord><dc:identifier>{escape(clean(record.identifier))}</dc:identifier>"
        f"<dc:title>{title}</dc:title><dc:type>{escape(record.type)}</dc:type>{box}</{csw}:BriefRecord>"
    ).encode()


def _records(
    parent: etree._Element, records: Sequence[Record], asked: GetRecords | GetRecordById, publisher: Publisher
) -> None:
    kept = service.documents(records, asked.schema) if asked.elements == "full" else {}
    for record in records:
        if record.id in kept:
            parent.append(kept[record.id])
        else:
            parent.append(_encoded(record, asked.schema, asked.elements, publisher))


def _encoded(record: Record, schema: Schema, elements: ElementSet, publisher: Publisher) -> etree._Element:
    metadata = service.metadata(record, publisher)
    match schema:
        case Schema.ISO:
            return iso19139.encode(metadata, elements)
        case Schema.ISO3:
            return iso19115_3.encode(metadata, elements)
        case Schema.DCAT:
            return etree.fromstring(dcat.serialise([(metadata, service.address(record, publisher))], "xml"))
        case Schema.RECORD3:
            return dublin_core.encode(metadata, elements, version="3.0.0")
    return dublin_core.encode(metadata, elements)
