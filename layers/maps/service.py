# SPDX-License-Identifier: EUPL-1.2
"""Pictures, legends and features of a map, for whoever asks."""

import json
from datetime import date, datetime
from typing import Any, cast

from flask import current_app
from sqlalchemy import Connection

from layers.maps import store
from layers.maps.model import STANDARD_DPI, InfoQuery, MapQuery, StyledLayer
from layers.maps.pixels import feature_at, values_at
from layers.model import Layer
from layers.rendering.model import Box as RenderBox
from layers.rendering.model import FeaturesSource, Format, MapRequest, RasterSource, RenderLayer, Source
from layers.rendering.service import RenderClient, connection_from, postgis_source
from layers.service import Snapshot
from layers.styles.model import Raster, Style
from layers.styles.service import LegendEntry, MapnikStyle, legend, mapnik_style, parse_style
from sdi import crs
from sdi.crs import Box
from sdi.db.database import Database, Role
from sdi.errors import NotFound
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings
from sdi.web.i18n import localised

_BUFFER = 64


class MapService:
    """Draws and asks for one application; safe in any number of threads."""

    def __init__(self, settings: Settings, database: Database, client: RenderClient) -> None:
        self._objects = Objects(settings)
        self._database = database
        self._client = client

    def draw(self, query: MapQuery, snapshot: Snapshot, caller: Principal | None) -> bytes:
        """The picture of a map."""
        layers = tuple(self._render_layer(styled, query, snapshot, caller) for styled in query.layers)
        request = MapRequest(
            width=query.width,
            height=query.height,
            box=RenderBox(*query.box.bounds),
            srid=query.box.srid,
            layers=layers,
            background=query.background,
            format=query.format,
            scale_factor=query.dpi / STANDARD_DPI,
            buffer=_BUFFER,
        )
        return self._client.render(request)

    def legend(self, styled: StyledLayer, picture: Format, denominator: float | None) -> bytes:
        """The picture of a layer's legend."""
        entry = LegendEntry(localised(styled.layer.title), styled.style)
        return self._client.render(legend([entry], scale_denominator=denominator, image_format=picture))

    def features(self, query: InfoQuery, caller: Principal | None) -> bytes:
        """A GeoJSON feature collection of what lies under the pixel, in CRS84."""
        with self._database.read(caller) as connection:
            found = [self._feature(connection, layer, query, public=caller is None) for layer in query.layers]
        return b'{"type":"FeatureCollection","features":[' + b",".join(part for part in found if part) + b"]}"

    def rows(self, query: InfoQuery, caller: Principal | None) -> list[tuple[Layer, list[dict[str, Any]]]]:
        """Attributes of what lies under the pixel, by layer."""
        with self._database.read(caller) as connection:
            return [(layer, self._rows(connection, layer, query, public=caller is None)) for layer in query.layers]

    def _feature(self, connection: Connection, layer: Layer, query: InfoQuery, *, public: bool) -> bytes:
        if layer.kind == "raster":
            return feature_at(self._objects.path(layer.object_key or ""), layer, query.box())
        return store.features_at(connection, layer, _in(layer, query.box()), query.count, public=public)

    def _rows(self, connection: Connection, layer: Layer, query: InfoQuery, *, public: bool) -> list[dict[str, Any]]:
        if layer.kind == "raster":
            values = values_at(self._objects.path(layer.object_key or ""), layer, query.box())
            return [values] if values else []
        return store.rows_at(connection, layer, _in(layer, query.box()), query.count, public=public)

    def _render_layer(
        self, styled: StyledLayer, query: MapQuery, snapshot: Snapshot, caller: Principal | None
    ) -> RenderLayer:
        key = ("mapnik", styled.layer.id, styled.style_name)
        if key not in snapshot.derived:
            snapshot.derived[key] = mapnik_style(styled.style, [column.name for column in styled.layer.columns])
        drawn: MapnikStyle = snapshot.derived[key]
        return RenderLayer(self._source(styled, drawn, query, caller), drawn.passes)

    def _source(self, styled: StyledLayer, drawn: MapnikStyle, query: MapQuery, caller: Principal | None) -> Source:
        layer = styled.layer
        if layer.kind == "raster":
            return self._raster(layer, styled.style)
        if layer.visibility == "public":
            return postgis_source(layer, connection_from(self._database.conninfo(Role.PUBLIC)), drawn.columns)
        dx, dy = query.resolution
        box = query.box
        wide = Box(box.minx - _BUFFER * dx, box.miny - _BUFFER * dy, box.maxx + _BUFFER * dx,
                   box.maxy + _BUFFER * dy, box.crs)  # fmt: skip
        with self._database.read(caller) as connection:
            shapes, rows = store.shapes(connection, layer, _in(layer, wide), drawn.columns)
        return FeaturesSource(layer.srid, shapes, drawn.columns, tuple(tuple(map(_plain, row)) for row in rows))

    def _raster(self, layer: Layer, style: Style) -> RasterSource:
        path = self._objects.path(layer.object_key or "")
        coloured = any(isinstance(part, Raster) and part.color_map for rule in style.rules for part in rule.symbolizers)
        nodata = ((layer.raster or {}).get("bands") or [{}])[0].get("nodata")
        return RasterSource(str(path), layer.srid, RenderBox(*layer.extent), 1 if coloured else None, nodata)


def styled(snapshot: Snapshot, layer: Layer, name: str = "") -> StyledLayer:
    """A layer in one of its styles, the empty name its default; NotFound without such a style."""
    for style in snapshot.styles.get(layer.id, ()):
        if name in ("", style.name):
            key = ("style", layer.id, style.name)
            if key not in snapshot.derived:
                snapshot.derived[key] = parse_style(json.dumps(dict(style.definition)))
            return StyledLayer(layer, style.name, snapshot.derived[key])
    raise NotFound(f"Layer {layer.id!r} has no style {name[:80]!r}.", locator="styles")


def map_service() -> MapService:
    """The application's."""
    return cast("MapService", current_app.extensions["maps"])


def _in(layer: Layer, box: Box) -> Box:
    return box.to(crs.by_srid(layer.srid).xy)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
