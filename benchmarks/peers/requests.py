# SPDX-License-Identifier: EUPL-1.2
"""The requests that are the same for every server: WMS and WFS in their standards' words, and the tiles looked at."""

import random
from collections.abc import Mapping, Sequence

from benchmarks.million import CELL, COLUMNS, ORIGIN, ROWS
from layers.model import Layer
from layers.tiles.matrix import WEB_MERCATOR
from sdi.crs import CRS84, Box

_SIDE = 100 * CELL
_WHOLE = (ORIGIN[0] - 50, ORIGIN[1] - 50, ORIGIN[0] + COLUMNS * CELL - 50, ORIGIN[1] + ROWS * CELL - 50)
LEVELS = (6, 8, 10, 12, 13, 14, 15, 16)
"""Levels of vector tiles that are measured."""
_SAMPLE = 40


def capabilities() -> str:
    """GetCapabilities of WMS 1.3.0."""
    return "/?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"


def wfs(name: str, count: int, start: int = 0) -> str:
    """GetFeature of WFS 2.0.0 in the server's own format (GML)."""
    first = f"&STARTINDEX={start}" if start else ""
    return f"/?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={name}&COUNT={count}{first}"


def wfs_measures(name: str) -> Mapping[str, str]:
    """What is asked of every WFS 2.0.0."""
    return {"WFS 10": wfs(name, 10), "WFS 1,000": wfs(name, 1_000), "WFS 10 from 900,000": wfs(name, 10, 900_000)}


def wfs_1_1(name: str, count: int, start: int = 0) -> str:
    """The same of WFS 1.1.0."""
    first = f"&STARTINDEX={start}" if start else ""
    return f"/?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={name}&MAXFEATURES={count}{first}"


def small_map(name: str) -> str:
    """GetMap of 10,000 polygons."""
    minx, miny = ORIGIN[0] + 300 * CELL, ORIGIN[1] + 300 * CELL
    return _map(name, (minx, miny, minx + _SIDE, miny + _SIDE))


def whole_map(name: str) -> str:
    """GetMap of the layer's full extent."""
    return _map(name, _WHOLE)


def _map(name: str, box: tuple[float, float, float, float]) -> str:
    minx, miny, maxx, maxy = box
    return (
        f"/?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={name}&STYLES=&CRS=EPSG:2180&FORMAT=image/png"
        f"&BBOX={miny},{minx},{maxy},{maxx}&WIDTH=512&HEIGHT=512"
    )


def tiles(layer: Layer, level: int) -> Sequence[tuple[int, int]]:
    """Rows and columns of some tiles of the web's grid well inside the layer, the same in every run."""
    minx, miny, maxx, maxy = layer.bbox
    quarter_x, quarter_y = (maxx - minx) / 4, (maxy - miny) / 4
    inside = Box(minx + quarter_x, miny + quarter_y, maxx - quarter_x, maxy - quarter_y, CRS84)
    first_row, last_row, first, last = WEB_MERCATOR.limits(inside.to(WEB_MERCATOR.crs).bounds, level)
    found = [(row, column) for row in range(first_row, last_row + 1) for column in range(first, last + 1)]
    return random.Random(level).sample(found, min(_SAMPLE, len(found)))
