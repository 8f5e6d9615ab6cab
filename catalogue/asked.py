# SPDX-License-Identifier: EUPL-1.2
"""What a person asks of the catalogue: words, facets, a box, a time, an order and a page, read from the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from catalogue import facets, service, terms
from catalogue.store import RECORD, Search
from sdi.crs import CRS84, Box, parse_bbox
from sdi.web.parameters import Parameters

PAGE = 20
MOST = 100
_LAST_PAGE = 100_000
POOL = 2_000
"""Of more records found only so many, the newest, are put in the order of how well they fit; the rest follow by age."""
SORTS = ("best", "newest", "title", "oldest")
"""Orders of a list; best is newest where there are neither words nor a box."""


@dataclass(frozen=True)
class Asked:
    """A search as it was asked for."""

    words: str
    chosen: Mapping[str, str]
    box: Box | None
    bbox: str
    time: str
    sort: str
    page: int
    limit: int

    @property
    def anything(self) -> bool:
        """Whether something narrows the list."""
        return bool(self.words or self.chosen or self.bbox or self.time)


def read(values: Mapping[str, str]) -> Asked:
    """The search of an address's parameters; raises the refusals of `Parameters`."""
    known = ("q", *facets.NAMES, "bbox", "datetime", "sort", "page", "limit", "f", "lang")
    sent = Parameters(dict(values), known=known)
    bbox = sent.text("bbox", 200) or ""
    return Asked(
        words=sent.text("q", 200) or "",
        chosen={name: value for name in facets.NAMES if (value := sent.text(name, 120))},
        box=parse_bbox(bbox, CRS84) if bbox else None,
        bbox=bbox,
        time=sent.text("datetime", 200) or "",
        sort=sent.choice("sort", SORTS, SORTS[0]),
        page=sent.integer("page", 1, 1, _LAST_PAGE),
        limit=sent.integer("limit", PAGE, 1, MOST),
    )


def search(asked: Asked, *, whole: bool = True) -> Search:
    """The same as a search of the store."""
    start = (asked.page - 1) * asked.limit
    ranked = asked.sort == SORTS[0] and bool(asked.words or asked.box)
    if ranked and start + asked.limit > POOL:
        newest = (RECORD.c.modified.desc(), RECORD.c.id)
        return Search(conditions(asked), newest, start, asked.limit, whole)
    return Search(conditions(asked), order(asked), start, asked.limit, whole, POOL if ranked else None)


def conditions(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    """What records have to meet."""
    found = [facets.condition(name, value) for name, value in asked.chosen.items()]
    if asked.words:
        found.append(service.words(asked.words))
    if asked.box:
        found.append(service.within(asked.box))
    if asked.time:
        found.append(terms.interval(asked.time))
    return tuple(found)


def order(asked: Asked) -> tuple[ColumnElement[Any], ...]:
    """Best first: how well words fit, and how well the place does; then the newest."""
    newest = (RECORD.c.modified.desc(), RECORD.c.id)
    if asked.sort == "title":
        return (RECORD.c.name, RECORD.c.id)
    if asked.sort == "oldest":
        return (RECORD.c.modified, RECORD.c.id)
    if asked.sort == "newest" or not (asked.words or asked.box):
        return newest
    fit = [service.rank(asked.words)] if asked.words else []
    fit += [service.nearness(asked.box)] if asked.box else []
    best = fit[0] if len(fit) == 1 else fit[0] * (1 + fit[1])
    return (best.desc(), *newest)
