# SPDX-License-Identifier: EUPL-1.2
"""One maker a tile: whoever asks for the same one meanwhile, in whatever process of the machine, waits for it."""

import contextlib
import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from sdi.errors import TooBusy
from sdi.objects import hand_over

_FILES = 1_024
"""Tiles share so many lock files; two that meet in one merely wait for each other."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05


@contextlib.contextmanager
def making(folder: Path, name: str, seconds: float) -> Iterator[None]:
    """Hold the tile `name` for a block; TooBusy when its maker takes longer than `seconds`.

    The kernel lets go of the lock of a process that is killed.
    """
    descriptor = _opened(folder / f"{zlib.crc32(name.encode()) % _FILES:03x}")
    try:
        _wait(descriptor, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        hand_over(path.parent.parent, path.parent)
        return os.open(path, flags, 0o600)


def _wait(descriptor: int, deadline: float) -> None:
    pause = _FIRST_PAUSE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TooBusy("Another request has been making this tile for too long; try again.") from None
        else:
            return
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
