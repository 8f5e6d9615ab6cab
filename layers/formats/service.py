# SPDX-License-Identifier: EUPL-1.2
"""Formats' face: a selection of features as a download, for every service that offers one."""

from collections.abc import Iterator
from pathlib import Path

from flask import Response, request
from werkzeug.http import http_date

from layers.formats import files, kept, making
from layers.formats.making import Order
from layers.formats.model import FORMATS, Format, by_name, check
from layers.items.model import ItemQuery
from layers.items.service import Items, items
from layers.model import Layer
from sdi.crs import CRS84
from sdi.web.context import services
from sdi.web.i18n import language, localised
from sdi.web.streaming import streamed

__all__ = ["FORMATS", "Format", "by_name", "check", "download", "write"]


def download(layer: Layer, query: ItemQuery, wanted: Format, *, limit: int | None = None) -> Response:
    """All that `query` selects (or the first `limit`) as an attached file, coordinates in `query.crs` with x first.

    GeoJSON alone has the axis order of `query.crs`, as everywhere in OGC API. The file of a whole public layer is kept.
    Raises Unsupported where the format cannot hold the layer, and what reading raises; 304 for who has it already.
    """
    check(layer, wanted)
    headers = _headers(layer, query, wanted)
    if "If-None-Match" in request.headers and request.if_none_match.contains_weak(headers["ETag"][3:-1]):
        return Response(status=304, headers=headers)
    order = _order(items(), layer, query, wanted, limit)
    content_type = f"{wanted.media_type}; charset=utf-8; header=present" if wanted.name == "csv" else wanted.media_type
    if not wanted.written:
        return streamed(lambda: making.text_body(order), content_type, headers)
    return _file(order, content_type, headers)


def write(reader: Items, layer: Layer, query: ItemQuery, wanted: Format, path: Path) -> None:
    """Write all that `query` selects to `path`, for jobs; raises as `download` does."""
    check(layer, wanted)
    making.write(_order(reader, layer, query, wanted, None), path, services().settings.limits.download_bytes)


def _order(reader: Items, layer: Layer, query: ItemQuery, wanted: Format, limit: int | None) -> Order:
    description = " ".join(filter(None, (localised(layer.abstract), localised(layer.notice))))
    return Order(reader, layer, query, wanted, limit, localised(layer.title) or layer.id, description)


def _file(order: Order, content_type: str, headers: dict[str, str]) -> Response:
    settings = services().settings
    keep = None
    if order.whole:
        keep = kept.place(settings.data, order.layer, order.format, order.query.crs, language())
        if (size := kept.used(keep)) is not None:
            return streamed(lambda: files.content(keep), content_type, {**headers, "Content-Length": str(size)})
        kept.trim(keep.parent, settings.limits.kept_bytes)

    def make() -> Iterator[bytes]:
        return making.file_body(order, settings.data, settings.limits.download_bytes, keep)

    return streamed(make, content_type, headers)


def _headers(layer: Layer, query: ItemQuery, wanted: Format) -> dict[str, str]:
    name = layer.id if query.crs is CRS84 else f"{layer.id}_{query.crs.srid}"
    shared = "public" if layer.visibility == "public" else "private"
    # Weak: rows of the same state may come in another order.
    return {
        "Content-Disposition": f'attachment; filename="{name}.{wanted.extension}"',
        "Content-Crs": f"<{query.crs.uri}>",
        "ETag": f'W/"{layer.state}-{layer.updated_at.timestamp():.6f}-{wanted.name}-{language()}"',
        "Last-Modified": http_date(layer.updated_at),
        "Cache-Control": f"{shared}, no-cache",
        "Vary": "Accept, Accept-Language, Authorization",
    }
