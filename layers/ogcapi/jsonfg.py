# SPDX-License-Identifier: EUPL-1.2
"""What makes a document JSON-FG (OGC 21-045r1, clause 7): conformance, type and schema of features, CRS."""

from collections.abc import Callable, Mapping
from typing import Any

from layers.items import jsonfg, statements
from layers.items.statements import FeatureForm
from layers.model import GeometryType, Layer
from layers.ogcapi.links import GEOJSON, root
from sdi.crs import Crs
from sdi.web.openapi import Parameter

JSONFG = "application/vnd.ogc.fg+json"
_CLASSES = tuple(f"http://www.opengis.net/spec/json-fg-1/1.0/conf/{name}" for name in ("core", "types-schemas"))
_DIMENSIONS: Mapping[GeometryType, int] = {
    GeometryType.POINT: 0,
    GeometryType.MULTIPOINT: 0,
    GeometryType.LINESTRING: 1,
    GeometryType.MULTILINESTRING: 1,
    GeometryType.POLYGON: 2,
    GeometryType.MULTIPOLYGON: 2,
}
FORMAT = Parameter(
    "f", "Representation, before the Accept header", {"type": "string", "enum": ["json", "html", "jsonfg"]}
)
Members = Callable[[Layer, Crs], dict[str, Any]]


def _of_document(layer: Layer, crs: Crs) -> dict[str, Any]:
    """Members of the root object, be it a feature or a collection."""
    made: dict[str, Any] = {
        "conformsTo": _CLASSES,
        "featureType": layer.id,
        "featureSchema": f"{root()}/collections/{layer.id}/schema",
        "coordRefSys": crs.uri,
    }
    if layer.geometry_type in _DIMENSIONS:
        made["geometryDimension"] = _DIMENSIONS[layer.geometry_type]
    return made


FORMS: Mapping[str, tuple[str, FeatureForm, Members]] = {
    "json": (GEOJSON, statements.feature, lambda _layer, _crs: {}),
    "jsonfg": (JSONFG, jsonfg.feature, _of_document),
}
"""Representations of features by `f`: the media type, how a row is written, what the document says besides."""
