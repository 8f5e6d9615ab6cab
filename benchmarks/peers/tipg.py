# SPDX-License-Identifier: EUPL-1.2
"""tipg: OGC API Features and Tiles from PostGIS."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from benchmarks.peers import requests
from benchmarks.peers.model import Data, Peer
from benchmarks.peers.processes import WORKERS, environment, free_port, running

_REQUIREMENTS = ("tipg==1.6.1", "uvicorn==0.54.0")


@contextmanager
def _run(data: Data) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = environment("tipg", _REQUIREMENTS) / "uvicorn"
    argv = [str(program), "tipg.main:app", "--port", str(port), "--workers", str(WORKERS), "--log-level", "error"]
    environ = {
        "DATABASE_URL": f"postgresql://{data.user}@{quote(data.host, safe='')}:5432/{data.dbname}",
        "TIPG_DB_SCHEMAS": '["data"]',
    }
    with running(argv, f"{url}/collections?limit=1", data.folder, environ):
        yield url


def _paths(data: Data) -> Mapping[str, Sequence[str]]:
    collection = f"/collections/data.{data.million.relation}"
    found: dict[str, Sequence[str]] = {
        "items 10": [f"{collection}/items?limit=10&f=geojson"],
        "items 1,000": [f"{collection}/items?limit=1000&f=geojson"],
        "items 10 from 900,000": [f"{collection}/items?limit=10&offset=900000&f=geojson"],
        "capabilities of 680": ["/collections?limit=1000"],
    }
    for level in requests.LEVELS:
        found[f"vector tiles z{level}"] = [
            f"{collection}/tiles/WebMercatorQuad/{level}/{column}/{row}"
            for row, column in requests.tiles(data.million, level)
        ]
    return found


PEER = Peer("tipg", _run, _paths)
