# SPDX-License-Identifier: EUPL-1.2
"""Links, validators and bodies that every OGC API answer is made of."""

import json
import zlib
from typing import Any

from flask import Response, request
from werkzeug.http import http_date

from layers.model import Layer
from sdi.web.context import base_url
from sdi.web.i18n import language
from sdi.web.pages import this_page

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
MVT = "application/vnd.mapbox-vector-tile"
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"

Link = dict[str, str | bool]


def root() -> str:
    """Address of the landing page, in the organisation asked for."""
    return f"{base_url()}/ogc"


def link(href: str, rel: str, media_type: str, title: str | None = None) -> Link:
    """A link (RFC 8288 as OGC 17-069r4 writes it)."""
    made: Link = {"href": href, "rel": rel, "type": media_type}
    return made if title is None else {**made, "title": title}


def here(media_type: str = JSON, **formats: str) -> list[Link]:
    """`self` of this answer in `media_type`, and `alternate` for each other representation: `html="text/html"`."""
    own = link(this_page(), "self", media_type)
    return [own, *(link(this_page(f=name), "alternate", kind) for name, kind in formats.items())]


def as_json(body: Any, media_type: str = JSON) -> Response:
    """`body` as JSON, without spaces."""
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), content_type=media_type)


def validators(layer: Layer, representation: str) -> dict[str, str]:
    """Headers by which a client asks again at no cost: they change with the layer's version and with the address."""
    address = f"{base_url()}{request.path}?{request.query_string.decode('latin-1')}|{representation}|{language()}"
    shared = "public" if layer.visibility == "public" else "private"
    return {
        "ETag": f'"{layer.version}-{int(layer.updated_at.timestamp() * 1e6):x}-{zlib.crc32(address.encode()):x}"',
        "Last-Modified": http_date(layer.updated_at),
        "Cache-Control": f"{shared}, no-cache",
        "Vary": "Accept, Accept-Language, Authorization",
    }


def unchanged(headers: dict[str, str]) -> Response | None:
    """304 when the caller has this very answer already (RFC 9110, 13.1.2)."""
    if "If-None-Match" in request.headers and request.if_none_match.contains_weak(headers["ETag"].strip('"')):
        return Response(status=304, headers=headers)
    return None
