# SPDX-License-Identifier: EUPL-1.2
"""What geodata/sample.yml and geodata/themes.yml say, read into frozen models."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sdi.errors import SettingsError

GEODATA = Path(__file__).resolve().parents[2] / "geodata"
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Content = TypeVar("Content", bound=BaseModel)
Teryt = Annotated[str, Field(pattern=r"^\d{6}$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Model):
    """A text in both languages."""

    pl: str
    en: str


class Keywords(_Model):
    """Keywords in both languages."""

    pl: tuple[str, ...]
    en: tuple[str, ...]


class Theme(_Model):
    """One theme of the portal."""

    id: Slug
    title: Text
    order: int


class SubregionDefinition(_Model):
    """A statistical subregion (NUTS 3)."""

    code: Annotated[str, Field(pattern=r"^PL\d{3}$")]
    name: str


class RegionDefinition(_Model):
    """The region: its TERYT, its code in GeoNames, how many units it has, the CRS (easting, northing in metres).

    `urban` lists urban communes which the numbers of TERYT do not show to be so; `seats` names the place of the seat
    where it differs from the commune's name.
    """

    teryt: Annotated[str, Field(pattern=r"^\d{2}$")]
    slug: Slug
    name: Text
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    geonames: str
    crs: str
    communes: int
    counties: int
    population_year: int
    urban: tuple[Teryt, ...]
    seats: dict[Teryt, str]
    subregions: tuple[SubregionDefinition, ...]
    official_url: str


class OfficialTexts(_Model):
    """What a layer says of itself once it has the official shapes."""

    title: Text
    abstract: Text
    source: Text
    licence: str
    licence_url: str
    attribution: str


class LayerDefinition(_Model):
    """One layer of the sample: what the registry and the catalogue are told of it.

    `file` stands in the sample's folder; `source_layer` is the table in it (None for a raster). `columns` gives the
    titles of the attributes in the order of the file.
    """

    id: Slug
    kind: Literal["vector", "raster"]
    file: str
    source_layer: str | None = None
    crs: str
    title: Text
    abstract: Text
    notice: Text | None = None
    theme: Slug
    keywords: Keywords
    source: Text
    licence: str
    licence_url: str
    attribution: str
    key: str | None = None
    label: str | None = None
    searchable: bool = False
    visible: bool = False
    order: int
    columns: dict[str, Text] = {}
    official: OfficialTexts | None = None

    def as_official(self) -> "LayerDefinition":
        """The same layer with its official texts and without the notice."""
        if self.official is None:
            raise SettingsError(f"sample.yml: the layer {self.id} has no official texts")
        return self.model_copy(update={**dict(self.official), "notice": None, "official": None})


class Definitions(_Model):
    """The whole of geodata/sample.yml."""

    region: RegionDefinition
    layers: tuple[LayerDefinition, ...]


class Themes(_Model):
    """The whole of geodata/themes.yml."""

    themes: tuple[Theme, ...]


def load_definitions(folder: Path = GEODATA) -> Definitions:
    """Read sample.yml; raises `SettingsError` naming the key that is wrong."""
    return _read(folder / "sample.yml", Definitions)


def load_themes(folder: Path = GEODATA) -> tuple[Theme, ...]:
    """Read themes.yml, in the order shown; raises `SettingsError` naming the key that is wrong."""
    return tuple(sorted(_read(folder / "themes.yml", Themes).themes, key=lambda theme: theme.order))


def _read(path: Path, model: type[Content]) -> Content:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"{path.name}: {error}") from error
