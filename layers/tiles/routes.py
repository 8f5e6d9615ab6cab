# SPDX-License-Identifier: EUPL-1.2
"""Sets tiles up for the application."""

import threading
from typing import cast

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState

from layers.service import Registry
from layers.tiles.edge import Edge
from layers.tiles.serving import TileServer
from sdi.web.context import Services

blueprint = Blueprint("tiles", __name__)


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]
    registry: Registry = state.app.extensions["layers"]
    app = cast("Flask", state.app)
    server = TileServer(brama.settings, brama.database, app.extensions["maps"])
    app.extensions["tiles"] = server
    brama.listener.subscribe(lambda kind, _subject: _heard(server, registry, kind))
    memory = brama.settings.tiles.memory_mb * 1_000_000
    app.wsgi_app = Edge(app.wsgi_app, lambda: registry.generation, memory)  # type: ignore[method-assign]


def _heard(server: TileServer, registry: Registry, kind: str | None) -> None:
    """Space is given back beside the thread that hears, which others wait for; what is asked for is true anyway."""
    if kind is None:
        server.freshness.forget()
    if kind is None or kind.startswith("layer."):
        threading.Thread(target=lambda: server.tidy(registry.snapshot(None)), name="tiles tidy", daemon=True).start()
