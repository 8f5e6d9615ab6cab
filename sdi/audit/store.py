# SPDX-License-Identifier: EUPL-1.2
"""SQL of the audit's chains: sealing, heads, recomputing."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sdi.audit.model import Finding, Head, Sought

_VERIFY = Path(__file__).with_name("verify.sql")
_COUNTS = text(
    "SELECT (SELECT count(*) FROM sdi.audit_entry) AS entries, (SELECT count(*) FROM sdi.audit_batch) AS batches,"
    " (SELECT count(*) FROM sdi.audit_pending) AS unsealed, (SELECT count(*) FROM erased) AS erased,"
    " (SELECT count(*) FROM finding) AS problems"
)
_HEADS = text(
    "SELECT DISTINCT ON (organisation_id) organisation_id, number, encode(digest, 'hex') AS digest"
    " FROM sdi.audit_batch ORDER BY organisation_id, number DESC"
)
_AGAINST = text(
    "SELECT h.organisation, h.number, CASE WHEN b.number IS NULL THEN 'head.missing' ELSE 'head.changed' END AS problem"
    " FROM jsonb_to_recordset(:heads) AS h(organisation uuid, number int, digest text)"
    " LEFT JOIN sdi.audit_batch b ON b.organisation_id = h.organisation AND b.number = h.number"
    " WHERE encode(b.digest, 'hex') IS DISTINCT FROM h.digest ORDER BY h.organisation"
).bindparams(bindparam("heads", type_=JSONB))

_CLAUSES = {
    "subject": "e.subject = :subject",
    "person": "e.account_id = (SELECT id FROM app.audit_person WHERE login = :person)",
    "organisation": "e.organisation_id = (SELECT id FROM app.organisation WHERE slug = :organisation)",
    "action": "e.action = :action",
    "since": "e.at >= :since",
    "until": "e.at < :until",
    "before": "e.seq < :before",
}


def entries(connection: Connection, sought: Sought, most: int) -> Sequence[Row[Any]]:
    """Entries that the caller may read, the newest first: at most so many and one more that tells of others."""
    statement, values = listing(sought, most)
    return connection.execute(statement, values).all()


def listing(sought: Sought, most: int) -> tuple[TextClause, dict[str, Any]]:
    """The statement of `entries` and its values."""
    values = {name: value for name, value in asdict(sought).items() if value is not None}
    clauses = {name: _CLAUSES[name] for name in values}
    if sought.subject and sought.subject.endswith("/"):
        clauses["subject"] = "e.subject >= :subject AND e.subject < :subject || '~'"
    where = f" WHERE {' AND '.join(clauses.values())}" if clauses else ""
    newest = f"SELECT e.* FROM app.audit_entry e{where} ORDER BY e.seq DESC LIMIT :most"
    statement = text(
        f"SELECT e.*, o.slug AS organisation, o.title AS organisation_title, p.login, p.name FROM ({newest}) e"
        " LEFT JOIN app.organisation o ON o.id = e.organisation_id LEFT JOIN app.audit_person p ON p.id = e.account_id"
        " ORDER BY e.seq DESC"
    )
    return statement, {**values, "most": most + 1}


def seal(connection: Connection) -> list[Head]:
    """Seal every entry that waits, as the owner; the new links."""
    rows = connection.execute(text("SELECT organisation, link, encode(head, 'hex') FROM sdi.seal_audit()"))
    return [Head(organisation, number, digest) for organisation, number, digest in rows]


def heads(connection: Connection) -> list[Head]:
    """The last link of each chain, as the owner."""
    return [Head(row.organisation_id, row.number, row.digest) for row in connection.execute(_HEADS)]


def recompute(connection: Connection, most: int) -> tuple[dict[str, int], list[Finding]]:
    """Counts and at most so many findings, as the owner, in a transaction that is rolled back."""
    connection.connection.cursor().execute(_VERIFY.read_text(encoding="utf-8"))
    counts = dict(connection.execute(_COUNTS).mappings().one())
    rows = connection.execute(text("SELECT * FROM finding ORDER BY seq, number LIMIT :most"), {"most": most})
    return counts, [Finding(row.problem, row.organisation_id, row.number, row.seq) for row in rows]


def against(connection: Connection, kept: Sequence[Head]) -> list[Finding]:
    """Heads kept outside that are not in the chains any more, as the owner."""
    values = [{"organisation": str(head.organisation), "number": head.number, "digest": head.digest} for head in kept]
    return [
        Finding(row.problem, row.organisation, row.number) for row in connection.execute(_AGAINST, {"heads": values})
    ]
