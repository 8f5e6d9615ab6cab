# SPDX-License-Identifier: EUPL-1.2
"""Sets the drawing of maps up for the application."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from layers.maps.service import MapService
from layers.rendering.service import render_client
from sdi.web.context import Services

blueprint = Blueprint("maps", __name__)


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]
    state.app.extensions["maps"] = MapService(brama.settings, brama.database, render_client(brama.settings))
