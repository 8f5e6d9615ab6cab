# SPDX-License-Identifier: EUPL-1.2
"""Query parameters of items and of single features read into a typed query (OGC 17-069r4, 7.15; 18-058r1; 19-079r2)."""

from datetime import UTC, datetime

from flask import request

from layers.items.model import CountMethod, Interval, ItemQuery, SortKey, Value
from layers.items.service import items
from layers.items.values import decode_place, parse_interval, parse_value
from layers.model import Column, ColumnType, Layer
from sdi import crs as crss
from sdi.crs import CRS84, Crs
from sdi.errors import InvalidParameter
from sdi.filters import scan
from sdi.filters.parse import Filter, from_json, from_text
from sdi.web.context import services
from sdi.web.parameters import Parameters

ITEMS = (
    "f", "lang", "limit", "next", "bbox", "bbox-crs", "crs", "datetime", "sortby", "properties", "count",
    "filter", "filter-lang", "filter-crs", "asOf",
)  # fmt: skip
_SORT_KEYS = 5
_ID = Column("fid", ColumnType.INTEGER, "fid")
_HUGE = 10**15
"""A limit over the server's own is not an error but means the server's own (OGC 17-069r4, 7.15.2)."""


def parameters(*known: str) -> Parameters:
    """This request's parameters, of which only `known` (and the format and language) are let through."""
    return Parameters(request.args, known=("f", "lang", *known))


def read_items(layer: Layer) -> tuple[ItemQuery, CountMethod | None]:
    """The query of this request, and how to count its matches (None where nothing was said)."""
    sent = Parameters(request.args, known=known(layer))
    limits = services().settings.limits
    sort = _sort(layer, sent)
    token = sent.text("next", 8_000)
    query = ItemQuery(
        limit=min(sent.integer("limit", limits.default_items, 1, _HUGE), limits.items),
        crs=output_crs(sent),
        box=_box(sent),
        interval=_interval(layer, sent),
        equals=_equals(layer, sent),
        filter=_filter(sent),
        sort=sort,
        properties=_properties(layer, sent),
        after=None if token is None else decode_place(layer, sort, token),
        as_of=read_moment(layer, sent),
    )
    method = sent.choice("count", ("exact", "estimated", "none"), "unsaid")
    return query, _COUNTS.get(method)


_COUNTS: dict[str, CountMethod] = {"exact": "exact", "estimated": "estimated", "none": "none"}


def known(layer: Layer) -> frozenset[str]:
    """Parameters of a layer's items: the fixed ones, the id and its columns."""
    return frozenset((*ITEMS, _ID.name, *layer.by_name))


def output_crs(sent: Parameters) -> Crs:
    """The CRS of the answer, CRS84 unless asked (OGC 18-058r1, 6.2.2)."""
    return crss.parse(text, locator="crs") if (text := sent.text("crs", 200)) else CRS84


def _box(sent: Parameters) -> crss.Box | None:
    axes = crss.parse(text, locator="bbox-crs") if (text := sent.text("bbox-crs", 200)) else CRS84
    value = sent.text("bbox")
    return None if value is None else crss.parse_bbox(value, axes)


def _interval(layer: Layer, sent: Parameters) -> Interval | None:
    value = sent.text("datetime", 200)
    if value is None:
        return None
    interval = parse_interval(value)
    # Features without time match any (OGC 17-069r4, 7.15.4).
    return None if layer.time_start is None and layer.time_end is None else interval


def _equals(layer: Layer, sent: Parameters) -> tuple[tuple[str, Value], ...]:
    columns = {_ID.name: _ID, **layer.by_name}
    names = (name for name in sent.names() if name in columns and name not in ITEMS)
    return tuple((name, parse_value(columns[name], sent.text(name) or "")) for name in names)


def _filter(sent: Parameters) -> Filter | None:
    axes = crss.parse(name, locator="filter-crs") if (name := sent.text("filter-crs", 200)) else CRS84
    written = sent.choice("filter-lang", ("cql2-text", "cql2-json"), "cql2-text")
    text = sent.text("filter", scan.BYTES)
    if text is None:
        return None
    return (from_json if written == "cql2-json" else from_text)(text, crs=axes)


def _sort(layer: Layer, sent: Parameters) -> tuple[SortKey, ...]:
    words = sent.words("sortby", _SORT_KEYS)
    # A plus sign that was not escaped arrives as a space, which `words` has stripped.
    keys = tuple(SortKey(word[1:] if word[:1] in ("+", "-") else word, word[:1] == "-") for word in words)
    for key in keys:
        _column(layer, key.column, "sortby")
    if len({key.column for key in keys}) < len(keys):
        raise InvalidParameter("Parameter 'sortby' names a column twice.", locator="sortby")
    return keys


def _properties(layer: Layer, sent: Parameters) -> tuple[str, ...] | None:
    if "properties" not in sent:
        return None
    names = sent.words("properties", 500)
    for name in names:
        _column(layer, name, "properties")
    return tuple(dict.fromkeys(names))


def _column(layer: Layer, name: str, locator: str) -> None:
    if name not in layer.by_name:
        listed = ", ".join(layer.by_name)
        raise InvalidParameter(f"Layer {layer.id!r} has no property {name[:80]!r}; it has: {listed}.", locator=locator)


def read_moment(layer: Layer, sent: Parameters) -> datetime | None:
    """`asOf`: an instant since when the layer's states are known to the caller; InvalidParameter for another."""
    text = sent.text("asOf", 60)
    if text is None:
        return None
    moment = parse_interval(text).start if "/" not in text else None
    if moment is None:
        message = f"Parameter 'asOf' is {text[:60]!r}; expected an instant such as 2026-05-01T12:00:00Z."
        raise InvalidParameter(message, locator="asOf")
    if moment > datetime.now(UTC):
        raise InvalidParameter("The moment of 'asOf' has not come yet.", locator="asOf")
    since = items().since(layer)
    if moment < since:
        known = since.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        message = f"States of this layer are known from {known} on; what was before a load or not open is not told."
        raise InvalidParameter(message, locator="asOf")
    return moment
