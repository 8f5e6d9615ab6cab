# SPDX-License-Identifier: EUPL-1.2
"""Rasters of the sample: people per square kilometre, computed from the communes, in square cells."""

import math
from pathlib import Path

import rasterio
import rasterio.features
import shapely

from ingest.sample.tables import Table

CELL = 500.0
NODATA = -1.0


def write_density(communes: Table, path: Path) -> None:
    """Write a GeoTIFF (one Float32 band, cells of 500 m in the table's CRS) of the table's column `gestosc`.

    Each cell has the density of the commune that holds its centre, -1 (no data) outside the region.
    """
    west, south, east, north = shapely.total_bounds(communes.geometries)
    left, top = math.floor(west / CELL) * CELL, math.ceil(north / CELL) * CELL
    width, height = math.ceil((east - left) / CELL), math.ceil((top - south) / CELL)
    transform = rasterio.Affine(CELL, 0.0, left, 0.0, -CELL, top)
    densities = [float(value) for value in communes.columns["gestosc"] if isinstance(value, int | float)]
    band = rasterio.features.rasterize(
        zip(communes.geometries, densities, strict=True),
        out_shape=(height, width),
        transform=transform,
        fill=NODATA,
        dtype="float32",
    )
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": width, "height": height}
    with rasterio.open(
        path, "w", **profile, crs=communes.crs, transform=transform, nodata=NODATA, compress="deflate", tiled=True
    ) as raster:
        raster.write(band, 1)
        raster.set_band_description(1, "osoby na km²")
