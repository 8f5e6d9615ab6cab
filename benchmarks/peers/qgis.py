# SPDX-License-Identifier: EUPL-1.2
"""QGIS Server of the system's packages over a project made by its own Python."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import requests
from benchmarks.peers.model import Data, Peer
from benchmarks.peers.processes import fastcgi

_PROGRAM = "/usr/lib/cgi-bin/qgis_mapserv.fcgi"
_QUIET = {"QT_QPA_PLATFORM": "offscreen", "QGIS_SERVER_LOG_LEVEL": "2", "QGIS_SERVER_PARALLEL_RENDERING": "0"}


@contextmanager
def _run(data: Data) -> Iterator[str]:
    project = data.folder / "bench.qgs"
    wanted = {
        "project": str(project),
        "connection": f"dbname='{data.dbname}' host={data.host} port=5432 user='{data.user}' estimatedmetadata=true",
        "layers": [
            {"id": layer.id, "relation": layer.relation, "type": layer.geometry_type.value} for layer in data.layers
        ],
    }
    script = Path(__file__).with_name("qgis_project.py")
    subprocess.run(["/usr/bin/python3", "-P", str(script)], input=json.dumps(wanted), text=True, check=True,
                   env={"PATH": "/usr/bin:/bin", "HOME": str(data.folder), **_QUIET}, capture_output=True)  # fmt: skip
    environ = {**_QUIET, "QGIS_PROJECT_FILE": str(project), "HOME": str(data.folder)}
    with fastcgi(_PROGRAM, data.folder, environ, requests.capabilities()) as url:
        yield url


def _paths(data: Data) -> Mapping[str, Sequence[str]]:
    name = data.million.id
    return {
        "WFS 10": [requests.wfs_1_1(name, 10)],
        "WFS 1,000": [requests.wfs_1_1(name, 1_000)],
        "WFS 10 from 900,000": [requests.wfs_1_1(name, 10, 900_000)],
        "map of 10,000": [requests.small_map(name)],
        "map of all": [requests.whole_map(name)],
        "capabilities of 680": [requests.capabilities()],
    }


PEER = Peer("QGIS Server", _run, _paths)
