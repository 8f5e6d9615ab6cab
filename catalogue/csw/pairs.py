# SPDX-License-Identifier: EUPL-1.2
"""CSW requests as key-value pairs (OGC 07-006r1, clause 10 tables of KVP encodings)."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

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
from catalogue.model import ElementSet
from sdi import xmlsafe
from sdi.errors import InvalidParameter, Unsupported
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
        return _capabilities(asked)
    if name not in _READERS:
        raise Unsupported(f"Operation {name[:80]!r} is not served.", locator="request")
    asked.required("version")
    check_version(asked.text("version"))
    check_format(asked.text("outputformat"))
    return _READERS[name](asked)


def _capabilities(asked: Parameters) -> GetCapabilities:
    accepted = asked.words("acceptversions")
    if accepted and "2.0.2" not in accepted:
        raise InvalidParameter("None of the accepted versions is served; served is 2.0.2.", locator="acceptVersions")
    return GetCapabilities(tuple(asked.words("sections")))


def _describe(asked: Parameters) -> DescribeRecord:
    return DescribeRecord(types(asked.words("typename"), "typeName"))


def _records(asked: Parameters) -> GetRecords:
    names = asked.required("typenames")
    types([name.strip() for name in names.replace(",", " ").split()], "typeNames")
    if "elementname" in asked:
        raise Unsupported("Single elements are not picked; ask for an elementSetName.", locator="elementName")
    result = asked.choice("resulttype", ("hits", "results", "validate"), "hits")
    if result == "validate":
        raise Unsupported("resultType 'validate' is not served.", locator="resultType")
    return GetRecords(
        schema=schema(asked.text("outputschema")),
        elements=asked.choice("elementsetname", _ELEMENTS, "summary"),
        hits=result == "hits",
        start=asked.integer("startposition", 1, 1, 1_000_000_000),
        limit=min(asked.integer("maxrecords", 10, 0, 1_000_000_000), MAX_RECORDS),
        constraint=_constraint(asked),
        order=tuple(_sort_key(word) for word in asked.words("sortby", 5)),
        request_id=asked.text("requestid", 200),
    )


def _by_id(asked: Parameters) -> GetRecordById:
    asked.required("id", 20_000)
    return GetRecordById(
        ids=tuple(asked.words("id", MAX_IDS)),
        schema=schema(asked.text("outputschema")),
        elements=asked.choice("elementsetname", _ELEMENTS, "summary"),
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


_READERS: Mapping[str, Callable[[Parameters], Operation]] = {
    "getrecords": _records,
    "getrecordbyid": _by_id,
    "describerecord": _describe,
}
