# SPDX-License-Identifier: EUPL-1.2
"""SQL of vector tiles: the box is tested in the table's own CRS, so that its spatial index is used."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from layers.items.statements import relation
from layers.model import GeometryType, Layer

EXTENT = 4_096
BUFFER = 64
"""Units of the tile's own grid kept beyond its sides, so that outlines do not show there."""
_SURFACES = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)
_POINTS = (GeometryType.POINT, GeometryType.MULTIPOINT)


def tile(layer: Layer, schema: str, srid: int, *, thinned: bool) -> Select[Any]:
    """The tile's bytes and how many features were read.

    Binds `minx`... (the tile, in `srid`), `west`, `south`, `east`, `north` (tile and buffer in the layer's CRS),
    `budget`; thinned ones also `pixel` (its side in the layer's units) and `mask` (a power of two less one).
    """
    source = relation(layer, schema)
    within: list[ColumnElement[bool]] = [
        source.c.geom.op("&&", is_comparison=True)(_envelope("west", "south", "east", "north", layer.srid))
    ]
    geometry: ColumnElement[Any] = source.c.geom
    if thinned:
        within.append(_sample(layer, source))
        if layer.geometry_type in _SURFACES:
            # What is under a pixel would vanish; a pixel in its place shows that something is there.
            pixel = func.ST_Expand(func.ST_Centroid(func.ST_Envelope(geometry)), _bound("pixel") / 2)
            geometry = case((_large(source), geometry), else_=pixel)
    if srid != layer.srid:
        geometry = func.ST_Transform(geometry, literal_column(str(srid)))
    bounds = _envelope("minx", "miny", "maxx", "maxy", srid)
    drawn = func.ST_AsMVTGeom(
        geometry, bounds, literal_column(str(EXTENT)), literal_column(str(BUFFER)), literal_column("true")
    )
    columns = [source.c[column.name] for column in layer.columns]
    most = bindparam("budget", type_=BigInteger()) + literal_column("1")
    rows = select(source.c.fid, *columns, drawn.label("geom")).where(*within).limit(most).subquery("tile")
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
