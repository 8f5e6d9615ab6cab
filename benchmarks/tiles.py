# SPDX-License-Identifier: EUPL-1.2
"""Tiles that are kept, from memory and from disk, against a constant answer; and what drawing them in blocks saves."""

import random
import time
import urllib.request

from benchmarks import report
from benchmarks.load import http_rate
from benchmarks.stack import Stack
from layers.model import Layer
from layers.tiles.matrix import WEB_MERCATOR
from sdi.crs import CRS84, Box

_MEMORY, _DISK = "BRAMA_TILES__MEMORY_MB", "BRAMA_TILES__DISK_MB"


def measure(brama: Stack, layer: Layer, seconds: int) -> None:
    """Print rates of kept tiles and the times of drawing them."""
    vector = _paths(layer, 15, "tiles", "mvt", 200)
    pictures = _paths(layer, 16, "map/tiles", "png", 200)
    with brama.serving("benchmarks.constant:app"):
        constant = http_rate(brama.url, ["/constant"], seconds)
        for name, paths in (("vector", vector), ("map", pictures)):
            _fetch(brama.url, paths)
            _fetch(brama.url, paths)
            rate = http_rate(brama.url, paths, seconds)
            report.ratio(f"{name} tiles from memory, against constant 3 kB", rate, constant, "tiles/s", 1.0)
    with brama.serving(environment={_MEMORY: "0"}):
        for name, paths in (("vector", vector), ("map", pictures)):
            _fetch(brama.url, paths)
            rate = http_rate(brama.url, paths, seconds)
            report.ratio(f"{name} tiles from disk, against constant 3 kB", rate, constant, "tiles/s", 0.5)
    block = _neighbours(layer, 17)
    with brama.serving(environment={_MEMORY: "0", _DISK: "0"}):
        _fetch(brama.url, block[:1])
        alone = _fetch(brama.url, block)
    with brama.serving():
        _fetch(brama.url, _neighbours(layer, 16)[:1])
        together = _fetch(brama.url, block)
    report.ratio("drawing 16 tiles one by one, against at once", alone, together, "s", 1.5)


def _paths(layer: Layer, level: int, kind: str, form: str, count: int) -> list[str]:
    """Tiles well inside the layer, in no order."""
    minx, miny, maxx, maxy = layer.bbox
    third_x, third_y = (maxx - minx) / 3, (maxy - miny) / 3
    inside = Box(minx + third_x, miny + third_y, maxx - third_x, maxy - third_y, CRS84).to(WEB_MERCATOR.crs)
    first_row, last_row, first, last = WEB_MERCATOR.limits(inside.bounds, level)
    places = [(row, column) for row in range(first_row, last_row + 1) for column in range(first, last + 1)]
    chosen = random.Random(level).sample(places, min(count, len(places)))
    return [f"/ogc/collections/{layer.id}/{kind}/WebMercatorQuad/{level}/{r}/{c}?f={form}" for r, c in chosen]


def _neighbours(layer: Layer, level: int) -> list[str]:
    """The 16 tiles of a block in the middle."""
    minx, miny, maxx, maxy = layer.bbox
    x, y = (minx + maxx) / 2, (miny + maxy) / 2
    middle = Box(x, y, x, y, CRS84).to(WEB_MERCATOR.crs).bounds
    row, _, column, _ = WEB_MERCATOR.limits(middle, level)
    row, column = row - row % 4, column - column % 4
    return [
        f"/ogc/collections/{layer.id}/map/tiles/WebMercatorQuad/{level}/{row + r}/{column + c}?f=png"
        for r in range(4)
        for c in range(4)
    ]


def _fetch(base: str, paths: list[str]) -> float:
    """Ask for each once; the seconds it took."""
    begun = time.perf_counter()
    for path in paths:
        with urllib.request.urlopen(base + path) as answer:
            answer.read()
    return time.perf_counter() - begun
