# SPDX-License-Identifier: EUPL-1.2
"""Inputs of processes: read, limited and described by their types, which become JSON Schema."""

import json
import math
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

import shapely
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema
from shapely.errors import ShapelyError

from sdi import crs as crss
from sdi.crs import CRS84, SERVED, Box
from sdi.errors import BramaError, InvalidParameter

POINTS = 10_000
_LAYER_ID = r"^[a-z][a-z0-9_]{0,47}$"
_GEOJSON_SCHEMA = {
    "type": "object",
    "format": "geojson-feature-collection",
    "contentMediaType": "application/geo+json",
    "required": ["type"],
    "properties": {"type": {"type": "string"}},
}
_LAYER_SCHEMA = {
    "type": "object",
    "required": ["collection"],
    "properties": {
        "collection": {"type": "string", "description": "Id of a collection of this server"},
        "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        "filter": {"type": "string", "description": "Condition in CQL2 text"},
    },
    "additionalProperties": False,
}


class Inputs(BaseModel):
    """Inputs of one process; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=2_000)


def _crs_name(name: str) -> str:
    return crss.parse(name).uri


CrsName = Annotated[
    str,
    AfterValidator(_crs_name),
    WithJsonSchema({"type": "string", "format": "uri", "enum": [crs.uri for crs in SERVED]}),
]
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Position = tuple[Coordinate, Coordinate]


class Features(BaseModel):
    """Features by value (GeoJSON in CRS84), or of a collection of this server, within a box or by a CQL2 filter.

    An address is understood when it is that of a collection's items on this server; any other is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    geojson: str | None = None
    collection: str | None = Field(None, pattern=_LAYER_ID)
    bbox: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = None
    filter: str | None = Field(None, max_length=65_536)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict):
            raise ValueError('features are GeoJSON or {"collection": id}')  # noqa: TRY004 - pydantic reports it
        if "value" in value:
            value = value["value"]
        if isinstance(value, dict) and "href" in value:
            base = (info.context or {}).get("base", "")
            return _of_address(str(value["href"]), base)
        return {"geojson": _geojson(value)} if isinstance(value, dict) and "type" in value else value

    @model_validator(mode="after")
    def _one(self) -> "Features":
        if (self.geojson is None) == (self.collection is None):
            raise ValueError("features are given by value or by a collection")
        if self.geojson is not None and (self.bbox or self.filter):
            raise ValueError("a box and a filter go with a collection")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"oneOf": [_GEOJSON_SCHEMA, _LAYER_SCHEMA]}

    def box(self) -> Box | None:
        """The box in CRS84."""
        return None if self.bbox is None else crss.make_box(self.bbox, CRS84)


def _of_address(href: str, base: str) -> dict[str, Any]:
    parts = urlsplit(href)
    own = urlsplit(f"{base}/ogc/collections/")
    tail = parts.path.removeprefix(own.path).split("/")
    if not base or parts[:2] != own[:2] or not parts.path.startswith(own.path) or tail[1:] != ["items"]:
        raise ValueError(
            "this server fetches nothing from other addresses: send the features, or name a collection of this server"
        )
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items() if name not in ("f", "limit")}
    if unknown := asked.keys() - {"bbox", "filter"}:
        raise ValueError(f"of an address only bbox and filter are understood, not {sorted(unknown)[0][:40]}")
    found: dict[str, Any] = {"collection": tail[0], **asked}
    if "bbox" in asked:
        found["bbox"] = [float(number) for number in asked["bbox"].split(",")[:5]]
    return found


def _geojson(value: dict[str, Any]) -> str:
    """One GeoJSON array of features as text; the geometry library has read every one of them."""
    kind = value.get("type")
    if kind == "FeatureCollection":
        features = value.get("features")
    elif kind == "Feature":
        features = [value]
    else:
        features = [{"type": "Feature", "geometry": value, "properties": {}}]
    if not isinstance(features, list) or not features:
        raise ValueError("there are no features")
    text = json.dumps(features)
    try:
        shapes = shapely.from_geojson(json.dumps({"type": "FeatureCollection", "features": features}))
    except (ShapelyError, ValueError) as error:
        raise ValueError("the features are not GeoJSON") from error
    coordinates = shapely.get_coordinates(shapes)
    if not len(coordinates) or not all(map(math.isfinite, (coordinates.min(), coordinates.max()))):
        raise ValueError("the features have no geometry with finite coordinates")
    return text


class Span(BaseModel):
    """A box of OGC 18-062r2 (bbox.yaml)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bbox: list[Coordinate] = Field(min_length=4, max_length=6)
    crs: CrsName = CRS84.uri

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
        crs = {"type": "string", "format": "uri", "default": CRS84.uri}
        return {
            "type": "object",
            "format": "ogc-bbox",
            "required": ["bbox"],
            "properties": {"bbox": numbers, "crs": crs},
        }

    def box(self) -> Box:
        """The box in its own system."""
        return crss.make_box(self.bbox, crss.parse(self.crs))


class BufferInputs(Inputs):
    """Inputs of `buffer`."""

    features: Features = Field(title="Features")
    distance: float = Field(title="Distance in metres", ge=-100_000, le=100_000, allow_inf_nan=False)
    segments: int = Field(8, title="Segments of a quarter circle", ge=1, le=64)
    dissolve: bool = Field(default=False, title="One shape of all")
    crs: CrsName = Field(CRS84.uri, title="CRS of the result")


class ClipInputs(Inputs):
    """Inputs of `clip`."""

    features: Features = Field(title="Features")
    mask: Features = Field(title="Shapes to clip by")
    crs: CrsName = Field(CRS84.uri, title="CRS of the result")


class StatisticsInputs(Inputs):
    """Inputs of `zone-statistics`."""

    features: Features = Field(title="Features")
    zones: Features = Field(Features(collection="communes"), title="Zones")
    attribute: str | None = Field(None, title="Property to sum up", max_length=100)
    geometry: bool = Field(default=True, title="Shapes of the zones in the result")
    crs: CrsName = Field(CRS84.uri, title="CRS of the result")


class TransformFeaturesInputs(Inputs):
    """Inputs of `transform-features`."""

    features: Features = Field(title="Features")
    source: CrsName = Field(CRS84.uri, title="CRS of the features sent, in its axis order")
    target: CrsName = Field(title="CRS of the result, in its axis order")


class TransformCoordinatesInputs(Inputs):
    """Inputs of `transform-coordinates`."""

    coordinates: list[Position] = Field(
        title="Positions in the axis order of their CRS", min_length=1, max_length=POINTS
    )
    source: CrsName = Field(CRS84.uri, title="CRS of the positions")
    target: CrsName = Field(title="CRS of the result, in its axis order")


class ReprojectInputs(Inputs):
    """Inputs of `reproject-raster`."""

    collection: str = Field(title="Raster layer", pattern=_LAYER_ID)
    target: CrsName = Field(title="CRS of the result")
    resampling: Literal["linear", "nearest"] = Field("linear", title="Resampling")
    bbox: Span | None = Field(None, title="Box to cut out")


class GeocodeInputs(Inputs):
    """Inputs of `geocode`."""

    q: str = Field(title="Name of a place", min_length=1, max_length=100)
    limit: int = Field(10, title="Most results", ge=1, le=100)
    crs: CrsName = Field(CRS84.uri, title="CRS of the result")


def read(kind: type[Inputs], values: Any, base: str) -> Inputs:
    """The inputs of a process; raises InvalidParameter that names the first one at fault."""
    try:
        return kind.model_validate(values, context={"base": base})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        name = str(problem["loc"][0]) if problem["loc"] else "inputs"
        place = ".".join(map(str, problem["loc"][:4]))
        raise InvalidParameter(f"Input {place[:80]!r}: {problem['msg']}.", locator=name[:80]) from error
    except BramaError as error:
        raise InvalidParameter(error.message, locator="inputs") from error


def described(kind: type[Inputs]) -> dict[str, Any]:
    """Of each input its title (a message id), whether it is required, and its JSON Schema without references."""
    schema = kind.model_json_schema()
    definitions = schema.get("$defs", {})
    found = {}
    for name, member in schema["properties"].items():
        plain = _resolved(member, definitions)
        if isinstance(plain.get("default"), dict):
            plain["default"] = {part: value for part, value in plain["default"].items() if value is not None}
        title = plain.pop("title", name)
        found[name] = (title, name in schema.get("required", ()), plain)
    return found


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with its references put in place, as OpenAPI 3.0 wants it."""
    if isinstance(schema, list):
        return [_resolved(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return _resolved({**target, **{name: value for name, value in schema.items() if name != "$ref"}}, definitions)
    if isinstance(schema.get("anyOf"), list):
        kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        if rest.get("default", ...) is None:
            del rest["default"]
        return _resolved({**kinds[0], **rest} if len(kinds) == 1 else {**rest, "anyOf": kinds}, definitions)
    if "prefixItems" in schema:
        kinds = schema["prefixItems"]
        rest = {name: value for name, value in schema.items() if name != "prefixItems"}
        return _resolved({**rest, "items": kinds[0]}, definitions)
    return {name: _resolved(value, definitions) for name, value in schema.items()}
