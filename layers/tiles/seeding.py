# SPDX-License-Identifier: EUPL-1.2
"""Tiles made before anybody asks: which ones, how they are made in peace with those who ask, and archives of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from layers.items.service import Items
from layers.items.store import Statements
from layers.maps.model import StyledLayer
from layers.maps.service import MapService, styled
from layers.model import Layer
from layers.rendering.service import render_client
from layers.service import Registry, Snapshot
from layers.tiles.freshness import picture_block
from layers.tiles.matrix import TileMatrixSet, matrix_set
from layers.tiles.model import PICTURES, Place
from layers.tiles.serving import TileServer, layers_limits
from sdi.db.database import Database
from sdi.errors import InvalidParameter, NotFound, TooLarge, Unprocessable
from sdi.jobs.model import Progress
from sdi.people.model import Principal
from sdi.settings import Settings

BLOCKS_LIMIT = 2_000_000
_TOLD_EVERY = 1.0
_READ_EVERY = 10.0
_LONGEST_REST = 5.0
_NEARLY_FULL = 0.94
"""Of the cache's limit; over it, seeding would take away what it has just made."""


@dataclass(frozen=True, slots=True)
class Order:
    """Tiles of a layer at levels `first` to `last`: `form` is `mvt` or a name of `PICTURES`."""

    layer: str
    grid: TileMatrixSet
    first: int
    last: int
    form: str
    style: str = ""

    @property
    def kind(self) -> Literal["vector", "map"]:
        """Vector tiles or map tiles."""
        return "vector" if self.form == "mvt" else "map"

    def to_json(self) -> dict[str, Any]:
        """As arguments of a job."""
        return {"layer": self.layer, "grid": self.grid.id, "levels": [self.first, self.last], "form": self.form,
                "style": self.style}  # fmt: skip


def order(
    layer: str, grid: str = "WebMercatorQuad", levels: tuple[int, int] = (0, 12), form: str = "png", style: str = ""
) -> Order:
    """A checked order; InvalidParameter, NotFound."""
    chosen = matrix_set(grid)
    first, last = levels
    if not 0 <= first <= last < chosen.levels:
        raise InvalidParameter(f"Levels of {chosen.id} lie between 0 and {chosen.levels - 1}.", locator="levels")
    if form not in ("mvt", *PICTURES):
        raise InvalidParameter(f"Formats are mvt, {', '.join(PICTURES)}.", locator="form")
    return Order(layer, chosen, first, last, form, style)


class Maker:
    """Makes ordered tiles for a caller (None is the public) in a process that serves nobody."""

    def __init__(self, settings: Settings, database: Database, caller: Principal | None = None) -> None:
        self.server = TileServer(settings, database, MapService(settings, database, render_client(settings)))
        self._database = database
        self._registry = Registry(database)
        self._caller = caller
        self._share = settings.tiles.seeding_share
        self._limit = settings.tiles.disk_mb * 1_000_000
        self._read = time.monotonic()

    def snapshot(self) -> Snapshot:
        """What the caller sees, read anew every few seconds: the work is long and nobody tells of changes."""
        if time.monotonic() - self._read > _READ_EVERY:
            self._registry.invalidate()
            self._read = time.monotonic()
        return self._registry.snapshot(self._caller)

    def items(self, snapshot: Snapshot) -> Items:
        """Features as the caller sees them."""
        return Items(self._database, self._caller, snapshot.lasting.setdefault("items", Statements()))

    def seed(self, wanted: Order, progress: Progress) -> dict[str, Any]:
        """Make what is missing in the cache; ends early when that is full. The numbers of blocks made and found."""
        layer = self._layer(wanted)
        if layer.visibility != "public" or not self.server.cache.enabled:
            raise Unprocessable("Only tiles of public layers are kept, and none where tiles.disk_mb is 0.")
        total = checked_count(wanted, layer)
        made = found = 0
        told = 0.0
        for place in blocks(wanted, layer):
            if time.monotonic() - told > _TOLD_EVERY:
                told = time.monotonic()
                progress((made + found) / total, f"level {place.level}, {made:,} made, {found:,} found of {total:,}")
                if self.server.cache.size() > self._limit * _NEARLY_FULL:
                    break
            if self._made(wanted, place):
                made += 1
            else:
                found += 1
        return {"made": made, "found": found, "of": total, "full": made + found < total}

    def _layer(self, wanted: Order) -> Layer:
        layer = self.snapshot().layer(wanted.layer)
        if wanted.kind == "vector" and layer.kind != "vector":
            raise NotFound(f"Layer {layer.id!r} has no features.", locator="form")
        return layer

    def _made(self, wanted: Order, place: Place) -> bool:
        begun = time.monotonic()
        snapshot = self.snapshot()
        if wanted.kind == "vector":
            made = self._vector(snapshot, wanted, place)
        else:
            made = self.server.make_block(snapshot, (self.look(snapshot, wanted),), place, wanted.form)
        if made:
            spent = time.monotonic() - begun
            time.sleep(min(spent * (1 / self._share - 1), _LONGEST_REST))
        return made

    def _vector(self, snapshot: Snapshot, wanted: Order, place: Place) -> bool:
        layer = snapshot.layer(wanted.layer)
        source = self.server.vector_source(layer, place.grid)
        if source is None or self.server.cache.has(source, place.key):
            return False
        self.server.vectors(self.items(snapshot), (layer,), place)
        return True

    def look(self, snapshot: Snapshot, wanted: Order) -> StyledLayer:
        """The ordered layer in its style; NotFound."""
        return styled(snapshot, snapshot.layer(wanted.layer), wanted.style)

    @property
    def caller(self) -> Principal | None:
        """Whose rights it works with."""
        return self._caller


def checked_count(wanted: Order, layer: Layer, most: int = BLOCKS_LIMIT) -> int:
    """How many blocks (vector tiles are made one by one) an order has; TooLarge over `most`."""
    side = 1 if wanted.kind == "vector" else picture_block(wanted.grid)[1]
    count = 0
    for level in range(wanted.first, wanted.last + 1):
        limits = layers_limits([layer], wanted.grid, level)
        rows = limits.last_row // side - limits.first_row // side + 1
        count += rows * (limits.last_column // side - limits.first_column // side + 1)
    if count > most:
        raise TooLarge(f"These levels have {count:,} parts; at most {most:,} are made at once.", locator="levels")
    return count


def blocks(wanted: Order, layer: Layer) -> Iterator[Place]:
    """One tile of each block of an order, the coarsest level first."""
    side = 1 if wanted.kind == "vector" else picture_block(wanted.grid)[1]
    for level in range(wanted.first, wanted.last + 1):
        limits = layers_limits([layer], wanted.grid, level)
        for row in range(limits.first_row // side, limits.last_row // side + 1):
            for column in range(limits.first_column // side, limits.last_column // side + 1):
                inside = max(row * side, limits.first_row), max(column * side, limits.first_column)
                yield Place(wanted.grid, level, *inside)
