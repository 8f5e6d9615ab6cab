# SPDX-License-Identifier: EUPL-1.2
"""CQL2 JSON into one SQLAlchemy condition: names only from the schema, literals always bound."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from sdi.crs import Crs
from sdi.errors import InvalidParameter, TooLarge, Unsupported
from sdi.filters import spatial, temporal
from sdi.filters.parse import Filter
from sdi.filters.schema import Kind, Queryable, Schema
from sdi.filters.spatial import Place
from sdi.filters.temporal import Span
from sdi.filters.values import Value, arithmetic, bind_list, bind_pair, fold, from_column, from_literal

Condition = ColumnElement[bool]
ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "div", "^"})
COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
LIST = 10_000


def compile_filter(filter_: Filter, schema: Schema, *, locator: str = "filter") -> Condition:
    """The condition of a filter over the queryables of `schema`; `filter_.ids` are the caller's to apply.

    Raises InvalidParameter for unknown names, kinds that do not fit and bad literals, Unsupported for functions that
    CQL2 has and this server has not, TooLarge over the limits of lists and vertices.
    """
    try:
        return _Compiler(schema, filter_.crs).condition(filter_.tree)
    except (InvalidParameter, Unsupported, TooLarge) as error:
        error.locator = error.locator or locator
        raise


class _Compiler:
    def __init__(self, schema: Schema, crs: Crs) -> None:
        self.schema = schema
        self.crs = crs

    def condition(self, node: Any) -> Condition:
        match node:
            case bool():
                return sa.true() if node else sa.false()
            case {"property": str(name)} if self.queryable(name).kind is Kind.BOOLEAN:
                return self.queryable(name).column
            case {"op": str(operator), "args": list(arguments)}:
                return self.operation(operator.lower(), arguments)
        raise InvalidParameter(f"{_show(node)} is not a condition.")

    def operation(self, operator: str, arguments: list[Any]) -> Condition:
        made: Condition
        match operator, arguments:
            case (("and" | "or"), [_, *_]):
                join = sa.and_ if operator == "and" else sa.or_
                made = join(*(self.condition(argument) for argument in arguments))
            case "not", [argument]:
                made = sa.not_(self.condition(argument))
            case "isnull", [argument]:
                made = self.is_null(argument)
            case "between", [value, low, high]:
                made = sa.and_(self.comparison(">=", value, low), self.comparison("<=", value, high))
            case "in", [value, list(items)]:
                made = self.within_list(value, items)
            case _, [left, right]:
                made = self.binary(operator, left, right)
            case _:
                raise self.unknown(operator)
        return made

    def binary(self, operator: str, left: Any, right: Any) -> Condition:
        if operator == "like":
            return self.like(left, right)
        if operator in COMPARISONS:
            return self.comparison(operator, left, right)
        if operator in spatial.FUNCTIONS:
            return spatial.relate(operator, self.place(left), self.place(right), self.crs)
        if operator in temporal.RELATIONS:
            return temporal.relate(operator, self.span(left), self.span(right))
        raise self.unknown(operator)

    def unknown(self, operator: str) -> InvalidParameter | Unsupported:
        known = {"and", "or", "not", "isnull", "between", "in", "like", "casei", "accenti"}
        if operator in known | COMPARISONS | ARITHMETIC | spatial.FUNCTIONS.keys() | temporal.RELATIONS:
            return InvalidParameter(f"{operator[:40]!r} has arguments that do not fit.")
        return Unsupported(f"The function {operator[:40]!r} is not supported.")

    def queryable(self, name: str) -> Queryable:
        if name not in self.schema:
            known = ", ".join(sorted(self.schema)[:50])
            raise InvalidParameter(f"There is no property {name[:80]!r}; there are {known}.")
        return self.schema[name]

    def is_null(self, node: Any) -> Condition:
        if isinstance(node, dict) and isinstance(node.get("property"), str):
            return self.queryable(node["property"]).column.is_(None)
        return self.value(node).bind().is_(None)

    def comparison(self, operator: str, left: Any, right: Any) -> Condition:
        if (words := self.full_text(left, right)) is not None:
            if operator != "=":
                raise InvalidParameter("Full text is searched with = or LIKE.")
            return words
        a, b = self.value(left), self.value(right)
        if temporal.kind_is_temporal(a, b):
            return temporal.relate(operator, temporal.span_of(a), temporal.span_of(b))
        x, y = bind_pair(a, b)
        made: Condition = x.op(operator, is_comparison=True)(y)
        return sa.type_coerce(made, sa.Boolean())

    def full_text(self, left: Any, right: Any) -> Condition | None:
        """The search for words if `left` is the full text of a record."""
        match left:
            case {"op": "casei" | "accenti", "args": [inner]}:
                return self.full_text(inner, right)
            case {"property": str(name)} if search := self.queryable(name).search:
                while isinstance(right, dict) and right.get("op") in ("casei", "accenti") and len(right["args"]) == 1:
                    right = right["args"][0]
                if not isinstance(right, str):
                    raise InvalidParameter(f"The property {name!r} is searched by words.")
                return search(right.replace("%", " ").replace("_", " ").replace("\\", " "))
        return None

    def within_list(self, value: Any, items: list[Any]) -> Condition:
        if len(items) > LIST:
            raise TooLarge(f"A list of IN may have {LIST} values.")
        tested = self.value(value)
        if not items:
            return sa.false()
        if (array := bind_list(tested, items)) is not None:
            return tested.bind() == sa.any_(array)
        return sa.or_(*(self.comparison("=", value, item) for item in items))

    def like(self, value: Any, pattern: Any) -> Condition:
        if (words := self.full_text(value, pattern)) is not None:
            return words
        tested, wanted = self.value(value), self.value(pattern)
        if tested.kind is not Kind.TEXT or wanted.kind is not Kind.TEXT:
            raise InvalidParameter(f"LIKE needs text, not {tested.kind}.")
        text = _literal(pattern)
        if (len(text) - len(text.rstrip("\\"))) % 2:
            raise InvalidParameter("The pattern of LIKE ends with its escape character.")
        return tested.bind().like(wanted.bind(), escape="\\")

    def value(self, node: Any) -> Value:
        match node:
            case {"property": str(name)}:
                return from_column(name, self.queryable(name))
            case {"op": str(operator), "args": list(arguments)}:
                return self.function(operator.lower(), arguments)
        return from_literal(node)

    def function(self, operator: str, arguments: list[Any]) -> Value:
        match arguments:
            case [argument] if operator in ("casei", "accenti"):
                return fold(operator, self.value(argument))
            case [left, right] if operator in ARITHMETIC:
                return arithmetic(operator, self.value(left), self.value(right))
        raise self.unknown(operator)

    def place(self, node: Any) -> Place:
        match node:
            case {"property": str(name)}:
                found = self.queryable(name)
                if found.kind is not Kind.GEOMETRY:
                    raise InvalidParameter(f"The property {name!r} is not a geometry.")
                return Place(found.column, found.srid)
        return Place(literal=node)

    def span(self, node: Any) -> Span:
        match node:
            case {"interval": [first, last]}:
                return Span(self.bound(first), self.bound(last))
        return temporal.span_of(self.value(node))

    def bound(self, node: Any) -> temporal.Bound:
        return None if node == ".." else temporal.span_of(self.value(node)).first


def _literal(node: Any) -> str:
    """The pattern itself, inside CASEI or ACCENTI too."""
    match node:
        case str():
            return node
        case {"op": "casei" | "accenti", "args": [inner]}:
            return _literal(inner)
    raise InvalidParameter("The pattern of LIKE is a text.")


def _show(node: Any) -> str:
    match node:
        case {"property": name}:
            return f"The property {str(name)[:40]!r}"
    return repr(node)[:60]
