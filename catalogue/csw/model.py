# SPDX-License-Identifier: EUPL-1.2
"""Requests of CSW as values, whether they came as key-value pairs or as XML."""

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from catalogue.encodings.names import CSW, GMD
from catalogue.model import ElementSet
from sdi.errors import InvalidParameter

VERSION = "2.0.2"
MAX_RECORDS = 1_000
"""Most records of one answer; whoever asks for more gets these and the position of the next."""
MAX_IDS = 200
FORMATS = ("application/xml", "text/xml")


class Schema(StrEnum):
    """Schemas in which records are given."""

    RECORD = CSW
    ISO = GMD


TYPE_NAMES = {"Record": Schema.RECORD, "MD_Metadata": Schema.ISO}
"""Names of record types, without their prefixes."""


@dataclass(frozen=True, slots=True)
class GetCapabilities:
    """Capabilities, or some sections of them (empty for all)."""

    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DescribeRecord:
    """Schemas of record types; all when none is named."""

    types: tuple[Schema, ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    """A queryable to sort by."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class GetRecords:
    """A search. `start` counts from 1; the constraint is CQL text or a Filter element."""

    schema: Schema = Schema.RECORD
    elements: ElementSet = "summary"
    hits: bool = True
    start: int = 1
    limit: int = 10
    constraint: str | etree._Element | None = None
    order: tuple[SortKey, ...] = ()
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class GetRecordById:
    """Records by their identifiers."""

    ids: tuple[str, ...]
    schema: Schema = Schema.RECORD
    elements: ElementSet = "summary"


Operation = GetCapabilities | DescribeRecord | GetRecords | GetRecordById


def check_version(version: str | None) -> None:
    """InvalidParameter for another version than ours."""
    if version is not None and version != VERSION:
        raise InvalidParameter(f"Version {version[:20]!r} is not served; served is {VERSION}.", locator="version")


def check_format(media_type: str | None) -> None:
    """InvalidParameter for another format than XML."""
    if media_type is not None and media_type.partition(";")[0].strip().lower() not in FORMATS:
        message = f"Format {media_type[:80]!r} is not served; served are {', '.join(FORMATS)}."
        raise InvalidParameter(message, locator="outputFormat")


def schema(name: str | None) -> Schema:
    """The output schema of that name; csw:Record when none is asked for."""
    if name is None:
        return Schema.RECORD
    try:
        return Schema(name.strip())
    except ValueError:
        listed = ", ".join(Schema)
        message = f"Output schema {name[:200]!r} is not served; served are {listed}."
        raise InvalidParameter(message, locator="outputSchema") from None


def types(names: list[str], locator: str) -> tuple[Schema, ...]:
    """The record types of these names, whatever their prefixes."""
    found = []
    for name in names:
        known = TYPE_NAMES.get(name.rpartition(":")[2])
        if known is None:
            message = f"Type {name[:80]!r} is not known; known are csw:Record and gmd:MD_Metadata."
            raise InvalidParameter(message, locator=locator)
        found.append(known)
    return tuple(dict.fromkeys(found))
