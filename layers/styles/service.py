# SPDX-License-Identifier: EUPL-1.2
"""The public face of styles: reading, defaults, rules for the renderer, legends."""

from layers.styles.defaults import default_style, raster_style
from layers.styles.legend import LegendEntry, legend
from layers.styles.parse import parse_style, style_of
from layers.styles.to_mapnik import MapnikStyle, mapnik_style

__all__ = [
    "LegendEntry",
    "MapnikStyle",
    "default_style",
    "legend",
    "mapnik_style",
    "parse_style",
    "raster_style",
    "style_of",
]
