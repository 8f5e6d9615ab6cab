# SPDX-License-Identifier: EUPL-1.2
"""Frames on the socket between web workers and render processes, and requests as JSON with geometries beside it."""

import itertools
import json
import socket
import struct
from dataclasses import asdict
from enum import IntEnum
from typing import Any

from layers.rendering.model import (
    Box,
    Connection,
    FeaturesSource,
    MapRequest,
    PictureSource,
    PostgisSource,
    RasterSource,
    RenderLayer,
    Source,
)
from sdi.errors import InvalidParameter, TooLarge

STARTED = b"S"
MAX_HEADER_BYTES = 64_000_000
MAX_BODY_BYTES = 256_000_000
_REQUEST = struct.Struct("!II")
_ANSWER = struct.Struct("!BI")
_KINDS: dict[str, type[Source]] = {
    "postgis": PostgisSource,
    "features": FeaturesSource,
    "raster": RasterSource,
    "picture": PictureSource,
}


class Status(IntEnum):
    """How a request ended."""

    DRAWN = 0
    BUSY = 1
    INVALID = 2
    FAILED = 3


class PeerLeftError(Exception):
    """The other end closed the connection in the middle of a frame."""


def encode(request: MapRequest) -> bytes:
    """The whole frame of `request`."""
    blobs: list[bytes] = []
    layers = [_layer_to_json(layer, blobs) for layer in request.layers]
    values = {name: getattr(request, name) for name in ("width", "height", "srid", "background", "format")}
    values |= {name: getattr(request, name) for name in ("scale_factor", "buffer", "whole_labels")}
    values["box"] = asdict(request.box)
    values["cut"] = request.cut
    header = json.dumps(values | {"layers": layers}, separators=(",", ":")).encode()
    body = b"".join(blobs)
    if len(header) > MAX_HEADER_BYTES or len(body) > MAX_BODY_BYTES:
        raise TooLarge("The features of the map are too many to draw: zoom in")
    return _REQUEST.pack(len(header), len(body)) + header + body


def decode(header: bytes, body: bytes) -> MapRequest:
    """The request of a frame's two parts; raises InvalidParameter for what `encode` cannot have made."""
    try:
        values = json.loads(header)
        view, start, layers = memoryview(body), 0, []
        for layer in values.pop("layers"):
            source, start = _source_from_json(layer.pop("source"), view, start)
            layers.append(RenderLayer(source=source, **(layer | {"passes": tuple(layer["passes"])})))
        values["cut"] = tuple(values["cut"]) if values["cut"] else None
        return MapRequest(box=Box(**values.pop("box")), layers=tuple(layers), **values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidParameter("The render process was sent a request that it cannot read") from error


def receive_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Header and body of one request; raises PeerLeftError, TooLarge."""
    header_size, body_size = _REQUEST.unpack(_receive(connection, _REQUEST.size))
    if header_size > MAX_HEADER_BYTES or body_size > MAX_BODY_BYTES:
        raise TooLarge("The features of the map are too many to draw: zoom in")
    return _receive(connection, header_size), _receive(connection, body_size)


def send_answer(connection: socket.socket, status: Status, content: bytes) -> None:
    """Send one answer: a picture, or a message in UTF-8."""
    connection.sendall(_ANSWER.pack(status, len(content)) + content)


def receive_started(connection: socket.socket) -> None:
    """Wait until a render process has taken the request; raises PeerLeftError."""
    _receive(connection, len(STARTED))


def receive_answer(connection: socket.socket) -> tuple[Status, bytes]:
    """Status and content of the answer; raises PeerLeftError."""
    status, size = _ANSWER.unpack(_receive(connection, _ANSWER.size))
    return Status(status), _receive(connection, size)


def _receive(connection: socket.socket, size: int) -> bytes:
    content = bytearray(size)
    view, got = memoryview(content), 0
    while got < size:
        count = connection.recv_into(view[got:])
        if count == 0:
            raise PeerLeftError
        got += count
    return bytes(content)


def _layer_to_json(layer: RenderLayer, blobs: list[bytes]) -> dict[str, Any]:
    return {
        "source": _source_to_json(layer.source, blobs),
        "passes": layer.passes,
        "opacity": layer.opacity,
        "min_scale_denominator": layer.min_scale_denominator,
        "max_scale_denominator": layer.max_scale_denominator,
        "buffer": layer.buffer,
    }


def _source_to_json(source: Source, blobs: list[bytes]) -> dict[str, Any]:
    if isinstance(source, PostgisSource):
        return asdict(source) | {"kind": "postgis"}
    if isinstance(source, RasterSource):
        return asdict(source) | {"kind": "raster"}
    if isinstance(source, PictureSource):
        blobs.append(source.tiff)
        return {"kind": "picture", "srid": source.srid, "tiff": len(source.tiff)}
    blobs.extend(source.wkb)
    sizes = [len(wkb) for wkb in source.wkb]
    return {"kind": "features", "srid": source.srid, "columns": source.columns, "rows": source.rows, "wkb": sizes}


def _source_from_json(values: dict[str, Any], body: memoryview, start: int) -> tuple[Source, int]:
    kind = _KINDS[values.pop("kind")]
    for name in ("columns", "as_text"):
        if name in values:
            values[name] = tuple(values[name])
    if "extent" in values:
        values["extent"] = Box(**values["extent"])
    if "connection" in values:
        values["connection"] = Connection(**values["connection"])
    if kind is FeaturesSource:
        ends = list(itertools.accumulate(values["wkb"], initial=start))
        values["wkb"] = tuple(bytes(body[low:high]) for low, high in itertools.pairwise(ends))
        values["rows"] = tuple(tuple(row) for row in values["rows"])
        start = ends[-1]
    if kind is PictureSource:
        values["tiff"] = bytes(body[start : start + values["tiff"]])
        start += len(values["tiff"])
    return kind(**values), start
