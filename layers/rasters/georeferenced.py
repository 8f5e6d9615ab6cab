# SPDX-License-Identifier: EUPL-1.2
"""A finished picture as a GeoTIFF: the same pixels with their place on the ground."""

from collections.abc import Sequence

import rasterio
import rasterio.shutil
from rasterio.crs import CRS

from layers.rasters.model import Grid

_BANDS = ("Red", "Green", "Blue", "Alpha")
_TYPE, _WITHOUT_ALPHA = 25, 2
"""Where a PNG tells how its colours are stored (ISO/IEC 15948, 11.2.2), and what it says without alpha."""


def georeferenced(png: bytes, grid: Grid) -> bytes:
    """The picture (PNG of red, green, blue and, unless all of it is opaque, alpha; as large as `grid`) as a GeoTIFF."""
    colours = _BANDS[: 3 if png[_TYPE] == _WITHOUT_ALPHA else 4]
    with rasterio.MemoryFile(png, ext=".png") as picture, rasterio.MemoryFile(ext=".tif") as made:
        # Opened as it is, a picture without a place is warned of.
        with rasterio.open(_placed(picture.name, grid, colours)) as placed:
            rasterio.shutil.copy(placed, made.name, driver="GTiff", compress="DEFLATE", predictor=2, tiled=True)
        content: bytes = made.read()
    return content


def _placed(name: str, grid: Grid, colours: Sequence[str]) -> str:
    """A virtual data set (GDAL's VRT) of the picture's bands with the grid's place."""
    place = ", ".join(repr(float(number)) for number in grid.transform.to_gdal())
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{number}"><ColorInterp>{colour}</ColorInterp><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{name}</SourceFilename><SourceBand>{number}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for number, colour in enumerate(colours, start=1)
    )
    system = CRS.from_epsg(grid.box.srid).to_wkt().replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}"><SRS>{system}</SRS>'
        f"<GeoTransform>{place}</GeoTransform>{bands}</VRTDataset>"
    )
