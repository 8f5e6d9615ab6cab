# SPDX-License-Identifier: EUPL-1.2
"""Values of a filter as SQL: literals bound in the column's type, casei and accenti, arithmetic."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from sdi.errors import InvalidParameter
from sdi.filters.schema import Kind, Queryable

INT64 = 2**63
REAL_MAX = 3.4e38
_LARGEST_LN = 700.0
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)

Literal = str | int | float | bool | date | datetime


@dataclass(frozen=True)
class Value:
    """An expression of a kind, or a literal that waits for the type of what it is compared with."""

    kind: Kind
    sql: ColumnElement[Any] | None = None
    literal: Literal | None = None
    folded: bool = False

    def bind(self, type_: TypeEngine[Any] | None = None) -> ColumnElement[Any]:
        """The SQL expression; a literal is a bound parameter cast to the column's type where its value fits."""
        if self.sql is not None:
            return self.sql
        if self.kind.is_numeric:
            return bind_number(self.literal, type_)  # type: ignore[arg-type]
        plain: TypeEngine[Any] = sa.Boolean() if self.kind is Kind.BOOLEAN else sa.Text()
        return sa.cast(sa.literal(self.literal, plain), plain)


def from_column(name: str, queryable: Queryable) -> Value:
    """The value of a scalar property; raises InvalidParameter for geometry and full text."""
    if queryable.kind in (Kind.GEOMETRY, Kind.FULLTEXT):
        raise InvalidParameter(f"The property {name!r} is of kind {queryable.kind} and has no plain value.")
    return Value(queryable.kind, queryable.column)


def from_literal(literal: Any) -> Value:
    """A JSON scalar, a DATE or a TIMESTAMP as value; raises InvalidParameter."""
    match literal:
        case bool():
            return Value(Kind.BOOLEAN, literal=literal)
        case int():
            return Value(Kind.INTEGER, literal=literal)
        case float():
            return Value(Kind.NUMBER, literal=literal)
        case str():
            return Value(Kind.TEXT, literal=literal)
        case {"date": str(text)}:
            return Value(Kind.DATE, literal=parse_date(text))
        case {"timestamp": str(text)}:
            return Value(Kind.TIMESTAMP, literal=parse_timestamp(text))
        case None:
            raise InvalidParameter("Nothing equals NULL; ask with IS NULL.")
    raise InvalidParameter(f"{str(literal)[:60]!r} is not a value.")


def parse_date(text: str) -> date:
    """A full date of RFC 3339; raises InvalidParameter."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidParameter(f"{text[:40]!r} is not a date like 2026-01-31.")


def parse_timestamp(text: str) -> datetime:
    """A timestamp of RFC 3339 in UTC, which is taken where no offset is written; raises InvalidParameter."""
    try:
        if _TIMESTAMP.fullmatch(text):
            found = datetime.fromisoformat(text.upper())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidParameter(f"{text[:40]!r} is not a timestamp like 2026-01-31T12:00:00Z.")


def bind_number(number: float, type_: TypeEngine[Any] | None) -> ColumnElement[Any]:
    """A number bound in the type whose index can be used, or as exact numeric where that type cannot hold it.

    Integers go as bigint: the operators between integer widths share their indexes, and none can overflow.
    """
    if isinstance(type_, sa.Float):
        exact = isinstance(type_, sa.REAL) and abs(number) < REAL_MAX
        target: TypeEngine[Any] = sa.REAL() if exact else sa.Double()
        return sa.cast(sa.literal(float(number), sa.Double()), target)
    whole = isinstance(number, int) or number.is_integer()
    if whole and -INT64 <= number < INT64 and not isinstance(type_, sa.Numeric):
        return sa.cast(sa.literal(int(number), sa.BigInteger()), sa.BigInteger())
    return sa.cast(sa.literal(Decimal(repr(number)), sa.Numeric()), sa.Numeric())


def check_comparable(left: Value, right: Value) -> None:
    """Refuses values whose kinds have no common order; raises InvalidParameter."""
    same = left.kind == right.kind or (left.kind.is_numeric and right.kind.is_numeric)
    if not same:
        raise InvalidParameter(f"A value of kind {left.kind} is not comparable with one of kind {right.kind}.")


def bind_pair(left: Value, right: Value) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Both sides of a comparison, each literal in the type of the other side; raises InvalidParameter."""
    check_comparable(left, right)
    return left.bind(_type(right)), right.bind(_type(left))


def bind_list(tested: Value, items: list[Any]) -> ColumnElement[Any] | None:
    """The texts or whole numbers of IN as one bound array, or None where they need a comparison each."""
    item: TypeEngine[Any]
    if tested.kind is Kind.TEXT and all(isinstance(value, str) for value in items):
        item = sa.Text()
    elif tested.kind is Kind.INTEGER and all(type(value) is int and -INT64 <= value < INT64 for value in items):
        item = sa.BigInteger()
    else:
        return None
    return sa.cast(sa.literal(items, ARRAY(item)), ARRAY(item))


def _type(value: Value) -> TypeEngine[Any] | None:
    return None if value.sql is None else value.sql.type


def fold(name: str, value: Value) -> Value:
    """CASEI and ACCENTI (OGC 21-065r2, 7.5): both together are the indexed function `sdi.fold`."""
    if value.kind is not Kind.TEXT:
        raise InvalidParameter(f"{name.upper()} needs text, not {value.kind}.")
    inner = value.bind()
    if value.folded:
        return value
    both = {"casefold": "accenti", "unaccented": "casei"}
    done = getattr(inner, "name", "") if isinstance(inner, sa.Function) else ""
    if both.get(done) == name:
        return Value(Kind.TEXT, sa.func.sdi.fold(*inner.clauses, type_=sa.Text()), folded=True)
    if done in both:
        return value
    function = sa.func.sdi.casefold if name == "casei" else sa.func.sdi.unaccented
    return Value(Kind.TEXT, function(inner, type_=sa.Text()))


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """Exact numeric arithmetic, which cannot overflow a column's type; division by zero is NULL.

    Raises InvalidParameter for what is not a number. Powers of small whole numbers are exact, others floating.
    """
    if not (left.kind.is_numeric and right.kind.is_numeric):
        raise InvalidParameter(f"{operator!r} needs numbers.")
    a, b = _numeric(left), _numeric(right)
    if operator == "^":
        return Value(Kind.NUMBER, _power(a, right))
    divisor = sa.func.nullif(b, sa.literal(0, sa.Integer()), type_=sa.Numeric())
    made: dict[str, Any] = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: sa.type_coerce(a, sa.Numeric()).op("/")(divisor),
        "%": lambda: a.op("%")(divisor),
        "div": lambda: sa.func.trunc(a.op("/")(divisor)),
    }
    return Value(Kind.NUMBER, sa.type_coerce(made[operator](), sa.Numeric()))


def _numeric(value: Value) -> ColumnElement[Any]:
    return sa.cast(value.bind(sa.Numeric()), sa.Numeric())


def _power(base: ColumnElement[Any], exponent: Value) -> ColumnElement[Any]:
    """A power; NULL where there is none among the reals or it is over what a double can hold."""
    if isinstance(exponent.literal, int) and 0 <= exponent.literal <= 10:
        return sa.type_coerce(sa.func.power(base, exponent.bind(sa.Numeric())), sa.Numeric())
    x: ColumnElement[Any] = sa.cast(base, sa.Double())
    y: ColumnElement[Any] = sa.cast(_numeric(exponent), sa.Double())
    size = sa.func.abs(y) * sa.func.abs(sa.func.ln(sa.func.nullif(sa.func.abs(x), 0.0)))
    made = sa.case(
        (sa.or_(size > _LARGEST_LN, sa.and_(x < 0, y != sa.func.floor(y))), None),
        (sa.and_(x == 0, y < 0), None),
        else_=sa.func.power(x, y),
    )
    return sa.cast(made, sa.Numeric())
