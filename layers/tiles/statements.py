# SPDX-License-Identifier: EUPL-1.2
"""SQL of vector tiles: the box is tested in the table's own CRS, so that its spatial index is used."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)

from layers.items.statements import SQL_TYPES, Geometry, relation
from layers.levels.model import COUNT, LEVEL, Level
from layers.model import GeometryType, Layer

EXTENT = 4_096
BUFFER = 64
"""Units of the tile's own grid kept beyond its sides, so that outlines do not show there."""
MOST_ROWS = 50_000
"""Rows read for a tile of a level or without attributes."""
_SURFACES = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)
_POINTS = (GeometryType.POINT, GeometryType.MULTIPOINT)
Where = Callable[[FromClause], Iterable[ColumnElement[bool]]]


def tile(
    layer: Layer, schema: str, srid: int, *, thinned: bool = False, where: Where = lambda _source: ()
) -> Select[Any]:
    """The tile's bytes and how many features were read, of those that meet what `where` asks of their table.

    Binds `minx`... (the tile, in `srid`), `west`, `south`, `east`, `north` (tile and buffer in the layer's CRS),
    `budget`; thinned ones also `pixel` (its side in the layer's units) and `mask` (a power of two less one).
    """
    source = relation(layer, schema)
    within: list[ColumnElement[bool]] = [
        source.c.geom.op("&&", is_comparison=True)(_envelope("west", "south", "east", "north", layer.srid)),
        *where(source),
    ]
    geometry: ColumnElement[Any] = source.c.geom
    if thinned:
        within.append(_sample(layer, source))
        if layer.geometry_type in _SURFACES:
            # What is under a pixel would vanish; a pixel in its place shows that something is there.
            pixel = func.ST_Expand(func.ST_Centroid(func.ST_Envelope(geometry)), _bound("pixel") / 2)
            geometry = case((_large(source), geometry), else_=pixel)
    columns = [source.c[one.name] for one in layer.columns]
    most = bindparam("budget", type_=BigInteger()) + literal_column("1")
    drawn = _drawn(geometry, layer, srid)
    rows = select(source.c.fid, *columns, drawn.label("geom")).where(*within).limit(most).subquery("tile")
    return _made(layer, rows)


def of_level(layer: Layer, level: Level, schema: str, srid: int) -> Select[Any]:
    """As `tile`, of a generalised level: what stays with its id, merged cells without one, classes and labels.

    The level's number stands in the text, because its index is a partial one.
    """
    carried = [column(one.name, SQL_TYPES[layer.by_name[one.name].type]) for one in level.columns]
    counted: list[ColumnClause[Any]] = [column(COUNT, Integer())] if layer.geometry_type in _POINTS else []
    own = (column("fid", BigInteger()), column("geom", Geometry()), column(LEVEL, Integer()))
    source = table(level.table, *own, *counted, *carried, schema=schema)
    within = (
        source.c[LEVEL] == literal_column(str(level.number)),
        source.c.geom.op("&&", is_comparison=True)(_envelope("west", "south", "east", "north", layer.srid)),
    )
    columns = [source.c[one.name] for one in level.columns] + [source.c[one.name] for one in counted]
    rows = select(source.c.fid, *columns, _drawn(source.c.geom, layer, srid).label("geom")).where(*within)
    return _made(layer, rows.limit(literal_column(str(MOST_ROWS))).subquery("tile"))


def lean(layer: Layer, columns: Sequence[str], schema: str, srid: int) -> Select[Any]:
    """As `tile`, for tiles of more features than a tile with all attributes holds: each feature, simplified to half a
    `pixel`, with `columns` only."""
    source = relation(layer, schema)
    geometry: ColumnElement[Any] = source.c.geom
    if layer.geometry_type not in _POINTS:
        geometry = func.ST_Simplify(geometry, _bound("pixel") / 2, literal_column("true"))
    within = source.c.geom.op("&&", is_comparison=True)(_envelope("west", "south", "east", "north", layer.srid))
    chosen = [source.c[name] for name in columns]
    rows = select(source.c.fid, *chosen, _drawn(geometry, layer, srid).label("geom")).where(within)
    return _made(layer, rows.limit(literal_column(str(MOST_ROWS))).subquery("tile"))


def _drawn(geometry: ColumnElement[Any], layer: Layer, srid: int) -> ColumnElement[Any]:
    if srid != layer.srid:
        geometry = func.ST_Transform(geometry, literal_column(str(srid)))
    bounds = _envelope("minx", "miny", "maxx", "maxy", srid)
    return func.ST_AsMVTGeom(
        geometry, bounds, literal_column(str(EXTENT)), literal_column(str(BUFFER)), literal_column("true")
    )


def _made(layer: Layer, rows: FromClause) -> Select[Any]:
    made = func.ST_AsMVT(
        literal_column("tile.*"),
        literal_column(f"'{layer.id}'"),
        literal_column(str(EXTENT)),
        literal_column("'geom'"),
        literal_column("'fid'"),
    )
    return select(made.filter(rows.c.geom.is_not(None)), func.count()).select_from(rows)


def _sample(layer: Layer, source: FromClause) -> ColumnElement[bool]:
    """Large features all, of the others those whose hash falls so: the same ones in every tile of a thinning."""
    chosen = and_(func.hashint8(source.c.fid).op("&")(bindparam("mask", type_=BigInteger())) == literal_column("0"))
    return chosen if layer.geometry_type in _POINTS else or_(chosen, _large(source))


def _large(source: FromClause) -> ColumnElement[bool]:
    wide = func.ST_XMax(source.c.geom) - func.ST_XMin(source.c.geom)
    high = func.ST_YMax(source.c.geom) - func.ST_YMin(source.c.geom)
    return or_(wide > _bound("pixel"), high > _bound("pixel"))


def _envelope(minx: str, miny: str, maxx: str, maxy: str, srid: int) -> ColumnElement[Any]:
    corners = (_bound(name) for name in (minx, miny, maxx, maxy))
    return func.ST_MakeEnvelope(*corners, literal_column(str(srid)))


def _bound(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Double())
