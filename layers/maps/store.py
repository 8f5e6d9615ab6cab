# SPDX-License-Identifier: EUPL-1.2
"""SQL of maps: features under a pixel, and features of layers that the render processes may not read themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Select,
    Text,
    func,
    literal,
    literal_column,
    select,
)

from layers.items.statements import FID, feature, relation
from layers.maps.model import InfoQuery, StyledLayer
from layers.maps.selection import conditions
from layers.model import Layer
from layers.rendering.model import MAX_FEATURES, MAX_WKB_BYTES
from sdi import crs
from sdi.crs import CRS84, Box, Crs
from sdi.db.sql import quote
from sdi.errors import TooLarge

_AT_ONCE = 2_000
_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))


@dataclass(frozen=True, slots=True)
class Shapes:
    """WKB of features and, in the same order, the values of the columns asked for."""

    wkb: tuple[bytes, ...]
    rows: tuple[tuple[Any, ...], ...]


def own_box(layer: Layer, box: Box) -> Box:
    """The box in the layer's CRS, x first."""
    return box.to(crs.by_srid(layer.srid).xy)


def features_at(connection: Connection, styled: StyledLayer, query: InfoQuery, *, public: bool) -> bytes:
    """GeoJSON features under the pixel (CRS84, comma-separated, no brackets)."""
    found = _found(styled, query, public=public).subquery("found")
    head = literal(f'{{"layer":"{styled.layer.id}",', Text())
    text = head + func.substr(feature(styled.layer, found, CRS84, None), literal_column("2"), type_=Text())
    return str(connection.execute(select(_joined(text, found, ","))).scalar_one()).encode()


def gml_at(connection: Connection, styled: StyledLayer, query: InfoQuery, *, public: bool) -> bytes:
    """`gml:featureMember` elements (GML 2.1.2, x first in the map's CRS) of the features under the pixel."""
    found = _found(styled, query, public=public).subquery("found")
    layer = styled.layer
    shape = f"ST_AsGML(2, {_in(query.map.box.crs, layer)}, {query.map.box.crs.decimals})::xml"
    columns = ", ".join(f"found.{quote(column.name)}" for column in layer.columns)
    named = ", ".join(f"found.{quote(column.name)} AS {quote(column.name)}" for column in layer.columns)
    member = (
        f'xmlelement(name "gml:featureMember", xmlelement(name {quote(layer.id)},'
        f" xmlattributes('{layer.id}.' || found.fid AS fid),"
        f" {f'xmlforest({named}),' if columns else ''} xmlelement(name geom, {shape})))::text"
    )
    text = str(connection.execute(select(_joined(literal_column(member, Text()), found, ""))).scalar_one())
    return text.translate(_NO_XML).encode()


def rows_at(connection: Connection, styled: StyledLayer, query: InfoQuery, *, public: bool) -> list[dict[str, Any]]:
    """Attributes of the features under the pixel."""
    found = _found(styled, query, public=public).subquery("found")
    columns = [found.c[column.name] for column in styled.layer.columns] or [found.c.fid]
    return [dict(row) for row in connection.execute(select(*columns)).mappings()]


def shapes(connection: Connection, styled: StyledLayer, box: Box, columns: Sequence[str]) -> Shapes:
    """What meets `box` (layer's CRS), for the transaction's principal, in an order as good for labels as any.

    TooLarge over 100,000 features or 128 MB, found out before that much is read.
    """
    source = relation(styled.layer, styled.layer.schema(public=False))
    statement = (
        select(func.ST_AsBinary(source.c.geom, type_=LargeBinary()), *(source.c[name] for name in columns))
        .where(source.c.geom.op("&&")(_envelope(box)), *conditions(styled, source))
        .order_by(func.hashint8(source.c[FID]))
        .limit(MAX_FEATURES + 1)
    )
    wkb: list[bytes] = []
    rows: list[tuple[Any, ...]] = []
    size = 0
    for part in connection.execution_options(yield_per=_AT_ONCE).execute(statement).partitions():
        wkb += [bytes(row[0]) for row in part]
        rows += [tuple(row[1:]) for row in part]
        size += sum(map(len, wkb[-len(part) :]))
        if len(wkb) > MAX_FEATURES or size > MAX_WKB_BYTES:
            message = f"Layer {styled.layer.id!r} has more than {len(wkb) - 1:,} features on this map: zoom in."
            raise TooLarge(message, locator="layers")
    return Shapes(tuple(wkb), tuple(rows))


def _found(styled: StyledLayer, query: InfoQuery, *, public: bool) -> Select[Any]:
    """The features under the pixel, the first `query.count` by their ids."""
    layer = styled.layer
    source = relation(layer, layer.schema(public=public))
    envelope = _envelope(own_box(layer, query.box()))
    met = (source.c.geom.op("&&")(envelope), func.ST_Intersects(source.c.geom, envelope))
    chosen = conditions(styled, source)
    # OFFSET 0 keeps the planner from walking the key and testing the box row by row.
    inside = select(source).where(*met, *chosen).offset(literal_column("0")).subquery("inside")
    return select(inside).order_by(inside.c[FID]).limit(query.count)


def _envelope(box: Box) -> ColumnElement[Any]:
    return func.ST_MakeEnvelope(box.minx, box.miny, box.maxx, box.maxy, literal_column(str(box.srid)))


def _joined(text: ColumnElement[str], found: FromClause, separator: str) -> ColumnElement[str]:
    joined = func.string_agg(text, literal(separator, Text()), type_=Text())
    return func.coalesce(select(joined).select_from(found).scalar_subquery(), literal("", Text()))


def _in(system: Crs, layer: Layer) -> str:
    return "found.geom" if system.srid == layer.srid else f"ST_Transform(found.geom, {system.srid})"
