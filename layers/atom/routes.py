# SPDX-License-Identifier: EUPL-1.2
"""`/atom`: the feeds, their search, and pages of the same for people."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response, render_template, request, send_file

from layers import inspire
from layers.atom import feeds, metadata, search
from layers.atom.model import ATOM, GEOTIFF, OPENSEARCH, offers, systems
from layers.formats.model import able
from layers.formats.service import download
from layers.items.model import ItemQuery
from layers.maps.service import map_service
from layers.model import Layer
from layers.service import visible, visible_layer, visible_layers
from sdi import crs as crss
from sdi.crs import Crs
from sdi.errors import InvalidParameter, NotFound
from sdi.web.context import base_url, principal
from sdi.web.i18n import language
from sdi.web.negotiation import HTML, negotiate
from sdi.web.parameters import Parameters
from sdi.web.rights import public

blueprint = Blueprint("atom", __name__, template_folder="templates")

_OFFERS: Mapping[str, str] = {"atom": ATOM, "html": HTML}
_IDENTIFIER = ("spatial_dataset_identifier_code", "spatial_dataset_identifier_namespace")


@blueprint.get("/atom")
@public
def service() -> Response:
    """The feed of the service."""
    _parameters()
    return _listed(_layers(), "")


@blueprint.get("/atom/datasets/<layer_id>")
@public
def dataset(layer_id: str) -> Response:
    """The feed of a data set."""
    _parameters()
    return _dataset(visible_layer(layer_id))


@blueprint.get("/atom/opensearch")
@public
def opensearch() -> Response:
    """The description of the search."""
    _parameters()
    return _kept("opensearch", OPENSEARCH, lambda: search.description(_layers()))


@blueprint.get("/atom/metadata")
@public
def service_metadata() -> Response:
    """The ISO 19139 record of the service."""
    _parameters()
    return _kept("metadata", "application/xml", lambda: metadata.record(_layers()))


@blueprint.get("/atom/search")
@public
def results() -> Response:
    """The data sets whose names, titles and keywords have all the words."""
    asked = _parameters("q", "language", *_IDENTIFIER)
    words = (asked.text("q", 200) or "").lower().split()
    return _listed([layer for layer in _layers() if all(word in _texts(layer) for word in words)], " ".join(words))


@blueprint.get("/atom/describe")
@public
def describe() -> Response:
    """Describe Spatial Data Set: its feed, by its identifier."""
    return _dataset(_identified(_parameters("language", "crs", "q", *_IDENTIFIER)))


@blueprint.get("/atom/get")
@public
def get() -> Response:
    """Get Spatial Data Set: the file itself, by identifier, reference system and format."""
    asked = _parameters("language", "crs", "q", "format", *_IDENTIFIER)
    layer = _identified(asked)
    if layer.kind == "raster":
        asked.choice("format", (GEOTIFF.name,), GEOTIFF.name)
        _crs(asked, layer)
        return _whole(layer)
    offered = {kind.name: kind for kind in able(layer)}
    return download(layer, ItemQuery(crs=_crs(asked, layer)), offered[asked.choice("format", offered, "gpkg")])


@blueprint.get("/atom/files/<layer_id>.tif")
@public
def file(layer_id: str) -> Response:
    """A raster's own file, whole or in ranges (RFC 9110, 14), so that programs may read parts of it."""
    layer = visible_layer(layer_id)
    if layer.kind != "raster":
        raise NotFound(f"Layer {layer.id!r} has features, no raster file.", locator="layer")
    return _whole(layer)


def _whole(layer: Layer) -> Response:
    path, name = map_service().file(layer), f"{layer.id}.{GEOTIFF.extension}"
    answer = send_file(path, mimetype=GEOTIFF.media_type, conditional=True, download_name=name, as_attachment=True,
                       etag=f"{layer.id}-{layer.version}")  # fmt: skip
    answer.headers["Cache-Control"] = f"{'public' if layer.visibility == 'public' else 'private'}, no-cache"
    answer.headers["Vary"] = "Authorization"
    return answer


def _parameters(*known: str) -> Parameters:
    asked = Parameters(request.args.to_dict(), known=("f", "lang", *known))
    spoken = asked.text("language", 20)
    inspire.answer_in(None if spoken in (None, "*") else spoken)
    return asked


def _layers() -> list[Layer]:
    return list(visible_layers().values())


def _identified(asked: Parameters) -> Layer:
    code = asked.required(_IDENTIFIER[0], 200)
    namespace = asked.text(_IDENTIFIER[1], 500)
    if namespace is not None and namespace.rstrip("/") != feeds.namespace().rstrip("/"):
        raise NotFound(f"No data set has the namespace {namespace[:200]!r}.", locator=_IDENTIFIER[1])
    return visible_layer(code.removeprefix(feeds.namespace()))


def _crs(asked: Parameters, layer: Layer) -> Crs:
    text = asked.text("crs", 200)
    if text is None:
        return systems(layer)[0]
    found = crss.parse(text, locator="crs")
    if found not in (systems(layer) if layer.kind == "raster" else crss.SERVED):
        raise InvalidParameter(f"Data sets are not offered in {found.name}.", locator="crs")
    return found


def _texts(layer: Layer) -> str:
    return " ".join((layer.id, *layer.title.values(), *layer.abstract.values(), *layer.keywords)).lower()


def _listed(layers: Sequence[Layer], words: str) -> Response:
    if negotiate(_OFFERS) == "html":
        page = render_template("atom/service.html", layers=layers, title=feeds.service_title(), words=words)
        return Response(page, content_type="text/html; charset=utf-8")
    if words:
        return _answer(feeds.service_feed(layers), ATOM)
    return _kept("service", ATOM, lambda: feeds.service_feed(layers))


def _dataset(layer: Layer) -> Response:
    if negotiate(_OFFERS) == "html":
        page = render_template("atom/dataset.html", layer=layer, offers=offers(layer), rights=feeds.rights(layer))
        return Response(page, content_type="text/html; charset=utf-8")
    return _answer(feeds.dataset_feed(layer), ATOM)


def _kept(name: str, media_type: str, make: Callable[[], bytes]) -> Response:
    """Documents over all layers live as long as the snapshot they were made from."""
    made: dict[str, bytes] = visible().derived.setdefault(("atom", base_url(), language()), {})
    if name not in made:
        made[name] = make()
    return _answer(made[name], media_type)


def _answer(body: bytes, media_type: str) -> Response:
    shared = "private" if principal() else "public"
    response = Response(body, content_type=f"{media_type}; charset=utf-8")
    response.headers["Cache-Control"] = f"{shared}, no-cache"
    response.headers["Vary"] = "Accept, Accept-Language, Authorization"
    response.headers["Content-Language"] = language()
    response.add_etag()
    response.make_conditional(request)
    return response
