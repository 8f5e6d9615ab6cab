# SPDX-License-Identifier: EUPL-1.2
"""The processes that are offered."""

from collections.abc import Mapping
from types import MappingProxyType

from layers.processes import inputs, raster, vector
from layers.processes.model import GEOJSON, JSON, TIFF, NoSuchProcess, Process

_FEATURES = {
    "type": "object",
    "format": "geojson-feature-collection",
    "contentMediaType": GEOJSON,
    "required": ["type", "features"],
    "properties": {"type": {"type": "string", "enum": ["FeatureCollection"]}, "features": {"type": "array"}},
}
_POSITIONS = {"type": "array", "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}
_FILE = {"type": "string", "contentEncoding": "binary", "contentMediaType": TIFF}

_LISTED = (
    Process(
        "buffer", "Buffer", "Everything within a distance of features, each by itself or all as one shape.",
        ("buffer", "ST_Buffer"), inputs.BufferInputs, _FEATURES, GEOJSON, vector.buffer,
    ),
    Process(
        "clip", "Clip", "The parts of features inside other shapes.",
        ("clip", "intersection"), inputs.ClipInputs, _FEATURES, GEOJSON, vector.clip,
    ),
    Process(
        "zone-statistics", "Statistics by zone",
        "Number, area, length and sum of features inside each zone; communes unless other zones are given.",
        ("statistics", "intersection", "commune"), inputs.StatisticsInputs, _FEATURES, GEOJSON, vector.statistics,
    ),
    Process(
        "transform-features", "Transform features", "Features in another coordinate reference system.",
        ("CRS", "INSPIRE", "transformation"), inputs.TransformFeaturesInputs, _FEATURES, GEOJSON,
        vector.transform_features,
    ),
    Process(
        "transform-coordinates", "Transform coordinates", "Positions in another coordinate reference system.",
        ("CRS", "INSPIRE", "transformation"), inputs.TransformCoordinatesInputs, _POSITIONS, JSON,
        vector.transform_coordinates,
    ),
    Process(
        "reproject-raster", "Reproject a raster", "A raster layer in another coordinate reference system as GeoTIFF.",
        ("raster", "CRS", "GeoTIFF"), inputs.ReprojectInputs, _FILE, TIFF, raster.reproject,
    ),
    Process(
        "geocode", "Find a place", "Places of a name in the searchable layers, the best first.",
        ("geocoding", "search"), inputs.GeocodeInputs, _FEATURES, GEOJSON, vector.geocode,
    ),
)  # fmt: skip
PROCESSES: Mapping[str, Process] = MappingProxyType({process.id: process for process in _LISTED})


def process(process_id: str) -> Process:
    """A process; NoSuchProcess when there is none of that id."""
    found = PROCESSES.get(process_id)
    if found is None:
        raise NoSuchProcess(f"There is no process {process_id[:80]!r}; there are: {', '.join(PROCESSES)}.")
    return found
