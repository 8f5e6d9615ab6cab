# SPDX-License-Identifier: EUPL-1.2
"""Sets tiles up for the application; seeding, emptying and archives over HTTP."""

import threading
from typing import Any, cast

from flask import Blueprint, Flask, Response, jsonify, request, send_file
from flask.blueprints import BlueprintSetupState

from layers.maps.service import styled
from layers.model import Layer
from layers.service import Registry, visible, visible_layer
from layers.tiles import archive
from layers.tiles.edge import Edge
from layers.tiles.matrix import SETS, WEB_MERCATOR
from layers.tiles.model import ARCHIVE, PICTURES, SEED
from layers.tiles.seeding import Order, checked_count, order
from layers.tiles.serving import TileServer, tile_server
from layers.tiles.short import ShortPath
from sdi.errors import Forbidden, InvalidParameter, Unprocessable
from sdi.jobs import service as jobs
from sdi.jobs.model import PATIENT
from sdi.people.model import Principal
from sdi.web.context import Services, base_url, require, services
from sdi.web.openapi import Operation, operation
from sdi.web.rights import public, requires

blueprint = Blueprint("tiles", __name__)


_LAYER = {"layer_id": "Id of a layer"}
_ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "grid": {"type": "string", "enum": list(SETS), "default": "WebMercatorQuad"},
        "levels": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2, "default": [0, 12]},
        "form": {"type": "string", "enum": ["mvt", *PICTURES], "default": "png"},
        "style": {"type": "string"},
    },
    "additionalProperties": False,
}
_BODY = {"application/json": _ORDER}


@blueprint.post("/api/layers/<layer_id>/tiles/seed")
@requires("layers:write")
@operation(
    Operation(
        "Make a layer's tiles before anybody asks: it becomes a job",
        "Tiles",
        body=_BODY,
        scope="layers:write",
        path=_LAYER,
        success=202,
    )
)
def seed(layer_id: str) -> tuple[Response, int, dict[str, str]]:
    """Queue a seeding; 202 with the job's address in `Location`."""
    caller, layer = _own(layer_id)
    wanted = _order(layer, "png")
    if layer.visibility != "public":
        raise Unprocessable("Only tiles of public layers are kept.")
    checked_count(wanted, layer)
    return _queued(caller, SEED, wanted)


@blueprint.post("/api/layers/<layer_id>/tiles/archives")
@requires("layers:write")
@operation(
    Operation(
        "Write a layer's tiles as a PMTiles file: it becomes a job, whose result has the file's address",
        "Tiles",
        body=_BODY,
        scope="layers:write",
        path=_LAYER,
        success=202,
    )
)
def make_archive(layer_id: str) -> tuple[Response, int, dict[str, str]]:
    """Queue an archive; 202 with the job's address in `Location`."""
    caller, layer = _own(layer_id)
    wanted = _order(layer, "mvt")
    if wanted.grid is not WEB_MERCATOR:
        raise InvalidParameter(f"PMTiles knows only {WEB_MERCATOR.id}.", locator="grid")
    checked_count(wanted, layer, archive.TILES_LIMIT)
    return _queued(caller, ARCHIVE, wanted)


@blueprint.get("/api/layers/<layer_id>/tiles/archives/<name>")
@public
@operation(
    Operation(
        "A PMTiles file",
        "Tiles",
        answers={archive.MEDIA_TYPE: {"type": "string", "format": "binary"}},
        statuses={206: "The ranges asked for"},
        path={**_LAYER, "name": "Name of the file"},
    )
)
def fetch_archive(layer_id: str, name: str) -> Response:
    """The file, whole or in ranges (RFC 9110, 14), for whoever may see the layer."""
    layer = visible_layer(layer_id)
    path = archive.found(services().settings, layer, name)
    answer = send_file(path, mimetype=archive.MEDIA_TYPE, conditional=True, download_name=name, as_attachment=True)
    answer.headers["Cache-Control"] = f"{'public' if layer.visibility == 'public' else 'private'}, max-age=3600"
    return answer


@blueprint.delete("/api/layers/<layer_id>/tiles")
@requires("layers:write")
@operation(Operation("Delete a layer's kept tiles", "Tiles", scope="layers:write", path=_LAYER))
def empty(layer_id: str) -> Response:
    """The number of tiles deleted; they are made again when they are asked for."""
    _, layer = _own(layer_id)
    return jsonify(deleted=tile_server().cache.drop(layer.id))


def _own(layer_id: str) -> tuple[Principal, Layer]:
    """A layer of the caller's organisation."""
    caller = require("layers:write")
    layer = visible_layer(layer_id)
    if layer.organisation_id not in caller.organisations:
        raise Forbidden(f"Layer {layer.id!r} belongs to another organisation.")
    return caller, layer


def _order(layer: Layer, form: str) -> Order:
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or set(sent) - set(_ORDER["properties"]):
        raise InvalidParameter(f"Send a JSON object with some of: {', '.join(_ORDER['properties'])}.")
    levels = sent.get("levels", [0, 12])
    texts = [sent.get("grid", "WebMercatorQuad"), sent.get("form", form), sent.get("style", "")]
    if not (isinstance(levels, list) and len(levels) == 2 and all(type(level) is int for level in levels)):
        raise InvalidParameter("Levels are the first and the last, as [0, 12].", locator="levels")
    if not all(isinstance(value, str) for value in texts):
        raise InvalidParameter("Grid, form and style are texts.")
    wanted = order(layer.id, texts[0], (levels[0], levels[1]), texts[1], texts[2])
    if wanted.kind == "vector" and layer.kind != "vector":
        raise InvalidParameter(f"Layer {layer.id!r} has no features.", locator="form")
    styled(visible(), layer, wanted.style)
    return wanted


def _queued(caller: Principal, task: str, wanted: Order) -> tuple[Response, int, dict[str, str]]:
    with services().database.write(caller) as connection:
        job = jobs.enqueue(connection, task, wanted.to_json(), PATIENT)
    return jsonify(job=str(job)), 202, {"Location": f"{base_url()}/api/jobs/{job}"}


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]
    registry: Registry = state.app.extensions["layers"]
    app = cast("Flask", state.app)
    server = TileServer(brama.settings, brama.database, app.extensions["maps"])
    app.extensions["tiles"] = server
    brama.listener.subscribe(lambda kind, _subject: _heard(server, registry, kind))
    memory = brama.settings.tiles.memory_mb * 1_000_000
    short = ShortPath(registry, brama.database, server)
    app.wsgi_app = Edge(app.wsgi_app, lambda: registry.generation, memory, short)  # type: ignore[method-assign]


def _heard(server: TileServer, registry: Registry, kind: str | None) -> None:
    """Space is given back beside the thread that hears, which others wait for; what is asked for is true anyway."""
    if kind is None:
        server.freshness.forget()
    if kind is None or kind.startswith("layer."):
        threading.Thread(target=lambda: server.tidy(registry.snapshot(None)), name="tiles tidy", daemon=True).start()
