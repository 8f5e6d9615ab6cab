# SPDX-License-Identifier: EUPL-1.2
"""Patterns of areas as one tile of SVG that repeats without a seam; `portal_web/src/style/pattern.ts` draws the same.

Mapnik takes the bounds of what is drawn for the tile, so an empty square holds it and nothing may reach over its edge:
lines across the tile are closed shapes, cut at its borders.
"""

import itertools
import math
from typing import NamedTuple

from layers.styles.icons import SIDE, paths
from layers.styles.model import Fill, Icon, Mark

LINES = "shape://"
_CURVE = 4 / 3 * (math.sqrt(2) - 1)
"""How far a control point of a quarter of a circle lies, in radii."""


class Tile(NamedTuple):
    """A tile's size in pixels and its drawing."""

    width: int
    height: int
    svg: str


def tile(fill: Fill) -> Tile | None:
    """The tile of the area's pattern; None where it has none."""
    sign = fill.graphic_fill
    if sign is None:
        return None
    top, right, bottom, left = fill.graphic_fill_padding
    size = 2 * sign.radius if isinstance(sign, Mark) else sign.size
    width, height = max(1, round(size + left + right)), max(1, round(size + top + bottom))
    opacity = fill.opacity * sign.opacity
    if isinstance(sign, Mark) and sign.well_known_name.startswith(LINES):
        drawn = _path(_across(sign, width, height), sign.stroke_color or sign.color, opacity * sign.stroke_opacity)
    else:
        drawn = _sign(sign, left + size / 2, top + size / 2, opacity)
    empty = f'<rect width="{width}" height="{height}" fill="#000000" fill-opacity="0"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    return Tile(width, height, f"{head}{empty}{drawn}</svg>")


def _path(data: str, colour: str, opacity: float, rest: str = "") -> str:
    return f'<path fill="{colour}" fill-opacity="{opacity:g}"{rest} d="{data}"/>'


def _sign(sign: Mark | Icon, x: float, y: float, opacity: float) -> str:
    if isinstance(sign, Icon):
        place = _place(x, y, sign.size / SIDE, sign.rotate)
        return _path(paths()[sign.image.removeprefix("marks/").removesuffix(".svg")], sign.color, opacity, place)
    circle = sign.well_known_name == "circle"
    data = _circle(SIDE / 2, SIDE / 2, SIDE / 2) if circle else paths()[sign.well_known_name]
    scale = 2 * sign.radius / SIDE
    if not scale:
        return ""
    rest = _place(x, y, scale, sign.rotate)
    if sign.stroke_color:
        width = sign.stroke_width / scale
        share = opacity * sign.stroke_opacity
        rest += f' stroke="{sign.stroke_color}" stroke-width="{width:g}" stroke-opacity="{share:g}"'
    return _path(data, sign.color, opacity * sign.fill_opacity, rest)


def _place(x: float, y: float, scale: float, turned: float) -> str:
    """A picture in the middle of the tile; a turned one is made smaller, so that it stays within its square."""
    half = SIDE / 2
    scale /= abs(math.cos(math.radians(turned))) + abs(math.sin(math.radians(turned)))
    return f' transform="translate({x:g} {y:g}) rotate({turned:g}) scale({scale:g}) translate({-half:g} {-half:g})"'


def _across(sign: Mark, width: float, height: float) -> str:
    """Closed shapes of the lines of a hatching, cut at the tile's borders."""
    line = sign.stroke_width
    name = sign.well_known_name.removeprefix(LINES)
    if name == "dot":
        return _circle(width / 2, height / 2, min(line, width / 2, height / 2))
    parts = {
        "horline": (_level,), "vertline": (_upright,), "plus": (_level, _upright),
        "slash": (_slash,), "backslash": (_backslash,), "times": (_slash, _backslash),
    }[name]  # fmt: skip
    return "".join(part(width, height, line) for part in parts)


def _level(width: float, height: float, line: float) -> str:
    low, high = max(0.0, (height - line) / 2), min(height, (height + line) / 2)
    return f"M0 {low:g}H{width:g}V{high:g}H0Z"


def _upright(width: float, height: float, line: float) -> str:
    low, high = max(0.0, (width - line) / 2), min(width, (width + line) / 2)
    return f"M{low:g} 0H{high:g}V{height:g}H{low:g}Z"


def _slash(width: float, height: float, line: float) -> str:
    """A band between the lower left and the upper right corner, and the ends of its neighbours' in the others."""
    across = min(0.5, line * math.hypot(width, height) / (2 * width * height))
    x, y = across * width, across * height
    return (
        f"M0 {height - y:g}L{width - x:g} 0H{width:g}V{y:g}L{x:g} {height:g}H0Z"
        f"M0 0H{x:g}L0 {y:g}ZM{width:g} {height:g}H{width - x:g}L{width:g} {height - y:g}Z"
    )


def _backslash(width: float, height: float, line: float) -> str:
    across = min(0.5, line * math.hypot(width, height) / (2 * width * height))
    x, y = across * width, across * height
    return (
        f"M0 0H{x:g}L{width:g} {height - y:g}V{height:g}H{width - x:g}L0 {y:g}Z"
        f"M{width:g} 0V{y:g}L{width - x:g} 0ZM0 {height:g}V{height - y:g}L{x:g} {height:g}Z"
    )


def _circle(x: float, y: float, radius: float) -> str:
    control = radius * _CURVE
    corners = [(0, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]
    path = f"M{x:g} {y - radius:g}"
    for (ax, ay), (bx, by) in itertools.pairwise(corners):
        points = (
            (x + ax * radius - ay * control, y + ay * radius + ax * control),
            (x + bx * radius + by * control, y + by * radius - bx * control),
            (x + bx * radius, y + by * radius),
        )
        path += "C" + " ".join(f"{px:g} {py:g}" for px, py in points)
    return path + "Z"
