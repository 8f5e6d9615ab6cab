# SPDX-License-Identifier: EUPL-1.2
"""Loads one vector layer in one transaction: stream, stage, check, new table, registry row, metadata record."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

import catalogue.service
import layers.service
from ingest import guess, store
from ingest.model import LayerReport, LoadRequest, Refusal
from ingest.names import column_names
from ingest.reader import Batch, Reading
from layers.model import Column, ColumnType, Extent, GeometryType, Layer, Publication
from sdi import crs
from sdi.errors import Unprocessable
from sdi.jobs.model import Progress

_INDEXED_BYTES = 2_000
_MAX_COLUMNS = 1_000
_SHOWN = 3
_SECONDS_BETWEEN_NEWS = 0.5


@dataclass(frozen=True)
class Target:
    """Where a layer goes: its id, whose it is, and what it bears when it is new."""

    layer_id: str
    organisation_id: UUID
    title: str
    source: str
    sha256: str | None


@dataclass
class _Stream:
    """Rows on their way into the stage, counted."""

    reading: Reading
    report: LayerReport
    progress: Progress
    key: int | None
    kinds: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    told: float = 0.0

    def columns(self) -> Iterator[list[pa.Array]]:
        """Columns of the good rows, batch by batch."""
        for batch in self.reading.batches:
            rows = self._counted(batch)
            if rows.num_rows:
                yield [rows.column("row"), rows.column("geom"), *rows.columns[3:]]
            self._tell()

    def _counted(self, batch: Batch) -> pa.RecordBatch:
        rows: pa.RecordBatch = batch.rows
        self.kinds.update(batch.tally["types"])
        self.tally.update({name: count for name, count in batch.tally.items() if name != "types"})
        self.report.read += rows.num_rows
        reasons = rows.column("reason")
        if reasons.null_count < rows.num_rows:
            self._refuse(rows.filter(pc.is_valid(reasons)))
            rows = rows.filter(pc.is_null(reasons))
        return rows

    def _refuse(self, bad: pa.RecordBatch) -> None:
        room = max(0, 1_000 - len(self.report.refusals))
        listed = bad.slice(0, room)
        keys = listed.column(3 + self.key).to_pylist() if self.key is not None else [None] * listed.num_rows
        for row, reason, key in zip(
            listed.column("row").to_pylist(), listed.column("reason").to_pylist(), keys, strict=True
        ):
            self.report.refuse(row, None if key is None else str(key), reason)
        self.report.refused += bad.num_rows - listed.num_rows

    def _tell(self) -> None:
        if time.monotonic() - self.told < _SECONDS_BETWEEN_NEWS:
            return
        self.told = time.monotonic()
        known = self.reading.features
        fraction = self.report.read / known if known > 0 else 0.5
        self.progress(0.05 + 0.55 * min(fraction, 1.0), f"{self.report.read:,} rows read")


def load(
    connection: Connection,
    reading: Reading,
    request: LoadRequest,
    target: Target,
    report: LayerReport,
    progress: Progress,
) -> Layer:
    """Publish the layer's next version, or raise a refusal that leaves everything as it was."""
    store.lock(connection, target.layer_id)
    old = _old(connection, target, request)
    columns = _columns(reading, request)
    report.decisions += reading.decisions
    report.warnings += reading.warnings
    kinds = _stage(connection, reading, columns, report, progress, request.key)
    progress(0.6, "checking keys")
    key = _key(connection, columns, request, old, report)
    if request.update == "append" and old and key and key.name in old.by_name:
        _note_refusals(report, store.take_out_present(connection, old, key))
    _judge(report, store.staged_count(connection))
    geometry = _geometry(connection, reading, old if request.update != "replace" else None, kinds, report)
    progress(0.65, "writing the new version")
    made = _Made(connection, target, request, old, geometry, key)
    return _publish(made, _marked(made, columns, report), report, progress)


@dataclass(frozen=True)
class _Made:
    """What is known once the rows are staged."""

    connection: Connection
    target: Target
    request: LoadRequest
    old: Layer | None
    geometry: store.Geometry
    key: Column | None


def _old(connection: Connection, target: Target, request: LoadRequest) -> Layer | None:
    old = layers.service.layer_as_owner(connection, target.layer_id)
    if old is not None and old.kind != "vector":
        raise Unprocessable(f"The layer {target.layer_id} is a raster; vector data need another --layer.")
    if old is None and request.update != "replace":
        raise Unprocessable(f"There is no layer {target.layer_id} to {request.update} to; load it first.")
    return old


def _columns(reading: Reading, request: LoadRequest) -> tuple[Column, ...]:
    if len(reading.fields) > _MAX_COLUMNS:
        raise Unprocessable(f"The layer has {len(reading.fields)} columns; at most {_MAX_COLUMNS} are taken.")
    sources = [one.source for one in reading.fields]
    titles = request.column_titles
    return tuple(
        Column(name, ColumnType(one.type), one.source, titles.get(name, titles.get(one.source, {})))
        for name, one in zip(column_names(sources), reading.fields, strict=True)
    )


def _stage(
    connection: Connection, reading: Reading, columns: Sequence[Column], report: LayerReport, progress: Progress,
    key: str | None,
) -> Counter[str]:  # fmt: skip
    shown = guess.named(columns, key, "--key") if key else next(iter(guess.key_candidates(columns)), None)
    stream = _Stream(reading, report, progress, columns.index(shown) if shown else None)
    store.make_stage(connection, columns)
    store.copy_in(connection, stream.columns())
    report.repaired = stream.tally["repaired"]
    if stream.tally["flattened"]:
        report.warnings.append(f"{stream.tally['flattened']} geometries had heights or measures, which are left out.")
    if stream.tally["bad_text"]:
        report.warnings.append("Some texts do not fit the file's encoding; what does not fit shows as \ufffd.")
    if stream.tally["nul"]:
        report.warnings.append("NUL characters were taken out of texts.")
    _judge(report, report.read - report.refused)
    return stream.kinds


def _judge(report: LayerReport, staged: int) -> None:
    """Nothing is published when no row is good, or when most are bad: then the file or its CRS is wrong."""
    report.loaded = staged
    if report.read == 0:
        raise Unprocessable("The layer has no rows.")
    if report.refused * 2 > report.read or staged == 0:
        first = "; ".join(f"row {one.row}: {one.reason}" for one in report.refusals[:_SHOWN])
        what = "All rows were" if staged == 0 else f"{report.refused:,} of {report.read:,} rows, more than half, were"
        raise Unprocessable(f"{what} refused, and nothing was published. {first}.")


def _key(
    connection: Connection, columns: Sequence[Column], request: LoadRequest, old: Layer | None, report: LayerReport
) -> Column | None:
    if request.key:
        key = guess.named(columns, request.key, "--key")
        _note_refusals(report, store.take_out_repeated(connection, key.name))
        report.decide("key", key.name, "given with --key")
        return key
    kept = old.key_column if old else None
    candidates = guess.key_candidates(columns)
    candidates.sort(key=lambda column: column.name != kept)
    for column in candidates:
        if store.is_unique(connection, column.name):
            why = "the layer's key so far" if column.name == kept else "named so, and every row has its own value"
            report.decide("key", column.name, why)
            return column
    if request.update == "upsert":
        raise Unprocessable(
            "To upsert, a key is needed: no column has a telling name and a value of its own in each row."
        )
    report.decide("key", "none", "no column has a telling name and a value of its own in each row")
    return None


def _note_refusals(report: LayerReport, refusals: Sequence[Refusal]) -> None:
    for refusal in refusals:
        report.refuse(refusal.row, refusal.key, refusal.reason)


def _geometry(
    connection: Connection, reading: Reading, kept: Layer | None, kinds: Counter[str], report: LayerReport
) -> store.Geometry:
    found = guess.geometry_type(kinds)
    listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    if kept is not None:
        found = guess.merged_type(found, kept.geometry_type)
        srid, why = kept.srid, "the layer's own"
    else:
        srid, why = guess.stored_srid(store.staged_extent(connection), reading.srid, reading.wkt)
    report.decide("geometry type", found.value, listed)
    report.decide("stored crs", f"EPSG:{srid}", why)
    return store.Geometry(found.value, srid, reading.srid, reading.wkt)


def _marked(made: _Made, columns: Sequence[Column], report: LayerReport) -> tuple[Column, ...]:
    """The new version's columns, with an index on key, label and time."""
    old, request = made.old, made.request
    merged = guess.merged_columns(old.columns, columns) if old and request.update != "replace" else tuple(columns)
    label = _label(columns, request)
    report.decide("label", label.name if label else "none", "given with --label" if request.label else "by its name")
    wanted = {column.name for column in (made.key, label) if column}
    wanted |= {guess.named(columns, name, "--time").name for name in request.time}
    return tuple(replace(column, indexed=column.name in wanted) for column in merged)


def _label(columns: Sequence[Column], request: LoadRequest) -> Column | None:
    return guess.named(columns, request.label, "--label") if request.label else guess.label(columns)


def _publish(made: _Made, columns: tuple[Column, ...], report: LayerReport, progress: Progress) -> Layer:
    connection, target, request = made.connection, made.target, made.request
    version = layers.service.next_version(connection, target.layer_id)
    relation = f"{target.layer_id}_{version}"
    times = tuple(guess.named(columns, name, "--time").name for name in request.time)
    label = _label(columns, request)
    searchable = _is_searchable(made, label)
    _fill(made, relation, columns)
    progress(0.8, "making indexes")
    columns = _without_long(connection, relation, columns, report)
    store.finish_table(connection, relation, columns, label.name if label and searchable else None)
    count, highest, extent, span = store.measure(connection, relation, times)
    progress(0.95, "publishing")
    report.version, report.features = version, count
    publication = Publication(
        id=target.layer_id, organisation_id=target.organisation_id, kind="vector", srid=made.geometry.target,
        geometry_type=GeometryType(made.geometry.type), extent=extent, bbox=_lonlat(extent, made.geometry.target),
        version=version, feature_count=count, columns=columns, relation=relation,
        key_column=made.key.name if made.key else None, label_column=label.name if label else None,
        time_start=times[0] if times else None, time_end=times[1] if len(times) > 1 else None, time_extent=span,
        searchable=searchable, **described(request, made.old, target),
    )  # fmt: skip
    layer = layers.service.publish(connection, publication)
    catalogue.service.write_record(connection, layer)
    layers.service.note_last_fid(connection, layer.id, highest)
    store.note_load(connection, report, target.source, target.sha256, request.account_id)
    return layer


def described(request: LoadRequest, old: Layer | None, target: Target) -> dict[str, Any]:
    """The texts of a publication; the registry takes no row without a title and a theme."""
    return {
        "account_id": request.account_id,
        "visibility": request.visibility,
        "title": request.title or (old.title if old else {"pl": target.title}),
        "theme": request.theme or (old.theme if old else "other"),
        "abstract": request.abstract,
        "notice": request.notice,
        "keywords": request.keywords,
        "position": request.position,
        "licence": request.licence,
        "attribution": request.attribution,
        "lineage": request.lineage,
    }


def _is_searchable(made: _Made, label: Column | None) -> bool:
    if made.request.searchable is not None:
        return made.request.searchable and label is not None
    return bool(made.old and made.old.searchable and label)


def _fill(made: _Made, relation: str, columns: tuple[Column, ...]) -> None:
    connection, old, key, layer_id = made.connection, made.old, made.key, made.target.layer_id
    store.make_table(connection, relation, made.geometry, columns)
    staged = [column for column in columns if column.name in store.staged_names(connection)]
    if old is None:
        return store.fill_new(connection, relation, made.geometry, staged, 0)
    last = max(layers.service.last_fid(connection, layer_id), store.highest_fid(connection, old))
    comparable = key if key and key.name in old.by_name else None
    if made.request.update == "append":
        store.fill_kept(connection, relation, old, _kept(old, columns), None)
        return store.fill_new(connection, relation, made.geometry, staged, last)
    if made.request.update == "upsert":
        if comparable is None:
            raise Unprocessable("The layer has no column of that name to upsert by.")
        store.fill_kept(connection, relation, old, _kept(old, columns), comparable)
    if comparable is None:
        return store.fill_new(connection, relation, made.geometry, staged, 0)
    return store.fill_joined(connection, relation, made.geometry, staged, (old, comparable, last))


def _kept(old: Layer, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.name in old.by_name]


def _without_long(
    connection: Connection, relation: str, columns: tuple[Column, ...], report: LayerReport
) -> tuple[Column, ...]:
    """No index on texts over what a B-tree takes."""
    marked = []
    for column in columns:
        if (
            column.indexed
            and column.type is ColumnType.TEXT
            and store.longest(connection, relation, column.name) > _INDEXED_BYTES
        ):
            report.warnings.append(f"The column {column.name} has texts too long for an index.")
            marked.append(replace(column, indexed=False))
        else:
            marked.append(column)
    return tuple(marked)


def _lonlat(extent: Extent, srid: int) -> Extent:
    west, south, east, north = crs.Box(*extent, crs.by_srid(srid)).lonlat()
    return (west, south, east, north)
