# SPDX-License-Identifier: EUPL-1.2
"""Long lists on pages: which page, in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from sdi.errors import InvalidParameter
from sdi.web.pages import this_page
from sdi.web.parameters import Parameters

SIZE = 50
_LAST = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of rows; each row holds `total`, the count of all."""

    rows: Sequence[Row[Any]]
    number: int

    @property
    def total(self) -> int:
        """How many rows there are on all pages."""
        return int(self.rows[0].total) if self.rows else 0

    @property
    def previous(self) -> str | None:
        """Address of the page before."""
        return this_page(page=self.number - 1, done=None) if self.number > 1 else None

    @property
    def following(self) -> str | None:
        """Address of the next page."""
        return this_page(page=self.number + 1, done=None) if self.number * SIZE < self.total else None


def window(asked: Parameters) -> dict[str, int]:
    """Bound values `limit` and `offset` of the page that is asked for."""
    return {"limit": SIZE, "offset": (number(asked) - 1) * SIZE}


def number(asked: Parameters) -> int:
    """The page that is asked for, from 1."""
    return asked.integer("page", 1, 1, _LAST)


def order(asked: Parameters, columns: Mapping[str, str], default: str) -> str:
    """The ORDER BY of `sort` (a column's name, `-` before it for falling); names come from `columns` only."""
    name = asked.text("sort", 60) or default
    if name.lstrip("-") not in columns:
        listed = ", ".join(columns)
        raise InvalidParameter(
            f"Parameter 'sort' is {name!r}; expected one of: {listed}, or one with - before it.", locator="sort"
        )
    return columns[name.lstrip("-")] + (" DESC NULLS LAST" if name.startswith("-") else " NULLS LAST")
