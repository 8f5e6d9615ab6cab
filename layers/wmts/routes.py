# SPDX-License-Identifier: EUPL-1.2
"""`/wmts`: key-value pairs, the operation in REQUEST; `/wmts/1.0.0/...`: resources."""

from collections.abc import Callable, Mapping
from typing import cast

from flask import Blueprint, Flask, Response, render_template, request
from flask.blueprints import BlueprintSetupState

from layers.inspire import answer_in
from layers.maps.model import STANDARD_DPI, InfoQuery, MapQuery
from layers.maps.service import map_service
from layers.service import visible, visible_layers
from layers.tiles.answers import tile_answer
from layers.tiles.model import PICTURES
from layers.tiles.serving import tile_server
from layers.wmts import capabilities
from layers.wmts.model import FORMATS, INFO_FORMATS, INFO_LIMIT, INFO_TOLERANCE, PointQuery, TileQuery
from layers.wmts.parse import VERSION, Reader
from sdi.errors import InvalidParameter, MissingParameter, NotFound, StaleSequence, Unsupported, VersionMismatch
from sdi.web.context import principal
from sdi.web.i18n import LANGUAGES, use_language
from sdi.web.ows import Dialect, handle
from sdi.web.parameters import Parameters
from sdi.web.rights import public

blueprint = Blueprint("wmts", __name__, template_folder="templates")
handle(blueprint, Dialect.OWS_1_1)
_RESOURCE = "/wmts/1.0.0/<layer>/<style>"
_PLACE = "<tilematrixset>/<tilematrix>/<tilerow>/<tilecol>"
_BY_ENDING = {ending: media_type for media_type, ending in FORMATS.items()}
_INFO_BY_ENDING = {ending: media_type for media_type, ending in INFO_FORMATS.items()}


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    def warm() -> None:
        for language in LANGUAGES:
            with cast("Flask", state.app).test_request_context("/wmts"):
                use_language(language)
                capabilities.document(visible(), dict(visible_layers()))

    state.app.extensions.setdefault("brama.warm", []).append(warm)


@blueprint.get("/wmts")
@public
def wmts() -> Response:
    """Answer GetCapabilities, GetTile or GetFeatureInfo (07-057r7, 8.2)."""
    parameters = Parameters(request.args, fold_names=True)
    answer_in(parameters.text("language", 20))
    service = _said(parameters, "Service")
    if service.upper() != "WMTS":
        raise InvalidParameter("This address serves WMTS.", locator="Service")
    operation = _said(parameters, "Request").lower()
    if operation not in _OPERATIONS:
        raise Unsupported(f"Operation {operation[:80]!r} is not served.", locator="Request")
    return _OPERATIONS[operation](parameters)


@blueprint.get("/wmts/1.0.0/WMTSCapabilities.xml")
@public
def document() -> Response:
    """The service metadata as a resource (07-057r7, 10.1)."""
    return _document()


@blueprint.get(f"{_RESOURCE}/{_PLACE}.<ending>")
@blueprint.get(f"{_RESOURCE}/<time>/{_PLACE}.<ending>")
@public
def tile(ending: str, **values: str) -> Response:
    """A tile as a resource (07-057r7, 10.2)."""
    if ending not in _BY_ENDING:
        raise NotFound(f"Tiles end with one of: {', '.join(_BY_ENDING)}.", locator="Format")
    return _answer(_reader({**values, "format": _BY_ENDING[ending]}).tile())


@blueprint.get(f"{_RESOURCE}/{_PLACE}/<j>/<i>.<ending>")
@blueprint.get(f"{_RESOURCE}/<time>/{_PLACE}/<j>/<i>.<ending>")
@public
def feature_info(ending: str, **values: str) -> Response:
    """What lies under a pixel as a resource (07-057r7, 10.3)."""
    if ending not in _INFO_BY_ENDING:
        raise NotFound(f"Answers end with one of: {', '.join(_INFO_BY_ENDING)}.", locator="InfoFormat")
    read = _reader({**values, "format": "image/png", "infoformat": _INFO_BY_ENDING[ending]})
    return _info_answer(read.point())


def _said(parameters: Parameters, name: str) -> str:
    value = parameters.text(name.lower(), 200)
    if value is None:
        raise MissingParameter(f"Parameter {name!r} is missing.", locator=name)
    return value


def _reader(values: Mapping[str, str]) -> Reader:
    return Reader(values, visible(), visible_layers())


def _capabilities(parameters: Parameters) -> Response:
    accepted = parameters.text("acceptversions", 200)
    if accepted and VERSION not in accepted.split(","):
        raise VersionMismatch(f"The one version served is {VERSION}.", locator="AcceptVersions")
    sent = parameters.text("updatesequence", 100)
    if sent is not None and not sent.isdigit():
        raise StaleSequence("The document has no such sequence.", locator="UpdateSequence")
    return _document()


def _document() -> Response:
    body = capabilities.document(visible(), dict(visible_layers()))
    headers = {
        "Cache-Control": f"{'private' if principal() else 'public'}, max-age=60",
        "Vary": "Accept-Language, Authorization",
    }
    return Response(body, content_type=f"{capabilities.MEDIA_TYPE}; charset=utf-8", headers=headers)


def _tile(parameters: Parameters) -> Response:
    _check_version(parameters)
    return _answer(_reader(request.args).tile())


def _info(parameters: Parameters) -> Response:
    _check_version(parameters)
    return _info_answer(_reader(request.args).point())


def _check_version(parameters: Parameters) -> None:
    if _said(parameters, "Version") != VERSION:
        raise InvalidParameter(f"The one version served is {VERSION}.", locator="Version")


def _answer(query: TileQuery) -> Response:
    made = tile_server().picture(visible(), principal(), (query.styled,), query.place, query.format, within=False)
    return tile_answer(made, PICTURES[query.format].media_type, (query.styled.layer,), request.args.get("v"))


def _info_answer(query: PointQuery) -> Response:
    place = query.tile.place
    shown = MapQuery(
        layers=(query.tile.styled,),
        box=place.grid.tile(*place.key),
        width=place.grid.pixels,
        height=place.grid.pixels,
        format="png",
        media_type="image/png",
        background=None,
        dpi=STANDARD_DPI,
    )
    asked = InfoQuery(
        map=shown,
        layers=shown.layers,
        column=query.column,
        row=query.row,
        media_type=query.media_type,
        count=INFO_LIMIT,
        tolerance=INFO_TOLERANCE,
    )
    form = INFO_FORMATS[query.media_type]
    if form in ("geojson", "json"):
        return Response(map_service().features(asked, principal()), content_type=query.media_type)
    page = render_template(f"wmts/info.{form}", found=map_service().rows(asked, principal()))
    return Response(page, content_type=f"{query.media_type}; charset=utf-8")


_OPERATIONS: Mapping[str, Callable[[Parameters], Response]] = {
    "getcapabilities": _capabilities,
    "gettile": _tile,
    "getfeatureinfo": _info,
}
