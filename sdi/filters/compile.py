# SPDX-License-Identifier: EUPL-1.2
"""CQL2 JSON into one SQLAlchemy condition: names only from the schema, literals always bound."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from sdi.crs import Crs
from sdi.errors import InvalidParameter, TooLarge
from sdi.filters import arrays, spatial, temporal
from sdi.filters.functions import FUNCTIONS
from sdi.filters.parse import Filter
from sdi.filters.schema import Kind, Queryable, Schema
from sdi.filters.spatial import Place
from sdi.filters.temporal import Span
from sdi.filters.values import Value, arithmetic, bind_list, bind_pair, fold, from_column, from_literal

Condition = ColumnElement[bool]
ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "div", "^"})
COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
PREDICATES = COMPARISONS | {"and", "or", "not", "isnull", "between", "in", "like"}
RELATIONS = spatial.FUNCTIONS.keys() | temporal.RELATIONS | arrays.RELATIONS
LIST = 10_000


def compile_filter(filter_: Filter, schema: Schema, *, locator: str = "filter") -> Condition:
    """The condition of a filter over the queryables of `schema`; `filter_.ids` are the caller's to apply.

    Raises InvalidParameter for unknown names and functions, kinds that do not fit and bad literals, TooLarge over the
    limits of lists, arrays and vertices.
    """
    try:
        return _Compiler(schema, filter_.crs).condition(filter_.tree)
    except (InvalidParameter, TooLarge) as error:
        error.locator = error.locator or locator
        raise


class _Compiler:
    def __init__(self, schema: Schema, crs: Crs) -> None:
        self.schema = schema
        self.crs = crs
        self.srid = next((found.srid for found in schema.values() if found.kind is Kind.GEOMETRY), crs.srid)

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
            case _ if operator in FUNCTIONS and FUNCTIONS[operator].returns is Kind.BOOLEAN:
                made = self.call(operator, arguments)
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
            _check_times(operator, left, right)
            return temporal.relate(operator, self.span(left), self.span(right))
        if operator in arrays.RELATIONS:
            return arrays.relate(operator, self.array(left), self.array(right), self.same)
        raise self.unknown(operator)

    def unknown(self, operator: str) -> InvalidParameter:
        if operator in PREDICATES | ARITHMETIC | RELATIONS | FUNCTIONS.keys() | {"casei", "accenti"}:
            return InvalidParameter(f"{operator[:40]!r} has arguments that do not fit.")
        return InvalidParameter(f"There is no function {operator[:40]!r}; there are {', '.join(FUNCTIONS)}.")

    def queryable(self, name: str) -> Queryable:
        if name not in self.schema:
            known = ", ".join(sorted(self.schema)[:50])
            raise InvalidParameter(f"There is no property {name[:80]!r}; there are {known}.")
        return self.schema[name]

    def is_null(self, node: Any) -> Condition:
        match node:
            case {"property": str(name)}:
                return self.queryable(name).column.is_(None)
            case {"interval": [_, _]}:
                span = self.span(node)
                ends = [end.is_(None) for end in (span.first, span.last) if isinstance(end, ColumnElement)]
                return sa.or_(sa.false(), *ends)
        if self.is_geometry(node):
            return spatial.as_sql(self.place(node), self.srid, self.crs).is_(None)
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
        if operator in PREDICATES | RELATIONS:
            return Value(Kind.BOOLEAN, self.operation(operator, arguments))
        if operator in FUNCTIONS and FUNCTIONS[operator].returns is not Kind.GEOMETRY:
            return Value(FUNCTIONS[operator].returns, self.call(operator, arguments))
        raise self.unknown(operator)

    def call(self, name: str, arguments: list[Any]) -> ColumnElement[Any]:
        """A function of the list; geometry among its arguments is brought into one reference system."""
        function = FUNCTIONS[name]
        if len(arguments) != len(function.arguments):
            raise InvalidParameter(f"{name!r} takes {len(function.arguments)} arguments, not {len(arguments)}.")
        given = list(zip((kinds for _, kinds in function.arguments), arguments, strict=True))
        places = [self.place(node) for kinds, node in given if kinds == (Kind.GEOMETRY,)]
        srid = next((place.srid for place in places if place.srid), self.srid)
        if any(place.srid not in (0, srid) for place in places):
            raise InvalidParameter(f"The geometries of {name!r} have different reference systems.")
        shapes = iter([spatial.as_sql(place, srid, self.crs) for place in places])
        made = [
            next(shapes) if kinds == (Kind.GEOMETRY,) else self.argument(name, node, kinds) for kinds, node in given
        ]
        return function.make(made, srid)

    def argument(self, name: str, node: Any, kinds: tuple[Kind, ...]) -> ColumnElement[Any]:
        value = self.value(node)
        if value.kind not in kinds and not (value.kind.is_numeric and Kind.NUMBER in kinds):
            raise InvalidParameter(f"{name!r} takes {kinds[0]}, not {value.kind}.")
        if value.kind.is_temporal:
            return temporal.as_sql(value)
        return value.bind(sa.Numeric() if value.kind.is_numeric else None)

    def is_geometry(self, node: Any) -> bool:
        match node:
            case {"property": str(name)}:
                return self.queryable(name).kind is Kind.GEOMETRY
            case {"op": str(operator)}:
                found = FUNCTIONS.get(operator.lower())
                return found is not None and found.returns is Kind.GEOMETRY
        return isinstance(node, dict) and ("type" in node or "bbox" in node)

    def place(self, node: Any) -> Place:
        match node:
            case {"property": str(name)}:
                found = self.queryable(name)
                if found.kind is not Kind.GEOMETRY:
                    raise InvalidParameter(f"The property {name!r} is not a geometry.")
                return Place(found.column, found.srid)
            case {"op": str(operator), "args": list(arguments)} if self.is_geometry(node):
                return Place(self.call(operator.lower(), arguments), self.srid)
        return Place(literal=node)

    def array(self, node: Any) -> list[Any]:
        if not isinstance(node, list):
            raise InvalidParameter(f"An array is needed, such as ('a', 'b'), not {_show(node)}.")
        return node

    def same(self, one: Any, other: Any) -> Condition:
        """Whether two elements of arrays are equal; those of different kinds never are."""
        if isinstance(one, list) or isinstance(other, list):
            both = isinstance(one, list) and isinstance(other, list)
            return arrays.relate("a_equals", one, other, self.same) if both else sa.false()
        if self.is_geometry(one) or self.is_geometry(other):
            both = self.is_geometry(one) and self.is_geometry(other)
            return spatial.relate("s_equals", self.place(one), self.place(other), self.crs) if both else sa.false()
        if any(isinstance(item, dict) and "interval" in item for item in (one, other)):
            return temporal.relate("t_equals", self.span(one), self.span(other))
        a, b = self.value(one), self.value(other)
        if a.kind == b.kind or all(v.kind.is_numeric for v in (a, b)) or all(v.kind.is_temporal for v in (a, b)):
            return self.comparison("=", one, other)
        return sa.false()

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


def _check_times(operator: str, *operands: Any) -> None:
    """Refuse instants where the relation is one of intervals (OGC 21-065r2, 7.10)."""
    if operator in temporal.OF_INTERVALS and not all(isinstance(one, dict) and "interval" in one for one in operands):
        message = f"{operator.upper()} relates intervals; an instant `a` is written INTERVAL(a, a)."
        raise InvalidParameter(message, locator="filter")
