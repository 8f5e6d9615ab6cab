# SPDX-License-Identifier: EUPL-1.2
"""Maps and tiles of the whole million: from generalised levels against the same without them, in one run."""

import time
import urllib.request
from statistics import median

from benchmarks import report
from benchmarks.million import ORIGIN
from benchmarks.stack import Stack
from layers.items.service import Items
from layers.items.statements import compiled
from layers.items.store import Statements, one
from layers.levels.service import described
from layers.model import Layer
from layers.rendering.draw import Painter
from layers.rendering.model import Box, MapRequest, RenderLayer
from layers.rendering.service import connection_from, postgis_source
from layers.styles.service import default_style, mapnik_style
from layers.tiles import statements
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.service import ground_of, read_tile, tile_values
from sdi import crs
from sdi.crs import transform_point
from sdi.db.database import Role

_ROUNDS = 9
_SIDE = 100_000
_SIDES = (_SIDE, 64_000, 40_000, 10_000)
_LEVELS = (0, 4, 6, 8, 9, 10, 11, 12)


def measure(brama: Stack, layer: Layer) -> None:
    """Print milliseconds and sizes at the HTTP edge, beside bare Mapnik and PostGIS over all the features."""
    middle = (ORIGIN[0] + _SIDE / 2, ORIGIN[1] + _SIDE / 2)
    with brama.serving():
        maps = {side: _median(brama.url + _map(layer, *middle, side), _ROUNDS) for side in _SIDES}
    tiles = {level: _made(brama, layer, middle, level) for level in _LEVELS}
    for side, (spent, size) in maps.items():
        bare = _all_drawn(brama, layer, middle, side)
        text = f"{spent:.1f} ms, {size:,} B; all features {bare:,.0f} ms, {bare / spent:,.1f} times"
        report.plain(f"GetMap of {side / 1000:g} km", text)
    for level, (spent, size) in tiles.items():
        report.plain(f"vector tile made, zoom {level}", f"{spent:.1f} ms, {size:,} B")
    spent, size = _whole_tile(brama, layer, middle)
    report.plain("zoom 6 of all features", f"{spent:,.0f} ms, {size:,} B, {spent / tiles[6][0]:,.0f} times")
    with brama.database.owner.connect() as connection:
        for made in described(connection, layer):
            seconds = sum(level["seconds"] for level in made["levels"])
            report.plain("levels", f"{len(made['levels'])}, made in {seconds:.0f} s, {made['bytes']:,} B")


def _all_drawn(brama: Stack, layer: Layer, middle: tuple[float, float], side: float) -> float:
    style = mapnik_style(default_style(layer.id, layer.geometry_type, layer.label_column), list(layer.by_name))
    source = postgis_source(layer, connection_from(brama.database.conninfo(Role.PUBLIC)), style.columns)
    x, y = middle
    box = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    begun = time.perf_counter()
    Painter().draw(MapRequest(512, 512, box, 2180, (RenderLayer(source, style.passes),)))
    return (time.perf_counter() - begun) * 1000


def _map(layer: Layer, x: float, y: float, side: float) -> str:
    box = f"{y - side / 2},{x - side / 2},{y + side / 2},{x + side / 2}"
    return (
        f"/wms?service=WMS&version=1.3.0&request=GetMap&layers={layer.id}&styles=&crs=EPSG:2180&format=image/png"
        f"&bbox={box}&width=512&height=512"
    )


def _place(x: float, y: float, level: int) -> tuple[int, int]:
    east, north = transform_point(x, y, crs.by_srid(2180).xy, WEB_MERCATOR.crs.xy)
    span = WEB_MERCATOR.span(level)
    return int((WEB_MERCATOR.top - north) / span), int((east - WEB_MERCATOR.left) / span)


def _made(brama: Stack, layer: Layer, middle: tuple[float, float], level: int) -> tuple[float, int]:
    """A tile made anew each time; the cache would give all of them in under a millisecond."""
    items, times, tile = Items(brama.database, None, Statements()), [], None
    for _ in range(_ROUNDS + 1):
        begun = time.perf_counter()
        tile = read_tile(items, layer, WEB_MERCATOR, level, *_place(*middle, level))
        times.append((time.perf_counter() - begun) * 1000)
    return median(times[1:]), len(tile.data) if tile else 0


def _whole_tile(brama: Stack, layer: Layer, middle: tuple[float, float]) -> tuple[float, int]:
    """The tile of zoom 6 as PostGIS makes it of every feature."""
    bounds = WEB_MERCATOR.tile(6, *_place(*middle, 6))
    values = {**tile_values(bounds, ground_of(layer, bounds)), "budget": 2**31}
    items = Items(brama.database, None, Statements())
    with items.cursor(layer) as cursor:
        cursor.execute("SET statement_timeout = 120000")
        begun = time.perf_counter()
        found = one(cursor, compiled(statements.tile(layer, "data", 3857, thinned=False)), values)
        spent = (time.perf_counter() - begun) * 1000
        cursor.execute("RESET statement_timeout")
    return spent, len((found or (b"",))[0] or b"")


def _median(url: str, rounds: int) -> tuple[float, int]:
    times, size = [], 0
    for _ in range(rounds + (rounds > 1)):
        begun = time.perf_counter()
        with urllib.request.urlopen(url, timeout=120) as answer:
            size = len(answer.read())
        times.append((time.perf_counter() - begun) * 1000)
    return median(times[-rounds:]), size
