# SPDX-License-Identifier: EUPL-1.2
"""What the reading process is asked and what it answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class Format(StrEnum):
    """Formats that are read, told by content."""

    SHAPEFILE = "shapefile"
    GEOPACKAGE = "geopackage"
    GEOJSON = "geojson"
    GML = "gml"
    KML = "kml"
    CSV = "csv"
    FLATGEOBUF = "flatgeobuf"
    GEOTIFF = "geotiff"


class Refused(Exception):
    """The file cannot be read as asked; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Task:
    """One reading: `path` is a plain local file whose content is of `format`."""

    path: str
    format: Format
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    target: str | None = None
    """Where a raster is written."""
    more: tuple[str, ...] = ()
    """Rasters that lie over `path` in one mosaic, each over those before it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something found out about a file, and why it is believed."""

    what: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute as the file has it; `type` is a value of `layers.model.ColumnType`."""

    source: str
    type: str


@dataclass(frozen=True)
class Source:
    """An opened layer: its fields in order and batches with columns `geom` (WKB) and one a field, not yet checked.

    `features` is the expected number or -1. `crs` is what the file says (WKT or `EPSG:n`), None when it says nothing.
    """

    fields: tuple[Field, ...]
    crs: str | None
    batches: "Iterator[pa.RecordBatch]"
    features: int = -1
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[str, ...] = ()
    crs_why: str = "declared by the file"


@dataclass
class Tally:
    """Counts of one batch, which travel beside it."""

    types: dict[str, int] = field(default_factory=dict)
    repaired: int = 0
    flattened: int = 0
    nul: int = 0
    bad_text: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"types": self.types, "repaired": self.repaired, "flattened": self.flattened, "nul": self.nul,
                "bad_text": self.bad_text}  # fmt: skip
