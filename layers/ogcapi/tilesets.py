# SPDX-License-Identifier: EUPL-1.2
"""Tile sets of OGC API Tiles: of which layers, in which grid, and what their metadata say (OGC 17-083r4, clause 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from layers.maps.model import StyledLayer
from layers.maps.service import styled
from layers.model import GeometryType, Layer
from layers.ogcapi.collections import text_of
from layers.ogcapi.features import vector_layer
from layers.ogcapi.links import JSON, MVT, OGC_REL, Link, link, root
from layers.ogcapi.schemas import returnables
from layers.service import visible, visible_layer, visible_layers
from layers.tiles.answers import state_of
from layers.tiles.matrix import WEB_MERCATOR, TileMatrixSet
from layers.tiles.model import PICTURES
from layers.tiles.serving import layers_limits
from sdi.crs import CRS84, Box
from sdi.errors import NotFound, TooLarge
from sdi.web.context import services
from sdi.web.i18n import gettext as _
from sdi.web.i18n import language
from sdi.web.parameters import Parameters

COLLECTIONS_LIMIT = 20
"""Layers in one tile."""
_FIRST = 5
TILEJSON = "application/vnd.mapbox.tilejson+json"
_DIMENSIONS = {
    GeometryType.POINT: 0,
    GeometryType.MULTIPOINT: 0,
    GeometryType.LINESTRING: 1,
    GeometryType.MULTILINESTRING: 1,
    GeometryType.POLYGON: 2,
    GeometryType.MULTIPOLYGON: 2,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An address under which tile sets are found; `id` begins the ids of its operations (20-057, table 9)."""

    id: str
    address: str
    kind: Literal["vector", "map"]

    @property
    def whole(self) -> bool:
        """Whether it is of the data set as a whole, not of one collection."""
        return self.id.startswith("dataset")


OFFERS = (
    Offer("collection.vector", "/ogc/collections/<collection_id>/tiles", "vector"),
    Offer("collection.map", "/ogc/collections/<collection_id>/map/tiles", "map"),
    Offer("collection.style.map", "/ogc/collections/<collection_id>/styles/<style_id>/map/tiles", "map"),
    Offer("dataset.vector", "/ogc/tiles", "vector"),
    Offer("dataset.map", "/ogc/map/tiles", "map"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the tiles of a request show: layers from the bottom up, for map tiles with their styles."""

    kind: Literal["vector", "map"]
    address: str
    layers: tuple[Layer, ...]
    styled: tuple[StyledLayer, ...]
    selection: str = ""

    @property
    def title(self) -> str:
        """Titles of the layers, in this answer's language."""
        return ", ".join(text_of(layer.title, language()) for layer in self.layers)

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """The ground of all the layers, in CRS84."""
        boxes = [layer.bbox for layer in self.layers]
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        return west, south, max(box[2] for box in boxes), max(box[3] for box in boxes)

    @property
    def formats(self) -> Mapping[str, str]:
        """Media types of the tiles by what `f` calls them."""
        if self.kind == "vector":
            return {"mvt": MVT}
        return {name: picture.media_type for name, picture in PICTURES.items()}

    def of(self, grid: TileMatrixSet) -> str:
        """Address of the tile set in a grid."""
        return f"{self.address}/{grid.id}"

    def template(self, grid: TileMatrixSet, representation: str = "", state: bool = False) -> str:
        """Address of its tiles, with their place in braces."""
        query = [self.selection] if self.selection else []
        query += [f"f={representation}"] if representation else []
        query += [f"v={state_of(self.layers)}"] if state else []
        sent = f"?{'&'.join(query)}" if query else ""
        return f"{self.of(grid)}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{sent}"


def subject(offer: Offer, sent: Parameters, collection_id: str = "", style_id: str = "") -> Subject:
    """What is asked for; NotFound, and TooLarge for too many collections (20-057, clause 11)."""
    if not offer.whole:
        layer = vector_layer(collection_id) if offer.kind == "vector" else visible_layer(collection_id)
        address = offer.address.removeprefix("/ogc").replace("<collection_id>", layer.id)
        one = styled(visible(), layer, style_id) if offer.kind == "map" else None
        address = address.replace("<style_id>", one.style_name) if one else address
        return Subject(offer.kind, f"{root()}{address}", (layer,), (one,) if one else ())
    names = sent.words("collections")
    if len(names) > COLLECTIONS_LIMIT:
        raise TooLarge(f"A tile holds at most {COLLECTIONS_LIMIT} collections.", locator="collections")
    chosen = tuple(_layer(name, offer) for name in dict.fromkeys(names)) if names else _usual(offer)
    drawn = tuple(styled(visible(), layer) for layer in chosen) if offer.kind == "map" else ()
    selection = f"collections={','.join(layer.id for layer in chosen)}" if names else ""
    return Subject(offer.kind, f"{root()}{offer.address.removeprefix('/ogc')}", chosen, drawn, selection)


def _layer(name: str, offer: Offer) -> Layer:
    found = visible_layers().get(name)
    if found is None or (offer.kind == "vector" and found.kind != "vector"):
        raise NotFound(f"There is no collection {name[:80]!r} with such tiles.", locator="collections")
    return found


def _usual(offer: Offer) -> tuple[Layer, ...]:
    """Without a choice: the layers of the base map, else those that stand first."""
    site = services().settings.site
    fitting = {name: one for name, one in visible_layers().items() if offer.kind == "map" or one.kind == "vector"}
    named = [name for name in dict.fromkeys((*site.base_layers, *site.start_layers)) if name in fitting]
    usual = tuple(fitting[name] for name in named) or tuple(fitting.values())[:_FIRST]
    if not usual:
        raise NotFound("There are no layers to make tiles of.", locator="collections")
    return usual[:COLLECTIONS_LIMIT]


def listed(what: Subject, grid: TileMatrixSet) -> dict[str, Any]:
    """A tile set in a list of them (20-057, 9.2)."""
    query = f"?f=json{'&' if what.selection else ''}{what.selection}"
    return {
        "title": f"{what.title}: {grid.titles[language()]}",
        "dataType": what.kind,
        "crs": grid.crs.uri,
        "tileMatrixSetURI": grid.uri or _address(grid),
        "links": [link(what.of(grid) + query, "self", JSON, _("Tile set")), scheme(grid), *_templates(what, grid)],
    }


def metadata(what: Subject, grid: TileMatrixSet, links: list[Link]) -> dict[str, Any]:
    """The whole of a tile set's metadata."""
    west, south, east, north = what.bbox
    described: dict[str, Any] = {
        "title": f"{what.title}: {grid.titles[language()]}",
        "dataType": what.kind,
        "crs": grid.crs.uri,
        "tileMatrixSetURI": grid.uri or _address(grid),
        "tileMatrixSetLimits": [_limits(what, grid, level) for level in range(grid.levels)],
        "boundingBox": _bounds(what, grid),
        "centerPoint": {"coordinates": [(west + east) / 2, (south + north) / 2], "crs": CRS84.uri},
        "mediaTypes": list(what.formats.values()),
        "layers": [_layer_of(layer, what.kind) for layer in what.layers],
        "links": [*links, scheme(grid), *_templates(what, grid)],
    }
    attribution = "; ".join(dict.fromkeys(layer.attribution for layer in what.layers if layer.attribution))
    return described | ({"attribution": attribution} if attribution else {})


def _bounds(what: Subject, grid: TileMatrixSet) -> dict[str, Any]:
    """The ground of the layers in the grid's own CRS, in the authority's order of axes (17-083r4, clause 10)."""
    minx, miny, maxx, maxy = Box(*what.bbox, CRS84).to(grid.crs).bounds
    lower, upper = (minx, miny), (maxx, maxy)
    if grid.crs.northing_first:
        lower, upper = (miny, minx), (maxy, maxx)
    return {"lowerLeft": lower, "upperRight": upper, "crs": grid.crs.uri, "orderedAxes": grid.axes}


def tilejson(what: Subject) -> dict[str, Any]:
    """TileJSON 3.0 of the set in the web's grid; its addresses may be kept for good."""
    representation = next(iter(what.formats))
    template = what.template(WEB_MERCATOR, representation, state=True)
    for name, short in (("tileMatrix", "z"), ("tileRow", "y"), ("tileCol", "x")):
        template = template.replace(f"{{{name}}}", f"{{{short}}}")
    attribution = "; ".join(dict.fromkeys(layer.attribution for layer in what.layers if layer.attribution))
    made: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": what.title,
        "tiles": [template],
        "bounds": list(what.bbox),
        "minzoom": 0,
        "maxzoom": 22,
        **({"attribution": attribution} if attribution else {}),
    }
    # TileJSON 3.0 demands `vector_layers` of vector tiles and knows it for nothing else.
    return made | ({"vector_layers": [_fields(layer) for layer in what.layers]} if what.kind == "vector" else {})


def scheme(grid: TileMatrixSet) -> Link:
    """The link to a grid's definition."""
    return link(f"{_address(grid)}?f=json", f"{OGC_REL}tiling-scheme", JSON, grid.titles[language()])


def preview(what: Subject) -> str:
    """Address of tiles for the map of a page."""
    template = what.template(WEB_MERCATOR, next(iter(what.formats)), state=True)
    return template.replace("{tileMatrix}", "{z}").replace("{tileRow}", "{y}").replace("{tileCol}", "{x}")


def _address(grid: TileMatrixSet) -> str:
    return f"{root()}/tileMatrixSets/{grid.id}"


def _templates(what: Subject, grid: TileMatrixSet) -> list[Link]:
    return [
        {**link(what.template(grid, name), "item", media_type), "templated": True}
        for name, media_type in what.formats.items()
    ]


def _limits(what: Subject, grid: TileMatrixSet, level: int) -> dict[str, Any]:
    found = layers_limits(what.layers, grid, level)
    return {
        "tileMatrix": str(level),
        "minTileRow": found.first_row,
        "maxTileRow": found.last_row,
        "minTileCol": found.first_column,
        "maxTileCol": found.last_column,
    }


def _layer_of(layer: Layer, kind: str) -> dict[str, Any]:
    west, south, east, north = layer.bbox
    made: dict[str, Any] = {
        "id": layer.id,
        "title": text_of(layer.title, language()),
        "description": text_of(layer.abstract, language()),
        "dataType": kind,
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84.uri},
        "links": [link(f"{root()}/collections/{layer.id}?f=json", "geodata", JSON)],
    }
    if layer.geometry_type in _DIMENSIONS:
        made["geometryDimension"] = _DIMENSIONS[layer.geometry_type]
    if kind == "vector":
        made["propertiesSchema"] = {"type": "object", "properties": _attributes(layer)}
    return {name: value for name, value in made.items() if value != ""}


def _attributes(layer: Layer) -> dict[str, Any]:
    described = returnables(layer)
    return {column.name: described[column.name] for column in layer.columns}


def _fields(layer: Layer) -> dict[str, Any]:
    return {
        "id": layer.id,
        "description": text_of(layer.title, language()),
        "minzoom": 0,
        "maxzoom": 22,
        "fields": {column.name: column.type.value for column in layer.columns},
    }
