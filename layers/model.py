# SPDX-License-Identifier: EUPL-1.2
"""What a layer is, as the registry knows it: frozen values that travel from the store to every service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

Visibility = Literal["public", "organisation", "private"]
LanguageMap = Mapping[str, str]
Extent = tuple[float, float, float, float]
"""minx, miny, maxx, maxy; x is the easting or the longitude."""


class ColumnType(StrEnum):
    """Types of attributes; each is one PostgreSQL type."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"

    @property
    def sql(self) -> str:
        """The PostgreSQL type."""
        return _SQL_TYPES[self]


_SQL_TYPES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.NUMBER: "double precision",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamptz",
}


class GeometryType(StrEnum):
    """Geometry types of layers; a layer mixes single and multi as multi, anything else as GEOMETRY."""

    POINT = "Point"
    MULTIPOINT = "MultiPoint"
    LINESTRING = "LineString"
    MULTILINESTRING = "MultiLineString"
    POLYGON = "Polygon"
    MULTIPOLYGON = "MultiPolygon"
    GEOMETRY = "Geometry"
    RASTER = "Raster"


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute. `name` is its column and its name in every service; `source` its name in the file."""

    name: str
    type: ColumnType
    source: str
    title: LanguageMap = field(default_factory=dict)
    indexed: bool = False


@dataclass(frozen=True)
class Layer:
    """A published layer. `extent` is in `srid`, `bbox` in CRS84; `relation` the table's name in its schema.

    `version` counts loads, `revision` the transactions of changes since the last one.
    `raster` of a raster layer: {"width", "height", "bands": [{"type", "nodata", "min", "max"}]}.
    """

    id: str
    organisation_id: UUID
    organisation: str
    account_id: UUID | None
    visibility: Visibility
    kind: Literal["vector", "raster"]
    title: LanguageMap
    abstract: LanguageMap
    notice: LanguageMap | None
    theme: str
    keywords: tuple[str, ...]
    position: int
    version: int
    relation: str | None
    object_key: str | None
    srid: int
    geometry_type: GeometryType
    columns: tuple[Column, ...]
    key_column: str | None
    label_column: str | None
    time_start: str | None
    time_end: str | None
    searchable: bool
    feature_count: int
    extent: Extent
    bbox: Extent
    time_extent: tuple[datetime | None, datetime | None] | None
    licence: str | None
    attribution: str | None
    lineage: str | None
    raster: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    revision: int = 0

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by their names."""
        return {column.name: column for column in self.columns}

    @property
    def state(self) -> str:
        """What changes whenever the layer's features do, for validators and addresses of what is made from them."""
        return f"{self.version}.{self.revision}" if self.revision else str(self.version)

    @property
    def table(self) -> str:
        """Where the public reads the features: schema `data`."""
        return f"data.{self.relation}"

    def schema(self, *, public: bool) -> str:
        """The schema to read the features from: the table itself, or the owner's view with its predicate."""
        return "data" if public else "data_app"


@dataclass(frozen=True)
class Publication:
    """What a loader hands over: the next version of a layer. Texts left None keep what the layer has."""

    id: str
    organisation_id: UUID
    kind: Literal["vector", "raster"]
    srid: int
    geometry_type: GeometryType
    extent: Extent
    bbox: Extent
    version: int
    feature_count: int = 0
    columns: tuple[Column, ...] = ()
    relation: str | None = None
    object_key: str | None = None
    account_id: UUID | None = None
    visibility: Visibility | None = None
    title: LanguageMap | None = None
    abstract: LanguageMap | None = None
    notice: LanguageMap | None = None
    theme: str | None = None
    keywords: tuple[str, ...] | None = None
    position: int | None = None
    key_column: str | None = None
    label_column: str | None = None
    time_start: str | None = None
    time_end: str | None = None
    searchable: bool | None = None
    time_extent: tuple[datetime | None, datetime | None] | None = None
    licence: str | None = None
    attribution: str | None = None
    lineage: str | None = None
    raster: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """One of the portal's themes, in the order of the list."""

    id: str
    title: LanguageMap
