# SPDX-License-Identifier: EUPL-1.2
"""SQL of the audit's chains: sealing, heads, recomputing."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sdi.audit.model import Finding, Head

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
