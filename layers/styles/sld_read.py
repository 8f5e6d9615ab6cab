# SPDX-License-Identifier: EUPL-1.2
"""Reading Styled Layer Descriptors 1.0.0 (OGC 02-070) and 1.1.0 (OGC 05-078r4 with 05-077r4).

Nothing outside the document is ever called: layers with features of their own, remote layers and foreign pictures are
refused. What a style here cannot keep is told in the warnings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from lxml import etree

from layers.model import Column, ColumnType
from layers.styles.filters import Between, Combination, Comparison, Filter, Negation, Value
from layers.styles.model import Style
from layers.styles.parse import style_of
from layers.styles.sld import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_LAYERS,
    MAX_STYLES,
    VERSIONS,
    NamedLayer,
    NamedStyle,
    Notes,
    SldDocument,
    UserStyle,
    Version,
    child,
    children,
    local,
    text_at,
)
from layers.styles.sld_filters import read_filter, text_of
from layers.styles.sld_symbols import read_symbolizer
from sdi import xmlsafe
from sdi.errors import BramaError, InvalidParameter, TooLarge, Unprocessable, Unsupported

_MAX_NAME = 200
_LARGEST = 1e12
"""Scales beyond it mean no limit: programs write 1e+15 and the like for one."""


def parse_sld(data: bytes, *, locator: str = "sld") -> SldDocument:
    """The document's layers with their styles.

    Raises InvalidParameter for what is no such document, TooLarge over 256 kB, 100 layers, 100 styles or 500 rules,
    Unsupported for UserLayer, remote or inline sources, foreign pictures and filters that cannot be asked here, and
    Unprocessable for values outside the limits of styles. `locator` is the name of the parameter at fault.
    """
    root = xmlsafe.parse(data, limit=MAX_BYTES, depth=MAX_DEPTH, locator=locator)
    try:
        return _document(root)
    except BramaError as error:
        error.locator = locator
        raise


def fitted(style: Style, columns: Sequence[Column]) -> Style:
    """The style with the values of its filters in the types of the columns they are compared with.

    XML holds texts only: `5` of a text column must stay a text, `5` of a number a number.
    """
    types = {column.name: column.type for column in columns}
    rules = (
        rule if rule.filter is None else rule.model_copy(update={"filter": _fitted(rule.filter, types)})
        for rule in style.rules
    )
    return style.model_copy(update={"rules": tuple(rules)})


def _fitted(tree: Filter, types: dict[str, ColumnType]) -> Filter:
    if isinstance(tree, Negation):
        return Negation(_fitted(tree.part, types))
    if isinstance(tree, Combination):
        return Combination(tree.operator, tuple(_fitted(part, types) for part in tree.parts))
    if isinstance(tree, Between) or tree.value is None or tree.property not in types:
        return tree
    return replace(tree, value=_typed(tree, types[tree.property]))


def _typed(tree: Comparison, kind: ColumnType) -> Value:
    value = tree.value
    if kind is ColumnType.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(text_of(value).strip().lower(), value)
    if kind in (ColumnType.INTEGER, ColumnType.NUMBER) and isinstance(value, str) and tree.operator != "*=":
        try:
            return float(value)
        except ValueError:
            return value
    return text_of(value) if kind not in (ColumnType.INTEGER, ColumnType.NUMBER) else value


def _document(root: etree._Element) -> SldDocument:
    version = root.get("version", "")
    if local(root) != "StyledLayerDescriptor" or version not in VERSIONS:
        raise InvalidParameter(f"A StyledLayerDescriptor of version {' or '.join(VERSIONS)} is read.")
    read = _Reader(version)
    foreign = children(root, "UserLayer", "UseSLDLibrary")
    if foreign:
        message = f"{local(foreign[0])} is not read: layers are the server's own, by NamedLayer."
        raise Unsupported(message)
    layers = children(root, "NamedLayer")
    if not layers:
        raise InvalidParameter("The style document has no NamedLayer.")
    if (
        len(layers) > MAX_LAYERS
        or sum(len(children(layer, "UserStyle", "NamedStyle")) for layer in layers) > MAX_STYLES
    ):
        raise TooLarge(f"A style document has at most {MAX_LAYERS} layers and {MAX_STYLES} styles.")
    made = tuple(read.layer(layer) for layer in layers)
    return SldDocument(made, read.version, tuple(read.notes.found))


class _Reader:
    def __init__(self, version: str) -> None:
        self.version: Version = "1.0.0" if version == "1.0.0" else "1.1.0"
        self.notes = Notes()

    def layer(self, element: etree._Element) -> NamedLayer:
        if child(element, "LayerFeatureConstraints") is not None:
            raise Unsupported("LayerFeatureConstraints are not read: put the filter into the rules.")
        name = text_at(element, "Name")
        if not name:
            raise InvalidParameter("A NamedLayer has no Name.")
        styles = children(element, "UserStyle", "NamedStyle")
        return NamedLayer(name[:_MAX_NAME], tuple(map(self.style, styles)))

    def style(self, element: etree._Element) -> NamedStyle | UserStyle:
        name = text_at(element, "Name")[:_MAX_NAME]
        if local(element) == "NamedStyle":
            return NamedStyle(name)
        rules: list[dict[str, Any]] = []
        for part in children(element, "FeatureTypeStyle"):
            rules += self.rules(part)
        for part in children(element, "CoverageStyle", "OnlineResource"):
            raise Unsupported(f"{local(part)} of a style is not read: rules stand in a FeatureTypeStyle.")
        if not rules:
            raise Unprocessable("A style of the document has no rule that draws anything.")
        title = text_at(element, "Title") or text_at(element, "Description", "Title")
        style = style_of({"name": name, "rules": rules})
        return UserStyle(name, style, title[:_MAX_NAME], text_at(element, "IsDefault") in ("1", "true"))

    def rules(self, element: etree._Element) -> list[dict[str, Any]]:
        if child(element, "OnlineResource") is not None:
            raise Unsupported("A style by OnlineResource is not read: the server calls no other address.")
        found = children(element, "Rule")
        others: list[Filter | None] = []
        for rule in found:
            self.notes.count_rule()
            condition = child(rule, "Filter")
            if child(rule, "ElseFilter") is None:
                others.append(None if condition is None else read_filter(condition))
            if child(rule, "OnlineResource") is not None:
                raise Unsupported("A rule by OnlineResource is not read: the server calls no other address.")
        made = (self.rule(rule, others) for rule in found)
        return [rule for rule in made if rule is not None]

    def rule(self, element: etree._Element, others: list[Filter | None]) -> dict[str, Any] | None:
        symbols = [part for part in children(element) if local(part).endswith("Symbolizer")]
        drawn = [values for part in symbols if (values := read_symbolizer(part, self.version, self.notes))]
        title = text_at(element, "Title") or text_at(element, "Description", "Title") or text_at(element, "Name")
        found: dict[str, Any] = {"name": title[:_MAX_NAME], "symbolizers": drawn}
        if child(element, "LegendGraphic") is not None:
            self.notes.lost("LegendGraphic: legends are drawn from the rules")
        if child(element, "ElseFilter") is not None:
            if not others or None in others:
                self.notes.lost("a rule for all other features, of which there are none")
                return None
            found["filter"] = Negation(_any(filter(None, others)))
        elif (condition := child(element, "Filter")) is not None:
            found["filter"] = read_filter(condition)
        found |= self.scales(element)
        if not drawn:
            self.notes.lost("a rule that draws nothing")
            return None
        return found

    def scales(self, element: etree._Element) -> dict[str, Any]:
        limits = {}
        for name, key in (("MinScaleDenominator", "min"), ("MaxScaleDenominator", "max")):
            if text := text_at(element, name):
                try:
                    limits[key] = float(text)
                except ValueError as error:
                    raise InvalidParameter(f"{name} is a number, not {text[:40]!r}.") from error
        if limits.get("max", 0) > _LARGEST:
            del limits["max"]
        return {"scaleDenominator": limits} if limits else {}


def _any(parts: Iterable[Filter]) -> Filter:
    found = tuple(parts)
    return found[0] if len(found) == 1 else Combination("||", found)
