# SPDX-License-Identifier: EUPL-1.2
"""Personal data: every table declared; one person's data handed over, erased, let go in time; the audit verifies on."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text

from sdi.audit import service as audit
from sdi.db.database import REQUEST, Database
from sdi.errors import NotFound
from sdi.parameters.service import definition
from sdi.people.model import Principal
from sdi.people.service import add_account, authenticate, issue_token
from sdi.privacy import service
from sdi.privacy.model import Keep, PersonalTable

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
SECRET = "Zofia Nowak"


def _schemas(database: Database) -> list[str]:
    statement = text(
        "SELECT nspname FROM pg_namespace WHERE nspowner = 'brama_owner'::regrole AND nspname NOT IN"
        " ('jobs', 'data', 'pub', 'app', 'data_app', 'data_write')"
    )
    with database.owner.connect() as connection:
        return list(connection.execute(statement).scalars())


def test_every_table_about_persons_is_declared_by_its_package(database: Database) -> None:
    schemas = _schemas(database)
    assert {"sdi", "layers", "catalogue", "ingest"} <= set(schemas)
    with database.owner.begin() as connection:
        assert service.undeclared(connection, schemas) == [], "declare it in `TABLES` of the package's personal.py"
        connection.execute(text("CREATE TABLE sdi.forgotten (who uuid REFERENCES sdi.account, email text)"))
        assert service.undeclared(connection, schemas) == ["sdi.forgotten.email", "sdi.forgotten.who"]
        connection.rollback()


@pytest.mark.parametrize("declared", service.tables(), ids=lambda one: one.table)
def test_a_declaration_says_all_that_the_record_of_processing_must(declared: PersonalTable, database: Database) -> None:
    assert set(declared.purpose) == {"pl", "en"}
    assert declared.legal_basis
    if isinstance(declared.erasure, Keep):
        assert set(declared.erasure.reason) == {"pl", "en"}
    with database.owner.connect() as connection:
        columns = {declared.person, *declared.hidden}
        if declared.retention:
            definition(declared.retention.years)
            columns.add(declared.retention.after)
        found = connection.execute(
            text(f"SELECT * FROM {declared.table} WHERE {declared.person} IS NULL LIMIT 0")
        ).keys()
        assert columns <= set(found)


@pytest.fixture
def zofia(database: Database) -> Principal:
    """A person who did something, from an address."""
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "zofia.nowak", SECRET)
        token = issue_token(connection, "zofia.nowak", ["ingest"], "laptop Zofii", 30)
    with database.app.connect() as connection:
        person = authenticate(connection, token)
    origin = REQUEST.set('{"id": "request-of-zofia", "address": "192.0.2.7", "agent": "QGIS"}')
    with database.write(person) as connection:
        audit.note(connection, "record.decided", "record/1", contents={"before": {"state": "open"}})
    REQUEST.reset(origin)
    return person


def test_what_is_handed_over_is_all_of_it_and_no_secret(database: Database, zofia: Principal) -> None:
    with database.owner.begin() as connection:
        found = service.export(connection, "zofia.nowak")
        with pytest.raises(NotFound):
            service.export(connection, "nobody")
    told = json.dumps(found, ensure_ascii=False)
    assert [one["table"] for one in found["data"]] == [one.table for one in service.tables()]
    for part in (SECRET, "laptop Zofii", "192.0.2.7", "record.decided"):
        assert part in told
    assert "hash" not in told
    assert "Clerk of" not in told


def test_an_erased_person_is_found_nowhere_and_the_audit_still_verifies(database: Database, zofia: Principal) -> None:
    with database.owner.begin() as connection:
        done = service.erase(connection, "zofia.nowak", "wniosek z 2 listopada 2026")
        assert done.erased["sdi.token"] == 1
        assert done.kept["sdi.audit_of_person"][1].startswith("dzienniki")
        assert done.contents >= 2
        assert done.origins == 0
    with database.owner.connect() as connection:
        everything = "\n".join(
            str(row)
            for table in ("account", "token", "audit_entry", "audit_contents", "event", "job")
            for row in connection.execute(text(f"SELECT t::text FROM sdi.{table} t")).scalars()
        )
        assert "erased-" in everything
        for part in (SECRET, "zofia.nowak", "laptop Zofii"):
            assert part not in everything
        assert "192.0.2.7" in everything, "law demands that logs are kept"
        last = "SELECT action FROM sdi.audit_entry ORDER BY seq DESC LIMIT 1"
        assert connection.execute(text(last)).scalar_one() == "personal.erased"
    audit.seal(database)
    assert audit.verify(database).problems == 0


def _age(database: Database, years: int) -> None:
    """Make everything older, past the triggers that keep the audit."""
    with database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE sdi.audit_entry DISABLE TRIGGER USER"))
        for table, column in (("audit_entry", "at"), ("event", "time"), ("job", "finished_at")):
            connection.execute(text(f"UPDATE sdi.{table} SET {column} = {column} - interval '{years} years'"))
        connection.execute(text("ALTER TABLE sdi.audit_entry ENABLE TRIGGER USER"))


def test_what_was_kept_long_enough_goes_and_this_is_noted(database: Database, zofia: Principal) -> None:
    with database.write(zofia) as connection:
        connection.execute(text("SELECT sdi.enqueue('x.y', '{}')"))
        connection.execute(text("SELECT sdi.enqueue('x.z', '{}')"))
        connection.execute(text("SELECT sdi.emit('x.y', 'x', NULL, '{}')"))
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.job SET finished_at = now() WHERE task = 'x.y'"))
    assert service.let_go(database) == {"sdi.job": 0, "sdi.event": 0, "sdi.audit_contents": 0}
    _age(database, 3)
    gone = service.let_go(database)
    assert (gone["sdi.job"], gone["sdi.audit_contents"]) == (1, 1)
    assert gone["sdi.event"] >= 1
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT task FROM sdi.job")).scalars().all() == ["x.z"]
        assert "192.0.2.7" not in str(connection.execute(text("SELECT said FROM sdi.audit_contents")).all())
        noted = text("SELECT subject FROM sdi.audit_entry WHERE action = 'personal.expired' ORDER BY 1")
        assert connection.execute(noted).scalars().all() == ["table/sdi.event", "table/sdi.job"]
    audit.seal(database)
    assert audit.verify(database).problems == 0
