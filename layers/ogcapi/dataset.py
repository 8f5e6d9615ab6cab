# SPDX-License-Identifier: EUPL-1.2
"""All layers of the caller as one data set: what its landing page says of extent and CRS, and what its map shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from layers.model import Layer
from layers.service import visible_layers
from sdi import crs as crss
from sdi.crs import CRS84, SERVED, Box, Extent
from sdi.web.context import services

STORED = 2180
"""The CRS in which data are stored unless they come in another."""
_MOST = 50


def base_layers() -> list[Layer]:
    """What a map shows when no layers are named: the base map, else the first layers of the portal."""
    layers, site = visible_layers(), services().settings.site
    names = dict.fromkeys((*site.base_layers, *site.start_layers))
    return [layers[name] for name in names if name in layers] or list(layers.values())[:_MOST]


def map_layers(layers: Sequence[Layer]) -> list[Layer]:
    """Layers in the order of drawing: the first of a list is its uppermost."""
    return list(reversed(layers))


def description(layers: Mapping[str, Layer]) -> dict[str, Any]:
    """Extent and CRS of the data set (/req/dataset-map/desc-extent, desc-crs); nothing of an empty one."""
    if not layers:
        return {}
    west, south, east, north = zip(*(layer.bbox for layer in layers.values()), strict=True)
    whole = Extent(min(west), min(south), max(east), max(north))
    stored = crss.by_srid(STORED)
    spatial: dict[str, Any] = {"bbox": [[round(value, 6) for value in whole]], "crs": CRS84.uri}
    minx, miny, maxx, maxy = (round(value, 3) for value in Box(*whole, CRS84).to(stored.xy).bounds)
    spatial["storageCrsBbox"] = [[miny, minx, maxy, maxx]]
    return {"extent": {"spatial": spatial}, "crs": [crs.uri for crs in SERVED], "storageCrs": stored.uri}
