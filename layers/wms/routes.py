# SPDX-License-Identifier: EUPL-1.2
"""`/wms`: one address, the operation in REQUEST."""

from collections.abc import Callable, Mapping
from typing import cast

from flask import Blueprint, Flask, Response, render_template, request
from flask.blueprints import BlueprintSetupState

from layers.maps.model import LegendQuery
from layers.maps.service import map_service
from layers.service import visible, visible_layers
from layers.wms import capabilities
from layers.wms.model import INFO_FORMATS, MAP_FORMATS
from layers.wms.parse import Reader
from sdi.errors import InvalidParameter, Unsupported
from sdi.web.context import principal
from sdi.web.ows import Dialect, handle
from sdi.web.parameters import Parameters

blueprint = Blueprint("wms", __name__, template_folder="templates")


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    def warm() -> None:
        with cast("Flask", state.app).test_request_context("/wms"):
            capabilities.document(visible(), dict(visible_layers()))

    state.app.extensions.setdefault("brama.warm", []).append(warm)


@blueprint.get("/wms")
def wms() -> Response:
    """Answer GetCapabilities, GetMap, GetFeatureInfo or GetLegendGraphic."""
    parameters = Parameters(request.args, fold_names=True)
    operation = parameters.required("request").lower()
    service = parameters.text("service")
    if service is not None and service.upper() != "WMS":
        raise InvalidParameter("This address serves WMS.", locator="service")
    if operation not in _OPERATIONS:
        raise Unsupported(f"Operation {operation[:80]!r} is not served.", locator="request")
    return _OPERATIONS[operation](parameters)


def _reader(parameters: Parameters) -> Reader:
    return Reader(parameters, visible(), visible_layers())


def _capabilities(parameters: Parameters) -> Response:
    snapshot = visible()
    sequence = f"{snapshot.generation}"
    if parameters.text("updatesequence") == sequence:
        raise InvalidParameter("The document has not changed since.", locator="updatesequence")
    body = capabilities.document(snapshot, dict(visible_layers()))
    return Response(body, content_type="text/xml; charset=utf-8", headers=_caching(60))


def _map(parameters: Parameters) -> Response:
    query = _reader(parameters).map()
    picture = map_service().draw(query, visible(), principal())
    return Response(picture, content_type=query.media_type, headers=_caching(60))


def _info(parameters: Parameters) -> Response:
    query = _reader(parameters).info()
    if INFO_FORMATS[query.media_type] == "geojson":
        return Response(map_service().features(query, principal()), content_type=query.media_type)
    form = "html" if INFO_FORMATS[query.media_type] == "html" else "txt"
    page = render_template(f"wms/info.{form}", found=map_service().rows(query, principal()))
    return Response(page, content_type=f"{query.media_type}; charset=utf-8")


def _legend(parameters: Parameters) -> Response:
    reader = _reader(parameters)
    name = parameters.text("layer") or parameters.required("layers")
    wanted = parameters.text("format") or "image/png"
    if wanted not in MAP_FORMATS:
        raise InvalidParameter(f"Format {wanted[:80]!r} is not served.", locator="format")
    styled = reader.styled(name, parameters.text("style"))[0]
    scale = parameters.text("scale", 30)
    picture = map_service().legend(LegendQuery(styled, MAP_FORMATS[wanted], _denominator(scale)))
    return Response(picture, content_type=wanted.partition(";")[0], headers=_caching(3600))


def _denominator(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = -1
    if not 0 < number < 1e12:
        raise InvalidParameter("The scale is a number over 0.", locator="scale")
    return number


def _caching(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"{'private' if principal() else 'public'}, max-age={seconds}"}


_OPERATIONS: Mapping[str, Callable[[Parameters], Response]] = {
    "getcapabilities": _capabilities,
    "getmap": _map,
    "map": _map,
    "getfeatureinfo": _info,
    "getlegendgraphic": _legend,
}


def _dialect() -> Dialect:
    version = Parameters(request.args, fold_names=True).text("version", 10**6) or ""
    return Dialect.WMS_1_1 if version.startswith("1.1") else Dialect.WMS_1_3


handle(blueprint, _dialect)
