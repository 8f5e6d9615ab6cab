# SPDX-License-Identifier: EUPL-1.2
"""The public face of styles: reading, defaults, rules for the renderer, legends, other languages of styles."""

from layers.styles.defaults import default_style, raster_style
from layers.styles.encodings import MEDIA_TYPES, Addresses, Encoding, Named, Sent, check, decode, encode, slug
from layers.styles.legend import LegendEntry, legend
from layers.styles.parse import parse_style, style_of
from layers.styles.sld import NamedLayer, NamedStyle, SldDocument, UserStyle
from layers.styles.sld_read import fitted, parse_sld
from layers.styles.sld_write import Written, write_sld
from layers.styles.to_maplibre import TileSource, maplibre_style
from layers.styles.to_mapnik import MapnikStyle, mapnik_style

__all__ = [
    "MEDIA_TYPES",
    "Addresses",
    "Encoding",
    "LegendEntry",
    "MapnikStyle",
    "Named",
    "NamedLayer",
    "NamedStyle",
    "Sent",
    "SldDocument",
    "TileSource",
    "UserStyle",
    "Written",
    "check",
    "decode",
    "default_style",
    "encode",
    "fitted",
    "legend",
    "maplibre_style",
    "mapnik_style",
    "parse_sld",
    "parse_style",
    "raster_style",
    "slug",
    "style_of",
    "write_sld",
]
