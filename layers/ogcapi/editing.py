# SPDX-License-Identifier: EUPL-1.2
"""Views that create, replace, update and delete features (OGC 20-002r1), through the one write path."""

from collections.abc import Callable
from dataclasses import asdict

from flask import Blueprint, Response, request

from layers.changes import service
from layers.changes.model import Applied, Delete, Insert, PreconditionFailed, Replace, Update
from layers.changes.service import apply_request
from layers.items.service import items
from layers.model import Layer
from layers.ogcapi import bodies
from layers.ogcapi.common import COLLECTION
from layers.ogcapi.features import feature_number, vector_layer
from layers.ogcapi.links import GEOJSON, as_json, root
from layers.ogcapi.query import parameters
from layers.service import visible_layer
from sdi.crs import CRS84
from sdi.errors import Forbidden, Unprocessable
from sdi.web.context import principal, require, services
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.problems import problem
from sdi.web.rights import public, requires

_CONTENT_CRS = Parameter("Content-Crs", "CRS of the body, in its axis order; CRS84 unless said", where="header")
_IF_MATCH = Parameter("If-Match", "ETags of the states from which alone the change is made", where="header")
_PREFER = Parameter("Prefer", "`return=representation` to get the feature back", where="header")
_FEATURE = {media_type: {"type": "object"} for media_type in bodies.FEATURE}
_PATCH = {media_type: {"type": "object"} for media_type in bodies.PATCH}
_ITEM = {**COLLECTION, "feature_id": "Id of a feature"}
_REFUSED = {401: "No token", 403: "No right", 412: "The feature is in another state; its ETag is told"}
_READ = ("GET", "HEAD", "OPTIONS")


def views(blueprint: Blueprint, collection: str) -> None:
    """Add the views under the address of a collection."""
    several, one = f"{collection}/items", f"{collection}/items/<feature_id>"
    table: tuple[tuple[str, str, Callable[..., Response]], ...] = (
        (several, "POST", create),
        (several, "OPTIONS", options_of_items),
        (one, "PUT", replace),
        (one, "PATCH", update),
        (one, "DELETE", delete),
        (one, "OPTIONS", options_of_item),
        (f"{one}/history", "GET", show_history),
    )
    for address, method, view in table:
        blueprint.add_url_rule(address, view_func=view, methods=[method], provide_automatic_options=method == "GET")
    blueprint.register_error_handler(PreconditionFailed, _precondition_failed)


@requires(service.SCOPE)
@operation(
    Operation("Add a feature, or all of a collection", "Editing", (_CONTENT_CRS, _PREFER), {}, body=_FEATURE,
              scope=service.SCOPE, path=COLLECTION, success=201)
)  # fmt: skip
def create(collection_id: str) -> Response:
    """CREATE (clause 6): 201 and where the feature is; of a FeatureCollection all ids at once, or none."""
    layer = _writable(collection_id)
    body = bodies.read(bodies.FEATURE)
    applied = apply_request(Insert(layer.id, sent.geometry, sent.attributes) for sent in bodies.features(body))
    if body["type"] == "FeatureCollection":
        listed = [{"id": one.fid, "etag": f'"{one.etag}"'} for one in applied.changes]
        answer = as_json({"numberCreated": len(listed), "features": listed})
    else:
        answer = _answer(layer, applied, 201)
        answer.headers["Location"] = f"{root()}/collections/{layer.id}/items/{applied.changes[0].fid}"
    answer.status_code = 201
    return answer


@requires(service.SCOPE)
@operation(
    Operation("Replace a feature", "Editing", (_CONTENT_CRS, _IF_MATCH, _PREFER), {}, _REFUSED, body=_FEATURE,
              scope=service.SCOPE, path=_ITEM, success=204)
)  # fmt: skip
def replace(collection_id: str, feature_id: str) -> Response:
    """REPLACE (clause 6): properties that are not sent become null; the id in the body is left unread."""
    layer = _writable(collection_id)
    fid = feature_number(layer, feature_id)
    sent = bodies.features(bodies.read(bodies.FEATURE))
    if len(sent) != 1:
        raise Unprocessable("One feature replaces one feature.", locator="features")
    return _answer(layer, apply_request([Replace(layer.id, fid, sent[0].geometry, sent[0].attributes, _expected())]))


@requires(service.SCOPE)
@operation(
    Operation("Update parts of a feature", "Editing", (_CONTENT_CRS, _IF_MATCH, _PREFER), {}, _REFUSED, body=_PATCH,
              scope=service.SCOPE, path=_ITEM, success=204)
)  # fmt: skip
def update(collection_id: str, feature_id: str) -> Response:
    """UPDATE (clause 7) by a JSON merge patch."""
    layer = _writable(collection_id)
    fid = feature_number(layer, feature_id)
    sent = bodies.patch(layer, bodies.read(bodies.PATCH))
    return _answer(layer, apply_request([Update(layer.id, fid, sent.attributes, sent.geometry, _expected())]))


@requires(service.SCOPE)
@operation(
    Operation("Delete a feature", "Editing", (_IF_MATCH,), {}, _REFUSED, scope=service.SCOPE, path=_ITEM, success=204)
)
def delete(collection_id: str, feature_id: str) -> Response:
    """DELETE (clause 6)."""
    layer = _writable(collection_id)
    apply_request([Delete(layer.id, feature_number(layer, feature_id), _expected())])
    return Response(status=204)


@public
@operation(Operation("What may be done here", "Editing", path=COLLECTION))
def options_of_items(collection_id: str) -> Response:
    """OPTIONS (clause 6): what this caller may do with the layer."""
    if not _may_write(collection_id):
        return _options(*_READ)
    return _options(*_READ, "POST", **{"Accept-Post": ", ".join(bodies.FEATURE)})


@public
@operation(Operation("What may be done here", "Editing", path=_ITEM))
def options_of_item(collection_id: str, feature_id: str) -> Response:
    """OPTIONS (clauses 6 and 7): what this caller may do with the feature."""
    feature_number(visible_layer(collection_id), feature_id)
    if not _may_write(collection_id):
        return _options(*_READ)
    return _options(*_READ, "PUT", "PATCH", "DELETE", **{"Accept-Patch": ", ".join(bodies.PATCH)})


@requires(service.SCOPE)
@operation(Operation("What a feature went through", "Editing", scope=service.SCOPE, path=_ITEM))
def show_history(collection_id: str, feature_id: str) -> Response:
    """Changes of a feature, the newest first, with its state before each; for members of its organisation."""
    parameters()
    layer = vector_layer(collection_id)
    caller = require(service.SCOPE)
    if layer.organisation_id not in caller.organisations:
        raise Forbidden(f"Layer {layer.id!r} belongs to another organisation; its own members read its history.")
    fid = feature_number(layer, feature_id)
    found = service.history(services().database, caller, layer.id, fid)
    changes = [
        {**asdict(past), "id": str(past.id), "change_set": str(past.change_set), "at": past.at.isoformat()}
        for past in found
    ]
    return as_json({"layer": layer.id, "feature": fid, "changes": changes})


def _writable(collection_id: str) -> Layer:
    """The layer, before any of the body is read."""
    layer = vector_layer(collection_id)
    service.check_right(require(service.SCOPE), layer)
    return layer


def _may_write(collection_id: str) -> bool:
    layer, caller = visible_layer(collection_id), principal()
    if caller is None:
        return False
    try:
        service.check_right(caller, layer)
    except (Forbidden, Unprocessable):
        return False
    return True


def _expected() -> tuple[str, ...] | None:
    """States that `If-Match` names, in whatever representation they were got; weak ones match nothing."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    return tuple(tag.partition("-")[0] for tag in request.if_match.as_set())


def _answer(layer: Layer, applied: Applied, status: int = 204) -> Response:
    (changed,) = applied.changes
    if "return=representation" in request.headers.get("Prefer", "").replace(" ", ""):
        feature, state = items().one(layer, changed.fid, CRS84)
        headers = {"ETag": f'"{state}"', "Content-Crs": f"<{CRS84.uri}>"}
        headers["Preference-Applied"] = "return=representation"
        return Response(feature, headers=headers, content_type=GEOJSON)
    return Response(status=status, headers={"ETag": f'"{changed.etag}"'})


def _options(*methods: str, **headers: str) -> Response:
    return Response(status=200, headers={"Allow": ", ".join(methods), **headers})


def _precondition_failed(error: PreconditionFailed) -> Response:
    answer = problem(error.status, error.code, "Precondition failed", error.message)
    answer.headers["ETag"] = f'"{error.etag}"'
    return answer
