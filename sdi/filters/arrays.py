# SPDX-License-Identifier: EUPL-1.2
"""Array functions of OGC 21-065r2, 7.11: arrays are sets, compared element by element in SQL."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from sdi.errors import TooLarge

RELATIONS = frozenset({"a_equals", "a_contains", "a_containedby", "a_overlaps"})
PAIRS = 1_000
"""Comparisons of two arrays' elements."""

Condition = ColumnElement[bool]
Equal = Callable[[Any, Any], Condition]


def relate(operator: str, left: Sequence[Any], right: Sequence[Any], equal: Equal) -> Condition:
    """The condition on two arrays, whose elements `equal` compares; raises TooLarge over 1,000 pairs of elements."""
    if len(left) * len(right) > PAIRS:
        raise TooLarge(f"Two arrays of a filter may have {PAIRS} pairs of elements.")
    if operator == "a_overlaps":
        return sa.or_(sa.false(), *(equal(one, other) for one in left for other in right))
    if operator == "a_contains":
        return _contains(left, right, equal)
    if operator == "a_containedby":
        return _contains(right, left, equal)
    return sa.and_(_contains(left, right, equal), _contains(right, left, equal))


def _contains(larger: Sequence[Any], smaller: Sequence[Any], equal: Equal) -> Condition:
    found = (sa.or_(sa.false(), *(equal(item, other) for other in larger)) for item in smaller)
    return sa.and_(sa.true(), *found)
