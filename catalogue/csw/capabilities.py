# SPDX-License-Identifier: EUPL-1.2
"""CSW capabilities (OGC 07-006r1, 10.5; 12-176r7, 7.1): made once a version; a request only joins bytes."""

from collections.abc import Mapping, Sequence
from functools import cache
from xml.sax.saxutils import escape

from lxml import etree

from catalogue.csw.filters import fes_2_0, ogc_1_1
from catalogue.csw.inspire import extended
from catalogue.csw.model import ATOM, FORMATS, MAX_RECORDS, VERSIONS, Schema, Version
from catalogue.encodings.names import CSW, CSW3, FES, GML, GML31, OGC, OWS, OWS2, XLINK, XSI, put
from catalogue.queryables import INSPIRE, ISO, RECORD
from sdi.errors import InvalidParameter
from sdi.settings import Site

SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities")
_BASE = "http://base.invalid"
_PREFIXES = {
    Version.V2: {"csw": CSW, "ows": OWS, "ogc": OGC, "gml": GML31, "xlink": XLINK, "xsi": XSI},
    Version.V3: {"csw30": CSW3, "ows": OWS2, "fes": FES, "gml": GML, "xlink": XLINK, "xsi": XSI},
}
_LOCATIONS = {
    Version.V2: f"{CSW} http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd",
    Version.V3: f"{CSW3} http://schemas.opengis.net/cat/csw/3.0/cswGetCapabilities.xsd",
}
_TYPES = ("csw:Record", "gmd:MD_Metadata", "mdb:MD_Metadata", "dcat:Dataset")
_SETS = ("brief", "summary", "full")
_CLASSES = (
    "OpenSearch GetCapabilities-XML GetRecordById-XML GetRecords-Basic-XML GetRecords-Distributed-XML"
    " GetRecords-Distributed-KVP GetRecords-Async-XML GetRecords-Async-KVP GetDomain-XML GetDomain-KVP Transaction"
    " Harvest-Basic-XML Harvest-Basic-KVP Harvest-Async-XML Harvest-Async-KVP Harvest-Periodic-XML Harvest-Periodic-KVP"
    " Filter-CQL Filter-FES-XML Filter-FES-KVP-Advanced SupportedGMLVersions DefaultSortingAlgorithm CoreQueryables"
    " CoreSortables"
)
"""Conformance classes of CSW 3.0 (OGC 12-176r7, table 17), each told to be served or not."""
_SERVED = (
    "OpenSearch GetCapabilities-XML GetRecordById-XML GetRecords-Basic-XML GetDomain-XML GetDomain-KVP Transaction"
    " Filter-CQL Filter-FES-XML Filter-FES-KVP-Advanced CoreQueryables CoreSortables"
)


def capabilities(site: Site, base: str, sections: Sequence[str] = (), version: Version = Version.V2) -> bytes:
    """csw:Capabilities with links under `base`; the whole, or these sections (Filter_Capabilities always)."""
    wanted = {section.lower() for section in sections if section.lower() != "all"}
    if unknown := wanted - {section.lower() for section in SECTIONS}:
        listed = ", ".join(SECTIONS)
        message = f"Section {min(unknown)[:80]!r} is not known; there are: {listed}."
        raise InvalidParameter(message, locator="sections")
    head, parts, tail = _prepared(site.title["pl"], site.abstract["pl"], site.contact, version)
    chosen = [part for name, part in parts.items() if not wanted or name.lower() in wanted or name == SECTIONS[-1]]
    address = escape(base, {'"': "&quot;"}).encode()
    return b"".join((head, *chosen, tail)).replace(_BASE.encode(), address)


@cache
def _prepared(title: str, abstract: str, contact: str, version: Version) -> tuple[bytes, Mapping[str, bytes], bytes]:
    """The start tag, the sections by name and the end tag."""
    root = etree.Element(f"{{{version.csw}}}Capabilities", nsmap=_PREFIXES[version])
    root.set("version", version.number)
    root.set(f"{{{XSI}}}schemaLocation", _LOCATIONS[version])
    root.text = "\n"
    head, _, tail = etree.tostring(root, encoding="UTF-8", xml_declaration=True).rpartition(b"</")
    made = _Sections(root, version)
    made.identification(title, abstract)
    made.provider(title, contact)
    made.operations()
    if version is Version.V2:
        extended(made.operations_section, _BASE, title, contact)
        ogc_1_1(root)
    else:
        fes_2_0(root)
    parts = {etree.QName(section).localname: _bare(section, version) for section in root}
    return head, parts, b"</" + tail


def _bare(section: etree._Element, version: Version) -> bytes:
    """A section without the declarations that the root has already."""
    data = etree.tostring(section, encoding="UTF-8")
    for prefix, uri in _PREFIXES[version].items():
        data = data.replace(f' xmlns:{prefix}="{uri}"'.encode(), b"")
    return data


class _Sections:
    """Sections of OWS Common, in the version that the CSW of that version has."""

    def __init__(self, root: etree._Element, version: Version) -> None:
        self.root = root
        self.version = version
        self.ows = version.ows
        self.operations_section = root

    def identification(self, title: str, abstract: str) -> None:
        section = put(self.root, self.ows, "ServiceIdentification")
        put(section, self.ows, "Title", title)
        put(section, self.ows, "Abstract", abstract)
        words = put(section, self.ows, "Keywords")
        for word in ("metadane", "katalog", "INSPIRE", "discovery", "infoCatalogueService"):
            put(words, self.ows, "Keyword", word)
        put(section, self.ows, "ServiceType", "CSW", codeSpace="OGC")
        for number in VERSIONS:
            put(section, self.ows, "ServiceTypeVersion", number)
        if self.version is Version.V3:
            put(section, self.ows, "Profile", "http://www.opengis.net/spec/csw/3.0/conf/OpenSearch")
        put(section, self.ows, "Fees", "NONE")
        put(section, self.ows, "AccessConstraints", "NONE")

    def provider(self, title: str, contact: str) -> None:
        section = put(self.root, self.ows, "ServiceProvider")
        put(section, self.ows, "ProviderName", title)
        put(section, self.ows, "ProviderSite").set(f"{{{XLINK}}}href", f"{_BASE}/")
        person = put(section, self.ows, "ServiceContact")
        if contact:
            address = put(put(person, self.ows, "ContactInfo"), self.ows, "Address")
            put(address, self.ows, "ElectronicMailAddress", contact)
        put(person, self.ows, "Role", "pointOfContact")

    def operations(self) -> None:
        self.operations_section = section = put(self.root, self.ows, "OperationsMetadata")
        schemas = [one for one in Schema if one not in {CSW, CSW3} - {self.version.csw}]
        self.operation("GetCapabilities", {"sections": SECTIONS, "acceptVersions": VERSIONS})
        if self.version is Version.V2:
            self.operation("DescribeRecord", {
                "typeName": _TYPES[:3], "outputFormat": FORMATS, "schemaLanguage": ("XMLSCHEMA",)})  # fmt: skip
        self.operation("GetDomain", {"ParameterName": ("GetRecords.outputSchema", "GetRecords.typeNames",
                                                       "GetRecords.ElementSetName")})  # fmt: skip
        results = {"resultType": ("hits", "results")} if self.version is Version.V2 else {}
        search = self.operation("GetRecords", {
            **results, "typeNames": _TYPES, "outputFormat": (*FORMATS, ATOM), "outputSchema": schemas,
            "ElementSetName": _SETS, "CONSTRAINTLANGUAGE": ("FILTER", "CQL_TEXT"),
        })  # fmt: skip
        self.values(search, "Constraint", "SupportedDublinCoreQueryables", [f"csw:{name}" for name in RECORD])
        self.values(search, "Constraint", "SupportedISOQueryables", [f"apiso:{name}" for name in ISO])
        self.values(search, "Constraint", "AdditionalQueryables", [f"apiso:{name}" for name in INSPIRE])
        self.operation("GetRecordById", {"outputFormat": FORMATS, "outputSchema": schemas, "ElementSetName": _SETS})
        self.operation("Transaction", {}, methods=("Post",))
        self.values(section, "Parameter", "version", VERSIONS)
        self.values(section, "Parameter", "service", ["CSW"])
        if self.version is Version.V3:
            self.values(section, "Constraint", "OpenSearchDescriptionDocument", [f"{_BASE}/catalogue/opensearch.xml"])
            for name in _CLASSES.split():
                self.values(section, "Constraint", f"http://www.opengis.net/spec/csw/3.0/conf/{name}",
                            [str(name in _SERVED.split()).upper()])  # fmt: skip
        else:
            self.values(section, "Constraint", "IsoProfiles", ["http://www.isotc211.org/2005/gmd"])
        self.values(section, "Constraint", "PostEncoding", ["XML", "SOAP"])
        self.values(section, "Constraint", "MaxRecordDefault", [str(MAX_RECORDS)])

    def operation(
        self, name: str, parameters: Mapping[str, Sequence[str]], methods: Sequence[str] = ("Get", "Post")
    ) -> etree._Element:
        operation = put(self.operations_section, self.ows, "Operation", name=name)
        http = put(put(operation, self.ows, "DCP"), self.ows, "HTTP")
        for method in methods:
            put(http, self.ows, method).set(f"{{{XLINK}}}href", f"{_BASE}/csw")
        for parameter, values in parameters.items():
            self.values(operation, "Parameter", parameter, values)
        return operation

    def values(self, parent: etree._Element, kind: str, name: str, values: Sequence[str]) -> None:
        place = put(parent, self.ows, kind, name=name)
        if self.version is Version.V3:
            place = put(place, self.ows, "AllowedValues")
        for value in values:
            put(place, self.ows, "Value", value)
