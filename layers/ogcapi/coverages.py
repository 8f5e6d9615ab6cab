# SPDX-License-Identifier: EUPL-1.2
"""Views of OGC API Coverages (OGC 19-087): values of a raster layer, whole or in part, at any scale, in any CRS."""

from dataclasses import dataclass

from flask import Response, render_template

from layers.maps.service import map_service
from layers.model import Layer
from layers.ogcapi.common import BBOX, COLLECTION, CRS, LANGUAGE
from layers.ogcapi.links import HTML, encoded, unchanged, validators
from layers.ogcapi.query import parameters
from layers.ogcapi.subset import number, parse_numbers, parse_subset
from layers.rasters import coverage
from layers.rasters.coverage import band_name, check_size, grid_of, native_grid, scaled
from layers.rasters.service import Grid, read
from layers.service import visible_layer
from sdi import crs as crss
from sdi.crs import CRS84, Box, Crs
from sdi.errors import InvalidParameter, NotFound
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.parameters import Parameters
from sdi.web.rights import public

GEOTIFF = "image/tiff; application=geotiff"
COVJSON = "application/prs.coverage+json"
OFFERS = {"tiff": GEOTIFF, "covjson": COVJSON, "html": HTML}
_FORMAT = Parameter("f", "Representation, before the Accept header", {"type": "string", "enum": list(OFFERS)})
_KNOWN = ("bbox", "bbox-crs", "crs", "subset", "subset-crs", "properties", "scale-factor", "scale-axes", "scale-size")
_MOST_CELLS = 100_000
_PARAMETERS = (
    _FORMAT,
    LANGUAGE,
    Parameter("bbox", "Box of the values", BBOX, explode=False),
    Parameter("bbox-crs", "CRS of the box, in its axis order; CRS84 unless said", CRS, explode=False),
    Parameter("subset", "Part of each axis, as `Lat(51:52),Lon(20:21)` or `E(600000:*),N(480000:490000)`"),
    Parameter("subset-crs", "CRS of the subset; CRS84 unless said", CRS),
    Parameter("crs", "CRS of the answer; the layer's own unless said", CRS),
    Parameter("properties", "Bands to send, by name or number", {"type": "array", "items": {"type": "string"}},
              explode=False),
    Parameter("scale-factor", "How many times as large a cell is to be", {"type": "number", "minimum": 0.01}),
    Parameter("scale-axes", "The same for each axis, as `E(2),N(2)`"),
    Parameter("scale-size", "Cells along each axis, as `Lat(200),Lon(300)`"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoverageQuery:
    """Bands (from 1) on a grid; `resampling` is exact where the grid is the stored one."""

    grid: Grid
    bands: tuple[int, ...]
    exact: bool


@public
@operation(
    Operation(
        "Values of a raster", "Coverages", _PARAMETERS,
        {GEOTIFF: {"type": "string", "format": "binary"}, COVJSON: {"type": "object"}, HTML: {"type": "string"}},
        {304: "Not modified"}, path=COLLECTION,
    )
)  # fmt: skip
def show_coverage(collection_id: str) -> Response:
    """A coverage (OGC 19-087, 7.2) in its native type."""
    layer = raster_layer(collection_id)
    sent = parameters(*_KNOWN)
    representation = negotiate(OFFERS)
    headers = validators(layer, representation)
    if same := unchanged(headers):
        return same
    query = read_query(layer, sent)
    if representation == "html":
        page = render_template("ogcapi/coverage.html", layer=layer, native=native_grid(layer), query=query,
                               bands=(layer.raster or {})["bands"], crs=crss.by_srid(layer.srid))  # fmt: skip
        return Response(page, headers=headers, content_type="text/html; charset=utf-8")
    check_size(query.grid, len(query.bands), *((coverage.MOST_JSON_VALUES,) if representation == "covjson" else ()))
    values = read(map_service().file(layer), query.bands, query.grid, "nearest" if query.exact else "linear")
    headers["Content-Crs"] = f"<{query.grid.box.crs.uri}>"
    if representation == "covjson":
        return Response(encoded(coverage.coverage_json(values, query.grid, query.bands)), headers=headers,
                        content_type=COVJSON)  # fmt: skip
    facts = (layer.raster or {})["bands"]
    body = coverage.geotiff(values, query.grid, query.bands, [facts[band - 1] for band in query.bands])
    headers["Content-Disposition"] = f'attachment; filename="{layer.id}.tif"'
    return Response(body, headers=headers, content_type=GEOTIFF)


def read_query(layer: Layer, sent: Parameters) -> CoverageQuery:
    """What is asked of the layer's cells; InvalidParameter for what cannot be understood."""
    own = crss.by_srid(layer.srid)
    crs = _crs(sent, "crs", own)
    grid = grid_of(layer, _box(layer, sent), crs)
    resized = _rescaled(sent, grid)
    return CoverageQuery(resized, _bands(layer, sent), exact=resized == grid and crs.srid == own.srid)


def raster_layer(collection_id: str) -> Layer:
    """A layer that has cells."""
    layer = visible_layer(collection_id)
    if layer.kind != "raster":
        raise NotFound(f"Layer {layer.id!r} has features: it is no coverage.", locator="collectionId")
    return layer


def _crs(sent: Parameters, name: str, default: Crs) -> Crs:
    return crss.parse(text, locator=name) if (text := sent.text(name, 200)) else default


def _box(layer: Layer, sent: Parameters) -> Box | None:
    text, subset = sent.text("bbox"), sent.text("subset")
    if text and subset:
        raise InvalidParameter("Ask for a bbox or for a subset, not for both.", locator="subset")
    if text:
        return crss.parse_bbox(text, _crs(sent, "bbox-crs", CRS84))
    if subset:
        crs = _crs(sent, "subset-crs", CRS84)
        return parse_subset(subset, crs, native_grid(layer).box.to(crs.xy))
    return None


def _bands(layer: Layer, sent: Parameters) -> tuple[int, ...]:
    count = len((layer.raster or {})["bands"])
    names = {band_name(number): number for number in range(1, count + 1)}
    names |= {str(number): number for number in range(1, count + 1)}
    wanted = sent.words("properties")
    for name in wanted:
        if name not in names:
            raise InvalidParameter(f"There is no band {name[:40]!r}; there are {count}.", locator="properties")
    return tuple(names[name] for name in wanted) or tuple(range(1, count + 1))


def _rescaled(sent: Parameters, grid: Grid) -> Grid:
    asked = [name for name in ("scale-factor", "scale-axes", "scale-size") if sent.text(name)]
    if len(asked) > 1:
        raise InvalidParameter("Ask for one of scale-factor, scale-axes and scale-size.", locator=asked[1])
    if text := sent.text("scale-factor", 40):
        factor = number(text, "scale-factor", 0.01, 1e6)
        return scaled(grid, factor, factor)
    if text := sent.text("scale-axes", 200):
        factors = parse_numbers(text, "scale-axes", 0.01, 1e6)
        return scaled(grid, factors.get("x", 1), factors.get("y", 1))
    if text := sent.text("scale-size", 200):
        sizes = parse_numbers(text, "scale-size", 1, _MOST_CELLS)
        return Grid(grid.box, round(sizes.get("x", grid.width)), round(sizes.get("y", grid.height)))
    return grid
