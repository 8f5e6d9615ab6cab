# SPDX-License-Identifier: EUPL-1.2
"""Requests of CSW as values, whether they came as key-value pairs or as XML, in either version."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Literal

from lxml import etree

from catalogue.encodings.names import CSW, CSW3, DCAT, FES, GMD, MDB, OGC, OWS, OWS2
from catalogue.model import ElementSet
from sdi.errors import InvalidParameter, VersionMismatch

MAX_RECORDS = 1_000
"""Most records of one answer; whoever asks for more gets these and the position of the next."""
MAX_IDS = 200
FORMATS = ("application/xml", "text/xml")
ATOM = "application/atom+xml"


class Version(Enum):
    """A version of the standard: number, and its namespaces of messages, of OWS Common and of filters."""

    V2 = ("2.0.2", CSW, OWS, OGC)
    V3 = ("3.0.0", CSW3, OWS2, FES)

    def __init__(self, number: str, csw: str, ows: str, filters: str) -> None:
        self.number = number
        self.csw = csw
        self.ows = ows
        self.filters = filters


VERSIONS = tuple(version.number for version in Version)


class Schema(StrEnum):
    """Schemas in which records are given."""

    RECORD = CSW
    RECORD3 = CSW3
    ISO = GMD
    ISO3 = MDB
    DCAT = DCAT


TYPE_NAMES = {
    "Record": Schema.RECORD,
    "MD_Metadata": Schema.ISO,
    "MI_Metadata": Schema.ISO,
    "Dataset": Schema.DCAT,
}
"""Names of record types, without their prefixes."""


@dataclass(frozen=True, slots=True)
class GetCapabilities:
    """Capabilities, or some sections of them (empty for all)."""

    sections: tuple[str, ...] = ()
    version: Version = Version.V2


@dataclass(frozen=True, slots=True)
class DescribeRecord:
    """Schemas of record types; all when none is named."""

    types: tuple[Schema, ...] = ()
    version: Version = Version.V2


@dataclass(frozen=True, slots=True)
class GetDomain:
    """Values of parameters of requests, or of queryables."""

    parameters: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    version: Version = Version.V2


@dataclass(frozen=True, slots=True)
class SortKey:
    """A queryable to sort by."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class GetRecords:
    """A search. `start` counts from 1; the constraint is CQL text or a Filter element.

    `words`, `box`, `time` and `ids` are those of OpenSearch, which CSW 3.0 takes beside a constraint; `atom` asks for
    its answer.
    """

    schema: Schema = Schema.RECORD
    elements: ElementSet = "summary"
    hits: bool = True
    start: int = 1
    limit: int = 10
    constraint: str | etree._Element | None = None
    order: tuple[SortKey, ...] = ()
    request_id: str | None = None
    version: Version = Version.V2
    words: str | None = None
    box: str | None = None
    time: str | None = None
    ids: tuple[str, ...] = ()
    atom: bool = False


@dataclass(frozen=True, slots=True)
class GetRecordById:
    """Records by their identifiers."""

    ids: tuple[str, ...]
    schema: Schema = Schema.RECORD
    elements: ElementSet = "summary"
    version: Version = Version.V2


@dataclass(frozen=True)
class Change:
    """One action of a transaction: records to insert or to put in the place of what is there, properties to set.

    What is updated or deleted is told by the constraint, or by the identifier of the record that is brought.
    """

    kind: Literal["insert", "update", "delete"]
    records: tuple[etree._Element, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    constraint: str | etree._Element | None = None
    handle: str = ""


@dataclass(frozen=True)
class Transaction:
    """Changes, all of which are made or none."""

    changes: tuple[Change, ...]
    verbose: bool = False
    request_id: str | None = None
    version: Version = Version.V2


Operation = GetCapabilities | DescribeRecord | GetDomain | GetRecords | GetRecordById | Transaction


def version_of(number: str) -> Version:
    """The version of that number; InvalidParameter for one that is not served."""
    for version in Version:
        if number in (version.number, version.number.removesuffix(".0")):
            return version
    raise InvalidParameter(
        f"Version {number[:20]!r} is not served; served are {' and '.join(VERSIONS)}.", locator="version"
    )


def negotiated(accepted: list[str], asked: str | None) -> Version:
    """The first accepted version that is served (OGC 06-121r9, 7.3.2), else the one asked for, else 2.0.2.

    Most clients that name no version know 2.0.2 alone.
    """
    for number in accepted:
        for version in Version:
            if number == version.number:
                return version
    if accepted:
        message = f"None of the accepted versions is served; served are {' and '.join(VERSIONS)}."
        raise VersionMismatch(message, locator="acceptVersions")
    return Version.V3 if asked and asked.startswith("3.0") else Version.V2


def check_format(media_type: str | None) -> None:
    """InvalidParameter for another format than XML."""
    if media_type is not None and media_type.partition(";")[0].strip().lower() not in FORMATS:
        message = f"Format {media_type[:80]!r} is not served; served are {', '.join(FORMATS)}."
        raise InvalidParameter(message, locator="outputFormat")


def schema(name: str | None, version: Version) -> Schema:
    """The output schema of that name; csw:Record of the version when none is asked for."""
    if name is None:
        return Schema(version.csw)
    try:
        found = Schema(name.strip())
    except ValueError:
        found = None
    own = {Schema.RECORD, Schema.RECORD3} - {Schema(version.csw)}
    if found is None or found in own:
        listed = ", ".join(one for one in Schema if one not in own)
        message = f"Output schema {name[:200]!r} is not served; served are {listed}."
        raise InvalidParameter(message, locator="outputSchema")
    return found


def types(names: list[str], locator: str) -> tuple[Schema, ...]:
    """The record types of these names, whatever their prefixes."""
    found = []
    for name in names:
        known = TYPE_NAMES.get(name.rpartition(":")[2])
        if known is None:
            message = f"Type {name[:80]!r} is not known; known are csw:Record, gmd:MD_Metadata and dcat:Dataset."
            raise InvalidParameter(message, locator=locator)
        found.append(Schema.ISO3 if name.startswith("mdb:") else known)
    return tuple(dict.fromkeys(found))
