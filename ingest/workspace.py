# SPDX-License-Identifier: EUPL-1.2
"""A temporary folder for one load; what a killed load left is removed by the next one."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdi.objects import hand_over

_LOCK = "lock"


@contextmanager
def workspace(data: Path) -> Iterator[Path]:
    """An empty folder under `<data>/ingest`, gone at the end."""
    root = data / "ingest"
    root.mkdir(parents=True, exist_ok=True)
    hand_over(root)
    _sweep(root)
    folder = Path(tempfile.mkdtemp(prefix="load-", dir=root))
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder)


def _sweep(root: Path) -> None:
    """Remove folders whose process is gone: the kernel gave up its lock."""
    for folder in root.glob("load-*"):
        try:
            with (folder / _LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
        except (BlockingIOError, FileNotFoundError, PermissionError):
            continue
