# SPDX-License-Identifier: EUPL-1.2
"""The formats that a selection of features can be downloaded in."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from layers.model import GeometryType, LanguageMap, Layer
from sdi.errors import Unsupported

_SHAPEFILE_COLUMNS = 250


@dataclass(frozen=True, slots=True)
class Format:
    """A format. `written` says that a child process writes it as a file; others are text streamed as it is read.

    `names` are what WFS calls it in outputFormat, without case; the media type is always one of them.
    """

    name: str
    media_type: str
    extension: str
    title: LanguageMap
    written: bool = True
    names: tuple[str, ...] = ()


def _format(name: str, media_type: str, extension: str, title: str, **more: bool | tuple[str, ...]) -> Format:
    return Format(name, media_type, extension, {"pl": title, "en": title}, **more)  # type: ignore[arg-type]


_GEOJSON = ("geojson", "json", "application/json")
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        made.name: made
        for made in (
            _format("geojson", "application/geo+json", "geojson", "GeoJSON", written=False, names=_GEOJSON),
            _format("csv", "text/csv", "csv", "CSV", written=False, names=("csv",)),
            _format("gpkg", "application/geopackage+sqlite3", "gpkg", "GeoPackage", names=("gpkg", "geopackage")),
            _format("shp", "application/zip", "shp.zip", "Shapefile", names=("shape-zip", "shp", "shapefile")),
            _format("fgb", "application/flatgeobuf", "fgb", "FlatGeobuf", names=("fgb", "flatgeobuf")),
            _format(
                "parquet", "application/vnd.apache.parquet", "parquet", "GeoParquet", names=("parquet", "geoparquet")
            ),
        )
    }
)


def by_name(name: str) -> Format | None:
    """The format that WFS calls so, or whose media type this is."""
    folded = name.strip().lower()
    for found in FORMATS.values():
        if folded in found.names or folded.partition(";")[0].strip() == found.media_type:
            return found
    return None


def able(layer: Layer) -> list[Format]:
    """The formats that can hold the layer."""
    return [found for found in FORMATS.values() if _hindrance(layer, found) is None]


def check(layer: Layer, wanted: Format) -> None:
    """Unsupported where the format cannot hold the layer."""
    if hindrance := _hindrance(layer, wanted):
        raise Unsupported(f"{hindrance}; take a GeoPackage.", locator="f")


def _hindrance(layer: Layer, wanted: Format) -> str | None:
    if wanted.name == "shp" and layer.geometry_type is GeometryType.GEOMETRY:
        return "A Shapefile holds one type of geometry and this layer mixes them"
    if wanted.name == "shp" and len(layer.columns) > _SHAPEFILE_COLUMNS:
        return f"A Shapefile holds at most {_SHAPEFILE_COLUMNS} columns"
    return None
