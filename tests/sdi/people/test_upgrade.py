# SPDX-License-Identifier: EUPL-1.2
"""Accounts that were there before roles go on as they were used."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import text

from sdi.db import migrate
from sdi.db.database import Database
from sdi.people.service import authenticate, issue_token
from sdi.setup.cluster import Cluster


@pytest.fixture
def before(cluster: Cluster) -> Iterator[Database]:
    """A database as it was before roles, with three accounts and a token of an administrator's."""
    name = f"t_{uuid.uuid4().hex}"
    cluster.ensure_roles_and_database(name)
    database = Database(lambda role: cluster.dsn(role.value, name), pool=2)
    with database.owner.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "sdi_0013")
        for statement in (
            """INSERT INTO sdi.organisation (slug, kind, title) VALUES ('mazowieckie', 'region', '{"pl": "M"}')""",
            """INSERT INTO sdi.account (organisation_id, login, name)
               SELECT id, login, login FROM sdi.organisation, unnest(ARRAY['admin', 'boss', 'clerk']) login""",
            """INSERT INTO sdi.token (account_id, hash, label, scopes, expires_at)
               SELECT id, sha256('x'), 'x', '{admin}', now() + '1 day' FROM sdi.account WHERE login = 'boss'""",
        ):
            connection.execute(text(statement))
    yield database
    database.dispose()
    with psycopg.connect(cluster.dsn("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_accounts_go_on_as_they_were_used(before: Database) -> None:
    migrate.upgrade_engine(before.owner)
    held = {}
    with before.owner.begin() as connection:
        tokens = {login: issue_token(connection, login, ["admin"], "y", 1) for login in ("admin", "boss", "clerk")}
    with before.app.connect() as connection:
        for login, token in tokens.items():
            held[login] = authenticate(connection, token).scopes
    assert "admin" in held["admin"] & held["boss"]
    assert {"ingest", "layers:write", "features:write"} <= held["clerk"]
    assert "admin" not in held["clerk"]
    assert migrate.is_current(before.owner)
