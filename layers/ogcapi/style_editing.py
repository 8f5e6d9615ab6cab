# SPDX-License-Identifier: EUPL-1.2
"""Views that make, replace, describe and remove styles (OGC 20-009, manage-styles and style-validation)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request
from psycopg import errors as pg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from layers.model import Layer
from layers.ogcapi import styles
from layers.ogcapi.bodies import MERGE_PATCH, UnsupportedMediaType
from layers.ogcapi.common import COLLECTION
from layers.ogcapi.links import JSON, as_json
from layers.ogcapi.query import parameters
from layers.ogcapi.styles import ENCODING, OWN_STYLE, SCOPE, STYLE, address, parted, registered
from layers.service import STYLED, registry, visible_layer
from layers.styles import store
from layers.styles.encodings import JSON_TYPES, XML_TYPES
from layers.styles.service import Sent, decode, slug
from layers.styles.sld import MAX_BYTES
from layers.styles.store import MAX_STYLES, StyleRow, StyleTexts
from sdi.errors import BramaError, Conflict, Forbidden, InvalidParameter, NotFound, TooLarge, Unprocessable
from sdi.events import emit
from sdi.web.context import require, services
from sdi.web.i18n import LANGUAGES, language
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.rights import requires

KINDS = (*JSON_TYPES, *XML_TYPES)
_BODY = {kind: {"type": "object"} if "json" in kind else {"type": "string"} for kind in KINDS}
_DESCRIPTION = {JSON: {"type": "object"}, MERGE_PATCH: {"type": "object"}}
_DRY = Parameter("dry-run", "Only validate: nothing is stored", {"type": "boolean", "default": False})
_PREFER = Parameter(
    "Prefer", "`handling=strict` refuses what could be kept in part only; else it is told in `warnings`", where="header"
)
_IF_MATCH = Parameter("If-Match", "ETag of the state from which alone the change is made", where="header")
_WRITE = (_DRY, _PREFER, ENCODING)
_REFUSED = {401: "No token", 403: "No right", 415: "Another kind of body", 422: "The style cannot be drawn; why"}
_TEXT_LIMITS = {"title": 200, "description": 4_000}
_KEYWORDS, _KEYWORD = 50, 100


class PreconditionFailed(BramaError):
    """The style is in another state than the one that the caller names."""

    status = 412
    code = "precondition-failed"


def views(blueprint: Blueprint) -> None:
    """Add every view of styles."""
    every, own = "/ogc/styles", "/ogc/collections/<collection_id>/styles"
    table: tuple[tuple[str, str, Callable[..., Response | str]], ...] = (
        (every, "GET", styles.list_styles),
        (every, "POST", create),
        (f"{every}/<style_id>", "GET", styles.show_style),
        (f"{every}/<style_id>", "PUT", replace),
        (f"{every}/<style_id>", "DELETE", delete),
        (f"{every}/<style_id>/metadata", "GET", styles.show_metadata),
        (f"{every}/<style_id>/metadata", "PUT", describe),
        (f"{every}/<style_id>/metadata", "PATCH", amend),
        (own, "GET", styles.list_own),
        (own, "POST", create_own),
        (f"{own}/<style_id>", "GET", styles.show_own),
        (f"{own}/<style_id>", "PUT", replace_own),
        (f"{own}/<style_id>", "DELETE", delete_own),
        (f"{own}/<style_id>/metadata", "GET", styles.show_own_metadata),
        (f"{own}/<style_id>/metadata", "PUT", describe_own),
        (f"{own}/<style_id>/metadata", "PATCH", amend_own),
    )
    for url, method, view in table:
        name = f"style_{view.__name__}"
        blueprint.add_url_rule(url, name, view, methods=[method], provide_automatic_options=method == "GET")


@requires(SCOPE)
@operation(
    Operation("Add a style", "Styles", (Parameter("collection", "Id of the layer", required=True), *_WRITE), {},
              _REFUSED, body=_BODY, scope=SCOPE, success=201, id="createStyle")
)  # fmt: skip
def create() -> Response:
    """Add a style (/req/manage-styles/styles-post-op) of the layer `collection`."""
    sent = parameters("collection", "dry-run")
    return _create(visible_layer(sent.required("collection", 100)))


@requires(SCOPE)
@operation(Operation("Add a style to a layer", "Styles", _WRITE, {}, _REFUSED, body=_BODY, scope=SCOPE, path=COLLECTION,
                     success=201))  # fmt: skip
def create_own(collection_id: str) -> Response:
    """Add a style to a collection."""
    parameters("dry-run")
    return _create(visible_layer(collection_id))


@requires(SCOPE)
@operation(Operation("Replace a style", "Styles", (*_WRITE, _IF_MATCH), {}, _REFUSED, body=_BODY, scope=SCOPE,
                     path=STYLE, success=204, id="updateStyle"))  # fmt: skip
def replace(style_id: str) -> Response:
    """Replace a style, or make it (/req/manage-styles/style-put-op)."""
    parameters("dry-run")
    return _replace(*parted(style_id))


@requires(SCOPE)
@operation(Operation("Replace a style of a layer", "Styles", (*_WRITE, _IF_MATCH), {}, _REFUSED, body=_BODY,
                     scope=SCOPE, path=OWN_STYLE, success=204))  # fmt: skip
def replace_own(collection_id: str, style_id: str) -> Response:
    """Replace a style of a collection, or make it."""
    parameters("dry-run")
    return _replace(visible_layer(collection_id), style_id)


@requires(SCOPE)
@operation(Operation("Remove a style", "Styles", (_IF_MATCH,), {}, _REFUSED, scope=SCOPE, path=STYLE, success=204,
                     id="deleteStyle"))  # fmt: skip
def delete(style_id: str) -> Response:
    """Remove a style (/req/manage-styles/style-delete-op)."""
    parameters()
    return _delete(*parted(style_id))


@requires(SCOPE)
@operation(Operation("Remove a style of a layer", "Styles", (_IF_MATCH,), {}, _REFUSED, scope=SCOPE, path=OWN_STYLE,
                     success=204))  # fmt: skip
def delete_own(collection_id: str, style_id: str) -> Response:
    """Remove a style of a collection."""
    parameters()
    return _delete(visible_layer(collection_id), style_id)


@requires(SCOPE)
@operation(Operation("Replace a style's metadata", "Styles", (), {}, _REFUSED, body=_DESCRIPTION, scope=SCOPE,
                     path=STYLE, success=204, id="replaceStyleMetadata"))  # fmt: skip
def describe(style_id: str) -> Response:
    """Replace metadata (/req/manage-styles/style-metadata-put-op): what is not sent is emptied."""
    parameters()
    return _describe(*parted(style_id), whole=True)


@requires(SCOPE)
@operation(Operation("Replace the metadata of a layer's style", "Styles", (), {}, _REFUSED, body=_DESCRIPTION,
                     scope=SCOPE, path=OWN_STYLE, success=204))  # fmt: skip
def describe_own(collection_id: str, style_id: str) -> Response:
    """Replace metadata of a collection's style."""
    parameters()
    return _describe(visible_layer(collection_id), style_id, whole=True)


@requires(SCOPE)
@operation(Operation("Update a style's metadata", "Styles", (), {}, _REFUSED, body=_DESCRIPTION, scope=SCOPE,
                     path=STYLE, success=204, id="updateStyleMetadata"))  # fmt: skip
def amend(style_id: str) -> Response:
    """Change parts of metadata (/req/manage-styles/style-metadata-patch-op)."""
    parameters()
    return _describe(*parted(style_id), whole=False)


@requires(SCOPE)
@operation(Operation("Update the metadata of a layer's style", "Styles", (), {}, _REFUSED, body=_DESCRIPTION,
                     scope=SCOPE, path=OWN_STYLE, success=204))  # fmt: skip
def amend_own(collection_id: str, style_id: str) -> Response:
    """Change parts of metadata of a collection's style."""
    parameters()
    return _describe(visible_layer(collection_id), style_id, whole=False)


def _create(layer: Layer) -> Response:
    _check_right(layer)
    sent = _sent(layer)
    name = slug(sent.name) or "style"
    if _dry_run():
        return _told(sent, 200)
    texts = StyleTexts(title={language(): sent.title or name})

    def add(connection: Connection) -> None:
        if store.count(connection, layer.id) >= MAX_STYLES:
            raise TooLarge(f"A layer has at most {MAX_STYLES} styles.")
        if not store.insert(connection, StyleRow(layer.id, name, sent.style.to_json(), texts)):
            raise Conflict(f"Layer {layer.id!r} has a style {name!r} already; replace it with PUT.")

    _write(layer, add)
    answer = _told(sent, 201)
    answer.headers["Location"] = address(layer, name)
    return answer


def _replace(layer: Layer, name: str) -> Response:
    _check_right(layer)
    if not name or slug(name) != name:
        raise InvalidParameter("A style's name has small letters, digits, _ and -, and begins with a letter.")
    sent = _sent(layer)
    _check_match(layer, name)
    if _dry_run():
        return _told(sent, 200)
    row = StyleRow(layer.id, name, sent.style.to_json())

    def put(connection: Connection) -> bool:
        if store.update(connection, row):
            return False
        if store.count(connection, layer.id) >= MAX_STYLES:
            raise TooLarge(f"A layer has at most {MAX_STYLES} styles.")
        texts = StyleTexts(title={language(): sent.title or name})
        return store.insert(connection, StyleRow(layer.id, name, row.definition, texts))

    if _write(layer, put):
        answer = _told(sent, 201)
        answer.headers["Location"] = address(layer, name)
        return answer
    return _told(sent, 200) if sent.warnings else Response(status=204)


def _delete(layer: Layer, name: str) -> Response:
    _check_right(layer)
    registered(layer, name)
    _check_match(layer, name)

    def remove(connection: Connection) -> None:
        if store.count(connection, layer.id) == 1:
            raise Conflict("A layer keeps at least one style; replace this one instead.")
        if not store.delete(connection, layer.id, name):
            raise NotFound(f"Layer {layer.id!r} has no style {name[:80]!r}.", locator="styleId")

    _write(layer, remove)
    return Response(status=204)


def _describe(layer: Layer, name: str, *, whole: bool) -> Response:
    _check_right(layer)
    registered(layer, name)
    body = _description()
    texts = StyleTexts(
        title=_languages(body, "title"),
        description=_languages(body, "description") or ({} if whole else None),
        keywords=_keywords(body, whole=whole),
        is_default=True if body.get("default") is True else None,
        merged=not whole,
    )

    def change(connection: Connection) -> None:
        if not store.update(connection, StyleRow(layer.id, name, texts=texts)):
            raise NotFound(f"Layer {layer.id!r} has no style {name[:80]!r}.", locator="styleId")

    _write(layer, change)
    return Response(status=204)


def _check_right(layer: Layer) -> None:
    """Refuse early and in words; the database holds it whatever is asked."""
    if layer.organisation_id not in require(SCOPE).organisations:
        raise Forbidden(f"Layer {layer.id!r} belongs to another organisation; its own members change its styles.")


def _check_match(layer: Layer, name: str) -> None:
    if "If-Match" not in request.headers:
        return
    style = registered(layer, name)
    state = styles.validators(layer, style, "")["ETag"].strip('"').rstrip("-")
    if not request.if_match.star_tag and not any(tag.startswith(state) for tag in request.if_match.as_set()):
        raise PreconditionFailed(f"Style {name!r} was changed meanwhile; read it again.")


def _write(layer: Layer, change: Callable[[Connection], Any]) -> Any:
    """Change in one transaction that tells every worker; the view's check keeps other organisations out."""
    try:
        with services().database.write(require(SCOPE)) as connection:
            result = change(connection)
            emit(connection, STYLED, layer.id, layer.organisation_id)
    except DBAPIError as error:
        if isinstance(error.orig, pg.WithCheckOptionViolation | pg.InsufficientPrivilege):
            raise Forbidden(f"Layer {layer.id!r} belongs to another organisation.") from error
        raise
    registry().invalidate()  # the other workers hear the event, this one need not wait for it
    return result


def _sent(layer: Layer) -> Sent:
    if request.mimetype not in KINDS:
        raise UnsupportedMediaType(f"The body is {request.mimetype[:80]!r}; here it may be: {', '.join(KINDS)}.")
    request.max_content_length = MAX_BYTES
    sent = decode(request.get_data(cache=False), request.mimetype, layer)
    if sent.warnings and "handling=strict" in request.headers.get("Prefer", ""):
        raise Unprocessable("The style cannot be kept as it is: " + "; ".join(sent.warnings) + ".")
    return sent


def _dry_run() -> bool:
    return request.args.get("dry-run", "").lower() == "true"


def _told(sent: Sent, status: int) -> Response:
    """The style as it is kept, and what was not."""
    answer = as_json({"style": sent.style.to_json(), "warnings": list(sent.warnings)})
    answer.status_code = status
    return answer


def _description() -> Mapping[str, Any]:
    if request.mimetype not in _DESCRIPTION:
        raise UnsupportedMediaType(f"The body is {request.mimetype[:80]!r}; here it may be: {', '.join(_DESCRIPTION)}.")
    request.max_content_length = 64_000
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise InvalidParameter("Metadata are a JSON object.")
    return body


def _languages(body: Mapping[str, Any], name: str) -> Mapping[str, str] | None:
    """Texts by language; a plain text is in the request's language. None where nothing is sent."""
    value = body.get(name)
    if value is None:
        return None
    texts = {language(): value} if isinstance(value, str) else value
    if not isinstance(texts, dict) or not set(texts) <= set(LANGUAGES) or not all(map(_is_text, texts.values())):
        raise Unprocessable(f"The member {name!r} is a text, or texts by language.", locator=name)
    if any(len(text) > _TEXT_LIMITS[name] for text in texts.values()):
        raise TooLarge(f"The member {name!r} has at most {_TEXT_LIMITS[name]} letters.", locator=name)
    return texts


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _keywords(body: Mapping[str, Any], *, whole: bool) -> tuple[str, ...] | None:
    if "keywords" not in body:
        return () if whole else None
    value = body["keywords"] or []
    if not isinstance(value, list) or len(value) > _KEYWORDS or not all(_is_text(word) for word in value):
        raise Unprocessable(f"The member 'keywords' is a list of at most {_KEYWORDS} texts.", locator="keywords")
    if any(len(word) > _KEYWORD for word in value):
        raise TooLarge(f"A keyword has at most {_KEYWORD} letters.", locator="keywords")
    return tuple(value)
