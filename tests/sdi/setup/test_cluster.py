# SPDX-License-Identifier: EUPL-1.2
"""The private cluster: closed to the network, exact in its rights, and sound after any kind of death."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sdi.errors import SetupError
from sdi.features import ROOT
from sdi.setup import accounts
from sdi.setup.cluster import Cluster, processes_in

NAME = "brama"
ROLES = ("brama_owner", "brama_app", "brama_public")


@pytest.fixture(scope="module")
def prepared() -> Iterator[Cluster]:
    """A durable cluster with roles and database, shared by the tests that only look."""
    with tempfile.TemporaryDirectory(prefix="brama-cluster-") as name:
        cluster = Cluster(Path(name))
        cluster.start()
        cluster.ensure_roles_and_database(NAME)
        yield cluster
        cluster.stop()


def ask(cluster: Cluster, role: str, query: str, database: str = NAME) -> tuple[object, ...]:
    with psycopg.connect(cluster.dsn(role, database)) as connection:  # type: ignore[arg-type]
        return connection.execute(query).fetchone() or ()  # type: ignore[call-overload]


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def server_pid(cluster: Cluster) -> int:
    return int((cluster.directory / "postmaster.pid").read_text().split()[0])


def test_no_network_port_is_open(prepared: Cluster) -> None:
    assert ask(prepared, "postgres", "show listen_addresses") == ("",)
    assert prepared.socket_folder.stat().st_mode & 0o777 == 0o700


def test_no_rule_trusts_or_takes_passwords(prepared: Cluster) -> None:
    query = "select array_agg(distinct type || ' ' || auth_method) from pg_hba_file_rules"
    assert ask(prepared, "postgres", query) == (["local peer"],)


def test_roles_have_no_power_over_the_cluster(prepared: Cluster) -> None:
    query = (
        "select bool_or(rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls), count(*)"
        " from pg_roles where rolname like 'brama%'"
    )
    assert ask(prepared, "postgres", query) == (False, 3)


@pytest.mark.parametrize("role", ["brama_app", "brama_public"])
def test_serving_roles_can_create_nothing(prepared: Cluster, role: str) -> None:
    query = (
        "select has_database_privilege(current_database(), 'create'), has_database_privilege(current_database(), "
        "'temp'), has_schema_privilege('public', 'create')"
    )
    assert ask(prepared, role, query) == (False, False, False)


def test_nobody_puts_functions_beside_the_extensions(prepared: Cluster) -> None:
    for role in ROLES:
        assert ask(prepared, role, "select has_schema_privilege('public', 'create')") == (False,)


def test_public_role_starts_read_only_with_a_time_limit(prepared: Cluster) -> None:
    query = "select current_setting('default_transaction_read_only'), current_setting('statement_timeout')"
    assert ask(prepared, "brama_public", query) == ("on", "30s")


def test_owner_owns_the_database(prepared: Cluster) -> None:
    query = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert ask(prepared, "brama_owner", query) == ("brama_owner",)


def test_order_is_by_bytes_and_letters_are_polish(prepared: Cluster) -> None:
    query = "select 'Z' < 'a', lower('ŁÓDŹ'), similarity('Łódź', 'łódź') = 1, datcollate from pg_database"
    assert ask(prepared, "brama_app", f"{query} where datname = current_database()") == (True, "łódź", True, "C")


def test_pages_have_checksums(prepared: Cluster) -> None:
    assert ask(prepared, "postgres", "show data_checksums") == ("on",)


def test_preparing_again_changes_nothing(prepared: Cluster) -> None:
    prepared.ensure_roles_and_database(NAME)
    assert ask(prepared, "brama_owner", "select count(*) from pg_extension where extname = 'postgis'") == (1,)


@pytest.mark.skipif(not accounts.is_root(), reason="only root can act as another account")
def test_other_accounts_are_refused(prepared: Cluster) -> None:
    stranger = pwd.getpwnam("nobody")
    prepared.socket_folder.chmod(0o711)
    command = ["/usr/bin/setpriv", "--reuid", str(stranger.pw_uid), "--regid", str(stranger.pw_gid), "--clear-groups"]
    try:
        done = subprocess.run(
            [*command, "psql", prepared.dsn("brama_owner", NAME), "-c", "select 1"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
    finally:
        prepared.socket_folder.chmod(0o700)
    assert done.returncode != 0
    assert "denied" in done.stderr or "failed" in done.stderr


@pytest.mark.skipif(not accounts.is_root(), reason="a user runs it as himself")
def test_root_runs_it_as_the_service_user(prepared: Cluster) -> None:
    assert Path(f"/proc/{server_pid(prepared)}").stat().st_uid == accounts.service_account().uid


def test_start_of_a_new_cluster_takes_less_than_four_seconds(folder: Path) -> None:
    cluster = Cluster(folder, durable=False)
    began = time.monotonic()
    cluster.start()
    spent = time.monotonic() - began
    cluster.stop()
    assert spent < 4


def test_runs_until_the_last_user_stops_it(folder: Path) -> None:
    first, second = Cluster(folder, durable=False), Cluster(folder, durable=False)
    assert first.start() is True
    assert second.start() is False
    assert first.stop() is False
    assert second.is_running()
    assert second.stop() is True
    assert not second.is_running()
    assert not first.socket_folder.exists() or not any(first.socket_folder.iterdir())


_START_AND_DIE = """
import os, pathlib, signal, sys
from sdi.setup.cluster import Cluster
Cluster(pathlib.Path(sys.argv[1]), durable=False).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_stops_when_its_last_user_was_killed(folder: Path) -> None:
    command = [sys.executable, "-c", _START_AND_DIE, str(folder)]
    user = subprocess.run(command, check=False, cwd=ROOT)
    cluster = Cluster(folder, durable=False)
    assert user.returncode == -signal.SIGKILL
    wait_until(lambda: not cluster.is_running())
    assert cluster.start() is True
    cluster.stop()


def test_keeps_what_was_committed_when_the_server_is_killed(folder: Path) -> None:
    cluster = Cluster(folder)
    cluster.start()
    with psycopg.connect(cluster.dsn("postgres", "postgres")) as connection:
        connection.execute("create table kept as select 7 as value")
    os.kill(server_pid(cluster), signal.SIGKILL)
    wait_until(lambda: not cluster.is_running())
    assert cluster.start() is True
    assert ask(cluster, "postgres", "select value from kept", "postgres") == (7,)
    cluster.stop()


def test_a_pid_file_naming_a_foreign_process_is_no_obstacle(folder: Path) -> None:
    cluster = Cluster(folder, durable=False)
    cluster.start()
    cluster.stop()
    (cluster.directory / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.directory}\n1\n5432\n\n\n0 0\nready\n")
    assert not cluster.is_running()
    assert cluster.start() is True
    cluster.stop()
    wait_until(lambda: processes_in(cluster.directory) == [])


def test_a_half_made_cluster_is_made_again(folder: Path) -> None:
    accounts.prepare_data(folder)
    (folder / "postgres" / "base").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    cluster = Cluster(folder, durable=False)
    assert cluster.start() is True
    cluster.stop()


def test_a_path_longer_than_a_socket_name_works(folder: Path) -> None:
    deep = folder / ("a" * 100) / ("b" * 100)
    folder.chmod(0o755)
    cluster = Cluster(deep, durable=False)
    assert cluster.start() is True
    cluster.stop()


def test_an_administrators_own_settings_are_read_last(folder: Path) -> None:
    cluster = Cluster(folder, durable=False)
    cluster.create()
    local = cluster.directory / "local.conf"
    local.write_text("work_mem = '7MB'\n")
    local.chmod(0o644)
    cluster.start()
    assert ask(cluster, "postgres", "show work_mem", "postgres") == ("7MB",)
    cluster.stop()


def test_a_start_that_fails_says_what_the_server_said(folder: Path) -> None:
    cluster = Cluster(folder, durable=False)
    cluster.create()
    local = cluster.directory / "local.conf"
    local.write_text("no_such_setting = 1\n")
    local.chmod(0o644)
    with pytest.raises(SetupError, match="no_such_setting"):
        cluster.start()
    wait_until(lambda: processes_in(cluster.directory) == [])
    cluster.stop()


@pytest.mark.skipif(not accounts.is_root(), reason="a user reaches what he made")
def test_a_folder_that_the_service_user_cannot_reach_is_refused(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(SetupError, match="cannot enter"):
        Cluster(closed / "data").start()
