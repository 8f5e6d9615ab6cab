# SPDX-License-Identifier: EUPL-1.2
"""Files written by a child process: rows go to it through a pipe as they are read, the whole file comes back.

The child needs no rights: it sees only the rows that this process read as the caller.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from layers.formats.writing.model import TOO_LARGE, Job
from sdi import features
from sdi.errors import BramaError, TooBusy, TooLarge

_log = structlog.get_logger()
FINISH_SECONDS = 900
"""How long the child may take after its last row (indexes, packing)."""
MEMORY_MB = 3_000
_PART = 262_144
_OLD_SECONDS = 6 * 3_600
_LONGEST = "A feature is too large for this format; take GeoJSON or CSV."


def written(job: Job, rows: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Write the job's file of at most `size` bytes; gives empty chunks on the way, nothing but to be waited for.

    Closing the iterator kills the child and ends the reading of rows. Raises TooLarge, TooBusy, BramaError.
    """
    argv = [sys.executable, "-m", "layers.formats.writing", str(size), str(MEMORY_MB)]
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    environment |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    with tempfile.TemporaryFile(dir=Path(job.path).parent) as said:
        child = subprocess.Popen(  # noqa: S603 - our own module and numbers
            argv, cwd=features.ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            yield from _fed(child, job, rows)
            yield from _finished(child)
        finally:
            if close := getattr(rows, "close", None):
                close()
            child.kill()
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()  # type: ignore[union-attr]
            child.wait()
        if child.returncode:
            said.seek(0)
            raise _reason(said.read().decode(errors="replace"), child.returncode)


def content(path: Path) -> Iterator[bytes]:
    """The file's bytes in parts."""
    with path.open("rb") as source:
        while part := source.read(_PART):
            yield part


def folder(data: Path) -> Path:
    """Where files are written; what an ended process left there goes."""
    place = data / "run" / "downloads"
    place.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - _OLD_SECONDS
    for entry in place.iterdir():
        with contextlib.suppress(OSError):
            if entry.is_dir() and entry.stat().st_mtime < oldest:
                for left in sorted(entry.rglob("*"), reverse=True):
                    left.rmdir() if left.is_dir() else left.unlink()
                entry.rmdir()
    return place


def _fed(child: subprocess.Popen[bytes], job: Job, rows: Iterator[bytes]) -> Iterator[bytes]:
    """Until the child has every row, or has ended before."""
    assert child.stdin is not None  # noqa: S101 - it was opened so
    try:
        child.stdin.write(job.line())
        for chunk in rows:
            child.stdin.write(chunk)
            yield b""
        child.stdin.close()
    except BrokenPipeError:
        return


def _finished(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    end = time.monotonic() + FINISH_SECONDS
    while child.poll() is None:
        if time.monotonic() > end:
            raise TooBusy("Writing the file took too long; ask for a part of the layer or another format.")
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.1)
        yield b""


def _reason(said: str, code: int) -> BramaError:
    last = said.strip().rpartition("\n")[2]
    if "at most 2 GB" in last:
        return TooLarge(last.partition(": ")[2])
    if "straddling object" in last:
        return TooLarge(_LONGEST)
    if code == TOO_LARGE:
        return TooLarge("The file is larger than the server writes; ask for a part of the layer.")
    if "No space left" in said or "disk is full" in said:
        return TooBusy("There is no room on the server's disk for the file; try again later.")
    _log.error("formats.failed", code=code, said=said[-2_000:])
    if "MemoryError" in said or "malloc" in said or code < 0:
        return TooBusy("Writing the file needs more memory than it may take; ask for a part of the layer.")
    return BramaError("The file could not be written; the log says why.")
