# SPDX-License-Identifier: EUPL-1.2
"""10,000 polygons at 512 px: maps through the render processes against bare Mapnik in this process, in one run.

`python -m benchmarks.render --dsn "host=... dbname=... user=..."`; the role may create a table in schema `public`.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import Popen
from sys import executable
from tempfile import TemporaryDirectory

import psycopg

from layers.model import GeometryType
from layers.rendering.draw import ENCODERS, Painter
from layers.rendering.model import Box, FeaturesSource, Format, MapRequest, PostgisSource, RenderLayer
from layers.rendering.service import RenderClient, connection_from
from layers.styles.service import default_style, mapnik_style

TABLE = "render_benchmark"
EXTENT = Box(600_000, 480_000, 610_000, 490_000)
VIEW = Box(603_000, 483_000, 604_000, 484_000)
GRID = """
CREATE TABLE public.render_benchmark AS
SELECT row_number() OVER () AS fid,
       ST_MakeEnvelope(600000 + x * 10, 480000 + y * 10, 600008 + x * 10, 480008 + y * 10, 2180) AS geom
FROM generate_series(0, 999) x, generate_series(0, 999) y;
CREATE INDEX ON public.render_benchmark USING gist (geom);
ANALYZE public.render_benchmark;
"""


def main() -> None:
    """Print milliseconds, sizes and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with psycopg.connect(options.dsn, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS public.{TABLE}")
        connection.execute(GRID)
        try:
            _measure(connection, options.dsn, options.rounds)
        finally:
            connection.execute(f"DROP TABLE public.{TABLE}")


def _measure(connection: psycopg.Connection, dsn: str, rounds: int) -> None:
    passes = mapnik_style(default_style(TABLE, GeometryType.POLYGON), ()).passes
    source = PostgisSource(connection_from(dsn), "public", TABLE, 2180, EXTENT)
    request = MapRequest(512, 512, VIEW, 2180, (RenderLayer(source, passes),), buffer=0)
    painter = Painter()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "render.sock"
        master = Popen([executable, "-m", "layers.rendering.server", "--socket", str(path), "--workers", "2"])
        try:
            while not path.exists():
                time.sleep(0.05)
            client = RenderClient(path)
            _compare(lambda: painter.draw(request), lambda: client.render(request), rounds)
            _throughput(client, request, rounds)
            _memory(connection, client, request, passes)
            _formats(painter, request)
        finally:
            master.terminate()
            master.wait()


def _compare(bare: Callable[[], bytes], pooled: Callable[[], bytes], rounds: int) -> None:
    """By turns, so that other work on the machine hits both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(4):
        bare(), pooled()
    for _ in range(rounds):
        for draw, found in zip((bare, pooled), times, strict=True):
            found.append(_milliseconds(draw))
    middle = median(times[0]), median(times[1])
    print(f"bare Mapnik {middle[0]:.1f} ms, render processes {middle[1]:.1f} ms, ratio {middle[0] / middle[1]:.2f}")


def _throughput(client: RenderClient, request: MapRequest, rounds: int) -> None:
    with ThreadPoolExecutor(4) as executor:
        spent = _milliseconds(lambda: list(executor.map(client.render, [request] * rounds)))
    print(f"4 clients, 2 render processes: {rounds / spent * 1000:.1f} maps/s")


def _memory(connection: psycopg.Connection, client: RenderClient, request: MapRequest, passes: tuple[str, ...]) -> None:
    box = (VIEW.min_x, VIEW.min_y, VIEW.max_x, VIEW.max_y)
    statement = f"SELECT ST_AsBinary(geom) FROM {TABLE} WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, 2180)"

    def draw() -> bytes:
        rows = connection.execute(statement, box, binary=True).fetchall()
        source = FeaturesSource(2180, tuple(row[0] for row in rows))
        drawn = MapRequest(512, 512, VIEW, 2180, (RenderLayer(source, passes),), buffer=request.buffer)
        return client.render(drawn)

    draw()
    print(f"fetched as WKB and given in memory: {median(_milliseconds(draw) for _ in range(10)):.1f} ms")


def _formats(painter: Painter, request: MapRequest) -> None:
    formats: tuple[Format, ...] = ("png", "png8", "jpeg", "webp")
    for name in formats:
        asked = MapRequest(512, 512, VIEW, 2180, request.layers, format=name, buffer=0)
        spent = median(_milliseconds(partial(painter.draw, asked)) for _ in range(10))
        print(f"{name} ({ENCODERS[name]}): {spent:.1f} ms, {len(painter.draw(asked)) / 1000:.0f} kB")


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
