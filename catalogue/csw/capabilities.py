# SPDX-License-Identifier: EUPL-1.2
"""CSW capabilities (OGC 07-006r1, clause 10.5): made once, section by section; a request only joins bytes."""

from collections.abc import Mapping, Sequence
from functools import cache
from xml.sax.saxutils import escape

from lxml import etree

from catalogue.csw.model import FORMATS, MAX_RECORDS, VERSION, Schema
from catalogue.csw.queryables import ISO, RECORD
from catalogue.encodings.names import CSW, GML31, OGC, OWS, XLINK, XSI, put
from sdi.errors import InvalidParameter
from sdi.settings import Site

SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities")
_BASE = "http://base.invalid"
_PREFIXES = {"csw": CSW, "ows": OWS, "ogc": OGC, "gml": GML31, "xlink": XLINK, "xsi": XSI}
_OPERANDS = ("gml:Envelope", "gml:Point", "gml:LineString", "gml:Polygon")
_SPATIAL = ("BBOX", "Contains", "Crosses", "Disjoint", "Equals", "Intersects", "Overlaps", "Touches", "Within")
_COMPARISONS = ("Between", "EqualTo", "GreaterThan", "GreaterThanEqualTo", "LessThan", "LessThanEqualTo", "Like",
                "NotEqualTo", "NullCheck")  # fmt: skip


def capabilities(site: Site, base: str, sections: Sequence[str] = ()) -> bytes:
    """csw:Capabilities with links under `base`; the whole, or these sections (Filter_Capabilities always)."""
    wanted = {section.lower() for section in sections if section.lower() != "all"}
    if unknown := wanted - {section.lower() for section in SECTIONS}:
        listed = ", ".join(SECTIONS)
        message = f"Section {min(unknown)[:80]!r} is not known; there are: {listed}."
        raise InvalidParameter(message, locator="sections")
    head, parts, tail = _prepared(site.title["pl"], site.abstract["pl"], site.contact)
    chosen = [part for name, part in parts.items() if not wanted or name.lower() in wanted or name == SECTIONS[-1]]
    address = escape(base, {'"': "&quot;"}).encode()
    return b"".join((head, *chosen, tail)).replace(_BASE.encode(), address)


@cache
def _prepared(title: str, abstract: str, contact: str) -> tuple[bytes, Mapping[str, bytes], bytes]:
    """The start tag, the sections by name and the end tag."""
    root = etree.Element(f"{{{CSW}}}Capabilities", nsmap=_PREFIXES)
    root.set("version", VERSION)
    root.set(f"{{{XSI}}}schemaLocation", f"{CSW} http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd")
    root.text = "\n"
    head, _, tail = etree.tostring(root, encoding="UTF-8", xml_declaration=True).rpartition(b"</")
    _identification(root, title, abstract)
    _provider(root, title, contact)
    _operations(root)
    _filters(root)
    parts = {etree.QName(section).localname: _bare(section) for section in root}
    return head, parts, b"</" + tail


def _bare(section: etree._Element) -> bytes:
    """A section without the declarations that the root has already."""
    data = etree.tostring(section, encoding="UTF-8")
    for prefix, uri in _PREFIXES.items():
        data = data.replace(f' xmlns:{prefix}="{uri}"'.encode(), b"")
    return data


def _identification(root: etree._Element, title: str, abstract: str) -> None:
    section = put(root, OWS, "ServiceIdentification")
    put(section, OWS, "Title", title)
    put(section, OWS, "Abstract", abstract)
    words = put(section, OWS, "Keywords")
    for word in ("metadane", "katalog", "INSPIRE", "discovery"):
        put(words, OWS, "Keyword", word)
    put(section, OWS, "ServiceType", "CSW", codeSpace="OGC")
    put(section, OWS, "ServiceTypeVersion", VERSION)
    put(section, OWS, "Fees", "NONE")
    put(section, OWS, "AccessConstraints", "NONE")


def _provider(root: etree._Element, title: str, contact: str) -> None:
    section = put(root, OWS, "ServiceProvider")
    put(section, OWS, "ProviderName", title)
    put(section, OWS, "ProviderSite").set(f"{{{XLINK}}}href", f"{_BASE}/")
    person = put(section, OWS, "ServiceContact")
    if contact:
        address = put(put(person, OWS, "ContactInfo"), OWS, "Address")
        put(address, OWS, "ElectronicMailAddress", contact)
    put(person, OWS, "Role", "pointOfContact")


def _operations(root: etree._Element) -> None:
    section = put(root, OWS, "OperationsMetadata")
    schemas = tuple(Schema)
    types = ("csw:Record", "gmd:MD_Metadata")
    sets = ("brief", "summary", "full")
    _operation(section, "GetCapabilities", {"sections": SECTIONS})
    _operation(
        section, "DescribeRecord", {"typeName": types, "outputFormat": FORMATS, "schemaLanguage": ("XMLSCHEMA",)}
    )
    search = _operation(
        section,
        "GetRecords",
        {
            "resultType": ("hits", "results"), "typeNames": types, "outputFormat": FORMATS, "outputSchema": schemas,
            "ElementSetName": sets, "CONSTRAINTLANGUAGE": ("FILTER", "CQL_TEXT"),
        },
    )  # fmt: skip
    _values(search, "Constraint", "SupportedDublinCoreQueryables", [f"csw:{name}" for name in RECORD])
    _values(search, "Constraint", "SupportedISOQueryables", [f"apiso:{name}" for name in ISO])
    _operation(section, "GetRecordById", {"outputFormat": FORMATS, "outputSchema": schemas, "ElementSetName": sets})
    _values(section, "Parameter", "version", [VERSION])
    _values(section, "Parameter", "service", ["CSW"])
    _values(section, "Constraint", "PostEncoding", ["XML"])
    _values(section, "Constraint", "MaxRecordDefault", [str(MAX_RECORDS)])


def _operation(section: etree._Element, name: str, parameters: Mapping[str, Sequence[str]]) -> etree._Element:
    operation = put(section, OWS, "Operation", name=name)
    http = put(put(operation, OWS, "DCP"), OWS, "HTTP")
    for method in ("Get", "Post"):
        put(http, OWS, method).set(f"{{{XLINK}}}href", f"{_BASE}/csw")
    for parameter, values in parameters.items():
        _values(operation, "Parameter", parameter, values)
    return operation


def _values(parent: etree._Element, kind: str, name: str, values: Sequence[str]) -> None:
    parameter = put(parent, OWS, kind, name=name)
    for value in values:
        put(parameter, OWS, "Value", value)


def _filters(root: etree._Element) -> None:
    section = put(root, OGC, "Filter_Capabilities")
    spatial = put(section, OGC, "Spatial_Capabilities")
    operands = put(spatial, OGC, "GeometryOperands")
    for operand in _OPERANDS:
        put(operands, OGC, "GeometryOperand", operand)
    operators = put(spatial, OGC, "SpatialOperators")
    for name in _SPATIAL:
        put(operators, OGC, "SpatialOperator", name=name)
    scalar = put(section, OGC, "Scalar_Capabilities")
    put(scalar, OGC, "LogicalOperators")
    comparisons = put(scalar, OGC, "ComparisonOperators")
    for name in _COMPARISONS:
        put(comparisons, OGC, "ComparisonOperator", name)
    put(put(section, OGC, "Id_Capabilities"), OGC, "EID")
