# SPDX-License-Identifier: EUPL-1.2
"""What may be asked of a layer's features, and what comes back: frozen values without SQL or HTTP."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sdi.crs import CRS84, Box, Crs
from sdi.filters.parse import Filter

Value = str | int | float | bool | date | datetime
CountMethod = Literal["exact", "estimated", "none"]


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by. NULLs count as the largest value: last when ascending, first when descending."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of time, both ends included; None is an open end."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class ItemQuery:
    """Which features of a layer, in which order and how.

    `box` may be in any served CRS, `crs` is that of the answer with its axis order. `properties` None means all.
    `as_of` asks for the features as they were at that moment.
    `after` are the sort values and the id of the last feature of the page before, as `FeaturePage.next` gave them.
    """

    limit: int = 10
    crs: Crs = CRS84
    box: Box | None = None
    interval: Interval | None = None
    equals: tuple[tuple[str, Value], ...] = ()
    filter: Filter | None = None
    sort: tuple[SortKey, ...] = ()
    properties: tuple[str, ...] | None = None
    after: tuple[str | None, ...] | None = None
    as_of: datetime | None = None

    @property
    def selects(self) -> bool:
        """Whether it asks for less than the whole layer."""
        return bool(self.box or self.interval or self.equals or self.filter or self.as_of)


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """A page of features, encoded and joined by commas; `next` is the place to go on from, None at the end."""

    features: bytes
    returned: int
    next: tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many features match and how that is known."""

    number: int
    method: CountMethod
