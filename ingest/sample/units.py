# SPDX-License-Identifier: EUPL-1.2
"""Tables of administrative and statistical units, the larger ones joined from their communes."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from ingest.sample.definitions import RegionDefinition
from ingest.sample.places import Place
from ingest.sample.register import KIND_CODES, Commune
from ingest.sample.tables import Table, Value, multi

APPROXIMATE = "przybliżona"
OFFICIAL = "urzędowa"
CITY_COUNTY = "miasto na prawach powiatu"


@dataclass(frozen=True)
class Units:
    """What the tables are made of: shapes by TERYT in the region's CRS, and whose borders they are (`border`)."""

    region: RegionDefinition
    communes: tuple[Commune, ...]
    counties: dict[str, str]
    seats: dict[str, Place]
    shapes: dict[str, BaseGeometry]
    border: str

    @property
    def subregions(self) -> dict[str, str]:
        """Names of the subregions by NUTS 3 code."""
        return {subregion.code: subregion.name for subregion in self.region.subregions}


def unit_tables(units: Units) -> tuple[Table, ...]:
    """Tables `communes`, `counties`, `subregions` and `region`, as MultiPolygons."""
    return (_communes(units), _counties(units), _subregions(units), _region(units))


def _communes(units: Units) -> Table:
    communes = units.communes
    seats = [units.seats.get(commune.teryt) for commune in communes]
    columns: dict[str, list[Value]] = {
        "teryt": [c.teryt for c in communes],
        "nazwa": [c.name for c in communes],
        "rodzaj": [c.kind for c in communes],
        "rodzaj_kod": [KIND_CODES.get(c.kind) for c in communes],
        "powiat_kod": [c.county for c in communes],
        "powiat": [units.counties[c.county] for c in communes],
        "podregion_kod": [c.nuts3 for c in communes],
        "podregion": [units.subregions[c.nuts3] for c in communes],
        "ludnosc": [c.population for c in communes],
        "ludnosc_rok": [units.region.population_year for _ in communes],
        "pow_km2": [c.area_m2 / 1e6 for c in communes],
        "gestosc": [round(c.population / (c.area_m2 / 1e6), 1) for c in communes],
        "stopien_urb": [c.urbanisation for c in communes],
        "siedziba": [seat.name if seat else None for seat in seats],
        "granica": [units.border for _ in communes],
    }
    shapes = [multi(units.shapes[commune.teryt]) for commune in communes]
    return Table("communes", units.region.crs, "MultiPolygon", shapes, columns)


def _counties(units: Units) -> Table:
    groups = _groups(units.communes, lambda commune: commune.county)
    columns: dict[str, list[Value]] = {
        "teryt": list(groups),
        "nazwa": [units.counties[county] for county in groups],
        "rodzaj": ["powiat" if units.counties[county].startswith("powiat ") else CITY_COUNTY for county in groups],
        "podregion_kod": [members[0].nuts3 for members in groups.values()],
        "podregion": [units.subregions[members[0].nuts3] for members in groups.values()],
    }
    return _joined("counties", units, groups, columns)


def _subregions(units: Units) -> Table:
    groups = _groups(units.communes, lambda commune: commune.nuts3)
    return _joined("subregions", units, groups, {"kod": list(groups), "nazwa": [units.subregions[c] for c in groups]})


def _region(units: Units) -> Table:
    columns: dict[str, list[Value]] = {"teryt": [units.region.teryt], "nazwa": [units.region.name.pl]}
    return _joined("region", units, {units.region.teryt: list(units.communes)}, columns)


def _joined(name: str, units: Units, groups: dict[str, list[Commune]], columns: dict[str, list[Value]]) -> Table:
    """A table of the groups, with the sums of their communes' figures."""
    figures: dict[str, list[Value]] = {
        "liczba_gmin": [len(members) for members in groups.values()],
        "ludnosc": [sum(c.population for c in members) for members in groups.values()],
        "ludnosc_rok": [units.region.population_year for _ in groups],
        "pow_km2": [round(sum(c.area_m2 for c in members) / 1e6, 6) for members in groups.values()],
        "granica": [units.border for _ in groups],
    }
    shapes = [multi(shapely.union_all([units.shapes[c.teryt] for c in members])) for members in groups.values()]
    return Table(name, units.region.crs, "MultiPolygon", shapes, columns | figures)


def _groups(communes: Iterable[Commune], key: Callable[[Commune], str]) -> dict[str, list[Commune]]:
    groups: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        groups[key(commune)].append(commune)
    return dict(sorted(groups.items()))
