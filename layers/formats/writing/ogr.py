# SPDX-License-Identifier: EUPL-1.2
"""FlatGeobuf, GeoPackage and Shapefile through GDAL's Arrow interface: a stream of batches in, a file out."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow
import pyogrio

from layers.formats.writing.model import Job
from layers.formats.writing.parquet import free
from layers.formats.writing.rows import GEOMETRY
from layers.formats.writing.shapefile import Fitting, zipped


def write_flatgeobuf(job: Job, schema: pyarrow.Schema, batches: Iterable[pyarrow.RecordBatch]) -> None:
    """With its spatial index, so that a part can be read over HTTP; the index has no place for missing geometry."""
    options = {
        "TITLE": job.title,
        "DESCRIPTION": job.description,
        "TEMPORARY_DIR": str(Path(job.path).parent),
        "SPATIAL_INDEX": "NO" if job.missing else "YES",
    }
    _write(job, Path(job.path), "FlatGeobuf", pyarrow.RecordBatchReader.from_batches(schema, batches), options)


def write_geopackage(job: Job, schema: pyarrow.Schema, batches: Iterable[pyarrow.RecordBatch]) -> None:
    """Ids are the layer's own."""
    options = {
        "FID": "fid",
        "GEOMETRY_NAME": free("geom", schema.names),
        "IDENTIFIER": job.title,
        "DESCRIPTION": job.description,
    }
    _write(job, Path(job.path), "GPKG", pyarrow.RecordBatchReader.from_batches(schema, batches), options)


def write_shapefile(job: Job, schema: pyarrow.Schema, batches: Iterable[pyarrow.RecordBatch]) -> None:
    """In a zip, with what had to be changed told in a text beside it."""
    fitting = Fitting(job.fields)
    fitted = fitting.schema(schema)
    reader = pyarrow.RecordBatchReader.from_batches(fitted, fitting.fit(fitted, batches))
    with tempfile.TemporaryDirectory(dir=Path(job.path).parent) as folder:
        _write(job, Path(folder) / f"{job.layer}.shp", "ESRI Shapefile", reader, {"ENCODING": "UTF-8"})
        zipped(job, Path(folder), fitting.told())


def _write(job: Job, path: Path, driver: str, reader: pyarrow.RecordBatchReader, options: dict[str, Any]) -> None:
    pyogrio.write_arrow(
        reader,
        path,
        layer=job.layer,
        driver=driver,
        geometry_name=GEOMETRY,
        geometry_type="Unknown" if job.geometry == "Geometry" else job.geometry,
        crs="EPSG:4326" if job.crs == "OGC:CRS84" else job.crs,  # x first in files under either name
        layer_options={name: value for name, value in options.items() if value},
    )
