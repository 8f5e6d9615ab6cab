# SPDX-License-Identifier: EUPL-1.2
"""CSW answers as XML: search results, records by id, and where the schemas of record types are."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from catalogue.csw.model import VERSION, GetRecordById, GetRecords, Schema
from catalogue.encodings import dublin_core, iso19139
from catalogue.encodings.names import CSW, GMD, RECORD_PREFIXES, XSD, XSI, document, put
from catalogue.model import ElementSet, Found, Publisher, Record

_DISCOVERY = f"{CSW} http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd"
_ISO_SCHEMA = "http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd"
_RECORD_SCHEMA = "http://schemas.opengis.net/csw/2.0.2/record.xsd"
_SOURCES = {Schema.RECORD: (CSW, _RECORD_SCHEMA), Schema.ISO: (GMD, _ISO_SCHEMA)}


def search_results(found: Found, asked: GetRecords, publisher: Publisher) -> bytes:
    """csw:GetRecordsResponse (clause 10.8.4.3). `nextRecord` is 0 when there is no record after these."""
    root = _root("GetRecordsResponse")
    root.set("version", VERSION)
    if asked.request_id:
        put(root, CSW, "RequestId", asked.request_id)
    put(root, CSW, "SearchStatus", timestamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    following = asked.start + len(found.records)
    results = put(
        root,
        CSW,
        "SearchResults",
        numberOfRecordsMatched=str(found.total),
        numberOfRecordsReturned=str(len(found.records)),
        nextRecord=str(following if following <= found.total else 0),
        recordSchema=asked.schema,
        elementSet=asked.elements,
    )
    _records(results, found.records, asked.schema, asked.elements, publisher)
    return document(root)


def records_by_id(records: Sequence[Record], asked: GetRecordById, publisher: Publisher) -> bytes:
    """csw:GetRecordByIdResponse (clause 10.9.5); empty where no record has such an id."""
    root = _root("GetRecordByIdResponse")
    _records(root, records, asked.schema, asked.elements, publisher)
    return document(root)


def schemas(types: Sequence[Schema]) -> bytes:
    """csw:DescribeRecordResponse (clause 10.6.5): each schema includes the published one."""
    root = _root("DescribeRecordResponse")
    for kind in types or tuple(Schema):
        namespace, source = _SOURCES[kind]
        component = put(root, CSW, "SchemaComponent", targetNamespace=namespace, schemaLanguage="XMLSCHEMA")
        inner = etree.SubElement(component, f"{{{XSD}}}schema", nsmap={"xs": XSD})
        inner.set("targetNamespace", namespace)
        inner.set("elementFormDefault", "qualified")
        put(inner, XSD, "include", schemaLocation=source)
    return document(root)


def _root(name: str) -> etree._Element:
    root = etree.Element(f"{{{CSW}}}{name}", nsmap={**RECORD_PREFIXES, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", _DISCOVERY)
    return root


def _records(
    parent: etree._Element, records: Sequence[Record], schema: Schema, elements: ElementSet, publisher: Publisher
) -> None:
    for record in records:
        if schema is Schema.ISO:
            parent.append(iso19139.encode(record, publisher, elements))
        else:
            parent.append(dublin_core.encode(record, publisher, elements))
