# SPDX-License-Identifier: EUPL-1.2
"""Reads the official boundaries of the region's communes from the state register's export or a file like it.

The register of boundaries (PRG) exports shapefiles in a zip, or GML, with the code in JPT_KOD_JE. Other files may call
it `teryt_2026`, `teryt` or `teryt6`. The first six digits join with the communes of the sample; the seventh tells the
kind (1 urban, 2 rural, 3 urban-rural) as of the file's date.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

from ingest.sample.definitions import RegionDefinition
from ingest.sample.places import Place
from ingest.sample.register import KIND_CODES, Commune
from sdi.errors import Unprocessable

CODE_FIELDS = ("JPT_KOD_JE", "teryt_2026", "teryt", "teryt6")
SEATS_INSIDE = 0.8
MAX_LAYERS = 100


@dataclass(frozen=True)
class OfficialCommunes:
    """Shapes by TERYT of six digits in the region's CRS (x easting), and the codes as the file has them."""

    shapes: dict[str, BaseGeometry]
    codes: tuple[str, ...]


def read_official(
    source: Path, communes: tuple[Commune, ...], seats: dict[str, Place], region: RegionDefinition
) -> OfficialCommunes:
    """Official shapes of all the communes.

    Raises `Unprocessable` when the file cannot be read, no layer of it has codes of communes, some are missing, a shape
    cannot be used, or the seats do not fall into the shapes (coordinates in the wrong order).
    """
    path, layer, field = _find_layer(source, region)
    codes, shapes = _read(path, layer, field, region)
    found = {code[:6]: shape for code, shape in zip(codes, shapes, strict=True)}
    missing = [f"{commune.teryt} {commune.name}" for commune in communes if commune.teryt not in found]
    if missing:
        raise Unprocessable(f"{source.name} lacks {len(missing)} communes: {', '.join(missing[:5])}")
    _check_seats(found, seats)
    return OfficialCommunes({commune.teryt: found[commune.teryt] for commune in communes}, tuple(codes))


def kinds_of_codes(codes: tuple[str, ...]) -> dict[str, str]:
    """Kinds by TERYT of six digits, from the codes that have a seventh."""
    kinds = {digit: kind for kind, digit in KIND_CODES.items()}
    return {code[:6]: kinds[code[6]] for code in codes if len(code) == 7 and code[6] in kinds}


def _find_layer(source: Path, region: RegionDefinition) -> tuple[str, str, str]:
    """Path for GDAL, layer and code field of the communes: the first layer whose codes are those of communes."""
    for path in _paths(source):
        try:
            layers = [str(name) for name, _ in pyogrio.list_layers(path)][:MAX_LAYERS]
            for layer in layers:
                fields = list(pyogrio.read_info(path, layer=layer)["fields"])
                for field in (name for name in CODE_FIELDS if name in fields):
                    if _has_communes(path, layer, field, region):
                        return path, layer, field
        except (DataSourceError, DataLayerError) as error:
            raise Unprocessable(f"{source.name} cannot be read: {error}") from error
    raise Unprocessable(f"{source.name} has no layer of communes with a code in {', '.join(CODE_FIELDS)}")


def _paths(source: Path) -> list[str]:
    """The file itself, or each shapefile, GeoPackage or GML in a zip, those named after communes first."""
    if not zipfile.is_zipfile(source):
        return [str(source)]
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".shp", ".gpkg", ".gml"))]
    names.sort(key=lambda name: ("gmin" not in name.lower(), name))
    return [f"/vsizip/{source}/{name}" for name in names[:MAX_LAYERS]]


def _has_communes(path: str, layer: str, field: str, region: RegionDefinition) -> bool:
    _, _, _, values = pyogrio.raw.read(
        path, layer=layer, columns=[field], read_geometry=False, where=f"\"{field}\" LIKE '{region.teryt}%'"
    )
    codes = [str(value) for value in values[0]] if len(values) else []
    return len(codes) >= region.communes and all(re.fullmatch(r"\d{6,7}", code) for code in codes)


def _read(path: str, layer: str, field: str, region: RegionDefinition) -> tuple[list[str], list[BaseGeometry]]:
    meta, _, wkb, values = pyogrio.raw.read(
        path, layer=layer, columns=[field], where=f"\"{field}\" LIKE '{region.teryt}%'", force_2d=True
    )
    if not meta["crs"]:
        raise Unprocessable(f"the layer {layer} does not say its coordinate reference system")
    shapes = shapely.from_wkb(wkb)
    if pyproj.CRS(meta["crs"]) != pyproj.CRS(region.crs):
        to_metres = pyproj.Transformer.from_crs(meta["crs"], region.crs, always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(to_metres.transform(xy[:, 0], xy[:, 1])))
    polygons = [_polygonal(shape) for shape in shapes]
    codes = [str(code) for code in values[0]]
    empty = [code for code, shape in zip(codes, polygons, strict=True) if shape.is_empty or shape.area == 0]
    if empty:
        raise Unprocessable(f"communes without a shape: {', '.join(empty[:5])}")
    return codes, polygons


def _polygonal(shape: BaseGeometry | None) -> BaseGeometry:
    if shape is None:
        return shapely.MultiPolygon()
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts(valid) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts)


def _check_seats(shapes: dict[str, BaseGeometry], seats: dict[str, Place]) -> None:
    inside = sum(shapes[teryt].intersects(shapely.Point(seat.x, seat.y)) for teryt, seat in seats.items())
    if inside < SEATS_INSIDE * len(seats):
        raise Unprocessable(
            f"only {inside} of {len(seats)} seats lie in their communes: the coordinates of the file are not what its "
            "coordinate reference system says (northing and easting changed places?)"
        )
