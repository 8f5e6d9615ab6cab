# SPDX-License-Identifier: EUPL-1.2
"""Tile matrix sets (OGC 17-083r4): the web's square grid, the world's in degrees, the state geoportal's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from sdi import crs as crss
from sdi.crs import CRS84, Box, Crs
from sdi.errors import NotFound

PIXEL_METRES = 0.000_28
"""Side of the standard's pixel, which ties a scale denominator to a cell size in metres (17-083r4, 7.1.2)."""
DEGREE_METRES = 6_378_137.0 * math.pi / 180
"""Metres of a degree at the equator of WGS 84, by which the standard ties degrees to a scale (17-083r4, 6.2)."""
_WKSS = "http://www.opengis.net/def/wkss/OGC/1.0/"


class OutOfRange(NotFound):
    """A tile outside the grid, or outside the limits of its tile set (OGC 07-057r7, table 23; 20-057, 7.1.3)."""

    code = "tile-out-of-range"
    ows = "TileOutOfRange"


class Limits(NamedTuple):
    """First and last row, first and last column of a level."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def hold(self, row: int, column: int) -> bool:
        """Whether a tile is among them."""
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column


@dataclass(frozen=True)
class TileMatrixSet:
    """A grid halved at each level; `left` and `top` are its corner (easting, northing), `scale` level 0's denominator.

    `width` and `height` are the ground covered, in units of the CRS; `unit` is a unit in metres. `uri` and
    `scale_set` name what the OGC registers; `axes` are the CRS's own names of its axes in the authority's order.
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
    axes: tuple[str, str]
    uri: str | None = None
    scale_set: str | None = None
    unit: float = 1.0

    def cell(self, level: int) -> float:
        """Side of a pixel in units of the CRS."""
        return self.scale / float(2**level) * PIXEL_METRES / self.unit

    def span(self, level: int) -> float:
        """Side of a tile in units of the CRS."""
        return self.cell(level) * self.pixels

    def columns(self, level: int) -> int:
        """Tiles from west to east."""
        return max(1, math.ceil(self.width / self.span(level) - 1e-6))

    def rows(self, level: int) -> int:
        """Tiles from north to south."""
        return max(1, math.ceil(self.height / self.span(level) - 1e-6))

    def tile(self, level: int, row: int, column: int) -> Box:
        """The ground of a tile in x, y order; OutOfRange outside the grid."""
        self.check(level, row, column)
        return self.block(level, row, column, 1, 1)

    def check(self, level: int, row: int, column: int) -> None:
        """OutOfRange for a tile that the grid does not have."""
        if not 0 <= level < self.levels:
            raise OutOfRange(f"Grid {self.id} has no level {level}.", locator="tileMatrix")
        if not 0 <= row < self.rows(level):
            raise OutOfRange(f"Level {level} of grid {self.id} has no row {row}.", locator="tileRow")
        if not 0 <= column < self.columns(level):
            raise OutOfRange(f"Level {level} of grid {self.id} has no column {column}.", locator="tileCol")

    def block(self, level: int, row: int, column: int, rows: int, columns: int) -> Box:
        """The ground of some tiles side by side, the given one the north-westernmost."""
        span = self.span(level)
        west, north = self.left + column * span, self.top - row * span
        return Box(west, north - rows * span, west + columns * span, north, self.crs.xy)

    def limits(self, bounds: crss.Extent, level: int) -> Limits:
        """The tiles that meet `bounds` (x, y order of this CRS)."""
        span = self.span(level)
        rows, columns = self.rows(level) - 1, self.columns(level) - 1
        return Limits(
            _within((self.top - bounds.maxy) / span, rows),
            _within((self.top - bounds.miny) / span, rows),
            _within((bounds.minx - self.left) / span, columns),
            _within((bounds.maxx - self.left) / span, columns),
        )

    @property
    def corner(self) -> tuple[float, float]:
        """The upper left corner in the authority's axis order."""
        return (self.top, self.left) if self.crs.northing_first else (self.left, self.top)

    @property
    def scale_urn(self) -> str | None:
        """The scale set's name in WMTS 1.0 (OGC 07-057r7, annex E)."""
        return f"urn:ogc:def:wkss:OGC:1.0:{self.scale_set.rpartition('/')[2]}" if self.scale_set else None

    def document(self, language: str) -> dict[str, Any]:
        """The set as JSON (17-083r4, clause 9); coordinates are in the authority's axis order.

        Beside the names of version 2.0 stand those of 1.0 (17-083r2: `identifier`, `supportedCRS`, `topLeftCorner`...),
        the only ones that GDAL 3.6 knows.
        """
        made: dict[str, Any] = {"id": self.id, "identifier": self.id, "title": self.titles[language]}
        if self.uri:
            made["uri"] = self.uri
        if self.scale_set:
            made["wellKnownScaleSet"] = self.scale_set
        return made | {
            "crs": self.crs.uri,
            "supportedCRS": self.crs.uri,
            "orderedAxes": list(self.axes),
            "boundingBox": self._bounds(),
            "tileMatrices": [
                {
                    "id": str(level),
                    "identifier": str(level),
                    "scaleDenominator": self.scale / 2**level,
                    "cellSize": self.cell(level),
                    "cornerOfOrigin": "topLeft",
                    "pointOfOrigin": list(self.corner),
                    "topLeftCorner": list(self.corner),
                    "tileWidth": self.pixels,
                    "tileHeight": self.pixels,
                    "matrixWidth": self.columns(level),
                    "matrixHeight": self.rows(level),
                }
                for level in range(self.levels)
            ],
        }

    def _bounds(self) -> dict[str, Any]:
        lower, upper = (self.left, self.top - self.height), (self.left + self.width, self.top)
        if self.crs.northing_first:
            lower, upper = (lower[1], lower[0]), (upper[1], upper[0])
        return {
            "crs": self.crs.uri,
            "orderedAxes": list(self.axes),
            "lowerLeft": list(lower),
            "upperRight": list(upper),
            "lowerCorner": list(lower),
            "upperCorner": list(upper),
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
    axes=("X", "Y"),
    uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
    scale_set=f"{_WKSS}GoogleMapsCompatible",
)
WORLD = TileMatrixSet(
    id="WorldCRS84Quad",
    titles={"pl": "Cały świat w stopniach (CRS84)", "en": "The world in degrees (CRS84)"},
    crs=CRS84,
    left=-180.0,
    top=90.0,
    width=360.0,
    height=180.0,
    pixels=256,
    scale=279_541_132.0143589,
    levels=24,
    axes=("Lon", "Lat"),
    uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad",
    scale_set=f"{_WKSS}GoogleCRS84Quad",
    unit=DEGREE_METRES,
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
    axes=("Northing", "Easting"),
)
SETS: Mapping[str, TileMatrixSet] = MappingProxyType({one.id: one for one in (WEB_MERCATOR, WORLD, NATIONAL)})


def matrix_set(set_id: str) -> TileMatrixSet:
    """A served set; NotFound otherwise."""
    found = SETS.get(set_id)
    if found is None:
        message = f"There is no tile matrix set {set_id[:80]!r}; there are {', '.join(SETS)}."
        raise NotFound(message, locator="tileMatrixSet")
    return found


def _within(place: float, most: int) -> int:
    return max(0, min(math.floor(place), most))
