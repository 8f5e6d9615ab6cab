# SPDX-License-Identifier: EUPL-1.2
"""Connections by role, over the private cluster and over a database of others with one login for all roles."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from layers.rendering.processes import processes
from sdi.db.database import Database, Role, open_database
from sdi.db.migrate import is_current, upgrade
from sdi.settings import load
from sdi.setup.cluster import Cluster


def test_with_a_foreign_login_each_connection_acts_under_its_role(
    cluster: Cluster, database_name: str, tmp_path: Path
) -> None:
    url = f"postgresql://postgres@/{database_name}?host={cluster.socket_folder}&port=5432"
    settings = load(tmp_path / "none.yml", {}, data=tmp_path, database__url=url)
    upgrade(settings)
    database = open_database(settings)
    assert is_current(database.owner)
    for engine, role in ((database.owner, Role.OWNER), (database.app, Role.APP), (database.public, Role.PUBLIC)):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar_one() == role
    with database.public_connection() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (Role.PUBLIC,)
    with database.app.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text("SELECT * FROM sdi.token"))
    database.dispose()
    assert processes(settings)[0].argv[-2:] == ["--role", "brama_public"]


def test_a_lost_connection_costs_one_read(database: Database, cluster: Cluster, database_name: str) -> None:
    with database.public_connection() as first, database.public_connection() as second:
        pids = [first.info.backend_pid, second.info.backend_pid]
    with psycopg.connect(cluster.dsn("postgres", "postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) pid", [pids])
    with pytest.raises(psycopg.OperationalError), database.public_connection() as connection:
        connection.execute("SELECT 1")
    with database.public_connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert database_name


def test_a_connection_is_used_again_and_closed_at_the_end(database: Database) -> None:
    with database.public_connection() as connection:
        pid = connection.info.backend_pid
    with database.public_connection() as connection:
        assert connection.info.backend_pid == pid
    database.dispose()
    assert connection.closed
