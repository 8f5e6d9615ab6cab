# SPDX-License-Identifier: EUPL-1.2
"""Schemas of features (OGC 23-058): what they hold, what filters may name, what sorts; functions of filters."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, render_template

from layers.model import ColumnType, Layer
from layers.ogcapi.collections import text_of
from layers.ogcapi.common import COLLECTION, FORMAT, LANGUAGE
from layers.ogcapi.links import HTML, JSON, SCHEMA, as_json, here, root
from layers.ogcapi.query import parameters
from layers.service import visible_layer
from sdi.errors import NotFound
from sdi.filters.functions import FUNCTIONS
from sdi.web.i18n import gettext as _
from sdi.web.i18n import language
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, operation
from sdi.web.rights import public

OFFERS = {"json": SCHEMA, "html": HTML}
_SCHEMAS: Mapping[ColumnType, dict[str, str]] = {
    ColumnType.TEXT: {"type": "string"},
    ColumnType.INTEGER: {"type": "integer", "format": "int64"},
    ColumnType.NUMBER: {"type": "number", "format": "double"},
    ColumnType.BOOLEAN: {"type": "boolean"},
    ColumnType.DATE: {"type": "string", "format": "date"},
    ColumnType.TIMESTAMP: {"type": "string", "format": "date-time"},
}
_ANSWERS: Mapping[str, Mapping[str, Any]] = {SCHEMA: {"type": "object"}, HTML: {"type": "string"}}
Properties = dict[str, dict[str, Any]]


def queryables(layer: Layer) -> Properties:
    """What filters and query parameters may name."""
    return {"fid": _identifier(), **_columns(layer), "geom": _geometry(layer)}


def sortables(layer: Layer) -> Properties:
    """What features can be sorted by."""
    return _columns(layer)


def returnables(layer: Layer) -> Properties:
    """What a feature holds, with the roles of its properties."""
    made = {"fid": _identifier(), "geom": _geometry(layer), **_columns(layer)}
    made["fid"] |= {"readOnly": True, "x-ogc-role": "id"}
    made["geom"] |= {"x-ogc-role": "primary-geometry"}
    for name, role in _times(layer).items():
        made[name]["x-ogc-role"] = role
    return {name: {**schema, "x-ogc-propertySeq": number} for number, (name, schema) in enumerate(made.items(), 1)}


def _columns(layer: Layer) -> Properties:
    spoken = language()
    return {
        column.name: {"title": text_of(column.title, spoken) or column.name, **_SCHEMAS[column.type]}
        for column in layer.columns
    }


def _identifier() -> dict[str, Any]:
    return {"title": _("Id"), "type": "integer", "format": "int64"}


def _geometry(layer: Layer) -> dict[str, Any]:
    kind = layer.geometry_type.value.lower()
    return {"title": _("Geometry"), "format": f"geometry-{'any' if kind == 'geometry' else kind}"}


def _times(layer: Layer) -> dict[str, str]:
    """Roles of the properties of time; an interval's ends have one granularity."""
    start, end = layer.time_start, layer.time_end
    if start is not None and end is not None:
        same = layer.by_name[start].type is layer.by_name[end].type
        return {start: "primary-interval-start", end: "primary-interval-end"} if same else {}
    name = start or end
    return {name: "primary-instant"} if name else {}


def _answer(collection_id: str, kind: str, properties: Callable[[Layer], Properties], heading: str) -> Response:
    parameters()
    layer = visible_layer(collection_id)
    if layer.kind != "vector":
        raise NotFound(f"Layer {layer.id!r} is a raster: it has no features.", locator="collectionId")
    found = properties(layer)
    if negotiate(OFFERS) == "html":
        page = render_template("ogcapi/schema.html", layer=layer, kind=kind, properties=found, heading=heading)
        return Response(page, content_type="text/html; charset=utf-8")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root()}/collections/{layer.id}/{kind}",
        "title": text_of(layer.title, language()),
        "type": "object",
        "properties": found,
        "additionalProperties": False,
    }
    return as_json(schema, SCHEMA)


@public
@operation(Operation("What filters of a layer may name", "Features", (FORMAT, LANGUAGE), _ANSWERS, path=COLLECTION))
def show_queryables(collection_id: str) -> Response:
    """Queryables as JSON Schema (OGC 19-079r2, clause 6; OGC 23-058, clause 11)."""
    return _answer(collection_id, "queryables", queryables, _("What filters may name"))


@public
@operation(
    Operation("What a layer's features can be sorted by", "Features", (FORMAT, LANGUAGE), _ANSWERS, path=COLLECTION)
)
def show_sortables(collection_id: str) -> Response:
    """Sortables as JSON Schema (OGC 23-058, clause 12)."""
    return _answer(collection_id, "sortables", sortables, _("What features can be sorted by"))


@public
@operation(Operation("What a layer's features hold", "Features", (FORMAT, LANGUAGE), _ANSWERS, path=COLLECTION))
def show_schema(collection_id: str) -> Response:
    """Returnables and receivables as JSON Schema (OGC 23-058, clause 10)."""
    return _answer(collection_id, "schema", returnables, _("Schema of the features"))


@public
@operation(
    Operation(
        "Functions that filters may call",
        "Features",
        (FORMAT, LANGUAGE),
        {JSON: {"type": "object", "required": ["functions"]}, HTML: {"type": "string"}},
    )
)
def show_functions() -> Response:
    """Functions of CQL2 filters (OGC 19-079r2, 8.6)."""
    parameters()
    if negotiate() == "html":
        page = render_template("ogcapi/functions.html", functions=FUNCTIONS.values())
        return Response(page, content_type="text/html; charset=utf-8")
    listed = [function.document() for function in FUNCTIONS.values()]
    return as_json({"functions": listed, "links": here(JSON, html=HTML)})
