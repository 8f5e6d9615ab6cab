# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Maps (OGC 20-058): a layer, a layer in a style, several layers as one map."""

from collections.abc import Sequence

from flask import Response, render_template

from layers.maps.model import MapQuery, StyledLayer
from layers.maps.service import map_service, styled
from layers.model import Layer
from layers.ogcapi.common import BBOX, COLLECTION, CRS, LANGUAGE
from layers.ogcapi.dataset import base_layers, map_layers
from layers.ogcapi.links import HTML, root
from layers.ogcapi.map_query import KNOWN, MAX_SIDE, MapReader, shared_crs
from layers.ogcapi.query import parameters
from layers.rasters.service import Grid, georeferenced
from layers.rendering.model import Format
from layers.service import visible, visible_layer
from sdi import crs as crss
from sdi.crs import Crs
from sdi.errors import InvalidParameter, NotFound
from sdi.web.context import principal
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.pages import this_page
from sdi.web.rights import public

OFFERS = {
    "png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "tiff": "image/tiff; application=geotiff",
    "svg": "image/svg+xml", "pdf": "application/pdf", "html": HTML,
}  # fmt: skip
_FORMATS: dict[str, Format] = {
    "png": "png", "jpeg": "jpeg", "webp": "webp", "tiff": "png", "svg": "svg", "pdf": "pdf",
}  # fmt: skip
_NUMBER = {"type": "number", "minimum": 0}
_POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_PIXELS = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE}
_PARAMETERS = (
    Parameter("f", "Format, before the Accept header", {"type": "string", "enum": [*OFFERS]}),
    LANGUAGE,
    Parameter("bbox", "Part of the world to draw", BBOX, explode=False),
    Parameter("bbox-crs", "CRS of the box, in its axis order; CRS84 unless said", CRS),
    Parameter("subset", 'Parts of axes: `Lat(51:52),Lon(20:21)`, `E(..),N(..)`, `time("2020-01-01")`'),
    Parameter("subset-crs", "CRS of the subset's axes; CRS84 unless said", CRS),
    Parameter("center", "Middle of the map", _POINT, explode=False),
    Parameter("center-crs", "CRS of the middle, in its axis order; CRS84 unless said", CRS),
    Parameter("crs", "CRS of the map; that of the stored data unless said", CRS),
    Parameter("width", "Pixels across", _PIXELS),
    Parameter("height", "Pixels down", _PIXELS),
    Parameter("scale-denominator", "Metres on the ground of a metre on the screen", _NUMBER),
    Parameter("mm-per-pixel", "Size of a pixel in millimetres, 0.28 unless said", _NUMBER),
    Parameter("datetime", "Instant or interval (`2020-01-01/..`) that the features' own time meets"),
    Parameter("bgcolor", "Background as 0xRRGGBB or a name of CSS 2.1"),
    Parameter("transparent", "Whether the background is transparent; so unless a colour is sent", {"type": "boolean"}),
)  # fmt: skip
_COLLECTIONS = Parameter(
    "collections", "Layers, the lowest first", {"type": "array", "items": {"type": "string"}}, explode=False
)
_ANSWERS = {media_type: {"type": "string"} for media_type in OFFERS.values()}
_MOST = 50


@public
@operation(Operation("A map of a layer", "Maps", _PARAMETERS, _ANSWERS, path=COLLECTION, id="collection.getMap"))
def show_map(collection_id: str) -> Response | str:
    """A map of one layer in its default style (/req/collection-map)."""
    layer = visible_layer(collection_id)
    return _answer([styled(visible(), layer)], crss.by_srid(layer.srid), layer)


@public
@operation(
    Operation(
        "A map of a layer in one of its styles",
        "Maps",
        _PARAMETERS,
        _ANSWERS,
        path={**COLLECTION, "style_id": "Name of a style of the layer"},
        id="collection.style.getMap",
    )
)
def show_styled_map(collection_id: str, style_id: str) -> Response | str:
    """A map of one layer in a style of it (/req/styled-map)."""
    layer = visible_layer(collection_id)
    return _answer([styled(visible(), layer, style_id)], crss.by_srid(layer.srid), layer)


@public
@operation(Operation("A map of several layers", "Maps", (*_PARAMETERS, _COLLECTIONS), _ANSWERS, id="dataset.getMap"))
def show_dataset_map() -> Response | str:
    """A map of the layers of `collections`, or of those that make the base map (/req/dataset-map)."""
    sent = parameters(*KNOWN)
    names = sent.words("collections", _MOST)
    chosen = [visible_layer(_own_name(name)) for name in names] if names else base_layers()
    if not chosen:
        raise NotFound("There are no layers to draw.", locator="collections")
    drawn = [styled(visible(), layer) for layer in (chosen if names else map_layers(chosen))]
    return _answer(drawn, shared_crs(drawn), None)


def _own_name(name: str) -> str:
    """The id of a layer that may be named by its whole address (/req/collections-selection)."""
    own = f"{root()}/collections/"
    if "/" in name and not name.startswith(own):
        raise InvalidParameter("A layer of another server is not drawn here.", locator="collections")
    return name.removeprefix(own)


def _answer(layers: Sequence[StyledLayer], native: Crs, layer: Layer | None) -> Response | str:
    sent = parameters(*(name for name in KNOWN if layer is None or name != "collections"))
    representation = negotiate(OFFERS)
    reader = MapReader(sent, tuple(layers), native)
    if representation == "html":
        frame = reader.frame()
        size = {"width": min(frame.width, 1_200), "height": max(1, round(frame.height * min(1, 1_200 / frame.width)))}
        return render_template(
            "ogcapi/map.html", layers=[part.layer for part in layers], layer=layer, size=size, crs=frame.box.crs,
            formats=[name for name in OFFERS if name != "html"], picture=this_page(f="png"),
        )  # fmt: skip
    query = reader.query(_FORMATS[representation], OFFERS[representation])
    picture = map_service().draw(query, visible(), principal())
    if representation == "tiff":
        picture = georeferenced(picture, Grid(query.box, query.width, query.height))
    shared = "private" if principal() else "public"
    headers = {
        "Content-Crs": f"<{query.box.crs.uri}>",
        "Content-Bbox": _corners(query),
        "Cache-Control": f"{shared}, max-age=60",
        "Vary": "Accept, Authorization",
    }
    if told := _time(query):
        headers["Content-Datetime"] = told
    return Response(picture, content_type=query.media_type, headers=headers)


def _corners(query: MapQuery) -> str:
    """The box in the axis order of its CRS (/req/core/map-response)."""
    minx, miny, maxx, maxy = (round(value, query.box.crs.decimals + 3) for value in query.box.bounds)
    ordered = (miny, minx, maxy, maxx) if query.box.crs.northing_first else (minx, miny, maxx, maxy)
    return ",".join(f"{value:.12g}" for value in ordered)


def _time(query: MapQuery) -> str | None:
    """The time shown: what was asked for, open ends filled from the data."""
    known = [part.layer.time_extent for part in query.layers if part.layer.time_extent]
    if not known:
        return None
    starts = [extent[0] for extent in known if extent[0] is not None]
    ends = [extent[1] or part.layer.updated_at for extent, part in zip(known, query.layers, strict=False)]
    asked = next((part.times[0] for part in query.layers if part.times), None)
    start = (asked.start if asked else None) or min(starts, default=None)
    end = (asked.end if asked else None) or max(ends)
    if start is None:
        return None
    return "/".join(moment.isoformat(timespec="seconds").replace("+00:00", "Z") for moment in (start, max(start, end)))
