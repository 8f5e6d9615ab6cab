# SPDX-License-Identifier: EUPL-1.2
"""A picture in place of a map that cannot be drawn: empty, or with the reason written on it."""

import struct
import textwrap

from layers.rendering.model import Box, FeaturesSource, Format, MapRequest, RenderLayer
from layers.styles.model import Rule, Style, Text
from layers.styles.service import mapnik_style

_CRS = 3857  # any CRS in metres: a unit of it is a pixel here
_SIZE, _LINE, _PAD, _SIGN = 12, 18, 8, 7.5
_MOST = 1_000


def notice(text: str, width: int, height: int, picture: Format, background: str | None) -> MapRequest:
    """`width` by `height` pixels with `text` from the upper left, as much of it as there is room for."""
    letters = max(8, int((width - 2 * _PAD) / _SIGN))
    lines = textwrap.wrap(text[:_MOST], letters)[: max(0, (height - _PAD) // _LINE)]
    return MapRequest(
        width=width,
        height=height,
        box=Box(0, 0, width, height),
        srid=_CRS,
        layers=(_written(lines, height),) if lines else (),
        background=background,
        format=picture,
        buffer=0,
    )


def _written(lines: list[str], height: int) -> RenderLayer:
    label = Text(label="{{line}}", size=_SIZE, color="#a00000", anchor="left", allow_overlap=True, halo_color="#ffffff")
    style = mapnik_style(Style(rules=(Rule(symbolizers=(label,)),)), ("line",))
    places = (height - _PAD / 2 - (number + 0.5) * _LINE for number in range(len(lines)))
    points = tuple(struct.pack("<BIdd", 1, 1, _PAD, place) for place in places)
    return RenderLayer(FeaturesSource(_CRS, points, ("line",), tuple((line,) for line in lines)), style.passes)
