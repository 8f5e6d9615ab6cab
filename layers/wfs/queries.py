# SPDX-License-Identifier: EUPL-1.2
"""Pairs of one query into a typed query of a layer (OGC 09-025r2, 7.9.2; OGC 04-094, clause 14)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from layers.items import statements
from layers.items.model import ItemQuery, SortKey
from layers.model import Layer
from layers.wfs.model import FES_20, OGC, SORT_KEYS, Asked, Query, Srs, Version
from layers.wfs.names import bindings, find, split_id
from layers.wfs.pairs import text_of
from sdi import crs as crss
from sdi import xmlsafe
from sdi.crs import Box
from sdi.errors import BramaError, InvalidParameter, MissingParameter, OptionUnsupported, TooLarge, Unreadable
from sdi.filters import scan
from sdi.filters.compile import LIST
from sdi.filters.fes import from_xml, property_name
from sdi.filters.gml import named_crs
from sdi.filters.parse import Filter, from_text, make_filter
from sdi.filters.schema import Schema
from sdi.web.context import services
from sdi.web.parameters import Parameters

_FES = ("urn:ogc:def:querylanguage:ogc-fes:filter", "urn:ogc:def:query_language:ogc-fes:filter")
_CQL = ("cql2-text", "cql", "cql_text")
_ORDERS = {"": False, "asc": False, "a": False, "desc": True, "d": True}
_URI = re.compile(r"https?://www\.opengis\.net/def/crs/", re.IGNORECASE)
_GEOMETRY_NAMES = (statements.GEOMETRY, "gml:boundedBy")


def read_queries(asked: Asked, layers: Mapping[str, Layer]) -> tuple[Query, ...]:
    """Every query of a request, each of one layer; raises the refusals of OWS."""
    return tuple(query for sent in asked.queries for query in _Reader(sent, asked.version, layers).queries())


def default_srs(layer: Layer) -> Srs:
    """What a layer's features are in unless asked otherwise: as it is stored, in its authority's axis order."""
    crs = crss.by_srid(layer.srid)
    return Srs(crs, crs.urn)


class _Reader:
    """Reads one set of pairs; it is one query, or one for each layer that identifiers without a type name."""

    def __init__(self, sent: Parameters, version: Version, layers: Mapping[str, Layer]) -> None:
        self.sent = sent
        self.version = version
        self.layers = layers
        self.prefixes = bindings(text_of(sent, "namespaces", "namespace"))

    def queries(self) -> Iterator[Query]:
        names = text_of(self.sent, "typenames", "typename")
        ids = self.ids()
        if names is None and ids is None:
            raise MissingParameter("Parameter 'typeNames' is missing.", locator="typeNames")
        if names is None:
            by_layer: dict[str, list[int]] = {}
            for layer_id, fid in ids or ():
                by_layer.setdefault(layer_id, []).append(fid)
            for layer_id, fids in by_layer.items():
                if layer_id in self.layers and self.layers[layer_id].kind == "vector":
                    yield self.query(self.layers[layer_id], fids)
            return
        locator = "typeNames" if self.version == "2.0.0" else "typeName"
        if len(names.split(",")) > 1:
            raise OptionUnsupported("Joins of feature types are not served.", locator=locator)
        layer = find(names, self.prefixes, self.layers, locator)
        yield self.query(layer, None if ids is None else self.of_layer(layer, ids))

    def ids(self) -> list[tuple[str, int]] | None:
        """Identifiers by layer and number; those that were never given out are left out."""
        text = text_of(self.sent, "resourceid", "featureid")
        if text is None:
            return None
        parts = text.split(",")
        if len(parts) > LIST:
            raise TooLarge(f"A request may name {LIST} features.", locator="RESOURCEID")
        return [found for part in parts if (found := split_id(part))]

    def of_layer(self, layer: Layer, ids: Sequence[tuple[str, int]]) -> list[int]:
        """Numbers of features of the layer; another layer's are a mistake (OGC 09-025r2, 7.9.2.4.1)."""
        for layer_id, _ in ids:
            if layer_id != layer.id and layer_id in self.layers:
                message = f"The features are asked of {layer.id!r}, but one of them is of {layer_id!r}."
                raise InvalidParameter(message, locator="RESOURCEID")
        return [fid for layer_id, fid in ids if layer_id == layer.id]

    def query(self, layer: Layer, fids: Sequence[int] | None) -> Query:
        srs = self.srs(layer)
        items = ItemQuery(
            crs=srs.crs,
            box=self.box(layer),
            filter=self.filter(layer, fids),
            sort=self.sort(layer),
            properties=self.properties(layer),
        )
        return Query(layer, items, srs)

    def srs(self, layer: Layer) -> Srs:
        """SRSNAME: its name is written back, as URI or as URN; only 1.1.0 has short names, with x first."""
        text = self.sent.text("srsname", 200)
        if text is None:
            return default_srs(layer)
        crs = named_crs(text.strip(), short_is_xy=self.version == "1.1.0", locator="srsName")
        if _URI.match(text):
            return Srs(crs, crs.uri)
        short = self.version == "1.1.0" and "urn:" not in text.lower() and crs.authority == "EPSG"
        return Srs(crs, crs.name if short else crs.urn)

    def box(self, layer: Layer) -> Box | None:
        """BBOX: four numbers and the system whose axis order they have, the layer's own unless said."""
        text = self.sent.text("bbox", 1_000)
        if text is None:
            return None
        parts = text.split(",")
        named = len(parts) in (5, 7)
        crs = default_srs(layer).crs
        if named:
            crs = named_crs(parts.pop().strip(), short_is_xy=self.version == "1.1.0", locator="bbox")
        return crss.parse_bbox(",".join(parts), crs)

    def filter(self, layer: Layer, fids: Sequence[int] | None) -> Filter | None:
        """What FILTER, CQL_FILTER and identifiers ask for, all of it together."""
        found = [one for one in (self.fes(layer), self.cql()) if one is not None]
        trees = [self.with_ids(layer, one) for one in found]
        if fids is not None:
            trees.append(_among(fids))
        systems = {one.crs.srid: one.crs for one in found}
        if len(systems) > 1:
            raise OptionUnsupported("FILTER and CQL_FILTER need the same reference system.", locator="filter")
        if not trees:
            return None
        tree = trees[0] if len(trees) == 1 else {"op": "and", "args": trees}
        return make_filter(tree, next(iter(systems.values()), crss.CRS84), locator="filter")

    def with_ids(self, layer: Layer, found: Filter) -> Any:
        if not found.ids:
            return found.tree
        ids = [split for rid in found.ids if (split := split_id(rid))]
        return _among(self.of_layer(layer, ids))

    def fes(self, layer: Layer) -> Filter | None:
        language = (self.sent.text("filter_language", 200) or _FES[0]).lower()
        if language not in (*_FES, *_CQL):
            raise InvalidParameter(f"The filter language {language!r} is not served.", locator="filter_language")
        # Geometry in XML is long: a filter may have what a body may.
        limit = services().settings.limits.body_bytes
        text = self.sent.text("filter", limit)
        if text is None:
            return None
        if language in _CQL:
            return from_text(text)
        try:
            element = xmlsafe.parse(text.encode(), limit=limit, locator="filter")
        except InvalidParameter as error:
            raise Unreadable(error.message, locator="filter") from error
        if not element.tag.startswith((f"{{{FES_20}}}", f"{{{OGC}}}", "Filter")):
            raise Unreadable("A filter is an element Filter.", locator="filter")

        def identify(rid: str) -> Any:
            split = split_id(rid)
            return _among(self.of_layer(layer, [split] if split else []))

        try:
            return from_xml(element, schema(layer), crs=default_srs(layer).crs, identify=identify)
        except BramaError as error:
            error.locator = error.locator or "filter"
            raise

    def cql(self) -> Filter | None:
        text = self.sent.text("cql_filter", scan.BYTES)
        return None if text is None else from_text(text, locator="cql_filter")

    def sort(self, layer: Layer) -> tuple[SortKey, ...]:
        """SORTBY: names with ASC or DESC (A or D in 1.1.0), apart by commas."""
        keys = tuple(self.sort_key(layer, word) for word in self.sent.words("sortby", SORT_KEYS) if word)
        if len({key.column for key in keys}) < len(keys):
            raise InvalidParameter("A property is sorted by twice.", locator="sortBy")
        return keys

    def sort_key(self, layer: Layer, word: str) -> SortKey:
        name, _, order = word.strip().partition(" ")
        if order.strip().lower() not in _ORDERS:
            raise InvalidParameter(f"The order {order[:40]!r} is neither ASC nor DESC.", locator="sortBy")
        column = property_name(name, self.prefixes)  # type: ignore[arg-type] # a Mapping is invariant in its key
        if column not in layer.by_name:
            raise InvalidParameter(f"Features of {layer.id!r} cannot be sorted by {name[:80]!r}.", locator="sortBy")
        return SortKey(column, _ORDERS[order.strip().lower()])

    def properties(self, layer: Layer) -> tuple[str, ...] | None:
        """PROPERTYNAME: columns and `geom`; None for all."""
        words = self.sent.words("propertyname", 500)
        names = [property_name(word, self.prefixes) for word in words if word]  # type: ignore[arg-type]
        if not names or "*" in words:
            return None
        for name, word in zip(names, words, strict=False):
            if name not in layer.by_name and name not in _GEOMETRY_NAMES:
                raise InvalidParameter(f"Features of {layer.id!r} have no {word[:80]!r}.", locator="propertyName")
        return tuple(dict.fromkeys(names))


def schema(layer: Layer) -> Schema:
    """What filters may name, by kind; the SQL of it is made again where it runs."""
    return statements.queryables(layer, statements.relation(layer, "data"))


def _among(fids: Sequence[int]) -> Any:
    return {"op": "in", "args": [{"property": statements.FID}, list(dict.fromkeys(fids))]} if fids else False
