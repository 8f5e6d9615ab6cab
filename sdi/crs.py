# SPDX-License-Identifier: EUPL-1.2
"""Coordinate reference systems: their names, their axis order, and boxes and points taken from one to another.

Inside the server x is easting (or longitude) and y is northing (or latitude), as PostGIS stores them. Only this module
knows that an authority may order the axes otherwise; it turns coordinates at the edge, once.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError

from sdi.errors import InvalidParameter


class Extent(NamedTuple):
    """West, south, east, north (or minx, miny, maxx, maxy) in x, y order."""

    minx: float
    miny: float
    maxx: float
    maxy: float


WORLD = Extent(-180.0, -90.0, 180.0, 90.0)
MERCATOR = Extent(-180.0, -85.06, 180.0, 85.06)
# Transverse Mercator and LAEA of Europe are one-to-one and finite here; outside they return infinities or fold over.
EUROPE = Extent(-40.0, 20.0, 75.0, 88.0)


@dataclass(frozen=True)
class Crs:
    """A served coordinate reference system.

    `northing_first` says that the authority orders the axes latitude or northing first. `area` is the area of use in
    longitude and latitude; `domain` the larger area, in the same units, from which boxes can be transformed into it.
    `decimals` are the places worth writing (about a centimetre for degrees, a millimetre for metres).
    """

    srid: int
    northing_first: bool
    title_pl: str
    title_en: str
    area: Extent
    domain: Extent
    is_geographic: bool = False
    authority: str = "EPSG"
    version: str = "0"
    code: str = ""

    @property
    def uri(self) -> str:
        """The name in OGC APIs (OGC 09-048r5)."""
        return f"http://www.opengis.net/def/crs/{self.authority}/{self.version}/{self.code or self.srid}"

    @property
    def urn(self) -> str:
        """The name in WFS 2.0, GML 3.2 and CSW."""
        version = "" if self.version == "0" else self.version
        return f"urn:ogc:def:crs:{self.authority}:{version}:{self.code or self.srid}"

    @property
    def name(self) -> str:
        """The short name in WMS: `EPSG:2180`, `CRS:84`."""
        return "CRS:84" if self.authority == "OGC" else f"EPSG:{self.srid}"

    @property
    def curie(self) -> str:
        """The safe CURIE of OGC APIs: `[EPSG:2180]`, `[OGC:CRS84]`."""
        return f"[{self.authority}:{self.code or self.srid}]"

    @property
    def titles(self) -> dict[str, str]:
        """The title as a language map."""
        return {"pl": self.title_pl, "en": self.title_en}

    @property
    def decimals(self) -> int:
        """Decimal places of written coordinates."""
        return 7 if self.is_geographic else 3

    @property
    def units(self) -> str:
        """Unit of both axes, by its UCUM name."""
        return "deg" if self.is_geographic else "m"

    @property
    def reach(self) -> Extent:
        """The domain in the system's own units, x first: beyond it coordinates fold over or have no place."""
        return self.domain if self.is_geographic else _extent(self.srid)

    @cached_property
    def xy(self) -> "Crs":
        """The same system with x first: what WMS 1.1.1, vector tiles and PostGIS mean by it."""
        return replace(self, northing_first=False)


CRS84 = Crs(
    4326,
    northing_first=False,
    title_pl="WGS 84 (długość, szerokość)",
    title_en="WGS 84 (longitude, latitude)",
    area=WORLD,
    domain=WORLD,
    is_geographic=True,
    authority="OGC",
    version="1.3",
    code="CRS84",
)


def _metric(srid: int, title_pl: str, title_en: str, area: Extent) -> Crs:
    """A projected system of Europe with northing first."""
    return Crs(srid, northing_first=True, title_pl=title_pl, title_en=title_en, area=area, domain=EUROPE)


_UTM34 = _metric(25834, "ETRS89 / UTM strefa 34N", "ETRS89 / UTM zone 34N", Extent(18.0, 34.76, 24.01, 84.01))
_MERCATOR = _metric(3857, "WGS 84 / Pseudo-Mercator", "WGS 84 / Pseudo-Mercator", MERCATOR)
_WGS84 = replace(
    CRS84,
    northing_first=True,
    title_pl="WGS 84 (szerokość, długość)",
    title_en="WGS 84 (latitude, longitude)",
    authority="EPSG",
    version="0",
    code="",
)
_ETRS89 = replace(
    _WGS84,
    srid=4258,
    title_pl="ETRS89 (szerokość, długość)",
    title_en="ETRS89 (latitude, longitude)",
    area=Extent(-16.1, 33.26, 38.01, 84.73),
)

SERVED: tuple[Crs, ...] = (
    CRS84,
    _WGS84,
    replace(_MERCATOR, northing_first=False, domain=MERCATOR),
    _metric(2180, "PL-1992", "Poland CS92", Extent(14.14, 49.0, 24.15, 55.93)),
    _metric(2176, "PL-2000 strefa 5", "Poland CS2000 zone 5", Extent(14.14, 50.26, 16.5, 55.35)),
    _metric(2177, "PL-2000 strefa 6", "Poland CS2000 zone 6", Extent(16.5, 49.39, 19.5, 55.93)),
    _metric(2178, "PL-2000 strefa 7", "Poland CS2000 zone 7", Extent(19.5, 49.09, 22.5, 54.55)),
    _metric(2179, "PL-2000 strefa 8", "Poland CS2000 zone 8", Extent(22.5, 49.0, 24.15, 54.41)),
    _ETRS89,
    _metric(3035, "ETRS89 / LAEA Europa", "ETRS89 / LAEA Europe", Extent(-35.58, 24.6, 44.83, 84.73)),
    replace(_UTM34, northing_first=False),
)

_EPSG = MappingProxyType({crs.srid: crs for crs in SERVED if crs.authority == "EPSG"})
_ALIASES = MappingProxyType({900913: 3857})
_EPSG_NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:EPSG:[0-9.]{0,8}:"
    r"|https?://www\.opengis\.net/def/crs/EPSG/[0-9.]{1,8}/"
    r"|https?://www\.opengis\.net/gml/srs/epsg\.xml\#"
    r"|EPSG::?)"
    r"([0-9]{1,6})",
    re.IGNORECASE,
)
_CRS84_NAME = re.compile(
    r"urn:(?:x-)?ogc:def:crs:OGC:[0-9.]{0,8}:(?:CRS)?84"
    r"|https?://www\.opengis\.net/def/crs/OGC/[0-9.]{1,8}/CRS84"
    r"|OGC:CRS84|CRS:84",
    re.IGNORECASE,
)


def parse(text: str, *, locator: str | None = None) -> Crs:
    """The served system of that name, in any form clients send: short, URN, URI, GML 2 URL or safe CURIE.

    Raises InvalidParameter that lists what is served.
    """
    name = text.strip()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    if _CRS84_NAME.fullmatch(name):
        return CRS84
    if found := _EPSG_NAME.fullmatch(name):
        code = int(found[1])
        if crs := _EPSG.get(_ALIASES.get(code, code)):
            return crs
    served = ", ".join(crs.name for crs in SERVED)
    message = f"The coordinate reference system {text[:80]!r} is not served; served are {served}."
    raise InvalidParameter(message, locator=locator)


def by_srid(srid: int) -> Crs:
    """The served system with the authority's axis order; raises InvalidParameter for a number that is not served."""
    return parse(f"EPSG:{srid}")


@cache
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def transform_point(x: float, y: float, source: Crs, target: Crs) -> tuple[float, float]:
    """A point in x, y order taken from one system to another; raises InvalidParameter where it has no image."""
    if source.srid == target.srid:
        return x, y
    image = _transformer(source.srid, target.srid).transform(x, y)
    if not all(map(math.isfinite, image)):
        raise InvalidParameter(f"The point {x} {y} of {source.name} has no place in {target.name}.")
    return float(image[0]), float(image[1])


def transform_coordinates(xy: numpy.ndarray[Any, Any], source: Crs, target: Crs) -> numpy.ndarray[Any, Any]:
    """Points in x, y order, one a row; those without an image are not finite."""
    if source.srid == target.srid:
        return xy
    return numpy.column_stack(_transformer(source.srid, target.srid).transform(xy[:, 0], xy[:, 1]))


def transform_geometry(geometry: shapely.Geometry, source: Crs, target: Crs) -> shapely.Geometry:
    """A plane geometry in x, y order, vertex by vertex; raises InvalidParameter where a vertex has no image."""
    if source.srid == target.srid:
        return geometry
    coordinates = shapely.get_coordinates(geometry)
    x, y = _transformer(source.srid, target.srid).transform(coordinates[:, 0], coordinates[:, 1])
    if not numpy.isfinite(x).all() or not numpy.isfinite(y).all():
        raise InvalidParameter(f"The geometry of {source.name} has no place in {target.name}.")
    return shapely.transform(geometry, lambda _: numpy.column_stack((x, y)))


@dataclass(frozen=True)
class Box:
    """A box in x, y order of the system `crs` (whatever that system's own axis order).

    `minx` is over `maxx` in a geographic box that crosses the antimeridian (OGC 17-069r4, 7.15.3); `parts` splits it.
    """

    minx: float
    miny: float
    maxx: float
    maxy: float
    crs: Crs

    @property
    def srid(self) -> int:
        """The PostGIS number of the system."""
        return self.crs.srid

    @property
    def bounds(self) -> Extent:
        """The four numbers in x, y order."""
        return Extent(self.minx, self.miny, self.maxx, self.maxy)

    @property
    def parts(self) -> tuple["Box", ...]:
        """The box itself, or the two boxes east and west of the antimeridian."""
        if self.minx <= self.maxx:
            return (self,)
        return replace(self, maxx=180.0), replace(self, minx=-180.0)

    def to(self, crs: Crs) -> "Box":
        """The smallest box in `crs` round this one (edges densified), cut to where `crs` can be used.

        A box that lies wholly outside becomes one without area at the border. Raises InvalidParameter for a box that
        cannot be understood in its own system.
        """
        if crs.srid == self.srid:
            return replace(self, crs=crs)
        lonlat = self.lonlat()
        if _within(lonlat, crs.domain) and self.minx <= self.maxx:
            return Box(*_transform_bounds(self.usable(), self.srid, crs.srid), crs)
        inside = _clamp(lonlat, crs.domain)
        return Box(*_transform_bounds(inside, CRS84.srid, crs.srid), crs)

    def geometry(self, crs: Crs) -> shapely.Geometry:
        """This box as a (multi)polygon in `crs`, its edges densified; empty where no part of it can be used there.

        A box without width or height is the line or the point that it is: many clients ask so what lies at a place.
        """
        if self.minx == self.maxx or self.miny == self.maxy:
            return transform_geometry(_thin(self), self.crs, crs)
        union = shapely.union_all([_outline(part, crs) for part in self.parts])
        return union if isinstance(union, shapely.Polygon | shapely.MultiPolygon) else shapely.Polygon()

    def lonlat(self) -> Extent:
        """The extent in longitude and latitude; the whole band for a box across the antimeridian."""
        if self.minx > self.maxx:
            return Extent(-180.0, self.miny, 180.0, self.maxy)
        if self.crs.is_geographic:
            return self.bounds
        return _transform_bounds(self.usable(), self.srid, CRS84.srid)

    def usable(self) -> Extent:
        """The part of the box, in its own units, where its system is one-to-one with the ground."""
        return self.bounds if self.crs.is_geographic else _clamp(self.bounds, _extent(self.srid))


def _thin(box: Box) -> shapely.Geometry:
    if (box.minx, box.miny) == (box.maxx, box.maxy):
        return shapely.Point(box.minx, box.miny)
    return shapely.LineString([(box.minx, box.miny), (box.maxx, box.maxy)])


def _outline(box: Box, crs: Crs) -> shapely.Geometry:
    if crs.srid == box.srid:
        return shapely.box(*box.bounds)
    if not _within(box.lonlat(), crs.domain):
        return shapely.box(*box.to(crs).bounds)
    usable = box.usable()
    side = max(usable.maxx - usable.minx, usable.maxy - usable.miny)
    outline = shapely.box(*usable)
    return transform_geometry(shapely.segmentize(outline, side / 16) if side > 0 else outline, box.crs, crs)


@cache
def _extent(srid: int) -> Extent:
    """The domain of a served projected system in its own units."""
    return _transform_bounds(_EPSG[srid].domain, CRS84.srid, srid)


def _transform_bounds(bounds: Extent, source: int, target: int) -> Extent:
    try:
        found = Extent(*_transformer(source, target).transform_bounds(*bounds, densify_pts=21))
    except ProjError as error:
        raise InvalidParameter(f"The box {tuple(bounds)} of EPSG:{source} has no place in EPSG:{target}.") from error
    if not all(map(math.isfinite, found)) or found.minx > found.maxx:
        raise InvalidParameter(f"The box {tuple(bounds)} of EPSG:{source} has no place in EPSG:{target}.")
    return found


def _within(inner: Extent, outer: Extent) -> bool:
    return inner == _clamp(inner, outer)


def _clamp(box: Extent, limits: Extent) -> Extent:
    return Extent(
        min(max(box.minx, limits.minx), limits.maxx),
        min(max(box.miny, limits.miny), limits.maxy),
        min(max(box.maxx, limits.minx), limits.maxx),
        min(max(box.maxy, limits.miny), limits.maxy),
    )


_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?\s*")


def parse_bbox(text: str, crs: Crs, *, locator: str = "bbox") -> Box:
    """A box from four numbers (or six, whose heights are checked and left) in the axis order of `crs`.

    Raises InvalidParameter (OGC 17-069r4, 7.15.3; OGC 06-042, 6.7.4).
    """
    pieces = text[:1000].split(",")
    if len(pieces) not in (4, 6) or len(text) > 1000:
        raise InvalidParameter("A box is four numbers, or six with heights, separated by commas.", locator=locator)
    if not all(_NUMBER.fullmatch(piece) for piece in pieces):
        raise InvalidParameter("A box has only decimal numbers.", locator=locator)
    return make_box([float(piece) for piece in pieces], crs, locator=locator)


def make_box(numbers: Sequence[float], crs: Crs, *, locator: str = "bbox") -> Box:
    """A box from four or six numbers in the axis order of `crs`; raises InvalidParameter."""
    half = len(numbers) // 2
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise InvalidParameter("A box is four or six finite numbers.", locator=locator)
    (minx, miny), (maxx, maxy) = numbers[:2], numbers[half : half + 2]
    if crs.northing_first:
        minx, miny, maxx, maxy = miny, minx, maxy, maxx
    if miny > maxy or (half == 3 and numbers[2] > numbers[5]):
        raise InvalidParameter("The lower corner of a box is below its upper corner.", locator=locator)
    crosses = crs.is_geographic and -180 <= maxx < minx <= 180
    if minx > maxx and not crosses:
        raise InvalidParameter(
            f"The lower corner of a box is left of its upper corner; {crs.name} has "
            f"{'northing' if crs.northing_first else 'easting'} first.",
            locator=locator,
        )
    return Box(minx, miny, maxx, maxy, crs)
