# SPDX-License-Identifier: EUPL-1.2
"""Bodies of requests that change features: GeoJSON and JSON merge patches read into changes (OGC 20-002r1)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import shapely
from flask import request

from layers.changes.model import Geometry
from layers.model import Layer
from layers.ogcapi.links import GEOJSON, JSON
from sdi import crs as crss
from sdi.crs import CRS84, Crs
from sdi.errors import BramaError, InvalidParameter, MissingParameter, Unprocessable
from sdi.web.context import services

MERGE_PATCH = "application/merge-patch+json"
FEATURE = (GEOJSON, JSON)
PATCH = (MERGE_PATCH, GEOJSON, JSON)


class UnsupportedMediaType(BramaError):
    """The body is of a kind that this address does not take."""

    status = 415
    code = "unsupported-media-type"


@dataclass(frozen=True, slots=True)
class Sent:
    """A feature as it was sent; `geometry` is None where there is none."""

    attributes: Mapping[str, Any]
    geometry: Geometry | None


def read(kinds: Sequence[str]) -> Any:
    """The body of this request as JSON; refuses other media types than `kinds`, and no media type at all."""
    if "Content-Type" not in request.headers:
        raise MissingParameter(f"Say in Content-Type what the body is; here: {', '.join(kinds)}.")
    if request.mimetype not in kinds:
        raise UnsupportedMediaType(f"The body is {request.mimetype[:80]!r}; here it may be: {', '.join(kinds)}.")
    request.max_content_length = services().settings.limits.change_bytes
    try:
        return json.loads(request.get_data(cache=False), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("The body is not JSON (RFC 8259), or is nested too deep.") from error


def features(body: Any) -> list[Sent]:
    """The feature of the body, or the features of its collection."""
    crs = _content_crs()
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        listed = body.get("features")
        if not isinstance(listed, list) or not listed:
            raise Unprocessable("The collection has no features.", locator="features")
    else:
        listed = [body]
    for one in listed:
        _check_feature(one)
    geometries = [_member(one, crs) for one in listed]
    shapes = _shapes([value for value, _ in geometries], [system for _, system in geometries])
    return [Sent(one.get("properties") or {}, shape) for one, shape in zip(listed, shapes, strict=True)]


def patch(layer: Layer, body: Any) -> Sent:
    """A merge patch (RFC 7396) of a feature: of GeoJSON, or flat as the layer's schema has it.

    A geometry is replaced as a whole; None in `attributes` unsets. The id cannot be patched.
    """
    if not isinstance(body, dict):
        raise InvalidParameter("A patch is a JSON object.")
    whole = body.get("type") == "Feature" or isinstance(body.get("properties"), dict)
    attributes = body.get("properties") or {} if whole else dict(body)
    if not isinstance(attributes, dict):
        raise InvalidParameter("The member 'properties' is not an object.", locator="properties")
    name = next((name for name in ("geometry", "geom") if name in body and name not in layer.by_name), None)
    if not whole:
        attributes.pop(name or "", None)
    for identifier in {"id", "fid"} - set(layer.by_name):
        if identifier in body:
            raise Unprocessable("The id of a feature cannot be changed.", locator=identifier)
    if name is None:
        return Sent(attributes, None)
    if not isinstance(body[name], dict):
        raise Unprocessable("The geometry of a feature can be replaced, not taken away.", locator=name)
    (shape,) = _shapes([body[name]], [_content_crs()])
    return Sent(attributes, shape)


def _check_feature(one: Any) -> None:
    if not isinstance(one, dict) or one.get("type") != "Feature":
        raise InvalidParameter("The body is no GeoJSON feature (RFC 7946, 3.2).", locator="type")
    if not isinstance(one.get("properties"), dict | None):
        raise InvalidParameter("The member 'properties' is not an object.", locator="properties")


def _member(one: Mapping[str, Any], crs: Crs) -> tuple[Any, Crs]:
    """The geometry to store: `place` of JSON-FG in its own CRS before `geometry` (OGC 20-002r1, clause 11)."""
    place = one.get("place")
    if not isinstance(place, dict):
        return one.get("geometry"), crs
    named = place.get("coordRefSys", one.get("coordRefSys"))
    return place, crss.parse(named, locator="coordRefSys") if isinstance(named, str) else crs


def _content_crs() -> Crs:
    sent = request.headers.get("Content-Crs", "").strip()
    return crss.parse(sent.strip("<>")[:200], locator="Content-Crs") if sent else CRS84


def _shapes(values: Sequence[Any], systems: Sequence[Crs]) -> list[Geometry | None]:
    """Geometries with x first from GeoJSON in the axis order of their CRS; what is none cannot be stored either."""
    texts = [json.dumps(value) if isinstance(value, dict) else None for value in values]
    try:
        read_in = shapely.from_geojson(texts, on_invalid="ignore")
    except shapely.errors.GEOSException as error:
        raise Unprocessable("A geometry is not of a type that GeoJSON has.", locator="geometry") from error
    made: list[Geometry | None] = []
    for shape, text, system in zip(read_in, texts, systems, strict=True):
        if text is not None and shape is None:
            raise Unprocessable(f"The geometry {text[:80]} cannot be read as GeoJSON.", locator="geometry")
        if shape is not None and system.northing_first:
            shape = shapely.transform(shape, lambda places: places[:, ::-1])  # noqa: PLW2901
        made.append(None if shape is None else Geometry(shapely.to_wkb(shape), system.srid))
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
