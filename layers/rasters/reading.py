# SPDX-License-Identifier: EUPL-1.2
"""Reads bands of a raster file on a grid in any CRS, from the overview that fits."""

from collections.abc import Sequence
from pathlib import Path

import rasterio
from rasterio.enums import Resampling as Method
from rasterio.vrt import WarpedVRT

from layers.rasters.model import Grid, Resampling, Values

_METHODS = {"linear": Method.bilinear, "nearest": Method.nearest}


def read(path: Path, bands: Sequence[int], grid: Grid, resampling: Resampling = "linear") -> Values:
    """The values of `bands` (from 1) on the grid, masked where there are none."""
    with (
        rasterio.open(path) as source,
        WarpedVRT(
            source,
            crs=f"EPSG:{grid.box.srid}",
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=_METHODS[resampling],
            add_alpha=source.nodata is None and not _has_alpha(source),
        ) as warped,
    ):
        found: Values = warped.read(list(bands), masked=True)
        return found


def _has_alpha(source: rasterio.DatasetReader) -> bool:
    return any(interpretation.name == "alpha" for interpretation in source.colorinterp)
