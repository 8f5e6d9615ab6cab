# SPDX-License-Identifier: EUPL-1.2
"""Events: written with the change, heard by every process at its commit, never of what was rolled back."""

import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from sdi.db.database import Database, Role
from sdi.events import Listener, emit
from sdi.setup.cluster import Cluster


@pytest.fixture
def heard(database: Database) -> Iterator[list[tuple[str | None, str | None]]]:
    listener = Listener(database.conninfo(Role.APP))
    events: list[tuple[str | None, str | None]] = []
    listener.subscribe(lambda kind, subject: events.append((kind, subject)))
    listener.start()
    _wait(events, 1)
    yield events
    listener.stop()


def _wait(events: list[tuple[str | None, str | None]], count: int) -> None:
    deadline = time.monotonic() + 5
    while len(events) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_an_event_is_heard_at_commit_and_kept(database: Database, heard: list[tuple[str | None, str | None]]) -> None:
    with database.owner.begin() as connection:
        emit(connection, "layer.published", "towns", data={"version": 1})
        time.sleep(0.05)
        assert heard == [(None, None)]
    _wait(heard, 2)
    assert heard[1:] == [("layer.published", "towns")]
    with database.owner.connect() as connection:
        row = connection.execute(text("SELECT type, subject, data FROM sdi.event")).one()
    assert row == ("layer.published", "towns", {"version": 1})


def test_a_rolled_back_change_is_never_heard(database: Database, heard: list[tuple[str | None, str | None]]) -> None:
    with pytest.raises(RuntimeError), database.owner.begin() as connection:
        emit(connection, "layer.published", "towns")
        raise RuntimeError
    with database.owner.begin() as connection:
        emit(connection, "layer.removed", "towns")
    _wait(heard, 2)
    assert heard[1:] == [("layer.removed", "towns")]


def test_after_a_lost_connection_everything_may_have_changed(
    cluster: Cluster, database_name: str, heard: list[tuple[str | None, str | None]]
) -> None:
    with psycopg.connect(cluster.dsn("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'brama events'",
            [database_name],
        )
    _wait(heard, 2)
    assert heard[1:] == [(None, None)]
