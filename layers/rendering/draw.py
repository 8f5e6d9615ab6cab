# SPDX-License-Identifier: EUPL-1.2
"""Mapnik: turns a `MapRequest` into picture bytes. Imported by render processes only.

Importing the wheel sets PROJ_LIB, GDAL_DATA and ICU_DATA for the process, after which other geospatial wheels find no
CRS.
"""

import os
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

import mapnik

from layers.rendering.drawings import with_files
from layers.rendering.model import (
    VECTOR,
    FeaturesSource,
    Format,
    MapRequest,
    PictureSource,
    PostgisSource,
    RasterSource,
    RenderLayer,
    Source,
)
from layers.rendering.parts import join_parts
from layers.rendering.table import table_sql
from sdi.errors import InvalidParameter

# Measured on 10,000 polygons at 512 px, which compress badly: 11 ms and 428 kB, 17 ms and 226 kB, 2 ms and 150 kB,
# 20 ms and 151 kB. A higher level takes twice the time for a hundredth of the bytes.
ENCODERS: dict[Format, str] = {
    "png": "png32:z=1",
    "png8": "png8:m=h:z=1",
    "jpeg": "jpeg80",
    "webp": "webp:quality=80:method=1",
}
_OPAQUE = ":t=0"
"""Leaves the channel out that says the same of every pixel."""
CACHED_SOURCES = 256
MAX_DOCUMENT_BYTES = 100_000_000
"""An SVG or PDF; the process may write no larger file."""
_FOLDER = Path(__file__).parent
_LOST = ("server closed the connection", "terminating connection", "no connection to the server")


class Painter:
    """Draws maps and keeps the most recently used datasources open (opening one costs a statement and a connection)."""

    def __init__(self, cached: int = CACHED_SOURCES) -> None:
        self._cached = cached
        self._sources: OrderedDict[PostgisSource | RasterSource, Any] = OrderedDict()

    def draw(self, request: MapRequest) -> bytes:
        """The picture's bytes in `request.format`; raises InvalidParameter, RuntimeError (Mapnik's), MemoryError."""
        try:
            return self._draw(request)
        except RuntimeError as error:
            self._sources.clear()
            if not any(words in str(error) for words in _LOST):
                raise
            return self._draw(request)

    def _draw(self, request: MapRequest) -> bytes:
        canvas = mapnik.Map(request.width, request.height, _srs(request.srid))
        canvas.aspect_fix_mode = mapnik.aspect_fix_mode.RESPECT
        canvas.buffer_size = request.buffer
        background = request.background or ("#ffffff" if request.format == "jpeg" else None)
        if background:
            canvas.background = mapnik.Color(background)
        mapnik.load_map_from_string(canvas, _styles_xml(request), strict=True, base_path=str(_FOLDER))
        for index, layer in enumerate(request.layers):
            canvas.layers.append(self._layer(index, layer))
        box = request.box
        canvas.zoom_to_box(mapnik.Box2d(box.min_x, box.min_y, box.max_x, box.max_y))
        if request.format in VECTOR:
            return _document(canvas, request)
        image = mapnik.Image(request.width, request.height)
        mapnik.render(canvas, image, request.scale_factor)
        if request.cut:
            return _in_parts(image, request, request.cut)
        encoded: bytes = image.to_string(_encoder(request))
        return encoded

    def _layer(self, index: int, layer: RenderLayer) -> Any:
        drawn = mapnik.Layer(str(index), _srs(layer.source.srid))
        drawn.datasource = self._datasource(layer.source)
        # Reading once for all passes saves a fifth of the time; a million squares at once take 0.6 GB for it.
        drawn.cache_features = len(layer.passes) > 1
        for number in range(len(layer.passes)):
            drawn.styles.append(f"{index}.{number}")
        if layer.buffer is not None:
            drawn.buffer_size = layer.buffer
        if layer.min_scale_denominator is not None:
            drawn.minimum_scale_denominator = layer.min_scale_denominator
        if layer.max_scale_denominator is not None:
            drawn.maximum_scale_denominator = layer.max_scale_denominator
        return drawn

    def _datasource(self, source: Source) -> Any:
        if isinstance(source, FeaturesSource):
            return _memory(source)
        if isinstance(source, PictureSource):
            return _picture(source)
        found = self._sources.pop(source, None)
        if found is None:
            found = _postgis(source) if isinstance(source, PostgisSource) else _raster(source)
        self._sources[source] = found
        while len(self._sources) > self._cached:
            self._sources.popitem(last=False)
        return found


def _encoder(request: MapRequest) -> str:
    return ENCODERS[request.format] + (_OPAQUE if request.format == "png" and request.background else "")


def _in_parts(image: Any, request: MapRequest, cut: tuple[int, int]) -> bytes:
    """The picture cut while it is still pixels: each part costs its own encoding, an empty one nothing."""
    width, height = request.width // cut[0], request.height // cut[1]
    parts = []
    for top in range(0, request.height, height):
        for left in range(0, request.width, width):
            view = image.view(left, top, width, height)
            empty = view.is_solid() and _alpha(image, left, top) == 0
            parts.append(b"" if empty else view.to_string(ENCODERS[request.format]))
    return join_parts(parts)


def _alpha(image: Any, x: int, y: int) -> int:
    """How opaque a pixel is, 0 to 255."""
    return int(image.get_pixel(x, y)) >> 24 & 0xFF


@lru_cache(maxsize=64)
def _srs(srid: int) -> str:
    srs = f"epsg:{srid:d}"
    try:
        mapnik.Projection(srs)
    except RuntimeError as error:
        raise InvalidParameter(f"EPSG:{srid} cannot be drawn", locator="crs") from error
    return srs


def _styles_xml(request: MapRequest) -> str:
    styles = [
        f'<Style name="{index}.{number}" opacity="{layer.opacity:.4f}">{rules}</Style>'
        for index, layer in enumerate(request.layers)
        for number, rules in enumerate(layer.passes)
    ]
    text = with_files("".join(styles))
    if request.whole_labels:
        text = text.replace("<TextSymbolizer ", '<TextSymbolizer avoid-edges="true" ')
    return f"<Map>{text}</Map>"


def _document(canvas: Any, request: MapRequest) -> bytes:
    """SVG or PDF. Cairo writes to paths only: this one is of a file in memory that nobody else can open."""
    descriptor = os.memfd_create(request.format)
    try:
        mapnik.render_to_file(canvas, f"/proc/self/fd/{descriptor}", request.format, request.scale_factor)
        size = os.fstat(descriptor).st_size
        if size >= MAX_DOCUMENT_BYTES:
            raise MemoryError
        return os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)


def _postgis(source: PostgisSource) -> Any:
    given = source.connection
    extent = source.extent
    options = {
        "dbname": given.dbname,
        "user": given.user,
        "host": given.host,
        "port": str(given.port),
        "password": given.password,
        "table": table_sql(source),
        "geometry_field": source.geometry,
        "key_field": source.key,
        "srid": str(source.srid),
        "extent": f"{extent.min_x!r},{extent.min_y!r},{extent.max_x!r},{extent.max_y!r}",
    }
    return mapnik.PostGIS(**{name: value for name, value in options.items() if value})


def _raster(source: RasterSource) -> Any:
    path = Path(source.path)
    if not (path.is_absolute() and path.is_file()):
        raise InvalidParameter("The raster's file is not there")
    options: dict[str, Any] = {"file": str(path)}
    if source.band is not None:
        options["band"] = source.band
    if source.nodata is not None:
        options["nodata"] = source.nodata
    return mapnik.Gdal(**options)


def _picture(source: PictureSource) -> Any:
    """The plug-in opens paths only: this one is of a file in memory, which it holds open by itself from then on."""
    descriptor = os.memfd_create("picture")
    try:
        os.write(descriptor, source.tiff)
        return mapnik.Gdal(file=f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _memory(source: FeaturesSource) -> Any:
    context = mapnik.Context()
    for name in source.columns:
        context.push(name)
    datasource = mapnik.MemoryDatasource()
    for number, wkb in enumerate(source.wkb, start=1):
        feature = mapnik.Feature(context, number)
        feature.geometry = mapnik.Geometry.from_wkb(wkb)
        if source.columns:
            for name, value in zip(source.columns, source.rows[number - 1], strict=True):
                feature[name] = value
        datasource.add_feature(feature)
    return datasource
