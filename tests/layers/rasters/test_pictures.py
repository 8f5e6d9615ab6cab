# SPDX-License-Identifier: EUPL-1.2
"""Rasters on maps: painted pictures lie where they belong, without seams, in every CRS."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from flask.testing import FlaskClient
from PIL import Image
from rasterio.warp import transform, transform_bounds
from sqlalchemy import text

from layers import service as layers
from layers.model import GeometryType, Publication
from sdi.db.database import Database
from sdi.objects import Objects
from sdi.people.service import organisation_id
from sdi.settings import Settings

BOX = (630_000.0, 480_000.0, 640_000.0, 490_000.0)
SIDE = 500

pytestmark = pytest.mark.usefixtures("drawing")


def _heights() -> np.ndarray:
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    waves = 200 + 80 * np.sin(columns / 40) * np.cos(rows / 50)
    return np.stack([waves, np.where(columns < SIDE / 2, 10.0, 90.0), np.full((SIDE, SIDE), 50.0)]).astype("float32")


@pytest.fixture
def relief(database: Database, settings: Settings, tmp_path: Path) -> None:
    """A raster of three bands, 10 x 10 km: waves, low in the west and high in the east, even."""
    values = _heights()
    values[:, :50, :] = -9999
    path = tmp_path / "relief.tif"
    with rasterio.open(path, "w", driver="GTiff", width=SIDE, height=SIDE, count=3, dtype="float32", crs="EPSG:2180",
                       transform=rasterio.Affine(20, 0, BOX[0], 0, -20, BOX[3]), nodata=-9999) as target:  # fmt: skip
        target.write(values)
    bands = [
        {
            "type": "float32",
            "nodata": -9999,
            "min": low,
            "max": high,
            "quantiles": [low, low, (low + high) / 2, high, high],
        }
        for low, high in ((120.0, 280.0), (10.0, 90.0), (0.0, 100.0))
    ]
    with database.owner.begin() as connection:
        layers.publish(
            connection,
            Publication(
                id="relief", organisation_id=organisation_id(connection, "mazowieckie"), kind="raster", srid=2180,
                geometry_type=GeometryType.RASTER, extent=BOX, bbox=(20.89, 52.17, 21.05, 52.26), version=1,
                object_key=Objects(settings).put(path, ".tif"), title={"pl": "Rzeźba"}, theme="rzezba",
                raster={"width": SIDE, "height": SIDE, "bands": bands},
            ),
        )  # fmt: skip


def _style(database: Database, client: FlaskClient, **raster: Any) -> None:
    definition = {"rules": [{"symbolizers": [{"kind": "Raster", **raster}]}]}
    with database.owner.begin() as connection:
        connection.execute(
            text("UPDATE layers.style SET definition = cast(:definition AS jsonb) WHERE layer_id = 'relief'"),
            {"definition": json.dumps(definition)},
        )
    client.application.extensions["layers"].invalidate()


def _map(client: FlaskClient, box: tuple[float, ...], size: int = 200, crs: str = "EPSG:3857") -> np.ndarray:
    answer = client.get("/wms", query_string={
        "service": "WMS", "version": "1.1.1", "request": "GetMap", "layers": "relief", "styles": "", "srs": crs,
        "bbox": ",".join(map(str, box)), "width": size, "height": size, "format": "image/png", "transparent": "TRUE",
    })  # fmt: skip
    assert answer.mimetype == "image/png", answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA")).astype(int)


@pytest.mark.usefixtures("relief")
def test_a_chosen_band_is_painted_in_its_place(client: FlaskClient, database: Database) -> None:
    _style(database, client, channelSelection={"grayChannel": {"sourceChannelName": "2"}})
    drawn = _map(client, BOX, crs="EPSG:2180")
    assert drawn[100, 50, :3].tolist() == [0, 0, 0]
    assert drawn[100, 150, :3].tolist() == [255, 255, 255]
    assert set(drawn[:18, :, 3].flatten().tolist()) == {0}, "no data is transparent"
    assert set(drawn[25:, :, 3].flatten().tolist()) == {255}


@pytest.mark.usefixtures("relief")
def test_neighbouring_maps_of_relief_meet_without_a_seam(client: FlaskClient, database: Database) -> None:
    _style(database, client, shadedRelief={"reliefFactor": 3})
    minx, miny, maxx, maxy = 632_000.0, 482_000.0, 636_000.0, 486_000.0
    whole = _map(client, (minx, miny, maxx, maxy), 400, "EPSG:2180")
    middle = (minx + maxx) / 2
    west = _map(client, (minx, middle - minx + miny - 2_000, middle, maxy - 2_000), 200, "EPSG:2180")
    east = _map(client, (middle, miny, maxx, maxy - 2_000), 200, "EPSG:2180")
    both = np.concatenate([west, east], axis=1)
    assert np.abs(both - whole[200:])[..., :3].max() <= 2


@pytest.mark.usefixtures("relief")
@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4326", "EPSG:3035", "EPSG:2178", "EPSG:25834"])
def test_a_painted_raster_lies_in_its_place_in_every_crs(client: FlaskClient, database: Database, crs: str) -> None:
    _style(database, client, channelSelection={"grayChannel": {"sourceChannelName": "2"}})
    target = transform_bounds("EPSG:2180", crs, 634_500, 484_500, 635_500, 485_500)
    drawn = _map(client, target, 200, crs)
    edge = [int(np.argmax(row > 128)) for row in drawn[20:180:10, :, 0]]
    xs, _ = transform("EPSG:2180", crs, [635_000.0], [485_000.0])
    expected = (xs[0] - target[0]) / (target[2] - target[0]) * 200
    assert abs(np.mean(edge) - expected) < 4


@pytest.mark.usefixtures("relief")
def test_a_map_far_away_is_empty(client: FlaskClient, database: Database) -> None:
    _style(database, client, shadedRelief={})
    assert _map(client, (700_000, 300_000, 710_000, 310_000), 50, "EPSG:2180")[..., 3].max() == 0
