# SPDX-License-Identifier: EUPL-1.2
"""A raster as a coverage: which cells are asked for, and their values as GeoTIFF or CoverageJSON."""

import math
from collections.abc import Sequence
from typing import Any

import rasterio

from layers.model import Layer
from layers.rasters.model import Grid, Values
from sdi import crs as crss
from sdi.crs import Box, Crs
from sdi.errors import InvalidParameter, TooLarge

MOST_VALUES = 32_000_000
"""Cells times bands of an answer."""
MOST_JSON_VALUES = 500_000


def native_grid(layer: Layer) -> Grid:
    """The cells that the layer is stored in."""
    facts = layer.raster or {}
    return Grid(Box(*layer.extent, crss.by_srid(layer.srid).xy), facts["width"], facts["height"])


def grid_of(layer: Layer, box: Box | None, crs: Crs) -> Grid:
    """The grid of an answer in `crs` over `box` (the whole layer without one) as fine as the stored cells.

    In the layer's own CRS it is whole stored cells. InvalidParameter where the layer does not reach.
    """
    native = native_grid(layer)
    inside = native.box if box is None else _common(box.to(native.box.crs), native.box)
    dx, dy = native.cell
    first, last = _span((inside.minx - native.box.minx) / dx, (inside.maxx - native.box.minx) / dx, native.width)
    top, bottom = _span((native.box.maxy - inside.maxy) / dy, (native.box.maxy - inside.miny) / dy, native.height)
    west, north = native.box.minx + first * dx, native.box.maxy - top * dy
    snapped = Box(west, north - (bottom - top) * dy, west + (last - first) * dx, north, native.box.crs)
    if crs.srid == layer.srid:
        return Grid(snapped, last - first, bottom - top)
    wanted = snapped.to(crs.xy) if box is None else _common(box.to(crs.xy), snapped.to(crs.xy))
    return Grid(wanted, last - first, bottom - top)


def scaled(grid: Grid, across: float, up: float) -> Grid:
    """The same ground in cells so many times as wide and as high."""
    return Grid(grid.box, max(1, round(grid.width / across)), max(1, round(grid.height / up)))


def check_size(grid: Grid, bands: int, most: int = MOST_VALUES) -> None:
    """TooLarge with the factor that would fit."""
    values = grid.width * grid.height * bands
    if values > most:
        factor = math.ceil(math.sqrt(values / most))
        raise TooLarge(
            f"The coverage asked for has {values:,} values; at most {most:,} are sent. Ask for a part (bbox, subset),"
            f" for fewer bands (properties) or for less detail (scale-factor={factor}).",
            locator="scale-factor",
        )


def geotiff(values: Values, grid: Grid, bands: Sequence[int], facts: Sequence[Any]) -> bytes:
    """The values in their own type as a compressed GeoTIFF; each band bears its name."""
    count, height, width = values.shape
    nodata = facts[0].get("nodata")
    profile = {
        "driver": "GTiff", "width": width, "height": height, "count": count, "dtype": values.dtype,
        "crs": f"EPSG:{grid.box.srid}", "transform": grid.transform, "nodata": nodata, "compress": "DEFLATE",
        "tiled": width >= 512 and height >= 512, "predictor": 2 if values.dtype.kind in "iu" else 1,
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(values.data if nodata is None else values.filled(nodata))
            for place, number in enumerate(bands, start=1):
                made.set_band_description(place, band_name(number))
        content: bytes = memory.read()
    return content


def coverage_json(values: Values, grid: Grid, bands: Sequence[int]) -> dict[str, Any]:
    """CoverageJSON (OGC 21-069r2): a grid of cell middles; null where there is no data."""
    dx, dy = grid.cell
    box = grid.box
    axes = {
        "x": {"start": box.minx + dx / 2, "stop": box.maxx - dx / 2, "num": grid.width},
        "y": {"start": box.maxy - dy / 2, "stop": box.miny + dy / 2, "num": grid.height},
    }
    kind = "GeographicCRS" if box.crs.is_geographic else "ProjectedCRS"
    kinds = "integer" if values.dtype.kind in "iu" else "float"
    names = [band_name(number) for number in bands]
    return {
        "type": "Coverage",
        "domain": {
            "type": "Domain",
            "domainType": "Grid",
            "axes": axes,
            "referencing": [{"coordinates": ["x", "y"], "system": {"type": kind, "id": box.crs.uri}}],
        },
        "parameters": {
            name: {"type": "Parameter", "observedProperty": {"label": {"en": name}}, "unit": {"symbol": "1"}}
            for name in names
        },
        "ranges": {
            name: {"type": "NdArray", "dataType": kinds, "axisNames": ["y", "x"],
                   "shape": [grid.height, grid.width], "values": values[place].flatten().tolist()}
            for place, name in enumerate(names)
        },
    }  # fmt: skip


def band_name(number: int) -> str:
    """The name of a band in every service."""
    return f"band_{number}"


def _common(box: Box, other: Box) -> Box:
    minx, miny = max(box.minx, other.minx), max(box.miny, other.miny)
    maxx, maxy = min(box.maxx, other.maxx), min(box.maxy, other.maxy)
    if minx > maxx or miny > maxy:
        raise InvalidParameter("The coverage has no value there.", locator="bbox")
    return Box(minx, miny, maxx, maxy, other.crs)


def _span(low: float, high: float, count: int) -> tuple[int, int]:
    """First and after the last of the cells touched; at least one."""
    first = min(max(0, math.floor(low + 1e-6)), count - 1)
    return first, min(count, max(first + 1, math.ceil(high - 1e-6)))
