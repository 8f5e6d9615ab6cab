# SPDX-License-Identifier: EUPL-1.2
"""Key-value pairs to typed WMS requests."""

import re
from collections.abc import Mapping

from layers.maps.model import STANDARD_DPI, InfoQuery, MapQuery, StyledLayer
from layers.maps.service import styled
from layers.model import Layer
from layers.rendering.model import Format
from layers.service import Snapshot
from layers.wms.model import (
    INFO_FORMATS,
    INFO_LIMIT,
    LAYER_LIMIT,
    MAP_FORMATS,
    MAX_SIDE,
    Version,
)
from sdi import crs
from sdi.crs import Crs, parse_bbox
from sdi.errors import InvalidParameter, NotFound, TooLarge
from sdi.web.parameters import Parameters

_COLOUR = re.compile(r"(?:0x|#)?([0-9a-f]{6})", re.IGNORECASE)
_DPI = re.compile(r"(?:dpi:)?([0-9]{1,4}(?:\.[0-9]{1,3})?)")


class Reader:
    """Reads the parameters of one request against what its caller may see."""

    def __init__(self, parameters: Parameters, snapshot: Snapshot, layers: Mapping[str, Layer]) -> None:
        self._parameters = parameters
        self._snapshot = snapshot
        self._layers = layers
        self.version: Version = "1.1.1" if (parameters.text("version") or "").startswith("1.1") else "1.3.0"

    def map(self) -> MapQuery:
        """GetMap (OGC 06-042, 7.3.2)."""
        parameters = self._parameters
        media_type, picture = _format(parameters.text("format") or "image/png")
        system = self._crs()
        box = parse_bbox(parameters.required("bbox"), system)
        if box.minx >= box.maxx or box.miny >= box.maxy:
            raise InvalidParameter("The box has no area.", locator="bbox")
        transparent = parameters.choice("transparent", ["TRUE", "FALSE"], "FALSE") == "TRUE" and picture != "jpeg"
        return MapQuery(
            layers=self.styled(parameters.required("layers"), parameters.text("styles")),
            box=box,
            width=self._side("width"),
            height=self._side("height"),
            format=picture,
            media_type=media_type,
            background=None if transparent else self._background(),
            dpi=self._dpi(),
        )

    def info(self) -> InfoQuery:
        """GetFeatureInfo (OGC 06-042, 7.4.3)."""
        parameters = self._parameters
        drawn = self.map()
        across, down = ("x", "y") if self.version == "1.1.1" else ("i", "j")
        names = parameters.required("query_layers").split(",")[: LAYER_LIMIT + 1]
        asked = [styled(self._snapshot, self.layer(name)) for name in names]
        return InfoQuery(
            map=drawn,
            layers=tuple(asked[:LAYER_LIMIT]),
            column=self._pixel(across, drawn.width),
            row=self._pixel(down, drawn.height),
            media_type=_info_format(parameters.text("info_format") or "application/geo+json"),
            count=parameters.integer("feature_count", 1, 1, INFO_LIMIT),
            tolerance=parameters.integer("buffer", 4, 0, 50),
        )

    def layer(self, name: str) -> Layer:
        """A layer by its name."""
        found = self._layers.get(name.strip())
        if found is None:
            raise NotFound(f"There is no layer {name[:80]!r}.", locator="layers")
        return found

    def styled(self, layers: str, styles: str | None) -> tuple[StyledLayer, ...]:
        """Layers with their styles; an empty style is the default one."""
        names = layers.split(",")
        if len(names) > LAYER_LIMIT:
            raise TooLarge(f"A map has at most {LAYER_LIMIT} layers.", locator="layers")
        wanted = styles.split(",") if styles else [""] * len(names)
        if len(wanted) != len(names):
            message = f"There are {len(names)} layers and {len(wanted)} styles; send one a layer, or none."
            raise InvalidParameter(message, locator="styles")
        return tuple(styled(self._snapshot, self.layer(name), style) for name, style in zip(names, wanted, strict=True))

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

    def _background(self) -> str:
        value = self._parameters.text("bgcolor", 20) or "0xFFFFFF"
        found = _COLOUR.fullmatch(value)
        if found is None:
            raise InvalidParameter("The background is a colour as 0xRRGGBB.", locator="bgcolor")
        return f"#{found[1].lower()}"

    def _dpi(self) -> float:
        """Dots an inch: DPI and FORMAT_OPTIONS=dpi:n are what desktops send beside the standard."""
        for name in ("dpi", "map_resolution", "format_options"):
            value = self._parameters.text(name, 100)
            found = _DPI.search(value) if value else None
            if found and 20 <= float(found[1]) <= 600:
                return float(found[1])
        return STANDARD_DPI


def _format(value: str) -> tuple[str, Format]:
    for media_type, picture in MAP_FORMATS.items():
        if value.lower().replace(" ", "") == media_type.replace(" ", ""):
            return media_type.partition(";")[0], picture
    if value.lower() == "image/png8":
        return "image/png", "png8"
    raise InvalidParameter(
        f"Format {value[:80]!r} is not served; served are {', '.join(MAP_FORMATS)}.", locator="format"
    )


def _info_format(value: str) -> str:
    if value.lower() not in INFO_FORMATS:
        message = f"Format {value[:80]!r} is not served; served are {', '.join(INFO_FORMATS)}."
        raise InvalidParameter(message, locator="info_format")
    return value.lower()
