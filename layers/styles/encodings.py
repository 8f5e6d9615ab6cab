# SPDX-License-Identifier: EUPL-1.2
"""Languages in which a style is got and sent: GeoStyler JSON as it is kept, SLD 1.0, SLD 1.1 with SE, MapLibre."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from layers.model import Layer
from layers.styles.model import Raster, Style
from layers.styles.parse import parse_style
from layers.styles.sld import NamedLayer, UserStyle, Version
from layers.styles.sld_read import fitted, parse_sld
from layers.styles.sld_write import write_sld
from layers.styles.to_maplibre import TileSource, maplibre_raster, maplibre_style
from layers.styles.to_mapnik import mapnik_style
from sdi.errors import Unprocessable

Encoding = Literal["geostyler", "sld10", "sld11", "mapbox"]
MEDIA_TYPES: Mapping[Encoding, str] = {
    "geostyler": "application/vnd.geostyler+json",
    "sld10": "application/vnd.ogc.sld+xml;version=1.0",
    "sld11": "application/vnd.ogc.sld+xml;version=1.1",
    "mapbox": "application/vnd.mapbox.style+json",
}
TITLES: Mapping[Encoding, str] = {
    "geostyler": "GeoStyler JSON",
    "sld10": "SLD 1.0",
    "sld11": "SLD 1.1 / SE 1.1",
    "mapbox": "MapLibre",
}
SPECIFICATIONS: Mapping[Encoding, str] = {
    "geostyler": "https://github.com/geostyler/geostyler-style",
    "sld10": "https://www.ogc.org/standards/sld",
    "sld11": "https://www.ogc.org/standards/se",
    "mapbox": "https://maplibre.org/maplibre-style-spec/",
}
JSON_TYPES = ("application/vnd.geostyler+json", "application/json")
XML_TYPES = ("application/vnd.ogc.sld+xml", "application/vnd.ogc.se+xml", "application/xml", "text/xml")
_VERSIONS: Mapping[str, Version] = {"sld10": "1.0.0", "sld11": "1.1.0"}
_NAME = re.compile(r"[^a-z0-9_-]+")
_STROKES = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Named:
    """A layer's style with what encodings say beside its look."""

    layer: Layer
    name: str
    title: str
    style: Style
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where others find the server's pictures (ending in a slash) and the layer's tiles ({z}, {y}, {x})."""

    marks: str
    tiles: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A style that was sent: its name and title where it has them, and what of it could not be kept."""

    style: Style
    name: str = ""
    title: str = ""
    warnings: tuple[str, ...] = ()


def encode(named: Named, encoding: Encoding, addresses: Addresses) -> bytes:
    """The style in a language."""
    if encoding == "geostyler":
        return json.dumps({"name": named.name} | named.style.to_json(), ensure_ascii=False, indent=1).encode()
    if encoding != "mapbox":
        style = UserStyle(named.name, named.style, named.title, named.is_default)
        return write_sld([NamedLayer(named.layer.id, (style,))], _VERSIONS[encoding], addresses.marks).data
    source = TileSource(named.layer.id, addresses.tiles, named.layer.bbox, attribution=named.layer.attribution)
    if named.layer.kind == "raster":
        return json.dumps(maplibre_raster(source, named.title), ensure_ascii=False).encode()
    return json.dumps(maplibre_style(named.style, source, named.title), ensure_ascii=False).encode()


def decode(data: bytes, media_type: str, layer: Layer) -> Sent:
    """The style in `data` for a layer; Unprocessable where it does not fit the layer, and the parsers' refusals.

    Of an SLD it is the first style of the layer of that name or, in a document of one layer, of that layer.
    """
    if media_type in JSON_TYPES:
        style = parse_style(data)
        sent = Sent(style, style.name, style.name)
    else:
        sent = _from_sld(data, layer)
    check(sent.style, layer)
    return sent


def check(style: Style, layer: Layer) -> None:
    """Raise Unprocessable for columns that the layer has not and for symbols that are not drawn of its kind."""
    mapnik_style(style, [column.name for column in layer.columns])
    for place, rule in enumerate(style.rules):
        for number, symbol in enumerate(rule.symbolizers):
            if isinstance(symbol, Raster) != (layer.kind == "raster"):
                kind = "a raster" if layer.kind == "raster" else "features"
                raise Unprocessable(
                    f"The style cannot be used: rules.{place}.symbolizers.{number}: {symbol.kind} does not draw {kind}"
                )


def slug(text: str) -> str:
    """A style's name of a text: small letters of ASCII, digits, `_` and `-`; empty where nothing is left."""
    split = unicodedata.normalize("NFKD", text.lower().translate(_STROKES))
    plain = _NAME.sub("-", "".join(sign for sign in split if not unicodedata.combining(sign))).strip("-_")
    return (plain if plain[:1].isalpha() else f"s-{plain}" if plain else "")[:48]


def _from_sld(data: bytes, layer: Layer) -> Sent:
    document = parse_sld(data)
    fitting = [named for named in document.layers if named.name.rpartition(":")[2] == layer.id]
    chosen = fitting or (list(document.layers) if len(document.layers) == 1 else [])
    styles = [style for named in chosen for style in named.styles if isinstance(style, UserStyle)]
    if not styles:
        raise Unprocessable(f"The document has no UserStyle of a NamedLayer {layer.id!r}.")
    warnings = document.warnings
    if len(styles) > 1:
        warnings = (*warnings, "all styles of the document but the first of the layer")
    return Sent(fitted(styles[0].style, layer.columns), styles[0].name, styles[0].title or styles[0].name, warnings)
