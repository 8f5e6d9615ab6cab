# SPDX-License-Identifier: EUPL-1.2
"""A layer drawn from a generalised level: cells of what is smaller than a pixel below, larger features above."""

from dataclasses import dataclass, replace

from layers.items.store import cursor
from layers.levels.model import KIND, LEVEL, Kind, Level
from layers.levels.service import (
    can_merge,
    level_for,
    levels_of,
    merged_style,
    pixel_of,
    shape_of,
    shapes_of,
    spacing,
    table,
)
from layers.maps.model import STANDARD_DPI, MapQuery, StyledLayer
from layers.maps.selection import label_reach, pixels_around, shape_reach
from layers.maps.store import own_box
from layers.model import Layer
from layers.rendering.model import FeaturesSource, RenderLayer, Source
from layers.rendering.service import connection_from, postgis_source
from layers.styles.filters import properties
from layers.styles.model import Style, Text
from layers.styles.service import MapnikStyle, mapnik_style
from sdi.crs import Box
from sdi.db.database import Database, Role
from sdi.people.model import Principal

_TOGETHER = {"line": 2, "area": 3, "point": 0, None: 0}


class Generalised:
    """Finds levels for maps and gives them as sources of the renderer, for one application."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def level(self, styled: StyledLayer, query: MapQuery, caller: Principal | None) -> Level | None:
        """The level that shows what the layer itself would; None where only its features do."""
        style, shape = _active(styled, query), shape_of(styled.layer)
        if shape is None or conditioned(styled) or not (shape == "point" or can_merge(style)):
            return None
        levels = self._levels(styled.layer, query, caller)
        if not levels:
            return None
        classes = {name for rule in style.rules for name in properties(rule.filter)}
        signs = (sign for rule in style.rules for sign in rule.symbolizers)
        labels = {name for sign in signs if isinstance(sign, Text) for name in sign.pieces()[1::2]}
        apart = pixel(styled.layer, query) * (spacing(style) if shape == "point" else 1.0)
        return level_for(levels, apart, classes, labels)

    def settled(self, query: MapQuery, caller: Principal | None) -> bool:
        """Whether a map drawn from now on shows every change that was made before; levels may lag for a moment."""
        found = (self.level(styled, query, caller) for styled in query.layers)
        return all(level is None or level.fresh for level in found)

    def layers(
        self, styled: StyledLayer, query: MapQuery, caller: Principal | None, level: Level, drawn: MapnikStyle,
    ) -> list[RenderLayer]:  # fmt: skip
        """Cells of what is smaller than a pixel, over them larger features, over them labels."""
        near, reach = pixels_around(query, shape_reach(query, styled)), pixels_around(query, label_reach(query, styled))
        rows = _Rows(self._database, styled.layer, level, caller, query)
        shapes = tuple(rules for rules in drawn.passes if "<TextSymbolizer" not in rules)
        labels = tuple(rules for rules in drawn.passes if "<TextSymbolizer" in rules)
        made = []
        if cells := _cells(styled, query, level):
            made.append(RenderLayer(rows.source(Kind.CELLS, cells, near), cells.passes, buffer=near))
        if shapes:
            # In the order of their places marks would cover one another like shingles.
            mixed = shape_of(styled.layer) == "point"
            made.append(RenderLayer(rows.source(Kind.FEATURE, drawn, near, ordered=mixed), shapes, buffer=near))
        if labels and reach:
            made.append(RenderLayer(rows.source(Kind.FEATURE, drawn, reach, ordered=True), labels))
        return made

    def _levels(self, layer: Layer, query: MapQuery, caller: Principal | None) -> tuple[Level, ...]:
        public = layer.visibility == "public"
        with cursor(self._database, None if public else caller) as reader:
            return levels_of(reader, layer, own_box(layer, query.box).bounds, public=public)


@dataclass(frozen=True)
class _Rows:
    """A level's rows as sources of the renderer."""

    database: Database
    layer: Layer
    level: Level
    caller: Principal | None
    query: MapQuery

    def source(self, kind: Kind, drawn: MapnikStyle, reach: int, *, ordered: bool = False) -> Source:
        """Rows of a kind with the columns that are drawn, from so many pixels around."""
        if self.layer.visibility == "public":
            schema, name = table(self.level, public=True)
            connection = connection_from(self.database.conninfo(Role.PUBLIC))
            where = f"{LEVEL} = {self.level.number} AND {KIND} = {kind:d}"
            raw = postgis_source(self.layer, connection, drawn.columns, where, ordered=ordered)
            together = 0 if kind is Kind.FEATURE else _TOGETHER[shape_of(self.layer)]
            return replace(raw, schema=schema, table=name, together=together)
        dx, dy = (reach * side for side in self.query.resolution)
        box = self.query.box
        wide = own_box(self.layer, Box(box.minx - dx, box.miny - dy, box.maxx + dx, box.maxy + dy, box.crs))
        with cursor(self.database, self.caller) as reader:
            wkb, rows = shapes_of(reader, self.level, kind, wide, drawn.columns)
        return FeaturesSource(self.layer.srid, wkb, drawn.columns, rows)


def _cells(styled: StyledLayer, query: MapQuery, level: Level) -> MapnikStyle | None:
    """How merged cells are drawn; None where they are not. Points stay points."""
    shape = shape_of(styled.layer)
    if shape == "point":
        return None
    width = pixel(styled.layer, query) * query.dpi / STANDARD_DPI
    style = merged_style(_active(styled, query), level, width, areas=shape == "area")
    return mapnik_style(style, [column.name for column in styled.layer.columns]) if style else None


def pixel(layer: Layer, query: MapQuery) -> float:
    """Units of the layer's CRS a pixel."""
    return pixel_of(layer, query.box, *query.resolution)


def _active(styled: StyledLayer, query: MapQuery) -> Style:
    """The style without the rules that are not drawn at this scale."""
    return styled.style.model_copy(update={"rules": tuple(query.active(styled.style))})


def conditioned(styled: StyledLayer) -> bool:
    """Whether only some of the layer's features are shown, which levels cannot tell apart."""
    timed = styled.times and (styled.layer.time_start or styled.layer.time_end)
    return styled.filter is not None or bool(timed)
