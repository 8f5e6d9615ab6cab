# SPDX-License-Identifier: EUPL-1.2
"""What is offered of a layer beforehand: files by format and reference system, and where they are."""

from dataclasses import dataclass
from urllib.parse import quote

from layers.formats.model import Format, able
from layers.model import Layer
from sdi.crs import CRS84, Crs, by_srid
from sdi.web.context import base_url

ATOM = "application/atom+xml"
GEOTIFF = Format("tiff", "image/tiff", "tif", {"pl": "GeoTIFF", "en": "GeoTIFF"}, written=False)
"""A raster layer's own file: a cloud optimised GeoTIFF, whole."""
OPENSEARCH = "application/opensearchdescription+xml"
_NATIONAL, _EUROPEAN = by_srid(2180), by_srid(4258)
_IN_EACH_CRS = ("gpkg", "shp", "fgb", "parquet")
_IN_CRS84 = ("geojson", "csv")


@dataclass(frozen=True, slots=True)
class Offer:
    """A pre-defined data set: all of a layer in one format and reference system."""

    layer: Layer
    format: Format
    crs: Crs

    @property
    def address(self) -> str:
        """Where the file is."""
        if self.format is GEOTIFF:
            return f"{base_url()}/atom/files/{self.layer.id}.{GEOTIFF.extension}"
        path = f"{base_url()}/ogc/collections/{self.layer.id}/items?f={self.format.name}"
        return path if self.crs is CRS84 else f"{path}&crs={quote(self.crs.uri, safe=':/')}"


def systems(layer: Layer) -> list[Crs]:
    """The reference systems of the files: the stored one; of features also the national one, ETRS89, CRS84."""
    if layer.kind == "raster":
        return [by_srid(layer.srid)]
    return list(dict.fromkeys((by_srid(layer.srid), _NATIONAL, _EUROPEAN, CRS84)))


def offers(layer: Layer) -> list[Offer]:
    """Files in each reference system; text for the web in longitude and latitude; of a raster its own file."""
    if layer.kind == "raster":
        return [Offer(layer, GEOTIFF, by_srid(layer.srid))]
    able_to = {found.name: found for found in able(layer)}
    made = [
        Offer(layer, able_to[name], crs)
        for crs in systems(layer)
        if crs is not CRS84
        for name in _IN_EACH_CRS
        if name in able_to
    ]
    return made + [Offer(layer, able_to[name], CRS84) for name in _IN_CRS84]
