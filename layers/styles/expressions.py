# SPDX-License-Identifier: EUPL-1.2
"""Filters and label templates as expressions of Mapnik, with every text escaped."""

from collections.abc import Collection

from layers.styles.filters import GEOMETRY_TYPE, Between, Combination, Comparison, Filter, Negation, Value
from layers.styles.model import Text
from sdi.errors import Unprocessable

_OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMBINE = {"&&": " and ", "||": " or "}
_GEOMETRY = {"Point": "point", "LineString": "linestring", "Polygon": "polygon"}


def expression(tree: Filter, columns: Collection[str]) -> str:
    """`tree` in Mapnik's language; raises Unprocessable for a property that is not in `columns`."""
    if isinstance(tree, Negation):
        return f"not ({expression(tree.part, columns)})"
    if isinstance(tree, Combination):
        return _COMBINE[tree.operator].join(f"({expression(part, columns)})" for part in tree.parts)
    if isinstance(tree, Between):
        name = attribute(tree.property, columns)
        return f"{name} >= {_literal(tree.least)} and {name} <= {_literal(tree.greatest)}"
    return _comparison(tree, columns)


def label(symbolizer: Text, columns: Collection[str]) -> str:
    """The label's template in Mapnik's language."""
    parts = [
        attribute(piece, columns) if number % 2 else quoted(piece)
        for number, piece in enumerate(symbolizer.pieces())
        if piece
    ]
    return " + ".join(parts)


def attribute(name: str, columns: Collection[str]) -> str:
    """A column's value; raises Unprocessable for one that the layer has not."""
    if name not in columns:
        raise Unprocessable(f"The style uses the column {name!r}, which the layer has not")
    if set("[]") & set(name):
        raise Unprocessable(f"A style cannot use the column {name!r}, whose name has brackets")
    return f"[{name}]"


def quoted(text: str) -> str:
    """A text literal; everything but ASCII letters, digits and spaces is an escape."""
    return "'" + "".join(map(_escaped, text)) + "'"


def _escaped(sign: str) -> str:
    if sign.isascii() and (sign.isalnum() or sign == " "):
        return sign
    code = ord(sign)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _comparison(tree: Comparison, columns: Collection[str]) -> str:
    if tree.property == GEOMETRY_TYPE:
        return f"[mapnik::geometry_type] {_OPERATORS[tree.operator]} {_GEOMETRY[str(tree.value)]}"
    name = attribute(tree.property, columns)
    if tree.operator == "*=":
        pattern = "".join(f"\\x{{{ord(sign):x}}}" for sign in str(tree.value))
        return f"{name}.match({quoted(f'(?s).*{pattern}.*')})"
    compared = f"{name} {_OPERATORS[tree.operator]} {_literal(tree.value)}"
    # A missing value differs from nothing, as in SQL; Mapnik alone would say that it does.
    return f"{compared} and {name} != null" if tree.operator == "!=" and tree.value is not None else compared


def _literal(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else f"({value!r})"
