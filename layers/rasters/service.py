# SPDX-License-Identifier: EUPL-1.2
"""Rasters' face: a painted picture for the renderer, and values on a grid."""

import math
from pathlib import Path

import rasterio

from layers.model import Layer
from layers.rasters.georeferenced import georeferenced
from layers.rasters.model import Grid, Rgba
from layers.rasters.painting import bands_of, paint
from layers.rasters.reading import read
from layers.rendering.model import PictureSource
from layers.styles.model import Raster
from sdi import crs as crss

__all__ = ["Grid", "georeferenced", "needs_painting", "picture", "read"]

PICTURE_PIXELS = 2_000_000
"""More is read at half the resolution or less and enlarged by the renderer."""
_METRES_A_DEGREE = 111_320.0


def needs_painting(raster: Raster) -> bool:
    """Whether the renderer itself cannot draw the symbolizer from the file."""
    return bool(raster.channel_selection or raster.contrast_enhancement or raster.shaded_relief)


def picture(layer: Layer, path: Path, raster: Raster, grid: Grid) -> PictureSource | None:
    """The layer painted on the grid as a georeferenced picture; None where it does not reach."""
    bands = (layer.raster or {})["bands"]
    chosen = bands_of(raster, len(bands))
    part = _part(layer, grid)
    if part is None:
        return None
    values = read(path, chosen, part, raster.resampling)
    painted = paint(values, raster, [bands[number - 1] for number in chosen], _metres(part))
    return PictureSource(part.box.srid, _tiff(painted, part))


def _part(layer: Layer, grid: Grid) -> Grid | None:
    """The grid where the layer reaches, at most `PICTURE_PIXELS`; a cell more on each side, for slopes there."""
    stored = crss.Box(*layer.extent, crss.by_srid(layer.srid).xy)
    reach = stored.to(grid.box.crs.xy).bounds
    dx, dy = grid.cell
    box = grid.box
    first, last = _cells(reach.minx - box.minx, reach.maxx - box.minx, dx, grid.width)
    top, bottom = _cells(box.maxy - reach.maxy, box.maxy - reach.miny, dy, grid.height)
    if first >= last or top >= bottom:
        return None
    west, north = box.minx + first * dx, box.maxy - top * dy
    covered = crss.Box(west, north - (bottom - top) * dy, west + (last - first) * dx, north, box.crs)
    width, height = last - first, bottom - top
    shrink = math.sqrt(max(1.0, width * height / PICTURE_PIXELS))
    return Grid(covered, max(1, round(width / shrink)), max(1, round(height / shrink)))


def _cells(low: float, high: float, side: float, count: int) -> tuple[int, int]:
    return max(-1, math.floor(low / side) - 1), min(count + 1, math.ceil(high / side) + 1)


def _metres(grid: Grid) -> tuple[float, float]:
    dx, dy = grid.cell
    if not grid.box.crs.is_geographic:
        return dx, dy
    middle = math.radians((grid.box.miny + grid.box.maxy) / 2)
    return dx * _METRES_A_DEGREE * math.cos(middle), dy * _METRES_A_DEGREE


def _tiff(painted: Rgba, grid: Grid) -> bytes:
    box = grid.box
    _, height, width = painted.shape
    profile = {
        "driver": "GTiff", "width": width, "height": height, "count": 4, "dtype": "uint8", "photometric": "RGB",
        "alpha": "YES", "crs": f"EPSG:{box.srid}",
        "transform": grid.transform,
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(painted)
        content: bytes = memory.read()
    return content
