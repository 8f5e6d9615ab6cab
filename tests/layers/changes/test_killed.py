# SPDX-License-Identifier: EUPL-1.2
"""Who edits or the whole database is killed at any moment: what was confirmed stays, what was not leaves no trace."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from layers.model import GeometryType
from sdi import features
from sdi.db.database import Database, Role
from sdi.db.migrate import upgrade_engine
from sdi.people.service import add_account, add_organisations, issue_token
from sdi.setup.cluster import Cluster
from tests.conftest import ORGANISATIONS, LayerMaker

from .conftest import COLUMNS


@pytest.fixture
def database(durable: Cluster) -> Iterator[Database]:
    """Its database, with the organisations and the clerk."""
    database = Database(lambda role: durable.dsn(role.value, "own"), pool=2)
    upgrade_engine(database.owner)
    with database.owner.begin() as connection:
        add_organisations(connection, ORGANISATIONS)
        add_account(connection, "gabin", "clerk", "Clerk of Gąbin", role="editor")
    yield database
    database.dispose()


def _edits_until(database: Database, seconds: float, kill: Callable[["subprocess.Popen[str]"], None]) -> list[int]:
    """Ids that were confirmed before the kill."""
    with database.owner.begin() as connection:
        token = issue_token(connection, "clerk", ["features:write"], "test", 1)
    conninfo = database.conninfo(Role.APP).replace(Role.APP.value, "ROLE")
    command = [sys.executable, str(Path(__file__).parent / "edits.py"), conninfo, token]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PYTHONPATH": str(features.ROOT)}
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(seconds)
        kill(process)
        told = first + process.stdout.read()
        process.wait(30)
    return [int(fid) for line in told.splitlines() if len(line.split()) == 10 for fid in line.split()]


def _check(database: Database, confirmed: list[int]) -> None:
    with database.owner.connect() as connection:

        def one(statement: str) -> Any:
            return tuple(connection.execute(text(statement)).one())

        added = set(connection.execute(text("SELECT fid FROM data.houses_1 WHERE fid > 1")).scalars())
        transactions, rest = divmod(len(added), 10)
        assert len(confirmed) >= 10
        assert set(confirmed) <= added
        assert rest == 0, "all of a batch or none"
        assert len(added) - len(confirmed) in (0, 10), "at most the one batch whose answer was lost on the way"
        assert one("SELECT feature_count, revision FROM layers.layer") == (len(added) + 1, transactions)
        assert one("SELECT count(*) FROM layers.change") == (len(added),)
        assert one("SELECT count(*) FROM layers.change_set") == (transactions,)
        assert one("SELECT count(*) FROM sdi.event WHERE type = 'features.changed'") == (transactions,)


@pytest.fixture
def one_house(add_layer: LayerMaker) -> None:
    """A layer to add to."""
    row = ["MULTIPOLYGON(((600000 500000,600010 500000,600010 500010,600000 500000)))", "h1", *[None] * 5]
    add_layer("houses", GeometryType.MULTIPOLYGON, COLUMNS, [row], organisation="gabin", key_column="code")


@pytest.mark.usefixtures("one_house")
def test_a_killed_editor_leaves_whole_transactions(database: Database) -> None:
    confirmed = _edits_until(database, 0.5, lambda process: process.send_signal(signal.SIGKILL))
    deadline = time.monotonic() + 30
    busy = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'brama_app' AND state <> 'idle'"
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.execute(text(busy)).scalar() and time.monotonic() < deadline:
            time.sleep(0.05)
    _check(database, confirmed)


@pytest.mark.usefixtures("one_house")
def test_a_killed_database_keeps_what_it_confirmed(durable: Cluster, database: Database) -> None:
    pid = int((durable.directory / "postmaster.pid").read_text().split()[0])
    confirmed = _edits_until(database, 0.5, lambda _: os.kill(pid, signal.SIGKILL))
    database.dispose()
    while durable.is_running():
        time.sleep(0.05)
    durable.start()
    _check(database, confirmed)
