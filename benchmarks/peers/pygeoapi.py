# SPDX-License-Identifier: EUPL-1.2
"""pygeoapi with its PostgreSQL provider: OGC API Features."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import yaml

from benchmarks.peers.model import Data, Peer
from benchmarks.peers.processes import WORKERS, environment, free_port, running
from layers.model import Layer

_REQUIREMENTS = ("pygeoapi==0.21.0", "gunicorn==27.0.1", "psycopg2-binary==2.9.13", "GeoAlchemy2==0.20.0")
_LIMIT = 20
"""Collections given to it: it opens the database for each of them at its start."""


@contextmanager
def _run(data: Data) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    programs = environment("pygeoapi", _REQUIREMENTS)
    settings = data.folder / "pygeoapi.yml"
    settings.write_text(yaml.safe_dump(_settings(data, url)), encoding="utf-8")
    environ = {"PYGEOAPI_CONFIG": str(settings), "PYGEOAPI_OPENAPI": str(data.folder / "openapi.yml")}
    (data.folder / "openapi.yml").write_text("openapi: 3.0.2\ninfo: {title: bench, version: '1'}\npaths: {}\n", "utf-8")
    argv = [str(programs / "gunicorn"), "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}",
            "--timeout", "300", "pygeoapi.flask_app:APP"]  # fmt: skip
    with running(argv, f"{url}/collections/{data.million.id}?f=json", data.folder, environ):
        yield url


def _settings(data: Data, url: str) -> dict[str, Any]:
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 5000}, "url": url, "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8", "languages": ["en-US"], "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": "http://localhost/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {"title": "bench", "description": "bench", "keywords": ["bench"], "url": url,
                               "keywords_type": "theme", "terms_of_service": "none"},
            "license": {"name": "none", "url": url},
            "provider": {"name": "bench", "url": url},
            "contact": {"name": "bench", "email": "bench@localhost"},
        },
        "resources": {layer.id: _resource(data, layer) for layer in data.layers[:_LIMIT]},
    }  # fmt: skip


def _resource(data: Data, layer: Layer) -> dict[str, Any]:
    return {
        "type": "collection", "title": layer.id, "description": layer.id, "keywords": ["bench"], "links": [],
        "extents": {"spatial": {"bbox": list(layer.bbox), "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
        "providers": [{
            "type": "feature", "name": "PostgreSQL", "id_field": "fid", "table": layer.relation, "geom_field": "geom",
            "storage_crs": "http://www.opengis.net/def/crs/EPSG/0/2180",
            "data": {"host": data.host, "port": 5432, "dbname": data.dbname, "user": data.user, "password": "",
                     "search_path": ["data", "public"]},
        }],
    }  # fmt: skip


def _paths(data: Data) -> Mapping[str, Sequence[str]]:
    address = f"/collections/{data.million.id}/items?f=json&limit"
    return {
        "items 10": [f"{address}=10"],
        "items 1,000": [f"{address}=1000"],
        "items 10 from 900,000": [f"{address}=10&offset=900000"],
    }


PEER = Peer("pygeoapi", _run, _paths)
