# SPDX-License-Identifier: EUPL-1.2
"""A raster for the peers' table: waves of grey over the million polygons, published and as a file for the others."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.shutil import copy
from rasterio.transform import from_origin

import layers.service as layers
from benchmarks.million import CELL, ORIGIN, ROWS
from benchmarks.stack import Stack
from layers.model import GeometryType, Publication
from sdi.objects import Objects
from sdi.people.service import organisation_id

LAYER = "relief"
_SIDE = 5_000
_WIDTH = CELL * ROWS


def _write(path: Path) -> None:
    """One byte a pixel in EPSG:2180 as a cloud-optimised GeoTIFF."""
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    values = (127 + 120 * np.sin(rows / 97) * np.cos(columns / 61)).astype("uint8")
    pixel = _WIDTH / _SIDE
    profile = {
        "driver": "GTiff", "width": _SIDE, "height": _SIDE, "count": 1, "dtype": "uint8", "crs": "EPSG:2180",
        "transform": from_origin(ORIGIN[0], ORIGIN[1] + _WIDTH, pixel, pixel),
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(values, 1)
        copy(memory.name, path, driver="COG", compress="DEFLATE")


def publish_raster(brama: Stack, path: Path) -> Path:
    """Write the raster to `path` and publish it."""
    _write(path)
    path.chmod(0o644)
    with brama.database.owner.begin() as connection:
        layers.publish(
            connection,
            Publication(
                id=LAYER,
                organisation_id=organisation_id(connection, "mazowieckie"),
                kind="raster",
                srid=2180,
                geometry_type=GeometryType.RASTER,
                extent=(ORIGIN[0], ORIGIN[1], ORIGIN[0] + _WIDTH, ORIGIN[1] + _WIDTH),
                bbox=(20.2, 51.7, 21.8, 52.7),
                version=1,
                object_key=Objects(brama.settings).put(path, ".tif"),
                title={"pl": "Fale", "en": "Waves"},
                theme="rzezba",
                raster={"width": _SIDE, "height": _SIDE, "bands": [{"type": "uint8", "min": 7, "max": 247}]},
            ),
        )
    return path
