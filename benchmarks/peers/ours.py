# SPDX-License-Identifier: EUPL-1.2
"""Our own server in the table of peers: the requests it is asked, with the cache of tiles off and on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import text

from benchmarks.peers import requests
from benchmarks.peers.model import Data
from benchmarks.stack import Stack
from layers.items.statements import FID
from layers.items.values import encode_place

NAME = "Brama"
UNCACHED = f"{NAME}, caches off"
CACHED = f"{NAME}, caches on"
RUNS = (("off", UNCACHED), ("on", CACHED))
_DEEP = 900_000


@contextmanager
def serving(brama: Stack, kind: str) -> Iterator[None]:
    """The server with its caches of tiles `off` or `on`."""
    with brama.serving():
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
    if kind == "on":
        return tiles
    name = data.million.id
    return {
        "items 10": [f"{collection}/items?limit=10&f=json"],
        "items 1,000": [f"{collection}/items?limit=1000&f=json"],
        "items 10 from 900,000": [f"{collection}/items?limit=10&f=json&next={_after(brama, data)}"],
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
