# SPDX-License-Identifier: EUPL-1.2
"""Keeps cached tiles true: what changes of a layer's features touch is taken away before anybody reads it again."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from layers.model import Layer
from layers.tiles.cache import Cache, Key, State
from layers.tiles.matrix import SETS, TileMatrixSet
from sdi import crs as crss
from sdi.crs import Box, Extent
from sdi.db.database import Database
from sdi.errors import InvalidParameter

BLOCK_PIXELS = 1_024
"""Side of the block of map tiles that are drawn at once."""
REACH_PIXELS = 512
"""How far a feature's marks and labels may show beside it."""
_VECTOR_REACH = 0.05
_ROUNDS = 3
_BOXES = text(
    "SELECT boxes FROM pub.change_set"
    " WHERE layer_id = :layer AND version = :version AND revision > :after AND revision <= :upto"
)


class Freshness:
    """Brings the cache's tiles of public layers up to the state that a request's snapshot knows."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._known: dict[str, State] = {}

    def state(self, layer: Layer) -> State | None:
        """The state of the layer's tiles, which is that of `layer`; None when the cache is ahead of this snapshot.

        Costs a look into a dictionary unless the layer has changed.
        """
        known = self._known.get(layer.id)
        if known is not None and known.version == layer.version and known.revision == layer.revision:
            return known
        return self._caught_up(layer)

    def forget(self) -> None:
        """Look into the cache again at the next request, because another process may have emptied it."""
        self._known.clear()

    def _caught_up(self, layer: Layer) -> State | None:
        for _ in range(_ROUNDS):
            before = self._cache.state(layer.id)
            if before is not None and (before.version, before.revision) > (layer.version, layer.revision):
                return None
            after, stale = self._step(layer, before)
            if after == before or self._cache.advance(layer.id, before, after, stale):
                self._known[layer.id] = after
                return after
        return None

    def _step(self, layer: Layer, before: State | None) -> tuple[State, list[tuple[str, Key, Key]]]:
        if before is None or before.version != layer.version:
            return State(layer.version, layer.revision), []
        if before.revision == layer.revision:
            return before, []
        boxes = self._boxes(layer, before.revision)
        try:
            stale = [area for box in boxes or () for area in areas(Box(*box, crss.by_srid(layer.srid).xy))]
        except InvalidParameter:
            boxes = None
        if boxes is None:
            # Nobody knows where; tiles of the next epoch have other names.
            return State(layer.version, layer.revision, before.epoch + 1), []
        return State(layer.version, layer.revision, before.epoch), stale

    def _boxes(self, layer: Layer, after: int) -> list[Extent] | None:
        """Where the layer has changed since, in its own CRS; None when a change has left no trace."""
        values = {"layer": layer.id, "version": layer.version, "after": after, "upto": layer.revision}
        with self._database.public.connect() as connection:
            found = connection.execute(_BOXES, values).scalars().all()
        if len(found) != layer.revision - after:
            return None
        return [box for boxes in found for box in _extents(boxes)]


def areas(box: Box) -> Iterator[tuple[str, Key, Key]]:
    """Names of contents begin with the first; the first and the last tile of each level that `box` may show in."""
    for grid in SETS.values():
        bounds = box.to(grid.crs.xy).bounds
        for level in range(grid.levels):
            for kind, reach, block in (("vector", _VECTOR_REACH, 1), ("map", *picture_block(grid))):
                edge = grid.span(level) * reach
                wide = Extent(bounds.minx - edge, bounds.miny - edge, bounds.maxx + edge, bounds.maxy + edge)
                first_row, last_row, first_column, last_column = grid.limits(wide, level)
                first = (level, first_row // block * block, first_column // block * block)
                last = (level, last_row // block * block + block - 1, last_column // block * block + block - 1)
                yield f"{grid.id}/{kind}", first, last


def picture_block(grid: TileMatrixSet) -> tuple[float, int]:
    """How far marks reach, in tiles, and how many tiles are drawn at once along a side."""
    return REACH_PIXELS / grid.pixels, max(1, BLOCK_PIXELS // grid.pixels)


def _extents(numbers: list[Any]) -> Iterator[Extent]:
    flat = [number for part in numbers for number in (part if isinstance(part, list) else [part])]
    for start in range(0, len(flat), 4):
        yield Extent(*map(float, flat[start : start + 4]))
