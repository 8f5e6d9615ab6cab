# SPDX-License-Identifier: EUPL-1.2
"""What a map shows and what is asked under one of its pixels, whatever service the request came through."""

from dataclasses import dataclass

from layers.items.model import Interval
from layers.model import Layer
from layers.rendering.model import Format
from layers.styles.model import Rule, Style
from sdi.crs import Box
from sdi.filters.parse import Filter

STANDARD_DPI = 25.4 / 0.28
"""Dots an inch of the standard's pixel of 0.28 mm (OGC 05-078r4)."""
METRES_A_DEGREE = 6_378_137 * 3.141592653589793 / 180


@dataclass(frozen=True, slots=True)
class StyledLayer:
    """A layer, its style (without a name it is the caller's own) and which of its features are shown.

    `times` (none is always) count where the layer has a time.
    """

    layer: Layer
    style_name: str
    style: Style
    filter: Filter | None = None
    times: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class MapQuery:
    """A picture. `box` is in x, y order whatever the CRS says; `dpi` 90.7 is the standard's pixel.

    With `whole_labels` a label that the border would cut is left out; without, it is whole beside the next map.
    """

    layers: tuple[StyledLayer, ...]
    box: Box
    width: int
    height: int
    format: Format
    media_type: str
    background: str | None
    dpi: float
    whole_labels: bool = False

    @property
    def scale_denominator(self) -> float:
        """The scale at which rules are chosen (OGC 06-042, 7.2.4.6.9)."""
        unit = METRES_A_DEGREE if self.box.crs.is_geographic else 1.0
        return self.resolution[0] * unit * self.dpi / 0.0254

    def active(self, style: Style) -> list[Rule]:
        """The rules of a style that are drawn at this scale."""
        scale = self.scale_denominator
        return [rule for rule in style.rules if rule.scale_denominator is None or rule.scale_denominator.holds(scale)]

    @property
    def resolution(self) -> tuple[float, float]:
        """Units of the CRS a pixel, across and up."""
        return (self.box.maxx - self.box.minx) / self.width, (self.box.maxy - self.box.miny) / self.height


@dataclass(frozen=True, slots=True)
class InfoQuery:
    """What lies under the pixel `column`, `row` (from the upper left, from 0) of a map."""

    map: MapQuery
    layers: tuple[StyledLayer, ...]
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


@dataclass(frozen=True, slots=True)
class LegendQuery:
    """A legend of one layer: of all rules or of the one called `rule`, drawn at a scale or at any."""

    styled: StyledLayer
    format: Format
    denominator: float | None = None
    rule: str | None = None
    factor: float = 1.0
    background: str | None = "#ffffff"
