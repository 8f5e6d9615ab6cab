# SPDX-License-Identifier: EUPL-1.2
"""Times of a filter as SQL: instants and intervals as closed pairs of bounds, compared by OGC 21-065r2, 7.10."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.types import TypeEngine

from sdi.errors import InvalidParameter
from sdi.filters.schema import Kind
from sdi.filters.values import Value, parse_date, parse_timestamp

Sql = ColumnElement[Any]
Bound = date | datetime | Sql | None


@dataclass(frozen=True)
class Span:
    """A first and a last instant, both inside; None is without end."""

    first: Bound
    last: Bound


def span_of(value: Value) -> Span:
    """An instant, or the whole day of a DATE beside timestamps; raises InvalidParameter."""
    if value.sql is not None and value.kind.is_temporal:
        return Span(value.sql, value.sql)
    if isinstance(value.literal, date):
        return Span(value.literal, value.literal)
    if isinstance(value.literal, str):
        instant = parse_instant(value.literal)
        return Span(instant, instant)
    raise InvalidParameter(f"A time is needed, not a value of kind {value.kind}.")


def parse_instant(text: str) -> date:
    """A date or a timestamp, by its length."""
    return parse_timestamp(text) if len(text) > 10 else parse_date(text)


_RELATIONS: dict[str, Callable[[Sql, Sql, Sql, Sql], Sql]] = {
    "t_after": lambda a, _a, _b, b: a > b,
    "t_before": lambda _a, a, b, _b: a < b,
    "t_equals": lambda a, z, b, y: sa.and_(a == b, z == y),
    "t_intersects": lambda a, z, b, y: sa.and_(a <= y, z >= b),
    "t_disjoint": lambda a, z, b, y: sa.or_(a > y, z < b),
    "t_during": lambda a, z, b, y: sa.and_(a > b, z < y),
    "t_contains": lambda a, z, b, y: sa.and_(a < b, z > y),
    "t_meets": lambda _a, z, b, _y: z == b,
    "t_metby": lambda a, _z, _b, y: a == y,
    "t_overlaps": lambda a, z, b, y: sa.and_(a < b, z > b, z < y),
    "t_overlappedby": lambda a, z, b, y: sa.and_(a > b, a < y, z > y),
    "t_starts": lambda a, z, b, y: sa.and_(a == b, z < y),
    "t_startedby": lambda a, z, b, y: sa.and_(a == b, z > y),
    "t_finishes": lambda a, z, b, y: sa.and_(a > b, z == y),
    "t_finishedby": lambda a, z, b, y: sa.and_(a < b, z == y),
    "=": lambda a, z, b, y: sa.and_(a >= b, z <= y),
    "<>": lambda a, z, b, y: sa.or_(a < b, z > y),
    "<": lambda _a, z, b, _y: z < b,
    ">": lambda a, _z, _b, y: a > y,
    "<=": lambda _a, z, _b, y: z <= y,
    ">=": lambda a, _z, b, _y: a >= b,
}
RELATIONS = frozenset(_RELATIONS)
_OF_INSTANTS = ("t_after", "t_before", "t_equals", "t_intersects", "t_disjoint", "=", "<>", "<", ">", "<=", ">=")
OF_INTERVALS = RELATIONS.difference(_OF_INSTANTS)
"""Relations that instants cannot have (OGC 21-065r2, 7.10): both operands are intervals."""


def relate(operator: str, left: Span, right: Span) -> ColumnElement[bool]:
    """The condition; raises InvalidParameter when dates and timestamps of two columns meet."""
    types: list[TypeEngine[Any]] = [
        bound.type for span in (left, right) for bound in (span.first, span.last) if isinstance(bound, ColumnElement)
    ] or [sa.DateTime(timezone=True)]
    if len({isinstance(type_, sa.Date) for type_ in types}) > 1:
        raise InvalidParameter("A date property is not comparable with a timestamp property.")
    a, z = _bind(left.first, types[0], last=False), _bind(left.last, types[0], last=True)
    b, y = _bind(right.first, types[0], last=False), _bind(right.last, types[0], last=True)
    return _RELATIONS[operator](a, z, b, y)


def _bind(bound: Bound, type_: TypeEngine[Any], *, last: bool) -> Sql:
    if isinstance(bound, ColumnElement):
        return bound
    if bound is None:
        text = "infinity" if last else "-infinity"
    elif isinstance(type_, sa.Date):
        text = (bound.date() if isinstance(bound, datetime) else bound).isoformat()
    else:
        instant = bound if isinstance(bound, datetime) else datetime.combine(bound, time.max if last else time.min, UTC)
        text = (instant if getattr(type_, "timezone", False) else instant.replace(tzinfo=None)).isoformat()
    return sa.cast(sa.literal(text, sa.Text()), type_)


def as_sql(value: Value) -> Sql:
    """A date or an instant as SQL, whether a property or a literal."""
    bound = span_of(value).first
    dated = not isinstance(bound, datetime)
    return _bind(bound, sa.Date() if dated else sa.DateTime(timezone=True), last=False)


def kind_is_temporal(*values: Value) -> bool:
    """Whether the comparison is one of times."""
    return any(value.kind.is_temporal for value in values) and all(
        value.kind.is_temporal or (value.kind is Kind.TEXT and value.sql is None) for value in values
    )
