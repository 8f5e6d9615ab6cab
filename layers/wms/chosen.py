# SPDX-License-Identifier: EUPL-1.2
"""What a request shows: layers, their styles, their features and times (LAYERS, STYLES, SLD_BODY, FILTER, TIME)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from layers.items.statements import queryables, relation
from layers.maps.model import StyledLayer
from layers.maps.service import styled
from layers.model import GeometryType, Layer
from layers.service import Snapshot
from layers.styles.service import NamedLayer, NamedStyle, SldDocument, fitted, parse_sld
from layers.wms.model import GROUP, LAYER_LIMIT, InvalidDimensionValue
from layers.wms.times import outside, read_times, resolve, timed
from sdi import crs, xmlsafe
from sdi.crs import CRS84
from sdi.errors import InvalidParameter, NotFound, TooLarge, Unsupported
from sdi.filters import scan
from sdi.filters.fes import from_xml
from sdi.filters.parse import Filter, from_text
from sdi.web.parameters import Parameters

_SLD_BYTES = 256_000
_UNDER = {GeometryType.RASTER: 0, GeometryType.POLYGON: 1, GeometryType.MULTIPOLYGON: 1, GeometryType.GEOMETRY: 2,
          GeometryType.LINESTRING: 3, GeometryType.MULTILINESTRING: 3}  # fmt: skip
_ON_TOP = 4
# A quoted text, or one sign; what stands between semicolons outside of texts is a filter.
_PIECE = re.compile(r"'[^']*'|\"[^\"]*\"|.", re.DOTALL)
_BETWEEN = re.compile(r"\)\s*\(")


@dataclass(frozen=True)
class Chosen:
    """Reads the choice of one request against what its caller may see."""

    parameters: Parameters
    snapshot: Snapshot
    layers: Mapping[str, Layer]

    def layer(self, name: str, locator: str = "layers") -> Layer:
        """A layer by its name."""
        found = self.layers.get(name)
        if found is None:
            raise NotFound(f"There is no layer {name[:80]!r}.", locator=locator)
        return found

    def map_layers(self) -> tuple[StyledLayer, ...]:
        """What a map shows, the lowest first."""
        library = self.library()
        if library is not None and "layers" not in self.parameters:
            made = [part for named in library.layers for part in self._of_document(named)]
        else:
            made = self._listed(library)
        if len(made) > LAYER_LIMIT:
            raise TooLarge(f"A map has at most {LAYER_LIMIT} layers.", locator="layers")
        return self._at_times(made)

    def one(self, name: str, style: str) -> list[StyledLayer]:
        """A layer in a style of the server's or, before that, of SLD_BODY; several where that draws it in turn."""
        return self._styled(self.layer(name, "layer"), style, self.library())

    def library(self) -> SldDocument | None:
        """The styles that the request brings."""
        if "sld" in self.parameters:
            raise Unsupported("No style is fetched from elsewhere: send it as SLD_BODY.", locator="sld")
        body = self.parameters.text("sld_body", _SLD_BYTES)
        return parse_sld(body.encode(), locator="sld_body") if body else None

    def _listed(self, library: SldDocument | None) -> list[StyledLayer]:
        names = [name.strip() for name in self.parameters.required("layers").split(",")]
        if len(names) > LAYER_LIMIT:
            raise TooLarge(f"A map has at most {LAYER_LIMIT} layers.", locator="layers")
        sent = self.parameters.text("styles")
        styles = [style.strip() for style in sent.split(",")] if sent else [""] * len(names)
        if len(styles) != len(names):
            message = f"There are {len(names)} layers and {len(styles)} styles; send one a layer, or none."
            raise InvalidParameter(message, locator="styles")
        made: list[StyledLayer] = []
        for name, style, text in zip(names, styles, self._filters(len(names)), strict=True):
            if name.startswith(GROUP):
                made += self._group(name, style, text)
            else:
                layer = self.layer(name)
                chosen = self._filter(layer, text) if text else None
                made += [replace(part, filter=chosen) for part in self._styled(layer, style, library)]
        return made

    def _styled(self, layer: Layer, style: str, library: SldDocument | None) -> list[StyledLayer]:
        for named in library.layers if library else ():
            if named.name == layer.id:
                brought = [part for part in named.styles if not isinstance(part, NamedStyle)]
                by_name = [part for part in brought if style and part.name == style]
                default = [part for part in brought if part.is_default] or brought
                if found := by_name or ([] if style else default):
                    return [StyledLayer(layer, "", fitted(part.style, layer.columns)) for part in found]
        return [styled(self.snapshot, layer, style)]

    def _of_document(self, named: NamedLayer) -> list[StyledLayer]:
        layer = self.layer(named.name, "sld_body")
        made = [
            styled(self.snapshot, layer, part.name)
            if isinstance(part, NamedStyle)
            else StyledLayer(layer, "", fitted(part.style, layer.columns))
            for part in named.styles
        ]
        return made or [styled(self.snapshot, layer)]

    def _group(self, name: str, style: str, text: str) -> list[StyledLayer]:
        """The layers of a theme: rasters and areas under lines under points, else as the portal lists them."""
        inside = [layer for layer in self.layers.values() if layer.theme == name.removeprefix(GROUP)]
        if not inside or len(inside) > LAYER_LIMIT:
            raise NotFound(f"There is no layer {name[:80]!r}.", locator="layers")
        if style not in ("", "default"):
            raise NotFound(f"Layer {name[:80]!r} has no style {style[:80]!r}.", locator="styles")
        if text:
            raise InvalidParameter("A group of layers takes no filter: name its layers.", locator="filter")
        inside.reverse()
        inside.sort(key=lambda layer: _UNDER.get(layer.geometry_type, _ON_TOP))
        return [styled(self.snapshot, layer) for layer in inside]

    def _at_times(self, made: Sequence[StyledLayer]) -> tuple[StyledLayer, ...]:
        text = self.parameters.text("time", 4_000)
        if text is None:
            return tuple(made)
        times = read_times(text)
        found = [replace(part, times=resolve(times, part.layer)) if timed(part.layer) else part for part in made]
        asked = [part for part in found if part.times]
        if asked and all(outside(part.times, part.layer) for part in asked):
            raise InvalidDimensionValue("No layer of this map has that time.", locator="time")
        return tuple(found)

    def _filters(self, count: int) -> list[str]:
        """One text a layer, empty where there is none."""
        if "filter" in self.parameters and "cql_filter" in self.parameters:
            raise InvalidParameter("Send FILTER or CQL_FILTER, not both.", locator="filter")
        name = "filter" if "filter" in self.parameters else "cql_filter"
        text = self.parameters.text(name, scan.BYTES)
        if text is None:
            return [""] * count
        parts = _split(text)
        if len(parts) != count:
            message = f"There are {count} layers and {len(parts)} filters; send one a layer, separated by semicolons."
            raise InvalidParameter(message, locator=name)
        return parts

    def _filter(self, layer: Layer, text: str) -> Filter:
        """CQL2 text, its geometry in FILTER_CRS (CRS:84 unless said); or a Filter of FES as XML."""
        if layer.kind != "vector":
            raise InvalidParameter(f"Layer {layer.id!r} is a raster and takes no filter.", locator="filter")
        name = self.parameters.text("filter_crs", 100)
        system = crs.parse(name, locator="filter_crs") if name else CRS84
        if not text.startswith("<"):
            return from_text(text, crs=system)
        element = xmlsafe.parse(text.encode(), limit=scan.BYTES, locator="filter")
        schema = queryables(layer, relation(layer, layer.schema(public=True)))
        return from_xml(element, schema, crs=system)


def _split(text: str) -> list[str]:
    """Filters between semicolons, or FES filters in brackets one after the other; INCLUDE is none."""
    stripped = text.strip()
    if stripped.startswith(("(<", "()")):
        return [part.strip() for part in _BETWEEN.split(stripped[1:].removesuffix(")"))]
    if stripped.startswith("<"):
        return [stripped]
    parts = [""]
    for piece in _PIECE.findall(text):
        if piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return ["" if part.strip().upper() == "INCLUDE" else part.strip() for part in parts]
