# SPDX-License-Identifier: EUPL-1.2
"""Tile matrix sets (OGC 17-083r4): the web's square grid and the state geoportal's grid of EPSG:2180."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sdi import crs as crss
from sdi.crs import Box, Crs
from sdi.errors import NotFound

PIXEL_METRES = 0.000_28
"""Side of the standard's pixel, which ties a scale denominator to a cell size in metres (17-083r4, 7.1.2)."""


@dataclass(frozen=True)
class TileMatrixSet:
    """A grid halved at each level; `left` and `top` are its corner (easting, northing), `scale` level 0's denominator.

    `width` and `height` are the ground covered, in metres; `uri` names sets that the OGC registers.
    """

    id: str
    titles: Mapping[str, str]
    crs: Crs
    left: float
    top: float
    width: float
    height: float
    pixels: int
    scale: float
    levels: int
    uri: str | None = None

    def cell(self, level: int) -> float:
        """Side of a pixel in metres."""
        return self.scale / float(2**level) * PIXEL_METRES

    def span(self, level: int) -> float:
        """Side of a tile in metres."""
        return self.cell(level) * self.pixels

    def columns(self, level: int) -> int:
        """Tiles from west to east."""
        return max(1, math.ceil(self.width / self.span(level) - 1e-6))

    def rows(self, level: int) -> int:
        """Tiles from north to south."""
        return max(1, math.ceil(self.height / self.span(level) - 1e-6))

    def tile(self, level: int, row: int, column: int) -> Box:
        """The ground of a tile in x, y order; NotFound outside the grid."""
        if not (0 <= level < self.levels and 0 <= row < self.rows(level) and 0 <= column < self.columns(level)):
            raise NotFound(f"Grid {self.id} has no tile {level}/{row}/{column}.", locator="tileMatrix")
        span = self.span(level)
        west, north = self.left + column * span, self.top - row * span
        return Box(west, north - span, west + span, north, self.crs.xy)

    def limits(self, bounds: crss.Extent, level: int) -> tuple[int, int, int, int]:
        """First and last row, first and last column of the tiles that meet `bounds` (x, y order of this CRS)."""
        span = self.span(level)
        rows, columns = self.rows(level) - 1, self.columns(level) - 1
        return (
            _within((self.top - bounds.maxy) / span, rows),
            _within((self.top - bounds.miny) / span, rows),
            _within((bounds.minx - self.left) / span, columns),
            _within((bounds.maxx - self.left) / span, columns),
        )

    def document(self, language: str) -> dict[str, Any]:
        """The set as JSON (17-083r4, clause 9); the corner is in the authority's axis order."""
        made: dict[str, Any] = {"id": self.id, "title": self.titles[language]}
        if self.uri:
            made["uri"] = self.uri
        corner = [self.top, self.left] if self.crs.northing_first else [self.left, self.top]
        return made | {
            "crs": self.crs.uri,
            "orderedAxes": ["X", "Y"] if self.crs.northing_first else ["E", "N"],
            "tileMatrices": [
                {
                    "id": str(level),
                    "scaleDenominator": self.scale / 2**level,
                    "cellSize": self.cell(level),
                    "cornerOfOrigin": "topLeft",
                    "pointOfOrigin": corner,
                    "tileWidth": self.pixels,
                    "tileHeight": self.pixels,
                    "matrixWidth": self.columns(level),
                    "matrixHeight": self.rows(level),
                }
                for level in range(self.levels)
            ],
        }


_HALF = 20_037_508.342789244
WEB_MERCATOR = TileMatrixSet(
    id="WebMercatorQuad",
    titles={"pl": "Mapy internetowe (EPSG:3857)", "en": "Web maps (EPSG:3857)"},
    crs=crss.by_srid(3857),
    left=-_HALF,
    top=_HALF,
    width=2 * _HALF,
    height=2 * _HALF,
    pixels=256,
    scale=559_082_264.0287178,
    levels=25,
    uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
)
NATIONAL = TileMatrixSet(
    id="EPSG2180",
    titles={"pl": "Siatka geoportalu państwowego (EPSG:2180)", "en": "Grid of the state geoportal (EPSG:2180)"},
    crs=crss.by_srid(2180),
    left=100_000.0,
    top=850_000.0,
    width=800_000.0,
    height=750_000.0,
    pixels=512,
    scale=30_238_155.714285716,
    levels=17,
)
SETS: Mapping[str, TileMatrixSet] = MappingProxyType({one.id: one for one in (WEB_MERCATOR, NATIONAL)})


def matrix_set(set_id: str) -> TileMatrixSet:
    """A served set; NotFound otherwise."""
    found = SETS.get(set_id)
    if found is None:
        raise NotFound(f"There is no tile matrix set {set_id[:80]!r}; there are {', '.join(SETS)}.")
    return found


def _within(place: float, most: int) -> int:
    return max(0, min(math.floor(place), most))
