# SPDX-License-Identifier: EUPL-1.2
"""Decision 14: what each role may touch, proven by the database."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sdi.db.database import Database

BASE = ("sdi", "layers", "catalogue", "ingest", "records", "jobs", "data")


def _touchable(database: Database, role: str) -> set[str]:
    """Tables and views of our schemas on which `role` holds any privilege, of the whole or of a column."""
    statement = text(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public')"
        " AND (has_table_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES')"
        "   OR has_any_column_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"
    )
    with database.owner.connect() as connection:
        return set(connection.execute(statement, {"role": role}).scalars())


def test_the_application_role_holds_nothing_on_base_tables(database: Database) -> None:
    assert {name for name in _touchable(database, "brama_app") if name.split(".")[0] in BASE} == set()


def test_the_public_role_holds_public_views_only(database: Database) -> None:
    assert {name.split(".")[0] for name in _touchable(database, "brama_public")} == {"pub"}


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE pub.x (i int)", "CREATE TABLE public.x (i int)", "CREATE SCHEMA x"]
)
def test_neither_role_can_make_anything(database: Database, statement: str) -> None:
    for engine in (database.app, database.public):
        with engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))
