# SPDX-License-Identifier: EUPL-1.2
"""Parameters of OGC API Maps (OGC 20-058) read into a map: which part, how large, at which scale, of what time."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import request

from layers.items.model import Interval
from layers.items.values import parse_interval
from layers.maps.model import METRES_A_DEGREE, MapQuery, StyledLayer
from layers.ogcapi.subset import number, parse_subset
from layers.rendering.model import Format
from sdi import crs as crss
from sdi.crs import CRS84, Box, Crs
from sdi.errors import InvalidParameter, NotFound, TooLarge
from sdi.web.parameters import Parameters

KNOWN = (
    "bbox", "bbox-crs", "subset", "subset-crs", "center", "center-crs", "crs", "width", "height", "scale-denominator",
    "mm-per-pixel", "datetime", "bgcolor", "transparent", "collections",
)  # fmt: skip
MAX_SIDE = 8_192
_SIDE = 1_024
_PIXEL = 0.28
_TIME = re.compile(r"(?:^|,)\s*(?:time|Time|t|T)\(([^()]{1,100})\)")
_BETWEEN = re.compile(r'(?<=["*]):(?=["*])')
_COLOUR = re.compile(r"(?:0x|#)?([0-9a-fA-F]{6})")
_NAMED = {
    "aqua": "00ffff", "black": "000000", "blue": "0000ff", "fuchsia": "ff00ff", "gray": "808080", "green": "008000",
    "lime": "00ff00", "maroon": "800000", "navy": "000080", "olive": "808000", "orange": "ffa500", "purple": "800080",
    "red": "ff0000", "silver": "c0c0c0", "teal": "008080", "white": "ffffff", "yellow": "ffff00",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the world that is drawn and how many pixels it has."""

    box: Box
    width: int
    height: int


@dataclass(frozen=True)
class MapReader:
    """Reads one request for a map of `layers`, which has the coordinates `native` unless it says otherwise."""

    sent: Parameters
    layers: tuple[StyledLayer, ...]
    native: Crs

    def query(self, picture: Format, media_type: str) -> MapQuery:
        """The map that is asked for."""
        interval = self.interval()
        if interval is not None:
            layers = tuple(replace(part, times=(interval,)) for part in self.layers)
        else:
            layers = self.layers
        frame = self.frame()
        return MapQuery(
            layers=layers,
            box=frame.box,
            width=frame.width,
            height=frame.height,
            format=picture,
            media_type=media_type,
            background=self._background(picture),
            dpi=25.4 / self._pixel(),
        )

    def interval(self) -> Interval | None:
        """The span of time of `datetime` or of `subset=time(...)` (/req/datetime)."""
        text, within = self.sent.text("datetime", 200), _TIME.search(self._subset())
        if text and within:
            raise InvalidParameter("Send 'datetime' or a subset of time, not both.", locator="datetime")
        if within:
            ends = [end.strip(' "').replace("*", "..") for end in _ends(within[1])]
            text = "/".join(ends) if len(ends) == 2 else self._instant(ends[0])
        return parse_interval(text) if text else None

    def frame(self) -> Frame:
        """Box and size (/req/scaling and /req/spatial-subsetting)."""
        scale = self._positive("scale-denominator")
        box = self._box()
        if box is None:
            return self._around(scale)
        if scale is not None:
            if "width" in self.sent or "height" in self.sent:
                message = "With a box the scale follows from width and height: send one or the other."
                raise InvalidParameter(message, locator="scale-denominator")
            across, up = _metres(box)
            step = scale * self._pixel() / 1000
            return _sized(box, across / step, up / step)
        return self._filled(box)

    def _filled(self, box: Box) -> Frame:
        """A box with the size asked for; what is not said keeps the shapes of things on the ground."""
        across, up = _metres(box)
        ratio = across / up
        width, height = self._side("width"), self._side("height")
        if width is None and height is None:
            width = round(_SIDE if ratio >= 1 else max(1, _SIDE * ratio))
        if width is None:
            width = min(max(1, round((height or _SIDE) * ratio)), MAX_SIDE)
        return Frame(box, width, height or min(max(1, round(width / ratio)), MAX_SIDE))

    def _around(self, scale: float | None) -> Frame:
        """A map round the centre asked for, or that of the data; at the scale at which all the data are shown."""
        system, whole = self._crs(), self._whole(self._crs())
        width, height = self._side("width"), self._side("height")
        center = self._center(system)
        if center is None and scale is None and width is None and height is None:
            return self._filled(whole)
        width, height = width or height or _SIDE, height or width or _SIDE
        x, y = center or ((whole.minx + whole.maxx) / 2, (whole.miny + whole.maxy) / 2)
        middle = Box(x, y, x, y, system)
        across, up = _metres(whole)
        step = scale * self._pixel() / 1000 if scale else max(across / width, up / height)
        unit_x, unit_y = _unit(middle)
        half_x, half_y = width * step / unit_x / 2, height * step / unit_y / 2
        return Frame(Box(x - half_x, y - half_y, x + half_x, y + half_y, system), width, height)

    def _box(self) -> Box | None:
        """The part asked for in the CRS of the answer; None where none is."""
        subset = _TIME.sub("", self._subset()).strip(", ")
        given = [
            name
            for name, there in (("bbox", "bbox" in self.sent), ("subset", subset), ("center", "center" in self.sent))
            if there
        ]
        if len(given) > 1:
            raise InvalidParameter(f"Send {' or '.join(given)}, not both.", locator=given[1])
        if "bbox" in self.sent:
            box = crss.parse_bbox(self.sent.required("bbox"), self._system("bbox-crs"))
        elif subset:
            system = self._system("subset-crs")
            whole = self._whole(system)
            box = parse_subset(subset, system, whole)
            if box.minx > whole.maxx or whole.minx > box.maxx or box.miny > whole.maxy or whole.miny > box.maxy:
                raise NotFound("There are no data in that part.", locator="subset")
        else:
            return None
        box = box.to(self._crs().xy)
        if not (box.minx < box.maxx and box.miny < box.maxy):
            raise InvalidParameter("The part of the map has no area.", locator=given[0])
        return Box(*box.bounds, self._crs())

    def _whole(self, system: Crs) -> Box:
        """All the data of the map's layers, with a little room where they are a point or a line."""
        boxes = [Box(*part.layer.extent, crss.by_srid(part.layer.srid).xy).to(system.xy) for part in self.layers]
        minx, miny = min(box.minx for box in boxes), min(box.miny for box in boxes)
        maxx, maxy = max(box.maxx for box in boxes), max(box.maxy for box in boxes)
        room = max(maxx - minx, maxy - miny, 1e-3) * 1e-3
        return Box(minx - room, miny - room, maxx + room, maxy + room, system)

    def _center(self, system: Crs) -> tuple[float, float] | None:
        text = self.sent.text("center", 200)
        if text is None:
            return None
        parts = text.split(",")
        if len(parts) != 2:
            raise InvalidParameter("A centre is two numbers.", locator="center")
        first, second = (number(part, "center") for part in parts)
        own = self._system("center-crs")
        x, y = (second, first) if own.northing_first else (first, second)
        lonlat = Box(x, y, x, y, own).lonlat()
        west, south, east, north = system.domain
        if not (west <= lonlat[0] <= east and south <= lonlat[1] <= north):
            raise InvalidParameter(f"The centre lies outside the area of {system.name}.", locator="center")
        return crss.transform_point(x, y, own.xy, system.xy)

    def _crs(self) -> Crs:
        text = self.sent.text("crs", 200)
        return crss.parse(text, locator="crs") if text else self.native

    def _system(self, name: str) -> Crs:
        text = self.sent.text(name, 200)
        return crss.parse(text, locator=name) if text else CRS84

    def _subset(self) -> str:
        text = ",".join(request.args.getlist("subset"))
        if len(text) > 1_000:
            raise TooLarge("Parameter 'subset' is longer than 1,000 characters.", locator="subset")
        return text

    def _instant(self, text: str) -> str:
        """A single asterisk is the latest time there is."""
        if text != "..":
            return text
        ends = [part.layer.time_extent[1] for part in self.layers if part.layer.time_extent]
        last = max((end for end in ends if end is not None), default=None)
        return last.isoformat().replace("+00:00", "Z") if last else "../.."

    def _side(self, name: str) -> int | None:
        if name not in self.sent:
            return None
        value = self.sent.integer(name, 0, 1, 10**9)
        if value > MAX_SIDE:
            raise TooLarge(f"A map has at most {MAX_SIDE:,} pixels a side.", locator=name)
        return value

    def _pixel(self) -> float:
        """Millimetres of a pixel (/req/display-resolution)."""
        value = self._positive("mm-per-pixel") or _PIXEL
        if not 0.0425 <= value <= 1.25:
            raise InvalidParameter("A pixel has from 0.0425 to 1.25 mm.", locator="mm-per-pixel")
        return value

    def _positive(self, name: str) -> float | None:
        text = self.sent.text(name, 40)
        if text is None:
            return None
        value = number(text, name, 0, 1e12)
        if value <= 0:
            raise InvalidParameter(f"Parameter {name!r} is a number over 0.", locator=name)
        return value

    def _background(self, picture: Format) -> str | None:
        """The colour as `#rrggbb`, None for transparent (/req/background)."""
        colour = self.sent.text("bgcolor", 40)
        clear = self.sent.choice("transparent", ("true", "false"), "false" if colour else "true")
        found = _COLOUR.fullmatch(colour or "ffffff")
        hexadecimal = found[1].lower() if found else _NAMED.get((colour or "").lower())
        if hexadecimal is None:
            raise InvalidParameter("A colour is 0xRRGGBB or a name of CSS 2.1.", locator="bgcolor")
        return None if clear == "true" and picture not in ("jpeg", "pdf") else f"#{hexadecimal}"


def _ends(text: str) -> list[str]:
    """The two ends of a subset of time, or its one moment; a time of day has colons too, and is quoted."""
    return _BETWEEN.split(text) if '"' in text or text.count(":") != 1 else text.split(":")


def _sized(box: Box, width: float, height: float) -> Frame:
    if max(width, height) > MAX_SIDE:
        raise TooLarge(f"At that scale the map has over {MAX_SIDE:,} pixels a side.", locator="scale-denominator")
    return Frame(box, max(1, round(width)), max(1, round(height)))


def _unit(box: Box) -> tuple[float, float]:
    """Metres on the ground of a unit of the CRS, across and up, in the middle of the box."""
    if box.crs.is_geographic:
        return METRES_A_DEGREE * max(math.cos(math.radians((box.miny + box.maxy) / 2)), 0.01), METRES_A_DEGREE
    if box.crs.srid == 3857:
        latitude = math.atan(math.sinh((box.miny + box.maxy) / 2 / 6_378_137))
        return math.cos(latitude), math.cos(latitude)
    return 1.0, 1.0


def _metres(box: Box) -> tuple[float, float]:
    unit_x, unit_y = _unit(box)
    return (box.maxx - box.minx) * unit_x, (box.maxy - box.miny) * unit_y


def shared_crs(layers: Sequence[StyledLayer]) -> Crs:
    """The CRS of a map of several layers: theirs, or CRS84 where they differ."""
    srids = {part.layer.srid for part in layers}
    return crss.by_srid(srids.pop()) if len(srids) == 1 else CRS84
