# SPDX-License-Identifier: EUPL-1.2
"""What is asked of a raster: bands on a grid."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from sdi.crs import Box

Resampling = Literal["linear", "nearest"]
Values = np.ma.MaskedArray[Any, Any]
"""Shape (bands, rows, columns), rows from the north; masked where the raster holds no data."""
Rgba = NDArray[np.uint8]
"""Shape (4, rows, columns)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where values are wanted: `width` x `height` cells over `box` (x, y order whatever its CRS says)."""

    box: Box
    width: int
    height: int

    @property
    def cell(self) -> tuple[float, float]:
        """Sides of a cell in units of the CRS, across and up."""
        return (self.box.maxx - self.box.minx) / self.width, (self.box.maxy - self.box.miny) / self.height

    @property
    def transform(self) -> Affine:
        """From columns and rows to x and y."""
        dx, dy = self.cell
        return Affine(dx, 0, self.box.minx, 0, -dy, self.box.maxy)
