# SPDX-License-Identifier: EUPL-1.2
"""What a picture is made of: frozen requests that travel from a web worker to a render process."""

import math
from dataclasses import dataclass
from typing import Literal

from sdi.errors import InvalidParameter, TooLarge

Format = Literal["png", "png8", "jpeg", "webp", "svg", "pdf"]
Value = str | int | float | bool | None

MAX_PIXELS = 16_000_000
MAX_SIDE = 16_384
MAX_BUFFER = 512
MAX_LAYERS = 100
MAX_FEATURES = 100_000
MAX_WKB_BYTES = 128_000_000
MEDIA_TYPES: dict[Format, str] = {
    "png": "image/png",
    "png8": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
VECTOR: frozenset[Format] = frozenset({"svg", "pdf"})
"""Formats that hold shapes, not pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the units of its CRS; x is always the easting or longitude, whatever the authority says."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (self.min_x, self.min_y, self.max_x, self.max_y)):
            raise InvalidParameter("The box has a coordinate that is not a number", locator="bbox")
        if self.min_x >= self.max_x or self.min_y >= self.max_y:
            raise InvalidParameter("The box is empty: its least value is not below its greatest", locator="bbox")


@dataclass(frozen=True, slots=True)
class Connection:
    """How a render process reaches the database, as the public role."""

    dbname: str
    user: str
    host: str = ""
    port: int = 5432
    password: str = ""


@dataclass(frozen=True, slots=True)
class PostgisSource:
    """Features that anybody may see, read by Mapnik itself.

    `schema`, `table` and the column names come from the registry and are quoted here. `extent` is in `srid`.
    `as_text` names the columns that are neither number, text nor boolean (Mapnik reads no dates or UUIDs).
    `where` is SQL made by `layers.rendering.service.where_sql`, never text of a request. `ordered` reads in the order
    of a hash of the key: neighbouring maps then place labels alike, and which label gives way to which depends on few
    others (in the order of the key itself a label far away may decide, along a chain from one to the next).
    `together` (2 lines, 3 areas) draws all features of equal columns as one, so that no seam shows between them.
    """

    connection: Connection
    schema: str
    table: str
    srid: int
    extent: Box
    geometry: str = "geom"
    key: str = "fid"
    columns: tuple[str, ...] = ()
    as_text: tuple[str, ...] = ()
    where: str | None = None
    ordered: bool = False
    together: int = 0


@dataclass(frozen=True, slots=True)
class FeaturesSource:
    """Features fetched by the caller under the rights of its own request.

    `wkb` holds one OGC WKB geometry (x = easting, in `srid`) a feature; `rows` the values of `columns`, as many rows.
    """

    srid: int
    wkb: tuple[bytes, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.columns and len(self.rows) != len(self.wkb):
            raise ValueError(f"{len(self.wkb)} geometries have {len(self.rows)} rows of attributes")
        if len(self.wkb) > MAX_FEATURES:
            raise TooLarge(f"The map holds {len(self.wkb)} features; the limit is {MAX_FEATURES}: zoom in")
        if sum(map(len, self.wkb)) > MAX_WKB_BYTES:
            raise TooLarge(f"The features of the map are over {MAX_WKB_BYTES // 1_000_000} MB: zoom in")


@dataclass(frozen=True, slots=True)
class RasterSource:
    """A georeferenced raster file of the server's own.

    `band` is the one band that a colour map paints (from 1); none means red, green, blue (and alpha) as they are.
    `nodata` is drawn transparent and overrides what the file says.
    """

    path: str
    srid: int
    extent: Box
    band: int | None = None
    nodata: float | None = None


@dataclass(frozen=True, slots=True)
class PictureSource:
    """A picture made by the caller: a GeoTIFF of red, green, blue and alpha, one byte each, in `srid`."""

    srid: int
    tiff: bytes


Source = PostgisSource | FeaturesSource | RasterSource | PictureSource


@dataclass(frozen=True, slots=True)
class RenderLayer:
    """One source and how it is drawn.

    `passes` are Mapnik rules (XML) drawn one after the other over all features, made by `layers.styles`;
    scale denominators count 0.28 mm a pixel (OGC 05-078r4), the greater one exclusive. `buffer` is in place of the
    map's.
    """

    source: Source
    passes: tuple[str, ...]
    opacity: float = 1.0
    min_scale_denominator: float | None = None
    max_scale_denominator: float | None = None
    buffer: int | None = None

    def __post_init__(self) -> None:
        if self.buffer is not None and not 0 <= self.buffer <= MAX_BUFFER:
            raise InvalidParameter(f"The buffer lies between 0 and {MAX_BUFFER} pixels", locator="buffer")
        if not 0 <= self.opacity <= 1:
            raise InvalidParameter("Opacity lies between 0 and 1", locator="opacity")


@dataclass(frozen=True, slots=True)
class MapRequest:
    """A picture of `layers`, the first at the bottom.

    `box` is in the CRS EPSG:`srid`, x = easting. `background` is `#rrggbb`, none is transparent (white in JPEG).
    `scale_factor` widens lines, marks and letters (1 at 90.7 dpi). `buffer` is how many pixels around the picture are
    looked at, so that marks and labels on a border are whole in both neighbours; with `whole_labels` a label that the
    border would cut is left out instead. A PDF has a size of `width` by `height` points. `cut` (columns, rows)
    makes the answer so many equal pictures of parts, see `layers.rendering.parts`.
    """

    width: int
    height: int
    box: Box
    srid: int
    layers: tuple[RenderLayer, ...]
    background: str | None = None
    format: Format = "png"
    scale_factor: float = 1.0
    buffer: int = 64
    cut: tuple[int, int] | None = None
    whole_labels: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE):
            raise InvalidParameter(f"Width and height lie between 1 and {MAX_SIDE} pixels", locator="width")
        if self.width * self.height > MAX_PIXELS:
            raise TooLarge(f"A map has at most {MAX_PIXELS // 1_000_000} million pixels", locator="width")
        if len(self.layers) > MAX_LAYERS:
            raise TooLarge(f"A map has at most {MAX_LAYERS} layers", locator="layers")
        if not 0.1 <= self.scale_factor <= 10:
            raise InvalidParameter("The resolution lies between 9 and 900 dpi", locator="dpi")
        if not 0 <= self.buffer <= MAX_BUFFER:
            raise InvalidParameter(f"The buffer lies between 0 and {MAX_BUFFER} pixels", locator="buffer")
        if self.cut and (self.width % self.cut[0] or self.height % self.cut[1]):
            raise InvalidParameter("The parts of a picture are of one size", locator="width")
        if self.format not in MEDIA_TYPES:
            raise InvalidParameter(f"Formats are {', '.join(MEDIA_TYPES)}", locator="format")
