# SPDX-License-Identifier: EUPL-1.2
"""Filters of SLD rules (Filter Encoding 1.0 and 1.1, OGC 02-059 and 04-095) from and to those of GeoStyler.

What a filter cannot say is refused, never left out: a wider filter would draw what it should hide.
"""

import re
from typing import Any

from lxml import etree

from layers.styles.filters import GEOMETRY_TYPE, Between, Combination, Comparison, Filter, Negation, Value, parse_filter
from layers.styles.sld import OGC, Notes, Version, children, local
from sdi.errors import InvalidParameter, Unsupported

_COMPARISONS = {
    "PropertyIsEqualTo": "==",
    "PropertyIsNotEqualTo": "!=",
    "PropertyIsLessThan": "<",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThan": ">",
    "PropertyIsGreaterThanOrEqualTo": ">=",
}
_NAMES = {operator: name for name, operator in _COMPARISONS.items()}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DIMENSIONS = ("Point", "LineString", "Polygon")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_WILD, _ONE, _ESCAPE = "*", "?", "\\"


def read_filter(element: etree._Element) -> Filter:
    """The filter of an `ogc:Filter`; raises InvalidParameter, and Unsupported for what the styles here cannot ask."""
    inner = children(element)
    if len(inner) != 1:
        raise InvalidParameter("A Filter of a rule has one condition.", locator="sld")
    try:
        return parse_filter(_condition(inner[0]))
    except ValueError as error:
        raise InvalidParameter(f"A filter of the style cannot be used: {error}.", locator="sld") from error


def write_filter(tree: Filter, version: Version, notes: Notes) -> etree._Element:
    """An `ogc:Filter` element."""
    element = etree.Element(f"{{{OGC}}}Filter")
    element.append(_Writer(version, notes).condition(tree))
    return element


def text_of(value: Value) -> str:
    """A value as a literal."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(element: etree._Element) -> list[Any]:
    name, inner = local(element), children(element)
    if name in ("And", "Or") and inner:
        return ["&&" if name == "And" else "||", *map(_condition, inner)]
    if name == "Not" and len(inner) == 1:
        part = _condition(inner[0])
        return ["!=", part[1], None] if local(inner[0]) == "PropertyIsNull" else ["!", part]
    if name == "PropertyIsNull" and len(inner) == 1:
        return ["==", _property(inner[0]), None]
    if name in _COMPARISONS and len(inner) == 2:
        return _comparison(element, inner)
    if name == "PropertyIsBetween" and len(inner) == 3:
        low, high = (_value(_only(boundary)) for boundary in inner[1:])
        return ["<=x<=", _property(inner[0]), low, high]
    if name == "PropertyIsLike" and len(inner) == 2:
        return _like(element, inner)
    raise Unsupported(f"A style's filter cannot ask {name[:40]!r} with {len(inner)} operands here.", locator="sld")


def _only(element: etree._Element) -> etree._Element:
    inner = children(element)
    if len(inner) != 1:
        raise InvalidParameter(f"{local(element)[:40]} holds one value.", locator="sld")
    return inner[0]


def _comparison(element: etree._Element, inner: list[etree._Element]) -> list[Any]:
    operator = _COMPARISONS[local(element)]
    if element.get("matchCase") == "false":
        raise Unsupported("A style's filter compares with the case of letters.", locator="sld")
    if local(inner[0]) == "Literal":
        inner, operator = inner[::-1], _TURNED[operator]
    if local(inner[0]) == "Function":
        return [operator, GEOMETRY_TYPE, _geometry_type(inner[0], inner[1])]
    return [operator, _property(inner[0]), _value(inner[1])]


def _geometry_type(function: etree._Element, literal: etree._Element) -> str:
    value = (literal.text or "").strip()
    if function.get("name") == "dimension" and value in {"0", "1", "2"}:
        return _DIMENSIONS[int(value)]
    name = str(function.get("name"))[:40]
    raise Unsupported(f"The function {name!r} of a style's filter is not known here.", locator="sld")


def _like(element: etree._Element, inner: list[etree._Element]) -> list[Any]:
    many, one = element.get("wildCard", "*"), element.get("singleChar", "?")
    escape = element.get("escapeChar") or element.get("escape") or element.get("escapeCharacter") or "\\"
    if element.get("matchCase") == "false":
        raise Unsupported("A style's filter compares with the case of letters.", locator="sld")
    words, wild, quoted = "", [], False
    for sign in (inner[1].text or "").strip("\n\t "):
        if sign == escape and not quoted:
            quoted = True
        elif sign in (many, one) and not quoted:
            wild.append((sign, len(words)))
        else:
            words, quoted = words + sign, False
    name = _property(inner[0])
    if not wild:
        return ["==", name, words]
    if [(many, 0), (many, len(words))] == wild and words:
        return ["*=", name, words]
    raise Unsupported("PropertyIsLike of a style asks for a text contained only: *text*.", locator="sld")


def _property(element: etree._Element) -> str:
    if local(element) not in ("PropertyName", "ValueReference"):
        raise Unsupported(f"A style's filter cannot use {local(element)[:40]!r} here.", locator="sld")
    return (element.text or "").strip().rpartition("/")[2].rpartition(":")[2]


def _value(element: etree._Element) -> Value:
    if local(element) != "Literal" or children(element):
        raise Unsupported("A style's filter compares a property with a plain value.", locator="sld")
    text = element.text or ""
    trimmed = text.strip()
    if not _NUMBER.fullmatch(trimmed):
        return text
    if set(".eE") & set(trimmed):
        return float(trimmed)
    return int(trimmed) if abs(int(trimmed)) < 2**63 else text


class _Writer:
    def __init__(self, version: Version, notes: Notes) -> None:
        self._escape = "escape" if version == "1.0.0" else "escapeChar"
        self._notes = notes

    def condition(self, tree: Filter) -> etree._Element:
        if isinstance(tree, Negation):
            return _made("Not", self.condition(tree.part))
        if isinstance(tree, Combination):
            parts = [self.condition(part) for part in tree.parts]
            return parts[0] if len(parts) == 1 else _made("And" if tree.operator == "&&" else "Or", *parts)
        if isinstance(tree, Between):
            least = _made("LowerBoundary", self.literal(tree.least))
            greatest = _made("UpperBoundary", self.literal(tree.greatest))
            return _made("PropertyIsBetween", self.property(tree.property), least, greatest)
        return self.comparison(tree)

    def comparison(self, tree: Comparison) -> etree._Element:
        if tree.property == GEOMETRY_TYPE:
            function = _made("Function", self.property("geom"))
            function.set("name", "dimension")
            return _made(_NAMES[tree.operator], function, self.literal(_DIMENSIONS.index(str(tree.value))))
        name = self.property(tree.property)
        if tree.value is None:
            null = _made("PropertyIsNull", name)
            return null if tree.operator == "==" else _made("Not", null)
        if tree.operator == "*=":
            escaped = "".join(f"\\{sign}" if sign in (_WILD, _ONE, _ESCAPE) else sign for sign in str(tree.value))
            like = _made("PropertyIsLike", name, self.literal(f"*{escaped}*"))
            for attribute, sign in (("wildCard", _WILD), ("singleChar", _ONE), (self._escape, _ESCAPE)):
                like.set(attribute, sign)
            return like
        return _made(_NAMES[tree.operator], name, self.literal(tree.value))

    def property(self, name: str) -> etree._Element:
        return self._leaf("PropertyName", name)

    def literal(self, value: Value) -> etree._Element:
        return self._leaf("Literal", text_of(value))

    def _leaf(self, tag: str, text: str) -> etree._Element:
        element = _made(tag)
        element.text = printable(text, self._notes)
        return element


_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def printable(text: str, notes: Notes) -> str:
    """The text as XML 1.0 may hold it."""
    if not _FORBIDDEN.search(text):
        return text
    notes.lost("control characters of a text, which XML cannot hold")
    return _FORBIDDEN.sub("\ufffd", text)


def _made(tag: str, *inner: etree._Element) -> etree._Element:
    element = etree.Element(f"{{{OGC}}}{tag}")
    element.extend(inner)
    return element
