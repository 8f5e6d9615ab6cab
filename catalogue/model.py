# SPDX-License-Identifier: EUPL-1.2
"""What a metadata record is: frozen values that travel from the store to every encoding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from catalogue.metadata import Bounds, LanguageMap, Metadata, Online, polish

__all__ = [
    "Bounds", "ElementSet", "Facts", "Found", "LanguageMap", "Metadata", "Online", "Publisher", "Record",
    "Visibility", "crs_urn", "polish",
]  # fmt: skip

ElementSet = Literal["brief", "summary", "full"]
Visibility = Literal["public", "organisation", "private"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a layer's record says of it beyond finding it. `bbox` is in CRS84, `columns` as the registry keeps them.

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
    """A metadata record, of a layer (with its `facts`) or a document that was brought (with what it says, `brought`).

    `id` and `identifier` stay for as long as what it describes does; others know it by the second. `language` is ISO
    639-2. `modified` is the record's own date, `changed` when this catalogue last changed it. `schema` is the
    namespace of the document as it came.
    """

    id: UUID
    identifier: str
    layer_id: str | None
    type: str
    language: str
    title: LanguageMap
    abstract: LanguageMap
    keywords: tuple[str, ...]
    theme: str
    created: datetime
    modified: datetime
    changed: datetime
    bbox: Bounds | None
    visibility: Visibility
    organisation: str
    organisation_title: LanguageMap
    facts: Facts | None = None
    brought: Metadata | None = None
    schema: str | None = None
    parent: str | None = None
    licence: str | None = None


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


def crs_urn(srid: int) -> str:
    """The name of a layer's reference system, served or not."""
    return f"urn:ogc:def:crs:EPSG::{srid}"
