# SPDX-License-Identifier: EUPL-1.2
"""Constraints and sorting of CSW as SQL: CQL and Filter become one tree, whose names and texts are the catalogue's."""

from typing import Any

from lxml import etree
from sqlalchemy import ColumnElement, Text, and_, cast

from catalogue.csw.cql import to_cql2
from catalogue.csw.model import SortKey
from catalogue.csw.queryables import NAMES, SCHEMA, known, sort_column
from catalogue.store import RECORD
from sdi.filters.compile import compile_filter
from sdi.filters.fes import from_xml
from sdi.filters.parse import Filter, from_text, make_filter
from sdi.filters.schema import Kind

_LOCATOR = "constraint"
_EXACT = frozenset({"identifier", "type", "language"})
"""Texts that are codes: they are compared without case only."""


def condition(constraint: str | etree._Element) -> ColumnElement[bool]:
    """The condition of CQL text or of an ogc:Filter (1.1.0); raises the refusals of `sdi.filters`."""
    asked = _read(constraint)
    prepared = make_filter(_prepare(asked.tree), asked.crs, locator=_LOCATOR)
    made = compile_filter(prepared, SCHEMA, locator=_LOCATOR)
    return and_(made, cast(RECORD.c.id, Text).in_(asked.ids)) if asked.ids else made


def order(keys: tuple[SortKey, ...]) -> tuple[ColumnElement[Any], ...]:
    """By what records are sorted: as asked, else by title; the id makes the order total."""
    asked = [(sort_column(key.name), key.descending) for key in keys] or [(RECORD.c.name, False)]
    return (*(column.desc() if descending else column.asc() for column, descending in asked), RECORD.c.id)


def _read(constraint: str | etree._Element) -> Filter:
    if isinstance(constraint, str):
        return from_text(to_cql2(constraint), locator=_LOCATOR)
    return from_xml(constraint, SCHEMA, names=NAMES)


def _prepare(node: Any) -> Any:
    """The tree with canonical names; texts that are compared with folded columns are folded too."""
    match node:
        case {"property": str(name)}:
            return {"property": known(name, _LOCATOR)}
        case {"op": str(operator), "args": [left, right, *more]} if (column := _text(left)) is not None:
            return _comparison(operator, column, [right, *more])
        case {"op": str(), "args": list(arguments)}:
            return {**node, "args": [_prepare(argument) for argument in arguments]}
        case list():
            return [_prepare(item) for item in node]
    return node


def _text(node: Any) -> str | None:
    """The canonical name of a text property, also inside CASEI and ACCENTI; None for anything else."""
    match node:
        case {"property": str(name)}:
            found = known(name, _LOCATOR)
            return found if SCHEMA[found].kind is Kind.TEXT else None
        case {"op": "casei" | "accenti", "args": [inner]}:
            return _text(inner)
    return None


def _comparison(operator: str, name: str, values: list[Any]) -> dict[str, Any]:
    values = [_plain(value) for value in values]
    if operator == "=" and name in ("anytext", "subject") and isinstance(values[0], str):
        word = _escape(values[0])
        operator, values = "like", [f"%|{word}|%" if name == "subject" else f"%{word}%"]
    elif operator == "like" and name == "anytext" and isinstance(values[0], str):
        # The text of a record is long: nobody looks for one that is all of it.
        values = [f"%{values[0]}%"]
    column: Any = {"property": name}
    if name in _EXACT and operator == "like":
        column = {"op": "casei", "args": [column]}
    return {"op": operator, "args": [column, *(_folded(value, name) for value in values)]}


def _plain(value: Any) -> Any:
    match value:
        case {"op": "casei" | "accenti", "args": [inner]}:
            return _plain(inner)
        case list():
            return [_plain(item) for item in value]
    return _prepare(value)


def _folded(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_folded(item, name) for item in value]
    if not isinstance(value, str) or name in _EXACT:
        return value.lower() if isinstance(value, str) else value
    return {"op": "casei", "args": [{"op": "accenti", "args": [value]}]}


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
