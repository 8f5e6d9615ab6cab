# SPDX-License-Identifier: EUPL-1.2
"""Geometries of changes checked a batch at a time: what would not be stored as sent is refused with the reason."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from layers.changes.model import Geometry
from layers.changes.values import Problems
from layers.model import GeometryType, Layer
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.errors import TooLarge

_MARGIN_DEGREES = 1.0
_CURVES = "the geometry cannot be read, or is of a type that is not stored"


def checked(
    layer: Layer, geometries: Sequence[Geometry], places: Sequence[str], problems: Problems, vertices: int
) -> list[bytes]:
    """Two-dimensional WKB of geometries that share a CRS; TooLarge over so many vertices.

    Heights and measures are left out, as a load leaves them out.
    """
    shapes = _parsed([geometry.wkb for geometry in geometries])
    if (count := int(shapely.get_num_coordinates(shapes).sum())) > vertices:
        raise TooLarge(f"The geometries have {count:,} vertices; at most {vertices:,} are taken at once.")
    reasons: np.ndarray[Any, Any] = np.full(len(shapes), None, dtype=object)
    _refuse(reasons, shapely.is_missing(shapes), _CURVES)
    _refuse(reasons, shapely.is_empty(shapes), "the geometry is empty")
    _refuse_kinds(reasons, shapes, layer.geometry_type)
    _refuse_places(reasons, shapes, geometries[0].srid, layer.srid)
    _refuse_invalid(reasons, shapes)
    for index in np.flatnonzero(reasons != None):  # noqa: E711 - element by element
        text = str(reasons[index])
        problems.add(places[int(index)], f"{text[0].upper()}{text[1:]}.", "geometry")
    flat: list[bytes] = shapely.to_wkb(shapely.force_2d(shapes), output_dimension=2, byte_order=1).tolist()
    return flat


def _parsed(wkb: Sequence[bytes]) -> np.ndarray[Any, Any]:
    values = np.empty(len(wkb), dtype=object)
    values[:] = wkb
    try:
        return np.asarray(shapely.from_wkb(values, on_invalid="ignore"))
    except (NotImplementedError, shapely.errors.GEOSException):
        # One geometry that GEOS cannot even name stops the whole array: read that batch one by one.
        return np.array([_parsed_one(value) for value in wkb], dtype=object)


def _parsed_one(value: bytes) -> Any:
    try:
        return shapely.from_wkb(value, on_invalid="ignore")
    except (NotImplementedError, shapely.errors.GEOSException):
        return None


def _refuse(reasons: np.ndarray[Any, Any], where: np.ndarray[Any, Any], reason: str) -> None:
    reasons[where & (reasons == None)] = reason  # noqa: E711 - element by element


def _refuse_kinds(reasons: np.ndarray[Any, Any], shapes: np.ndarray[Any, Any], wanted: GeometryType) -> None:
    """A multi type takes single ones too; nothing else becomes another type."""
    if wanted is GeometryType.GEOMETRY:
        return
    taken = {wanted.value, wanted.value.removeprefix("Multi")}
    for index, shape in enumerate(shapes):
        if reasons[index] is None and shape.geom_type not in taken:
            reasons[index] = f"the geometry is a {shape.geom_type}; the layer takes {' and '.join(sorted(taken))}"


def _refuse_places(reasons: np.ndarray[Any, Any], shapes: np.ndarray[Any, Any], srid: int, target: int) -> None:
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=bool)
    bad[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    _refuse(reasons, bad, "a coordinate is not a finite number")
    box = shapely.bounds(shapes)
    reach = crss.by_srid(srid).reach
    with np.errstate(invalid="ignore"):
        beyond = (box[:, :2] < reach[:2]).any(axis=1) | (box[:, 2:] > reach[2:]).any(axis=1)
    corners = np.concatenate((box[:, :2], box[:, 2:], box[:, [0, 3]], box[:, [2, 1]]))
    lonlat = crss.transform_coordinates(corners, crss.by_srid(srid), CRS84).reshape(4, len(shapes), 2)
    for system in {srid, target}:
        west, south, east, north = crss.by_srid(system).area
        least = (west - _MARGIN_DEGREES, south - _MARGIN_DEGREES)
        most = (east + _MARGIN_DEGREES, north + _MARGIN_DEGREES)
        with np.errstate(invalid="ignore"):
            inside = ((lonlat >= least) & (lonlat <= most)).all(axis=(0, 2)) & ~beyond
        for index in np.flatnonzero(~inside & (reasons == None)):  # noqa: E711 - element by element
            x, y = (float(value) for value in box[index, :2])
            reasons[index] = f"the geometry lies outside the area of EPSG:{system} (easting {x:.8g}, northing {y:.8g})"


def _refuse_invalid(reasons: np.ndarray[Any, Any], shapes: np.ndarray[Any, Any]) -> None:
    candidates = np.flatnonzero(reasons == None)  # noqa: E711 - element by element
    invalid = candidates[~shapely.is_valid(shapes[candidates])]
    for index, why in zip(invalid, shapely.is_valid_reason(shapes[invalid]), strict=True):
        reasons[index] = f"the geometry is not valid: {why} (easting first)"
