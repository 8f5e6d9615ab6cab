# SPDX-License-Identifier: EUPL-1.2
"""What a metadata record is: frozen values that travel from the store to every encoding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

LanguageMap = Mapping[str, str]
RecordType = Literal["dataset", "series", "service"]
ElementSet = Literal["brief", "summary", "full"]
Visibility = Literal["public", "organisation", "private"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says of its layer beyond finding it. `bbox` is in CRS84, `columns` as the registry keeps them.

    `inspire` is the INSPIRE theme (`code`, `pl`, `en`) and `topic` the ISO 19115 topic category, where known.
    """

    kind: Literal["vector", "raster"]
    srid: int
    geometry_type: str
    feature_count: int
    version: int
    columns: tuple[Mapping[str, Any], ...]
    bbox: tuple[float, float, float, float]
    notice: LanguageMap | None
    licence: str | None
    attribution: str | None
    lineage: str | None
    time_start: str | None
    time_end: str | None
    theme_title: LanguageMap | None
    inspire: LanguageMap | None
    topic: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A metadata record. `id` stays for as long as what it describes does; `language` is ISO 639-2."""

    id: UUID
    layer_id: str
    type: RecordType
    language: str
    title: LanguageMap
    abstract: LanguageMap
    keywords: tuple[str, ...]
    theme: str
    created: datetime
    modified: datetime
    visibility: Visibility
    organisation: str
    organisation_title: LanguageMap
    facts: Facts


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search, and how many records it matched in all."""

    total: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes the catalogue, and the address that links begin with (without a slash at the end).

    `namespace` is that of the identifiers of data sets, the same in download feeds and under any organisation.
    """

    base: str
    title: LanguageMap
    contact: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where a record's data can be had. `protocol` is a name catalogue clients know, `function` ISO's."""

    href: str
    title: LanguageMap
    media_type: str
    protocol: str
    name: str
    function: Literal["download", "information", "order", "search"] = "download"


def polish(texts: LanguageMap | None) -> str:
    """The Polish text of a language map (records are in Polish), or the first there is."""
    if not texts:
        return ""
    return texts.get("pl") or next(iter(texts.values()))


def crs_urn(srid: int) -> str:
    """The name of a layer's reference system, served or not."""
    return f"urn:ogc:def:crs:EPSG::{srid}"
