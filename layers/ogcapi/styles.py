# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Styles (OGC 20-009): lists of styles, stylesheets by encoding, metadata.

A style is known under its layer (`/ogc/collections/{layer}/styles/{name}`) and among all as
`/ogc/styles/{layer}:{name}`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from flask import Response, render_template, request
from werkzeug.http import http_date, parse_options_header

from layers.maps.service import styled
from layers.model import Layer
from layers.ogcapi.collections import text_of
from layers.ogcapi.common import COLLECTION, FORMAT, LANGUAGE
from layers.ogcapi.links import GEOJSON, HTML, JSON, Link, as_json, here, link, root, unchanged
from layers.ogcapi.query import parameters
from layers.service import Style as RegisteredStyle
from layers.service import visible, visible_layer, visible_layers
from layers.styles.encodings import SPECIFICATIONS, TITLES, XML_TYPES
from layers.styles.service import MEDIA_TYPES, Addresses, Encoding, Named, encode
from sdi.errors import InvalidParameter, NotAcceptable, NotFound
from sdi.web.context import base_url, principal
from sdi.web.i18n import gettext as _
from sdi.web.i18n import language
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.rights import public

STYLE = {"style_id": "`{layer}:{name}`, the id of a style"}
OWN_STYLE = {**COLLECTION, "style_id": "Name of a style of the layer"}
SCOPE = "layers:write"
ENCODING = Parameter("f", "Encoding, before the Accept header", {"type": "string", "enum": [*MEDIA_TYPES, "html"]})
SHEETS: Mapping[str, Mapping[str, Any]] = {
    **{kind: {"type": "object" if "json" in kind else "string"} for kind in MEDIA_TYPES.values()},
    HTML: {"type": "string"},
}
_LISTED: Mapping[str, Mapping[str, Any]] = {JSON: {"type": "object"}, HTML: {"type": "string"}}
_ALIKE = {JSON: "geostyler", **dict.fromkeys(XML_TYPES, "sld11")}
_MOST, _PAGE = 1_000, 100


@public
@operation(
    Operation(
        "Styles of all layers",
        "Styles",
        (FORMAT, LANGUAGE, Parameter("limit", "Most layers on a page", {"type": "integer", "maximum": _MOST}),
         Parameter("next", "Where to go on, from the link `next`")),
        _LISTED,
        id="getStyles",
    )
)  # fmt: skip
def list_styles() -> Response | str:
    """Styles (/req/core/styles-op), paged by layers."""
    sent = parameters("limit", "next")
    limit, token = sent.integer("limit", _PAGE, 1, _MOST), sent.text("next", 100)
    layers = [layer for layer in visible_layers().values() if visible().styles.get(layer.id)]
    start = next((number for number, layer in enumerate(layers) if layer.id == token), 0 if token is None else None)
    if start is None:
        raise InvalidParameter("The 'next' token is not one given out for this list.", locator="next")
    page, more = layers[start : start + limit], layers[start + limit : start + limit + 1]
    following = f"{root()}/styles?limit={limit}&next={more[0].id}" if more else None
    return _list(page, following)


@public
@operation(Operation("Styles of a layer", "Styles", (FORMAT, LANGUAGE), _LISTED, path=COLLECTION))
def list_own(collection_id: str) -> Response | str:
    """Styles of a collection (/req/core/styles-op), its default named."""
    parameters()
    return _list([visible_layer(collection_id)], None)


@public
@operation(Operation("A style", "Styles", (ENCODING, LANGUAGE), SHEETS, path=STYLE, id="getStyle"))
def show_style(style_id: str) -> Response | str:
    """A stylesheet (/req/core/style-op)."""
    layer, name = parted(style_id)
    return _sheet(layer, name)


@public
@operation(Operation("A style of a layer", "Styles", (ENCODING, LANGUAGE), SHEETS, path=OWN_STYLE))
def show_own(collection_id: str, style_id: str) -> Response | str:
    """A stylesheet of a collection."""
    return _sheet(visible_layer(collection_id), style_id)


@public
@operation(Operation("What a style is for", "Styles", (LANGUAGE,), path=STYLE, id="getStyleMetadata"))
def show_metadata(style_id: str) -> Response:
    """Metadata (/req/core/style-md-op)."""
    parameters()
    layer, name = parted(style_id)
    return as_json(metadata(layer, registered(layer, name)))


@public
@operation(Operation("What a style of a layer is for", "Styles", (LANGUAGE,), path=OWN_STYLE))
def show_own_metadata(collection_id: str, style_id: str) -> Response:
    """Metadata of a style of a collection."""
    parameters()
    layer = visible_layer(collection_id)
    return as_json(metadata(layer, registered(layer, style_id)))


def parted(style_id: str) -> tuple[Layer, str]:
    """The layer and the name in the id of a style; NotFound without such a layer."""
    layer_id, _colon, name = style_id.partition(":")
    return visible_layer(layer_id), name


def registered(layer: Layer, name: str) -> RegisteredStyle:
    """The layer's style of that name; NotFound without one."""
    for style in visible().styles.get(layer.id, ()):
        if style.name == name:
            return style
    raise NotFound(f"Layer {layer.id!r} has no style {name[:80]!r}.", locator="styleId")


def address(layer: Layer, name: str) -> str:
    """Where the style is."""
    return f"{root()}/collections/{layer.id}/styles/{name}"


def validators(layer: Layer, style: RegisteredStyle, encoding: str) -> dict[str, str]:
    """Headers by which a client asks again at no cost: they change with the style's look and texts."""
    shared = "public" if layer.visibility == "public" else "private"
    changed = cast("datetime", style.updated_at)
    spoken = f"-{language()}" if encoding == "html" else ""
    return {
        "ETag": f'"{style.digest}-{changed.timestamp():.6f}-{encoding}{spoken}"',
        "Last-Modified": http_date(changed),
        "Cache-Control": f"{shared}, no-cache",
        "Vary": "Accept, Accept-Language, Authorization",
    }


def metadata(layer: Layer, style: RegisteredStyle) -> dict[str, Any]:
    """The metadata object (20-009, clause 7)."""
    spoken, own = language(), address(layer, style.name)
    sheets = [
        {
            "title": TITLES[encoding],
            "version": "1.0",
            "specification": SPECIFICATIONS[encoding],
            "native": encoding == "geostyler",
            "link": link(f"{own}?f={encoding}", "stylesheet", media_type),
        }
        for encoding, media_type in MEDIA_TYPES.items()
    ]
    kind = "raster" if layer.kind == "raster" else layer.geometry_type.value.lower().removeprefix("multi")
    drawn: dict[str, Any] = {"id": layer.id, "type": {"linestring": "line"}.get(kind, kind)}
    if layer.kind == "vector":
        drawn["sampleData"] = link(f"{root()}/collections/{layer.id}/items?f=json", "data", GEOJSON)
    made = {
        "id": f"{layer.id}:{style.name}",
        "title": text_of(style.title, spoken),
        "description": text_of(style.description, spoken),
        "keywords": list(style.keywords),
        "pointOfContact": layer.organisation,
        "license": layer.licence,
        "created": _moment(style.created_at),
        "updated": _moment(style.updated_at),
        "scope": "style",
        "default": style.is_default,
        "stylesheets": sheets,
        "layers": [drawn],
        "links": [
            link(f"{own}/metadata", "self", JSON),
            link(picture(layer, style.name), "preview", "image/png"),
            link(f"{root()}/collections/{layer.id}", "http://www.opengis.net/def/rel/ogc/1.0/collection", JSON),
        ],
    }
    return {name: value for name, value in made.items() if value not in (None, "", [])}


def picture(layer: Layer, name: str, side: int = 512) -> str:
    """The address of a map of the whole layer in a style."""
    west, south, east, north = layer.bbox
    wide = max(east - west, north - south, 1e-4) / 2 * 1.05
    x, y = (west + east) / 2, (south + north) / 2
    box = ",".join(f"{value:.6f}" for value in (x - wide, max(-90, y - wide), x + wide, min(90, y + wide)))
    return (
        f"{base_url()}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layer.id}&STYLES={name}&CRS=CRS:84"
        f"&BBOX={box}&WIDTH={side}&HEIGHT={side}&FORMAT=image/png"
    )


def legend(layer: Layer, name: str) -> str:
    """The address of the style's legend."""
    return (
        f"{base_url()}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER={layer.id}&STYLE={name}"
        "&FORMAT=image/png&SLD_VERSION=1.1.0"
    )


def _list(layers: Sequence[Layer], following: str | None) -> Response | str:
    snapshot = visible()
    if negotiate() == "html":
        rows = [(layer, style) for layer in layers for style in snapshot.styles.get(layer.id, ())]
        one = layers[0] if "/collections/" in request.path else None
        return render_template("ogcapi/styles.html", rows=rows, following=following, layer=one)
    listed = [_entry(layer, style) for layer in layers for style in snapshot.styles.get(layer.id, ())]
    body: dict[str, Any] = {"styles": listed, "links": here(JSON, html=HTML)}
    if following:
        body["links"].append(link(following, "next", JSON))
    if "/collections/" in request.path and listed:
        body = {"default": listed[0]["id"], **body}
    return as_json(body)


def _entry(layer: Layer, style: RegisteredStyle) -> dict[str, Any]:
    own = address(layer, style.name)
    own_id = style.name if "/collections/" in request.path else f"{layer.id}:{style.name}"
    links: list[Link] = [
        link(f"{own}?f={encoding}", "stylesheet", media_type, TITLES[encoding])
        for encoding, media_type in MEDIA_TYPES.items()
    ]
    links.append(link(f"{own}/metadata", "describedby", JSON, _("Metadata")))
    links.append(link(f"{own}?f=html", "alternate", HTML))
    links.append(link(legend(layer, style.name), "http://www.opengis.net/def/rel/ogc/1.0/legend", "image/png"))
    return {"id": own_id, "title": text_of(style.title, language()), "links": links}


def _sheet(layer: Layer, name: str) -> Response | str:
    parameters()
    style = registered(layer, name)
    encoding = _encoding()
    headers = validators(layer, style, encoding)
    if answer := unchanged(headers):
        return answer
    if encoding == "html":
        may = (
            (caller := principal()) is not None and caller.may(SCOPE) and layer.organisation_id in caller.organisations
        )
        page = render_template("ogcapi/style.html", layer=layer, style=style, own=address(layer, name), titles=TITLES,
                               picture=picture(layer, name), legend=legend(layer, name), may=may)  # fmt: skip
        return Response(page, headers=headers, content_type="text/html; charset=utf-8")
    chosen = cast("Encoding", encoding)
    named = Named(layer, name, text_of(style.title, language()), styled(visible(), layer, name).style, style.is_default)
    data = encode(named, chosen, addresses(layer, name))
    answer = Response(data, headers=headers, content_type=MEDIA_TYPES[chosen])
    own = address(layer, name)
    links = [("self", f"{own}?f={chosen}", MEDIA_TYPES[chosen]), ("describedby", f"{own}/metadata", JSON)]
    links += [("alternate", f"{own}?f={other}", kind) for other, kind in MEDIA_TYPES.items() if other != chosen]
    answer.headers["Link"] = ", ".join(f'<{href}>; rel="{rel}"; type="{kind}"' for rel, href, kind in links)
    return answer


def addresses(layer: Layer, name: str) -> Addresses:
    """Where pictures and tiles of the layer in a style are."""
    inside = f"collections/{layer.id}/" + (f"styles/{name}/map/tiles" if layer.kind == "raster" else "tiles")
    return Addresses(f"{base_url()}/marks/", f"{root()}/{inside}/WebMercatorQuad/{{z}}/{{y}}/{{x}}")


def _encoding() -> str:
    """The encoding asked for, by `f` or by Accept with the version of SLD in it; NotAcceptable for any other."""
    if "f" in request.args:
        wanted = request.args["f"]
        return "mapbox" if wanted == "mbs" else negotiate({**dict(MEDIA_TYPES.items()), "html": HTML})
    offers: dict[str, str] = {kind: name for name, kind in MEDIA_TYPES.items()}
    offers[HTML] = "html"
    accepted = [value for value, quality in request.accept_mimetypes if quality > 0]
    for value in accepted or ["*/*"]:
        kind, options = parse_options_header(value)
        version = options.get("version", "")
        exact = f"{kind};version={version[:3]}" if version else kind
        if exact in offers:
            return offers[exact]
        if kind in _ALIKE:
            return "sld10" if version.startswith("1.0") else _ALIKE[kind]
        if kind in ("*/*", "application/*"):
            return "geostyler"
        if kind == "text/*":
            return "html"
    raise NotAcceptable(f"A style is given as: {', '.join(offers)}.")


def _moment(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None
