# SPDX-License-Identifier: EUPL-1.2
"""Builds the files of the sample region from the packages, and again with official shapes."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from ingest.sample import packages
from ingest.sample.cells import commune_cells
from ingest.sample.definitions import GEODATA, LayerDefinition, RegionDefinition, load_definitions
from ingest.sample.official import kinds_of_codes, read_official
from ingest.sample.organisations import organisation_tree, write_tree
from ingest.sample.places import Place, read_places
from ingest.sample.points import places_table, rivers_table, stops_table
from ingest.sample.rasters import write_density
from ingest.sample.register import Commune, read_communes, with_kinds
from ingest.sample.seats import find_seats, official_county_names
from ingest.sample.tables import Table, write_geopackage
from ingest.sample.units import APPROXIMATE, OFFICIAL, Units, unit_tables
from sdi.errors import NotFound

LOCK = GEODATA / "sample.lock"
# rivers go on beyond the approximate border, so that they still reach the official one
RIVER_MARGIN = 20_000.0
ORGANISATIONS = "organisations.json"
UNIT_LAYERS = ("communes", "counties", "subregions", "region", "population_density")
Report = Callable[[str], None]


@dataclass(frozen=True)
class SampleLayer:
    """A layer ready to be loaded: its definition and the file that holds it."""

    definition: LayerDefinition
    path: Path


@dataclass(frozen=True)
class Sources:
    """What the packages say of the region."""

    region: RegionDefinition
    communes: tuple[Commune, ...]
    counties: dict[str, str]
    places: tuple[Place, ...]
    seats: dict[str, Place]


def read_sources(region: RegionDefinition, carriers: packages.Packages) -> Sources:
    """Communes, counties, places and seats of the region from fetched packages."""
    communes = read_communes(carriers.read(packages.COMMUNES), region)
    places = read_places(carriers.read(packages.PLACES), carriers.read(packages.COUNTIES), region)
    seats = find_seats(communes, places, region.seats)
    return Sources(region, communes, official_county_names(communes, places, region), places, seats)


def build_sample(folder: Path, report: Report) -> tuple[SampleLayer, ...]:
    """Files of all layers in `folder`, made when the packages, definitions or rules changed since the last time."""
    definitions = load_definitions()
    carriers = packages.Packages(LOCK, folder / "packages")
    target = folder / "layers"
    if not _is_current(target, [ORGANISATIONS, *(layer.file for layer in definitions.layers)], _stamp()):
        carriers.fetch(report)
        report("Building the sample region: communes, places, rivers, stops, rasters")
        sources = read_sources(definitions.region, carriers)
        shapes = commune_cells(sources.communes, sources.seats, sources.places).shapes
        fresh = _empty(folder / "layers.new")
        communes = _write_units(_units(sources, sources.communes, shapes, APPROXIMATE), fresh)
        write_tree(organisation_tree(sources.region, sources.communes, sources.counties), fresh / ORGANISATIONS)
        _write_others(sources, carriers, shapely.union_all(list(communes.geometries)), fresh)
        _finish(fresh, target, _stamp())
    return tuple(SampleLayer(definition, target / definition.file) for definition in definitions.layers)


def build_official(folder: Path, source: Path, report: Report) -> tuple[SampleLayer, ...]:
    """Files of the layers of units with the shapes of `source` (see `ingest.sample.official`), in `folder`.

    They are made again when the source, or anything that `build_sample` looks at, has changed.
    """
    units = [definition for definition in load_definitions().layers if definition.id in UNIT_LAYERS]
    target = folder / "official"
    if not source.is_file():
        raise NotFound(f"there is no file {source}")
    stamp = _stamp(source)
    if not _is_current(target, [layer.file for layer in units], stamp):
        fresh = _empty(folder / "official.new")
        _write_official(folder, source, fresh, report)
        _finish(fresh, target, stamp)
    return tuple(SampleLayer(definition.as_official(), target / definition.file) for definition in units)


def _write_official(folder: Path, source: Path, fresh: Path, report: Report) -> None:
    definitions = load_definitions()
    carriers = packages.Packages(LOCK, folder / "packages")
    carriers.fetch(report)
    sources = read_sources(definitions.region, carriers)
    report(f"Reading the official boundaries from {source.name}")
    official = read_official(source, sources.communes, sources.seats, definitions.region)
    communes = with_kinds(sources.communes, kinds_of_codes(official.codes))
    _write_units(_units(sources, communes, official.shapes, OFFICIAL), fresh)


def _units(sources: Sources, communes: tuple[Commune, ...], shapes: dict[str, BaseGeometry], border: str) -> Units:
    return Units(sources.region, communes, sources.counties, sources.seats, shapes, border)


def _write_units(units: Units, folder: Path) -> Table:
    tables = unit_tables(units)
    for table in tables:
        write_geopackage(table, folder / f"{table.name}.gpkg")
    write_density(tables[0], folder / "population_density.tif")
    return tables[0]


def _write_others(sources: Sources, carriers: packages.Packages, outline: BaseGeometry, folder: Path) -> None:
    crs = sources.region.crs
    rivers = carriers.read(packages.RIVER_INDEX), carriers.read(packages.RIVER_POINTS)
    for table in (
        places_table(sources.places, sources.seats, sources.communes, crs),
        rivers_table(*rivers, outline.buffer(RIVER_MARGIN), crs),
        stops_table(carriers.read(packages.STOPS), crs),
    ):
        write_geopackage(table, folder / f"{table.name}.gpkg")
    (folder / "elevation.tif").write_bytes(carriers.read(packages.ELEVATION))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _finish(fresh: Path, target: Path, stamp: str) -> None:
    """Put the finished folder in the old one's place; one that lacks its stamp is never taken for whole."""
    (fresh / "stamp").write_text(stamp, encoding="ascii")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _is_current(target: Path, files: list[str], expected: str) -> bool:
    stamp = target / "stamp"
    whole = stamp.is_file() and all((target / name).is_file() for name in files)
    return whole and stamp.read_text(encoding="ascii") == expected


def _stamp(*sources: Path) -> str:
    """Hash of all that decides what the files hold: the pinned packages, the definitions, the rules and `sources`."""
    digest = hashlib.sha256()
    for path in (LOCK, GEODATA / "sample.yml", *sorted(Path(__file__).parent.glob("*.py")), *sources):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
