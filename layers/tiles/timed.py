# SPDX-License-Identifier: EUPL-1.2
"""Vector tiles of the features whose own time meets an interval, made for each request: what is kept has no time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select

from layers.items.model import Interval, ItemQuery
from layers.items.service import Items, bound_values, shape_of
from layers.items.statements import Shape, compiled, conditions
from layers.items.store import number, one
from layers.model import Layer
from layers.tiles import statements
from layers.tiles.model import Place, Tile
from layers.tiles.service import BUDGET, ground_of, tile_values
from sdi.errors import TooLarge


def read_timed(items: Items, layers: Sequence[Layer], place: Place, interval: Interval) -> Tile:
    """A vector tile of layers at a time; TooLarge where one has more features then than a tile holds."""
    made = [_read(items, layer, place, interval) for layer in layers]
    return Tile(b"".join(made), complete=True)


def _read(items: Items, layer: Layer, place: Place, interval: Interval) -> bytes:
    bounds = place.grid.tile(*place.key)
    query = ItemQuery(limit=BUDGET, interval=interval if layer.time_start or layer.time_end else None)
    shape, srid = shape_of(query, by_box=True), place.grid.crs.srid
    key = ("timed tile", layer.id, layer.version, items.schema(layer), srid, shape)
    statement = items.kept.get(key, lambda: compiled(_tile(layer, items.schema(layer), srid, shape)))
    values = {**tile_values(bounds, ground_of(layer, bounds)), **bound_values(layer, query)}
    with items.cursor(layer) as cursor:
        data, read = one(cursor, statement, values) or (None, None)
    if number(read) > BUDGET:
        message = f"At that time layer {layer.id!r} has over {BUDGET:,} features in this tile: ask for a deeper level."
        raise TooLarge(message, locator="tileMatrix")
    return data or b""


def _tile(layer: Layer, schema: str, srid: int, shape: Shape) -> Select[Any]:
    return statements.tile(layer, schema, srid, where=lambda source: conditions(layer, source, shape))
