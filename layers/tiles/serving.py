# SPDX-License-Identifier: EUPL-1.2
"""Tiles for whoever asks: from the cache where the layers are public, else made for this caller alone.

What a caller may see is settled before: only layers of the caller's own snapshot come in here.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import cast

from flask import current_app

from layers.items.service import Items
from layers.maps.model import STANDARD_DPI, MapQuery, StyledLayer
from layers.maps.service import MapService
from layers.maps.service import styled as in_style
from layers.model import Layer
from layers.service import Snapshot
from layers.tiles.cache import Cache, Key, Source, Stored
from layers.tiles.freshness import Freshness, picture_block
from layers.tiles.locks import making
from layers.tiles.matrix import SETS, Limits, OutOfRange, TileMatrixSet
from layers.tiles.model import PICTURES, Place, Tile
from layers.tiles.service import read_tile
from sdi import crs as crss
from sdi.crs import Box, Crs, Extent
from sdi.db.database import Database
from sdi.errors import InvalidParameter
from sdi.people.model import Principal
from sdi.settings import Settings

_MARGIN = 0.5
"""Part of a tile by which marks and labels may show beside a layer."""
_MIXED = ""
"""The cache's name for pictures of several layers, whose content's name tells all their states."""


class TileServer:
    """Gives tiles of one application; safe in any number of threads."""

    def __init__(self, settings: Settings, database: Database, maps: MapService) -> None:
        folder = settings.data / "tiles"
        self.cache = Cache(folder, settings.tiles.disk_mb * 1_000_000)
        self.freshness = Freshness(database, self.cache)
        self._locks = folder / "locks"
        self._patience = settings.limits.render_ms / 1000 + settings.limits.statement_ms / 1000
        self._maps = maps
        self._blanks: dict[tuple[str, int], bytes] = {}

    def vectors(self, items: Items, layers: Sequence[Layer], place: Place) -> Tile:
        """A vector tile of some layers, which is theirs one after the other; OutOfRange outside the limits of all."""
        check_limits(place, layers)
        met = [layer for layer in layers if layers_limits([layer], place.grid, place.level).hold(*place.key[1:])]
        found = [self._vector(items, layer, place) for layer in met]
        if len(found) == 1:
            return found[0]
        whole, cached = all(tile.complete for tile in found), all(tile.cached for tile in found)
        settled = all(tile.settled for tile in found)
        return Tile(b"".join(tile.data for tile in found), complete=whole, cached=cached, settled=settled)

    def _vector(self, items: Items, layer: Layer, place: Place) -> Tile:
        def make() -> Mapping[Key, Stored]:
            made = read_tile(items, layer, place.grid, *place.key)
            return {place.key: Stored(made.data, made.complete, made.settled)}

        source = self.vector_source(layer, place.grid)
        stored = self._kept(source, place.key, place.key, make) if source else make()[place.key]
        cached = source is not None and stored.settled
        return Tile(stored.data, stored.complete, cached=cached, settled=stored.settled)

    def picture(
        self,
        snapshot: Snapshot,
        caller: Principal | None,
        styled: Sequence[StyledLayer],
        place: Place,
        picture: str,
        *,
        within: bool = True,
    ) -> Tile:
        """A map tile, the first layer at the bottom, as a `picture` of `PICTURES`.

        OutOfRange outside the limits of the tile set; empty there where no limits were told (`within` false).
        """
        layers = [one.layer for one in styled]
        if within:
            check_limits(place, layers)
        elif not layers_limits(layers, place.grid, place.level).hold(place.row, place.column):
            return Tile(self._blank(snapshot, picture, place.grid.pixels), complete=True)
        source = self.picture_source(snapshot, styled, place.grid, picture)
        if source is None:
            (made,) = self._drawn(snapshot, caller, styled, _block(place, 1), picture).values()
        else:
            made = self._block_of(source, snapshot, styled, place, picture)
        data = made.data or self._blank(snapshot, picture, place.grid.pixels)
        return Tile(data, complete=True, cached=source is not None and made.settled, settled=made.settled)

    def vector_source(self, layer: Layer, grid: TileMatrixSet) -> Source | None:
        """Where the cache has a layer's vector tiles; None for what is not cached."""
        if layer.visibility != "public" or not self.cache.enabled:
            return None
        return self._source(layer, f"{grid.id}/vector")

    def picture_source(
        self, snapshot: Snapshot, styled: Sequence[StyledLayer], grid: TileMatrixSet, picture: str
    ) -> Source | None:
        """Where the cache has such map tiles; None for what is not cached."""
        if not self.cache.enabled or not all(_shared(one) for one in styled):
            return None
        if len(styled) == 1:
            return self._source(styled[0].layer, f"{grid.id}/map/{picture}/{look(snapshot, styled[0])}")
        told = ",".join(f"{one.layer.id}:{one.layer.state}:{look(snapshot, one)}" for one in styled)
        return Source(_MIXED, f"{grid.id}/map/{picture}/{_digest(told)}", None)

    def _source(self, layer: Layer, name: str) -> Source | None:
        state = self.freshness.state(layer)
        return Source(layer.id, f"{name}/{'.'.join(map(str, state.name))}", state) if state else None

    def draw_block(
        self, snapshot: Snapshot, styled: Sequence[StyledLayer], place: Place, picture: str
    ) -> Mapping[Key, Stored]:
        """The tiles drawn together with one, as the public sees them, so that labels know of each other."""
        _, side = picture_block(place.grid)
        drawn = self._drawn(snapshot, None, styled, _block(place, side), picture)
        limits = layers_limits([one.layer for one in styled], place.grid, place.level)
        return {key: made for key, made in drawn.items() if limits.hold(*key[1:])}

    def tidy(self, snapshot: Snapshot) -> None:
        """Delete what nobody will ask for: tiles of what is not public any more, of old versions and old looks."""
        hidden = False
        for layer_id, name in self.cache.contents():
            layer = snapshot.layers.get(layer_id)
            hidden = hidden or (layer is None and layer_id != _MIXED)
            if layer_id != _MIXED and not (layer and self._current(snapshot, layer, name)):
                self.cache.drop(layer_id, name)
        if hidden:
            self.cache.drop(_MIXED)

    def _current(self, snapshot: Snapshot, layer: Layer, name: str) -> bool:
        _, kind, *drawn, made = name.split("/")
        version, _, epoch = made.partition(".")
        state = self.cache.state(layer.id)
        if int(version) < layer.version or (state is not None and (int(version), int(epoch)) < state.name):
            return False
        looks = (look(snapshot, in_style(snapshot, layer, style.name)) for style in snapshot.styles.get(layer.id, ()))
        return kind != "map" or drawn[1] in looks

    def make_block(self, snapshot: Snapshot, styled: Sequence[StyledLayer], place: Place, picture: str) -> bool:
        """See that a tile and those drawn with it are cached; false when they were."""
        source = self.picture_source(snapshot, styled, place.grid, picture)
        if source is None or self.cache.has(source, place.key):
            return False
        self._block_of(source, snapshot, styled, place, picture)
        return True

    def _block_of(
        self, source: Source, snapshot: Snapshot, styled: Sequence[StyledLayer], place: Place, picture: str
    ) -> Stored:
        first, _, _ = _block(place, picture_block(place.grid)[1])
        return self._kept(source, place.key, first.key, lambda: self.draw_block(snapshot, styled, place, picture))

    def _kept(self, source: Source, key: Key, together: Key, make: Callable[[], Mapping[Key, Stored]]) -> Stored:
        """A tile of the cache, made when it is missing by the first who asks for one of those made `together`."""
        found = self.cache.get(source, key)
        if found is None:
            with making(self._locks, f"{source.layer}/{source.name}/{together}", self._patience):
                found = self.cache.get(source, key)
                if found is None:
                    made = make()
                    self.cache.put(source, made)
                    found = made[key]
        return found

    def _drawn(
        self,
        snapshot: Snapshot,
        caller: Principal | None,
        styled: Sequence[StyledLayer],
        block: tuple[Place, int, int],
        picture: str,
    ) -> dict[Key, Stored]:
        first, rows, columns = block
        grid, level = first.grid, first.level
        told = PICTURES[picture]
        query = MapQuery(
            layers=tuple(styled),
            box=grid.block(level, first.row, first.column, rows, columns),
            width=columns * grid.pixels,
            height=rows * grid.pixels,
            format=told.format if _drawn_from_shapes(styled) else told.exact,
            media_type=told.media_type,
            background=None if told.transparent else "#ffffff",
            dpi=STANDARD_DPI,
        )
        settled = self._maps.settled(query, caller)  # asked before drawing: what is settled then stays so
        parts = self._maps.draw_parts(query, (columns, rows), snapshot, caller)
        keys = [(level, first.row + row, first.column + column) for row in range(rows) for column in range(columns)]
        drawn = (Stored(data, complete=True, settled=settled) for data in parts)
        return dict(zip(keys, drawn, strict=True))

    def _blank(self, snapshot: Snapshot, picture: str, pixels: int) -> bytes:
        """A tile in which nothing is: browsers take an answer without content for a broken picture."""
        if (picture, pixels) not in self._blanks:
            told = PICTURES[picture]
            box = Box(0.0, 0.0, 1.0, 1.0, crss.by_srid(3857))
            query = MapQuery((), box, pixels, pixels, told.format, told.media_type, None, STANDARD_DPI)
            self._blanks[picture, pixels] = self._maps.draw(query, snapshot, None)
        return self._blanks[picture, pixels]


def tile_server() -> TileServer:
    """The application's."""
    return cast("TileServer", current_app.extensions["tiles"])


def check_limits(place: Place, layers: Sequence[Layer]) -> None:
    """OutOfRange for a tile outside the grid or outside what the layers' tile sets say of themselves."""
    place.grid.check(*place.key)
    limits = layers_limits(layers, place.grid, place.level)
    if not limits.hold(place.row, place.column):
        message = f"Tile {place.level}/{place.row}/{place.column} lies outside the limits of the tile set."
        outside = not limits.first_row <= place.row <= limits.last_row
        raise OutOfRange(message, locator="tileRow" if outside else "tileCol")


def layers_limits(layers: Sequence[Layer], grid: TileMatrixSet, level: int) -> Limits:
    """The tiles of a level that the layers' extents meet."""
    found = [_limits(layer.extent, layer.srid, grid.id, level) for layer in layers]
    return Limits(
        min(one.first_row for one in found),
        max(one.last_row for one in found),
        min(one.first_column for one in found),
        max(one.last_column for one in found),
    )


def look(snapshot: Snapshot, styled: StyledLayer) -> str:
    """What changes whenever a layer's style does."""
    key = ("look", styled.layer.id, styled.style_name)
    if key not in snapshot.lasting:
        snapshot.lasting[key] = _digest(styled.style.model_dump_json())
    return f"{styled.style_name}.{snapshot.lasting[key]}"


def _shared(styled: StyledLayer) -> bool:
    """Whether others ask for the same: everything of a public layer, in a style of its own."""
    return styled.layer.visibility == "public" and not (styled.times or styled.filter)


def _drawn_from_shapes(styled: Sequence[StyledLayer]) -> bool:
    return all(one.layer.kind == "vector" for one in styled)


@lru_cache(maxsize=100_000)
def _limits(extent: tuple[float, float, float, float], srid: int, grid_id: str, level: int) -> Limits:
    grid = SETS[grid_id]
    bounds, edge = _bounds(extent, srid, grid.crs), grid.span(level) * _MARGIN
    wide = Extent(bounds.minx - edge, bounds.miny - edge, bounds.maxx + edge, bounds.maxy + edge)
    return grid.limits(wide, level)


@lru_cache(maxsize=10_000)
def _bounds(extent: tuple[float, float, float, float], srid: int, target: Crs) -> Extent:
    try:
        return Box(*extent, crss.by_srid(srid).xy).to(target.xy).bounds
    except InvalidParameter:
        return Box(*target.domain, crss.CRS84).to(target.xy).bounds


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _block(place: Place, side: int) -> tuple[Place, int, int]:
    """The block of at most `side` by `side` tiles that a tile belongs to: its first tile, its rows and columns."""
    grid, level = place.grid, place.level
    row, column = place.row - place.row % side, place.column - place.column % side
    rows, columns = min(side, grid.rows(level) - row), min(side, grid.columns(level) - column)
    return Place(grid, level, row, column), rows, columns
