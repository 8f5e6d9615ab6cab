# SPDX-License-Identifier: EUPL-1.2
"""The reading process: one task in, one answer out."""

import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from ingest.reading import delimited, gdal, geometry, ogr, raster
from ingest.reading.crs import resolve
from ingest.reading.model import Format, Refused, Source, Tally, Task

MEMORY_BYTES = 8 << 30
REFUSED = 3


def main() -> int:
    """Run the task on standard input; 3 with the reason on standard error when the file is refused."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # Libraries in C may print to standard output, which carries the answer: they get standard error instead.
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        asked = json.load(sys.stdin)
        action = asked.pop("action")
        task = Task(**{**asked, "format": Format(asked["format"]), "more": tuple(asked["more"])})
        try:
            gdal.check_drivers()
            _ACTIONS[action](task, answer)
        except Refused as refusal:
            sys.stderr.write(f"\n{json.dumps({'refused': str(refusal)})}\n")
            return REFUSED
        except MemoryError:
            reason = f"The file needs more than {MEMORY_BYTES >> 30} GB of memory to be read."
            sys.stderr.write(f"\n{json.dumps({'refused': reason})}\n")
            return REFUSED
    return 0


def _list(task: Task, answer: BinaryIO) -> None:
    answer.write(json.dumps(ogr.list_layers(task)).encode())


def _raster(task: Task, answer: BinaryIO) -> None:
    answer.write(json.dumps(raster.convert(task)).encode())


def _read(task: Task, answer: BinaryIO) -> None:
    source = delimited.open_source(task) if task.format is Format.CSV else ogr.open_source(task)
    found, decision = resolve(source.crs, task.crs, source.crs_why)
    described = {
        "srid": found.srid,
        "wkt": found.crs.to_wkt(),
        "features": source.features,
        "columns": [asdict(column) for column in source.fields],
        "decisions": [asdict(one) for one in (decision, *source.decisions)],
        "warnings": list(source.warnings),
    }
    schema = _schema(source, described)
    row = 0
    with pa.ipc.new_stream(answer, schema) as writer:
        for batch in source.batches:
            checked, tally = _checked(batch, schema, row, found.limits)
            writer.write_batch(checked, custom_metadata={"tally": json.dumps(tally.as_dict())})
            row += batch.num_rows


def _schema(source: Source, described: dict[str, Any]) -> pa.Schema:
    own = [("row", pa.int64()), ("geom", pa.binary()), ("reason", pa.string())]
    values = [(f"c{index}", ogr.ARROW[column.type]) for index, column in enumerate(source.fields)]
    return pa.schema([*own, *values], metadata={"brama": json.dumps(described)})


def _checked(
    batch: pa.RecordBatch, schema: pa.Schema, start: int, limits: geometry.Limits
) -> tuple[pa.RecordBatch, Tally]:
    tally = Tally()
    found = geometry.check(batch.column(0).to_numpy(zero_copy_only=False), limits, tally)
    rows = pa.array(range(start + 1, start + 1 + batch.num_rows), pa.int64())
    values = [_clean(column, tally) for column in batch.columns[1:]]
    return pa.RecordBatch.from_arrays([rows, found.wkb, found.reasons, *values], schema=schema), tally


def _clean(column: pa.Array, tally: Tally) -> pa.Array:
    """Text that PostgreSQL takes: valid UTF-8 without NUL."""
    if not pa.types.is_string(column.type):
        return column
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        tally.bad_text += 1
        raw = column.cast(pa.binary(), safe=False).to_pylist()
        column = pa.array([None if value is None else value.decode("utf-8", "replace") for value in raw], pa.string())
    if pc.any(pc.match_substring(column, "\0")).as_py():
        tally.nul += 1
        column = pc.replace_substring(column, "\0", "")
    return column


_ACTIONS = {"list": _list, "read": _read, "raster": _raster}

if __name__ == "__main__":
    sys.exit(main())
