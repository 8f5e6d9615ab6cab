# SPDX-License-Identifier: EUPL-1.2
"""SQL of WFS answers: features as GML and single values, made by PostGIS; counts; landmarks of a layer's order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)

from layers.items.statements import FID, GEOMETRY, Shape, conditions, relation
from layers.model import ColumnType, GeometryType, Layer
from layers.wfs.model import Srs
from layers.wfs.names import PREFIX
from sdi.db.sql import quote

_SHORT_LINES, _NO_DIMENSION, _LONG_NAME, _FLIPPED = 4, 2, 1, 16
"""Options of ST_AsGML: LineString rather than Curve, no srsDimension, the CRS as URN, northing first."""
_MULTIPLE = {
    GeometryType.MULTIPOINT.value: ("MultiPoint", "pointMember"),
    GeometryType.MULTILINESTRING.value: ("MultiCurve", "curveMember"),
    GeometryType.MULTIPOLYGON.value: ("MultiSurface", "surfaceMember"),
    "GeometryCollection": ("MultiGeometry", "geometryMember"),
}
Row = Callable[[Layer, FromClause], ColumnElement[str]]


@dataclass(frozen=True)
class Form:
    """How a row is written: an element of the answer round each feature, or only the value of one property."""

    srs: Srs
    properties: tuple[str, ...] | None
    before: str
    after: str
    value: str | None = None


def read(layer: Layer, schema: str, shape: Shape, form: Form, *, landmark: bool) -> Select[Any]:
    """The statement of a window of features, written row by row; binds `limit`, `offset` and, if asked, `landmark`.

    With a landmark the offset is counted from the feature that it names, in the order of ids.
    """
    row = chosen(layer, schema, shape, landmark=landmark).subquery("page")
    made = feature(layer, row, form) if form.value is None else value(layer, row, form)
    return select(made, row.c.fid)


def chosen(layer: Layer, schema: str, shape: Shape, *, landmark: bool) -> Select[Any]:
    """Rows of a window in their order."""
    source = relation(layer, schema)
    met = conditions(layer, source, shape)
    limit, offset = bindparam("limit", type_=BigInteger()), bindparam("offset", type_=BigInteger())
    if landmark:
        return select(source).where(source.c.fid >= _first(source)).order_by(source.c.fid).limit(limit)
    if shape.box and shape.by_box:
        # OFFSET 0 keeps the planner from walking the order's index and testing the box row by row.
        source = select(source).where(*met).offset(literal_column("0")).subquery("inside")
        met = []
    return select(source).where(*met).order_by(*_order(source, shape)).limit(limit).offset(offset)


def count(layer: Layer, schema: str, shape: Shape, *, landmark: bool) -> Select[Any]:
    """The statement that counts the features of a window; a NULL `limit` counts to the end."""
    source = relation(layer, schema)
    limit, offset = bindparam("limit", type_=BigInteger()), bindparam("offset", type_=BigInteger())
    rows = select(source.c.fid).where(*conditions(layer, source, shape)).limit(limit)
    # Which rows an offset passes over does not matter here; behind a landmark it is their order that is read.
    rows = rows.where(source.c.fid >= _first(source)).order_by(source.c.fid) if landmark else rows.offset(offset)
    return select(func.count()).select_from(rows.subquery("counted"))


def _first(source: FromClause) -> ColumnElement[Any]:
    """The id of the window's first feature, read from the index alone: `offset` ids after the landmark."""
    place, offset = bindparam("landmark", type_=BigInteger()), bindparam("offset", type_=BigInteger())
    ids = source.alias("ids")
    found = select(ids.c.fid).where(ids.c.fid >= place).order_by(ids.c.fid).limit(literal_column("1")).offset(offset)
    return found.scalar_subquery()


def landmarks(layer: Layer, schema: str, step: int) -> Select[Any]:
    """The statement of every `step`-th id in order, the first of all among them."""
    source = relation(layer, schema)
    place = func.row_number().over(order_by=source.c.fid).label("place")
    numbered = select(source.c.fid, place).subquery("numbered")
    kept = numbered.c.place % literal_column(str(step), Integer()) == literal_column("1")
    return select(numbered.c.fid).where(kept).order_by(numbered.c.fid)


def feature(layer: Layer, row: FromClause, form: Form) -> ColumnElement[str]:
    """A feature as an element of GML 3; what is NULL or empty has no element (OGC 07-036, 9.3)."""
    start = _text(f'{form.before}<{PREFIX}:{layer.id} gml:id="{layer.id}.')
    parts = start + cast(row.c.fid, Text) + _text('">')
    attributes = _attributes(layer, row, form)
    if attributes is not None:
        parts = parts + attributes
    if form.properties is None or GEOMETRY in form.properties:
        shape = _text(f"<{PREFIX}:{GEOMETRY}>") + geometry(layer, row, form.srs) + _text(f"</{PREFIX}:{GEOMETRY}>")
        parts = parts + func.coalesce(shape, _text(""))
    return parts + _text(f"</{PREFIX}:{layer.id}>{form.after}")


def value(layer: Layer, row: FromClause, form: Form) -> ColumnElement[str]:
    """One property's value: text, or the element inside (OGC 09-025r2, 10.2.4.3)."""
    if form.value == GEOMETRY:
        made = geometry(layer, row, form.srs)
    elif form.value == FID:
        made = _text(f"{layer.id}.") + cast(row.c.fid, Text)
    else:
        element = f"xmlforest({_written(layer, row, form.value or '')} AS v)::text"
        made = literal_column(f"substr({element}, 4, length({element}) - 7)", Text())
    return _text(form.before) + func.coalesce(made, _text("")) + _text(form.after)


def geometry(layer: Layer, row: FromClause, srs: Srs) -> ColumnElement[str]:
    """The geometry as GML 3, every part with an identifier of its own; NULL without one."""
    shape: ColumnElement[Any] = row.c.geom
    if srs.crs.srid != layer.srid:
        shape = func.ST_Transform(shape, _number(srs.crs.srid))
    name = _text(f"{layer.id}.") + cast(row.c.fid, Text) + _text(f".{GEOMETRY}")
    if layer.geometry_type.value in _MULTIPLE:
        return _collection(shape, srs, name, layer.geometry_type.value)
    single = _single(shape, srs, name)
    if layer.geometry_type is not GeometryType.GEOMETRY:
        return single
    kinds = {f"ST_{kind}": _collection(shape, srs, name, kind) for kind in _MULTIPLE}
    return case(kinds, value=func.ST_GeometryType(row.c.geom, type_=Text()), else_=single)


def _single(shape: ColumnElement[Any], srs: Srs, name: ColumnElement[str]) -> ColumnElement[str]:
    if srs.name == srs.crs.urn and srs.crs.authority == "EPSG":
        return _gml(shape, srs, name, _LONG_NAME)
    # PostGIS writes no other names of a system than its short one and its URN.
    short = _text(f'"EPSG:{srs.crs.srid}"')
    return func.replace(_gml(shape, srs, name, 0), short, _text(f'"{srs.name}"'), type_=Text())


def _collection(shape: ColumnElement[Any], srs: Srs, name: ColumnElement[str], kind: str) -> ColumnElement[str]:
    """A collection put together here: PostGIS would write one identifier on the whole and on every part."""
    whole, member = _MULTIPLE[kind]
    parts = func.ST_Dump(shape).table_valued("geom", "path", name="part")
    number = literal_column("array_to_string(part.path, '.')", Text())
    part = func.ST_SetSRID(parts.c.geom, _number(0))
    written = _gml(part, srs, name + _text(".") + number, 0)
    members = select(
        func.string_agg(_text(f"<gml:{member}>") + written + _text(f"</gml:{member}>"), _text("")).label("members")
    ).select_from(parts)
    start = _text(f'<gml:{whole} srsName="{srs.name}" gml:id="') + name + _text('">')
    return start + members.scalar_subquery() + _text(f"</gml:{whole}>")


def _gml(shape: ColumnElement[Any], srs: Srs, name: ColumnElement[str], options: int) -> ColumnElement[str]:
    options += _SHORT_LINES + _NO_DIMENSION + (_FLIPPED if srs.crs.northing_first else 0)
    return func.ST_AsGML(
        _number(3), shape, _number(srs.crs.decimals), _number(options), _text("gml"), name, type_=Text()
    )


def _attributes(layer: Layer, row: FromClause, form: Form) -> ColumnElement[str] | None:
    columns = [c.name for c in layer.columns if form.properties is None or c.name in form.properties]
    if not columns:
        return None
    listed = ", ".join(f'{_written(layer, row, name)} AS "{PREFIX}:{name}"' for name in columns)
    return literal_column(f"coalesce(xmlforest({listed})::text, '')", Text())


def _written(layer: Layer, row: FromClause, name: str) -> str:
    """A column as XML Schema writes its type; what has no such form (a date without end) is NULL."""
    column = f"{quote(str(row.name))}.{quote(name)}"  # type: ignore[attr-defined] # every subquery here has a name
    kind = layer.by_name[name].type
    if kind in (ColumnType.DATE, ColumnType.TIMESTAMP):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    if kind is ColumnType.NUMBER:
        return f"replace({column}::text, 'Infinity', 'INF')"
    return column


def _order(source: FromClause, shape: Shape) -> list[ColumnElement[Any]]:
    keys = [
        source.c[key.column].desc().nulls_first() if key.descending else source.c[key.column].asc().nulls_last()
        for key in shape.sort
    ]
    return [*keys, source.c.fid.asc()]


def _text(text: str) -> ColumnElement[str]:
    """A text of ours (names of layers, of columns, of reference systems) as a literal."""
    return literal_column("'" + text.replace("'", "''") + "'", Text())


def _number(number: int) -> ColumnElement[int]:
    return literal_column(str(number), Integer())
