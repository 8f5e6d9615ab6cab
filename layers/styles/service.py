# SPDX-License-Identifier: EUPL-1.2
"""The public face of styles: reading, defaults, rules for the renderer."""

from layers.styles.defaults import default_style, raster_style
from layers.styles.parse import parse_style
from layers.styles.to_mapnik import MapnikStyle, mapnik_style

__all__ = ["MapnikStyle", "default_style", "mapnik_style", "parse_style", "raster_style"]
