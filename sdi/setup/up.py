# SPDX-License-Identifier: EUPL-1.2
"""`brama up`: everything from an empty data folder to a server that answers, and its orderly end."""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import click
import psycopg

from sdi import features
from sdi.db import migrate
from sdi.db.database import Role, open_database
from sdi.errors import SetupError
from sdi.settings import Settings
from sdi.setup import accounts, state
from sdi.setup.cluster import Cluster
from sdi.setup.holds import open_lock
from sdi.setup.model import ProcessSpec
from sdi.setup.supervisor import Child, Supervisor

READY_SECONDS = 90.0
RESTARTS_GIVEN_UP = 3
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal asked to stop while set-up was under way."""


def run(settings: Settings, *, with_sample: bool, as_json: bool = False, detached: int | None = None) -> None:
    """Set up and serve until a signal; `detached` is a pipe that gets one byte when the server answers.

    Raises SetupError when a step fails; what was started is stopped then.
    """
    _prepare_account(settings)
    stopping = threading.Event()
    _listen_to_signals(stopping)
    with ExitStack() as stack:
        stack.callback(_ignore_signals)
        _claim(settings, stack)
        _check_port(settings)
        with _step("leftovers of an earlier run"):
            state.end_leftovers(settings.data)
        _start_database(settings, stack)
        if with_sample and _wants_sample(settings):
            with _step("sample region"):
                _load_sample(settings)
        supervisor = Supervisor(settings.data, address(settings), children(settings))
        stack.callback(_stop_processes, supervisor)
        with _step("processes"):
            _wait_until_ready(settings, supervisor)
        # Before anybody is told that it serves, so that a signal from then on ends it well.
        _hear_only_the_event(stopping)
        _announce(settings, as_json=as_json)
        if detached is not None:
            _leave_terminal(settings)
            os.write(detached, b"1")
            os.close(detached)
        supervisor.run(stopping)


def detach(start: Callable[..., None]) -> int:
    """Run `start` in a process of its own that outlives the terminal; wait until it serves; the exit code."""
    ready, tell = os.pipe()
    if os.fork() == 0:
        os.close(ready)
        os.setsid()
        try:
            start(detached=tell)
        except Stopped:
            sys.exit(130)
        sys.exit(0)
    os.close(tell)
    return 0 if os.read(ready, 1) == b"1" else 1


def _announce(settings: Settings, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"address": address(settings), "public_url": settings.public_url, "pid": os.getpid()}))
    else:
        click.echo(f"\nBrama serves at {settings.public_url}/   (./brama stop, or Ctrl-C here, stops it)")


def address(settings: Settings) -> str:
    """Where this machine reaches the server, whatever addresses it listens on."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.server.host, settings.server.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.server.port}"


def specs(settings: Settings) -> list[ProcessSpec]:
    """Every process that a package declares in its `processes.py`."""
    return [spec for module in features.load("processes") for spec in module.processes(settings)]


def children(settings: Settings) -> list[Child]:
    """The processes to run, with the settings in their environment (nobody else can read that)."""
    values: dict[str, str | int] = {
        "BRAMA_DATA": str(settings.data),
        "BRAMA_SERVER__HOST": settings.server.host,
        "BRAMA_SERVER__PORT": settings.server.port,
    }
    if settings.database.url:
        values["BRAMA_DATABASE__URL"] = settings.database.url
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **{key: json.dumps(value) for key, value in values.items()}}
    return [Child(spec, settings.data, environment, features.ROOT) for spec in specs(settings)]


def _prepare_account(settings: Settings) -> None:
    """Make the folders while this is still root, then go on as the service account."""
    accounts.prepare_data(settings.data)
    accounts.make_runtime_folder(settings.data)
    accounts.become_service()
    os.umask(0o077)


def _listen_to_signals(stopping: threading.Event) -> None:
    def handle(_number: int, _frame: object) -> None:
        stopping.set()
        raise Stopped

    for number in _STOP_SIGNALS:
        signal.signal(number, handle)


def _hear_only_the_event(stopping: threading.Event) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda _number, _frame: stopping.set())


def _ignore_signals() -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _claim(settings: Settings, stack: ExitStack) -> None:
    """Be the only server of this data folder."""
    handle = open_lock(settings.data / "run" / "server.lock")
    stack.callback(os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        running = state.read_state(settings.data)
        where = f" at {running.address}" if running else ""
        raise SetupError(f"A server with this data folder is running{where}: ./brama stop ends it.") from error


def _check_port(settings: Settings) -> None:
    server = settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.host, server.port))
        except OSError as error:
            raise SetupError(
                f"Cannot listen on {server.host}:{server.port} ({error.strerror}): choose another with --port."
            ) from error


def _start_database(settings: Settings, stack: ExitStack) -> None:
    if settings.database.url is None:
        cluster = Cluster(settings.data)
        stack.callback(cluster.stop)
        with _step("database"):
            cluster.start()
            cluster.ensure_roles_and_database(settings.database.name)
    else:
        _check_foreign_database(settings)
    with _step("migrations"):
        migrate.upgrade(settings)


def _check_foreign_database(settings: Settings) -> None:
    try:
        with psycopg.connect(settings.database.url or "", connect_timeout=10) as connection:
            found = connection.execute(
                "select count(*) from pg_roles where rolname in ('brama_owner', 'brama_app', 'brama_public')"
                " union all select count(*) from pg_extension where extname = 'postgis'"
            ).fetchall()
    except psycopg.OperationalError as error:
        raise SetupError(f"The database of database.url does not answer: {error}") from error
    if sorted(found) != [(1,), (3,)]:
        raise SetupError(
            "The database of database.url lacks the roles or PostGIS: its superuser runs sdi/db/roles.sql, "
            "then sdi/db/database.sql in that database."
        )


def _wants_sample(settings: Settings) -> bool:
    return _sample_command() and count_layers(settings) == 0


def _sample_command() -> bool:
    return any(module.endswith(".sample.cli") for module in features.modules("cli"))


def count_layers(settings: Settings) -> int:
    """How many layers are registered; 0 before the first migration."""
    with psycopg.connect(open_database(settings).conninfo(Role.OWNER), connect_timeout=5) as connection:
        if connection.execute("select to_regclass('layers.layer')").fetchone() == (None,):
            return 0
        row = connection.execute("select count(*) from layers.layer").fetchone()
        return int(row[0]) if row else 0


def _load_sample(settings: Settings) -> None:
    command = [sys.executable, "-P", "-m", "sdi.cli", "sample", "load", "--data", str(settings.data)]
    done = subprocess.run(command, check=False, env={**os.environ, state.INSTANCE_VARIABLE: str(settings.data)})
    if done.returncode != 0:
        raise SetupError("The sample region could not be loaded (see above); --empty starts without it.")


def _wait_until_ready(settings: Settings, supervisor: Supervisor) -> None:
    """Start the processes and wait until the web server says that it is healthy."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.tend()
        if is_healthy(address(settings)):
            supervisor.declare_ready()
            return
        if supervisor.restarts("web") >= RESTARTS_GIVEN_UP:
            break
        time.sleep(0.1)
    log = settings.data / "logs" / "web.log"
    words = log.read_text(encoding="utf-8", errors="replace")[-3000:] if log.exists() else ""
    raise SetupError(f"The web server does not answer. The end of {log}:\n{words}")


def is_healthy(base: str) -> bool:
    """Whether `/health` of the server at that address answers 200."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop_processes(supervisor: Supervisor) -> None:
    began = time.monotonic()
    click.echo("Stopping ...", err=True)
    supervisor.stop()
    click.echo(f"[{time.monotonic() - began:6.1f} s] processes stopped", err=True)


def _leave_terminal(settings: Settings) -> None:
    log = os.open(settings.data / "logs" / "up.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Say what was done and how long it took, in the launcher's form."""
    began = time.monotonic()
    yield
    click.echo(f"[{time.monotonic() - began:6.1f} s] {name}", err=True)
