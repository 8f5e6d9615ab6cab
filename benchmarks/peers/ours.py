# SPDX-License-Identifier: EUPL-1.2
"""Our own server in the table of peers: the requests it is asked, with the cache of tiles off and on."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import text

from benchmarks.peers import requests
from benchmarks.peers.model import Data
from benchmarks.peers.raster import LAYER
from benchmarks.stack import Stack
from layers.items.statements import FID
from layers.items.values import encode_place
from layers.tiles.matrix import WEB_MERCATOR

NAME = "Brama"
UNCACHED = f"{NAME}, caches off"
CACHED = f"{NAME}, caches on"
RUNS = (("off", UNCACHED), ("on", CACHED))
_DEEP = 900_000
_OFF = {"BRAMA_TILES__DISK_MB": "0", "BRAMA_TILES__MEMORY_MB": "0"}
_RAW_TILE = """
SELECT octet_length(ST_AsMVT(t, 'million', 4096, 'geom', 'fid')) FROM (
    SELECT fid, code, name, class, area, year, surveyed, ST_AsMVTGeom(ST_Transform(geom, 3857),
        ST_MakeEnvelope(:minx, :miny, :maxx, :maxy, 3857), 4096, 64, true) AS geom
    FROM {table}
    WHERE geom && ST_Transform(ST_MakeEnvelope(:minx, :miny, :maxx, :maxy, 3857), 2180)) t
"""


def prepare(brama: Stack, data: Data) -> None:
    """Print what a tile of everything costs where there are no levels."""
    ((row, column), *_) = requests.tiles(data.million, 6)
    values = dict(zip(("minx", "miny", "maxx", "maxy"), WEB_MERCATOR.tile(6, row, column).bounds, strict=True))
    begun = time.perf_counter()
    with brama.database.owner.connect() as connection:
        size = connection.execute(text(_RAW_TILE.format(table=data.million.table)), values).scalar_one()
    print(f"a z6 tile of all features, without levels: {time.perf_counter() - begun:.1f} s, {size / 1e6:.1f} MB\n")


@contextmanager
def serving(brama: Stack, kind: str) -> Iterator[None]:
    """The server with its caches of tiles `off` or `on`."""
    with brama.serving(environment=_OFF if kind == "off" else {}):
        yield


def paths(brama: Stack, data: Data, kind: str) -> Mapping[str, Sequence[str]]:
    """Requests by measure; with caches on only those that a cache serves."""
    collection = f"/ogc/collections/{data.million.id}"
    tiles = {
        f"vector tiles z{level}": [
            f"{collection}/tiles/WebMercatorQuad/{level}/{row}/{column}"
            for row, column in requests.tiles(data.million, level)
        ]
        for level in requests.LEVELS
    }
    tiles["raster tiles z10"] = [
        f"/ogc/collections/{LAYER}/map/tiles/WebMercatorQuad/10/{row}/{column}?f=png"
        for row, column in requests.tiles(data.million, 10)
    ]
    if kind == "on":
        return tiles
    name = data.million.id
    return {
        "items 10": [f"{collection}/items?limit=10&f=json"],
        "items 1,000": [f"{collection}/items?limit=1000&f=json"],
        "items 10 from 900,000": [f"{collection}/items?limit=10&f=json&next={_after(brama, data)}"],
        **{measured: [f"/wfs{path[1:]}"] for measured, path in requests.wfs_measures(name).items()},
        "map of 10,000": [f"/wms{requests.small_map(name)[1:]}"],
        "map of all": [f"/wms{requests.whole_map(name)[1:]}"],
        "capabilities of 680": [f"/wms{requests.capabilities()[1:]}"],
        "collections of 680": ["/ogc/collections?limit=1000&f=json"],
        **tiles,
    }


def _after(brama: Stack, data: Data) -> str:
    """The token of the page after so many features."""
    statement = text(f"SELECT {FID} FROM {data.million.table} ORDER BY {FID} OFFSET {_DEEP - 1} LIMIT 1")
    with brama.database.public.connect() as connection:
        fid = connection.execute(statement).scalar_one()
    return encode_place(data.million, (), (str(fid),))
