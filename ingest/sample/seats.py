# SPDX-License-Identifier: EUPL-1.2
"""Which named place is the seat of which commune.

The rule, in order:
1. A place of the region with the commune's name (capitals and hyphens set aside; then its other names) that GeoNames
   puts into the commune's county; failing that, the only such place whose county is not told.
2. The place that the definitions name as the seat, by the same test (a seat may be called otherwise than its commune).
3. No place: the commune has no known seat and `ingest.sample.cells` makes room for it.
The county of TERYT that a county name of GeoNames stands for is found by a vote of the names that fit.
An urban and a rural commune of one name have one seat.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from ingest.sample.definitions import RegionDefinition
from ingest.sample.places import Place
from ingest.sample.register import FIRST_CITY_COUNTY, Commune
from sdi.errors import Unprocessable

Index = dict[str, list[Place]]


def find_seats(communes: Iterable[Commune], places: Iterable[Place], named: dict[str, str]) -> dict[str, Place]:
    """Seats by TERYT of the commune; communes without one are left out. `named` is rule 2's list."""
    communes = tuple(communes)
    index = _index(place for place in places if place.inside)
    counties = _county_names(communes, index)
    seats: dict[str, Place] = {}
    for commune in communes:
        seat = _seat(commune, commune.name, index, counties)
        if seat is None and commune.teryt in named:
            seat = _seat(commune, named[commune.teryt], index, counties)
        if seat is not None:
            seats[commune.teryt] = seat
    return seats


def official_county_names(
    communes: Iterable[Commune], places: Iterable[Place], region: RegionDefinition
) -> dict[str, str]:
    """Polish name of each county by its TERYT: `powiat` and its adjective, or the city's own name.

    Raises `Unprocessable` when a county gets no name or two get the same.
    """
    communes = tuple(communes)
    elected = _county_names(communes, _index(place for place in places if place.inside))
    names = {c.county: c.name if is_city(c.county) else elected.get(c.county, "").lower() for c in communes}
    if len(set(names.values())) != region.counties or "" in names.values():
        raise Unprocessable(f"the places name {len(set(names.values()) - {''})} counties, not {region.counties}")
    return dict(sorted(names.items()))


def _county_names(communes: Iterable[Commune], index: Index) -> dict[str, str]:
    """GeoNames' name of each county by its TERYT, elected by the communes whose name only one place has."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for commune in communes:
        found = index.get(plain(commune.name), [])
        if len(found) == 1 and found[0].county and not is_city(commune.county):
            votes[commune.county][found[0].county] += 1
    return {
        county: sorted(names.items(), key=lambda item: (-item[1], item[0]))[0][0] for county, names in votes.items()
    }


def is_city(county: str) -> bool:
    """Whether the county (TERYT, four digits) is a city with the rights of a county."""
    return int(county[2:]) >= FIRST_CITY_COUNTY


def plain(name: str) -> str:
    """The name without capitals and hyphens."""
    return re.sub(r"[\s\-–]+", " ", name).strip().casefold()


def _index(places: Iterable[Place]) -> Index:
    own: Index = defaultdict(list)
    other: Index = defaultdict(list)
    for place in places:
        own[plain(place.name)].append(place)
        for name in {plain(name) for name in place.other_names}:
            other[name].append(place)
    return {**other, **own}


def _seat(commune: Commune, name: str, index: Index, counties: dict[str, str]) -> Place | None:
    found = index.get(plain(name), [])
    if is_city(commune.county):
        return max(found, key=lambda place: place.population, default=None)
    inside = [place for place in found if place.county == counties.get(commune.county)]
    untold = [place for place in found if place.county is None]
    if inside:
        return max(inside, key=lambda place: place.population)
    return untold[0] if len(untold) == 1 else None
