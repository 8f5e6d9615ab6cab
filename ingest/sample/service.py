# SPDX-License-Identifier: EUPL-1.2
"""Public face of the sample region: build its files, put official shapes in, name its organisations and themes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.sample.definitions import LayerDefinition, RegionDefinition, Theme, load_definitions, load_themes
from ingest.sample.organisations import read_tree
from ingest.sample.region import ORGANISATIONS, SampleLayer, build_official, build_sample
from sdi.people.model import Organisation

__all__ = [
    "LayerDefinition",
    "Organisation",
    "SampleLayer",
    "SampleRegion",
    "Theme",
    "build",
    "official",
    "official_url",
    "themes",
]


@dataclass(frozen=True)
class SampleRegion:
    """The region with its layers in the order in which they should be loaded, and the tree of its organisations."""

    region: RegionDefinition
    layers: tuple[SampleLayer, ...]
    organisations: tuple[Organisation, ...]


def build(data_dir: Path, report: Callable[[str], None]) -> SampleRegion:
    """Make the files of all sample layers under `data_dir/sample`, fetching the packages the first time.

    A second call finds them as they are. Raises `SetupError` when the packages cannot be had, `Unprocessable` when they
    hold something else than expected. `report` is told each step.
    """
    return _region(data_dir, build_sample(data_dir / "sample", report))


def official(data_dir: Path, source: Path, report: Callable[[str], None]) -> SampleRegion:
    """Make the layers of units (communes to region, and the density raster) again with the official shapes of `source`.

    Columns and keys are those of `build`, so loading the files replaces the shapes and features keep their ids; the
    notice of approximation is gone. `source` is the state register's zip or a file like it. Raises `NotFound` or
    `Unprocessable` when the file is not there or lacks communes.
    """
    build_sample(data_dir / "sample", report)
    return _region(data_dir, build_official(data_dir / "sample", source, report))


def official_url() -> str:
    """The state register's own address of the official boundaries of the whole country (zip of shapefiles)."""
    return load_definitions().region.official_url


def themes() -> tuple[Theme, ...]:
    """The themes of the portal in their order."""
    return load_themes()


def _region(data_dir: Path, layers: tuple[SampleLayer, ...]) -> SampleRegion:
    ordered = tuple(sorted(layers, key=lambda layer: layer.definition.order))
    tree = read_tree(data_dir / "sample" / "layers" / ORGANISATIONS)
    return SampleRegion(load_definitions().region, ordered, tree)
