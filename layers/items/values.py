# SPDX-License-Identifier: EUPL-1.2
"""Values of requests read by the type of their column, intervals of time, and places to go on from."""

import base64
import binascii
import json
import math
import re
import zlib
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from layers.items.model import Interval, SortKey, Value
from layers.model import Column, ColumnType, Layer
from sdi.errors import InvalidParameter

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_BIGINT = 2**63
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_OPEN = ("", "..")
_DURATION = re.compile(
    r"P(?=.)(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,4})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=.)(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9})S)?)?"
)
_TOKEN_LIMIT = 8_000


def parse_value(column: Column, text: str) -> Value:
    """`text` as a value of the column's type; raises InvalidParameter naming the column."""
    try:
        return _READERS[column.type](text)
    except ValueError as error:
        message = f"The value {text[:80]!r} of {column.name!r} is not of type {column.type.value}."
        raise InvalidParameter(message, locator=column.name) from error


def parse_interval(text: str) -> Interval:
    """An instant or an interval with open ends (OGC 17-069r4, 7.15.4); a date alone is the whole day in UTC."""
    first, separator, last = text.partition("/")
    try:
        if not separator:
            return Interval(_moment(first), _moment(first, end=True))
        if last.startswith("P"):
            return Interval(_moment(first), _later(_moment(first), last))
        start = None if first in _OPEN else _moment(first)
        end = None if last in _OPEN else _moment(last, end=True)
    except (ValueError, OverflowError) as error:
        message = (
            f"Parameter 'datetime' is {text[:80]!r}; expected an RFC 3339 instant or an interval such as 2020-01-01/.."
        )
        raise InvalidParameter(message, locator="datetime") from error
    if start and end and end < start:
        raise InvalidParameter("The interval of 'datetime' ends before it starts.", locator="datetime")
    return Interval(start, end)


def encode_place(layer: Layer, sort: tuple[SortKey, ...], place: tuple[str | None, ...]) -> str:
    """The opaque `next` token of a place in a layer sorted so."""
    text = json.dumps([_digest(layer, sort), *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_place(layer: Layer, sort: tuple[SortKey, ...], token: str) -> tuple[str | None, ...]:
    """The place of a token made for this layer and order; raises InvalidParameter for any other.

    What it holds is bound as values of the sort columns' types and of the id: it can name a place and nothing else.
    """
    refused = InvalidParameter("The 'next' token is not one given out for this query.", locator="next")
    try:
        if len(token) > _TOKEN_LIMIT:
            raise refused
        held = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise refused from error
    if not isinstance(held, list) or len(held) != len(sort) + 2 or held[0] != _digest(layer, sort):
        raise refused
    place = held[1:]
    kinds = [layer.by_name[key.column].type for key in sort]
    if not all(value is None or _fits(kind, value) for kind, value in zip(kinds, place[:-1], strict=True)):
        raise refused
    if not _fits(ColumnType.INTEGER, place[-1]):
        raise refused
    return tuple(place)


def _digest(layer: Layer, sort: tuple[SortKey, ...]) -> int:
    order = ",".join(("-" if key.descending else "+") + key.column for key in sort)
    return zlib.crc32(f"{layer.id}:{order}".encode())


def _fits(kind: ColumnType, value: object) -> bool:
    """Whether this is how PostgreSQL writes a value of the type."""
    if not isinstance(value, str) or "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        return False
    pattern = _WRITTEN.get(kind)
    if pattern is not None and not pattern.fullmatch(value):
        return False
    return kind is not ColumnType.INTEGER or -_BIGINT <= int(value) < _BIGINT


_WRITTEN = {
    ColumnType.INTEGER: re.compile(r"-?[0-9]{1,19}"),
    ColumnType.NUMBER: re.compile(r"-?[0-9.]{1,340}(?:e[+-][0-9]{1,3})?|NaN|-?Infinity"),
    ColumnType.BOOLEAN: re.compile(r"true|false"),
    ColumnType.DATE: re.compile(r"[0-9]{4,7}-[0-9]{2}-[0-9]{2}(?: BC)?|-?infinity"),
    ColumnType.TIMESTAMP: re.compile(
        r"[0-9]{4,6}-[0-9]{2}-[0-9]{2}[ T][0-9:.]{8,15}(?:[+-][0-9:]{2,8})?(?: BC)?|-?infinity"
    ),
}


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -_BIGINT <= int(text) < _BIGINT:
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError
    return float(text)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _moment(text: str, *, end: bool = False) -> datetime:
    """An instant in UTC unless it says otherwise; with `end` a date is the day's last moment."""
    if _DATE.fullmatch(text):
        day = datetime.combine(date.fromisoformat(text), time(), UTC)
        return day + timedelta(days=1, microseconds=-1) if end else day
    if not _MOMENT.fullmatch(text):
        raise ValueError
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _later(moment: datetime, duration: str) -> datetime:
    """The moment after an ISO 8601 duration, which the standard does not ask for and its test suite sends."""
    found = _DURATION.fullmatch(duration)
    if not found:
        raise ValueError
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    year, month = divmod(moment.year * 12 + moment.month - 1 + years * 12 + months, 12)
    moved = moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
    return moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


_READERS: Mapping[ColumnType, Callable[[str], Value]] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _moment,
}
