# SPDX-License-Identifier: EUPL-1.2
"""Processes over rasters."""

from layers.processes.inputs import ReprojectInputs
from layers.processes.model import Run
from layers.rasters.coverage import check_size, geotiff, grid_of
from layers.rasters.reading import read
from sdi import crs as crss
from sdi.errors import InvalidParameter
from sdi.objects import Objects


def reproject(run: Run, asked: ReprojectInputs) -> None:
    """A raster layer, or a box of it, in another CRS as GeoTIFF, as fine as it is stored."""
    layer = run.layer(asked.collection)
    if layer.kind != "raster":
        raise InvalidParameter(f"Layer {layer.id!r} is no raster.", locator="collection")
    bands = (layer.raster or {})["bands"]
    grid = grid_of(layer, asked.bbox.box() if asked.bbox else None, crss.parse(asked.target))
    check_size(grid, len(bands))
    chosen = list(range(1, len(bands) + 1))
    run.progress(0.2, "raster")
    values = read(Objects(run.settings).path(layer.object_key or ""), chosen, grid, asked.resampling)
    run.progress(0.8, "file")
    run.target.write_bytes(geotiff(values, grid, chosen, bands))
