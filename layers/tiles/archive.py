# SPDX-License-Identifier: EUPL-1.2
"""A layer's tiles as one PMTiles file (version 3), which clients read by ranges from any web server."""

import contextlib
import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from layers.model import Layer
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.model import Place
from layers.tiles.seeding import Maker, Order, checked_count
from layers.tiles.serving import layers_limits
from sdi.errors import InvalidParameter, NotFound, TooLarge
from sdi.jobs.model import Progress
from sdi.objects import hand_over
from sdi.settings import Settings

TILES_LIMIT = 500_000
"""Tiles of one archive: their places are sorted in memory."""
KEPT_SECONDS = 7 * 86_400
"""How long an archive waits to be fetched."""
MEDIA_TYPE = "application/vnd.pmtiles"
_TOLD_EVERY = 1.0
_TYPES = {"mvt": TileType.MVT, "png": TileType.PNG, "webp": TileType.WEBP, "jpeg": TileType.JPEG}


def folder(settings: Settings) -> Path:
    """Where archives wait."""
    return settings.data / "tiles" / "archives"


def name_of(wanted: Order, layer: Layer) -> str:
    """The file's name, which says what is in it: the same order of the same state is the same file."""
    style = f"-{wanted.style}" if wanted.style else ""
    return f"{layer.id}-{layer.state}-{wanted.form}{style}-{wanted.first}-{wanted.last}.pmtiles"


def found(settings: Settings, layer: Layer, name: str) -> Path:
    """An archive of this layer; NotFound."""
    path = folder(settings) / name
    if not name.startswith(f"{layer.id}-") or Path(name).name != name or not path.is_file():
        raise NotFound(f"There is no archive {name[:80]!r} of layer {layer.id!r}.")
    return path


def write(maker: Maker, wanted: Order, path: Path, progress: Progress) -> dict[str, Any]:
    """Write an archive; it is there under its name only when it is whole. Numbers of tiles and bytes.

    Raises InvalidParameter for another grid than the web's, TooLarge for too many tiles.
    """
    if wanted.grid is not WEB_MERCATOR:
        raise InvalidParameter(f"PMTiles knows only {WEB_MERCATOR.id}.", locator="grid")
    snapshot = maker.snapshot()
    layer = snapshot.layer(wanted.layer)
    checked_count(wanted, layer)
    order = _places(wanted, layer)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            writer = Writer(file)  # type: ignore[no-untyped-call]
            with contextlib.closing(writer.tile_f):
                count = 0
                for tile_id, data in _tiles(maker, wanted, order, progress):
                    writer.write_tile(tile_id, data)  # type: ignore[no-untyped-call]
                    count += 1
                if not count:
                    raise NotFound(f"There is nothing of layer {layer.id!r} at these levels.", locator="levels")
                writer.finalize(_header(wanted, layer), _metadata(wanted, layer))  # type: ignore[no-untyped-call]
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    hand_over(path.parent, path)
    return {"tiles": count, "bytes": path.stat().st_size, "state": layer.state}


def sweep(settings: Settings, seconds: float = KEPT_SECONDS) -> int:
    """Delete archives nobody fetched in time, and what killed writers left; their number."""
    old = time.time() - seconds
    gone = [path for path in folder(settings).glob("*") if path.stat().st_mtime < old]
    gone += [path for path in folder(settings).glob(".*") if path.stat().st_mtime < time.time() - 86_400]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _places(wanted: Order, layer: Layer) -> list[tuple[int, Place]]:
    """Ids and places of the archive's tiles in the order of the file (along Hilbert's curve)."""
    limits = [(level, layers_limits([layer], wanted.grid, level)) for level in range(wanted.first, wanted.last + 1)]
    count = sum((m.last_row - m.first_row + 1) * (m.last_column - m.first_column + 1) for _, m in limits)
    if count > TILES_LIMIT:
        raise TooLarge(f"These levels have {count:,} tiles; an archive has at most {TILES_LIMIT:,}.", locator="levels")
    return sorted(
        (
            (zxy_to_tileid(level, column, row), Place(wanted.grid, level, row, column))
            for level, met in limits
            for row in range(met.first_row, met.last_row + 1)
            for column in range(met.first_column, met.last_column + 1)
        ),
        key=lambda pair: pair[0],
    )


def _tiles(
    maker: Maker, wanted: Order, places: list[tuple[int, Place]], progress: Progress
) -> Iterator[tuple[int, bytes]]:
    """Tiles in which something is; all of one state of the layer, so that the archive is of one moment."""
    snapshot, told = maker.snapshot(), 0.0
    layer, items = snapshot.layer(wanted.layer), maker.items(snapshot)
    styled = (maker.look(snapshot, wanted),) if wanted.kind == "map" else ()
    for number, (tile_id, place) in enumerate(places):
        if time.monotonic() - told > _TOLD_EVERY:
            told = time.monotonic()
            progress(number / len(places), f"{number:,} of {len(places):,} tiles")
        if wanted.kind == "vector":
            made = maker.server.vectors(items, (layer,), place).data
            data = gzip.compress(made, 6, mtime=0) if made else b""
        else:
            data = maker.server.picture(snapshot, maker.caller, styled, place, wanted.form).data
        if data:
            yield tile_id, data


def _header(wanted: Order, layer: Layer) -> dict[str, Any]:
    west, south, east, north = (round(side * 10_000_000) for side in layer.bbox)
    return {
        "version": 3,
        "tile_type": _TYPES[wanted.form],
        "tile_compression": Compression.GZIP if wanted.kind == "vector" else Compression.NONE,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": wanted.first,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(wanted: Order, layer: Layer) -> dict[str, Any]:
    """What the format's specification names of TileJSON (PMTiles 3, 5)."""
    described: dict[str, Any] = {
        "name": layer.title.get("pl") or next(iter(layer.title.values()), layer.id),
        "description": layer.abstract.get("pl", ""),
        "attribution": layer.attribution or "",
        "type": "overlay",
        "version": layer.state,
    }
    if wanted.kind == "vector":
        fields = {column.name: column.type.value for column in layer.columns}
        span = {"minzoom": wanted.first, "maxzoom": wanted.last}
        described["vector_layers"] = [{"id": layer.id, "fields": fields, **span}]
    return described
