# SPDX-License-Identifier: EUPL-1.2
"""CSW requests as key-value pairs (OGC 07-006r1, clause 10; 12-176r7, clause 7, tables of KVP encodings)."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from lxml import etree

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
from catalogue.model import ElementSet
from sdi import xmlsafe
from sdi.errors import InvalidParameter, MissingParameter, OptionUnsupported, Unsupported
from sdi.web.parameters import Parameters

_ELEMENTS: tuple[ElementSet, ...] = ("brief", "summary", "full")
_FILTER_LIMIT = 64 * 1024


def read(values: Mapping[str, str]) -> Operation:
    """The operation that `values` ask for; raises the OWS refusals."""
    asked = Parameters(values, fold_names=True)
    if asked.required("service").upper() != "CSW":
        raise InvalidParameter("This is a CSW; ask with service=CSW.", locator="service")
    name = asked.required("request").lower()
    if name == "getcapabilities":
        version = negotiated(asked.words("acceptversions"), asked.text("version"))
        return GetCapabilities(tuple(asked.words("sections")), version)
    if name not in _READERS:
        raise Unsupported(f"Operation {name[:80]!r} is not served.", locator="request")
    version = version_of(asked.required("version"))
    if asked.text("outputformat") != ATOM:
        check_format(asked.text("outputformat"))
    return _READERS[name](asked, version)


def _describe(asked: Parameters, version: Version) -> DescribeRecord:
    return DescribeRecord(types(asked.words("typename"), "typeName"), version)


def _domain(asked: Parameters, version: Version) -> GetDomain:
    parameters = asked.words("parametername", 20)
    properties = asked.words("propertyname", 20) + asked.words("valuereference", 20)
    if not parameters and not properties:
        raise MissingParameter("Name a parameter or a property whose values are wanted.", locator="propertyName")
    return GetDomain(tuple(parameters), tuple(properties), version)


def _records(asked: Parameters, version: Version) -> GetRecords:
    names = asked.text("typenames") if version is Version.V3 else asked.required("typenames")
    types([name.strip() for name in (names or "csw:Record").replace(",", " ").split()], "typeNames")
    if "elementname" in asked:
        raise OptionUnsupported("Single elements are not picked; ask for an elementSetName.", locator="elementName")
    default = "results" if version is Version.V3 else "hits"
    result = asked.choice("resulttype", ("hits", "results", "validate"), default)
    if result == "validate":
        raise Unsupported("resultType 'validate' is not served.", locator="resultType")
    limit = min(asked.integer("maxrecords", 10, 0, 1_000_000_000), MAX_RECORDS)
    return GetRecords(
        schema=schema(asked.text("outputschema"), version),
        elements=asked.choice("elementsetname", _ELEMENTS, "summary"),
        hits=result == "hits" or limit == 0,
        start=asked.integer("startposition", 1, 1, 1_000_000_000),
        limit=limit,
        constraint=_constraint(asked),
        order=tuple(_sort_key(word) for word in asked.words("sortby", 5)),
        request_id=asked.text("requestid", 200),
        version=version,
        words=asked.text("q", 200),
        box=asked.text("bbox", 200),
        time=asked.text("time", 200),
        ids=tuple(asked.words("recordids", MAX_IDS)),
        atom=asked.text("outputformat") == ATOM,
    )


def _by_id(asked: Parameters, version: Version) -> GetRecordById:
    asked.required("id", 20_000)
    return GetRecordById(
        ids=tuple(asked.words("id", MAX_IDS)),
        schema=schema(asked.text("outputschema"), version),
        elements=asked.choice("elementsetname", _ELEMENTS, "summary"),
        version=version,
    )


def _constraint(asked: Parameters) -> str | etree._Element | None:
    said = asked.text("constraint", _FILTER_LIMIT)
    if said is None:
        return None
    language = asked.choice("constraintlanguage", ("CQL_TEXT", "FILTER"), "CQL_TEXT")
    if language == "CQL_TEXT":
        return said
    # Some clients send the Filter percent-encoded twice.
    text = said if said.lstrip().startswith("<") else unquote_plus(said)
    return xmlsafe.parse(text.encode(), limit=_FILTER_LIMIT, locator="constraint")


def _sort_key(word: str) -> SortKey:
    name, _, order = word.rpartition(":")
    if order.upper() not in ("A", "D", "ASC", "DESC"):
        name, order = word, "A"
    return SortKey(name, order.upper().startswith("D"))


_READERS: Mapping[str, Callable[[Parameters, Version], Operation]] = {
    "getrecords": _records,
    "getrecordbyid": _by_id,
    "describerecord": _describe,
    "getdomain": _domain,
}
