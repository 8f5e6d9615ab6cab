# SPDX-License-Identifier: EUPL-1.2
"""Items as downloads: `f=geojson`, `csv`, `gpkg`, `shp`, `fgb` or `parquet` sends everything, not a page."""

from flask import Response, request

from layers.formats.model import FORMATS, able
from layers.formats.service import download
from layers.items.model import ItemQuery
from layers.model import Layer
from layers.ogcapi.links import Link, link
from sdi.crs import by_srid
from sdi.errors import InvalidParameter
from sdi.web.openapi import Parameter
from sdi.web.parameters import Parameters

DOWNLOADS = {name: found.media_type for name, found in FORMATS.items()}
"""Media types by `f`; `application/geo+json` of an Accept header is the page, whole GeoJSON goes by `f` only."""
FORMAT = Parameter(
    "f",
    "Representation, before the Accept header: a page (json, html, jsonfg) or a download of everything",
    {"type": "string", "enum": ["json", "html", "jsonfg", *DOWNLOADS]},
)
_BINARY = {"type": "string", "format": "binary"}
ANSWERS = {found.media_type: _BINARY for found in FORMATS.values() if found.name != "geojson"}
_MOST = 10**15


def send(layer: Layer, query: ItemQuery, name: str) -> Response:
    """Everything that the query selects, or `limit` features of it however many, in the format of that name."""
    if query.after is not None:
        raise InvalidParameter("Downloads have no pages: leave 'next' out.", locator="next")
    sent = Parameters({"limit": request.args["limit"]} if request.args.get("limit") else {})
    limit = sent.integer("limit", 0, 1, _MOST) if "limit" in sent else None
    return download(layer, query, FORMATS[name], limit=limit)


def enclosures(layer: Layer, root: str) -> list[Link]:
    """Links of a collection to its downloads in CRS84."""
    own = f"{root}/collections/{layer.id}/items"
    return [link(f"{own}?f={kind.name}", "enclosure", kind.media_type, kind.title["en"]) for kind in able(layer)]


def choices(layer: Layer) -> list[tuple[str, str, str | None]]:
    """Title, query and name of the CRS of each download that a page offers."""
    stored = by_srid(layer.srid)
    offered: list[tuple[str, str, str | None]] = [(kind.title["en"], f"f={kind.name}", None) for kind in able(layer)]
    files = [kind for kind in able(layer) if kind.written]
    return offered + [(kind.title["en"], f"f={kind.name}&crs={stored.uri}", stored.name) for kind in files]
