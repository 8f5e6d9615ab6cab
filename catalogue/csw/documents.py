# SPDX-License-Identifier: EUPL-1.2
"""CSW requests as XML documents sent by POST (OGC 07-006r1, CSW-discovery.xsd; 12-176r7, cswAll.xsd)."""

from collections.abc import Callable, Mapping

from lxml import etree

from catalogue.csw.actions import transaction
from catalogue.csw.model import (
    ATOM,
    MAX_IDS,
    MAX_RECORDS,
    DescribeRecord,
    GetCapabilities,
    GetDomain,
    GetRecordById,
    GetRecords,
    Operation,
    SortKey,
    Version,
    check_format,
    negotiated,
    schema,
    types,
    version_of,
)
from catalogue.csw.parts import constraint, first, texts
from catalogue.model import ElementSet
from sdi.errors import InvalidParameter, MissingParameter, OptionUnsupported, TooLarge, Unsupported
from sdi.web.parameters import Parameters

_ELEMENTS: tuple[ElementSet, ...] = ("brief", "summary", "full")


def read(root: etree._Element) -> Operation:
    """The operation that the document asks for; raises the OWS refusals."""
    name = etree.QName(root)
    versions = [version for version in Version if version.csw == name.namespace]
    if not versions or name.localname not in _READERS:
        raise Unsupported(f"The document {name.localname[:80]!r} asks for no operation served here.", locator="request")
    service = root.get("service")
    if service is None:
        raise MissingParameter("Attribute 'service' is missing.", locator="service")
    if service.upper() != "CSW":
        raise InvalidParameter('This is a CSW; ask with service="CSW".', locator="service")
    if name.localname == "GetCapabilities":
        return _capabilities(root, versions[0])
    number = root.get("version")
    if number is None:
        raise MissingParameter("Attribute 'version' is missing.", locator="version")
    if version_of(number) is not versions[0]:
        raise InvalidParameter(f"The document is of another version than {number[:20]!r}.", locator="version")
    if root.get("outputFormat") != ATOM:
        check_format(root.get("outputFormat"))
    return _READERS[name.localname](root, versions[0])


def _capabilities(root: etree._Element, version: Version) -> GetCapabilities:
    accepted = texts(root, "AcceptVersions/Version")
    return GetCapabilities(tuple(texts(root, "Sections/Section")), negotiated(accepted, version.number))


def _describe(root: etree._Element, version: Version) -> DescribeRecord:
    return DescribeRecord(types(texts(root, "TypeName"), "typeName"), version)


def _domain(root: etree._Element, version: Version) -> GetDomain:
    parameters = [name for text in texts(root, "ParameterName") for name in text.split(",")]
    properties = [name for kind in ("PropertyName", "ValueReference") for name in texts(root, kind)]
    if not parameters and not properties:
        raise MissingParameter("Name a parameter or a property whose values are wanted.", locator="PropertyName")
    if len(parameters) + len(properties) > 20:
        raise TooLarge("Ask for the values of 20 names at most.", locator="PropertyName")
    return GetDomain(tuple(parameters), tuple(properties), version)


def _records(root: etree._Element, version: Version) -> GetRecords:
    query = first(root, "Query")
    if query is None:
        raise MissingParameter("The search has no csw:Query.", locator="Query")
    types((query.get("typeNames") or "csw:Record").replace(",", " ").split(), "typeNames")
    if first(query, "ElementName") is not None:
        raise OptionUnsupported("Single elements are not picked; ask for an ElementSetName.", locator="ElementName")
    given = Parameters({str(key): str(value) for key, value in root.attrib.items()}, fold_names=True)
    result = given.choice("resulttype", ("hits", "results", "validate"), "results" if version is Version.V3 else "hits")
    if result == "validate":
        raise Unsupported("resultType 'validate' is not served.", locator="resultType")
    limit = min(given.integer("maxrecords", 10, 0, 1_000_000_000), MAX_RECORDS)
    return GetRecords(
        schema=schema(given.text("outputschema"), version),
        elements=_elements(query),
        hits=result == "hits" or limit == 0,
        # OWSLib and others send 0 for the first record, which counts as 1.
        start=max(given.integer("startposition", 1, 0, 1_000_000_000), 1),
        limit=limit,
        constraint=constraint(query),
        order=_order(query),
        request_id=given.text("requestid", 200),
        version=version,
        atom=given.text("outputformat") == ATOM,
    )


def _by_id(root: etree._Element, version: Version) -> GetRecordById:
    ids = texts(root, "Id")
    if not ids:
        raise MissingParameter("No csw:Id is given.", locator="Id")
    if len(ids) > MAX_IDS:
        raise TooLarge(f"Over {MAX_IDS} identifiers at once.", locator="Id")
    return GetRecordById(tuple(ids), schema(root.get("outputSchema"), version), _elements(root), version)


def _order(query: etree._Element) -> tuple[SortKey, ...]:
    properties = query.findall("{*}SortBy/{*}SortProperty")
    if len(properties) > 5:
        raise TooLarge("Sort by five properties at most.", locator="SortBy")
    return tuple(
        SortKey(
            next(iter(texts(one, "PropertyName") + texts(one, "ValueReference")), ""),
            next(iter(texts(one, "SortOrder")), "ASC").upper().startswith("D"),
        )
        for one in properties
    )


def _elements(parent: etree._Element) -> ElementSet:
    said = next(iter(texts(parent, "ElementSetName")), "")
    return Parameters({"ElementSetName": said}).choice("ElementSetName", _ELEMENTS, "summary")


_READERS: Mapping[str, Callable[[etree._Element, Version], Operation]] = {
    "GetCapabilities": _capabilities,
    "DescribeRecord": _describe,
    "GetDomain": _domain,
    "GetRecords": _records,
    "GetRecordById": _by_id,
    "Transaction": transaction,
}
