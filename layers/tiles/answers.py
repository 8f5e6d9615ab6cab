# SPDX-License-Identifier: EUPL-1.2
"""A tile as an HTTP answer: validators, how long it may be kept, and whether the edge may give it again."""

import hashlib
from collections.abc import Mapping, Sequence

from flask import Response, request

from layers.model import Layer
from layers.service import visible
from layers.tiles.edge import keep
from layers.tiles.model import Tile
from layers.tiles.service import BUDGET

LIMIT_HEADER = "Brama-Tile-Limit"
"""Sent with a tile from which features were left out: how many a layer may have in it."""
_YEAR = 31_536_000


def state_of(layers: Sequence[Layer]) -> str:
    """What an address bears as `v` so that its tiles may be kept for good: it changes whenever the layers do."""
    return "-".join(layer.state for layer in layers)


def tile_answer(tile: Tile, media_type: str, layers: Sequence[Layer], asked_state: str | None) -> Response:
    """200, 204 where nothing is, or 304, with `tile_headers`."""
    etag, headers = tile_headers(tile, layers, asked_state)
    if tile.cached and request.method == "GET":
        keep(visible().generation, etag, with_content(headers, media_type, tile), tile.data)
    if request.if_none_match.contains_weak(etag.strip('"')):
        return Response(status=304, headers=headers)
    if not tile.data:
        return Response(status=204, headers=headers)
    return Response(tile.data, headers=headers, content_type=media_type)


def tile_headers(tile: Tile, layers: Sequence[Layer], asked_state: str | None) -> tuple[str, dict[str, str]]:
    """The tile's tag and the headers of its answer; the tag is the content's own, so that changes elsewhere leave it.

    With the layers' current state in the address the answer may be kept for a year (RFC 8246), else it is to be
    asked for again, which costs no content while it is the same.
    """
    etag = f'"{hashlib.blake2b(tile.data, digest_size=9).hexdigest()}"'
    public = all(layer.visibility == "public" for layer in layers)
    kept = public and tile.settled and asked_state == state_of(layers)
    lasting = f"max-age={_YEAR}, immutable" if kept else "no-cache"
    headers = {
        "ETag": etag,
        "Cache-Control": f"{'public' if public else 'private'}, {lasting}",
        "Vary": "Accept, Authorization",
        "X-Content-Type-Options": "nosniff",
    }
    if not tile.complete:
        headers[LIMIT_HEADER] = str(BUDGET)
    return etag, headers


def with_content(headers: Mapping[str, str], media_type: str, tile: Tile) -> tuple[tuple[str, str], ...]:
    """The headers of an answer that the web framework does not complete."""
    return *headers.items(), ("Content-Type", media_type), ("Content-Length", str(len(tile.data)))
