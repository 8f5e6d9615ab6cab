# SPDX-License-Identifier: EUPL-1.2
"""Who uses the private cluster: it runs as long as somebody holds it, and the kernel counts.

A user holds a shared lock of `run/cluster.lock`, which ends with the process, however it ends. A keeper, started with
the cluster, waits for the exclusive lock: it gets it when the last user is gone, and stops the cluster.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdi.setup import accounts

# $0 is the cluster's folder; the process of the id in the pid file is asked whether it works there, for ids are reused.
_KEEPER = """
read -r pid < "$0/postmaster.pid" || exit 0
[ "/proc/$pid/cwd" -ef "$0" ] || exit 0
kill -INT "$pid"
while [ "/proc/$pid/cwd" -ef "$0" ]; do sleep 0.05; done
"""


class Hold:
    """A shared lock on a cluster's use; taken and given back by one process."""

    def __init__(self, data: Path) -> None:
        self._path = data / "run" / "cluster.lock"
        self._handle: int | None = None

    def take(self) -> None:
        """Hold the cluster; waits for a keeper that is stopping it."""
        if self._handle is None:
            self._handle = open_lock(self._path)
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    @contextmanager
    def give_back(self) -> Iterator[bool]:
        """Give the hold back; the block gets true when nobody else holds, and nobody can for its time."""
        handle = open_lock(self._path) if self._handle is None else self._handle
        self._handle = None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)


@contextmanager
def one_at_a_time(data: Path) -> Iterator[None]:
    """Keep starts and stops of the same cluster from overlapping."""
    handle = open_lock(data / "run" / "start.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def open_lock(path: Path) -> int:
    """A handle of a lock file that belongs to the service account; it is made when missing."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if accounts.is_root():
        account = accounts.service_account()
        os.fchown(handle, account.uid, account.gid)
    return handle


def start_keeper(data: Path, directory: Path) -> None:
    """Start the process that stops the cluster in `directory` when its last user is gone."""
    lock = str(data / "run" / "cluster.lock")
    keeper = ["/usr/bin/flock", "--exclusive", lock, "/bin/sh", "-c", _KEEPER, str(directory)]
    subprocess.run(
        ["/usr/bin/setsid", "--fork", *accounts.as_service(keeper)],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
