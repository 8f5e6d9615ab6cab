# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Tiles: vector tiles of layers, their tile sets, and the grids."""

from typing import Any

from flask import Response, render_template

from layers.items.service import items
from layers.model import Layer
from layers.ogcapi.collections import text_of
from layers.ogcapi.common import COLLECTION, LANGUAGE
from layers.ogcapi.common import FORMAT as JSON_OR_HTML
from layers.ogcapi.features import vector_layer
from layers.ogcapi.links import (
    HTML,
    JSON,
    MVT,
    OGC_REL,
    Link,
    as_json,
    here,
    link,
    root,
    unchanged,
    validators,
)
from layers.ogcapi.query import parameters
from layers.ogcapi.schemas import returnables
from layers.tiles.matrix import SETS, WEB_MERCATOR, TileMatrixSet, matrix_set
from layers.tiles.service import BUDGET, read_tile
from sdi import crs as crss
from sdi.crs import CRS84, Box
from sdi.errors import InvalidParameter
from sdi.web.i18n import language
from sdi.web.negotiation import COMMON, negotiate
from sdi.web.openapi import Operation, Parameter, operation

LIMIT_HEADER = "Brama-Tile-Limit"
"""Sent with a tile from which features were left out: how many a tile may have."""
_TILEJSON = "application/vnd.mapbox.tilejson+json"
_OFFERS = {**COMMON, "tilejson": _TILEJSON}
_YEAR = 31_536_000
_GRID = {"tile_matrix_set_id": "Id of a tile matrix set"}
_TILE = {
    **COLLECTION,
    **_GRID,
    "tile_matrix": "Level, 0 the coarsest",
    "tile_row": "Row from the north",
    "tile_col": "Column from the west",
}
_JSON_AND_HTML: dict[str, dict[str, Any]] = {JSON: {"type": "object"}, HTML: {"type": "string"}}


@operation(Operation("Grids that tiles come in", "Tiles", (JSON_OR_HTML, LANGUAGE), _JSON_AND_HTML))
def list_matrix_sets() -> Response | str:
    """Tile matrix sets (OGC 20-057, 9.3)."""
    parameters()
    if negotiate() == "html":
        return render_template("ogcapi/matrix_sets.html", sets=SETS)
    listed = [
        {
            "id": grid.id,
            "title": grid.titles[language()],
            **({"uri": grid.uri} if grid.uri else {}),
            "crs": grid.crs.uri,
            "links": [link(f"{root()}/tileMatrixSets/{grid.id}?f=json", "self", JSON)],
        }
        for grid in SETS.values()
    ]
    return as_json({"tileMatrixSets": listed, "links": here(JSON, html=HTML)})


@operation(Operation("A grid", "Tiles", (LANGUAGE, Parameter("f", "`json`")), path=_GRID))
def show_matrix_set(tile_matrix_set_id: str) -> Response:
    """One tile matrix set (OGC 17-083r4)."""
    parameters()
    negotiate({"json": JSON})
    return as_json(matrix_set(tile_matrix_set_id).document(language()))


@operation(Operation("Tile sets of a layer", "Tiles", (JSON_OR_HTML, LANGUAGE), _JSON_AND_HTML, path=COLLECTION))
def list_tilesets(collection_id: str) -> Response | str:
    """Tile sets of a collection (OGC 20-057, 9.2)."""
    parameters()
    layer = vector_layer(collection_id)
    if negotiate() == "html":
        return render_template("ogcapi/tilesets.html", layer=layer, sets=SETS)
    listed = [
        {
            "title": grid.titles[language()],
            "dataType": "vector",
            "crs": grid.crs.uri,
            **({"tileMatrixSetURI": grid.uri} if grid.uri else {}),
            "links": [link(_own(layer, grid), "self", JSON), _scheme(grid), _template(layer, grid)],
        }
        for grid in SETS.values()
    ]
    return as_json({"tilesets": listed, "links": here(JSON, html=HTML)})


@operation(
    Operation(
        "A tile set",
        "Tiles",
        (LANGUAGE, Parameter("f", "Representation", {"type": "string", "enum": ["json", "html", "tilejson"]})),
        {**_JSON_AND_HTML, _TILEJSON: {"type": "object"}},
        path={**COLLECTION, **_GRID},
    )
)
def show_tileset(collection_id: str, tile_matrix_set_id: str) -> Response | str:
    """Metadata of a tile set (OGC 17-083r4, clause 10), or TileJSON 3.0 for the web's grid."""
    parameters()
    layer, grid = vector_layer(collection_id), matrix_set(tile_matrix_set_id)
    representation = negotiate(_OFFERS)
    if representation == "html":
        return render_template("ogcapi/tileset.html", layer=layer, grid=grid, template=_address(layer, grid))
    if representation == "tilejson":
        if grid is not WEB_MERCATOR:
            raise InvalidParameter(f"TileJSON knows only {WEB_MERCATOR.id}.", locator="f")
        return as_json(_tilejson(layer), _TILEJSON)
    return as_json(_tileset(layer, grid))


@operation(
    Operation(
        "A vector tile",
        "Tiles",
        (
            Parameter("f", "`mvt`", {"type": "string", "enum": ["mvt"]}),
            Parameter("v", "Version of the layer; with the current one the tile may be kept for a year"),
        ),
        {MVT: {"type": "string", "format": "binary"}},
        {204: "Nothing is there", 304: "Not modified"},
        path=_TILE,
    )
)
def show_tile(collection_id: str, tile_matrix_set_id: str, tile_matrix: str, tile_row: str, tile_col: str) -> Response:
    """A tile (OGC 20-057, 7.1.2): 204 where nothing is, 404 outside the grid, a header when it is not complete."""
    sent = parameters("v")
    negotiate({"mvt": MVT})
    layer, grid = vector_layer(collection_id), matrix_set(tile_matrix_set_id)
    headers = validators(layer, "mvt")
    if sent.text("v", 20) == str(layer.version) and layer.visibility == "public":
        headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    if same := unchanged(headers):
        return same
    place = (_index(tile_matrix, "tileMatrix"), _index(tile_row, "tileRow"), _index(tile_col, "tileCol"))
    tile = read_tile(items(), layer, grid, *place)
    if not tile.complete:
        headers[LIMIT_HEADER] = str(BUDGET)
    if not tile.data:
        return Response(status=204, headers=headers)
    return Response(tile.data, headers=headers, content_type=MVT)


def _index(text: str, locator: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidParameter(f"{locator} is {text[:40]!r}; expected a whole number.", locator=locator)
    return int(text)


def _own(layer: Layer, grid: TileMatrixSet) -> str:
    return f"{root()}/collections/{layer.id}/tiles/{grid.id}"


def _address(layer: Layer, grid: TileMatrixSet) -> str:
    return f"{_own(layer, grid)}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"


def _scheme(grid: TileMatrixSet) -> Link:
    return link(f"{root()}/tileMatrixSets/{grid.id}?f=json", f"{OGC_REL}tiling-scheme", JSON)


def _template(layer: Layer, grid: TileMatrixSet) -> Link:
    return {**link(_address(layer, grid), "item", MVT), "templated": True}


def _tileset(layer: Layer, grid: TileMatrixSet) -> dict[str, Any]:
    bounds = Box(*layer.extent, crss.by_srid(layer.srid).xy).to(grid.crs.xy).bounds
    limits = []
    for level in range(grid.levels):
        first_row, last_row, first_col, last_col = grid.limits(bounds, level)
        limits.append(
            {
                "tileMatrix": str(level),
                "minTileRow": first_row,
                "maxTileRow": last_row,
                "minTileCol": first_col,
                "maxTileCol": last_col,
            }
        )
    minx, miny, maxx, maxy = layer.bbox
    return {
        "title": text_of(layer.title, language()),
        "dataType": "vector",
        "crs": grid.crs.uri,
        **({"tileMatrixSetURI": grid.uri} if grid.uri else {}),
        "tileMatrixSetLimits": limits,
        "boundingBox": {"lowerLeft": [minx, miny], "upperRight": [maxx, maxy], "crs": CRS84.uri},
        "layers": [
            {
                "id": layer.id,
                "title": text_of(layer.title, language()),
                "dataType": "vector",
                "propertiesSchema": {"properties": _attributes(layer)},
            }
        ],
        "links": [*here(JSON, html=HTML), _scheme(grid), _template(layer, grid)],
    }


def _attributes(layer: Layer) -> dict[str, Any]:
    described: dict[str, Any] = returnables(layer)
    return {column.name: described[column.name] for column in layer.columns}


def _tilejson(layer: Layer) -> dict[str, Any]:
    minx, miny, maxx, maxy = layer.bbox
    return {
        "tilejson": "3.0.0",
        "name": text_of(layer.title, language()),
        "tiles": [f"{_own(layer, WEB_MERCATOR)}/{{z}}/{{y}}/{{x}}?v={layer.version}"],
        "bounds": [minx, miny, maxx, maxy],
        "minzoom": 0,
        "maxzoom": 22,
        "vector_layers": [{"id": layer.id, "fields": {column.name: column.type.value for column in layer.columns}}],
        **({"attribution": layer.attribution} if layer.attribution else {}),
    }
