# SPDX-License-Identifier: EUPL-1.2
"""Which features of a layer a map shows: filter and times as SQL, and how much reading them costs."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Date, FromClause, and_, false, literal, or_, text

from layers.items.model import Interval
from layers.items.statements import FID, queryables, relation
from layers.maps.model import STANDARD_DPI, MapQuery, StyledLayer
from layers.model import Layer
from layers.rendering.model import MAX_BUFFER
from layers.rendering.service import where_sql
from layers.styles.model import Fill, Icon, Line, Mark, Raster, Symbolizer, Text
from sdi.crs import Box
from sdi.errors import TooLarge
from sdi.filters.compile import compile_filter

_CORNER = 4
"""Half widths that a mitred corner may reach (the renderer's limit)."""
_SMOOTHED = 2
"""Pixels over which edges are smoothed, and rounding."""
_RESAMPLED = 62.0
"""Pixels of a raster around the picture that smoothing and relief may ask for."""
_SIGN_WIDTH = 16
"""Labels that are so many times their letters' height away still matter, those that are not wrapped twice as far.

Measured on dense areas of 80 by 60 pixels: with 14 a label was cut between neighbours, with 16 none.
"""


def conditions(styled: StyledLayer, source: FromClause) -> list[ColumnElement[bool]]:
    """What a feature must meet to be shown, beside the box; `source` is `layers.items.statements.relation`."""
    found = list(_during(styled, source))
    if styled.filter is not None:
        found.append(compile_filter(styled.filter, queryables(styled.layer, source)))
        if styled.filter.ids:
            ids = [int(name) for name in styled.filter.ids if name.isascii() and name.isdigit() and len(name) < 19]
            found.append(source.c[FID].in_(ids) if ids else false())
    return found


def where(styled: StyledLayer) -> str | None:
    """The same as SQL text for the render processes; None where everything is shown."""
    found = conditions(styled, relation(styled.layer, styled.layer.schema(public=True)))
    return where_sql(and_(*found)) if found else None


def label_reach(query: MapQuery, styled: StyledLayer) -> int:
    """How far from its feature a label may reach, in pixels of 0.28 mm; 0 where no labels are drawn."""
    texts = [part for rule in query.active(styled.style) for part in rule.symbolizers if isinstance(part, Text)]
    wrapped = (part.placement == "point" and part.anchor == "center" for part in texts)
    reaches = (part.size * _SIGN_WIDTH * (1 if short else 2) for part, short in zip(texts, wrapped, strict=True))
    return round(max(reaches, default=0))


def shape_reach(query: MapQuery, styled: StyledLayer) -> int:
    """How far beside its features a layer's areas, lines and marks show, in pixels of 0.28 mm."""
    signs = (sign for rule in query.active(styled.style) for sign in rule.symbolizers)
    return math.ceil(max(map(_around, signs), default=0.0)) + _SMOOTHED


def _around(sign: Symbolizer) -> float:
    if isinstance(sign, Fill):
        return sign.outline_width / 2 * _CORNER if sign.outline_color else 0.0
    if isinstance(sign, Line):
        return sign.width / 2 * _CORNER + abs(sign.perpendicular_offset)
    if isinstance(sign, Mark | Icon):
        side = sign.size if isinstance(sign, Icon) else 2 * sign.radius + sign.stroke_width
        return side + math.hypot(*sign.offset)
    return _RESAMPLED if isinstance(sign, Raster) else 0.0


def pixels_around(query: MapQuery, reach: int) -> int:
    """A reach in pixels of the picture, as far as one may look around it."""
    return min(round(reach * query.dpi / STANDARD_DPI), MAX_BUFFER)


def check_work(connection: Connection, layers: Iterable[tuple[Layer, Box]], most: int, *, chosen: bool = False) -> None:
    """TooLarge when the boxes (in each layer's CRS) hold more than `most` features, by the planner's statistics.

    `chosen` says that a filter or a time chooses among them, which keeps generalised levels from being drawn instead.
    """
    count = sum(_selected(connection, layer, box) * layer.feature_count for layer, box in layers)
    if count > most and chosen:
        message = (
            f"With a filter or a time this map looks at each of about {count:,.0f} features; one may look at {most:,}:"
            " zoom in, or ask without them."
        )
        raise TooLarge(message, locator="filter")
    if count > most:
        message = (
            f"This map would show about {count:,.0f} features; one may show {most:,}: zoom in or take fewer layers."
        )
        raise TooLarge(message, locator="layers")


# By the catalogue, because the application's role may not name the tables behind its views.
_SELECTED = text(
    "SELECT _postgis_selectivity(c.oid, 'geom', ST_MakeEnvelope(:minx, :miny, :maxx, :maxy, :srid))"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'data' AND c.relname = :relation"
)


def _selected(connection: Connection, layer: Layer, box: Box) -> float:
    corners = {"minx": box.minx, "miny": box.miny, "maxx": box.maxx, "maxy": box.maxy, "srid": layer.srid}
    found = connection.execute(_SELECTED, {"relation": layer.relation, **corners}).scalar()
    return 1.0 if found is None else float(found)


def _during(styled: StyledLayer, source: FromClause) -> Iterator[ColumnElement[bool]]:
    """The feature's own time meets one of the intervals; an unknown end of a span is open."""
    layer, wanted = styled.layer, styled.times
    first, last = layer.time_start or layer.time_end, layer.time_end or layer.time_start
    if not wanted or first is None or last is None:
        return
    begins, ends = source.c[first], source.c[last]
    yield or_(*(_meets(begins, ends, interval) for interval in wanted))
    if first != last:
        yield or_(begins.is_not(None), ends.is_not(None))


def _meets(
    begins: "ColumnElement[datetime]", ends: "ColumnElement[datetime]", interval: Interval
) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    one = begins is ends
    if interval.end is not None:
        met = begins <= _moment(interval.end, begins)
        parts.append(met if one else or_(begins.is_(None), met))
    if interval.start is not None:
        met = ends >= _moment(interval.start, ends)
        parts.append(met if one else or_(ends.is_(None), met))
    return and_(*parts) if parts else begins.is_not(None) if one else literal(value=True)


def _moment(moment: datetime, column: "ColumnElement[datetime]") -> ColumnElement[datetime]:
    value = moment.astimezone(UTC)
    return literal(value.date() if isinstance(column.type, Date) else value, column.type)
