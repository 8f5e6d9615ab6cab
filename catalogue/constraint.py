# SPDX-License-Identifier: EUPL-1.2
"""Filters and sorting as SQL: whatever language they were written in, their names and texts are the catalogue's."""

from typing import Any

from lxml import etree
from sqlalchemy import ColumnElement, and_

from catalogue.queryables import MULTIPLE, NAMES, SCHEMA, known, sort_column
from catalogue.store import RECORD
from sdi.filters.compile import compile_filter
from sdi.filters.fes import from_xml
from sdi.filters.parse import Filter, make_filter
from sdi.filters.schema import Kind

_EXACT = frozenset(
    {"identifier", "type", "language", "relation", "licence", "organisation", "topiccategory", "inspire"}
)
"""Texts that are codes: they are compared without case only."""
_CASED = frozenset({"identifier", "relation", "licence"})
"""Codes in which case counts, but for LIKE."""


def condition(asked: Filter, locator: str = "constraint") -> ColumnElement[bool]:
    """The condition of a filter over the catalogue's queryables; raises the refusals of `sdi.filters`."""
    prepared = make_filter(_prepare(asked.tree, locator), asked.crs, locator=locator)
    made = compile_filter(prepared, SCHEMA, locator=locator)
    return and_(made, RECORD.c.identifier.in_(asked.ids)) if asked.ids else made


def of_xml(said: etree._Element) -> Filter:
    """An ogc:Filter (1.1.0) or fes:Filter (2.0)."""
    return from_xml(said, SCHEMA, names=NAMES)


def order(keys: tuple[tuple[str, bool], ...], locator: str = "SortBy") -> tuple[ColumnElement[Any], ...]:
    """By what records are sorted: names and whether descending, else by title; the id makes the order total."""
    asked = [(sort_column(name, locator), descending) for name, descending in keys] or [(RECORD.c.name, False)]
    return (*(column.desc() if descending else column.asc() for column, descending in asked), RECORD.c.id)


def _prepare(node: Any, locator: str) -> Any:
    """The tree with canonical names; texts that are compared with folded columns are folded too."""
    match node:
        case {"property": str(name)}:
            return {"property": known(name, locator)}
        case {"op": str(operator), "args": [left, right, *more]} if (column := _text(left, locator)) is not None:
            return _comparison(operator, column, [right, *more], locator)
        case {"op": str(), "args": list(arguments)}:
            return {**node, "args": [_prepare(argument, locator) for argument in arguments]}
        case list():
            return [_prepare(item, locator) for item in node]
    return node


def _text(node: Any, locator: str) -> str | None:
    """The canonical name of a text property, also inside CASEI and ACCENTI; None for anything else."""
    match node:
        case {"property": str(name)}:
            found = known(name, locator)
            return found if SCHEMA[found].kind is Kind.TEXT else None
        case {"op": "casei" | "accenti", "args": [inner]}:
            return _text(inner, locator)
    return None


def _comparison(operator: str, name: str, values: list[Any], locator: str) -> dict[str, Any]:
    values = [_plain(value, locator) for value in values]
    first = values[0]
    if operator in ("=", "<>") and isinstance(first, str) and (name in MULTIPLE or name == "anytext"):
        word = _escape(first)
        like = _comparison("like", name, [word], locator)
        return like if operator == "=" else {"op": "not", "args": [like]}
    if operator == "like" and isinstance(first, str):
        if name == "anytext":
            # The text of a record is long: nobody looks for one that is all of it.
            values = [f"%{first}%"]
        elif name in MULTIPLE:
            values = [f"%|{first}|%"]
    column: Any = {"property": name}
    if name in _CASED:
        if operator != "like":
            return {"op": operator, "args": [column, *values]}
        column = {"op": "casei", "args": [column]}
    return {"op": operator, "args": [column, *(_folded(value, name) for value in values)]}


def _plain(value: Any, locator: str) -> Any:
    match value:
        case {"op": "casei" | "accenti", "args": [inner]}:
            return _plain(inner, locator)
        case list():
            return [_plain(item, locator) for item in value]
    return _prepare(value, locator)


def _folded(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_folded(item, name) for item in value]
    if not isinstance(value, str):
        return value
    if name in _EXACT:
        return value.lower()
    return {"op": "casei", "args": [{"op": "accenti", "args": [value]}]}


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
