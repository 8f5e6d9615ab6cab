# SPDX-License-Identifier: EUPL-1.2
"""Filters of style rules in GeoStyler's form `[operator, property, value]`, read with limits and written again."""

import math
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

Value = str | int | float | bool | None
CompareOperator = Literal["==", "!=", "<", "<=", ">", ">=", "*="]
CombineOperator = Literal["&&", "||"]

GEOMETRY_TYPE = "$type"
GEOMETRY_TYPES = ("Point", "LineString", "Polygon")
MAX_DEPTH = 16
MAX_PARTS = 500
MAX_TEXT = 1_000
_BETWEEN = "<=x<="


@dataclass(frozen=True, slots=True)
class Comparison:
    """`*=` asks whether a text contains another; the property `$type` is the geometry's type."""

    operator: CompareOperator
    property: str
    value: Value

    def to_json(self) -> list[Any]:
        """GeoStyler's form."""
        return [self.operator, self.property, self.value]


@dataclass(frozen=True, slots=True)
class Between:
    """Least and greatest value, both included."""

    property: str
    least: float
    greatest: float

    def to_json(self) -> list[Any]:
        """GeoStyler's form."""
        return [_BETWEEN, self.property, self.least, self.greatest]


@dataclass(frozen=True, slots=True)
class Combination:
    """All or any of the parts."""

    operator: CombineOperator
    parts: "tuple[Filter, ...]"

    def to_json(self) -> list[Any]:
        """GeoStyler's form."""
        return [self.operator, *(part.to_json() for part in self.parts)]


@dataclass(frozen=True, slots=True)
class Negation:
    """Not the part."""

    part: "Filter"

    def to_json(self) -> list[Any]:
        """GeoStyler's form."""
        return ["!", self.part.to_json()]


Filter = Comparison | Between | Combination | Negation


def parse_filter(value: object) -> Filter:
    """The filter that `value` (from JSON, or a filter already) means; raises ValueError saying what is wrong."""
    if isinstance(value, Filter):
        return value
    return _parse(value, MAX_DEPTH, [0])


def properties(tree: Filter | None) -> set[str]:
    """Names of the columns that the filter reads."""
    if tree is None:
        return set()
    if isinstance(tree, Negation):
        return properties(tree.part)
    if isinstance(tree, Combination):
        return set().union(*(properties(part) for part in tree.parts))
    return {tree.property} - {GEOMETRY_TYPE}


def _parse(value: object, depth: int, count: list[int]) -> Filter:
    count[0] += 1
    if depth == 0:
        raise ValueError(f"a filter is nested at most {MAX_DEPTH} deep")
    if count[0] > MAX_PARTS:
        raise ValueError(f"a filter has at most {MAX_PARTS} parts")
    if not isinstance(value, list | tuple) or not value:
        raise ValueError('a filter is a list such as ["==", property, value]')
    operator, *rest = value
    if operator in get_args(CombineOperator) and rest:
        parts = tuple(_parse(part, depth - 1, count) for part in rest)
        return Combination(cast("CombineOperator", operator), parts)
    if operator == "!" and len(rest) == 1:
        return Negation(_parse(rest[0], depth - 1, count))
    return _comparison(operator, rest)


def _comparison(operator: object, rest: list[Any]) -> Filter:
    if operator == _BETWEEN and len(rest) == 3:
        return Between(_name(rest[0]), _number(rest[1]), _number(rest[2]))
    if operator not in get_args(CompareOperator) or len(rest) != 2:
        raise ValueError(f"{str(operator)[:40]!r} with {len(rest)} operands is no filter known here")
    name, value = _name(rest[0]), rest[1]
    if not isinstance(value, str | int | float | bool | None):
        raise ValueError("the value of a filter is a text, a number, true, false or null")  # noqa: TRY004 - as below
    if isinstance(value, str) and (len(value) > MAX_TEXT or not _is_text(value)):
        raise ValueError(f"a text in a filter has at most {MAX_TEXT} letters, no null and no half of a surrogate pair")
    if isinstance(value, int | float) and not isinstance(value, bool) and not math.isfinite(_number(value)):
        raise ValueError("a number in a filter is finite")
    _check_operand(cast("CompareOperator", operator), name, value)
    return Comparison(cast("CompareOperator", operator), name, value)


def _is_text(value: str) -> bool:
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value)


def _check_operand(operator: CompareOperator, name: str, value: Value) -> None:
    if name == GEOMETRY_TYPE and (operator not in {"==", "!="} or value not in GEOMETRY_TYPES):
        raise ValueError(f"{GEOMETRY_TYPE} is compared by == or != with one of {', '.join(GEOMETRY_TYPES)}")
    if operator == "*=" and not (isinstance(value, str) and value):
        raise ValueError("*= looks for a text")
    if operator not in {"==", "!=", "*="} and (value is None or isinstance(value, bool)):
        raise ValueError(f"{operator} compares with a text or a number")


def _name(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 63 or not _is_text(value):
        raise ValueError("a property is a column's name of 1 to 63 letters")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a limit of a range is a number")  # noqa: TRY004 - pydantic catches ValueError only
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("a whole number lies within 64 bits")
    return value
