# SPDX-License-Identifier: EUPL-1.2
"""Conditions that every search of the catalogue takes by itself: a box, a time."""

import re
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, true

from catalogue import service
from catalogue.store import RECORD
from sdi.crs import CRS84, Crs, parse_bbox
from sdi.errors import InvalidParameter

_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
_OPEN = ("", "..")


def box(text: str, crs: Crs = CRS84, locator: str = "bbox") -> ColumnElement[bool]:
    """Records whose extent touches the box of four (or six) numbers in `crs`."""
    return service.within(parse_bbox(text, crs, locator=locator))


def interval(text: str, locator: str = "datetime") -> ColumnElement[bool]:
    """Records whose time meets an instant or an interval (`2020-01-01/..`); those without time meet any.

    (OGC 17-069r4, 7.15.4.) Records tell their time in days.
    """
    first, between, last = text.partition("/")
    start, end = _end(first, locator), _end(last if between else first, locator)
    if (start is None and end is None) or (start and end and end < start):
        raise InvalidParameter(f"Parameter {locator!r} is no instant and no interval such as 2020-01-01/..",
                               locator=locator)  # fmt: skip
    begins, ends = RECORD.c.time_begin, RECORD.c.time_end
    return and_(
        true() if end is None else or_(begins.is_(None), begins <= end),
        true() if start is None else or_(ends.is_(None), ends >= start),
    )


def _end(text: str, locator: str) -> date | None:
    if text in _OPEN:
        return None
    found = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError as error:
        message = f"Parameter {locator!r} is {text[:80]!r}; expected an instant of RFC 3339 or an interval."
        raise InvalidParameter(message, locator=locator) from error
