# SPDX-License-Identifier: EUPL-1.2
"""A walk over everything that the server's roles can touch, without saying for whom: only what is public shows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from sdi.people.service import issue_token
from sdi.settings import Settings
from sdi.signin.service import invite, set_first_password
from tests.conftest import LayerMaker

from .conftest import PASSWORD

HIDDEN = "hideaway"
OPEN = {"sdi.parameter", "catalogue.widened"}
"""Doors that everybody may use: legal values in force, and words of the catalogue that are like those searched for."""
_TOUCHABLE = text(
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname IN ('pub', 'app', 'data', 'data_app', 'data_write')"
    " AND has_schema_privilege(:role, n.oid, 'USAGE') AND has_table_privilege(:role, c.oid, 'SELECT') ORDER BY 1"
)


_FILLING = (
    f"UPDATE sdi.account SET name = '{HIDDEN}'",
    f"INSERT INTO sdi.contact (account_id, email) SELECT id, '{HIDDEN}@' || login FROM sdi.account",
    f"""INSERT INTO sdi.role (organisation_id, code, title)
        SELECT id, 'own', '{{"pl": "{HIDDEN}"}}' FROM sdi.organisation""",
    f"""INSERT INTO sdi.passkey (account_id, credential_id, public_key, sign_count, name)
        SELECT id, decode('01', 'hex'), decode('01', 'hex'), 0, '{HIDDEN}' FROM sdi.account WHERE login = 'clerk'""",
    f"""INSERT INTO sdi.session (account_id, hash, organisation_id, method, idle, expires_at, address, agent)
        SELECT id, sha256('x'), organisation_id, 'password', '1 hour', now() + interval '1 hour', '127.0.0.1',
            '{HIDDEN}' FROM sdi.account WHERE login = 'clerk'""",
    f"SELECT sdi.note('{HIDDEN}.seen', 'account/1', NULL, '{{}}')",
    f"UPDATE data.{HIDDEN}_private_1 SET name = '{HIDDEN} again'",
)


@pytest.fixture
def filled(database: Database, add_layer: LayerMaker, settings: Settings) -> Database:
    """Something in every drawer: hidden layers, tokens, sessions, invitations, contact data, an own role, history."""
    for visibility in ("private", "organisation"):
        add_layer(
            f"{HIDDEN}_{visibility}", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(600000 500000)", HIDDEN]],
            organisation="gabin", visibility=visibility, title={"pl": HIDDEN}, searchable=True, label_column="name",
        )  # fmt: skip
    add_layer("shown", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(600000 500000)", "shown"]])
    with database.owner.begin() as connection:
        set_first_password(connection, "clerk", PASSWORD, settings.identity)
        invite(connection, "clerk", 7)
        issue_token(connection, "clerk", ["admin"], HIDDEN, 1)
        for statement in _FILLING:
            connection.execute(text(statement))
    return database


def _rows(connection: Connection, role: str) -> Iterator[tuple[str, str]]:
    for table in list(connection.execute(_TOUCHABLE, {"role": role}).scalars()):
        for row in connection.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t")).scalars():
            yield table, row


def test_the_application_without_a_person_sees_what_is_public(filled: Database) -> None:
    with filled.app.connect() as connection:
        seen = list(_rows(connection, "brama_app"))
    assert len({table for table, _ in seen}) >= 3, "there is something to see"
    assert [(table, row) for table, row in seen if HIDDEN in row] == []
    personal = ("app.account", "app.contact", "app.own_", "app.assignment", "app.audit", "data_write.")
    assert [table for table, _ in seen if table.startswith(personal)] == []


def test_the_public_sees_what_is_public(filled: Database) -> None:
    with filled.public.connect() as connection:
        seen = list(_rows(connection, "brama_public"))
    assert {"pub.layer", "data.shown_1"} <= {table for table, _ in seen}
    assert [(table, row) for table, row in seen if HIDDEN in row] == []


def test_empty_and_broken_settings_open_nothing(filled: Database) -> None:
    for name in ("brama.account", "brama.organisations", "brama.scopes", "brama.area"):
        with filled.app.begin() as connection:
            connection.execute(text("SELECT set_config(:name, '', true)"), {"name": name})
            assert [table for table, row in _rows(connection, "brama_app") if HIDDEN in row] == []
    with filled.app.begin() as connection, pytest.raises(DBAPIError):
        connection.execute(text("SELECT set_config('brama.organisations', 'all', true)"))
        list(_rows(connection, "brama_app"))


def test_scopes_alone_reach_no_organisation(filled: Database) -> None:
    with filled.app.begin() as connection:
        connection.execute(text("SELECT set_config('brama.scopes', 'admin,people:write,audit:read', true)"))
        assert [(table, row) for table, row in _rows(connection, "brama_app") if HIDDEN in row] == []


def test_doors_of_the_owner_are_shut_to_the_public_and_look_where_they_should(filled: Database) -> None:
    statement = text(
        "SELECT p.oid::regprocedure::text AS name, has_function_privilege('brama_public', p.oid, 'EXECUTE') AS is_open,"
        " coalesce(array_to_string(p.proconfig, ' '), '') AS settings FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'public') AND p.prorettype <> 'trigger'::regtype"
    )
    with filled.owner.connect() as connection:
        doors = connection.execute(statement).all()
    assert len(doors) > 40
    assert [door.name for door in doors if not door.settings.startswith("search_path=pg_catalog")] == []
    assert {door.name.partition("(")[0] for door in doors if door.is_open} <= OPEN
