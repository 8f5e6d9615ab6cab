# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Tiles (20-057): vector tiles and map tiles of layers and of the whole, their sets, and the grids."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, render_template

from layers.items.model import Interval
from layers.items.service import items
from layers.items.values import parse_interval
from layers.ogcapi.common import COLLECTION, LANGUAGE
from layers.ogcapi.common import FORMAT as JSON_OR_HTML
from layers.ogcapi.links import HTML, JSON, MVT, as_json, here, link, root
from layers.ogcapi.query import parameters
from layers.ogcapi.tilesets import (
    COLLECTIONS_LIMIT,
    OFFERS,
    TILEJSON,
    Offer,
    Subject,
    listed,
    metadata,
    preview,
    subject,
    tilejson,
)
from layers.service import visible
from layers.tiles.answers import tile_answer
from layers.tiles.matrix import SETS, WEB_MERCATOR, matrix_set
from layers.tiles.model import PICTURES, Place, Tile
from layers.tiles.serving import check_limits, tile_server
from layers.tiles.timed import read_timed
from sdi.errors import InvalidParameter
from sdi.web.context import principal
from sdi.web.i18n import language
from sdi.web.negotiation import COMMON, negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.parameters import Parameters
from sdi.web.rights import public

_SET_OFFERS = {**COMMON, "tilejson": TILEJSON}
_GRID = {"tile_matrix_set_id": "Id of a tile matrix set"}
_STYLE = {"style_id": "Id of a style of the layer"}
_TILE = {
    **_GRID,
    "tile_matrix": "Level, 0 the coarsest",
    "tile_row": "Row from the north",
    "tile_col": "Column from the west",
}
_JSON_AND_HTML: dict[str, dict[str, Any]] = {JSON: {"type": "object"}, HTML: {"type": "string"}}
_NAMES = {"type": "array", "items": {"type": "string"}, "maxItems": COLLECTIONS_LIMIT}
_COLLECTIONS = Parameter(
    "collections", "Ids of layers, the first at the bottom; those of the base map unless said", _NAMES, explode=False
)
_TIME = Parameter("datetime", "Instant or interval (`2020-01-01/..`) that the features' own time meets", explode=False)
_VERSION = Parameter("v", "State of the layers; with the current one the tile may be kept for a year")
View = Callable[..., Response | str]


@public
@operation(
    Operation("Grids that tiles come in", "Tiles", (JSON_OR_HTML, LANGUAGE), _JSON_AND_HTML, id="getTileMatrixSetsList")
)
def list_matrix_sets() -> Response | str:
    """Tile matrix sets (OGC 20-057, 9.3)."""
    parameters()
    if negotiate() == "html":
        return render_template("ogcapi/matrix_sets.html", sets=SETS)
    sets = [
        {
            "id": grid.id,
            "title": grid.titles[language()],
            **({"uri": grid.uri} if grid.uri else {}),
            "crs": grid.crs.uri,
            "links": [link(f"{root()}/tileMatrixSets/{grid.id}?f=json", "self", JSON)],
        }
        for grid in SETS.values()
    ]
    return as_json({"tileMatrixSets": sets, "links": here(JSON, html=HTML)})


@public
@operation(Operation("A grid", "Tiles", (JSON_OR_HTML, LANGUAGE), _JSON_AND_HTML, path=_GRID, id="getTileMatrixSet"))
def show_matrix_set(tile_matrix_set_id: str) -> Response | str:
    """One tile matrix set (OGC 17-083r4)."""
    parameters()
    grid = matrix_set(tile_matrix_set_id)
    if negotiate() == "html":
        return render_template("ogcapi/matrix_set.html", grid=grid)
    return as_json(grid.document(language()))


def views() -> Iterator[tuple[str, str, View]]:
    """Address, endpoint and view of every list of tile sets, tile set and tile."""
    for offer in OFFERS:
        name = offer.id.replace(".", "_")
        yield offer.address, f"{name}_tilesets", public(_list_view(offer))
        yield f"{offer.address}/<tile_matrix_set_id>", f"{name}_tileset", public(_set_view(offer))
        tile = f"{offer.address}/<tile_matrix_set_id>/<tile_matrix>/<tile_row>/<tile_col>"
        yield tile, f"{name}_tile", public(_tile_view(offer))


def _list_view(offer: Offer) -> View:
    described = Operation(
        f"Tile sets of {_of(offer)}",
        "Tiles",
        (JSON_OR_HTML, LANGUAGE, *_selection(offer)),
        _JSON_AND_HTML,
        path=_path(offer),
        id=f"{offer.id}.getTileSetsList",
    )
    return operation(described)(partial(_list_tilesets, offer))


def _set_view(offer: Offer) -> View:
    shown = {"type": "string", "enum": ["json", "html", "tilejson"]}
    described = Operation(
        f"A tile set of {_of(offer)}",
        "Tiles",
        (LANGUAGE, Parameter("f", "Representation", shown), *_selection(offer)),
        {**_JSON_AND_HTML, TILEJSON: {"type": "object"}},
        path={**_path(offer), **_GRID},
        id=f"{offer.id}.getTileSet",
    )
    return operation(described)(partial(_show_tileset, offer))


def _tile_view(offer: Offer) -> View:
    formats = {"mvt": MVT} if offer.kind == "vector" else {name: told.media_type for name, told in PICTURES.items()}
    shown = Parameter("f", "Format, before the Accept header", {"type": "string", "enum": list(formats)})
    described = Operation(
        f"A tile of {_of(offer)}",
        "Tiles",
        (shown, _VERSION, _TIME, *_selection(offer)),
        {media_type: {"type": "string", "format": "binary"} for media_type in formats.values()},
        {204: "Nothing is there", 304: "Not modified"},
        path={**_path(offer), **_TILE},
        id=f"{offer.id}.getTile",
    )
    return operation(described)(partial(_show_tile, offer))


def _of(offer: Offer) -> str:
    what = "features" if offer.kind == "vector" else "maps"
    return f"{what} of all layers" if offer.whole else f"{what} of a layer"


def _selection(offer: Offer) -> tuple[Parameter, ...]:
    return (_COLLECTIONS,) if offer.whole else ()


def _path(offer: Offer) -> dict[str, str]:
    return {} if offer.whole else COLLECTION | (_STYLE if "<style_id>" in offer.address else {})


def _asked(offer: Offer) -> Parameters:
    return parameters("v", "datetime", "collections") if offer.whole else parameters("v", "datetime")


def _list_tilesets(offer: Offer, **names: str) -> Response | str:
    """Tile sets of a resource (OGC 20-057, 9.2)."""
    what = subject(offer, _asked(offer), **names)
    if negotiate() == "html":
        return render_template("ogcapi/tilesets.html", what=what, sets=SETS, preview=preview(what))
    return as_json({"tilesets": [listed(what, grid) for grid in SETS.values()], "links": here(JSON, html=HTML)})


def _show_tileset(offer: Offer, tile_matrix_set_id: str, **names: str) -> Response | str:
    """Metadata of a tile set (OGC 17-083r4, clause 10), or TileJSON 3.0 for the web's grid."""
    what, grid = subject(offer, _asked(offer), **names), matrix_set(tile_matrix_set_id)
    representation = negotiate(_SET_OFFERS)
    if representation == "html":
        return render_template("ogcapi/tileset.html", what=what, grid=grid, preview=preview(what))
    if representation == "tilejson":
        if grid is not WEB_MERCATOR:
            raise InvalidParameter(f"TileJSON knows only {WEB_MERCATOR.id}.", locator="f")
        return as_json(tilejson(what), TILEJSON)
    return as_json(metadata(what, grid, here(JSON, html=HTML)))


def _show_tile(
    offer: Offer, tile_matrix_set_id: str, tile_matrix: str, tile_row: str, tile_col: str, **names: str
) -> Response:
    """A tile (OGC 20-057, 7.1): 204 or an empty picture where nothing is, 404 outside the tile set's limits."""
    sent = _asked(offer)
    what = subject(offer, sent, **names)
    representation = negotiate(what.formats)
    level, row, column = _index(tile_matrix, "tileMatrix"), _index(tile_row, "tileRow"), _index(tile_col, "tileCol")
    place = Place(matrix_set(tile_matrix_set_id), level, row, column)
    return tile_answer(
        _tile(what, place, representation, _interval(sent)),
        what.formats[representation],
        what.layers,
        sent.text("v", 400),
    )


def _interval(sent: Parameters) -> Interval | None:
    """`datetime` (20-057, clause 12): the features' own time, as of items and maps."""
    text = sent.text("datetime", 200)
    return parse_interval(text) if text else None


def _tile(what: Subject, place: Place, representation: str, interval: Interval | None) -> Tile:
    if interval is None or not any(layer.time_start or layer.time_end for layer in what.layers):
        if what.kind == "vector":
            return tile_server().vectors(items(), what.layers, place)
        return tile_server().picture(visible(), principal(), what.styled, place, representation)
    if what.kind == "vector":
        check_limits(place, what.layers)
        return read_timed(items(), what.layers, place, interval)
    timed = tuple(replace(part, times=(interval,)) for part in what.styled)
    return tile_server().picture(visible(), principal(), timed, place, representation)


def _index(text: str, locator: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidParameter(f"{locator} is {text[:40]!r}; expected a whole number.", locator=locator)
    return int(text)
