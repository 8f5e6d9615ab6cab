# SPDX-License-Identifier: EUPL-1.2
"""Vector tiles of the features whose own time meets an interval, made for each request: what is kept has no time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Double, Select, bindparam, func, literal_column, select

from layers.items.model import Interval, ItemQuery
from layers.items.service import Items, bound_values, shape_of
from layers.items.statements import Shape, conditions, relation
from layers.items.statements import compiled as compiled_statement
from layers.items.store import number, one
from layers.model import Layer
from layers.tiles.model import Place, Tile
from layers.tiles.service import BUDGET, ground_of, tile_values
from layers.tiles.statements import BUFFER, EXTENT
from sdi.errors import TooLarge


def read_timed(items: Items, layers: Sequence[Layer], place: Place, interval: Interval) -> Tile:
    """A vector tile of layers at a time; TooLarge where one has more features then than a tile holds."""
    made = [_read(items, layer, place, interval) for layer in layers]
    return Tile(b"".join(made), complete=True)


def _read(items: Items, layer: Layer, place: Place, interval: Interval) -> bytes:
    bounds = place.grid.tile(*place.key)
    query = ItemQuery(limit=BUDGET, interval=interval if layer.time_start or layer.time_end else None)
    shape, srid = shape_of(query, by_box=True), place.grid.crs.srid
    key = ("timed tile", layer.id, layer.version, items.schema(layer), srid, shape)
    statement = items.kept.get(key, lambda: compiled_statement(_tile(layer, items.schema(layer), srid, shape)))
    values = {**tile_values(bounds, ground_of(layer, bounds)), **bound_values(layer, query)}
    with items.cursor(layer) as cursor:
        data, read = one(cursor, statement, values) or (None, None)
    if number(read) > BUDGET:
        message = f"At that time layer {layer.id!r} has over {BUDGET:,} features in this tile: ask for a deeper level."
        raise TooLarge(message, locator="tileMatrix")
    return data or b""


def _tile(layer: Layer, schema: str, srid: int, shape: Shape) -> Select[Any]:
    """The tile's bytes and how many features were read; binds what `tile_values` and `bound_values` give."""
    source = relation(layer, schema)
    ground = func.ST_MakeEnvelope(*map(_bound, ("west", "south", "east", "north")), literal_column(str(layer.srid)))
    bounds = func.ST_MakeEnvelope(*map(_bound, ("minx", "miny", "maxx", "maxy")), literal_column(str(srid)))
    shown = source.c.geom if srid == layer.srid else func.ST_Transform(source.c.geom, literal_column(str(srid)))
    sizes: tuple[Any, ...] = (literal_column(str(EXTENT)), literal_column(str(BUFFER)), literal_column("true"))
    drawn = func.ST_AsMVTGeom(shown, bounds, *sizes).label("geom")
    inside = source.c.geom.op("&&", is_comparison=True)(ground)
    rows = (
        select(source.c.fid, *(source.c[column.name] for column in layer.columns), drawn)
        .where(inside, *conditions(layer, source, shape))
        .limit(bindparam("budget", type_=BigInteger()) + literal_column("1"))
        .subquery("tile")
    )
    named: tuple[Any, ...] = (literal_column(f"'{layer.id}'"), literal_column(str(EXTENT)), literal_column("'geom'"))
    made = func.ST_AsMVT(literal_column("tile.*"), *named, literal_column("'fid'"))
    return select(made.filter(rows.c.geom.is_not(None)), func.count()).select_from(rows)


def _bound(name: str) -> Any:
    return bindparam(name, type_=Double())
