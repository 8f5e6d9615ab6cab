# SPDX-License-Identifier: EUPL-1.2
"""Addresses of OGC API; each view is one module's function."""

from collections.abc import Callable

from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState

from layers.ogcapi import (
    collections,
    common,
    coverages,
    editing,
    features,
    maps,
    past,
    schemas,
    style_editing,
    style_tools,
    tiles,
)
from layers.service import registry
from sdi.web.context import Services
from sdi.web.i18n import LANGUAGES

blueprint = Blueprint("ogcapi", __name__, template_folder="templates")

_COLLECTION = "/ogc/collections/<collection_id>"
_VIEWS: dict[str, Callable[..., Response | str]] = {
    "/ogc": common.landing,
    "/ogc/conformance": common.conformance,
    "/ogc/collections": common.list_collections,
    _COLLECTION: common.show_collection,
    f"{_COLLECTION}/queryables": schemas.show_queryables,
    f"{_COLLECTION}/sortables": schemas.show_sortables,
    f"{_COLLECTION}/schema": schemas.show_schema,
    f"{_COLLECTION}/coverage": coverages.show_coverage,
    f"{_COLLECTION}/items": features.list_items,
    f"{_COLLECTION}/items/<feature_id>": features.show_item,
    f"{_COLLECTION}/items/<feature_id>/versions": past.show_versions,
    f"{_COLLECTION}/map": maps.show_map,
    f"{_COLLECTION}/styles/<style_id>/map": maps.show_styled_map,
    "/ogc/map": maps.show_dataset_map,
    "/ogc/tileMatrixSets": tiles.list_matrix_sets,
    "/ogc/tileMatrixSets/<tile_matrix_set_id>": tiles.show_matrix_set,
    "/ogc/functions": schemas.show_functions,
    "/ogc/api": common.ogc_json,
    "/ogc/api.html": common.ogc_html,
    "/api/openapi.json": common.api_json,
    "/api/openapi.html": common.api_html,
}
_OWN_OPTIONS = (features.list_items, features.show_item)
for _address, _view in _VIEWS.items():
    blueprint.add_url_rule(_address, view_func=_view, provide_automatic_options=_view not in _OWN_OPTIONS)
for _address, _endpoint, _view in tiles.views():
    blueprint.add_url_rule(_address, _endpoint, _view)
editing.views(blueprint, _COLLECTION)
style_editing.views(blueprint)
style_tools.views(blueprint)


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]

    def prepare() -> None:
        snapshot = registry().snapshot(None)
        for language in LANGUAGES:
            for layer in snapshot.layers.values():
                collections.prepared(snapshot, layer, f"{brama.settings.public_url}/ogc", language)

    state.app.extensions.setdefault("brama.warm", []).append(prepare)
