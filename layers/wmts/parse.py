# SPDX-License-Identifier: EUPL-1.2
"""Key-value pairs, and the same values out of a resource's address, to typed WMTS requests."""

from collections.abc import Mapping
from dataclasses import replace

from layers.items.values import parse_interval
from layers.maps.model import StyledLayer
from layers.maps.service import styled
from layers.model import Layer
from layers.service import Snapshot
from layers.tiles.matrix import OutOfRange, TileMatrixSet, matrix_set
from layers.tiles.model import Place
from layers.wmts.model import (
    ALWAYS,
    FORMATS,
    INFO_FORMATS,
    PointOutOfRange,
    PointQuery,
    TileOutOfRange,
    TileQuery,
)
from sdi.errors import InvalidParameter, MissingParameter, NotFound
from sdi.web.parameters import Parameters

VERSION = "1.0.0"


class Reader:
    """Reads one request's values, which have the names of the standard, against what its caller may see."""

    def __init__(self, values: Mapping[str, str], snapshot: Snapshot, layers: Mapping[str, Layer]) -> None:
        self._values = Parameters(values, fold_names=True)
        self._snapshot = snapshot
        self._layers = layers

    def tile(self) -> TileQuery:
        """GetTile (07-057r7, 7.2.1.1)."""
        shown = self._required("Format").lower()
        if shown not in FORMATS:
            message = f"Format {shown[:80]!r} is not served; served are {', '.join(FORMATS)}."
            raise InvalidParameter(message, locator="Format")
        return TileQuery(self._styled(), self._place(), FORMATS[shown])

    def point(self) -> PointQuery:
        """GetFeatureInfo (07-057r7, 7.3.1)."""
        tile = self.tile()
        wanted = self._required("InfoFormat").lower()
        if wanted not in INFO_FORMATS:
            message = f"Format {wanted[:80]!r} is not served; served are {', '.join(INFO_FORMATS)}."
            raise InvalidParameter(message, locator="InfoFormat")
        side = tile.place.grid.pixels
        return PointQuery(tile, self._pixel("I", side), self._pixel("J", side), wanted)

    def _required(self, name: str) -> str:
        value = self._values.text(name.lower(), 200)
        if value is None:
            raise MissingParameter(f"Parameter {name!r} is missing.", locator=name)
        return value

    def _styled(self) -> StyledLayer:
        name = self._required("Layer")
        layer = self._layers.get(name)
        if layer is None:
            raise InvalidParameter(f"There is no layer {name[:80]!r}.", locator="Layer")
        # Clients send an empty style, or `default`, for the default one whatever its name is.
        wanted = self._values.text("style", 200) or ""
        try:
            found = styled(self._snapshot, layer, wanted)
        except NotFound as error:
            if wanted != "default":
                raise InvalidParameter(error.message, locator="Style") from error
            found = styled(self._snapshot, layer)
        return self._at_time(found)

    def _at_time(self, found: StyledLayer) -> StyledLayer:
        wanted = self._values.text("time", 200)
        if wanted is None or wanted.lower() in (ALWAYS, "default") or not timed(found.layer):
            return found
        try:
            return replace(found, times=(parse_interval(wanted),))
        except InvalidParameter as error:
            raise InvalidParameter(error.message, locator="Time") from error

    def _place(self) -> Place:
        grid = self._grid()
        level, row, column = (self._number(name) for name in ("TileMatrix", "TileRow", "TileCol"))
        try:
            grid.check(level, row, column)
        except OutOfRange as error:
            if error.locator == "tileMatrix":
                raise InvalidParameter(error.message, locator="TileMatrix") from error
            raise TileOutOfRange(error.message, locator=f"T{(error.locator or '')[1:]}") from error
        return Place(grid, level, row, column)

    def _grid(self) -> TileMatrixSet:
        try:
            return matrix_set(self._required("TileMatrixSet"))
        except NotFound as error:
            raise InvalidParameter(error.message, locator="TileMatrixSet") from error

    def _number(self, name: str) -> int:
        value = self._required(name)
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise InvalidParameter(f"{name} is {value[:40]!r}; expected a whole number.", locator=name)
        return int(value)

    def _pixel(self, name: str, side: int) -> int:
        value = self._required(name)
        if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value) < side):
            raise PointOutOfRange(f"{name} lies outside the tile of {side} pixels.", locator=name)
        return int(value)


def timed(layer: Layer) -> bool:
    """Whether the layer has the dimension Time."""
    return layer.time_extent is not None and bool(layer.time_start or layer.time_end)
