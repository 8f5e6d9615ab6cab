# SPDX-License-Identifier: EUPL-1.2
"""What a load is asked for and what it reports."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

from ingest.reading.model import Decision
from layers.model import LanguageMap, Visibility

Update = Literal["replace", "append", "upsert"]
REFUSALS_KEPT = 1_000
"""Refused rows that a report lists; beyond these they are only counted."""


@dataclass(frozen=True)
class LoadRequest:
    """One file, folder or address to load, and what is known about it.

    `source` is a local path or an http(s) address; `name` the file's name where `source` does not bear it (uploads).
    `organisation` is a slug (the site's own when None). `time` names the column of time, or those of start and end.
    `is_address_trusted` says that an operator typed the address, so that its host need not be on the list.
    Texts left None keep what the layer has.
    """

    source: str
    name: str | None = None
    layer: str | None = None
    source_layer: str | None = None
    organisation: str | None = None
    account_id: UUID | None = None
    update: Update = "replace"
    crs: str | None = None
    encoding: str | None = None
    key: str | None = None
    label: str | None = None
    time: tuple[str, ...] = ()
    title: LanguageMap | None = None
    abstract: LanguageMap | None = None
    notice: LanguageMap | None = None
    theme: str | None = None
    keywords: tuple[str, ...] | None = None
    position: int | None = None
    visibility: Visibility | None = None
    searchable: bool | None = None
    licence: str | None = None
    attribution: str | None = None
    lineage: str | None = None
    column_titles: Mapping[str, LanguageMap] = field(default_factory=dict)
    is_address_trusted: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not loaded; `row` counts from 1 in the file."""

    row: int
    key: str | None
    reason: str


@dataclass
class LayerReport:
    """What became of one layer of the source."""

    layer: str
    source_layer: str | None = None
    version: int | None = None
    read: int = 0
    loaded: int = 0
    repaired: int = 0
    refused: int = 0
    features: int = 0
    decisions: list[Decision] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    error: str | None = None
    seconds: float = 0.0

    def decide(self, what: str, value: str, why: str) -> None:
        """Note a decision."""
        self.decisions.append(Decision(what, value, why))

    def refuse(self, row: int, key: str | None, reason: str) -> None:
        """Note a refused row; it is listed as long as there is room."""
        self.refused += 1
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append(Refusal(row, key, reason))


@dataclass(frozen=True)
class LoadReport:
    """What became of a source: a report for each of its layers, and what was left aside."""

    source: str
    sha256: str | None
    layers: tuple[LayerReport, ...]
    ignored: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every layer was published."""
        return all(layer.error is None for layer in self.layers)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Rejected(Exception):
    """A layer's load was refused after its rows were read; the report says which and why."""

    def __init__(self, report: LayerReport, message: str) -> None:
        super().__init__(message)
        self.report = report
