# SPDX-License-Identifier: EUPL-1.2
"""Tiles' face: one tile of a layer for a caller, as bytes made by PostGIS, within a budget of features."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import shapely
from psycopg.types.numeric import Int8

from layers.items.service import Items
from layers.items.statements import Statement, compiled
from layers.items.store import number, one, selectivity
from layers.levels.service import shape_of
from layers.model import Layer
from layers.tiles import statements
from layers.tiles.generalised import FEW, TilePlace, generalised_tile
from layers.tiles.matrix import TileMatrixSet
from layers.tiles.model import Tile
from sdi import crs as crss
from sdi.crs import Box, Extent

BUDGET = FEW
"""Features in a tile; over it the small ones are thinned out."""
_PIXELS = 512


def read_tile(items: Items, layer: Layer, grid: TileMatrixSet, level: int, row: int, column: int) -> Tile:
    """A tile of `layer`; NotFound outside the grid. Attributes are the layer's columns, ids the features' own.

    Where features are smaller than a pixel, or more than a tile holds, it is made of a generalised level.
    """
    bounds = grid.tile(level, row, column)
    ground = ground_of(layer, bounds)
    if not _meet(ground, layer.extent):
        return Tile(b"", complete=True)
    values = tile_values(bounds, ground)
    with items.cursor(layer) as cursor:
        expected = _expected(layer, ground)
        if expected > BUDGET / 4:
            expected = layer.feature_count * selectivity(cursor, layer, _wkb(ground, layer.srid))
        if expected > BUDGET / 4 or expected > layer.feature_count / 4:
            place = TilePlace(grid, bounds, ground)
            if made := generalised_tile(items, cursor, layer, place, values, expected):
                return made
        thinned = expected > BUDGET
        if thinned:
            values |= _thinning(expected, ground)
        found = one(cursor, tile_statement(items, layer, grid, thinned=thinned), values)
    data, read = found or (None, None)
    complete = not thinned and number(read) <= BUDGET
    # What is left out for want of levels is there as soon as they are.
    return Tile(data or b"", complete, settled=complete or shape_of(layer) is None)


def ground_of(layer: Layer, bounds: Box) -> Extent:
    """The tile with its buffer in the layer's own CRS."""
    return _ground(bounds.bounds, bounds.srid, layer.srid)


@lru_cache(maxsize=50_000)
def _ground(bounds: Extent, grid_srid: int, layer_srid: int) -> Extent:
    """Kept, because the layers of a map ask for the same few tiles and densified edges cost as much as a small tile."""
    box = Box(*bounds, crss.by_srid(grid_srid).xy)
    return _with_buffer(box).to(crss.by_srid(layer_srid).xy).bounds


def tile_values(bounds: Box, ground: Extent) -> dict[str, Any]:
    """What a tile's statement binds unless it is thinned."""
    values: dict[str, Any] = {"budget": Int8(BUDGET)}
    values.update(zip(("minx", "miny", "maxx", "maxy"), bounds.bounds, strict=True))
    values.update(zip(("west", "south", "east", "north"), ground, strict=True))
    return values


def tile_statement(items: Items, layer: Layer, grid: TileMatrixSet, *, thinned: bool) -> Statement:
    """The statement that makes such tiles; compiled once a version of the layer."""
    schema, srid = items.schema(layer), grid.crs.srid
    key = ("tile", layer.id, layer.version, schema, srid, thinned)
    return items.kept.get(key, lambda: compiled(statements.tile(layer, schema, srid, thinned=thinned)))


def _thinning(expected: float, ground: Extent) -> Mapping[str, Any]:
    """A pixel in the layer's units, and the mask that lets about `BUDGET` of the expected features through."""
    halvings = max(0, math.ceil(math.log2(expected / BUDGET)))
    return {"pixel": (ground.maxx - ground.minx) / _PIXELS, "mask": Int8(2**halvings - 1)}


def _expected(layer: Layer, ground: Extent) -> float:
    """Features in the box if they lay evenly; a first guess that spares most tiles a question."""
    minx, miny, maxx, maxy = layer.extent
    width = min(maxx, ground.maxx) - max(minx, ground.minx)
    height = min(maxy, ground.maxy) - max(miny, ground.miny)
    area = (maxx - minx) * (maxy - miny)
    return layer.feature_count * (width * height / area if area > 0 else 1.0)


def _with_buffer(box: Box) -> Box:
    edge = (box.maxx - box.minx) * statements.BUFFER / statements.EXTENT
    return Box(box.minx - edge, box.miny - edge, box.maxx + edge, box.maxy + edge, box.crs)


def _wkb(bounds: Extent, srid: int) -> str:
    return shapely.to_wkb(shapely.set_srid(shapely.box(*bounds), srid), hex=True, include_srid=True)


def _meet(one: Extent, other: tuple[float, float, float, float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
