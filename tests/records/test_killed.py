# SPDX-License-Identifier: EUPL-1.2
"""Who saves or the whole database is killed at any moment: confirmed records stay whole, others leave no trace."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from sdi import features
from sdi.db.database import Database, Role
from sdi.db.migrate import upgrade_engine
from sdi.people.service import add_account, add_organisations, issue_token
from sdi.setup.cluster import Cluster
from tests.conftest import ORGANISATIONS


@pytest.fixture
def database(durable: Cluster) -> Iterator[Database]:
    """Its database, with the organisations and the clerk."""
    database = Database(lambda role: durable.dsn(role.value, "own"), pool=2)
    upgrade_engine(database.owner)
    with database.owner.begin() as connection:
        add_organisations(connection, ORGANISATIONS)
        add_account(connection, "gabin", "clerk", "Clerk of Gąbin", role="head")
    yield database
    database.dispose()


def _saves_until(database: Database, seconds: float, kill: Callable[["subprocess.Popen[str]"], None]) -> list[str]:
    """Numbers that were confirmed before the kill."""
    with database.owner.begin() as connection:
        token = issue_token(connection, "clerk", ["monuments:read", "monuments:write"], "test", 1)
    conninfo = database.conninfo(Role.APP).replace(Role.APP.value, "ROLE")
    command = [sys.executable, str(Path(__file__).parent / "saves.py"), conninfo, token]
    environment = {"PYTHONPATH": str(features.ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(seconds)
        kill(process)
        told = first + process.stdout.read()
        process.wait(30)
    return [line for line in told.split("\n")[:-1] if line.startswith("GEZ/")]


def _check(database: Database, confirmed: list[str]) -> None:
    with database.owner.connect() as connection:

        def one(statement: str) -> int:
            return int(connection.execute(text(statement)).scalar_one())

        numbers = set(connection.execute(text("SELECT number FROM records.record")).scalars())
        assert len(confirmed) >= 3
        assert set(confirmed) <= numbers
        assert len(numbers) - len(confirmed) in (0, 1), "at most the one whose answer was lost on the way"
        assert numbers == {f"GEZ/{n}" for n in range(1, len(numbers) + 1)}, "no gap, no duplicate"
        assert one("SELECT last FROM records.counter") == len(numbers)
        for whole in ("records.history", "records.kind_monument", "records.place"):
            assert one(f"SELECT count(*) FROM {whole}") == len(numbers), whole
        assert one("SELECT count(*) FROM sdi.event WHERE type = 'record.created'") == len(numbers)
        assert one("SELECT count(*) FROM sdi.audit_entry WHERE action = 'record.created'") == len(numbers)


def test_who_is_killed_leaves_whole_records(database: Database) -> None:
    confirmed = _saves_until(database, 0.4, lambda process: process.send_signal(signal.SIGKILL))
    deadline = time.monotonic() + 30
    busy = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'brama_app' AND state <> 'idle'"
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.execute(text(busy)).scalar() and time.monotonic() < deadline:
            time.sleep(0.05)
    _check(database, confirmed)


def test_a_killed_database_keeps_what_it_confirmed(durable: Cluster, database: Database) -> None:
    pid = int((durable.directory / "postmaster.pid").read_text().split()[0])
    confirmed = _saves_until(database, 0.4, lambda _: os.kill(pid, signal.SIGKILL))
    database.dispose()
    while durable.is_running():
        time.sleep(0.05)
    durable.start()
    _check(database, confirmed)
