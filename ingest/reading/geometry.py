# SPDX-License-Identifier: EUPL-1.2
"""Checks geometries a batch at a time: structure, finite coordinates, place, validity; repairs what is safe."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from ingest.reading.model import Tally

Limits = tuple[float, float, float, float]
_NAMES = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "Geometry")
_FAMILY = np.array([0, 1, 1, 2, 0, 1, 2, 3])
_POLYGONS = (3, 6)
_CURVES = range(8, 18)


@dataclass(frozen=True)
class Checked:
    """Geometries as two-dimensional WKB, null where refused, and the reason for each refusal."""

    wkb: pa.Array
    reasons: pa.Array


def check(wkb: np.ndarray[Any, Any], limits: Limits, tally: Tally) -> Checked:
    """Check an array of WKB (`bytes` or None); `limits` are in the file's CRS, x first."""
    reasons = np.full(len(wkb), None, dtype=object)
    geometries = _parse(wkb, reasons)
    _refuse(reasons, shapely.is_missing(geometries), "has no geometry")
    _refuse(reasons, shapely.is_empty(geometries), "the geometry is empty")
    _refuse_not_finite(geometries, reasons)
    _refuse_outside(geometries, limits, reasons)
    _repair(geometries, reasons, tally)
    good = reasons == None  # noqa: E711 - element by element
    tally.flattened += int(np.count_nonzero(shapely.has_z(geometries[good]) | shapely.has_m(geometries[good])))
    kinds, counts = np.unique(shapely.get_type_id(geometries[good]), return_counts=True)
    tally.types = {_NAMES[kind]: int(count) for kind, count in zip(kinds, counts, strict=True)}
    flat = np.full(len(wkb), None, dtype=object)
    flat[good] = shapely.to_wkb(shapely.force_2d(geometries[good]), output_dimension=2, byte_order=1)
    return Checked(pa.array(flat, pa.binary()), pa.array(reasons, pa.string()))


def has_curves(wkb: np.ndarray[Any, Any]) -> bool:
    """Whether any of the geometries is of a type with arcs, which GEOS does not read."""
    heads = b"".join(value[:5] if value is not None and len(value) >= 5 else b"\1\1\0\0\0" for value in wkb)
    bytes_ = np.frombuffer(heads, dtype=np.uint8).reshape(-1, 5)
    little = bytes_[:, 1:].copy().view("<u4").ravel()
    big = bytes_[:, 1:].copy().view(">u4").ravel()
    kinds = (np.where(bytes_[:, 0] == 1, little, big) & 0x0FFFFFFF) % 1000
    return bool(np.isin(kinds, list(_CURVES)).any())


def _parse(wkb: np.ndarray[Any, Any], reasons: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    try:
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
    except (NotImplementedError, shapely.errors.GEOSException):
        # One geometry that GEOS cannot even name stops the whole array: read that batch one by one.
        geometries = np.array([_parse_one(value) for value in wkb], dtype=object)
    failed = shapely.is_missing(geometries) & np.array([value is not None for value in wkb], dtype=bool)
    for index in np.flatnonzero(failed):
        reasons[index] = _why_unreadable(wkb[index])
    return geometries


def _parse_one(value: bytes | None) -> Any:
    try:
        return shapely.from_wkb(value, on_invalid="ignore")
    except (NotImplementedError, shapely.errors.GEOSException):
        return None


def _why_unreadable(value: bytes) -> str:
    try:
        mended = shapely.from_wkb(value, on_invalid="fix")
    except (NotImplementedError, shapely.errors.GEOSException, ValueError):
        return "the geometry is of a type that is not read"
    return "the geometry cannot be read" if mended is None else "a ring of the polygon is not closed"


def _refuse(reasons: np.ndarray[Any, Any], where: np.ndarray[Any, Any], reason: str) -> None:
    reasons[where & (reasons == None)] = reason  # noqa: E711 - element by element


def _refuse_not_finite(geometries: np.ndarray[Any, Any], reasons: np.ndarray[Any, Any]) -> None:
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = np.zeros(len(geometries), dtype=bool)
    bad[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    _refuse(reasons, bad, "a coordinate is not a finite number")


def _refuse_outside(geometries: np.ndarray[Any, Any], limits: Limits, reasons: np.ndarray[Any, Any]) -> None:
    box = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        outside = (box[:, 0] < limits[0]) | (box[:, 1] < limits[1]) | (box[:, 2] > limits[2]) | (box[:, 3] > limits[3])
    for index in np.flatnonzero(outside & (reasons == None)):  # noqa: E711 - element by element
        x, y = (float(value) for value in box[index, :2])
        reasons[index] = f"lies outside the area of its coordinate reference system (x {x:.6g}, y {y:.6g})"


def _repair(geometries: np.ndarray[Any, Any], reasons: np.ndarray[Any, Any], tally: Tally) -> None:
    """Replace invalid polygons by valid ones of the same type; refuse what would become something else."""
    kinds = shapely.get_type_id(geometries)
    candidates = np.flatnonzero((reasons == None) & np.isin(kinds, (*_POLYGONS, 7)))  # noqa: E711
    invalid = candidates[~shapely.is_valid(geometries[candidates])]
    if not len(invalid):
        return
    mended = shapely.make_valid(geometries[invalid], method="structure", keep_collapsed=False)
    same = (_FAMILY[shapely.get_type_id(mended)] == _FAMILY[kinds[invalid]]) & ~shapely.is_empty(mended)
    why = shapely.is_valid_reason(geometries[invalid])
    for index, reason in zip(invalid[~same], why[~same], strict=True):
        reasons[index] = f"the geometry is not valid and cannot be repaired: {reason}"
    geometries[invalid[same]] = mended[same]
    tally.repaired += int(np.count_nonzero(same))
