# SPDX-License-Identifier: EUPL-1.2
"""What a WMS request may ask for (OGC 06-042)."""

from typing import Literal

from layers.rendering.model import Format

Version = Literal["1.3.0", "1.1.1"]
ExceptionFormat = Literal["XML", "INIMAGE", "BLANK"]

LAYER_LIMIT = 50
MAX_SIDE = 8_192
INFO_LIMIT = 100
MAP_FORMATS: dict[str, Format] = {
    "image/png": "png",
    "image/png; mode=8bit": "png8",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
}
INFO_FORMATS = {
    "application/geo+json": "geojson",
    "application/json": "geojson",
    "text/html": "html",
    "text/plain": "text",
}
