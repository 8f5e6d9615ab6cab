# SPDX-License-Identifier: EUPL-1.2
"""What GDAL may do here: a few drivers, no network, no references to other files."""

from typing import Any

import pyogrio

DRIVERS = frozenset({"ESRI Shapefile", "FlatGeobuf", "GML", "GPKG", "GeoJSON", "LIBKML", "MEM"})
# GeoPackage needs the SQLite driver; it cannot be skipped alone, and content that is not a GeoPackage never gets here.
_TIED = frozenset({"SQLite"})


def check_drivers() -> None:
    """Refuse to work when the installed GDAL offers a driver that nobody thought of."""
    drivers: dict[str, Any] = pyogrio.list_drivers()
    unknown = sorted(set(drivers) - DRIVERS - _TIED)
    if unknown:
        raise RuntimeError(f"GDAL offers drivers that ingest.reading.gdal does not know: {', '.join(unknown)}")
