# SPDX-License-Identifier: EUPL-1.2
"""The private PostgreSQL cluster: made, started, stopped and asked for addresses, without a TCP port or a password."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sdi.errors import SetupError
from sdi.setup import accounts
from sdi.setup.cluster_config import access_rules, identities, server_config
from sdi.setup.holds import Hold, one_at_a_time, start_keeper
from sdi.setup.packages import POSTGRES_VERSION

Role = Literal["postgres", "brama_owner", "brama_app", "brama_public"]
SUPERUSER: Final = "postgres"
PORT = 5432
START_SECONDS = 120
STOP_SECONDS = 60.0


class Cluster:
    """A PostgreSQL cluster in `data/postgres`, run by the service account, reached by a unix socket only.

    `durable=False` is for tests: no fsync and no checksums, so that it starts fast and loses data in a crash.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data.resolve()
        self.directory = self.data / "postgres"
        self.durable = durable
        self._hold = Hold(self.data)

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: the `host` of every connection."""
        return accounts.runtime_folder(self.data)

    def exists(self) -> bool:
        """Whether the cluster was made completely (`PG_VERSION` comes first, `brama.made` last)."""
        return (self.directory / "brama.made").exists()

    def create(self) -> None:
        """Make the cluster unless it is there; what a killed attempt left is removed first."""
        accounts.prepare_data(self.data)
        accounts.make_runtime_folder(self.data)
        if self.exists():
            return
        for leftover in self.directory.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        command = [str(program("initdb")), "-D", str(self.directory), "-U", SUPERUSER, "--auth=peer"]
        command += ["--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-instructions"]
        command += ["--data-checksums"] if self.durable else ["--no-sync"]
        done = subprocess.run(accounts.as_service(command), check=False, capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise SetupError(f"The database cluster could not be made in {self.directory}: {done.stderr.strip()}")
        self._write("brama.made", "")

    def start(self) -> bool:
        """Make the cluster run, and hold it until `stop` or the end of this process; false when it ran already.

        Raises SetupError with the end of the server's own log when it does not come up.
        """
        self.create()
        with one_at_a_time(self.data):
            self._hold.take()
            if self.is_running():
                return False
            self._clear_after_crash()
            self._write("postgresql.conf", server_config(self.data, self.socket_folder, durable=self.durable))
            self._write("pg_hba.conf", access_rules())
            self._write("pg_ident.conf", identities())
            start_keeper(self.data, self.directory)
            self._launch()
            return True

    def stop(self) -> bool:
        """Give up this process's hold, and stop the cluster unless others hold it; whether it is stopped now.

        Sessions are cut, work under way is rolled back, all is written.
        """
        if not self.exists():
            return True
        with one_at_a_time(self.data), self._hold.give_back() as is_last:
            if is_last:
                self._shut_down()
        return is_last

    def is_running(self) -> bool:
        """Whether the server of this very folder is alive."""
        return self._server_pid() is not None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold the cluster for a block; it stops after it when nobody else uses it."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def dsn(self, role: Role, database: str) -> str:
        """A libpq connection string: socket folder, role and database; no password, the kernel says who asks."""
        return make_conninfo(host=str(self.socket_folder), port=PORT, user=role, dbname=database)

    def url(self, role: Role, database: str) -> str:
        """The same as an SQLAlchemy address for psycopg 3."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket_folder}&port={PORT}"

    def ensure_roles_and_database(self, name: str) -> None:
        """Make the three roles and the database of that name, owned by `brama_owner`, with its extensions."""
        statements = files("sdi.db")
        with psycopg.connect(self.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute((statements / "roles.sql").read_bytes())
            found = connection.execute("select from pg_database where datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(
                    sql.SQL("create database {} owner brama_owner template template0").format(sql.Identifier(name))
                )
        with psycopg.connect(self.dsn(SUPERUSER, name)) as connection:
            connection.execute((statements / "database.sql").read_bytes())

    def _write(self, name: str, text: str) -> None:
        path = self.directory / name
        fresh = path.with_name(name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o600)
        if accounts.is_root():
            account = accounts.service_account()
            os.chown(fresh, account.uid, account.gid)
        fresh.replace(path)

    def _server_pid(self) -> int | None:
        """The postmaster's process id, when the process of that id really works in this folder."""
        try:
            pid = int((self.directory / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if works_in(pid, self.directory) else None

    def _clear_after_crash(self) -> None:
        """Let the orphans of a killed server end, and drop its lock files, whose id may be another process's by now."""
        deadline = time.monotonic() + 10
        while orphans := processes_in(self.directory):
            late = time.monotonic() > deadline
            for pid in orphans:
                _signal(pid, signal.SIGKILL if late else signal.SIGQUIT)
            time.sleep(0.1)
        socket = self.socket_folder / f".s.PGSQL.{PORT}"
        for leftover in (self.directory / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
            leftover.unlink(missing_ok=True)

    def _launch(self) -> None:
        log = self.data / "logs" / "postgres-start.log"
        log.unlink(missing_ok=True)
        command = [str(program("pg_ctl")), "start", "--silent", "--wait", "--timeout", str(START_SECONDS)]
        done = subprocess.run(
            accounts.as_service([*command, "-D", str(self.directory), "-l", str(log)]),
            check=False,
            cwd="/",
            env=accounts.service_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            umask=0o077,
        )
        if done.returncode != 0:
            words = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise SetupError(f"The database server did not start; its last words:\n{words}\nMore in {log.parent}.")

    def _shut_down(self) -> None:
        pid = self._server_pid()
        if pid is not None:
            _signal(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running():
            if time.monotonic() > deadline:
                raise SetupError(f"The database server (process {pid}) does not stop; see {self.data / 'logs'}.")
            time.sleep(0.02)
        with suppress(OSError):  # sockets of other processes are still there, or /run is not ours to change
            self.socket_folder.rmdir()


def program(name: str) -> Path:
    """The path of one of PostgreSQL's server programs. Raises SetupError when the package is missing."""
    path = Path(f"/usr/lib/postgresql/{POSTGRES_VERSION}/bin") / name
    if not path.exists():
        raise SetupError(
            f"{path} is missing: sudo apt-get install postgresql-{POSTGRES_VERSION} "
            f"postgresql-{POSTGRES_VERSION}-postgis-3"
        )
    return path


def works_in(pid: int, folder: Path) -> bool:
    """Whether the process is alive and its working folder is `folder`, as is that of every PostgreSQL process."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def processes_in(folder: Path) -> list[int]:
    """The ids of all processes whose working folder is `folder`."""
    ids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in ids if works_in(pid, folder)]


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
