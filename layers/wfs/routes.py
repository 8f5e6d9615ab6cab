# SPDX-License-Identifier: EUPL-1.2
"""`/wfs`: key-value pairs by GET, XML by POST."""

import contextlib
from collections.abc import Callable, Mapping
from typing import cast

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from layers.changes.service import SCOPE
from layers.service import visible, visible_layers
from layers.wfs import capabilities, describe, documents, features, locking, pairs, stored, transaction
from layers.wfs.answers import GML_TYPES
from layers.wfs.model import WFS_11, Asked
from layers.wfs.names import bindings, feature_types, find
from layers.wfs.pairs import text_of
from sdi.errors import InvalidParameter, Unsupported
from sdi.web.context import principal, services
from sdi.web.i18n import LANGUAGES
from sdi.web.ows import Dialect, handle
from sdi.web.rights import public

blueprint = Blueprint("wfs", __name__, template_folder="templates")

_XML = "application/xml; charset=utf-8"
_SCHEMA_FORMATS = ("application/gml+xml; version=3.2", "text/xml; subtype=gml/3.2", "text/xml; subtype=gml/3.1.1",
                   "text/xml", "application/xml", "xmlschema", "gml32", "gml3")  # fmt: skip
_HEAD = 2_000
"""Bytes of a document in which its version stands."""


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    def warm() -> None:
        for spoken in LANGUAGES:
            with cast("Flask", state.app).test_request_context(f"/wfs?lang={spoken}"):
                for version in capabilities.VERSIONS:
                    capabilities.document(visible(), visible_layers(), version)

    state.app.extensions.setdefault("brama.warm", []).append(warm)


@blueprint.get("/wfs")
@public
def get() -> Response:
    """An operation asked for by key-value pairs."""
    return _answer(pairs.read(request.args.to_dict()))


@blueprint.post("/wfs")
@public
def post() -> Response:
    """An operation asked for by an XML document, or by a form of key-value pairs."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return _answer(pairs.read({**request.args.to_dict(), **request.form.to_dict()}))
    caller = principal()
    if caller is not None and caller.may(SCOPE):
        request.max_content_length = services().settings.limits.change_bytes
    if transaction.is_one(body := request.get_data(cache=True)):
        return transaction.answer()
    return _answer(documents.read(body, services().settings.limits.body_bytes))


def _answer(asked: Asked) -> Response:
    return _OPERATIONS[asked.operation](asked)


def _transact(_asked: Asked) -> Response:
    raise Unsupported("A transaction is sent by POST as an XML document.", locator="request")


def _describe(asked: Asked) -> Response:
    sent = asked.sent
    wanted = (sent.text("outputformat", 200) or GML_TYPES[asked.version]).lower().replace("; ", ";")
    if wanted not in {name.replace("; ", ";") for name in _SCHEMA_FORMATS}:
        message = f"Schemas are not served as {wanted[:80]!r}; served is {GML_TYPES[asked.version]}."
        raise InvalidParameter(message, locator="outputFormat")
    names = text_of(sent, "typenames", "typename")
    if names is None:
        body = describe.whole(visible(), visible_layers(), asked.version)
    else:
        known = bindings(text_of(sent, "namespaces", "namespace"))
        locator = "typeName" if asked.version == "1.1.0" else "typeNames"
        found = [find(name, known, visible_layers(), locator) for name in names.strip("()").split(",")]
        body = describe.schema(list({layer.id: layer for layer in found}.values()), asked.version)
    return Response(body, content_type=GML_TYPES[asked.version])


def _list_queries(_asked: Asked) -> Response:
    return Response(stored.listed(feature_types(visible_layers())), content_type=_XML)


def _describe_queries(asked: Asked) -> Response:
    names = asked.sent.words("storedquery_id", 20)
    return Response(stored.described(names, feature_types(visible_layers())), content_type=_XML)


def _dialect() -> Dialect:
    """By what the request says of its version, also where the request cannot be read."""
    said = next((value for name, value in request.args.items() if name.lower() == "version"), "")
    head = b""
    with contextlib.suppress(HTTPException):  # a body that is too large may be what is being told
        head = request.get_data(cache=True)[:_HEAD] if request.method == "POST" else b""
    old = said.startswith("1.") or f'"{WFS_11}"'.encode() in head or f"'{WFS_11}'".encode() in head
    return Dialect.OWS_1_0 if old else Dialect.WFS_2_0


_OPERATIONS: Mapping[str, Callable[[Asked], Response]] = {
    "getcapabilities": capabilities.answer,
    "describefeaturetype": _describe,
    "getfeature": features.get_feature,
    "getpropertyvalue": features.get_property_value,
    "liststoredqueries": _list_queries,
    "describestoredqueries": _describe_queries,
    "transaction": _transact,
    "lockfeature": locking.lock_feature,
    "getfeaturewithlock": locking.get_feature_with_lock,
}

handle(blueprint, _dialect)
