# SPDX-License-Identifier: EUPL-1.2
"""Vector tiles whose features are smaller than a pixel, or too many for all their attributes, within a size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from layers.items.service import Items
from layers.items.statements import Statement, compiled
from layers.items.store import number, one
from layers.levels.model import Level
from layers.levels.service import level_for, levels_of, pixel_of, table
from layers.model import Layer
from layers.tiles import statements
from layers.tiles.matrix import TileMatrixSet
from layers.tiles.model import Tile
from sdi.crs import Box, Extent

MAX_BYTES = 500_000
"""Of a tile of a level; a coarser one is taken where it would be more."""
FEW = 10_000
"""Features that a tile holds with all their attributes."""
LEAN = 20_000
"""Features that a tile holds with the attributes of a level (25 bytes each, measured)."""
_PIXELS = 512


@dataclass(frozen=True, slots=True)
class TilePlace:
    """A tile: its grid, its box there, and its ground with the buffer in the layer's CRS."""

    grid: TileMatrixSet
    bounds: Box
    ground: Extent

    def pixel(self, layer: Layer) -> float:
        """Units of the layer's CRS a pixel of a screen, on which a tile is 512 wide."""
        side = (self.bounds.maxx - self.bounds.minx) / _PIXELS
        return pixel_of(layer, self.bounds, side, side)


def generalised_tile(
    items: Items, cursor: psycopg.Cursor[Any], layer: Layer, place: TilePlace, values: Mapping[str, Any],
    expected: float,
) -> Tile | None:  # fmt: skip
    """The tile made of the finest level that is not finer than its pixels and keeps to `MAX_BYTES`.

    None where the features themselves are wanted: they are larger than pixels, and so few are `expected` that a tile
    holds all their attributes.
    """
    schema = items.schema(layer)
    levels = levels_of(cursor, layer, place.ground, public=schema == "data")
    pixel = place.pixel(layer) if levels else 0.0
    fitting = level_for(levels, pixel)
    if not levels or (fitting is None and expected <= FEW):
        return None
    made = None
    lean = fitting is None and expected <= LEAN
    coarser = [level for level in levels if fitting is None or level.number >= fitting.number]
    for statement, fresh in _statements(items, layer, place.grid.crs.srid, coarser, lean=lean):
        found = one(cursor, statement, {**values, "pixel": pixel})
        data, rows = found or (None, None)
        whole = number(rows) < statements.MOST_ROWS
        made = Tile(data or b"", complete=whole, settled=fresh)
        if whole and len(made.data) <= MAX_BYTES:
            return made
    return made


def _statements(
    items: Items, layer: Layer, srid: int, levels: Sequence[Level], *, lean: bool
) -> Iterator[tuple[Statement, bool]]:
    """Ways to make the tile, each smaller than the one before, and whether it shows every change."""
    if lean:
        schema, columns = items.schema(layer), [column.name for column in levels[0].columns]
        key = ("lean", layer.id, layer.version, schema, srid, *columns)
        yield items.kept.get(key, lambda: compiled(statements.lean(layer, columns, schema, srid))), True
    for level in levels:
        yield _of_level(items, layer, level, srid), level.fresh


def _of_level(items: Items, layer: Layer, level: Level, srid: int) -> Statement:
    schema, name = table(level, public=items.schema(layer) == "data")
    key = ("level", schema, name, level.number, srid)
    return items.kept.get(key, lambda: compiled(statements.of_level(layer, level, schema, srid)))
