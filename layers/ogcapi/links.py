# SPDX-License-Identifier: EUPL-1.2
"""Links, validators and bodies that every OGC API answer is made of."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from werkzeug.http import http_date

from layers.model import Layer
from sdi.web.context import base_url
from sdi.web.i18n import language

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


@dataclass(frozen=True, slots=True)
class Address:
    """This answer's own address: `plain` is it without `f` and `next`, ready for one more parameter."""

    own: str
    plain: str

    def changed(self, name: str, value: str) -> str:
        """The address with `f` or `next` changed; `value` needs no escaping."""
        return f"{self.plain}{'&' if '?' in self.plain else '?'}{name}={value}"


def address() -> Address:
    """The address of this request."""
    page = f"{base_url()}{request.path}"
    kept = [pair for pair in request.args.items() if pair[0] not in ("f", "next")]
    sent = request.query_string.decode("ascii", "replace")
    plain = f"{page}?{urlencode(kept)}" if kept else page
    return Address(f"{page}?{sent}" if sent else page, plain)


def here(media_type: str = JSON, own: Address | None = None, **formats: str) -> list[Link]:
    """`self` of this answer in `media_type`, and `alternate` for each other representation: `html="text/html"`."""
    own = own or address()
    others = (link(own.changed("f", name), "alternate", kind) for name, kind in formats.items())
    return [link(own.own, "self", media_type), *others]


def encoded(body: Any) -> bytes:
    """`body` as JSON without spaces."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def as_json(body: Any, media_type: str = JSON) -> Response:
    """An answer of `body` as JSON."""
    return Response(encoded(body), content_type=media_type)


def validators(layer: Layer, representation: str, state: str | None = None) -> dict[str, str]:
    """Headers by which a client asks again at no cost: they change with the layer's state and its texts.

    Of one feature with its `state`: what stands before the first hyphen is the state whatever the representation.
    """
    shared = "public" if layer.visibility == "public" else "private"
    told = "" if state and representation == "json" else f"-{layer.updated_at.timestamp():.6f}-{representation}"
    spoken = f"-{language()}" if representation == "html" else ""
    return {
        "ETag": f'"{state or layer.state}{told}{spoken}"',
        "Last-Modified": _http_date(layer.updated_at),
        "Cache-Control": f"{shared}, no-cache",
        "Vary": "Accept, Accept-Language, Authorization",
    }


_http_date = lru_cache(maxsize=4_096)(http_date)


def unchanged(headers: dict[str, str]) -> Response | None:
    """304 when the caller has this very answer already (RFC 9110, 13.1.2)."""
    if "If-None-Match" in request.headers and request.if_none_match.contains_weak(headers["ETag"].strip('"')):
        return Response(status=304, headers=headers)
    return None
