# SPDX-License-Identifier: EUPL-1.2
"""Which coordinate reference system a file is in, and where its coordinates can be."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from ingest.reading.model import Decision, Refused

EXAMPLES = "--crs EPSG:2180 (PL-1992), --crs EPSG:2178 (PL-2000 zone 7), --crs EPSG:4326 (longitude and latitude)"
_MARGIN_METRES = 100_000.0
_MARGIN_DEGREES = 1.0
_SAME_METRES = 0.01
_CONFIDENCES = (100, 70, 25)
# Polish offices keep these under many names of their own (PUWG 92, PL-2000/21).
_POLISH = (2180, 2176, 2177, 2178, 2179)


@dataclass(frozen=True)
class Found:
    """A system: its EPSG number where it has one, else only its definition."""

    crs: CRS
    srid: int | None

    @cached_property
    def limits(self) -> tuple[float, float, float, float]:
        """Least and greatest x and y that can be meant: the area of use and a margin of 100 km or a degree."""
        area = self.crs.area_of_use
        if self.crs.is_geographic:
            box = area.bounds if area else (-180.0, -90.0, 180.0, 90.0)
            margin = 0.0 if box[0] <= -180 else _MARGIN_DEGREES
        else:
            if area is None:
                return (-1e8, -1e8, 1e8, 1e8)
            margin = _MARGIN_METRES / (self.crs.axis_info[0].unit_conversion_factor or 1.0)
            box = Transformer.from_crs(4326, self.crs, always_xy=True).transform_bounds(*area.bounds, densify_pts=21)
        return (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)


def resolve(declared: str | None, asked: str | None, why: str = "declared by the file") -> tuple[Found, Decision]:
    """The system of a layer: what was asked for, else what the file declares; Refused when there is neither."""
    if asked:
        found = _parse(asked)
        if found is None:
            raise Refused(f"{asked[:80]!r} is no coordinate reference system that is known; examples: {EXAMPLES}.")
        return found, Decision("crs", _name(found), "given with --crs")
    found = _parse(declared) if declared else None
    if found is None:
        said = "declares one that cannot be understood" if declared else "does not say"
        raise Refused(f"The file {said} in which coordinate reference system it is. Give it: {EXAMPLES}.")
    return found, Decision("crs", _name(found), why)


def _parse(text: str) -> Found | None:
    try:
        crs = CRS.from_user_input(text)
    except (CRSError, ValueError):
        return None
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if not (crs.is_projected or crs.is_geographic):
        return None
    if crs.to_authority() == ("OGC", "CRS84"):
        return Found(CRS.from_epsg(4326), 4326)
    return Found(crs, _epsg(crs))


def _epsg(crs: CRS) -> int | None:
    """The number of a system that puts points where this one does; names alone (as in ESRI's .prj) can deceive."""
    for confidence in _CONFIDENCES:
        code = crs.to_epsg(min_confidence=confidence)
        if code is not None and (confidence == 100 or _agree(crs, CRS.from_epsg(code))):
            return int(code)
    return next((code for code in _POLISH if _agree(crs, CRS.from_epsg(code))), None)


def _agree(one: CRS, other: CRS) -> bool:
    if other.area_of_use is None or one.is_geographic != other.is_geographic:
        return False
    west, south, east, north = other.area_of_use.bounds
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(west, east, 3), np.linspace(south, north, 3)))
    try:
        # Both from one base, so that only the projections are compared and no datum shift between versions of WGS 84.
        first = Transformer.from_crs(one.geodetic_crs, one, always_xy=True).transform(x, y)
        second = Transformer.from_crs(other.geodetic_crs, other, always_xy=True).transform(x, y)
    except ProjError:
        return False
    return bool(np.allclose(first, second, rtol=0, atol=_SAME_METRES)) and _same_ellipsoid(one, other)


def _same_ellipsoid(one: CRS, other: CRS) -> bool:
    return bool(
        one.ellipsoid and other.ellipsoid
        and abs(one.ellipsoid.semi_major_metre - other.ellipsoid.semi_major_metre) < 0.01
    )  # fmt: skip


def _name(found: Found) -> str:
    return f"EPSG:{found.srid}" if found.srid else str(found.crs.name)
