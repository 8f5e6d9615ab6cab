# SPDX-License-Identifier: EUPL-1.2
"""What a filter may ask for: names of queryables and the SQL expressions behind them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement


class Kind(StrEnum):
    """The type of a queryable or of a value in a filter."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    GEOMETRY = "geometry"
    FULLTEXT = "fulltext"

    @property
    def is_numeric(self) -> bool:
        """Whether arithmetic is possible."""
        return self in (Kind.INTEGER, Kind.NUMBER)

    @property
    def is_temporal(self) -> bool:
        """Whether it is a date or a timestamp."""
        return self in (Kind.DATE, Kind.TIMESTAMP)


@dataclass(frozen=True)
class Queryable:
    """A name's kind and SQL expression, typed as the column is; `srid` of a geometry.

    FULLTEXT has `search`, which makes the condition for the words looked for, in place of comparisons.
    """

    kind: Kind
    column: ColumnElement[Any]
    srid: int = 0
    search: Callable[[str], ColumnElement[bool]] | None = None


Schema = Mapping[str, Queryable]
