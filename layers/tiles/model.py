# SPDX-License-Identifier: EUPL-1.2
"""What a tile is asked by and answered with, whatever service asks."""

from dataclasses import dataclass

from layers.rendering.model import Format
from layers.tiles.matrix import TileMatrixSet


@dataclass(frozen=True, slots=True)
class Place:
    """A tile's place in a grid: level 0 the coarsest, rows from the north, columns from the west."""

    grid: TileMatrixSet
    level: int
    row: int
    column: int

    @property
    def key(self) -> tuple[int, int, int]:
        """The place within its grid."""
        return self.level, self.row, self.column


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's bytes, none when nothing is there; `complete` unless features were left out.

    `settled` says that the bytes stay the same as long as the layers stay as they are, `cached` that they are the same
    for everybody, too.
    """

    data: bytes
    complete: bool
    cached: bool = False
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """A format of map tiles: its media type, how it is written, and whether it can be seen through.

    `exact` is how pictures of rasters are written, which have more colours than a palette holds.
    """

    media_type: str
    format: Format
    exact: Format
    transparent: bool


PICTURES = {
    "png": Picture("image/png", "png8", "png", transparent=True),
    "webp": Picture("image/webp", "webp", "webp", transparent=True),
    "jpeg": Picture("image/jpeg", "jpeg", "jpeg", transparent=False),
}
"""By the name that `f` and file endings have."""

SEED = "layers.tiles.seed"
ARCHIVE = "layers.tiles.archive"
"""Names of the jobs."""
