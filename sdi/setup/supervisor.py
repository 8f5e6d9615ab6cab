# SPDX-License-Identifier: EUPL-1.2
"""Keeps the processes of a server running: starts, watches, restarts with growing pauses, and stops them."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sdi.setup import state
from sdi.setup.model import ChildState, ProcessSpec, ServerState

LOG_BYTES = 20_000_000
LOGS_KEPT = 3
POLL_SECONDS = 0.3
STOP_SECONDS = 20.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0


class Child:
    """One supervised process, leader of a session of its own, with its log file."""

    def __init__(self, spec: ProcessSpec, data: Path, environment: Mapping[str, str], folder: Path) -> None:
        self.spec = spec
        self.log = data / "logs" / f"{spec.name}.log"
        self.since = 0.0
        self.restarts = -1
        self._environment = {**environment, **spec.env, state.INSTANCE_VARIABLE: str(data)}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._next_start = 0.0

    @property
    def pid(self) -> int | None:
        """Id of the process while it lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def tend(self) -> bool:
        """Start the process when it is not running and its pause is over; whether anything changed."""
        self._rotate_log()
        now = time.monotonic()
        if self._process is not None:
            if self._process.poll() is None:
                return False
            self._bury(now)
            return True
        if now < self._next_start:
            return False
        self._start(now)
        return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process; its own workers are its business."""
        if self.pid is not None:
            state.send(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process and all of its session, whatever they do."""
        if self._process is not None:
            _kill_group(self._process.pid)
            self._process.wait()
            self._process = None

    def to_state(self) -> ChildState:
        """As `status` shows it."""
        return ChildState(self.spec.name, self.pid, self.since, max(0, self.restarts))

    def _start(self, now: float) -> None:
        for folder in self.spec.fresh_folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
        with self.log.open("ab") as output:
            # The kernel's signal reaches the process when this supervisor is killed, so that none is orphaned.
            self._process = subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", *self.spec.argv],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
            )
        self.since = time.time()
        self.restarts += 1
        self._next_start = now

    def _bury(self, now: float) -> None:
        """Note the end of the process, end what it left, and set the pause before the next start."""
        process = self._process
        if process is None:
            return
        _kill_group(process.pid)
        self._failures = 0 if now - self._next_start > STEADY_SECONDS else self._failures + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (self._failures - 1)) if self._failures else 0.0
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{_clock()} supervisor: ended with {process.returncode}; starts again in {pause:.1f} s\n")
        self._process = None
        self._next_start = now + pause

    def _rotate_log(self) -> None:
        """Copy and cut a log that is full: the process goes on appending to the same file."""
        try:
            if self.log.stat().st_size < LOG_BYTES:
                return
        except FileNotFoundError:
            return
        for number in range(LOGS_KEPT, 1, -1):
            older = self.log.with_suffix(f".log.{number - 1}")
            if older.exists():
                older.replace(self.log.with_suffix(f".log.{number}"))
        shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
        os.truncate(self.log, 0)


class Supervisor:
    """All processes of one server, and the file that says how they are."""

    def __init__(self, data: Path, address: str, children: list[Child]) -> None:
        self._data = data
        self._address = address
        self._children = children
        self._since = time.time()
        self._ready = False

    def tend(self) -> None:
        """Look after every child once."""
        changed = [child.tend() for child in self._children]
        if any(changed):
            self._publish()

    def restarts(self, name: str) -> int:
        """How often the child of that name was started again."""
        return max((child.to_state().restarts for child in self._children if child.spec.name == name), default=0)

    def declare_ready(self) -> None:
        """Say in the state file that the server answers."""
        self._ready = True
        self._publish()

    def run(self, stopping: threading.Event) -> None:
        """Look after the children until told to stop."""
        while not stopping.wait(POLL_SECONDS):
            self.tend()

    def stop(self) -> None:
        """Stop all children: asked first, killed after a time."""
        for child in self._children:
            child.ask_to_stop()
        _wait(lambda: all(child.pid is None for child in self._children), STOP_SECONDS)
        for child in self._children:
            child.kill()
        state.end_leftovers(self._data)
        state.clear_state(self._data)

    def _publish(self) -> None:
        pid = os.getpid()
        children = [child.to_state() for child in self._children]
        ticks = state.start_ticks(pid)
        state.write_state(self._data, ServerState(pid, ticks, self._since, self._address, self._ready, children))


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _wait(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)


def _clock() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
