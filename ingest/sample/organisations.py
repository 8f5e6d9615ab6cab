# SPDX-License-Identifier: EUPL-1.2
"""The tree of organisations that the sample region seeds: the region, its counties, their communes."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ingest.sample.definitions import RegionDefinition, Text
from ingest.sample.register import URBAN, Commune
from sdi.errors import SetupError


class Organisation(BaseModel):
    """One organisation: a short ASCII name that never changes, TERYT of 2, 4 or 6 digits, the slug of its parent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    kind: Literal["region", "county", "commune"]
    teryt: str
    name: Text
    parent: str | None


def organisation_tree(
    region: RegionDefinition, communes: Iterable[Commune], counties: dict[str, str]
) -> tuple[Organisation, ...]:
    """The region first, then its counties, then their communes, each by TERYT. `counties` names them by TERYT."""
    communes = tuple(communes)
    tree = [Organisation(slug=region.slug, kind="region", teryt=region.teryt, name=region.name, parent=None)]
    county_slugs = {teryt: _county_slug(name) for teryt, name in counties.items()}
    for teryt in sorted(counties):
        name = counties[teryt]
        english = f"County of {name.removeprefix('powiat ')}" if name.startswith("powiat ") else f"City of {name}"
        title = Text(pl=name, en=english)
        tree.append(Organisation(slug=county_slugs[teryt], kind="county", teryt=teryt, name=title, parent=region.slug))
    slugs = _commune_slugs(communes, counties)
    tree += [
        Organisation(
            slug=slugs[c.teryt], kind="commune", teryt=c.teryt, name=_commune_name(c), parent=county_slugs[c.county]
        )
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
                slugs[commune.teryt] = f"{name}_{slug(counties[commune.county].removeprefix('powiat '))}"
    return slugs


def _county_slug(name: str) -> str:
    return slug(name) if name.startswith("powiat ") else f"miasto_{slug(name)}"


def _commune_name(commune: Commune) -> Text:
    if commune.kind == URBAN:
        return Text(pl=f"miasto {commune.name}", en=f"Town of {commune.name}")
    return Text(pl=f"gmina {commune.name}", en=f"Commune of {commune.name}")


def slug(name: str) -> str:
    """The name in ASCII small letters with `_` between words."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ł", "l")).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
