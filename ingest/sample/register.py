# SPDX-License-Identifier: EUPL-1.2
"""The communes of the sample region as the statistical list of local units names them, with their county and NUTS 3."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.sample.definitions import RegionDefinition
from sdi.errors import Unprocessable

URBAN = "miejska"
RURAL = "wiejska"
URBAN_RURAL = "miejsko-wiejska"
NOT_URBAN = "wiejska lub miejsko-wiejska"
KIND_CODES = {URBAN: "1", RURAL: "2", URBAN_RURAL: "3"}
FIRST_CITY_COUNTY = 61


@dataclass(frozen=True)
class Commune:
    """One commune: `teryt` has six digits (region, county, number), `area_m2` and `population` are the list's own.

    The seventh digit of TERYT tells the kind and changes when a village becomes a town, so it is no part of the key.
    """

    teryt: str
    name: str
    kind: str
    nuts3: str
    population: int
    area_m2: int
    urbanisation: int

    @property
    def county(self) -> str:
        """TERYT of the county: the first four digits."""
        return self.teryt[:4]


def read_communes(table: bytes, region: RegionDefinition) -> tuple[Commune, ...]:
    """Read Eurostat's list of local administrative units (CSV, UTF-8) and keep the region's, by TERYT.

    The list's 13-digit code holds TERYT in its characters 5 to 6 and 10 to 13. Raises `Unprocessable` when the list
    lacks a column or does not hold the number of communes that the region has.
    """
    rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig")))
    try:
        listed = [_listed(row) for row in rows if row["LAU CODE"][4:6] == region.teryt]
    except (KeyError, ValueError) as error:
        raise Unprocessable(f"the list of local units cannot be read: {error}") from error
    if len(listed) != region.communes:
        raise Unprocessable(f"the list of local units has {len(listed)} communes of the region, not {region.communes}")
    kinds = kinds_of({commune.teryt: commune.name for commune in listed}) | dict.fromkeys(region.urban, URBAN)
    return with_kinds(sorted(listed, key=lambda commune: commune.teryt), kinds)


def _listed(row: dict[str, str]) -> Commune:
    code = row["LAU CODE"]
    return Commune(
        teryt=code[4:6] + code[9:13],
        name=row["LAU NAME NATIONAL"].strip(),
        kind=NOT_URBAN,
        nuts3=row["NUTS 3 CODE"],
        population=int(row["POPULATION"]),
        area_m2=int(row["TOTAL AREA (m2)"]),
        urbanisation=int(row["DEGURBA"]),
    )


def kinds_of(names: dict[str, str]) -> dict[str, str]:
    """Kind of each commune (TERYT of six digits -> name) as far as the numbers of TERYT tell it.

    TERYT numbers a county's urban communes first and then all the others, each group in Polish alphabetical order: the
    urban ones are those before the order starts again. Counties numbered from 61 are cities. A commune that is not
    urban and has the name of an urban one around the same seat is rural; of the rest the list does not tell which have
    a town in them.
    """
    counties: dict[str, list[str]] = defaultdict(list)
    for teryt in sorted(names):
        counties[teryt[:4]].append(teryt)
    urban = {teryt for members in counties.values() for teryt in _urban(members, names)}
    twins = {names[teryt] for teryt in urban}
    return {teryt: URBAN if teryt in urban else RURAL if names[teryt] in twins else NOT_URBAN for teryt in names}


def _urban(members: list[str], names: dict[str, str]) -> list[str]:
    if int(members[0][2:4]) >= FIRST_CITY_COUNTY:
        return members
    keys = [polish_order(names[teryt]) for teryt in members]
    restart = next((i for i in range(1, len(keys)) if keys[i] <= keys[i - 1]), 0)
    return members[:restart]


def polish_order(text: str) -> tuple[int, ...]:
    """Sort key of the Polish alphabet, where each letter with a mark follows its plain one."""
    alphabet = " -aąbcćdeęfghijklłmnńoóprsśtuwyzźż"
    return tuple(alphabet.find(letter) for letter in text.lower())


def with_kinds(communes: Iterable[Commune], kinds: dict[str, str]) -> tuple[Commune, ...]:
    """The communes with the kinds given by TERYT in place of their own; the others stay as they are."""
    return tuple(replace(commune, kind=kinds.get(commune.teryt, commune.kind)) for commune in communes)
