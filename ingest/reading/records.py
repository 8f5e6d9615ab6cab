# SPDX-License-Identifier: EUPL-1.2
"""Reads a layer record by record, so that a record GDAL cannot read is reported and the others are kept."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import fiona
import pyarrow as pa
import shapely
from fiona.errors import FionaError
from shapely.geometry import shape

from ingest.reading.model import Refused, Task

_BATCH = 5_000
_ARROW = {
    "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}  # fmt: skip
UNREADABLE = b"\0"
"""Stands for the geometry of a record that could not be read: it is no WKB, so the record is refused."""

Record = tuple[bytes | None, list[Any]]


def read(task: Task, kept: list[tuple[str, str]], done: int) -> Iterator[pa.RecordBatch]:
    """Batches of the records after the first `done`."""
    try:
        with fiona.open(task.path, layer=task.layer, encoding=task.encoding) as collection:
            records: list[Record] = []
            for index in range(done, len(collection)):
                records.append(_record(collection, index, kept))
                if len(records) == _BATCH:
                    yield _batch(records, kept)
                    records = []
            yield _batch(records, kept)
    except FionaError as error:
        raise Refused(f"The file cannot be read: {str(error)[:300]}") from error


def _record(collection: Any, index: int, kept: list[tuple[str, str]]) -> Record:
    try:
        found = collection[index + 1 if collection.driver in ("GPKG",) else index]
    except (FionaError, IndexError, UnicodeDecodeError, ValueError):
        return UNREADABLE, [None] * len(kept)
    geometry = found.geometry
    try:
        wkb = None if geometry is None else shapely.to_wkb(shape(geometry))
    except (ValueError, shapely.errors.GEOSException, NotImplementedError):
        wkb = UNREADABLE
    return wkb, [_value(found.properties.get(name), kind) for name, kind in kept]


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "text":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if kind == "date":
        return date.fromisoformat(str(value)[:10])
    if kind == "timestamp":
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value


def _batch(records: list[Record], kept: list[tuple[str, str]]) -> pa.RecordBatch:
    columns = [pa.array([values[i] for _, values in records], _ARROW[kind]) for i, (_, kind) in enumerate(kept)]
    geometries = pa.array([wkb for wkb, _ in records], pa.binary())
    return pa.RecordBatch.from_arrays([geometries, *columns], names=["geom", *map(str, range(len(kept)))])
