# SPDX-License-Identifier: EUPL-1.2
"""What the child is told: the first line it reads, as JSON; the rows follow as CSV."""

import json
from dataclasses import asdict, dataclass

TOO_LARGE = 3
"""The exit code of a child whose file would be larger than it may be."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name and its `layers.model.ColumnType`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Job:
    """What to write where. `geometry` is the OGC name of the type, `crs` a name such as `EPSG:2180` or
    `OGC:CRS84`, `missing` whether some features may have no geometry."""

    format: str
    path: str
    layer: str
    title: str
    description: str
    geometry: str
    crs: str
    missing: bool
    fields: tuple[Field, ...]

    def line(self) -> bytes:
        """As the child reads it."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Job":
        """From the line."""
        values = json.loads(line)
        values["fields"] = tuple(Field(**field) for field in values["fields"])
        return cls(**values)
