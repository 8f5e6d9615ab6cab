# SPDX-License-Identifier: EUPL-1.2
"""Values of a raster layer under a point."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rasterio

from layers.model import Layer
from sdi import crs
from sdi.crs import CRS84, Box, transform_point


def values_at(path: Path, layer: Layer, box: Box) -> dict[str, Any] | None:
    """The value of each band in the middle of `box`; None outside the raster and where it holds no data."""
    x, y = transform_point((box.minx + box.maxx) / 2, (box.miny + box.maxy) / 2, box.crs.xy, crs.by_srid(layer.srid).xy)
    with rasterio.open(path) as source:
        west, south, east, north = source.bounds
        if not (west <= x <= east and south <= y <= north):
            return None
        sample = next(iter(source.sample([(x, y)], masked=True)))
    if sample.mask.all():
        return None
    values = zip(sample.data, sample.mask, strict=True)
    return {f"band_{number}": None if hidden else _plain(value) for number, (value, hidden) in enumerate(values, 1)}


def _plain(value: Any) -> int | float:
    """A pixel's value as a number of Python, with no more digits than its own type has."""
    return int(value) if value.dtype.kind in "iu" else float(str(value))


def gml_of(layer: Layer, values: Mapping[str, Any] | None) -> bytes:
    """The same as a `gml:featureMember` element; empty where there is none."""
    if values is None:
        return b""
    made = "".join(f"<{name}>{'' if value is None else value}</{name}>" for name, value in values.items())
    return f'<gml:featureMember><{layer.id} fid="{layer.id}">{made}</{layer.id}></gml:featureMember>'.encode()


def feature_at(path: Path, layer: Layer, box: Box) -> bytes:
    """The same as a GeoJSON feature, a point in CRS84; empty where there is none."""
    found = values_at(path, layer, box)
    if found is None:
        return b""
    middle = transform_point((box.minx + box.maxx) / 2, (box.miny + box.maxy) / 2, box.crs.xy, CRS84)
    point = {"type": "Point", "coordinates": [round(value, 7) for value in middle]}
    feature = {"type": "Feature", "id": layer.id, "layer": layer.id, "geometry": point, "properties": found}
    return json.dumps(feature).encode()
