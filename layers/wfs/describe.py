# SPDX-License-Identifier: EUPL-1.2
"""DescribeFeatureType: a GML application schema of layers (OGC 09-025r2, clause 9; OGC 07-036, clause 21)."""

from collections.abc import Mapping
from typing import cast

from layers.items.statements import GEOMETRY
from layers.model import ColumnType, GeometryType, Layer
from layers.service import Snapshot
from layers.wfs.model import GML_31, GML_32, Version
from layers.wfs.names import PREFIX, feature_types, namespace
from sdi.web.context import organisation

_IMPORTS: Mapping[Version, tuple[str, str, str]] = {
    "2.0.0": (GML_32, "http://schemas.opengis.net/gml/3.2.1/gml.xsd", "gml:AbstractFeature"),
    "1.1.0": (GML_31, "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd", "gml:_Feature"),
}
_TYPES: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "string",
    ColumnType.INTEGER: "long",
    ColumnType.NUMBER: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "dateTime",
}
_GEOMETRIES: Mapping[GeometryType, str] = {
    GeometryType.POINT: "PointPropertyType",
    GeometryType.MULTIPOINT: "MultiPointPropertyType",
    GeometryType.LINESTRING: "CurvePropertyType",
    GeometryType.MULTILINESTRING: "MultiCurvePropertyType",
    GeometryType.POLYGON: "SurfacePropertyType",
    GeometryType.MULTIPOLYGON: "MultiSurfacePropertyType",
    GeometryType.GEOMETRY: "GeometryPropertyType",
}


def schema(layers: list[Layer], version: Version) -> bytes:
    """The schema of these layers; every property may be missing, as NULL has no element."""
    gml, location, _ = _IMPORTS[version]
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:gml="{gml}" xmlns:{PREFIX}="{namespace()}"'
        f' targetNamespace="{namespace()}" elementFormDefault="qualified" version="1.0">\n'
        f'<xsd:import namespace="{gml}" schemaLocation="{location}"/>\n'
    )
    return "".join((head, *(_feature_type(layer, version) for layer in layers), "</xsd:schema>\n")).encode()


def whole(snapshot: Snapshot, layers: Mapping[str, Layer], version: Version) -> bytes:
    """The schema of everything that the caller sees; kept until a layer comes, goes or changes its columns."""
    key = ("wfs schema", organisation(), version)
    if key not in snapshot.lasting:
        snapshot.lasting[key] = schema(list(feature_types(layers)), version)
    return cast("bytes", snapshot.lasting[key])


def _feature_type(layer: Layer, version: Version) -> str:
    name = layer.id
    properties = [f'<xsd:element name="{c.name}" type="xsd:{_TYPES[c.type]}" minOccurs="0"/>' for c in layer.columns]
    geometry = _GEOMETRIES.get(layer.geometry_type, "GeometryPropertyType")
    properties.append(f'<xsd:element name="{GEOMETRY}" type="gml:{geometry}" minOccurs="0"/>')
    return (
        f'<xsd:element name="{name}" type="{PREFIX}:{name}Type" substitutionGroup="{_IMPORTS[version][2]}"/>\n'
        f'<xsd:complexType name="{name}Type"><xsd:complexContent><xsd:extension base="gml:AbstractFeatureType">'
        f"<xsd:sequence>\n{chr(10).join(properties)}\n</xsd:sequence>"
        "</xsd:extension></xsd:complexContent></xsd:complexType>\n"
    )
