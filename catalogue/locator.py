# SPDX-License-Identifier: EUPL-1.2
"""A sketch of where a record's extent is: the box among the degrees and beside all that this server shows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import layers.service as layers
from catalogue.metadata import Bounds
from sdi.web.i18n import number

_STEPS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 45)
_LEAST = 3
"""Pixels that a box is wide at the least: a point has a place too."""

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid with its degree."""

    path: str
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """What to draw, in pixels from the top left: rectangles are x, y, width, height."""

    width: int
    height: int
    extent: Rect
    region: Rect | None
    lines: tuple[Line, ...]


def place(bounds: Bounds | None, width: int, height: int) -> Sketch | None:
    """The sketch of a box in degrees; None where the record gives no place."""
    if bounds is None:
        return None
    region = _region()
    shown = _shown(bounds, region, width / height)
    frame = _Frame(shown, width, height)
    drawn = frame.rect(region) if region and region != bounds else None
    return Sketch(width, height, frame.rect(bounds), drawn, tuple(frame.grid()))


def _region() -> Bounds | None:
    """The box round all that the caller may see, without what covers half the world."""
    boxes = [layer.bbox for layer in layers.visible_layers().values() if layer.bbox[2] - layer.bbox[0] < 90]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def _shown(bounds: Bounds, region: Bounds | None, ratio: float) -> Bounds:
    """What the picture shows: the box and the region where they are near, with a margin, as wide as the picture is."""
    west, south, east, north = bounds
    if region and _near(bounds, region):
        west, south = min(west, region[0]), min(south, region[1])
        east, north = max(east, region[2]), max(north, region[3])
    middle = (west + east) / 2, (south + north) / 2
    narrow = math.cos(math.radians(middle[1])) or 1
    wide, high = max(east - west, 0.02) * 1.2, max(north - south, 0.02) * 1.2
    wide = max(wide, high * ratio / narrow)
    high = max(high, wide * narrow / ratio)
    return middle[0] - wide / 2, middle[1] - high / 2, middle[0] + wide / 2, middle[1] + high / 2


def _near(bounds: Bounds, region: Bounds) -> bool:
    size = max(region[2] - region[0], region[3] - region[1])
    return all(abs(bounds[side] - region[side]) < 3 * size for side in range(4))


class _Frame:
    """Degrees as pixels of the picture."""

    def __init__(self, shown: Bounds, width: int, height: int) -> None:
        self.west, self.south, self.east, self.north = shown
        self.width, self.height = width, height

    def x(self, degrees: float) -> float:
        return round((degrees - self.west) / (self.east - self.west) * self.width, 1)

    def y(self, degrees: float) -> float:
        return round((self.north - degrees) / (self.north - self.south) * self.height, 1)

    def rect(self, bounds: Bounds) -> Rect:
        x, y = self.x(bounds[0]), self.y(bounds[3])
        wide, high = self.x(bounds[2]) - x, self.y(bounds[1]) - y
        grown = max(wide, _LEAST), max(high, _LEAST)
        return (round(x - (grown[0] - wide) / 2, 1), round(y - (grown[1] - high) / 2, 1),
                round(grown[0], 1), round(grown[1], 1))  # fmt: skip

    def grid(self) -> Iterator[Line]:
        step = next((one for one in _STEPS if (self.east - self.west) / one <= 5), 90)
        for degrees in _between(self.west, self.east, step):
            x = self.x(degrees)
            yield Line(f"M{x} 0V{self.height}", x + 3, self.height - 4, f"{number(degrees)}°")
        for degrees in _between(self.south, self.north, step):
            y = self.y(degrees)
            yield Line(f"M0 {y}H{self.width}", 3, y - 3, f"{number(degrees)}°")


def _between(low: float, high: float, step: float) -> Iterator[float]:
    first = math.ceil(low / step)
    return (round(one * step, 2) for one in range(first, math.floor(high / step) + 1))
