# SPDX-License-Identifier: EUPL-1.2
"""`/wms`: one address, the operation in REQUEST."""

import json
from collections.abc import Callable, Mapping
from typing import cast

from flask import Blueprint, Flask, Response, render_template, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import SQLAlchemyError

from layers.inspire import answer_in
from layers.maps.model import StyledLayer
from layers.maps.service import map_service
from layers.service import visible, visible_layers
from layers.wms import capabilities, describe
from layers.wms.exceptions import picture_of
from layers.wms.model import INFO_FORMATS, LEGEND_FORMATS, CurrentUpdateSequence, InvalidUpdateSequence, negotiated
from layers.wms.parse import Reader, map_format, version_of
from layers.wms.times import declared, timed
from sdi.errors import BramaError, InvalidParameter, Unsupported
from sdi.web.context import base_url, principal, services
from sdi.web.i18n import LANGUAGES, use_language
from sdi.web.ows import Dialect, handle
from sdi.web.parameters import Parameters
from sdi.web.problems import as_refusal
from sdi.web.rights import public

blueprint = Blueprint("wms", __name__, template_folder="templates")


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    def warm() -> None:
        for language in LANGUAGES:
            with cast("Flask", state.app).test_request_context("/wms"):
                use_language(language)
                capabilities.prepare(visible(), visible_layers())

    state.app.extensions.setdefault("brama.warm", []).append(warm)


@blueprint.route("/wms", methods=["GET", "POST"])
@public
def wms() -> Response:
    """Answer one operation, its parameters in the address or in a form."""
    parameters = _parameters()
    answer_in(parameters.text("language", 20))
    operation = parameters.required("request").lower()
    service = parameters.text("service")
    if service is not None and service.upper() != "WMS":
        raise InvalidParameter("This address serves WMS.", locator="service")
    if operation not in _OPERATIONS:
        raise Unsupported(f"Operation {operation[:80]!r} is not served.", locator="request")
    if operation not in ("getmap", "map"):
        return _OPERATIONS[operation](parameters)
    try:
        return _map(parameters)
    except (BramaError, SQLAlchemyError) as error:
        picture = picture_of(as_refusal(error), parameters)
        if picture is None:
            raise
        return picture


def _parameters() -> Parameters:
    if request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded":
        raise Unsupported("Send the parameters as a form (application/x-www-form-urlencoded).", locator="request")
    return Parameters(request.values, fold_names=True)


def _reader(parameters: Parameters) -> Reader:
    return Reader(parameters, visible(), visible_layers())


def _capabilities(parameters: Parameters) -> Response:
    version = negotiated(parameters.text("version", 40) or parameters.text("wmtver", 40))
    current, sent = capabilities.sequence(visible()), parameters.text("updatesequence", 100)
    if sent == current:
        raise CurrentUpdateSequence("The document has not changed since.", locator="updatesequence")
    if sent is not None and sent > current:
        raise InvalidUpdateSequence(f"The document is as of {current}.", locator="updatesequence")
    body = capabilities.document(visible(), visible_layers(), version)
    media_type = "text/xml" if version == "1.3.0" else "application/vnd.ogc.wms_xml"
    headers = _caching(60) | {"Vary": "Accept-Language, Authorization"}
    return Response(body, content_type=f"{media_type}; charset=utf-8", headers=headers)


def _map(parameters: Parameters) -> Response:
    query = _reader(parameters).map()
    picture = map_service().draw(query, visible(), principal())
    headers = _caching(60)
    answer = Response(picture, content_type=query.media_type, headers=headers)
    return _with_defaults(answer, query.layers)


def _with_defaults(answer: Response, layers: tuple[StyledLayer, ...]) -> Response:
    """Tell which time was taken where none was asked for (OGC 06-042, C.4.2)."""
    used = {declared(styled.layer) for styled in layers if timed(styled.layer) and not styled.times}
    for default in sorted(value for value in used if value):
        answer.headers.add("Warning", f"99 Default value used: time={default} ISO8601")
    return answer


def _info(parameters: Parameters) -> Response:
    query = _reader(parameters).info()
    form = INFO_FORMATS[query.media_type]
    if form == "geojson":
        answer = Response(map_service().features(query, principal()), content_type=query.media_type)
    elif form == "gml":
        found = map_service().gml(query, principal())
        start, end = (
            render_template("wms/info.gml", namespace=_namespace(), mark="\ue000").encode().split("\ue000".encode())
        )
        answer = Response(start + found + end, content_type=f"{query.media_type}; charset=utf-8")
    else:
        template = f"wms/info.{'html' if form == 'html' else 'txt'}"
        page = render_template(template, found=map_service().rows(query, principal()))
        answer = Response(page, content_type=f"{query.media_type}; charset=utf-8")
    return _with_defaults(answer, query.layers)


def _namespace() -> str:
    """Of the features' elements, the one that the WFS has."""
    settings = services().settings
    return settings.site.namespace or f"{settings.public_url}/features"


def _legend(parameters: Parameters) -> Response:
    wanted = parameters.text("format") or "image/png"
    if wanted == LEGEND_FORMATS[-1]:
        data = describe.legend_as_data(_reader(parameters).legend("png"))
        return Response(json.dumps(data, ensure_ascii=False), content_type=wanted, headers=_caching(60))
    media_type, picture = map_format(wanted)
    query = _reader(parameters).legend(picture)
    return Response(map_service().legend(query), content_type=media_type, headers=_caching(3600))


def _describe(parameters: Parameters) -> Response:
    layers = describe.described(parameters, _reader(parameters).chosen)
    old = version_of(parameters) == "1.1.1"
    page = render_template("wms/describe_1_1_1.xml" if old else "wms/describe.xml", layers=layers, base=base_url())
    media_type = "application/vnd.ogc.wms_xml" if old else "text/xml"
    return Response(page, content_type=f"{media_type}; charset=utf-8")


def _styles(parameters: Parameters) -> Response:
    body, media_type = describe.styles(parameters, _reader(parameters).chosen, visible())
    return Response(body, content_type=media_type, headers=_caching(60))


def _caching(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"{'private' if principal() else 'public'}, max-age={seconds}"}


_OPERATIONS: Mapping[str, Callable[[Parameters], Response]] = {
    "getcapabilities": _capabilities,
    "capabilities": _capabilities,
    "getmap": _map,
    "map": _map,
    "getfeatureinfo": _info,
    "feature_info": _info,
    "getlegendgraphic": _legend,
    "describelayer": _describe,
    "getstyles": _styles,
}


def _dialect() -> Dialect:
    names = {name.lower(): value for name, value in request.values.items()}
    version = names.get("version") or names.get("wmtver") or ""
    return Dialect.WMS_1_1 if version.startswith(("1.1", "1.0")) else Dialect.WMS_1_3


handle(blueprint, _dialect)
