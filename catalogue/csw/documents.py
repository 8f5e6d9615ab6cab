# SPDX-License-Identifier: EUPL-1.2
"""CSW requests as XML documents sent by POST (OGC 07-006r1, CSW-discovery.xsd)."""

from collections.abc import Callable, Mapping

from lxml import etree

from catalogue.csw.model import (
    MAX_IDS,
    MAX_RECORDS,
    DescribeRecord,
    GetCapabilities,
    GetRecordById,
    GetRecords,
    Operation,
    SortKey,
    check_format,
    check_version,
    schema,
    types,
)
from catalogue.encodings.names import CSW, OGC, OWS
from catalogue.model import ElementSet
from sdi import xmlsafe
from sdi.errors import InvalidParameter, MissingParameter, TooLarge, Unsupported
from sdi.web.parameters import Parameters

_ELEMENTS: tuple[ElementSet, ...] = ("brief", "summary", "full")
_NAMES = {"csw": CSW, "ogc": OGC, "ows": OWS}


def read(body: bytes, limit: int) -> Operation:
    """The operation that the document asks for; raises the OWS refusals."""
    root = xmlsafe.parse(body, limit=limit)
    name = etree.QName(root)
    if name.namespace != CSW or name.localname not in _READERS:
        raise Unsupported(f"The document {name.localname[:80]!r} asks for no operation served here.", locator="request")
    service = root.get("service")
    if service is None:
        raise MissingParameter("Attribute 'service' is missing.", locator="service")
    if service.upper() != "CSW":
        raise InvalidParameter('This is a CSW; ask with service="CSW".', locator="service")
    if name.localname != "GetCapabilities":
        version = root.get("version")
        if version is None:
            raise MissingParameter("Attribute 'version' is missing.", locator="version")
        check_version(version)
        check_format(root.get("outputFormat"))
    return _READERS[name.localname](root)


def _capabilities(root: etree._Element) -> GetCapabilities:
    accepted = _texts(root, "ows:AcceptVersions/ows:Version")
    if accepted and "2.0.2" not in accepted:
        raise InvalidParameter("None of the accepted versions is served; served is 2.0.2.", locator="acceptVersions")
    return GetCapabilities(tuple(_texts(root, "ows:Sections/ows:Section")))


def _describe(root: etree._Element) -> DescribeRecord:
    return DescribeRecord(types(_texts(root, "csw:TypeName"), "typeName"))


def _records(root: etree._Element) -> GetRecords:
    query = root.find("csw:Query", _NAMES)
    if query is None:
        raise MissingParameter("The search has no csw:Query.", locator="Query")
    types((query.get("typeNames") or "csw:Record").replace(",", " ").split(), "typeNames")
    if query.find("csw:ElementName", _NAMES) is not None:
        raise Unsupported("Single elements are not picked; ask for an ElementSetName.", locator="ElementName")
    given = Parameters({str(key): str(value) for key, value in root.attrib.items()}, fold_names=True)
    result = given.choice("resulttype", ("hits", "results", "validate"), "hits")
    if result == "validate":
        raise Unsupported("resultType 'validate' is not served.", locator="resultType")
    return GetRecords(
        schema=schema(given.text("outputschema")),
        elements=_elements(query),
        hits=result == "hits",
        # OWSLib and others send 0 for the first record, which counts as 1.
        start=max(given.integer("startposition", 1, 0, 1_000_000_000), 1),
        limit=min(given.integer("maxrecords", 10, 0, 1_000_000_000), MAX_RECORDS),
        constraint=_constraint(query),
        order=_order(query),
        request_id=given.text("requestid", 200),
    )


def _by_id(root: etree._Element) -> GetRecordById:
    ids = _texts(root, "csw:Id")
    if not ids:
        raise MissingParameter("No csw:Id is given.", locator="Id")
    if len(ids) > MAX_IDS:
        raise TooLarge(f"Over {MAX_IDS} identifiers at once.", locator="Id")
    return GetRecordById(tuple(ids), schema(root.get("outputSchema")), _elements(root))


def _constraint(query: etree._Element) -> str | etree._Element | None:
    constraint = query.find("csw:Constraint", _NAMES)
    if constraint is None:
        return None
    said = constraint.find("ogc:Filter", _NAMES)
    if said is not None:
        return said
    text = constraint.findtext("csw:CqlText", None, _NAMES)
    if text is None or not text.strip():
        raise InvalidParameter("A Constraint holds an ogc:Filter or a csw:CqlText.", locator="Constraint")
    return text


def _order(query: etree._Element) -> tuple[SortKey, ...]:
    properties = query.findall("ogc:SortBy/ogc:SortProperty", _NAMES)
    if len(properties) > 5:
        raise TooLarge("Sort by five properties at most.", locator="SortBy")
    return tuple(
        SortKey(
            (one.findtext("ogc:PropertyName", "", _NAMES)).strip(),
            one.findtext("ogc:SortOrder", "ASC", _NAMES).strip().upper().startswith("D"),
        )
        for one in properties
    )


def _elements(parent: etree._Element) -> ElementSet:
    said = parent.findtext("csw:ElementSetName", None, _NAMES)
    return Parameters({"ElementSetName": (said or "").strip()}).choice("ElementSetName", _ELEMENTS, "summary")


def _texts(root: etree._Element, path: str) -> list[str]:
    return [text for element in root.findall(path, _NAMES) if (text := (element.text or "").strip())]


_READERS: Mapping[str, Callable[[etree._Element], Operation]] = {
    "GetCapabilities": _capabilities,
    "DescribeRecord": _describe,
    "GetRecords": _records,
    "GetRecordById": _by_id,
}
