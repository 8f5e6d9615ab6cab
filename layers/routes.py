# SPDX-License-Identifier: EUPL-1.2
"""Sets the registry up for the application."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from layers.service import Registry
from sdi.web.context import Services

blueprint = Blueprint("layers", __name__)


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]
    registry = Registry(brama.database)
    registry.listen(brama.listener)
    state.app.extensions["layers"] = registry
    state.app.extensions.setdefault("brama.warm", []).append(lambda: registry.snapshot(None))
