# SPDX-License-Identifier: EUPL-1.2
"""`brama status` and `brama stop`: what runs, and its end."""

import signal
import time
from datetime import UTC, datetime
from typing import Any

import psycopg

from sdi.db.database import Role, open_database
from sdi.errors import SetupError
from sdi.settings import Settings
from sdi.setup import state
from sdi.setup.cluster import Cluster
from sdi.setup.model import ServerState
from sdi.setup.up import count_layers

STOP_SECONDS = 90.0


def status(settings: Settings) -> dict[str, Any]:
    """What runs, as plain values: memory and sizes in bytes, times in UTC (RFC 3339)."""
    running = state.read_state(settings.data)
    database = _database(settings)
    leftovers = [] if running else state.instance_processes(settings.data)
    found = {"running": running is not None, "data": str(settings.data), "database": database, "leftovers": leftovers}
    return found if running is None else {**found, **_server(running)}


def _server(running: ServerState) -> dict[str, Any]:
    processes = [
        {
            "name": child.name,
            "pid": child.pid,
            "since": _utc(child.since),
            "restarts": child.restarts,
            "memory_bytes": state.session_memory(child.pid) if child.pid else 0,
        }
        for child in running.children
    ]
    return {
        "pid": running.pid,
        "address": running.address,
        "ready": running.ready,
        "since": _utc(running.since),
        "processes": processes,
    }


def _database(settings: Settings) -> dict[str, Any]:
    cluster = None if settings.database.url else Cluster(settings.data)
    if cluster is not None and not cluster.is_running():
        return {"running": False}
    size = "select pg_database_size(current_database())"
    try:
        with psycopg.connect(open_database(settings).conninfo(Role.OWNER), connect_timeout=5) as connection:
            row = connection.execute(size).fetchone()
        return {"running": True, "size_bytes": row[0] if row else 0, "layers": count_layers(settings)}
    except psycopg.Error as error:
        return {"running": False, "error": str(error).strip()}


def status_text(found: dict[str, Any]) -> str:
    """The findings of `status` for a person."""
    lines = [f"Data      {found['data']}"]
    if found["running"]:
        ready = "" if found["ready"] else " (starting)"
        lines.insert(0, f"Running   {found['address']}{ready}, process {found['pid']} since {found['since']}")
        lines += [_process_text(process) for process in found["processes"]]
    else:
        lines.insert(0, "Stopped   ./brama up starts the server")
    database = found["database"]
    if database["running"]:
        lines.append(f"Database  {_mib(database['size_bytes'])}, {database['layers']} layers")
    else:
        lines.append(f"Database  not running {database.get('error', '')}".rstrip())
    if found["leftovers"]:
        lines.append(f"Leftover  {len(found['leftovers'])} processes of a killed server: ./brama stop ends them")
    return "\n".join(lines)


def _process_text(process: dict[str, Any]) -> str:
    if process["pid"] is None:
        return f"  {process['name']:8}waits to be started again ({process['restarts']} restarts): ./brama logs"
    began = f"process {process['pid']} since {process['since']}"
    return f"  {process['name']:8}{began}, {_mib(process['memory_bytes'])}, {process['restarts']} restarts"


def stop(settings: Settings) -> dict[str, Any]:
    """Stop the server, what a killed one left, and the database unless another command uses it."""
    running = state.read_state(settings.data)
    if running is not None:
        state.send(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while state.start_ticks(running.pid) == running.ticks:
            if time.monotonic() > deadline:
                raise SetupError(f"The server (process {running.pid}) does not stop; see ./brama logs.")
            time.sleep(0.05)
    leftovers = state.end_leftovers(settings.data)
    cluster = Cluster(settings.data)
    had_database = settings.database.url is None and cluster.is_running()
    if had_database and not cluster.stop():
        raise SetupError("The database goes on: another command uses it and stops it at its end.")
    return {"stopped": bool(running or leftovers or had_database)}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mib(size: int) -> str:
    return f"{size / 1048576:.0f} MiB"
