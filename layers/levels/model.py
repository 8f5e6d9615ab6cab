# SPDX-License-Identifier: EUPL-1.2
"""What a generalised level is: its resolution, its rows, the columns it carries."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

BLOCK_BITS = 7
"""Cells are merged within blocks of 128 x 128."""
WIDEST = math.sqrt(2)
"""How many pixels the resolution of a level may be at most; the next finer one, half as wide, serves below."""
LEVEL, KIND, BLOCK_X, BLOCK_Y, COUNT = "brama_level", "brama_kind", "brama_x", "brama_y", "brama_count"

Role = Literal["class", "label"]
Shape = Literal["area", "line", "point"]


class Kind(IntEnum):
    """Rows of a level: features that stay (or, of points, stand for others), and cells that others were merged into.

    `CELLS` give each cell to one class, that of the largest feature in it.
    """

    FEATURE = 0
    CELLS = 1


@dataclass(frozen=True, slots=True)
class Carried:
    """A column in a level. A class keeps features apart; `breaks`, if not empty, are the only values it tells apart.

    Merged cells of a class with breaks bear the value of one of their features. Labels are kept of features only.
    """

    name: str
    role: Role
    breaks: tuple[float | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ink:
    """What was merged into a level's cells: features, cells, area (of lines length), length of outlines."""

    features: int
    cells: int
    size: float
    outline: float


@dataclass(frozen=True, slots=True)
class Level:
    """A level of one version of a layer: rows of `table` whose `brama_level` is `number`; not `fresh` while it lags.

    `resolution` is 2 to the power of `number`, in units of the layer's CRS: what is smaller was merged.
    """

    table: str
    number: int
    columns: tuple[Carried, ...]
    ink: Ink
    fresh: bool

    @property
    def resolution(self) -> float:
        """Units of the layer's CRS."""
        return 2.0**self.number

    @property
    def cell(self) -> float:
        """Side of a merged cell in units of the layer's CRS."""
        return cell_of(self.number)

    def carries(self, classes: Collection[str], labels: Collection[str]) -> bool:
        """Whether features can be told apart by `classes` and labelled with `labels`."""
        told_apart = {column.name for column in self.columns if column.role == "class"}
        return told_apart.issuperset(classes) and {column.name for column in self.columns}.issuperset(labels)


def cell_of(number: int) -> float:
    """Side of a level's cells: half its resolution, so that a merged feature keeps about its place and size."""
    return 2.0 ** (number - 1)


@dataclass(frozen=True, slots=True)
class LevelSet:
    """The levels of one version of a layer as the owner knows them; `styles` is a name for the styles they serve."""

    name: str
    layer_id: str
    relation: str
    version: int
    revision: int
    styles: str
    columns: tuple[Carried, ...]
    planned: tuple[int, ...]
    levels: tuple[dict[str, Any], ...]
    ready: bool
