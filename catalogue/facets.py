# SPDX-License-Identifier: EUPL-1.2
"""Facets of a search: what they are, the condition of a choice, and how many of the records found have each value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, literal, null, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from catalogue.store import RECORD, options

NAMES = ("theme", "inspire", "topic", "organisation", "type", "licence", "origin")
"""Facets in the order of the page; also the names of the parameters that choose."""
_ARRAYS: Mapping[str, ColumnElement[Any]] = {"inspire": RECORD.c.inspires, "topic": RECORD.c.topics}
_ORIGIN: ColumnElement[Any] = func.coalesce(cast(RECORD.c.schema, Text), literal("layer"))
_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "theme": RECORD.c.theme, "organisation": RECORD.c.organisation, "type": RECORD.c.type,
    "licence": RECORD.c.licence, "origin": _ORIGIN,
}  # fmt: skip
MOST = 30
"""Most values of one facet that are told: the most frequent."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records in all, and of each facet how many with each value, the most frequent first."""

    total: int
    counts: Mapping[str, Sequence[tuple[str, int]]]


def condition(name: str, value: str) -> ColumnElement[bool]:
    """Records that have this value of the facet."""
    if name in _ARRAYS:
        return _ARRAYS[name].contains([value])
    return _COLUMNS[name] == value


def count(connection: Connection, where: Sequence[ColumnElement[bool]], *, public: bool) -> Counted:
    """Count the records that meet the conditions, in one statement that finds them once."""
    rows = connection.execute(statement(where), execution_options=options(public=public)).all()
    counts: dict[str, list[tuple[str, int]]] = {name: [] for name in NAMES}
    total = 0
    for name, value, number in rows:
        if name == "total":
            total = int(number)
        elif value and len(counts[name]) < MOST:
            counts[name].append((value, int(number)))
    return Counted(total, counts)


def statement(where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Rows of facet, value and number, the most frequent first; one of them is the total.

    Records are counted by what they have together first: there are few such combinations, however many records.
    """
    columns = [column.label(name) for name, column in (*_COLUMNS.items(), *_ARRAYS.items())]
    number = func.count().label("number")
    found = select(*columns, number).select_from(RECORD).where(*where).group_by(*columns)
    combined = found.cte("found").prefix_with("MATERIALIZED")
    count_all = func.coalesce(func.sum(combined.c.number), 0)
    parts: list[Any] = [
        select(literal("total").label("name"), null().label("value"), count_all.label("number")).select_from(combined)
    ]
    for name in NAMES:
        value = func.unnest(combined.c[name]) if name in _ARRAYS else combined.c[name]
        listed = select(value.label("value"), combined.c.number).subquery()
        told = func.sum(listed.c.number)
        parts.append(select(literal(name), cast(listed.c.value, Text), told).group_by(listed.c.value))
    counted: CompoundSelect[Any] = union_all(*parts)
    rows = counted.subquery("counted")
    return select(rows).order_by(rows.c.number.desc(), rows.c.value)
