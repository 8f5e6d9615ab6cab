# SPDX-License-Identifier: EUPL-1.2
"""A table of features in memory and the one way to write it as a GeoPackage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

Value = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Features: one geometry of `geometry_type` each, in `crs` (x easting, y northing), and columns of equal length."""

    name: str
    crs: str
    geometry_type: str
    geometries: Sequence[BaseGeometry]
    columns: Mapping[str, Sequence[Value]]


def write_geopackage(table: Table, path: Path) -> None:
    """Write the table as the only layer of a new GeoPackage; an older file of that name is replaced."""
    path.unlink(missing_ok=True)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(table.geometries, dtype=object)),
        field_data=[_array(values) for values in table.columns.values()],
        fields=list(table.columns),
        layer=table.name,
        driver="GPKG",
        geometry_type=table.geometry_type,
        crs=table.crs,
    )


def multi(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape as one MultiPolygon."""
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


def _array(values: Sequence[Value]) -> "np.ndarray[tuple[int], np.dtype[np.generic]]":
    if all(isinstance(value, int) for value in values):
        return np.array(values, dtype="int64")
    if all(isinstance(value, int | float) for value in values):
        return np.array(values, dtype="float64")
    return np.array(values, dtype=object)
