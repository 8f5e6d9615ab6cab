# SPDX-License-Identifier: EUPL-1.2
"""What a WMS request may ask for, and its refusals (OGC 06-042, table E.1; OGC 01-068r3, table A.1)."""

from typing import Literal

from layers.rendering.model import Format
from sdi.errors import InvalidParameter

Version = Literal["1.3.0", "1.1.1"]
VERSIONS: tuple[Version, ...] = ("1.3.0", "1.1.1")
ExceptionFormat = Literal["XML", "INIMAGE", "BLANK"]
EXCEPTION_FORMATS: dict[Version, dict[str, ExceptionFormat]] = {
    "1.3.0": {"XML": "XML", "INIMAGE": "INIMAGE", "BLANK": "BLANK"},
    "1.1.1": {
        "application/vnd.ogc.se_xml": "XML",
        "application/vnd.ogc.se_inimage": "INIMAGE",
        "application/vnd.ogc.se_blank": "BLANK",
    },
}
LAYER_LIMIT = 50
MAX_SIDE = 8_192
INFO_LIMIT = 100
GROUP = "theme:"
"""How names of groups begin; a layer's name never has a colon."""
GML = "application/vnd.ogc.gml"
MAP_FORMATS: dict[str, Format] = {
    "image/png": "png",
    "image/png; mode=8bit": "png8",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
}
LEGEND_FORMATS = [*MAP_FORMATS, "application/json"]
INFO_FORMATS = {
    "application/geo+json": "geojson",
    "application/json": "geojson",
    "text/html": "html",
    "text/plain": "text",
    GML: "gml",
    "text/xml": "gml",
}


class LayerNotQueryable(InvalidParameter):
    """GetFeatureInfo asks about a layer that only has a picture."""

    ows = "LayerNotQueryable"


class CurrentUpdateSequence(InvalidParameter):
    """The caller has these capabilities already."""

    ows = "CurrentUpdateSequence"


class InvalidUpdateSequence(InvalidParameter):
    """The caller says to have capabilities that do not exist yet."""

    ows = "InvalidUpdateSequence"


class InvalidDimensionValue(InvalidParameter):
    """A time cannot be read, or no layer of the map has it."""

    ows = "InvalidDimensionValue"


def negotiated(asked: str | None) -> Version:
    """The version to answer GetCapabilities in (OGC 06-042, 6.2.4).

    The one asked for, else the next lower, else the lowest; the highest where none is asked for.
    """
    if asked is None:
        return VERSIONS[0]
    wanted = _numbers(asked)
    return next((version for version in VERSIONS if _numbers(version) <= wanted), VERSIONS[-1])


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        raise InvalidParameter("A version is numbers and points, such as 1.3.0.", locator="version")
    return tuple(int(part) for part in parts)
