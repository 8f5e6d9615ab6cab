# SPDX-License-Identifier: EUPL-1.2
"""`brama doctor`: what is missing or wrong on this machine and in this instance, and the mend of each."""

import http.client
import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from sdi import features
from sdi.db.database import Role, open_database
from sdi.db.migrate import is_current
from sdi.settings import Settings
from sdi.setup import assets, packages, state
from sdi.setup.cluster import Cluster
from sdi.setup.cluster_config import memory_bytes
from sdi.setup.model import Check
from sdi.setup.up import is_healthy

GIB = 1024**3
COLOURS: dict[Literal["ok", "problem", "note"], str] = {"ok": "green", "problem": "red", "note": "yellow"}
LEAST_DISK = 2 * GIB
LEAST_MEMORY = 1.5 * GIB
CLOCK_TOLERANCE = 5.0
PRIVILEGED_PORTS = 1024


def examine(settings: Settings) -> list[Check]:
    """All findings, in the order in which a server needs things."""
    examinations: tuple[Callable[[Settings], Iterator[Check]], ...] = (
        _python,
        _system_packages,
        _disk,
        _memory,
        _clock,
        _portal,
        _database,
        _server,
        _public_url,
    )
    return [check for examination in examinations for check in examination(settings)]


def _python(_settings: Settings) -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()} in {sys.prefix}")


def _system_packages(settings: Settings) -> Iterator[Check]:
    wanted = packages.SERVING if settings.database.url is None else ()
    missing = packages.missing(wanted)
    if missing:
        command = f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
        yield Check("system packages", "problem", f"missing: {', '.join(missing)}", command)
    else:
        yield Check("system packages", "ok", ", ".join(package.name for package in wanted) or "none needed")


def _disk(settings: Settings) -> Iterator[Check]:
    folder = next(path for path in (settings.data, *settings.data.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIB:.1f} GiB free for {settings.data}"
    if free < LEAST_DISK:
        yield Check(
            "disk", "problem", detail, f"Free space, or move the data with --data; {LEAST_DISK // GIB} GiB at least."
        )
    else:
        yield Check("disk", "ok", detail)


def _memory(_settings: Settings) -> Iterator[Check]:
    total = memory_bytes()
    detail = f"{total / GIB:.1f} GiB"
    if total < LEAST_MEMORY:
        yield Check("memory", "problem", detail, "Give the machine 2 GiB or more, or set server.workers to 1.")
    else:
        yield Check("memory", "ok", detail)


def _clock(_settings: Settings) -> Iterator[Check]:
    newest = max(path.stat().st_mtime for path in features.ROOT.glob("*/*.py"))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if time.time() + CLOCK_TOLERANCE < newest:
        yield Check(
            "clock", "problem", f"{now} is before the program was made", "Set the clock (timedatectl set-ntp true)."
        )
    else:
        yield Check("clock", "ok", now)


def _portal(_settings: Settings) -> Iterator[Check]:
    if assets.are_current(features.ROOT):
        yield Check("portal", "ok", "built from these sources")
    else:
        yield Check("portal", "problem", "not built from these sources", "./brama up builds it.")


def _database(settings: Settings) -> Iterator[Check]:
    if settings.database.url is None:
        cluster = Cluster(settings.data)
        if not cluster.exists():
            yield Check("database", "note", f"not made yet in {cluster.directory}", "./brama up makes it.")
            return
        if not cluster.is_running():
            yield Check("database", "note", "made, not running", "./brama up starts it.")
            return
    database = open_database(settings)
    try:
        yield _database_answer(database.conninfo(Role.OWNER))
        yield _migrations(is_current(database.owner))
    except (psycopg.Error, SQLAlchemyError) as error:
        yield Check("database", "problem", str(error).strip(), "./brama logs postgres; check database.url.")
    finally:
        database.dispose()


def _database_answer(conninfo: str) -> Check:
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        row = connection.execute(
            "select current_setting('server_version'), postgis_lib_version(), extract(epoch from clock_timestamp())"
        ).fetchone()
    server, postgis, seconds = row if row else ("", "", 0)
    difference = abs(float(seconds) - time.time())
    if difference > CLOCK_TOLERANCE:
        return Check(
            "database", "problem", f"its clock differs by {difference:.0f} s", "Set both machines' clocks by NTP."
        )
    return Check("database", "ok", f"PostgreSQL {server}, PostGIS {postgis}")


def _migrations(current: bool) -> Check:
    if current:
        return Check("migrations", "ok", "all applied")
    return Check("migrations", "problem", "the database is behind the program", "./brama stop, then ./brama up.")


def _server(settings: Settings) -> Iterator[Check]:
    running = state.read_state(settings.data)
    if running is None:
        yield from _not_running(settings)
        return
    for child in running.children:
        if child.pid is None:
            yield Check(child.name, "problem", "ended and waits to be started again", f"./brama logs {child.name}")
        elif child.restarts:
            yield Check(child.name, "note", f"started again {child.restarts} times", f"./brama logs {child.name}")
        else:
            yield Check(child.name, "ok", f"process {child.pid}")
    if is_healthy(running.address):
        yield Check("server", "ok", f"{running.address}/health is well")
    else:
        yield Check("server", "problem", f"{running.address}/health is not well", "./brama logs web")


def _not_running(settings: Settings) -> Iterator[Check]:
    leftovers = state.instance_processes(settings.data)
    if leftovers:
        yield Check("processes", "problem", f"{len(leftovers)} left by a killed server", "./brama stop")
    server = settings.server
    with socket.socket(socket.AF_INET6 if ":" in server.host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.host, server.port))
        except OSError as error:
            detail = f"{server.host}:{server.port}: {error.strerror}"
            yield Check("port", "problem", detail, "./brama up --port ANOTHER, or server.port in config.yml.")
            return
    if server.port < _first_free_port():
        mend = f"Put a web proxy before it, or: sudo sysctl net.ipv4.ip_unprivileged_port_start={server.port}"
        yield Check("port", "problem", f"{server.port} is for root only, and the server is not root", mend)
    else:
        yield Check("port", "ok", f"{server.host}:{server.port} is free; the server is not running")


def _first_free_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
    except OSError:
        return PRIVILEGED_PORTS


def _public_url(settings: Settings) -> Iterator[Check]:
    running = state.read_state(settings.data)
    server = settings.server
    if server.public_url is not None:
        yield _reached(settings.public_url, running=running is not None)
        return
    links = running.address if running else settings.public_url
    local = server.host in {"127.0.0.1", "::1", "localhost"}
    mend = "" if local else "Set server.public_url in config.yml to the address that people use."
    yield Check("public_url", "ok" if local else "problem", f"not set; links start with {links}", mend)


def _reached(url: str, *, running: bool) -> Check:
    """Whether the public address leads to a server, as far as this machine can see."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", f"{parts.path}/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        if not running:
            return Check("public_url", "note", f"{url} not tried with success: the server is not running")
        return Check(
            "public_url", "problem", f"{url} is not reached: {error}", "Check the proxy and the name's address."
        )
    finally:
        connection.close()
    if status == http.HTTPStatus.OK:
        return Check("public_url", "ok", f"{url} leads here")
    return Check("public_url", "problem", f"{url}/health answers {status}", "Check the proxy before the server.")
