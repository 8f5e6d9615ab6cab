# SPDX-License-Identifier: EUPL-1.2
"""The tree of organisations that the sample region seeds: the region, its counties, their communes."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ingest.sample.definitions import RegionDefinition
from ingest.sample.register import URBAN, Commune
from sdi.errors import SetupError
from sdi.people.model import Organisation

COUNTY = "powiat "


def organisation_tree(
    region: RegionDefinition, communes: Iterable[Commune], counties: dict[str, str]
) -> tuple[Organisation, ...]:
    """The region first, then its counties, then their communes, each by TERYT of 2, 4 and 6 digits.

    `counties` names them by TERYT. Slugs are unique, ASCII, and depend on the names alone.
    """
    communes = tuple(communes)
    county_slugs = {teryt: county_slug(name) for teryt, name in counties.items()}
    commune_slugs = _commune_slugs(communes, counties)
    tree = [Organisation(region.slug, "region", dict(region.name), region.teryt)]
    tree += [
        Organisation(county_slugs[teryt], "county", _county_title(counties[teryt]), teryt, region.slug)
        for teryt in sorted(counties)
    ]
    tree += [
        Organisation(commune_slugs[c.teryt], "commune", _commune_title(c), c.teryt, county_slugs[c.county])
        for c in communes
    ]
    return tuple(tree)


def write_tree(tree: tuple[Organisation, ...], path: Path) -> None:
    """Keep the tree as JSON, so that a later start need not read the packages again."""
    path.write_bytes(TypeAdapter(tuple[Organisation, ...]).dump_json(tree, indent=1))


def read_tree(path: Path) -> tuple[Organisation, ...]:
    """The tree that `write_tree` kept; raises `SetupError` when the file is missing or spoilt."""
    try:
        return TypeAdapter(tuple[Organisation, ...]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SetupError(f"{path} cannot be read; remove it and start again: {error}") from error


def _commune_slugs(communes: tuple[Commune, ...], counties: dict[str, str]) -> dict[str, str]:
    """Communes of one name: the urban one keeps the name, the others add `wies` beside it or else their county."""
    namesakes: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        namesakes[slug(commune.name)].append(commune)
    slugs: dict[str, str] = {}
    for name, group in namesakes.items():
        urban = any(commune.kind == URBAN for commune in group)
        for commune in group:
            if len(group) == 1 or commune.kind == URBAN:
                slugs[commune.teryt] = name
            elif urban and len(group) == 2:
                slugs[commune.teryt] = f"{name}_wies"
            else:
                slugs[commune.teryt] = f"{name}_{county_slug(counties[commune.county])}"
    return slugs


def county_slug(name: str) -> str:
    """`powiat płocki` is `plocki`; a city that is a county of its own has `miasto_` before its name."""
    return slug(name.removeprefix(COUNTY)) if name.startswith(COUNTY) else f"miasto_{slug(name)}"


def _county_title(name: str) -> dict[str, str]:
    if name.startswith(COUNTY):
        return {"pl": name, "en": f"{name.removeprefix(COUNTY)} county"}
    return {"pl": f"miasto na prawach powiatu {name}", "en": f"City of {name} (county)"}


def _commune_title(commune: Commune) -> dict[str, str]:
    if commune.kind == URBAN:
        return {"pl": f"miasto {commune.name}", "en": f"Town of {commune.name}"}
    return {"pl": f"gmina {commune.name}", "en": f"Commune of {commune.name}"}


def slug(name: str) -> str:
    """The name in ASCII small letters with `_` between words."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ł", "l")).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
