# SPDX-License-Identifier: EUPL-1.2
"""What a style editor asks of the server: a style in another language, and classes of a column's values."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from layers.ogcapi.bodies import UnsupportedMediaType
from layers.ogcapi.features import vector_layer
from layers.ogcapi.links import as_json
from layers.ogcapi.query import parameters
from layers.ogcapi.style_editing import KINDS
from layers.ogcapi.styles import addresses
from layers.service import visible_layer
from layers.styles.classes import MAX_CLASSES, MAX_VALUES, METHODS, classified, classify
from layers.styles.palettes import CATEGORIES, PALETTES
from layers.styles.service import MEDIA_TYPES, Encoding, Named, decode, encode
from layers.styles.sld import MAX_BYTES
from sdi.web.context import principal, services
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.rights import public

_LAYER = {"layer_id": "Id of a layer"}
_ENCODINGS: tuple[Encoding, ...] = tuple(MEDIA_TYPES)
_BODY = {kind: {"type": "object"} if "json" in kind else {"type": "string"} for kind in KINDS}


def views(blueprint: Blueprint) -> None:
    """Add the views."""
    blueprint.add_url_rule("/api/layers/<layer_id>/classes", view_func=show_classes, methods=["GET"])
    blueprint.add_url_rule("/api/layers/<layer_id>/style", view_func=convert, methods=["POST"])


@public
@operation(
    Operation(
        "Classes of a column's values, and a style of them",
        "Styles",
        (
            Parameter("column", "Name of the column", required=True),
            Parameter("method", "How classes are found", {"type": "string", "enum": list(METHODS)}),
            Parameter("classes", "Most classes", {"type": "integer", "minimum": 1, "maximum": MAX_VALUES}),
            Parameter("palette", "Colours", {"type": "string", "enum": list(PALETTES)}),
        ),
        path=_LAYER,
    )
)
def show_classes(layer_id: str) -> Response:
    """Classes found by the database, within the time that a statement has."""
    sent = parameters("column", "method", "classes", "palette")
    layer = vector_layer(layer_id)
    column = sent.required("column", 100)
    method = sent.choice("method", METHODS, "quantile")
    wanted = sent.integer("classes", 5, 1, MAX_VALUES if method == "unique" else MAX_CLASSES)
    palette = sent.choice("palette", PALETTES, CATEGORIES if method == "unique" else "YlGnBu")
    caller = principal()
    with services().database.read(caller) as connection:
        found = classify(connection, layer, column, method, wanted, public=caller is None)
    style = classified(layer, column, found, palette)
    return as_json({"classes": [_plain(asdict(one)) for one in found], "style": style.to_json()})


@public
@operation(
    Operation(
        "A style in another language, for a layer; nothing is stored",
        "Styles",
        (Parameter("f", "Encoding of the answer", {"type": "string", "enum": list(_ENCODINGS)}),),
        body=_BODY,
        path=_LAYER,
    )
)
def convert(layer_id: str) -> Response:
    """GeoStyler JSON with warnings, or the style in the encoding `f`; refusals name the place at fault."""
    sent = parameters("f")
    layer = visible_layer(layer_id)
    if request.mimetype not in KINDS:
        raise UnsupportedMediaType(f"The body is {request.mimetype[:80]!r}; here it may be: {', '.join(KINDS)}.")
    request.max_content_length = MAX_BYTES
    found = decode(request.get_data(cache=False), request.mimetype, layer)
    if "f" not in sent:
        return as_json({"style": found.style.to_json(), "title": found.title, "warnings": list(found.warnings)})
    encoding = sent.choice("f", _ENCODINGS, "geostyler")
    named = Named(layer, found.name or "style", found.title or found.name or layer.id, found.style)
    return Response(encode(named, encoding, addresses(layer, "default")), content_type=MEDIA_TYPES[encoding])


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
