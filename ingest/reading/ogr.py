# SPDX-License-Identifier: EUPL-1.2
"""Reads what GDAL reads, as Arrow batches; record by record where a bad record stops the stream."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from ingest.reading import records
from ingest.reading.encoding import detect
from ingest.reading.geometry import has_curves
from ingest.reading.model import Decision, Field, Format, Refused, Source, Task

_BATCH = 16_384
_CURVED = ("Curve", "Surface", "CircularString")
# LIBKML adds these to every layer; where no placemark sets them they say nothing.
_KML_EXTRAS = frozenset(
    ("id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon")
)


def list_layers(task: Task) -> list[dict[str, Any]]:
    """Names and geometry types of all layers in a file."""
    return [{"name": str(name), "geometry": kind} for name, kind in _guarded(pyogrio.list_layers, task.path)]


def open_source(task: Task) -> Source:
    """One layer of a file; Refused when GDAL cannot open it."""
    encoding, decision = _encoding(task)
    info = _guarded(pyogrio.read_info, task.path, layer=task.layer, encoding=encoding)
    kept = _kept(task, info)
    fields, warnings = [], []
    for name, kind in kept:
        fields.append(Field(name, kind))
    for name, ogr_type in zip(info["fields"], info["ogr_types"], strict=True):
        if ogr_type == "OFTBinary":
            warnings.append(f"The column {name} holds binary data and is left out.")
        elif ogr_type.endswith("List"):
            warnings.append(f"The column {name} holds lists, which are kept as JSON text.")
    crs, decisions = info["crs"], [decision] if decision else []
    if task.format is Format.GEOJSON and crs is None:
        crs = "EPSG:4326"
    batches = _batches(task, encoding, info, kept)
    return Source(tuple(fields), crs, batches, int(info["features"]), tuple(decisions), tuple(warnings))


def _guarded(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        raise Refused(f"The file cannot be read: {_clean(str(error))}") from error


def _clean(message: str) -> str:
    """GDAL's words without the path of the temporary folder."""
    words = [Path(word.strip("'\"`,;")).name if "/" in word else word for word in message.split()]
    return " ".join(words)[:300]


def _encoding(task: Task) -> tuple[str | None, Decision | None]:
    """A Shapefile's encoding: its .cpg, else what its bytes look like; other formats say it themselves."""
    if task.format is not Format.SHAPEFILE:
        return (task.encoding, None)
    path = Path(task.path)
    if not task.encoding and path.with_suffix(".cpg").exists():
        said = path.with_suffix(".cpg").read_text("ascii", "replace").strip()[:40]
        return None, Decision("encoding", said, "said by the .cpg file")
    table = path.with_suffix(".dbf")
    if not table.exists():
        return None, None
    decision = detect(_dbf_rows(table), task.encoding)
    return {"cp1250": "CP1250", "iso8859-2": "ISO-8859-2"}.get(decision.value, decision.value), decision


def _dbf_rows(table: Path) -> Iterator[bytes]:
    with table.open("rb") as file:
        head = file.read(32)
        size = int.from_bytes(head[8:10], "little") if len(head) == 32 else 0
        names = file.read(max(size - 32, 0))
        # Names of columns are in the same encoding; the bytes of their types and widths are not text.
        yield from (names[start : start + 11].rstrip(b"\0") for start in range(0, len(names) - 31, 32))
        while chunk := file.read(1 << 20):
            yield chunk.removesuffix(b"\x1a")


def _kept(task: Task, info: dict[str, Any]) -> list[tuple[str, str]]:
    kept = []
    for name, ogr_type, subtype in zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True):
        if ogr_type == "OFTBinary" or (task.format is Format.KML and name in _KML_EXTRAS):
            continue
        kept.append((str(name), _KINDS.get(subtype) or _KINDS.get(ogr_type, "text")))
    return kept


_KINDS = {
    "OFTInteger": "integer", "OFTInteger64": "integer", "OFTReal": "number", "OFTDate": "date",
    "OFTDateTime": "timestamp", "OFSTBoolean": "boolean",
}  # fmt: skip


def _batches(
    task: Task, encoding: str | None, info: dict[str, Any], kept: list[tuple[str, str]]
) -> Iterator[pa.RecordBatch]:
    done = 0
    curved = any(word in (info["geometry_type"] or "") for word in _CURVED)
    stream = _linearised if curved else _arrow
    try:
        for batch in stream(task, encoding, [name for name, _ in kept]):
            finished = _finished(batch, kept)
            yield finished
            done += batch.num_rows
    except (DataSourceError, DataLayerError, pa.ArrowException, UnicodeDecodeError, OSError):
        yield from records.read(task, kept, done)


def _arrow(task: Task, encoding: str | None, names: list[str]) -> Iterator[pa.RecordBatch]:
    with pyogrio.open_arrow(
        task.path, layer=task.layer, encoding=encoding, columns=names, use_pyarrow=True, batch_size=_BATCH
    ) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        for batch in reader:
            wkb = batch.column(geometry)
            if has_curves(wkb.to_numpy(zero_copy_only=False)):
                raise pa.ArrowInvalid("arcs")
            yield pa.RecordBatch.from_arrays(
                [wkb, *(batch.column(name) for name in names)], names=["geom", *map(str, range(len(names)))]
            )


def _linearised(task: Task, encoding: str | None, names: list[str]) -> Iterator[pa.RecordBatch]:
    """As `_arrow` for layers of arcs, which this way of reading turns into line segments."""
    start = 0
    while True:
        _meta, _fids, wkb, values = pyogrio.raw.read(
            task.path, layer=task.layer, encoding=encoding, columns=names, skip_features=start, max_features=_BATCH
        )
        if not len(wkb):
            return
        arrays = [pa.array(column, from_pandas=True) for column in values]
        yield pa.RecordBatch.from_arrays(
            [pa.array(wkb, pa.binary()), *arrays], names=["geom", *map(str, range(len(names)))]
        )
        start += len(wkb)


def _finished(batch: pa.RecordBatch, kept: list[tuple[str, str]]) -> pa.RecordBatch:
    values = [_cast(column, kind) for column, (_, kind) in zip(batch.columns[1:], kept, strict=True)]
    return pa.RecordBatch.from_arrays([batch.column(0), *values], names=batch.schema.names)


def _cast(column: pa.Array, kind: str) -> pa.Array:
    if kind == "text" and pa.types.is_list(column.type):
        return pa.array(
            [None if v is None else json.dumps(v, ensure_ascii=False) for v in column.to_pylist()], pa.string()
        )
    if kind == "text" and not pa.types.is_string(column.type) and pa.types.is_temporal(column.type):
        return pc.strftime(column, format="%H:%M:%S") if pa.types.is_time(column.type) else pc.cast(column, pa.string())
    if kind == "timestamp" and pa.types.is_timestamp(column.type):
        # Without a zone the moment is taken as UTC, the same on every machine.
        return pc.cast(column, pa.timestamp("us", column.type.tz or "UTC"))
    return pc.cast(column, ARROW[kind], safe=kind != "number")


ARROW = {
    "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}  # fmt: skip
"""The Arrow type of each kind of column."""
