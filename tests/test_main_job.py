# SPDX-License-Identifier: EUPL-1.2
"""The main job on real input: what is ingested is listed, read and drawn by clients that are not ours, in its place."""

import io
import json
import subprocess
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import mapbox_vector_tile
import psycopg
import pytest
import shapely
from owslib.csw import CatalogueServiceWeb
from owslib.fes import PropertyIsLike
from owslib.ogcapi.features import Features
from owslib.wms import WebMapService
from PIL import Image
from werkzeug.serving import make_server

from ingest.model import LoadRequest
from ingest.service import load as ingest
from layers.rendering.service import socket_path
from sdi import crs
from sdi.crs import CRS84, SERVED, Box, transform_point
from sdi.db.database import Database
from sdi.settings import load
from sdi.setup.cluster import Cluster
from sdi.web.app import create_app
from tests.conftest import TEMPLATE

PALACE = (21.00604, 52.23182)
SOURCES = {
    "communes": ("admin/mazovia_admin_2180.gpkg", {"source_layer": "communes", "theme": "granice"}),
    "schools": ("layers/mazovia_primary_schools.csv", {"theme": "edukacja"}),
    "stops": ("layers/warsaw_ztm_stops_2021.csv", {"theme": "transport"}),
    "rivers": ("layers/mazovia_rivers_wdbii_2180_shp.zip", {"theme": "wody"}),
    "districts": ("layers/warsaw_districts.geojson", {"theme": "granice"}),
}
pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def gate(
    cluster: Cluster, shared: Path, render_socket: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a server with the real layers ingested, render processes and all."""
    folder = tmp_path_factory.mktemp("gate")
    name = f"t_{uuid.uuid4().hex}"
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(cluster.dsn("postgres", "postgres"), autocommit=True))
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER brama_owner STRATEGY file_copy")
        stack.callback(admin.execute, f"DROP DATABASE {name} WITH (FORCE)")
        database = Database(lambda role: cluster.dsn(role.value, name), pool=4)
        stack.callback(database.dispose)
        running = make_server("127.0.0.1", 0, None, threaded=True)  # type: ignore[arg-type]
        url = f"http://127.0.0.1:{running.server_port}"
        settings = load(folder / "none.yml", {}, data=folder / "data", server__public_url=url)
        for layer, (path, more) in SOURCES.items():
            request = LoadRequest(str(shared / path), layer=layer, **more)  # type: ignore[arg-type]
            ingest(database, settings, request, lambda _fraction, _message: None)
        socket_path(settings).parent.mkdir(parents=True, exist_ok=True)
        socket_path(settings).symlink_to(render_socket)
        running.app = create_app(settings, database, listen=False)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        stack.callback(running.server_close)
        stack.callback(running.shutdown)
        yield url


def _get(url: str, **query: str) -> bytes:
    with urllib.request.urlopen(f"{url}?{urlencode(query)}" if query else url, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def _place(system: crs.Crs) -> tuple[float, float]:
    """The palace in the axis order of the CRS."""
    x, y = transform_point(*PALACE, CRS84, system)
    return (y, x) if system.northing_first else (x, y)


def _box(system: crs.Crs, reach: float) -> str:
    x, y = PALACE
    bounds = Box(x - reach, y - reach, x + reach, y + reach, CRS84).to(system)
    ordered = (bounds.miny, bounds.minx, bounds.maxy, bounds.maxx) if system.northing_first else bounds.bounds
    return ",".join(map(str, ordered))


def test_gdal_lists_and_reads_the_features(gate: str) -> None:
    listed = _run("ogrinfo", "-ro", f"OAPIF:{gate}/ogc")
    assert all(layer in listed for layer in SOURCES)
    assert "Feature Count: 314" in _run("ogrinfo", "-ro", "-so", f"OAPIF:{gate}/ogc", "communes")
    x, y = PALACE
    around = map(str, (x - 0.001, y - 0.001, x + 0.001, y + 0.001))
    here = _run("ogrinfo", "-ro", "-al", "-spat", *around, f"OAPIF:{gate}/ogc", "communes")
    assert "name (String) = Warszawa" in here
    assert here.count("OGRFeature") == 1
    everything = json.loads(_run("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", f"OAPIF:{gate}/ogc", "stops",
                                 "-oo", "PAGE_SIZE=1000"))  # fmt: skip
    assert len(everything["features"]) == 7_864


def test_owslib_lists_and_reads_the_features(gate: str) -> None:
    service = Features(f"{gate}/ogc")
    assert set(service.feature_collections()) >= set(SOURCES)
    found = service.collection_items("communes", bbox=[*PALACE, *PALACE])
    assert [feature["properties"]["name"] for feature in found["features"]] == ["Warszawa"]


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
def test_the_palace_is_in_warsaw_in_features_of_every_crs(gate: str, system: crs.Crs) -> None:
    place = ",".join(map(str, _place(system)))
    found = json.loads(_get(f"{gate}/ogc/collections/communes/items", bbox=f"{place},{place}",
                            **{"bbox-crs": system.uri, "crs": system.uri, "f": "json"}))["features"]  # fmt: skip
    assert [feature["properties"]["name"] for feature in found] == ["Warszawa"]
    assert shapely.covers(shapely.from_geojson(json.dumps(found[0]["geometry"])), shapely.Point(_place(system)))


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
def test_the_palace_is_in_warsaw_under_the_pixel_of_every_crs(gate: str, system: crs.Crs) -> None:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "communes",
             "query_layers": "communes", "styles": "", "crs": system.name, "bbox": _box(system, 0.1), "width": "101",
             "height": "101", "i": "50", "j": "50", "info_format": "application/json", "buffer": "0"}  # fmt: skip
    found = json.loads(_get(f"{gate}/wms", **query))["features"]
    assert [feature["properties"]["name"] for feature in found] == ["Warszawa"]


@pytest.mark.parametrize("grid", ["WebMercatorQuad", "EPSG2180"])
def test_the_palace_is_in_warsaw_in_vector_tiles(gate: str, grid: str) -> None:
    definition = json.loads(_get(f"{gate}/ogc/tileMatrixSets/{grid}"))
    system = crs.parse(definition["crs"] if isinstance(definition["crs"], str) else definition["crs"]["uri"])
    matrix = definition["tileMatrices"][9 if grid == "WebMercatorQuad" else 7]
    left, top = matrix["pointOfOrigin"]
    if matrix.get("cornerOfOrigin", "topLeft") == "topLeft" and system.northing_first:
        left, top = top, left
    span = matrix["cellSize"] * matrix["tileWidth"]
    x, y = transform_point(*PALACE, CRS84, system)
    column, row = int((x - left) // span), int((top - y) // span)
    data = _get(f"{gate}/ogc/collections/communes/tiles/{grid}/{matrix['id']}/{row}/{column}")
    tile = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})["communes"]
    inside = shapely.Point(((x - left) / span - column) * tile["extent"], ((top - y) / span - row) * tile["extent"])
    here = [feature for feature in tile["features"]
            if shapely.covers(shapely.from_geojson(json.dumps(feature["geometry"])), inside)]  # fmt: skip
    assert [feature["properties"]["name"] for feature in here] == ["Warszawa"]


def test_owslib_and_gdal_draw_the_communes(gate: str, tmp_path: Path) -> None:
    service = WebMapService(f"{gate}/wms", version="1.3.0")
    assert set(service.contents) >= set(SOURCES)
    box = service["communes"].boundingBoxWGS84
    picture = service.getmap(layers=["communes"], styles=["default"], srs="CRS:84", bbox=box, size=(300, 300),
                             format="image/png", transparent=True)  # fmt: skip
    image = Image.open(io.BytesIO(picture.read())).convert("RGBA")
    x = int((PALACE[0] - box[0]) / (box[2] - box[0]) * 300)
    y = int((box[3] - PALACE[1]) / (box[3] - box[1]) * 300)
    assert image.getpixel((x, y))[3] > 0
    assert image.getpixel((2, 2))[3] == 0
    listed = _run("gdalinfo", f"WMS:{gate}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities")
    assert "LAYERS=communes" in listed
    address = (f"WMS:{gate}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=communes&STYLES=&CRS=EPSG:2180"
               "&BBOX=340000,560000,640000,800000&FORMAT=image/png&TRANSPARENT=TRUE")  # fmt: skip
    drawn = tmp_path / "drawn.png"
    _run("gdal_translate", "-q", "-of", "PNG", "-outsize", "256", "0", address, str(drawn))
    assert len(Image.open(drawn).convert("RGBA").getcolors(65_536) or []) > 3


def test_owslib_and_gdal_find_the_records(gate: str) -> None:
    service = CatalogueServiceWeb(f"{gate}/csw", version="2.0.2")
    service.getrecords2(constraints=[PropertyIsLike("csw:AnyText", "%communes%")], esn="full")
    assert len(service.records) >= 1
    identifier = next(iter(service.records))
    service.getrecordbyid([identifier], outputschema="http://www.isotc211.org/2005/gmd")
    bounds = service.records[identifier].identification[0].extent.boundingBox
    assert float(bounds.minx) < PALACE[0] < float(bounds.maxx)
    assert float(bounds.miny) < PALACE[1] < float(bounds.maxy)
    assert "Feature Count: 5" in _run("ogrinfo", "-ro", "-so", f"CSW:{gate}/csw", "records")
