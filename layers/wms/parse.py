# SPDX-License-Identifier: EUPL-1.2
"""Key-value pairs to typed WMS requests."""

import re
from collections.abc import Mapping

from layers.maps.model import STANDARD_DPI, InfoQuery, LegendQuery, MapQuery, StyledLayer
from layers.model import Layer
from layers.rendering.model import Format
from layers.service import Snapshot
from layers.wms.chosen import Chosen
from layers.wms.model import (
    GML,
    GROUP,
    INFO_FORMATS,
    INFO_LIMIT,
    LAYER_LIMIT,
    MAP_FORMATS,
    MAX_SIDE,
    LayerNotQueryable,
    Version,
)
from sdi import crs
from sdi.crs import Crs, parse_bbox
from sdi.errors import InvalidParameter, NotFound, TooLarge
from sdi.web.parameters import Parameters

_COLOUR = re.compile(r"(?:0x|#)?([0-9a-f]{6})", re.IGNORECASE)
_DPI = re.compile(r"(?:dpi:)?([0-9]{1,4}(?:\.[0-9]{1,3})?)")
_SWATCH = 20
"""Height of a legend's row when nothing is asked, as SLD 1.0 profiles it."""


def version_of(parameters: Parameters) -> Version:
    """The version that a request but GetCapabilities is made in; WMTVER is what it was called before 1.0.7."""
    sent = parameters.text("version") or parameters.text("wmtver") or "1.3.0"
    return "1.1.1" if sent.startswith(("1.0", "1.1")) else "1.3.0"


class Reader:
    """Reads the parameters of one request against what its caller may see."""

    def __init__(self, parameters: Parameters, snapshot: Snapshot, layers: Mapping[str, Layer]) -> None:
        self._parameters = parameters
        self.chosen = Chosen(parameters, snapshot, layers)
        self.version: Version = version_of(parameters)

    def map(self) -> MapQuery:
        """GetMap (OGC 06-042, 7.3.2)."""
        parameters = self._parameters
        media_type, picture = map_format(parameters.text("format") or "image/png")
        system = self._crs()
        box = parse_bbox(parameters.required("bbox"), system)
        if box.minx >= box.maxx or box.miny >= box.maxy:
            raise InvalidParameter("The box has no area.", locator="bbox")
        return MapQuery(
            layers=self.chosen.map_layers(),
            box=box,
            width=self._side("width"),
            height=self._side("height"),
            format=picture,
            media_type=media_type,
            background=background(parameters, picture),
            dpi=self._dpi(),
            whole_labels=parameters.choice("tiled", ["TRUE", "FALSE"], "TRUE") == "FALSE",
        )

    def info(self) -> InfoQuery:
        """GetFeatureInfo (OGC 06-042, 7.4.3)."""
        parameters = self._parameters
        drawn = self.map()
        across, down = ("x", "y") if self.version == "1.1.1" else ("i", "j")
        usual = GML if self.version == "1.1.1" else "application/geo+json"
        return InfoQuery(
            map=drawn,
            layers=self._queried(drawn),
            column=self._pixel(across, drawn.width),
            row=self._pixel(down, drawn.height),
            media_type=_info_format(parameters.text("info_format") or usual),
            count=parameters.integer("feature_count", 1, 1, INFO_LIMIT),
            tolerance=parameters.integer("buffer", 4, 0, 50),
        )

    def legend(self, picture: Format) -> LegendQuery:
        """GetLegendGraphic (OGC 05-078r4, 10.3)."""
        parameters = self._parameters
        name = parameters.text("layer") or parameters.required("layers")
        style = parameters.text("style") or parameters.text("styles") or ""
        size = parameters.integer("height", parameters.integer("width", _SWATCH, 1, MAX_SIDE), 1, MAX_SIDE)
        return LegendQuery(
            self.chosen.one(name.strip(), style.strip())[0],
            picture,
            denominator=_denominator(parameters.text("scale", 30)),
            rule=parameters.text("rule", 200),
            factor=min(max(size / _SWATCH, 0.25), 5.0),
            background=background(parameters, picture),
        )

    def _queried(self, drawn: MapQuery) -> tuple[StyledLayer, ...]:
        names = [name.strip() for name in self._parameters.required("query_layers").split(",")]
        if len(names) > LAYER_LIMIT:
            raise TooLarge(f"At most {LAYER_LIMIT} layers are asked at once.", locator="query_layers")
        shown: dict[str, StyledLayer] = {}
        for styled in drawn.layers:
            shown.setdefault(styled.layer.id, styled)
        for name in names:
            if name.startswith(GROUP):
                message = f"Layer {name[:80]!r} is a group, of which nothing can be asked: name its layers."
                raise LayerNotQueryable(message, locator="query_layers")
            self.chosen.layer(name, "query_layers")
            if name not in shown:
                raise NotFound(f"Layer {name!r} is not on this map.", locator="query_layers")
        return tuple(shown[name] for name in names)

    def _crs(self) -> Crs:
        name = "srs" if self.version == "1.1.1" else "crs"
        system = crs.parse(self._parameters.required(name), locator=name)
        return system.xy if self.version == "1.1.1" else system

    def _side(self, name: str) -> int:
        self._parameters.required(name)
        return self._parameters.integer(name, 1, 1, MAX_SIDE)

    def _pixel(self, name: str, size: int) -> int:
        value = self._parameters.required(name, 20)
        if not value.isascii() or not value.isdigit() or int(value) >= size:
            raise InvalidParameter(f"Parameter {name!r} lies outside the map of {size} pixels.", locator=name)
        return int(value)

    def _dpi(self) -> float:
        """Dots an inch: DPI and FORMAT_OPTIONS=dpi:n are what desktops send beside the standard."""
        for name in ("dpi", "map_resolution", "format_options"):
            value = self._parameters.text(name, 100)
            found = _DPI.search(value) if value else None
            if found and 20 <= float(found[1]) <= 600:
                return float(found[1])
        return STANDARD_DPI


def map_format(value: str) -> tuple[str, Format]:
    """The media type of the answer and the format of the picture; InvalidParameter for one that is not served."""
    asked = value.lower().replace(" ", "")
    for media_type, picture in MAP_FORMATS.items():
        if asked == media_type.replace(" ", ""):
            return media_type.partition(";")[0], picture
    if asked == "image/png8":
        return "image/png", "png8"
    message = f"Format {value[:80]!r} is not served; served are {', '.join(MAP_FORMATS)}."
    raise InvalidParameter(message, locator="format")


def background(parameters: Parameters, picture: Format) -> str | None:
    """The colour of the background as `#rrggbb`; None is transparent, which JPEG cannot be."""
    if parameters.choice("transparent", ["TRUE", "FALSE"], "FALSE") == "TRUE" and picture != "jpeg":
        return None
    found = _COLOUR.fullmatch(parameters.text("bgcolor", 20) or "0xFFFFFF")
    if found is None:
        raise InvalidParameter("The background is a colour as 0xRRGGBB.", locator="bgcolor")
    return f"#{found[1].lower()}"


def _info_format(value: str) -> str:
    if value.lower() not in INFO_FORMATS:
        message = f"Format {value[:80]!r} is not served; served are {', '.join(INFO_FORMATS)}."
        raise InvalidParameter(message, locator="info_format")
    return value.lower()


def _denominator(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = -1
    if not 0 < number < 1e12:
        raise InvalidParameter("The scale is a number over 0.", locator="scale")
    return number
