# SPDX-License-Identifier: EUPL-1.2
"""What a map shows and what is asked under one of its pixels, whatever service the request came through."""

from dataclasses import dataclass

from layers.model import Layer
from layers.rendering.model import Format
from layers.styles.model import Style
from sdi.crs import Box

STANDARD_DPI = 25.4 / 0.28
"""Dots an inch of the standard's pixel of 0.28 mm (OGC 05-078r4)."""


@dataclass(frozen=True, slots=True)
class StyledLayer:
    """A layer and the style it is to be drawn in."""

    layer: Layer
    style_name: str
    style: Style


@dataclass(frozen=True, slots=True)
class MapQuery:
    """A picture. `box` is in x, y order whatever the CRS says; `dpi` 90.7 is the standard's pixel."""

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
    """What lies under the pixel `column`, `row` (from the upper left, from 0) of a map."""

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
