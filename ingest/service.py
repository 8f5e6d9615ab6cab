# SPDX-License-Identifier: EUPL-1.2
"""Data in: the one way a file, a folder or an address becomes published layers."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

import layers.service
from ingest import loading, names, rasters, reader, sources
from ingest.loading import Target
from ingest.model import LayerReport, LoadReport, LoadRequest
from ingest.reading.model import Format, Task
from ingest.sources import Piece
from ingest.workspace import workspace
from sdi.audit.service import act_for
from sdi.db.database import Database
from sdi.errors import BramaError, Conflict, InvalidParameter, Unprocessable
from sdi.jobs.model import Progress
from sdi.people.service import organisation_id
from sdi.settings import Settings

OTHER_THEME = "other"
_MANY = (Format.GEOPACKAGE, Format.GML, Format.KML)
_log = structlog.get_logger()


class LoadRefused(Unprocessable):
    """No layer of the source was published; `report` says why for each."""

    def __init__(self, message: str, report: LoadReport) -> None:
        super().__init__(message)
        self.report = report

    @property
    def details(self) -> Mapping[str, Any]:
        """The report, so that a failed job tells each refused row too."""
        return self.report.as_dict()


@dataclass(frozen=True)
class _Gate:
    """What every step needs."""

    database: Database
    settings: Settings
    request: LoadRequest
    progress: Progress
    folder: Path


def load(database: Database, settings: Settings, request: LoadRequest, progress: Progress) -> LoadReport:
    """Load every layer of `request.source` and publish it, each in a transaction of its own.

    A layer that is refused leaves its old version as it was, and its report says why. Raises LoadRefused when none was
    published, another BramaError when the source as a whole cannot be used, and Cancelled from `progress`.
    """
    _check(request)
    with workspace(settings.data) as folder:
        progress(0.0, "fetching")
        found = sources.collect(settings, request, folder)
        gate = _Gate(database, settings, request, progress, folder)
        parts = [part for piece in _mosaic(found.pieces, request) for part in _parts(piece, request)]
        if request.layer and len(parts) > 1:
            listed = ", ".join(name for _, _, name in parts[:50])
            raise Unprocessable(f"The source has several layers ({listed}): choose one with --source-layer.")
        reports = [
            _load_part(gate, piece, source_layer, name, _part_of(progress, index, len(parts)))
            for index, (piece, source_layer, name) in enumerate(parts)
        ]
    report = LoadReport(found.name, found.sha256, tuple(reports), found.ignored)
    if reports and all(one.error for one in reports):
        raise LoadRefused(" ".join(dict.fromkeys(one.error or "" for one in reports)), report)
    return report


def _mosaic(pieces: tuple[Piece, ...], request: LoadRequest) -> tuple[Piece, ...]:
    """Several rasters that are to be one layer as one piece, in the order of their names."""
    if request.layer is None or len(pieces) < 2 or any(piece.format is not Format.GEOTIFF for piece in pieces):
        return pieces
    first, *others = sorted(pieces, key=lambda piece: piece.stem)
    return (replace(first, more=tuple(piece.path for piece in others)),)


def _check(request: LoadRequest) -> None:
    known = {theme.id for theme in layers.service.themes()} | {OTHER_THEME}
    if request.theme and request.theme not in known:
        raise InvalidParameter(
            f"There is no theme {request.theme[:80]!r}; there are: {', '.join(sorted(known))}.", locator="theme"
        )
    if request.layer and not names.is_layer_id(request.layer):
        raise InvalidParameter(
            f"{request.layer[:80]!r} cannot be a layer's id: a letter a-z, then up to 47 of a-z, 0-9 and _.",
            locator="layer",
        )
    if len(request.time) > 2:
        raise InvalidParameter("--time names one column, or those of start and end.", locator="time")


def _part_of(progress: Progress, index: int, count: int) -> Progress:
    """Progress of one of several layers."""

    def tell(fraction: float, message: str) -> None:
        progress((index + fraction) / count, message)

    return tell


def _parts(piece: Piece, request: LoadRequest) -> Iterator[tuple[Piece, str | None, str]]:
    """The layers of one file with the names that their ids are made from."""
    if piece.format not in _MANY:
        yield piece, None, piece.stem
        return
    if request.source_layer:
        yield piece, request.source_layer, request.source_layer
        return
    found = [one for one in reader.list_layers(piece.task()) if one["geometry"] is not None]
    if not found:
        raise Unprocessable(f"{piece.name} has no layer with geometry.")
    for one in found:
        is_own = len(found) == 1 and piece.format is not Format.GEOPACKAGE
        yield piece, one["name"], piece.stem if is_own else one["name"]


def _load_part(gate: _Gate, piece: Piece, source_layer: str | None, name: str, progress: Progress) -> LayerReport:
    started = time.monotonic()
    report = LayerReport(gate.request.layer or names.layer_id(name), source_layer)
    loader = _load_raster if piece.format is Format.GEOTIFF else _load_vector
    try:
        loader(gate, replace(piece.task(gate.request), layer=source_layer), piece, report, name, progress)
    except BramaError as error:
        report.error = error.message
        report.version = None
    report.seconds = round(time.monotonic() - started, 3)
    _log.info("ingest.layer", layer=report.layer, loaded=report.loaded, refused=report.refused, error=report.error)
    return report


def _load_vector(gate: _Gate, task: Task, piece: Piece, report: LayerReport, name: str, progress: Progress) -> None:
    progress(0.02, f"opening {name}")
    with gate.database.owner.begin() as connection, reader.open_layer(task) as reading:
        act_for(connection, gate.request.account_id)
        target = _target(gate, connection, piece, report, name)
        loading.load(connection, reading, gate.request, target, report, progress)
    progress(1.0, f"{report.layer}: {report.features:,} features")


def _load_raster(gate: _Gate, task: Task, piece: Piece, report: LayerReport, name: str, progress: Progress) -> None:
    progress(0.02, f"converting {name}")
    if gate.request.update == "append":
        with gate.database.owner.connect() as connection:
            task = rasters.over(layers.service.layer_as_owner(connection, report.layer), task, gate.settings)
    converted = rasters.convert(task, gate.folder)
    with gate.database.owner.begin() as connection:
        act_for(connection, gate.request.account_id)
        target = _target(gate, connection, piece, report, name)
        rasters.publish(connection, gate.settings, converted, gate.request, target, report)
    progress(1.0, report.layer)


def _target(gate: _Gate, connection: Connection, piece: Piece, report: LayerReport, name: str) -> Target:
    """Whose the layer is and which id it gets: another organisation's id is never taken over."""
    slug = gate.request.organisation or gate.settings.site.organisation
    owner = organisation_id(connection, slug)
    old = layers.service.layer_as_owner(connection, report.layer)
    if old is not None and old.organisation_id != owner:
        if gate.request.layer:
            raise Conflict(f"The layer {report.layer} belongs to {old.organisation}; choose another --layer.")
        report.layer = names.prefixed_layer_id(slug, name)
        report.decide("layer", report.layer, f"another organisation has a layer {old.id}")
        old = layers.service.layer_as_owner(connection, report.layer)
        if old is not None and old.organisation_id != owner:
            raise Conflict(f"The layers {report.layer} and {name} belong to others; give an id with --layer.")
    return Target(report.layer, owner, names.title_of(name), piece.name, piece.sha256)
