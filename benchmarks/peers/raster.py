# SPDX-License-Identifier: EUPL-1.2
"""A raster for the peers' table: waves of grey over the million polygons, as a cloud-optimised GeoTIFF."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.shutil import copy
from rasterio.transform import from_origin

from benchmarks.million import CELL, ORIGIN, ROWS
from benchmarks.stack import Stack

_SIDE = 5_000


def write_raster(brama: Stack, path: Path) -> Path:  # noqa: ARG001
    """Write it to `path`, one byte a pixel in EPSG:2180."""
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    values = (127 + 120 * np.sin(rows / 97) * np.cos(columns / 61)).astype("uint8")
    pixel = CELL * ROWS / _SIDE
    profile = {
        "driver": "GTiff", "width": _SIDE, "height": _SIDE, "count": 1, "dtype": "uint8", "crs": "EPSG:2180",
        "transform": from_origin(ORIGIN[0], ORIGIN[1] + ROWS * CELL, pixel, pixel),
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(values, 1)
        copy(memory.name, path, driver="COG", compress="DEFLATE")
    return path
