# SPDX-License-Identifier: EUPL-1.2
"""`subset=Lat(51:52),Lon(20:21)` and its kin `scale-axes`, `scale-size`: parts of axes by their names.

Axes of geographic systems are Lat and Lon, of projected ones E and N: letters that mean the same in every authority.
"""

import math
import re

from sdi.crs import Box, Crs
from sdi.errors import InvalidParameter

_PART = re.compile(r"\s*\"?([A-Za-z]{1,20})\"?\(([^()]{1,200})\)\s*")
_ACROSS = frozenset(("lon", "long", "longitude", "e", "easting", "x"))
_UP = frozenset(("lat", "latitude", "n", "northing", "y"))


def parse_axes(text: str, locator: str) -> dict[str, str]:
    """What stands in the brackets of each axis, by `x` and `y`; InvalidParameter for other axes and repeated ones."""
    found: dict[str, str] = {}
    for part in re.split(r",(?![^(]*\))", text):
        matched = _PART.fullmatch(part)
        if matched is None:
            raise InvalidParameter(
                f"{locator} is written as Lat(51:52),Lon(20:21), not {text[:80]!r}.", locator=locator
            )
        name = matched[1].lower()
        axis = "x" if name in _ACROSS else "y" if name in _UP else None
        if axis is None or axis in found:
            raise InvalidParameter(f"There is no axis {matched[1]!r} here, or it is named twice.", locator=locator)
        found[axis] = matched[2]
    return found


def parse_subset(text: str, crs: Crs, whole: Box) -> Box:
    """The box that `subset` leaves of `whole`, which is in `crs` too; a single number is a line without width."""
    ends = {axis: _interval(value) for axis, value in parse_axes(text, "subset").items()}
    low_x, high_x = ends.get("x", (whole.minx, whole.maxx))
    low_y, high_y = ends.get("y", (whole.miny, whole.maxy))
    bounds = (
        whole.minx if low_x is None else low_x, whole.miny if low_y is None else low_y,
        whole.maxx if high_x is None else high_x, whole.maxy if high_y is None else high_y,
    )  # fmt: skip
    if bounds[0] > bounds[2] or bounds[1] > bounds[3]:
        raise InvalidParameter("The lower end of a subset is over its upper end.", locator="subset")
    return Box(*bounds, crs.xy)


def parse_numbers(text: str, locator: str, low: float, high: float) -> dict[str, float]:
    """One number an axis, between `low` and `high`."""
    return {axis: number(value, locator, low, high) for axis, value in parse_axes(text, locator).items()}


def number(value: str, locator: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number between `low` and `high`."""
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and low <= found <= high):
        raise InvalidParameter(f"{locator} holds {value[:40]!r}; expected a number.", locator=locator)
    return found


def _interval(value: str) -> tuple[float | None, float | None]:
    ends = value.split(":")
    if len(ends) > 2:
        raise InvalidParameter(f"A subset is low:high, not {value[:40]!r}.", locator="subset")
    low, high = (None if end.strip() in ("", "*") else number(end, "subset") for end in (ends[0], ends[-1]))
    return low, high
