# SPDX-License-Identifier: EUPL-1.2
"""GeoParquet 1.1: WKB with x first, its CRS as PROJJSON, and the box of every feature as a covering."""

import json
from collections.abc import Iterable
from typing import Any

import numpy
import pyarrow
import shapely
from pyarrow import parquet
from pyproj import CRS

from layers.formats.writing.model import Job
from layers.formats.writing.rows import GEOMETRY

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_ROWS = 50_000


class _Seen:
    """What the metadata tell of all geometries together."""

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.box = [numpy.inf, numpy.inf, -numpy.inf, -numpy.inf]

    def add(self, shapes: Any, corners: Any) -> None:
        """Take a batch in."""
        for number in numpy.unique(shapely.get_type_id(shapes)):
            if number >= 0:
                self.types.add(_TYPES[number])
        if not numpy.isnan(corners).all():
            low, high = numpy.nanmin(corners[:, :2], axis=0), numpy.nanmax(corners[:, 2:], axis=0)
            self.box = [*numpy.minimum(self.box[:2], low), *numpy.maximum(self.box[2:], high)]


_TYPES = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
          "GeometryCollection")  # fmt: skip


def write(job: Job, schema: pyarrow.Schema, batches: Iterable[pyarrow.RecordBatch]) -> None:
    """Write the file; its metadata come last, when all geometries were seen."""
    names = [field.name for field in job.fields]
    geometry, box = free("geometry", names), free("bbox", names)
    corner = pyarrow.struct([(name, pyarrow.float64()) for name in _CORNERS])
    written = pyarrow.schema(
        [*list(schema)[:-1], pyarrow.field(geometry, pyarrow.binary()), pyarrow.field(box, corner)]
    )
    seen = _Seen()
    with parquet.ParquetWriter(job.path, written, compression="zstd") as writer:
        for batch in batches:
            shapes = shapely.from_wkb(numpy.asarray(batch.column(GEOMETRY).to_pylist(), dtype=object))
            corners = shapely.bounds(shapes)
            seen.add(shapes, corners)
            covering = _covering(corners, corner)
            table = pyarrow.Table.from_arrays([*batch.columns, covering], schema=written)
            writer.write_table(table, row_group_size=_ROWS)
        writer.add_key_value_metadata({"geo": json.dumps(_metadata(job, geometry, box, seen))})


def free(name: str, taken: list[str]) -> str:
    """The name, with underscores behind it until no column has it."""
    while name in taken:
        name += "_"
    return name


def _covering(corners: Any, corner: pyarrow.DataType) -> pyarrow.Array:
    missing = numpy.isnan(corners[:, 0])
    values = [pyarrow.array(corners[:, side], pyarrow.float64()) for side in range(4)]
    return pyarrow.StructArray.from_arrays(values, fields=list(corner), mask=pyarrow.array(missing))


def _metadata(job: Job, geometry: str, box: str, seen: _Seen) -> dict[str, Any]:
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(seen.types),
        "crs": CRS.from_user_input(job.crs).to_json_dict(),
        "edges": "planar",
        "covering": {"bbox": {name: [box, name] for name in _CORNERS}},
    }
    if numpy.isfinite(seen.box).all():
        column["bbox"] = [float(side) for side in seen.box]
    return {"version": "1.1.0", "primary_column": geometry, "columns": {geometry: column}}
