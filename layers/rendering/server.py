# SPDX-License-Identifier: EUPL-1.2
"""Master of the render processes: owns the listening socket, starts the processes and replaces those that end.

`python -m layers.rendering.server --socket PATH --workers N`. It loads no renderer, so nothing but a signal ends it.
"""

import argparse
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from layers.rendering.address import short_address

log = logging.getLogger(__name__)

WAITING_PER_WORKER = 64
_SHORT_LIFE_SECONDS = 1.0
_PAUSE_SECONDS = 2.0
_MAPS_FAULT = {-signal.SIGALRM, -signal.SIGKILL}


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s render[%(process)d] %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    options.socket.parent.mkdir(parents=True, exist_ok=True)
    listener = _listen(options.socket, options.workers * WAITING_PER_WORKER)
    alive, kept = os.pipe()
    workers: dict[int, subprocess.Popen[bytes]] = {}
    try:
        _keep_running(listener, alive, options, workers)
    finally:
        options.socket.unlink(missing_ok=True)
        os.close(kept)
        for worker in workers.values():
            worker.terminate()
        for worker in workers.values():
            worker.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="path of the listening socket")
    parser.add_argument("--workers", type=int, default=2, help="render processes")
    parser.add_argument("--limit-ms", type=int, default=20_000, help="time that one map may take")
    parser.add_argument("--memory-mb", type=int, default=2_000, help="address space of a process")
    parser.add_argument("--requests", type=int, default=5_000, help="maps after which a process is replaced")
    parser.add_argument("--recycle-mb", type=int, default=600, help="resident memory above which one is replaced")
    parser.add_argument("--role", help="role to switch to when the database's login is another's")
    return parser.parse_args()


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(0 if number == signal.SIGTERM else 130)


def _listen(path: Path, waiting: int) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with short_address(path) as address:
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
                other.connect(address)
            sys.exit(f"Another master serves {path}")
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            listener.bind(address)
        finally:
            os.umask(before)
    listener.listen(waiting)
    listener.settimeout(0)
    return listener


def _keep_running(
    listener: socket.socket, alive: int, options: argparse.Namespace, workers: dict[int, subprocess.Popen[bytes]]
) -> None:
    started: dict[int, float] = {}
    while True:
        while len(workers) < options.workers:
            worker = _start(listener, alive, options)
            workers[worker.pid], started[worker.pid] = worker, time.monotonic()
        pid, status = os.wait()
        worker, lived = workers.pop(pid), time.monotonic() - started.pop(pid)
        worker.returncode = os.waitstatus_to_exitcode(status)
        if worker.returncode:
            log.warning("process %d ended with %s", pid, _reason(worker.returncode))
            if lived < _SHORT_LIFE_SECONDS and worker.returncode not in _MAPS_FAULT:
                time.sleep(_PAUSE_SECONDS)


def _start(listener: socket.socket, alive: int, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    values = {
        "listener": listener.fileno(),
        "master": alive,
        "limit-ms": options.limit_ms,
        "memory-mb": options.memory_mb,
        "requests": options.requests,
        "recycle-mb": options.recycle_mb,
    }
    arguments = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    # libpq reads it when Mapnik connects. The statement ends before its reader is killed, so that the caller hears why.
    read_only = f"-c statement_timeout={options.limit_ms * 9 // 10} -c default_transaction_read_only=on"
    if options.role:
        read_only += f" -c role={options.role}"
    return subprocess.Popen(  # noqa: S603 - our own module and numbers
        [sys.executable, "-m", "layers.rendering.worker", *arguments],
        pass_fds=(listener.fileno(), alive),
        env=os.environ | {"PGOPTIONS": read_only, "MALLOC_ARENA_MAX": "2"},
    )


def _reason(code: int) -> str:
    if code == -signal.SIGALRM:
        return "its time limit"
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


if __name__ == "__main__":
    main()
