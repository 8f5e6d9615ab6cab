# SPDX-License-Identifier: EUPL-1.2
"""What a WMS request asks for (OGC 06-042)."""

from dataclasses import dataclass
from typing import Literal

from layers.model import Layer
from layers.rendering.model import Format
from layers.styles.model import Style
from sdi.crs import Box

Version = Literal["1.3.0", "1.1.1"]
ExceptionFormat = Literal["XML", "INIMAGE", "BLANK"]

LAYER_LIMIT = 50
MAX_SIDE = 8_192
INFO_LIMIT = 100
MAP_FORMATS: dict[str, Format] = {
    "image/png": "png",
    "image/png; mode=8bit": "png8",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
}
INFO_FORMATS = {
    "application/geo+json": "geojson",
    "application/json": "geojson",
    "text/html": "html",
    "text/plain": "text",
}


@dataclass(frozen=True, slots=True)
class StyledLayer:
    """A layer and the style it is to be drawn in."""

    layer: Layer
    style_name: str
    style: Style


@dataclass(frozen=True, slots=True)
class MapQuery:
    """GetMap. `box` is in x, y order whatever the version and the CRS; `dpi` 90.7 is the standard's pixel."""

    layers: tuple[StyledLayer, ...]
    box: Box
    width: int
    height: int
    format: Format
    media_type: str
    background: str | None
    dpi: float

    @property
    def resolution(self) -> tuple[float, float]:
        """Units of the CRS a pixel, across and up."""
        return (self.box.maxx - self.box.minx) / self.width, (self.box.maxy - self.box.miny) / self.height


@dataclass(frozen=True, slots=True)
class InfoQuery:
    """GetFeatureInfo: the pixel `column`, `row` (from the upper left, from 0) of a map."""

    map: MapQuery
    layers: tuple[Layer, ...]
    column: int
    row: int
    media_type: str
    count: int
    tolerance: int

    def box(self) -> Box:
        """The pixel with `tolerance` pixels around it."""
        dx, dy = self.map.resolution
        x = self.map.box.minx + (self.column + 0.5) * dx
        y = self.map.box.maxy - (self.row + 0.5) * dy
        reach = self.tolerance + 0.5
        return Box(x - reach * dx, y - reach * dy, x + reach * dx, y + reach * dy, self.map.box.crs)
