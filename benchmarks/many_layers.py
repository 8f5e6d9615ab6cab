# SPDX-License-Identifier: EUPL-1.2
"""680 layers: capabilities and pages of collections, in a running server and as the first answer after a start."""

import time
import urllib.request
from statistics import median

from benchmarks import report
from benchmarks.stack import Stack
from layers.model import Column, ColumnType, GeometryType, Publication
from layers.service import next_version, publish, themes
from sdi.people.service import organisation_id

COUNT = 680
_ROUNDS = 50
_PATHS = {
    "capabilities of WMS": "/wms?service=WMS&request=GetCapabilities",
    "capabilities of WMTS": "/wmts/1.0.0/WMTSCapabilities.xml",
    "capabilities of CSW": "/csw?service=CSW&version=2.0.2&request=GetCapabilities",
    "a page of collections": "/ogc/collections?f=json&limit=100",
    "all collections on one page": "/ogc/collections?f=json&limit=1000",
    "a page of collections, searched": "/ogc/collections?f=json&q=warstwa%2067",
}


def measure(brama: Stack) -> None:
    """Print milliseconds."""
    make(brama)
    with brama.serving():
        report.milliseconds("start to first answer", brama.started * 1000, 3_000)
        for name, path in _PATHS.items():
            _get(f"{brama.url}{path}")
            times = sorted(_seconds(f"{brama.url}{path}") for _ in range(_ROUNDS))
            report.milliseconds(name, median(times) * 1000, 20)
    for name, path in list(_PATHS.items())[:4]:
        with brama.serving():
            report.milliseconds(f"{name}, first after a start", _seconds(f"{brama.url}{path}") * 1000, 20)


def make(brama: Stack) -> None:
    """Publish small layers of points, spread over the themes."""
    names = [theme.id for theme in themes()]
    with brama.database.owner.begin() as connection:
        owner = organisation_id(connection, "mazowieckie")
        for number in range(COUNT - 1):
            layer_id = f"layer_{number:03}"
            version = next_version(connection, layer_id)
            relation = f"{layer_id}_{version}"
            connection.exec_driver_sql(
                f"CREATE TABLE data.{relation} (fid bigint PRIMARY KEY, geom geometry(Point, 2180), name text)"
            )
            publish(
                connection,
                Publication(
                    id=layer_id,
                    organisation_id=owner,
                    kind="vector",
                    srid=2180,
                    geometry_type=GeometryType.POINT,
                    extent=(500_000.0, 400_000.0 + number, 600_000.0, 500_000.0),
                    bbox=(19.0, 51.0, 21.0, 52.0),
                    version=version,
                    relation=relation,
                    title={"pl": f"Warstwa {number}", "en": f"Layer {number}"},
                    abstract={"pl": f"Opis warstwy {number}. " * 5, "en": f"Description of layer {number}. " * 5},
                    keywords=("punkty", "próba"),
                    theme=names[number % len(names)],
                    columns=(Column("name", ColumnType.TEXT, "name"),),
                ),
            )


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def _seconds(url: str) -> float:
    begun = time.perf_counter()
    _get(url)
    return time.perf_counter() - begun
