# SPDX-License-Identifier: EUPL-1.2
"""GetFeatureInfo of rasters: the value of each band under the pixel."""

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from flask.testing import FlaskClient

from layers import service as layers
from layers.model import GeometryType, Publication
from sdi.db.database import Database
from sdi.objects import Objects
from sdi.people.service import organisation_id
from sdi.settings import Settings

BOX = (630_000.0, 480_000.0, 640_000.0, 490_000.0)


@pytest.fixture
def heights(database: Database, settings: Settings, tmp_path: Path) -> None:
    """A raster of 10 x 10 km in EPSG:2180: 7 in the west, no data in the east."""
    values = np.full((1, 10, 10), 7, dtype="int16")
    values[0, :, 5:] = -1
    path = tmp_path / "heights.tif"
    grid = rasterio.Affine(1000, 0, BOX[0], 0, -1000, BOX[3])
    with rasterio.open(path, "w", driver="GTiff", width=10, height=10, count=1, dtype="int16", crs="EPSG:2180",
                       transform=grid, nodata=-1) as target:  # fmt: skip
        target.write(values)
    with database.owner.begin() as connection:
        layers.publish(
            connection,
            Publication(
                id="heights",
                organisation_id=organisation_id(connection, "mazowieckie"),
                kind="raster",
                srid=2180,
                geometry_type=GeometryType.RASTER,
                extent=BOX,
                bbox=(20.8, 52.1, 21.1, 52.3),
                version=1,
                object_key=Objects(settings).put(path, ".tif"),
                title={"pl": "Wysokości"},
                theme="rzezba",
                raster={"width": 10, "height": 10, "bands": [{"type": "int16", "nodata": -1, "min": 7, "max": 7}]},
            ),
        )


def _ask(client: FlaskClient, column: str, **changes: str) -> FlaskClient:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "heights",
             "query_layers": "heights", "crs": "EPSG:2180", "bbox": "480000,630000,490000,640000", "width": "10",
             "height": "10", "i": column, "j": "5", "info_format": "application/json"} | changes  # fmt: skip
    return client.get("/wms", query_string=query)


@pytest.mark.usefixtures("heights")
def test_the_value_under_the_pixel(client: FlaskClient) -> None:
    (found,) = _ask(client, "2").json["features"]
    middle = pyproj.Transformer.from_crs(2180, 4326, always_xy=True).transform(632_500, 484_500)
    assert found["properties"] == {"band_1": 7}
    assert found["geometry"]["coordinates"] == pytest.approx(list(middle), abs=1e-6)
    assert "band_1 = 7" in _ask(client, "2", info_format="text/plain").text


@pytest.mark.usefixtures("heights")
def test_where_there_is_no_data_there_is_no_feature(client: FlaskClient) -> None:
    assert _ask(client, "8").json["features"] == []
    assert _ask(client, "2", bbox="380000,630000,390000,640000").json["features"] == []
