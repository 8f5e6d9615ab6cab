# SPDX-License-Identifier: EUPL-1.2
"""Turns a GeoTIFF into a cloud-optimized one (tiled, compressed, with overviews) and measures its bands."""

import math
import os
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.merge import merge
from rasterio.warp import transform_bounds

from ingest.reading.crs import resolve
from ingest.reading.model import Refused, Task

_PIXELS = 4_000_000_000
_BLOCK = 512
_MERGE_MEGABYTES = 256
_OPTIONS = {
    "COMPRESS": "DEFLATE", "BLOCKSIZE": str(_BLOCK), "OVERVIEWS": "AUTO", "BIGTIFF": "IF_SAFER", "NUM_THREADS": "2",
    "STATISTICS": "YES", "OVERVIEW_RESAMPLING": "AVERAGE",
}  # fmt: skip

_SAMPLE = 512
_SHARES = (0.02, 0.25, 0.5, 0.75, 0.98)


def convert(task: Task) -> dict[str, Any]:
    """Write `task.target` and say what is in it: CRS, bounds (x first), size, statistics a band."""
    try:
        if task.more:
            task = replace(task, path=_mosaic(task), more=())
        with rasterio.open(task.path, driver="GTiff") as source:
            _check(source)
            found, decision = resolve(source.crs.to_wkt() if source.crs else None, task.crs)
            if found.srid is None:
                raise Refused(f"The CRS {found.crs.name} has no EPSG number; give the raster one with --crs.")
            bands = [_statistics(source, index) for index in source.indexes]
            bounds = tuple(source.bounds)
            lonlat = transform_bounds(found.crs.to_wkt(), "EPSG:4326", *bounds)
            _check_place(bounds, found.limits)
            size = {"width": source.width, "height": source.height, "resolution": list(source.res)}
        _write(task, f"EPSG:{found.srid}")
    except (RasterioError, OSError) as error:
        raise Refused(f"The GeoTIFF cannot be read: {str(error)[:300]}") from error
    return {**size, "srid": found.srid, "extent": list(bounds), "bbox": list(lonlat), "bands": bands,
            "decisions": [{"what": decision.what, "value": decision.value, "why": decision.why}]}  # fmt: skip


def _mosaic(task: Task) -> str:
    """One file of several that have the same bands and CRS, at the finest of their resolutions."""
    target = f"{task.target}.mosaic.tif"
    with ExitStack() as stack:
        sources = [stack.enter_context(rasterio.open(path, driver="GTiff")) for path in (task.path, *task.more)]
        for source in sources:
            _check(source)
        first = sources[0]
        for name, other in zip(map(os.path.basename, task.more), sources[1:], strict=True):
            if (other.count, other.dtypes, other.crs) != (first.count, first.dtypes, first.crs):
                raise Refused(f"{name} has other bands, types or another CRS than the first file of the mosaic.")
        finest = (min(source.res[0] for source in sources), min(source.res[1] for source in sources))
        _check_pixels(sources, finest)
        merge(sources, res=finest, method="last", dst_path=target, mem_limit=_MERGE_MEGABYTES,
              dst_kwds={"driver": "GTiff", "bigtiff": "IF_SAFER", "compress": "DEFLATE", "tiled": True,
                        "blockxsize": _BLOCK, "blockysize": _BLOCK})  # fmt: skip
    return target


def _check_pixels(sources: list[DatasetReader], finest: tuple[float, float]) -> None:
    bounds = [source.bounds for source in sources]
    width = (max(box.right for box in bounds) - min(box.left for box in bounds)) / finest[0]
    height = (max(box.top for box in bounds) - min(box.bottom for box in bounds)) / finest[1]
    if width * height > _PIXELS:
        raise Refused(f"The mosaic would have {width:,.0f} x {height:,.0f} pixels; at most {_PIXELS:,} are taken.")


def _write(task: Task, crs: str) -> None:
    """Copy as COG; a CRS that was only asked for is written into a lossless copy of the source first."""
    with rasterio.open(task.path, driver="GTiff") as source:
        named = source.crs is not None and source.crs.to_epsg() is not None and f"EPSG:{source.crs.to_epsg()}" == crs
        resampling = "NEAREST" if source.colorinterp and source.colorinterp[0].name == "palette" else "AVERAGE"
    path = task.path
    if not named:
        path = f"{task.target}.source.tif"
        rasterio.shutil.copy(task.path, path, driver="GTiff", BIGTIFF="IF_SAFER")
        with rasterio.open(path, "r+", driver="GTiff") as copy:
            copy.crs = crs
    rasterio.shutil.copy(path, task.target, driver="COG", **{**_OPTIONS, "OVERVIEW_RESAMPLING": resampling})


def _check(source: DatasetReader) -> None:
    if source.count == 0 or source.width * source.height > _PIXELS:
        raise Refused(f"The raster has {source.width} x {source.height} pixels; at most {_PIXELS:,} are taken.")
    if source.transform.is_identity:
        raise Refused("The raster is not georeferenced: it says no position of its pixels.")
    if any(np.dtype(kind).kind == "c" for kind in source.dtypes):
        raise Refused("Rasters of complex numbers are not taken.")


def _check_place(bounds: tuple[float, ...], limits: tuple[float, float, float, float]) -> None:
    if not all(map(math.isfinite, bounds)):
        raise Refused("The raster's position is not a finite number.")
    if bounds[2] < limits[0] or bounds[3] < limits[1] or bounds[0] > limits[2] or bounds[1] > limits[3]:
        raise Refused("The raster lies outside the area of its coordinate reference system; is --crs right?")


def _statistics(source: DatasetReader, index: int) -> dict[str, Any]:
    """Least and greatest value over all blocks; the no-data value is left out."""
    low, high = math.inf, -math.inf
    for _, window in source.block_windows(index):
        values = source.read(index, window=window, masked=True).compressed()
        values = values[np.isfinite(values)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    nodata = source.nodatavals[index - 1]
    if low == math.inf:
        raise Refused(f"Band {index} of the raster has no value at all.")
    return {
        "min": low,
        "max": high,
        "quantiles": _quantiles(source, index),
        "nodata": None if nodata is None or not math.isfinite(nodata) else nodata,
        "type": source.dtypes[index - 1],
        "interpretation": source.colorinterp[index - 1].name,
    }


def _quantiles(source: DatasetReader, index: int) -> list[float]:
    """Values that about 2, 25, 50, 75 and 98 % of the pixels do not exceed, from a thinned reading."""
    shape = (min(source.height, _SAMPLE), min(source.width, _SAMPLE))
    values = source.read(index, out_shape=shape, masked=True).compressed()
    values = values[np.isfinite(values)]
    return [float(value) for value in np.quantile(values, _SHARES)] if values.size else []
