# SPDX-License-Identifier: EUPL-1.2
"""Administrators give what they hold within their reach, through the owner's views, and cannot rise above it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.people.service import add_account

SignIn = Callable[..., tuple[Principal, dict[str, str]]]


@pytest.fixture(autouse=True)
def _people(database: Database) -> None:
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "ewa", "Ewa Nowak")
        add_account(connection, "gabin", "boss", "Both here and above", role="organisation_admin")
        add_account(connection, "mazowieckie", "marshal", "Of the region", role="organisation_admin")


def _ids(database: Database) -> dict[str, UUID]:
    with database.owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT login, id FROM sdi.account UNION ALL SELECT slug, id FROM sdi.organisation"
                " UNION ALL SELECT code, id FROM sdi.role"
            )
        )
        return {row[0]: row[1] for row in rows}


def _try(database: Database, caller: Principal, statement: str, **values: Any) -> int:
    """Rows changed; 0 when the database refuses."""
    try:
        with database.write(caller) as connection:
            return connection.execute(text(statement), values).rowcount
    except DBAPIError as error:
        assert getattr(error.orig, "sqlstate", "") in ("44000", "42501"), error
        return 0


GRANT = (
    "INSERT INTO app.assignment_write (account_id, role_id, organisation_id) VALUES (:account, :role, :organisation)"
)


@pytest.mark.parametrize(
    ("caller", "role", "organisation", "granted"),
    [
        (("clerk", "admin"), "editor", "gabin", 1),
        (("clerk", "people:write"), "editor", "gabin", 0),  # it does not hold features:write
        (("clerk", "ingest"), "editor", "gabin", 0),
        (("clerk", "admin"), "organisation_admin", "gabin", 1),
        (("clerk", "admin"), "regional_admin", "gabin", 0),
        (("clerk", "admin"), "editor", "plocki", 0),
        (("clerk", "admin"), "editor", "mazowieckie", 0),
        (("marshal", "admin"), "editor", "gabin", 0),
        (("marshal", "admin"), "regional_admin", "mazowieckie", 0),
        (("admin", "admin"), "editor", "gabin", 1),
        (("admin", "admin"), "regional_admin", "plocki", 1),
        (("admin", "people:write"), "editor", "gabin", 0),
    ],
)
def test_a_role_is_given_within_reach(
    database: Database, sign_in: SignIn, caller: tuple[str, str], role: str, organisation: str, granted: int
) -> None:
    ids = _ids(database)
    values = {"account": ids["ewa"], "role": ids[role], "organisation": ids[organisation]}
    assert _try(database, sign_in(*caller)[0], GRANT, **values) == granted


def test_nobody_gives_themselves_more(database: Database, sign_in: SignIn) -> None:
    ids = _ids(database)
    caller = sign_in("clerk", "admin")[0]
    own = {"account": ids["clerk"], "role": ids["regional_admin"], "organisation": ids["gabin"]}
    assert _try(database, caller, GRANT, **own) == 0
    for statement in (
        "UPDATE app.assignment_write SET role_id = :role",
        "UPDATE app.assignment_write SET organisation_id = :organisation",
        "UPDATE app.role_write SET scopes = '{admin}' WHERE organisation_id IS NULL",
        "INSERT INTO app.role_write (organisation_id, code, title) VALUES (NULL, 'x', '{}')",
        "UPDATE sdi.account SET state = 'active'",
    ):
        assert _try(database, caller, statement, role=ids["regional_admin"], organisation=ids["mazowieckie"]) == 0


def test_who_may_do_more_is_not_managed_by_who_may_do_less(database: Database, sign_in: SignIn) -> None:
    ids = _ids(database)
    caller = sign_in("clerk", "admin")[0]
    suspend = "UPDATE app.account_write SET state = 'suspended' WHERE login = :login"
    assert _try(database, caller, suspend, login="ewa") == 1
    with database.owner.begin() as connection:
        connection.execute(
            text("INSERT INTO sdi.assignment (account_id, role_id, organisation_id) VALUES (:a, :r, :o)"),
            {"a": ids["boss"], "r": ids["editor"], "o": ids["plocki"]},
        )
    assert _try(database, caller, suspend, login="boss") == 0, "boss holds a role that the clerk does not reach"
    assert _try(database, caller, suspend, login="stranger") == 0
    assert _try(database, sign_in("admin", "admin")[0], suspend, login="boss") == 1


def test_an_organisations_roles_hold_no_more_than_their_maker(database: Database, sign_in: SignIn) -> None:
    ids = _ids(database)
    make = "INSERT INTO app.role_write (organisation_id, code, title, scopes) VALUES (:o, 'own', '{}', :scopes)"
    limited = sign_in("clerk", "people:write")[0]
    assert _try(database, limited, make, o=ids["gabin"], scopes=["ingest"]) == 0
    assert _try(database, limited, make, o=ids["gabin"], scopes=["people:write"]) == 1
    full = sign_in("clerk", "admin")[0]
    assert _try(database, full, make, o=ids["plocki"], scopes=[]) == 0
    assert _try(database, full, "UPDATE app.role_write SET scopes = '{ingest}' WHERE code = 'own'") == 1


def test_colleagues_are_known_by_name_and_others_are_not(database: Database, sign_in: SignIn) -> None:
    with database.read(sign_in("clerk", "ingest")[0]) as connection:
        seen = set(connection.execute(text("SELECT login FROM app.account")).scalars())
    assert seen == {"clerk", "ewa", "boss"}
