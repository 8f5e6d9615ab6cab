# SPDX-License-Identifier: EUPL-1.2
"""The portal's page, its JSON, and the built files."""

import gzip
import re
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, render_template, request, send_from_directory
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import NotFound as NoFile

from layers.service import visible, visible_layer, visible_layers
from portal_web import service
from portal_web.assets import BUILT, Assets, manifest
from sdi.web.context import Services, base_url, organisation, principal, services
from sdi.web.i18n import language
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.rights import public

blueprint = Blueprint("portal", __name__, template_folder="templates")
_LANGUAGE = Parameter("lang", "Language of texts", {"type": "string", "enum": ["pl", "en"]})
_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,10}\.\w+$")
# OpenLayers sets styles through the object model only, so neither scripts nor styles need an exception.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]
    assets = Assets(urlsplit(brama.settings.public_url).path, brama.settings.site.accent)
    state.app.extensions["portal.assets"] = assets
    state.app.jinja_env.globals["assets"] = assets.tags
    state.app.after_request(_guard)


def _guard(response: Response) -> Response:
    """What browsers may do with a page of ours."""
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    return response


@blueprint.get("/")
@blueprint.get("/map")
@public
def portal() -> Response:
    """The map. Without a script it is a list of all layers by theme."""
    snapshot = visible()
    themes = service.theme_list(snapshot, organisation(), language())
    root = urlsplit(base_url()).path
    page = render_template(
        "portal/map.html",
        themes=themes,
        total=len(visible_layers()),
        built=manifest() is not None,
        config={"root": root, "language": language(), "site": service.text(site_title(), language()), **_offered()},
        listing=f"{root}/api/portal?lang={language()}",
    )
    return _compressed(page)


@blueprint.get("/map/style")
@public
def style_editor() -> Response:
    """The style editor: a preview for everybody, saved by those with the right."""
    root = urlsplit(base_url()).path
    config = {"root": root, "language": language(), "site": service.text(site_title(), language()), **_offered()}
    page = render_template("portal/style.html", built=manifest() is not None, config=config)
    return Response(page, content_type="text/html; charset=utf-8")


def _compressed(page: str) -> Response:
    """A long page, packed when the browser can take it; it holds nothing secret that its size could tell."""
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Authorization"
    if request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(page.encode(), 5, mtime=0))
        response.content_encoding = "gzip"
    return response


def site_title() -> dict[str, str]:
    """The site's name by language."""
    return {str(code): title for code, title in services().settings.site.title.items()}


def _offered() -> dict[str, bool]:
    """Services that this gate has, so that the portal links to nothing that is not there."""
    rules = {rule.rule for rule in current_app.url_map.iter_rules()}
    return {"wms": "/wms" in rules, "records": any(rule.startswith("/catalogue/<") for rule in rules)}


@blueprint.get("/api/portal")
@public
@operation(Operation("Themes and layers", "Portal", (_LANGUAGE,)))
def listing() -> Response:
    """Themes and layers, in the language asked for."""
    return send(service.listing(visible(), organisation(), language(), services().settings))


@blueprint.get("/api/portal/base")
@public
@operation(Operation("Layers of the base map", "Portal"))
def base() -> Response:
    """Layers of the base map, for the small maps of pages."""
    return send(service.prepare(service.base_map(visible_layers(), services().settings)))


@blueprint.get("/api/portal/layers/<layer_id>")
@public
@operation(Operation("What the portal tells about a layer", "Portal", (_LANGUAGE,), path={"layer_id": "Id of a layer"}))
def details(layer_id: str) -> Response:
    """What the portal tells about a layer."""
    return send(service.prepare(service.details(visible_layer(layer_id), language())))


@blueprint.get("/api/portal/layers/<layer_id>/labels")
@public
@operation(Operation("Label points of a layer of areas", "Portal", path={"layer_id": "Id of a layer"}))
def labels(layer_id: str) -> Response:
    """Label points of a layer of areas."""
    return send(service.labels(visible(), visible_layer(layer_id), services().database, principal()))


def send(prepared: service.Prepared) -> Response:
    """A prepared answer, compressed when the browser can; 304 when it has it already."""
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(prepared.packed if packed else prepared.body, content_type="application/json")
    if packed:
        response.content_encoding = "gzip"
    response.set_etag(prepared.etag, weak=True)
    response.headers["Cache-Control"] = "no-cache" if principal() is None else "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Authorization"
    response.make_conditional(request)
    return response


@blueprint.get("/assets/<path:name>")
@public
def asset(name: str) -> Response:
    """A built file; where its name changes with its content, browsers keep it for good."""
    assets: Assets = current_app.extensions["portal.assets"]
    if name == assets.theme_name:
        response = Response(assets.theme, content_type="text/css; charset=utf-8")
    else:
        response = _file(name)
    response.headers["Cache-Control"] = _FOR_GOOD if _HASHED.search(name) else _FOR_AN_HOUR
    return response


def _file(name: str) -> Response:
    packed = request.accept_encodings.quality("gzip") > 0 and (BUILT / f"{name}.gz").is_file()
    if not packed or ".." in name:
        return send_from_directory(BUILT, name)
    response = send_from_directory(BUILT, f"{name}.gz", mimetype=_mimetype(name))
    response.content_encoding = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _mimetype(name: str) -> str:
    kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
    kind = kinds.get(name.rsplit(".", 1)[-1])
    if kind is None:
        raise NoFile
    return kind
