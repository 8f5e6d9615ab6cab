# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Common: landing page, conformance, the API's description, collections."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, render_template

from layers.model import Layer
from layers.ogcapi import collections, dataset
from layers.ogcapi.downloads import choices
from layers.ogcapi.links import HTML, JSON, OGC_REL, OPENAPI, Link, as_json, encoded, here, link, root
from layers.ogcapi.map_query import MAX_SIDE
from layers.ogcapi.query import parameters
from layers.service import visible, visible_layer, visible_layers
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.errors import InvalidParameter
from sdi.web import openapi
from sdi.web.context import base_url, services
from sdi.web.i18n import gettext as _
from sdi.web.i18n import language, localised
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.pages import this_page
from sdi.web.rights import public

CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/{name}"
    for name in (
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-common-1/1.0/conf/landing-page",
        "ogcapi-common-1/1.0/conf/json",
        "ogcapi-common-1/1.0/conf/html",
        "ogcapi-common-1/1.0/conf/oas30",
        "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-1/1.0/conf/html",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/queryables",
        "ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/cql2-json",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/accent-insensitive-comparison",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-functions-plus",
        "cql2/1.0/conf/spatial-functions",
        "cql2/1.0/conf/temporal-functions",
        "cql2/1.0/conf/array-functions",
        "cql2/1.0/conf/property-property",
        "cql2/1.0/conf/functions",
        "cql2/1.0/conf/arithmetic",
        "ogcapi-features-4/1.0/conf/create-replace-delete",
        "ogcapi-features-4/1.0/conf/update",
        "ogcapi-features-4/1.0/conf/optimistic-locking-etags",
        "ogcapi-features-4/1.0/conf/features",
        "ogcapi-4/1.0/conf/create-replace-delete",
        "ogcapi-4/1.0/conf/update",
        "ogcapi-4/1.0/conf/optimistic-locking-etags",
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-features-5/1.0/conf/advanced-property-roles",
        "ogcapi-features-5/1.0/conf/returnables-and-receivables",
        "ogcapi-features-5/1.0/conf/queryables",
        "ogcapi-features-5/1.0/conf/sortables",
        "ogcapi-styles-1/0.0/conf/core",
        "ogcapi-styles-1/0.0/conf/html",
        "ogcapi-styles-1/0.0/conf/manage-styles",
        "ogcapi-styles-1/0.0/conf/style-validation",
        "ogcapi-styles-1/0.0/conf/mapbox-styles",
        "ogcapi-styles-1/0.0/conf/sld-10",
        "ogcapi-styles-1/0.0/conf/sld-11",
        "ogcapi-coverages-1/1.0/conf/core",
        "ogcapi-coverages-1/1.0/conf/scaling",
        "ogcapi-coverages-1/1.0/conf/subsetting",
        "ogcapi-coverages-1/1.0/conf/fieldselection",
        "ogcapi-coverages-1/1.0/conf/crs",
        "ogcapi-coverages-1/1.0/conf/geotiff",
        "ogcapi-coverages-1/1.0/conf/coveragejson",
        "ogcapi-coverages-1/1.0/conf/html",
        "ogcapi-processes-1/1.0/conf/core",
        "ogcapi-processes-1/1.0/conf/ogc-process-description",
        "ogcapi-processes-1/1.0/conf/json",
        "ogcapi-processes-1/1.0/conf/html",
        "ogcapi-processes-1/1.0/conf/oas30",
        "ogcapi-processes-1/1.0/conf/job-list",
        "ogcapi-processes-1/1.0/conf/dismiss",
        "ogcapi-maps-1/1.0/req/core",
        "ogcapi-maps-1/1.0/conf/core",
        "ogcapi-maps-1/1.0/conf/collection-map",
        "ogcapi-maps-1/1.0/conf/dataset-map",
        "ogcapi-maps-1/1.0/conf/styled-map",
        "ogcapi-maps-1/1.0/conf/collections-selection",
        "ogcapi-maps-1/1.0/conf/scaling",
        "ogcapi-maps-1/1.0/conf/display-resolution",
        "ogcapi-maps-1/1.0/conf/spatial-subsetting",
        "ogcapi-maps-1/1.0/conf/datetime",
        "ogcapi-maps-1/1.0/conf/crs",
        "ogcapi-maps-1/1.0/conf/png",
        "ogcapi-maps-1/1.0/conf/jpeg",
        "ogcapi-maps-1/1.0/conf/tiff",
        "ogcapi-maps-1/1.0/conf/svg",
        "ogcapi-maps-1/1.0/conf/html",
        "ogcapi-maps-1/1.0/conf/api-operations",
        "json-fg-1/1.0/conf/core",
        "json-fg-1/1.0/conf/types-schemas",
        "ogcapi-tiles-1/1.0/conf/core",
        "ogcapi-tiles-1/1.0/conf/tileset",
        "ogcapi-tiles-1/1.0/conf/tilesets-list",
        "ogcapi-tiles-1/1.0/conf/dataset-tilesets",
        "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
        "ogcapi-tiles-1/1.0/conf/collections-selection",
        "ogcapi-tiles-1/1.0/conf/datetime",
        "ogcapi-tiles-1/1.0/conf/mvt",
        "ogcapi-tiles-1/1.0/conf/png",
        "ogcapi-tiles-1/1.0/conf/jpeg",
        "ogcapi-tiles-1/1.0/conf/oas30",
        "tms/2.0/conf/tilematrixset",
        "tms/2.0/conf/json-tilematrixset",
        "tms/2.0/conf/tilematrixsetlimits",
        "tms/2.0/conf/json-tilematrixsetlimits",
        "tms/2.0/conf/tilesetmetadata",
        "tms/2.0/conf/json-tilesetmetadata",
    )
)
FORMAT = Parameter("f", "Representation, before the Accept header", {"type": "string", "enum": ["json", "html"]})
LANGUAGE = Parameter("lang", "Language of texts", {"type": "string", "enum": ["pl", "en"]})
COLLECTION = {"collection_id": "Id of a layer"}
_JSON_AND_HTML: Mapping[str, Mapping[str, Any]] = {JSON: {"type": "object"}, HTML: {"type": "string"}}
BBOX = {
    "type": "array",
    "items": {"type": "number"},
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
}
CRS = {"type": "string", "format": "uri"}
_MOST, _PAGE = 1_000, 100
_LIMIT = {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _PAGE}


@public
@operation(Operation("The services and where they are", "Common", (FORMAT, LANGUAGE), _JSON_AND_HTML))
def landing() -> Response | str:
    """Landing page (OGC 19-072, 7.2)."""
    parameters()
    site = services().settings.site
    title, description = localised(site.title), localised(site.abstract)
    if negotiate() == "html":
        return render_template("ogcapi/landing.html", title=title, description=description)
    own = root()
    links: list[Link] = [
        *here(JSON, html=HTML),
        link(f"{own}/api", "service-desc", OPENAPI, "OpenAPI 3.0"),
        link(f"{own}/api.html", "service-doc", HTML, _("API description")),
        link(f"{own}/conformance", "conformance", JSON, _("Conformance classes")),
        link(f"{own}/collections?f=json", "data", JSON, _("Layers")),
        link(f"{own}/map", f"{OGC_REL}map", "image/png", _("Map")),
        link(f"{own}/processes?f=json", f"{OGC_REL}processes", JSON, _("Processes")),
        link(f"{own}/jobs?f=json", f"{OGC_REL}job-list", JSON, _("Jobs")),
        link(f"{own}/functions?f=json", f"{OGC_REL}functions", JSON, _("Functions of filters")),
        link(f"{own}/styles", f"{OGC_REL}styles", JSON, _("Styles")),
        link(f"{own}/tileMatrixSets", f"{OGC_REL}tiling-schemes", JSON, _("Tile matrix sets")),
        link(f"{own}/tiles?f=json", f"{OGC_REL}tilesets-vector", JSON, _("Vector tiles")),
        link(f"{own}/map/tiles?f=json", f"{OGC_REL}tilesets-map", JSON, _("Map tiles")),
        *(link(f"{own}{path}", rel, JSON) for path, rel in current_app.extensions.get("brama.ogcapi.links", ())),
    ]
    return as_json(
        {"title": title, "description": description, **dataset.description(visible_layers()), "links": links}
    )


@public
@operation(Operation("Conformance classes that are met", "Common", (FORMAT, LANGUAGE), _JSON_AND_HTML))
def conformance() -> Response | str:
    """Declaration of conformance (OGC 19-072, 7.4)."""
    parameters()
    if negotiate() == "html":
        return render_template("ogcapi/conformance.html", classes=_classes())
    return as_json({"conformsTo": _classes(), "links": here(JSON, html=HTML)})


def _classes() -> tuple[str, ...]:
    """Classes met here, and by packages above that serve under `/ogc` too."""
    return (*CONFORMANCE, *current_app.extensions.get("brama.ogcapi.classes", ()))


@public
@operation(
    Operation(
        "Layers, paged and searched",
        "Common",
        (
            FORMAT,
            LANGUAGE,
            Parameter("limit", "Most layers on a page", _LIMIT, explode=False),
            Parameter("next", "Where to go on, from the link `next`"),
            Parameter("q", "Words in titles, abstracts and keywords, without case and diacritics"),
            Parameter("bbox", "Box that the layer's extent meets", BBOX, explode=False),
            Parameter("bbox-crs", "CRS of the box, with its axis order; CRS84 unless said", CRS, explode=False),
            Parameter("theme", "Id of a theme"),
        ),
        _JSON_AND_HTML,
    )
)
def list_collections() -> Response | str:
    """Collections (OGC 17-069r4, 7.13; searched and paged as OGC 20-024 plans)."""
    sent = parameters("limit", "next", "q", "bbox", "bbox-crs", "theme")
    limit = sent.integer("limit", _PAGE, 1, _MOST)
    axes = crss.parse(text, locator="bbox-crs") if (text := sent.text("bbox-crs", 200)) else CRS84
    box = crss.parse_bbox(text, axes) if (text := sent.text("bbox")) else None
    snapshot = visible()
    found = collections.select(snapshot, visible_layers(), sent.text("q", 200), box, sent.text("theme", 100))
    start = _start(found, sent.text("next", 100))
    page, more = found[start : start + limit], found[start + limit : start + limit + 1]
    following = this_page(next=more[0].id) if more else None
    if negotiate() == "html":
        return render_template(
            "ogcapi/collections.html", layers=page, total=len(found), following=following, q=sent.text("q", 200) or ""
        )
    return Response(_page(page, len(found), following), content_type=JSON)


def _page(page: list[Layer], total: int, following: str | None) -> bytes:
    snapshot, own, spoken = visible(), root(), language()
    links = here(JSON, html=HTML)
    if following:
        links.append(link(following, "next", JSON))
    head = encoded({"links": links, "numberMatched": total, "numberReturned": len(page)})
    texts = b",".join(collections.prepared(snapshot, layer, own, spoken) for layer in page)
    return b"".join((head[:-1], b',"collections":[', texts, b"]}"))


def _start(found: list[Layer], token: str | None) -> int:
    """Pages go on from a layer's name, so that layers published meanwhile shift nothing."""
    if token is None:
        return 0
    for number, layer in enumerate(found):
        if layer.id == token:
            return number
    raise InvalidParameter("The 'next' token is not one given out for this list.", locator="next")


@public
@operation(Operation("A layer", "Common", (FORMAT, LANGUAGE), _JSON_AND_HTML, path=COLLECTION))
def show_collection(collection_id: str) -> Response | str:
    """One collection (OGC 17-069r4, 7.14)."""
    parameters()
    layer = visible_layer(collection_id)
    if negotiate() == "html":
        downloads = choices(layer) if layer.kind == "vector" else []
        stored = crss.by_srid(layer.srid)
        return render_template("ogcapi/collection.html", layer=layer, crs=stored, downloads=downloads)
    return Response(collections.prepared(visible(), layer, root(), language()), content_type=JSON)


@public
@operation(Operation("This description", "API", (), {OPENAPI: {"type": "object"}}))
def api_json() -> Response:
    """The OpenAPI document."""
    return as_json(_document(base_url()), OPENAPI)


@public
@operation(Operation("This description, to read", "API", (LANGUAGE,), {HTML: {"type": "string"}}))
def api_html() -> str:
    """The OpenAPI document as a page."""
    return render_template("ogcapi/api.html", document=_document(base_url()))


@public
@operation(Operation("The description of OGC API", "Common", (LANGUAGE,), {OPENAPI: {"type": "object"}}))
def ogc_json() -> Response:
    """The OpenAPI document of what is under the landing page, its paths as the standards name them."""
    parameters()
    return as_json(_document(root(), "/ogc"), OPENAPI)


@public
@operation(Operation("The description of OGC API, to read", "Common", (LANGUAGE,), {HTML: {"type": "string"}}))
def ogc_html() -> str:
    """The OpenAPI document of what is under the landing page as a page."""
    parameters()
    return render_template("ogcapi/api.html", document=_document(root(), "/ogc"))


def _document(server: str, prefix: str = "") -> dict[str, Any]:
    site = services().settings.site
    texts = (localised(site.title), localised(site.abstract))
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - Werkzeug's way to the app
    made = openapi.document(app, server, *texts, prefix=prefix)
    pixels = services().settings.limits.map_pixels
    made["info"]["x-OGC-limits"] = {"maps": {"maxWidth": MAX_SIDE, "maxHeight": MAX_SIDE, "maxPixels": pixels}}
    return made
