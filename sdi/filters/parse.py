# SPDX-License-Identifier: EUPL-1.2
"""CQL2 text and JSON (OGC 21-065r2) into `Filter`, which holds CQL2 JSON."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import cql2

from sdi.crs import CRS84, Crs
from sdi.errors import InvalidParameter
from sdi.filters import arrays, scan

DIGITS = 40
"""Digits of an integer literal; bigint has 19."""

_POSITION = re.compile(r"-->\s*(\d+):(\d+)")


@dataclass(frozen=True)
class Filter:
    """A filter as CQL2 JSON text, the CRS (with axis order) of its geometry, and ids from FES ResourceId or FeatureId.

    A feature passes if the condition holds and, where there are ids, its id is among them.
    """

    text: str
    crs: Crs = CRS84
    ids: tuple[str, ...] = ()

    @cached_property
    def tree(self) -> Any:
        """The condition as parsed CQL2 JSON."""
        return json.loads(self.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of the properties asked for."""
        return frozenset(_names(self.tree))


def make_filter(tree: Any, crs: Crs = CRS84, ids: tuple[str, ...] = (), *, locator: str | None = None) -> Filter:
    """A filter of a CQL2 JSON tree within the limits; raises TooLarge and InvalidParameter."""
    scan.check_tree(tree, locator=locator)
    try:
        return Filter(json.dumps(tree, ensure_ascii=False, allow_nan=False), crs, ids)
    except ValueError as error:
        raise InvalidParameter("A number of the filter is not finite.", locator=locator) from error


def from_text(text: str, *, crs: Crs = CRS84, locator: str = "filter") -> Filter:
    """CQL2 text, its geometry in `crs` and that system's axis order; raises InvalidParameter and TooLarge."""
    source = scan.check_size(text, locator=locator)
    prepared = scan.prepare_text(source, locator=locator)
    try:
        tree = cql2.parse_text(prepared).to_json()
    except cql2.ParseError as error:
        raise InvalidParameter(_explain(error, prepared), locator=locator) from error
    scan.check_tree(tree, locator=locator)
    return make_filter(_restore(tree, locator), crs, locator=locator)


def from_json(source: str | bytes, *, crs: Crs = CRS84, locator: str = "filter") -> Filter:
    """CQL2 JSON, its geometry in `crs` and that system's axis order; raises InvalidParameter and TooLarge."""
    text = scan.check_size(source, locator=locator)
    scan.check_json(text, locator=locator)
    try:
        cql2.parse_json(text)
        tree = json.loads(text, parse_int=partial(_integer, locator=locator))
    except (cql2.ParseError, ValueError) as error:
        raise InvalidParameter(f"The filter is not CQL2 JSON: {str(error)[:200]}", locator=locator) from error
    if any(isinstance(node, str) and "\0" in node for node, _ in scan.walk(tree)):
        raise InvalidParameter("The filter has control characters.", locator=locator)
    return make_filter(tree, crs, locator=locator)


def _integer(digits: str, locator: str | None) -> int:
    if len(digits) > DIGITS:
        raise InvalidParameter(f"A number of the filter has over {DIGITS} digits.", locator=locator)
    return int(digits)


def _explain(error: cql2.ParseError, prepared: str) -> str:
    found = _POSITION.search(str(error))
    if not found:
        return "The filter is not CQL2 text."
    lines = prepared.split("\n")
    line, column = int(found[1]), int(found[2])
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    rest = rest.replace(scan.GROUP, "").replace(scan.EXACT, "")[:40]
    return f"The filter is not CQL2 text: it cannot be read on from {rest!r}." if rest else "The filter ends too early."


def _restore(node: Any, locator: str | None) -> Any:
    """The tree with its groups opened and its numbers as they were written."""
    if isinstance(node, float):
        if not math.isfinite(node):
            raise InvalidParameter("A number of the filter is not finite.", locator=locator)
        return int(node) if node.is_integer() and abs(node) < 2**53 else node
    if isinstance(node, str) and node.startswith(scan.EXACT):
        return _integer(node[1:], locator)
    if isinstance(node, list):
        return _items(node, locator)
    if isinstance(node, dict):
        if str(node.get("op")).lower() in arrays.RELATIONS:
            return {**node, "args": [_array(argument, locator) for argument in node["args"]]}
        return _operation({key: _restore(value, locator) for key, value in node.items()}, locator)
    return node


def _array(node: Any, locator: str | None) -> Any:
    """An array, which the parser took for a group; in one of one item that item is no array itself."""
    if isinstance(node, dict) and node.get("op") == scan.GROUP:
        return [_array(item, locator) if _is_array(item) else _restore(item, locator) for item in node["args"]]
    return _restore(node, locator)


def _is_array(node: Any) -> bool:
    return isinstance(node, dict) and node.get("op") == scan.GROUP and len(node["args"]) != 1


def _items(nodes: list[Any], locator: str | None) -> list[Any]:
    # The list of IN is one group, which the parser took for the one item of a list.
    if len(nodes) == 1 and isinstance(nodes[0], dict) and nodes[0].get("op") == scan.GROUP:
        return [_restore(node, locator) for node in nodes[0]["args"]]
    return [_restore(node, locator) for node in nodes]


def _operation(node: dict[str, Any], locator: str | None) -> Any:
    if node.get("op") == scan.GROUP:
        if len(node["args"]) != 1:
            raise InvalidParameter("A list stands only after IN.", locator=locator)
        return node["args"][0]
    match node:
        case {"op": "*", "args": [-1, int() as number]}:
            return -number
    return node


def _names(tree: Any) -> Iterator[str]:
    for node, _ in scan.walk(tree):
        if isinstance(node, dict) and isinstance(node.get("property"), str):
            yield node["property"]
