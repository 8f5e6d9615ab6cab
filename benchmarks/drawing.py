# SPDX-License-Identifier: EUPL-1.2
"""GetMap of 10,000 polygons at the HTTP edge against bare Mapnik in this process."""

import time
import urllib.request
from collections.abc import Callable
from statistics import median

from benchmarks import report
from benchmarks.load import http_rate
from benchmarks.million import CELL, ORIGIN
from benchmarks.stack import Stack
from layers.model import Layer
from layers.rendering.draw import Painter
from layers.rendering.model import Box, MapRequest, RenderLayer
from layers.rendering.service import connection_from, postgis_source
from layers.styles.service import default_style, mapnik_style
from sdi.db.database import Role

_ROUNDS = 30
_SIDE = 100 * CELL


def measure(brama: Stack, layer: Layer) -> None:
    """Print milliseconds of one map by turns, and maps a second with two clients."""
    minx, miny = ORIGIN[0] + 300 * CELL, ORIGIN[1] + 300 * CELL
    style = mapnik_style(default_style(layer.id, layer.geometry_type, layer.label_column), list(layer.by_name))
    source = postgis_source(layer, connection_from(brama.database.conninfo(Role.PUBLIC)), style.columns)
    box = Box(minx, miny, minx + _SIDE, miny + _SIDE)
    request = MapRequest(512, 512, box, 2180, (RenderLayer(source, style.passes),), background="#ffffff")
    painter = Painter()
    path = (
        f"/wms?service=WMS&version=1.3.0&request=GetMap&layers={layer.id}&styles=&crs=EPSG:2180&format=image/png"
        f"&bbox={miny},{minx},{miny + _SIDE},{minx + _SIDE}&width=512&height=512"
    )
    with brama.serving():
        bare, edge = _by_turns(lambda: painter.draw(request), lambda: _get(f"{brama.url}{path}"))
        report.ratio("GetMap of 10,000 polygons, 1 client", 1 / edge, 1 / bare, "maps/s", 0.8)
        report.plain("the same, several clients", f"{http_rate(brama.url, [path]):.1f} maps/s")


def _by_turns(bare: Callable[[], bytes], edge: Callable[[], bytes]) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for draw, spent in zip((bare, edge), times, strict=True):
            begun = time.perf_counter()
            draw()
            spent.append(time.perf_counter() - begun)
    return median(times[0]), median(times[1])


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        body: bytes = answer.read()
    return body
