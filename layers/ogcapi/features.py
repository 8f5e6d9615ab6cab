# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Features: pages of items and single ones."""

import json
from datetime import datetime
from typing import Any

from flask import Response, render_template, request
from werkzeug.http import http_date

from layers.formats.model import able
from layers.items.model import Count, CountMethod, ItemQuery
from layers.items.service import items
from layers.items.values import encode_place
from layers.model import Layer
from layers.ogcapi.common import BBOX, COLLECTION, CRS, LANGUAGE
from layers.ogcapi.downloads import ANSWERS, DOWNLOADS, send
from layers.ogcapi.downloads import FORMAT as ANY_FORMAT
from layers.ogcapi.jsonfg import FORMAT as FEATURE_FORMAT
from layers.ogcapi.jsonfg import FORMS, JSONFG
from layers.ogcapi.links import (
    GEOJSON,
    HTML,
    JSON,
    Address,
    Link,
    address,
    encoded,
    here,
    link,
    root,
    unchanged,
    validators,
)
from layers.ogcapi.query import output_crs, parameters, read_items, read_moment
from layers.service import visible_layer
from sdi.crs import CRS84, Crs
from sdi.errors import NotFound, Unsupported
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.pages import this_page
from sdi.web.rights import public

OFFERS = {"json": GEOJSON, "html": HTML, "jsonfg": JSONFG}
_HTML_ROWS = 200
_NAMES = {"type": "array", "items": {"type": "string"}}
_CRS = Parameter("crs", "CRS of the answer, coordinates in its axis order; CRS84 unless said", CRS, explode=False)
_LIMIT = {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}
_LANGUAGES = {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}
_GEOJSON = {GEOJSON: {"type": "object"}, JSONFG: {"type": "object"}, HTML: {"type": "string"}}
_ANSWERS = _GEOJSON | ANSWERS
_AS_OF = Parameter("asOf", "Instant (RFC 3339): features as they were then, since the layer's last load", explode=False)
_PARAMETERS = (
    ANY_FORMAT,
    LANGUAGE,
    Parameter("limit", "Most features on a page", _LIMIT, explode=False),
    Parameter("next", "Where to go on, from the link `next`"),
    Parameter("bbox", "Box that features meet", BBOX, explode=False),
    Parameter("bbox-crs", "CRS of the box, in its axis order; CRS84 unless said", CRS, explode=False),
    _CRS,
    Parameter("datetime", "Instant or interval (`2020-01-01/..`) that the feature's own time meets", explode=False),
    Parameter("filter", "Condition in CQL2 over the layer's queryables", explode=False),
    Parameter("filter-lang", "How `filter` is written", _LANGUAGES, explode=False),
    Parameter("filter-crs", "CRS of geometry in `filter`, in its axis order; CRS84 unless said", CRS, explode=False),
    Parameter(
        "sortby", "Properties to sort by, `-` before one for descending; NULLs are largest", _NAMES, explode=False
    ),
    Parameter("properties", "Properties to send", _NAMES, explode=False),
    Parameter(
        "count",
        "How matches are counted; unless said, the whole layer exactly and a selection not at all",
        {"type": "string", "enum": ["exact", "estimated", "none"]},
    ),
    _AS_OF,
    Parameter("{property}", "Value that the property has, for each queryable of the layer"),
)


@public
@operation(Operation("Features of a layer", "Features", _PARAMETERS, _ANSWERS, {304: "Not modified"}, path=COLLECTION))
def list_items(collection_id: str) -> Response:
    """A page of features (OGC 17-069r4, 7.15 and 7.16)."""
    layer = vector_layer(collection_id)
    representation = negotiate({**OFFERS, **DOWNLOADS})
    if representation in DOWNLOADS:
        return send(layer, read_items(layer)[0], representation)
    headers = validators(layer, representation)
    if same := unchanged(headers):
        return same
    query, method = read_items(layer)
    if representation == "html":
        return Response(_items_page(layer, query, method), headers=headers, content_type="text/html; charset=utf-8")
    media_type, form, members = FORMS[representation]
    page = items().page(layer, query, form)
    own = address()
    links = [*_here(representation, own), link(f"{root()}/collections/{layer.id}?f=json", "collection", JSON)]
    if page.next:
        following = own.changed("next", encode_place(layer, query.sort, page.next))
        links.append(link(following if representation == "json" else f"{following}&f=jsonfg", "next", media_type))
    head: dict[str, Any] = {"type": "FeatureCollection", **members(layer, query.crs)}
    head |= _counted(_count(layer, query, method))
    start = encoded({**head, "numberReturned": page.returned, "links": links})
    headers["Content-Crs"] = f"<{query.crs.uri}>"
    body = b"".join((start[:-1], b',"features":[', page.features, b"]}"))
    return Response(body, headers=headers, content_type=media_type)


def _here(representation: str, own: Address | None = None) -> list[Link]:
    """This answer and its other representations."""
    others = {name: kind for name, kind in OFFERS.items() if name != representation}
    return here(OFFERS[representation], own, **others)


def _items_page(layer: Layer, query: ItemQuery, method: CountMethod | None) -> str:
    if query.limit > _HTML_ROWS:
        raise Unsupported(
            f"A page shows at most {_HTML_ROWS} features; ask for `f=json` to have more.", locator="limit"
        )
    rows, following = items().rows(layer, query)
    columns = [c for c in layer.columns if query.properties is None or c.name in query.properties]
    return render_template(
        "ogcapi/items.html",
        layer=layer,
        columns=columns,
        rows=rows,
        count=_count(layer, query, method),
        following=this_page(next=encode_place(layer, query.sort, following)) if following else None,
        box=query.box.lonlat() if query.box else layer.bbox,
        sortby=request.args.get("sortby"),
        downloads=[(kind.title["en"], kind.name) for kind in able(layer)],
        asked=[(name, value) for name, value in request.args.items() if name in layer.by_name],
    )


def _count(layer: Layer, query: ItemQuery, method: CountMethod | None) -> Count | None:
    if method == "none" or (method is None and query.selects):
        return None
    if not query.selects:
        return Count(layer.feature_count, "exact")
    return items().count(layer, query, exact=method != "estimated")


def _counted(count: Count | None) -> dict[str, Any]:
    """`numberMatched` as far as it is known; an estimate says so."""
    if count is None:
        return {}
    return {"numberMatched": count.number} | ({} if count.method == "exact" else {"numberMatchedMethod": count.method})


@public
@operation(
    Operation(
        "A feature",
        "Features",
        (FEATURE_FORMAT, LANGUAGE, _CRS, _AS_OF),
        _GEOJSON,
        {304: "Not modified"},
        path={**COLLECTION, "feature_id": "Id of a feature"},
    )
)
def show_item(collection_id: str, feature_id: str) -> Response:
    """One feature (OGC 17-069r4, 7.17)."""
    layer = vector_layer(collection_id)
    representation = negotiate(OFFERS)
    sent = parameters("crs", "asOf")
    crs, moment = output_crs(sent), read_moment(layer, sent)
    fid = feature_number(layer, feature_id)
    if moment is not None:
        return past_item(layer, fid, crs, moment, representation)
    if representation == "html":
        attributes, state = items().attributes(layer, fid)
        headers = validators(layer, "html", state)
        page = _item_page(layer, fid, attributes)
        return unchanged(headers) or Response(page, headers=headers, content_type="text/html; charset=utf-8")
    return item(layer, fid, crs, representation)


def item(layer: Layer, fid: int, crs: Crs, representation: str = "json") -> Response:
    """One feature as GeoJSON or JSON-FG with its state for an ETag."""
    media_type, form, members = FORMS[representation]
    feature, state = items().one(layer, fid, crs, form)
    headers = validators(layer, representation if crs is CRS84 else f"{representation}-{crs.srid}", state)
    headers["Content-Crs"] = f"<{crs.uri}>"
    links = [*_here(representation), link(f"{root()}/collections/{layer.id}?f=json", "collection", JSON)]
    links.append(link(f"{root()}/collections/{layer.id}/items/{fid}/versions?f=json", "version-history", JSON))
    end = encoded({**members(layer, crs), "links": links})
    body = b"".join((feature[:-1], b",", end[1:]))
    return unchanged(headers) or Response(body, headers=headers, content_type=media_type)


def past_item(layer: Layer, fid: int, crs: Crs, moment: datetime, representation: str) -> Response:
    """One feature as it was at a moment: as GeoJSON, as JSON-FG or as a page."""
    if representation == "html":
        attributes = json.loads(items().one_past(layer, fid, crs, moment))["properties"]
        page = _item_page(layer, fid, attributes, moment.isoformat(timespec="microseconds").replace("+00:00", "Z"))
        return Response(page, headers=validators(layer, "html"), content_type="text/html; charset=utf-8")
    media_type, form, members = FORMS[representation]
    feature = items().one_past(layer, fid, crs, moment, form)
    own = f"{root()}/collections/{layer.id}/items/{fid}"
    links = [*_here(representation), link(f"{root()}/collections/{layer.id}?f=json", "collection", JSON)]
    links += [link(f"{own}?f=json", "latest-version", GEOJSON), link(f"{own}/versions?f=json", "version-history", JSON)]
    body = b"".join((feature[:-1], b",", encoded({**members(layer, crs), "links": links})[1:]))
    headers = {
        "Content-Crs": f"<{crs.uri}>",
        "Memento-Datetime": http_date(moment),
        "Cache-Control": f"{'public' if layer.visibility == 'public' else 'private'}, no-cache",
        "Vary": "Accept, Accept-Language, Authorization",
    }
    return Response(body, headers=headers, content_type=media_type)


def feature_number(layer: Layer, feature_id: str) -> int:
    """The id of a feature in an address; NotFound for what can not be one."""
    if not feature_id.isascii() or not feature_id.isdigit() or len(feature_id) > 18:
        raise NotFound(f"Layer {layer.id!r} has no feature {feature_id[:40]!r}.", locator="featureId")
    return int(feature_id)


def _item_page(layer: Layer, fid: int, attributes: dict[str, Any], as_of: str = "") -> str:
    heading = attributes.get(layer.label_column or "") or f"{layer.id} {fid}"
    return render_template(
        "ogcapi/item.html", layer=layer, fid=fid, attributes=attributes, heading=heading, as_of=as_of
    )


def vector_layer(collection_id: str) -> Layer:
    """A layer that has features."""
    layer = visible_layer(collection_id)
    if layer.kind != "vector":
        raise NotFound(f"Layer {layer.id!r} is a raster: it has no features.", locator="collectionId")
    return layer
