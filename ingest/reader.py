# SPDX-License-Identifier: EUPL-1.2
"""Starts the reading process and receives what it says."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ingest.reading.environment import ENVIRONMENT, READING
from ingest.reading.model import Decision, Field, Task
from sdi import features
from sdi.errors import Unprocessable

_REFUSED = 3
_LIST_SECONDS = 120
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT")


@dataclass(frozen=True)
class Batch:
    """Rows with columns `row`, `geom`, `reason` and one a field; and the counts of what was done to them."""

    rows: pa.RecordBatch
    tally: Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """An opened layer. `srid` is None for a CRS without an EPSG number, which `wkt` then defines."""

    srid: int | None
    wkt: str
    features: int
    fields: tuple[Field, ...]
    decisions: tuple[Decision, ...]
    warnings: tuple[str, ...]
    batches: Iterator[Batch]


def list_layers(task: Task) -> list[dict[str, Any]]:
    """Names and geometry types of the layers in a file; Unprocessable when it cannot be read."""
    found: list[dict[str, Any]] = _answer("list", task)
    return found


def convert_raster(task: Task) -> dict[str, Any]:
    """Write a raster to `task.target` and describe it; Unprocessable when it cannot be read."""
    found: dict[str, Any] = _answer("raster", task)
    return found


@contextmanager
def open_layer(task: Task) -> Iterator[Reading]:
    """A layer as a stream of batches; the process ends with the block, whatever happens in it."""
    with tempfile.TemporaryFile() as errors, _process("read", task, errors) as process:
        try:
            yield _reading(process, errors)
        finally:
            process.kill()


def _answer(action: str, task: Task) -> Any:
    with tempfile.TemporaryFile() as errors, _process(action, task, errors) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe: the line below says so to the type checker
        text = process.stdout.read()
        if process.wait() != 0:
            raise _failure(process, errors)
        return json.loads(text)


@contextmanager
def _process(action: str, task: Task, errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-m", "ingest.reading"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=Path(task.path).parent,
        env={**environment, **(ENVIRONMENT if action == "raster" else READING), "PYTHONPATH": str(features.ROOT)},
    )
    try:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        with suppress(BrokenPipeError):  # it died already; its exit code says why
            process.stdin.write(json.dumps({"action": action, **asdict(task)}).encode())
            process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _reading(process: subprocess.Popen[bytes], errors: IO[bytes]) -> Reading:
    try:
        stream = pa.ipc.open_stream(process.stdout)
    except (pa.ArrowInvalid, OSError) as error:
        raise _failure(process, errors) from error
    described = json.loads(stream.schema.metadata[b"brama"])
    return Reading(
        srid=described["srid"],
        wkt=described["wkt"],
        features=described["features"],
        fields=tuple(Field(**column) for column in described["columns"]),
        decisions=tuple(Decision(**decision) for decision in described["decisions"]),
        warnings=tuple(described["warnings"]),
        batches=_batches(stream, process, errors),
    )


def _batches(stream: Any, process: subprocess.Popen[bytes], errors: IO[bytes]) -> Iterator[Batch]:
    while True:
        try:
            rows, metadata = stream.read_next_batch_with_custom_metadata()
        except StopIteration:
            break
        except (pa.ArrowInvalid, OSError) as error:
            raise _failure(process, errors) from error
        yield Batch(rows, json.loads(metadata[b"tally"]))
    # A process that dies between two batches ends the stream as if all had been sent.
    if process.wait() != 0:
        raise _failure(process, errors)


def _failure(process: subprocess.Popen[bytes], errors: IO[bytes]) -> Unprocessable:
    code = process.wait()
    errors.seek(0)
    words = errors.read()[-100_000:].decode("utf-8", "replace").strip().splitlines()
    if code == _REFUSED and words:
        return Unprocessable(json.loads(words[-1])["refused"])
    last = words[-1][:300] if words else "nothing"
    how = f"signal {-code}" if code < 0 else f"code {code}"
    return Unprocessable(f"The file made the reader fail ({how}; it said: {last}).")
