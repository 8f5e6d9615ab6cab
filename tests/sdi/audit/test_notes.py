# SPDX-License-Identifier: EUPL-1.2
"""Every change is noted in its own transaction: who, when, from where, before and after; and nobody edits it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError

from sdi.audit.service import note
from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.people.service import issue_token, organisation_id, revoke_tokens
from sdi.web.context import require, services
from sdi.web.rights import requires

SignIn = Callable[..., tuple[Principal, dict[str, str]]]

_LAST = text(
    "SELECT e.*, c.said::jsonb AS contents, o.said::jsonb AS origin FROM sdi.audit_entry e"
    " JOIN sdi.audit_contents c ON c.seq = e.seq AND c.part = 'contents'"
    " LEFT JOIN sdi.audit_contents o ON o.seq = e.seq AND o.part = 'origin' ORDER BY e.seq DESC LIMIT 1"
)


def _last(database: Database) -> Row[Any]:
    with database.owner.connect() as connection:
        return connection.execute(_LAST).one()


def test_an_entry_says_who_and_what_and_goes_with_its_transaction(database: Database, sign_in: SignIn) -> None:
    clerk, _ = sign_in("clerk", "ingest")
    with database.write(clerk) as connection:
        noted = note(connection, "record.decided", "record/1", contents={"before": {"state": "open"}})
    entry = _last(database)
    assert (entry.seq, entry.action, entry.subject) == (noted, "record.decided", "record/1")
    assert (entry.account_id, entry.organisation_id) == (clerk.account_id, clerk.organisation_id)
    assert entry.contents == {"before": {"state": "open"}}
    with pytest.raises(ZeroDivisionError), database.write(clerk) as connection:
        note(connection, "record.decided", "record/2")
        raise ZeroDivisionError
    assert _last(database).seq == noted


def test_an_entry_knows_the_request_it_came_from(app: Flask, database: Database, sign_in: SignIn) -> None:
    def change() -> str:
        with services().database.write(require("ingest")) as connection:
            note(connection, "record.decided", "record/1")
        return "done"

    app.add_url_rule("/change", "change", requires("ingest")(change))
    _, headers = sign_in("clerk", "ingest")
    headers |= {"X-Request-Id": "request-of-test", "User-Agent": "Zażółć/1\x00" + "x" * 1_000}
    assert app.test_client().get("/change", headers=headers).text == "done"
    entry = _last(database)
    assert entry.request == "request-of-test"
    assert entry.origin["address"] == "127.0.0.1"
    assert len(entry.origin["agent"]) == 300
    clerk, _ = sign_in("clerk", "ingest")
    with database.write(clerk) as connection:
        note(connection, "record.decided", "record/2")
    assert (_last(database).request, _last(database).origin) == ("", None)


def test_without_an_organisation_an_entry_is_the_regions(database: Database) -> None:
    with database.owner.begin() as connection:
        note(connection, "system.started", "system/1")
        root = organisation_id(connection, "mazowieckie")
    assert _last(database).organisation_id == root


def test_tokens_are_noted_without_their_secret(database: Database) -> None:
    with database.owner.begin() as connection:
        token = issue_token(connection, "clerk", ["ingest"], "desktop", 1)
        gabin = organisation_id(connection, "gabin")
    entry = _last(database)
    assert (entry.action, entry.organisation_id) == ("token.added", gabin)
    assert entry.contents["after"]["scopes"] == ["ingest"]
    assert token not in str(entry.contents)
    assert "hash" not in entry.contents["after"]
    with database.owner.begin() as connection:
        revoke_tokens(connection, "clerk", "desktop")
    entry = _last(database)
    assert entry.action == "token.changed"
    assert set(entry.contents["after"]) == {"revoked_at"}


def test_a_change_of_nothing_that_matters_is_not_noted(database: Database) -> None:
    before = _last(database).seq
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.account SET name = name || '' WHERE login = 'clerk'"))
    assert _last(database).seq == before


@pytest.mark.parametrize("table", ["audit_entry", "audit_contents", "audit_batch"])
@pytest.mark.parametrize("statement", ["UPDATE sdi.{} SET {} = {}", "DELETE FROM sdi.{}", "TRUNCATE sdi.{}"])
def test_not_even_the_owner_edits_the_audit(database: Database, table: str, statement: str) -> None:
    with database.owner.begin() as connection:
        note(connection, "system.started", "system/1")
        connection.execute(text("SELECT * FROM sdi.seal_audit()"))
    column = {"audit_entry": "subject", "audit_contents": "seq", "audit_batch": "number"}[table]
    with pytest.raises(DBAPIError, match="only grows"), database.owner.begin() as connection:
        connection.execute(text(statement.format(table, column, column)))


def test_the_application_notes_by_the_function_alone(database: Database, sign_in: SignIn) -> None:
    clerk, _ = sign_in("clerk", "admin")
    forbidden = (
        "INSERT INTO app.audit_entry (subject) VALUES ('x/1')",
        "SELECT * FROM sdi.audit_entry",
        "SELECT * FROM sdi.seal_audit()",
        "SELECT sdi.erase_audit('{1}', 'origin', 'x/1', 'x')",
    )
    for statement in forbidden:
        with pytest.raises(DBAPIError), database.write(clerk) as connection:
            connection.execute(text(statement))


def test_an_organisation_reads_its_own_entries_with_the_right_to(database: Database, sign_in: SignIn) -> None:
    gabin, stranger = sign_in("clerk", "admin")[0], sign_in("stranger", "admin")[0]
    region, plain = sign_in("admin", "admin")[0], sign_in("clerk", "ingest")[0]
    with database.write(gabin) as connection:
        noted = note(connection, "record.decided", "record/1")
    seen = {}
    for name, who in {"gabin": gabin, "stranger": stranger, "region": region, "plain": plain}.items():
        with database.read(who) as connection:
            seen[name] = noted in set(connection.execute(text("SELECT seq FROM app.audit_entry")).scalars())
    assert seen == {"gabin": True, "stranger": False, "region": True, "plain": False}
