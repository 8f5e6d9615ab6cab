# SPDX-License-Identifier: EUPL-1.2
"""What a WMTS request may ask for, and its refusals (OGC 07-057r7, tables 20, 23 and 26)."""

from dataclasses import dataclass

from layers.maps.model import StyledLayer
from layers.tiles.model import Place
from sdi.errors import InvalidParameter

INFO_LIMIT = 100
INFO_TOLERANCE = 4
ALWAYS = "all"
"""The default of the dimension Time: features of all times."""
FORMATS = {"image/png": "png", "image/webp": "webp", "image/jpeg": "jpeg"}
INFO_FORMATS = {
    "application/geo+json": "geojson",
    "application/json": "json",
    "text/html": "html",
    "text/plain": "txt",
}
"""By media type, the ending that resources have."""


class TileOutOfRange(InvalidParameter):
    """The grid has no such row or column."""

    code = "tile-out-of-range"
    ows = "TileOutOfRange"


class PointOutOfRange(InvalidParameter):
    """I or J lies outside the tile."""

    code = "point-out-of-range"
    ows = "PointIJOutOfRange"


@dataclass(frozen=True, slots=True)
class TileQuery:
    """GetTile: a layer in a style, at its place; `format` is a name of `layers.tiles.model.PICTURES`."""

    styled: StyledLayer
    place: Place
    format: str


@dataclass(frozen=True, slots=True)
class PointQuery:
    """GetFeatureInfo: what lies under the pixel `column`, `row` (from the upper left) of a tile."""

    tile: TileQuery
    column: int
    row: int
    media_type: str
