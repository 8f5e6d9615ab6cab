# SPDX-License-Identifier: EUPL-1.2
"""TiTiler: map tiles from a cloud-optimised GeoTIFF."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from benchmarks.peers import requests
from benchmarks.peers.model import Data, Peer
from benchmarks.peers.processes import WORKERS, environment, free_port, running

_REQUIREMENTS = ("titiler.application==2.4.0", "uvicorn==0.54.0")


@contextmanager
def _run(data: Data) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = environment("titiler", _REQUIREMENTS) / "uvicorn"
    argv = [str(program), "titiler.application.main:app", "--port", str(port), "--workers", str(WORKERS),
            "--log-level", "error"]  # fmt: skip
    with running(argv, f"{url}/healthz", data.folder, {}):
        yield url


def _paths(data: Data) -> Mapping[str, Sequence[str]]:
    source = quote(str(data.raster), safe="")
    return {
        "raster tiles z10": [
            f"/cog/tiles/WebMercatorQuad/10/{column}/{row}.png?url={source}&tilesize=256&rescale=0,255"
            for row, column in requests.tiles(data.million, 10)
        ]
    }


PEER = Peer("TiTiler", _run, _paths)
