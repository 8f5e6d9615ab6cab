# SPDX-License-Identifier: EUPL-1.2
"""Chains of the audit: whatever is done to entries, batches or contents past the door is found and placed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from sdi.audit import cli, service, store
from sdi.audit.model import PROBLEMS, Head
from sdi.db.database import REQUEST, Database
from sdi.people.model import Principal

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
TABLES = ("audit_entry", "audit_contents", "audit_batch")
GABIN = "(SELECT id FROM sdi.organisation WHERE slug = 'gabin')"


@pytest.fixture
def chain(database: Database, sign_in: SignIn) -> list[int]:
    """Nine entries of Gąbin in three batches; everything else is sealed before."""
    clerk, _ = sign_in("clerk", "ingest")
    service.seal(database)
    noted = []
    origin = REQUEST.set('{"id": "request-of-test", "address": "192.0.2.1"}')
    for batch in range(3):
        with database.write(clerk) as connection:
            noted += [service.note(connection, "test.done", f"test/{batch}", contents={"n": n}) for n in range(3)]
        assert [head.organisation for head in service.seal(database)] == [clerk.organisation_id]
    assert service.verify(database).problems == 0
    REQUEST.reset(origin)
    return noted


def _tamper(database: Database, *statements: str, **values: object) -> None:
    """As somebody who has the owner's rights: past the triggers, which are there again afterwards."""
    with database.owner.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE sdi.{table} DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement), values)
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE sdi.{table} ENABLE TRIGGER USER"))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE sdi.audit_entry SET account_id = gen_random_uuid() WHERE seq = :seq", "entry.changed"),
        ("UPDATE sdi.audit_entry SET at = at - interval '1 microsecond' WHERE seq = :seq", "entry.changed"),
        ("UPDATE sdi.audit_entry SET action = 'test.undone' WHERE seq = :seq", "entry.changed"),
        ("UPDATE sdi.audit_entry SET subject = 'test/9' WHERE seq = :seq", "entry.changed"),
        ("UPDATE sdi.audit_entry SET request = 'another' WHERE seq = :seq", "entry.changed"),
        ("UPDATE sdi.audit_entry SET organisation_id = sdi.root_organisation() WHERE seq = :seq", "entry.changed"),
        ("DELETE FROM sdi.audit_entry WHERE seq = :seq", "entry.missing"),
        ("UPDATE sdi.audit_contents SET said = '{\"n\": 7}' WHERE seq = :seq", "contents.changed"),
        (
            "UPDATE sdi.audit_contents SET said = '{}' WHERE seq = :seq AND part = 'origin'",
            "contents.changed",
        ),
        ("UPDATE sdi.audit_contents SET salt = uuid_send(gen_random_uuid()) WHERE seq = :seq", "contents.changed"),
        ("DELETE FROM sdi.audit_contents WHERE seq = :seq", "contents.missing"),
        (
            "INSERT INTO sdi.audit_contents VALUES (:seq + 1000, 'origin', uuid_send(gen_random_uuid()), '{}')",
            "contents.inserted",
        ),
    ],
)
def test_an_entry_that_was_tampered_with_is_named(
    database: Database, chain: list[int], statement: str, problem: str
) -> None:
    _tamper(database, statement, seq=chain[4])
    found = service.verify(database).findings
    assert {finding.problem for finding in found} <= {problem, "contents.inserted"}
    assert chain[4] in {finding.entry for finding in found} or problem == "contents.inserted"
    assert problem in {finding.problem for finding in found}


def test_contents_that_were_exchanged_are_named_both(database: Database, chain: list[int]) -> None:
    _tamper(
        database,
        "UPDATE sdi.audit_contents SET seq = -seq WHERE seq IN (:a, :b)",
        "UPDATE sdi.audit_contents SET seq = CASE seq WHEN -:a THEN CAST(:b AS bigint) ELSE :a END WHERE seq < 0",
        a=chain[3], b=chain[5],
    )  # fmt: skip
    found = service.verify(database).findings
    assert {(one.problem, one.entry) for one in found} == {("contents.changed", seq) for seq in (chain[3], chain[5])}


def test_an_entry_put_in_past_the_door_is_named(database: Database, chain: list[int]) -> None:
    _tamper(
        database,
        "INSERT INTO sdi.audit_entry (seq, organisation_id, action, subject, contents_digest) OVERRIDING SYSTEM VALUE"
        f" VALUES (1000000, {GABIN}, 'test.done', 'test/1', sha256(''))",
        "INSERT INTO sdi.audit_contents VALUES (1000000, 'contents', uuid_send(gen_random_uuid()), '{}')",
    )
    found = service.verify(database).findings
    assert {(one.problem, one.entry) for one in found} >= {("entry.inserted", 1000000)}


def test_an_entry_with_a_time_of_long_ago_is_named(database: Database, chain: list[int]) -> None:
    _tamper(
        database,
        "UPDATE sdi.audit_batch SET sealed_at = sealed_at",
        "INSERT INTO sdi.audit_entry (seq, at, organisation_id, action, subject, contents_digest)"
        " OVERRIDING SYSTEM VALUE"
        f" VALUES (1000000, now() - interval '2 days', {GABIN}, 'test.done', 'test/1', sha256('x'))",
        f"INSERT INTO sdi.audit_pending VALUES (1000000, {GABIN})",
    )
    service.seal(database)
    assert "entry.backdated" in {one.problem for one in service.verify(database).findings}


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        ("UPDATE sdi.audit_batch SET entries = ARRAY[entries[2], entries[1], entries[3]]",
         {"batch.changed", "entry.changed"}),
        ("UPDATE sdi.audit_batch SET leaves = set_byte(leaves, 40, 0)", {"batch.changed", "entry.changed"}),
        ("UPDATE sdi.audit_batch SET sealed_at = sealed_at + interval '1 s'", {"batch.changed"}),
        ("UPDATE sdi.audit_batch SET previous = sha256('x')", {"batch.changed", "batch.unchained"}),
        ("UPDATE sdi.audit_batch SET digest = sha256('x')", {"batch.changed", "batch.unchained"}),
        ("DELETE FROM sdi.audit_batch", {"batch.missing", "entry.inserted"}),
    ],
)  # fmt: skip
def test_a_batch_that_was_tampered_with_is_named(
    database: Database, chain: list[int], statement: str, problems: set[str]
) -> None:
    second = f" WHERE organisation_id = {GABIN} AND :first = ANY (entries)"
    _tamper(database, statement + second, first=chain[3])
    assert {one.problem for one in service.verify(database).findings} == problems


def test_batches_in_another_order_are_named(database: Database, chain: list[int]) -> None:
    """The second and the third of Gąbin's batches exchange their numbers."""
    numbered = f"UPDATE sdi.audit_batch SET number = {{}} WHERE organisation_id = {GABIN} AND :{{}} = ANY (entries)"
    _tamper(
        database,
        numbered.format("number + 900", "second"),
        numbered.format("number - 1", "third"),
        numbered.format("number - 899", "second"),
        second=chain[3],
        third=chain[6],
    )
    found = {one.problem for one in service.verify(database).findings}
    assert found == {"batch.changed", "batch.unchained"}


def test_an_edit_with_its_batch_sealed_anew_breaks_the_chain(database: Database, chain: list[int]) -> None:
    forged = f"organisation_id = {GABIN} AND :seq = ANY (entries)"
    leaf = (
        "sha256(sdi.canonical(e.seq::text, sdi.canonical_time(e.at), e.organisation_id::text, e.account_id::text,"
        " e.action, e.subject, e.request, encode(e.contents_digest, 'hex'), encode(e.origin_digest, 'hex')))"
    )
    _tamper(
        database,
        "UPDATE sdi.audit_entry SET subject = 'test/9' WHERE seq = :seq",
        f"UPDATE sdi.audit_batch SET leaves = (SELECT string_agg({leaf}, '' ORDER BY e.seq) FROM sdi.audit_entry e"
        f" WHERE e.seq = ANY (entries)) WHERE {forged}",
        "UPDATE sdi.audit_batch SET digest = sha256(sdi.canonical(organisation_id::text, number::text,"
        " sdi.canonical_time(sealed_at), array_to_string(entries, ','), encode(previous, 'hex')) || leaves)"
        f" WHERE {forged}",
        seq=chain[4],
    )
    assert [one.problem for one in service.verify(database).findings] == ["batch.unchained"]


def test_only_heads_kept_outside_show_a_tail_that_was_cut_off(database: Database, chain: list[int]) -> None:
    kept = service.heads(database)
    _tamper(
        database,
        "DELETE FROM sdi.audit_contents WHERE seq >= :seq",
        "DELETE FROM sdi.audit_entry WHERE seq >= :seq",
        f"DELETE FROM sdi.audit_batch WHERE organisation_id = {GABIN} AND :seq = ANY (entries)",
        seq=chain[6],
    )
    assert service.verify(database).problems == 0
    assert [one.problem for one in service.verify(database, kept).findings] == ["head.missing"]


def test_only_heads_kept_outside_show_a_chain_that_was_made_anew(database: Database, chain: list[int]) -> None:
    kept = service.heads(database)
    _tamper(
        database,
        "UPDATE sdi.audit_entry SET subject = 'test/9' WHERE seq = :seq",
        f"INSERT INTO sdi.audit_pending SELECT unnest(entries), organisation_id FROM sdi.audit_batch"
        f" WHERE organisation_id = {GABIN}",
        f"DELETE FROM sdi.audit_batch WHERE organisation_id = {GABIN}",
        "SELECT count(*) FROM sdi.seal_audit()",
        "SELECT count(*) FROM sdi.seal_audit()",
        seq=chain[4],
    )
    assert service.verify(database).problems == 0
    found = service.verify(database, kept).findings
    assert {one.problem for one in found} <= {"head.changed", "head.missing"}
    assert len(found) == 1


def test_erasure_by_law_leaves_a_chain_that_verifies_and_tells_of_itself(database: Database, chain: list[int]) -> None:
    with database.owner.begin() as connection:
        erase = text("SELECT sdi.erase_audit(:entries, :part, 'account/1', 'RODO art. 17')")
        assert connection.execute(erase, {"entries": [*chain[:2], 10**9], "part": "contents"}).scalar() == 2
        assert connection.execute(erase, {"entries": chain[:2], "part": "contents"}).scalar() == 0
        assert connection.execute(erase, {"entries": [chain[2]], "part": "origin"}).scalar() == 1
    service.seal(database)
    found = service.verify(database)
    assert (found.problems, found.erased) == (0, 3)
    _tamper(database, "DELETE FROM sdi.audit_contents WHERE seq = :seq", seq=chain[2])
    assert [(one.problem, one.entry) for one in service.verify(database).findings] == [("contents.missing", chain[2])]


def test_sealing_takes_a_thousand_at_a_time_and_what_commits_late(database: Database, sign_in: SignIn) -> None:
    clerk, _ = sign_in("clerk", "ingest")
    service.seal(database)
    with database.write(clerk) as slow:
        service.note(slow, "test.done", "test/slow")
        with database.write(clerk) as connection:
            many = "SELECT sdi.note('test.done', 'test/' || n, NULL, NULL) FROM generate_series(1, 1500) n"
            connection.execute(text(many))
        assert len(service.seal(database)) == 2
    assert len(service.seal(database)) == 1
    assert (service.verify(database).problems, service.verify(database).unsealed) == (0, 0)


def test_heads_of_an_outside_that_never_was_are_missed(database: Database, chain: list[int]) -> None:
    true = service.heads(database)
    assert service.verify(database, true).problems == 0
    wrong = [replace(true[0], digest="00" * 32), Head(true[0].organisation, 10**6, true[0].digest)]
    assert [one.problem for one in service.verify(database, wrong).findings] == ["head.changed", "head.missing"]


def test_every_problem_is_told_in_words(database: Database) -> None:
    source = (Path(store.__file__).with_name("verify.sql")).read_text(encoding="utf-8")
    assert {problem for problem in PROBLEMS if problem in source or problem.startswith("head.")} == set(PROBLEMS)


def test_the_command_exits_with_one_when_something_was_tampered_with(
    database: Database, chain: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sdi.command.open_database", lambda _settings: database)
    monkeypatch.setattr("sdi.command.upgrade", lambda _settings: None)
    monkeypatch.setenv("BRAMA_DATABASE__URL", "postgresql://nowhere")
    kept = tmp_path / "heads.json"
    printed = CliRunner().invoke(cli.command, ["heads", "--json"])
    assert [Head(**one).number for one in json.loads(printed.output)["heads"]]
    kept.write_text(printed.output, encoding="utf-8")
    whole = CliRunner().invoke(cli.command, ["verify", "--heads", str(kept)])
    assert (whole.exit_code, "nothing was tampered with" in whole.output) == (0, True)
    _tamper(database, "UPDATE sdi.audit_entry SET subject = 'test/9' WHERE seq = :seq", seq=chain[4])
    found = CliRunner().invoke(cli.command, ["verify", "--heads", str(kept)])
    assert found.exit_code == 1
    assert f"entry {chain[4]}" in found.output
    assert "the entry was edited" in found.output
    kept.write_text("[]", encoding="utf-8")
    assert CliRunner().invoke(cli.command, ["verify", "--heads", str(kept)]).exit_code != 0


def test_the_databases_canonical_bytes_are_these(database: Database) -> None:
    with database.owner.connect() as connection:
        made = connection.execute(text("SELECT sdi.canonical('zażółć', NULL, '', 'a,1:b')")).scalar_one()
    assert bytes(made) == "10:zażółć,0:,0:,5:a,1:b,".encode()
