# SPDX-License-Identifier: EUPL-1.2
"""Pages of features and vector tiles at the HTTP edge against pgbench with the byte-identical statement."""

import http.client
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlsplit

from flask import Flask

from benchmarks import report
from benchmarks.load import database_rate, http_rate
from benchmarks.stack import Stack
from layers.items.model import ItemQuery
from layers.items.service import Items, items
from layers.model import Layer
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.service import ground_of, tile_statement, tile_values
from sdi.crs import CRS84, Box
from sdi.web.app import create_app

_TIMES = 200


def measure(brama: Stack, layer: Layer, seconds: int, deep: int) -> None:
    """Print the rates of pages and tiles."""
    address = f"/ogc/collections/{layer.id}"
    app = create_app(brama.settings, brama.database, listen=False)
    # Tiles that are kept would be measured without the database.
    with brama.serving("benchmarks.constant:app", {"BRAMA_TILES__DISK_MB": "0"}):
        constant = http_rate(brama.url, ["/constant"], seconds)
        small = http_rate(brama.url, [f"{address}/items?limit=10&f=json"], seconds)
        report.ratio("pages of 10, against constant 3 kB", small, constant, "pages/s", 0.25)
        _large_pages(brama, app, layer, seconds)
        for level in (14, 16):
            _tiles(brama, app, layer, level, seconds)
        _deep_pages(brama, f"{address}/items?limit=10&f=json", deep)


def _large_pages(brama: Stack, app: Flask, layer: Layer, seconds: int) -> None:
    with _public_items(app) as reader:
        statement = reader.statement(layer, ItemQuery(limit=1_000))
    bare = database_rate(brama.cluster, brama.settings.database.name, [(statement, {"limit": 1_000})], seconds)
    edge = http_rate(brama.url, [f"/ogc/collections/{layer.id}/items?limit=1000&f=json"], seconds)
    report.ratio("pages of 1,000, against pgbench", edge, bare, "pages/s", 0.8)


def _tiles(brama: Stack, app: Flask, layer: Layer, level: int, seconds: int) -> None:
    chosen = random.Random(level).sample(list(_addresses(layer, level)), 50)
    with _public_items(app) as reader:
        statement = tile_statement(reader, layer, WEB_MERCATOR, thinned=False)
    boxes = [WEB_MERCATOR.tile(level, row, column) for row, column in chosen]
    runs = [(statement, tile_values(box, ground_of(layer, box))) for box in boxes]
    bare = database_rate(brama.cluster, brama.settings.database.name, runs, seconds)
    paths = [f"/ogc/collections/{layer.id}/tiles/WebMercatorQuad/{level}/{row}/{column}" for row, column in chosen]
    edge = http_rate(brama.url, paths, seconds)
    report.ratio(f"tiles at z{level}, against pgbench", edge, bare, "tiles/s", 0.8)


def _addresses(layer: Layer, level: int) -> Iterator[tuple[int, int]]:
    """Rows and columns of tiles well inside the layer."""
    minx, miny, maxx, maxy = layer.bbox
    quarter_x, quarter_y = (maxx - minx) / 4, (maxy - miny) / 4
    inside = Box(minx + quarter_x, miny + quarter_y, maxx - quarter_x, maxy - quarter_y, CRS84)
    first_row, last_row, first, last = WEB_MERCATOR.limits(inside.to(WEB_MERCATOR.crs).bounds, level)
    return ((row, column) for row in range(first_row, last_row + 1) for column in range(first, last + 1))


def _deep_pages(brama: Stack, path: str, deep: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(brama.url).netloc)
    page, last = path, path
    begun = time.perf_counter()
    for _ in range(deep):
        last = page
        page = _next(_get(connection, page))
    walked = time.perf_counter() - begun
    first, after = [], []
    for _ in range(_TIMES):
        first.append(_seconds(connection, path))
        after.append(_seconds(connection, page))
    report.plain(f"{deep:,} next links followed", f"in {walked:.1f} s, the last but one from {last[-40:]}")
    deep_ms, first_ms = median(after) * 1000, median(first) * 1000
    compared = f"{deep_ms:.2f} ms against {first_ms:.2f} ms of page 1  ratio {deep_ms / first_ms:.2f}"
    report.plain("the page after them", f"{compared}  (expected <= 1.2)")


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return body


def _seconds(connection: http.client.HTTPConnection, path: str) -> float:
    begun = time.perf_counter()
    _get(connection, path)
    return time.perf_counter() - begun


def _next(body: bytes) -> str:
    links = json.loads(body)["links"]
    address = next(link["href"] for link in links if link["rel"] == "next")
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


@contextmanager
def _public_items(app: Flask) -> Iterator[Items]:
    with app.test_request_context("/"):
        yield items()
