# SPDX-License-Identifier: EUPL-1.2
"""Pictures, legends and features of a map, for whoever asks."""

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from flask import current_app

from layers.maps import store
from layers.maps.generalised import Generalised, conditioned
from layers.maps.model import STANDARD_DPI, InfoQuery, LegendQuery, MapQuery, StyledLayer
from layers.maps.pixels import feature_at, gml_of, values_at
from layers.maps.selection import check_work, label_reach, pixels_around, shape_reach, where
from layers.model import Layer
from layers.rasters.service import Grid, needs_painting, picture
from layers.rendering.model import (
    VECTOR,
    FeaturesSource,
    MapRequest,
    PostgisSource,
    RasterSource,
    RenderLayer,
    Source,
)
from layers.rendering.model import Box as RenderBox
from layers.rendering.service import RenderClient, connection_from, postgis_source, split_parts
from layers.service import Snapshot
from layers.styles.model import Raster, Rule, Style
from layers.styles.service import LegendEntry, MapnikStyle, legend, mapnik_style, parse_style
from sdi.crs import Box
from sdi.db.database import Database, Role
from sdi.errors import NotFound, TooLarge
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings
from sdi.web.i18n import localised

_BUFFER = 64
_PICTURE = mapnik_style(Style(rules=(Rule(symbolizers=(Raster(resampling="nearest"),)),)), ())
_POINT_DPI = 72.0
"""A unit of PDF is a point: its pages are as large as the map is at its resolution. SVG has pixels."""


class MapService:
    """Draws and asks for one application; safe in any number of threads."""

    def __init__(self, settings: Settings, database: Database, client: RenderClient) -> None:
        self._objects = Objects(settings)
        self._database = database
        self._client = client
        self._limits = settings.limits
        self._generalised = Generalised(database)

    def draw(self, query: MapQuery, snapshot: Snapshot, caller: Principal | None) -> bytes:
        """The picture of a map."""
        return self._client.render(self._request(query, snapshot, caller))

    def draw_parts(
        self, query: MapQuery, cut: tuple[int, int], snapshot: Snapshot, caller: Principal | None
    ) -> list[bytes]:
        """A map cut into `cut` (columns, rows) equal pictures, row by row; one in which nothing is has no bytes."""
        return split_parts(self._client.render(replace(self._request(query, snapshot, caller), cut=cut)))

    def settled(self, query: MapQuery, caller: Principal | None) -> bool:
        """Whether the map, drawn after this, shows every change made before; otherwise it is not to be kept."""
        return self._generalised.settled(query, caller)

    def legend(self, query: LegendQuery) -> bytes:
        """The picture of a layer's legend."""
        return self._client.render(legend_request(query))

    def paint(self, request: MapRequest) -> bytes:
        """A picture that is no map: see `layers.maps.notice`."""
        return self._client.render(request)

    def features(self, query: InfoQuery, caller: Principal | None) -> bytes:
        """A GeoJSON feature collection of what lies under the pixel, in CRS84."""
        with self._database.read(caller) as connection:
            found = [
                feature_at(self.file(styled.layer), styled.layer, query.box())
                if styled.layer.kind == "raster"
                else store.features_at(connection, styled, query, public=caller is None)
                for styled in query.layers
            ]
        return b'{"type":"FeatureCollection","features":[' + b",".join(part for part in found if part) + b"]}"

    def gml(self, query: InfoQuery, caller: Principal | None) -> bytes:
        """`gml:featureMember` elements of what lies under the pixel."""
        with self._database.read(caller) as connection:
            found = [
                gml_of(styled.layer, values_at(self.file(styled.layer), styled.layer, query.box()))
                if styled.layer.kind == "raster"
                else store.gml_at(connection, styled, query, public=caller is None)
                for styled in query.layers
            ]
        return b"".join(found)

    def rows(self, query: InfoQuery, caller: Principal | None) -> list[tuple[Layer, list[dict[str, Any]]]]:
        """Attributes of what lies under the pixel, by layer."""
        with self._database.read(caller) as connection:
            found = []
            for styled in query.layers:
                if styled.layer.kind == "raster":
                    values = values_at(self.file(styled.layer), styled.layer, query.box())
                    rows = [values] if values else []
                else:
                    rows = store.rows_at(connection, styled, query, public=caller is None)
                found.append((styled.layer, rows))
        return found

    def file(self, layer: Layer) -> Path:
        """Where a raster layer's file is."""
        return self._objects.path(layer.object_key or "")

    def _request(self, query: MapQuery, snapshot: Snapshot, caller: Principal | None) -> MapRequest:
        self._check_pixels(query)
        drawn = [part for styled in query.layers for part in self._render_layers(styled, query, snapshot, caller)]
        self._check_work(query, drawn)
        # Labels of all layers go over all areas, those of the upper layers first: they have the first choice of place.
        labels = [layer for layer in reversed(drawn) if layer.buffer is None]
        shapes = [layer for layer in drawn if layer.buffer is not None]
        dpi = _POINT_DPI if query.format == "pdf" else query.dpi
        return MapRequest(
            width=max(1, round(query.width * dpi / query.dpi)),
            height=max(1, round(query.height * dpi / query.dpi)),
            box=RenderBox(*query.box.bounds),
            srid=query.box.srid,
            layers=(*shapes, *labels),
            background=query.background,
            format=query.format,
            scale_factor=dpi / STANDARD_DPI,
            buffer=max((_BUFFER, *(pixels_around(query, label_reach(query, styled)) for styled in query.layers))),
            whole_labels=query.whole_labels or query.format in VECTOR,
        )

    def _check_pixels(self, query: MapQuery) -> None:
        if query.width * query.height > self._limits.map_pixels:
            message = (
                f"A map has at most {self._limits.map_pixels:,} pixels; this one has {query.width * query.height:,}."
            )
            raise TooLarge(message, locator="width")

    def _render_layers(
        self, styled: StyledLayer, query: MapQuery, snapshot: Snapshot, caller: Principal | None
    ) -> list[RenderLayer]:
        """A layer as shapes and, with a wider surrounding, as labels; nothing where no rule is drawn at this scale."""
        if not query.active(styled.style):
            return []
        if painted := self._painted(styled, query):
            return painted
        drawn = _drawn(styled, snapshot)
        if level := self._generalised.level(styled, query, caller):
            return self._generalised.layers(styled, query, caller, level, drawn)
        shapes = tuple(rules for rules in drawn.passes if "<TextSymbolizer" not in rules)
        labels = tuple(rules for rules in drawn.passes if "<TextSymbolizer" in rules)
        near, reach = pixels_around(query, shape_reach(query, styled)), pixels_around(query, label_reach(query, styled))
        made = []
        if shapes:
            made.append(RenderLayer(self._source(styled, drawn, query, caller, near), shapes, buffer=near))
        if labels and reach:
            made.append(RenderLayer(self._source(styled, drawn, query, caller, reach, ordered=True), labels))
        return made

    def _source(
        self, styled: StyledLayer, drawn: MapnikStyle, query: MapQuery, caller: Principal | None, reach: int,
        *, ordered: bool = False,
    ) -> Source:  # fmt: skip
        """Where the features come from that show from so many pixels around."""
        layer = styled.layer
        if layer.kind == "raster":
            return self._raster(layer, styled.style)
        if layer.visibility == "public":
            connection = connection_from(self._database.conninfo(Role.PUBLIC))
            return postgis_source(layer, connection, drawn.columns, where(styled), ordered=ordered)
        box = store.own_box(layer, _widened(query, reach))
        with self._database.read(caller) as connection_:
            found = store.shapes(connection_, styled, box, drawn.columns)
        return FeaturesSource(
            layer.srid, found.wkb, drawn.columns, tuple(tuple(map(_plain, row)) for row in found.rows)
        )

    def _painted(self, styled: StyledLayer, query: MapQuery) -> list[RenderLayer]:
        """Rasters whose symbolizers the renderer does not know, as pictures; empty where it draws by itself."""
        parts = [part for rule in query.active(styled.style) for part in rule.symbolizers if isinstance(part, Raster)]
        if not any(map(needs_painting, parts)):
            return []
        grid = Grid(query.box, query.width, query.height)
        made = [picture(styled.layer, self.file(styled.layer), part, grid) for part in parts]
        return [RenderLayer(source, _PICTURE.passes) for source in made if source]

    def _raster(self, layer: Layer, style: Style) -> RasterSource:
        coloured = any(isinstance(part, Raster) and part.color_map for rule in style.rules for part in rule.symbolizers)
        nodata = ((layer.raster or {}).get("bands") or [{}])[0].get("nodata")
        return RasterSource(
            str(self.file(layer)), layer.srid, RenderBox(*layer.extent), 1 if coloured else None, nodata
        )

    def _check_work(self, query: MapQuery, drawn: list[RenderLayer]) -> None:
        """Counts what is read feature by feature; generalised tables are as large as the picture."""
        tables = {layer.source.table for layer in drawn if isinstance(layer.source, PostgisSource)}
        raw = [styled.layer for styled in query.layers if styled.layer.relation in tables]
        wanted = [(layer, store.own_box(layer, query.box)) for layer in raw]
        if sum(layer.feature_count for layer in raw) > self._limits.map_features:
            with self._database.public.connect() as connection:
                chosen = any(conditioned(styled) for styled in query.layers if styled.layer.relation in tables)
                check_work(connection, wanted, self._limits.map_features, chosen=chosen)


def styled(snapshot: Snapshot, layer: Layer, name: str = "") -> StyledLayer:
    """A layer in one of its styles, the empty name its default; NotFound without such a style."""
    for style in snapshot.styles.get(layer.id, ()):
        if name in ("", style.name):
            key = ("style", layer.id, style.name)
            if key not in snapshot.derived:
                snapshot.derived[key] = parse_style(json.dumps(dict(style.definition)))
            return StyledLayer(layer, style.name, snapshot.derived[key])
    raise NotFound(f"Layer {layer.id!r} has no style {name[:80]!r}.", locator="styles")


def legend_request(query: LegendQuery) -> MapRequest:
    """A legend as it goes to the render processes; its size is that of the picture. NotFound without the rule."""
    style = query.styled.style
    if query.rule is not None:
        rules = tuple(rule for rule in style.rules if rule.name == query.rule)
        if not rules:
            raise NotFound(f"The style has no rule {query.rule[:80]!r}.", locator="rule")
        style = style.model_copy(update={"rules": rules})
    return legend(
        [LegendEntry(localised(query.styled.layer.title), style)],
        scale_denominator=query.denominator,
        image_format=query.format,
        background=query.background,
        scale_factor=query.factor,
    )


def map_service() -> MapService:
    """The application's."""
    return cast("MapService", current_app.extensions["maps"])


def _drawn(styled: StyledLayer, snapshot: Snapshot) -> MapnikStyle:
    """Rules for the renderer; those of the layer's own styles are kept."""
    columns = [column.name for column in styled.layer.columns]
    if not styled.style_name:
        return mapnik_style(styled.style, columns)
    key = ("mapnik", styled.layer.id, styled.style_name)
    if key not in snapshot.derived:
        snapshot.derived[key] = mapnik_style(styled.style, columns)
    return cast("MapnikStyle", snapshot.derived[key])


def _widened(query: MapQuery, pixels: int) -> Box:
    dx, dy = query.resolution
    box = query.box
    return Box(box.minx - pixels * dx, box.miny - pixels * dy, box.maxx + pixels * dx, box.maxy + pixels * dy, box.crs)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
