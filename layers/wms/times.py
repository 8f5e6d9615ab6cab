# SPDX-License-Identifier: EUPL-1.2
"""The dimension TIME (OGC 06-042, annexes C and D): what a layer declares, and values read into spans of time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from layers.items.model import Interval
from layers.model import ColumnType, Layer
from layers.wms.model import InvalidDimensionValue

MOST = 100
"""Values of one request, and moments of one interval with a period."""
_TEXT = 4_000
_TICK = timedelta(microseconds=1)
_END = datetime.max.replace(tzinfo=UTC)
_INSTANT = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_PERIOD = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,7})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?"
)


def declared(layer: Layer) -> str | None:
    """The extent of a layer's time as `min/max/resolution`; None for a layer without time.

    A layer whose time has no end goes on to its last change; one without a beginning declares nothing.
    """
    if layer.time_extent is None or layer.time_extent[0] is None:
        return None
    start = layer.time_extent[0].astimezone(UTC)
    end = max(layer.time_extent[1] or layer.updated_at, start).astimezone(UTC)
    column = layer.by_name.get(layer.time_start or layer.time_end or "")
    if column is not None and column.type is ColumnType.DATE:
        return f"{start:%Y-%m-%d}/{end:%Y-%m-%d}/P1D"
    return f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}/PT1S"


def read_times(text: str) -> tuple[Interval | None, ...]:
    """The spans that a value of TIME means: instants, intervals with or without a period, lists; None is `current`.

    An instant written to the year, month, day, hour, minute or second is that whole year (and so on).
    Raises InvalidDimensionValue.
    """
    values = text.split(",")
    if len(values) > MOST or len(text) > _TEXT:
        raise _refused(f"TIME has over {MOST} values.")
    found = [span for value in values for span in _value(value.strip())]
    if len(found) > MOST:
        raise _refused(f"TIME means over {MOST} moments.")
    return tuple(found)


def resolve(times: tuple[Interval | None, ...], layer: Layer) -> tuple[Interval, ...]:
    """The spans for a layer, `current` being its latest time."""
    return tuple(_current(layer) if span is None else span for span in times)


def outside(times: tuple[Interval, ...], layer: Layer) -> bool:
    """Whether no span meets the layer's extent in time."""
    first, last = layer.time_extent or (None, None)
    # The extent of dates ends where their last day begins.
    until = None if last is None else min(last.astimezone(UTC), _END - timedelta(days=1)) + timedelta(days=1)
    return not any(
        (first is None or span.end is None or span.end >= first)
        and (until is None or span.start is None or span.start <= until)
        for span in times
    )


def timed(layer: Layer) -> bool:
    """Whether the layer's features have a time to be chosen by."""
    return layer.time_start is not None or layer.time_end is not None


def _current(layer: Layer) -> Interval:
    last = (layer.time_extent or (None, None))[1] or datetime.now(UTC)
    return Interval(last, last)


def _value(text: str) -> Iterator[Interval | None]:
    if text.lower() == "current":
        yield None
        return
    parts = text.split("/")
    if len(parts) == 1:
        yield Interval(*_span(text))
        return
    if len(parts) > 3:
        raise _refused(f"{text[:80]!r} is no instant and no interval.")
    (start, until), (last, end) = _span(parts[0]), _end(parts[1])
    if end < start:
        raise _refused(f"The interval {text[:80]!r} ends before it begins.")
    if len(parts) == 2:
        yield Interval(start, end)
    else:
        yield from _steps(start, until, max(last, start), parts[2])


def _end(text: str) -> tuple[datetime, datetime]:
    if text.lower() != "current":
        return _span(text)
    now = datetime.now(UTC)
    return now, now


def _steps(start: datetime, until: datetime, last: datetime, period: str) -> Iterator[Interval]:
    """The moments of an interval, each as long as its beginning was written; one span where they join."""
    if _after(start, period, 1) - _TICK <= until:
        yield Interval(start, last + (until - start))
        return
    for number in range(MOST + 1):
        moment = _after(start, period, number)
        if moment > last:
            return
        if number == MOST:
            raise _refused(f"The interval means over {MOST} moments: take a longer period.")
        yield Interval(moment, moment + (until - start))


def _after(start: datetime, period: str, times: int) -> datetime:
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise _refused(f"{period[:40]!r} is no period of ISO 8601, such as P1D.")
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) * times for part in found.groups())
    if times and not any((years, months, weeks, days, hours, minutes, seconds)):
        raise _refused("The period of an interval is over 0.")
    whole = start.month - 1 + int(months) + 12 * int(years)
    try:
        moved = start.replace(year=start.year + whole // 12, month=whole % 12 + 1, day=1)
        return moved + timedelta(days=start.day - 1 + days, weeks=weeks, hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise _refused("The period of an interval is too long.") from error


def _span(text: str) -> tuple[datetime, datetime]:
    """The first and the last moment of what is written."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise _refused(f"{text[:80]!r} is no time of ISO 8601, such as 2024-05-01 or 2024-05-01T12:00:00Z.")
    part = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        start = datetime(
            int(part["year"]), int(part.get("month", 1)), int(part.get("day", 1)), int(part.get("hour", 0)),
            int(part.get("minute", 0)), int(part.get("second", 0)), int(part.get("fraction", "").ljust(6, "0")),
            tzinfo=_zone(part.get("zone", "Z")),
        ).astimezone(UTC)  # fmt: skip
        return start, _until(start, part)
    except (ValueError, OverflowError) as error:
        raise _refused(f"{text[:80]!r} is no time that exists.") from error


def _until(start: datetime, part: dict[str, str]) -> datetime:
    if "fraction" in part:
        return start
    for name in ("second", "minute", "hour", "day"):
        if name in part:
            return start + (timedelta(**{f"{name}s": 1}) - _TICK)
    if start.year == _END.year and ("month" not in part or start.month == _END.month):
        return _END
    return _after(start, "P1M" if "month" in part else "P1Y", 1) - _TICK


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _refused(message: str) -> InvalidDimensionValue:
    return InvalidDimensionValue(message, locator="time")
