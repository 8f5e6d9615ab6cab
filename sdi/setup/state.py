# SPDX-License-Identifier: EUPL-1.2
"""What is running: the state file, and processes of the system that belong to an instance."""

import json
import os
import signal
import time
from pathlib import Path

from sdi.errors import SetupError
from sdi.setup.model import ServerState

INSTANCE_VARIABLE = "SDI_INSTANCE"
STATE_FILE = Path("run") / "state.json"
_TICKS_FIELD = 19  # of what follows the command's name in /proc/PID/stat: the start time


def write_state(data: Path, state: ServerState) -> None:
    """Replace the state file."""
    path = data / STATE_FILE
    fresh = path.with_name("state.new")
    fresh.write_text(json.dumps(state.to_json()), encoding="utf-8")
    fresh.replace(path)


def clear_state(data: Path) -> None:
    """Remove the state file of a server that ended."""
    (data / STATE_FILE).unlink(missing_ok=True)


def read_state(data: Path) -> ServerState | None:
    """The running server's state; None when none runs. Raises SetupError when this account may not look."""
    try:
        state = ServerState.from_json(json.loads((data / STATE_FILE).read_text(encoding="utf-8")))
    except PermissionError as error:
        raise SetupError(f"{data} belongs to another account: run as that account or as root.") from error
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError):
        return None
    return state if start_ticks(state.pid) == state.ticks else None


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none (or only its remains)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in {"Z", "X"} else int(fields[_TICKS_FIELD])


def instance_processes(data: Path) -> list[int]:
    """Ids of live processes that a supervisor of this data folder started, or that those started."""
    marker = f"{INSTANCE_VARIABLE}={data}".encode()
    ids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in ids if marker in _environment(pid) and start_ticks(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end_leftovers(data: Path, patience: float = 10.0) -> int:
    """End processes that a killed supervisor left: asked first, killed when they do not go; how many there were."""
    found = set(instance_processes(data)) - {os.getpid()}
    began = time.monotonic()
    number = signal.SIGTERM
    left = found
    while left:
        for pid in left:
            send(pid, number)
        time.sleep(0.2)
        number = signal.SIGKILL if time.monotonic() - began > patience else signal.SIGTERM
        left = set(instance_processes(data)) - {os.getpid()}
    return len(found)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def memory_bytes(pid: int) -> int:
    """Memory of a process, shared pages divided among their users; 0 when it ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def session_memory(leader: int) -> int:
    """Memory of all processes of the session that `leader` leads."""
    ids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return sum(memory_bytes(pid) for pid in ids if _session(pid) == leader)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0
