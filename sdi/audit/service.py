# SPDX-License-Identifier: EUPL-1.2
"""The audit's face: noting a change in its own transaction, sealing, and finding out what was tampered with."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sdi.audit import store
from sdi.audit.model import Head, Verification
from sdi.db.database import Database

_MOST_FINDINGS = 1_000
_log = structlog.get_logger()
_NOTE = text("SELECT sdi.note(:action, :subject, :organisation, :contents)").bindparams(
    bindparam("contents", type_=JSONB)
)
_ACT = text("SELECT set_config('brama.account', :account, true)")


def note(
    connection: Connection,
    action: str,
    subject: str,
    organisation: UUID | None = None,
    contents: Mapping[str, Any] | None = None,
) -> int:
    """Note `action` (`record.decided`) on `subject` (`record/<uuid>`) in the caller's transaction; the entry's number.

    Who, when and from where are the transaction's. Without an organisation it is the acting one's, else the region's.
    `contents` says what changed (`before`, `after`), without personal data where that can be avoided.
    """
    values = {"action": action, "subject": subject, "organisation": organisation, "contents": dict(contents or {})}
    return int(connection.execute(_NOTE, values).scalar_one())


def act_for(connection: Connection, account: UUID | None) -> None:
    """Say for whom the owner works in this transaction, so that what it does is noted as theirs."""
    connection.execute(_ACT, {"account": str(account or "")})


def seal(database: Database) -> list[Head]:
    """Put every entry that waits into its organisation's chain; the heads go to the log, which lies elsewhere."""
    with database.owner.begin() as connection:
        made = store.seal(connection)
    for head in {head.organisation: head for head in made}.values():
        _log.info("audit.sealed", organisation=str(head.organisation), batch=head.number, digest=head.digest)
    return made


def heads(database: Database) -> list[Head]:
    """The heads of all chains once everything is sealed; to be kept where this database's owner cannot write."""
    seal(database)
    with database.owner.connect() as connection:
        return store.heads(connection)


def verify(database: Database, kept: Sequence[Head] = ()) -> Verification:
    """Recompute every digest and compare with the chains, and these with heads kept outside.

    Every edit, deletion, insertion, exchange or reordering within the chains is found and placed. What only heads
    from outside show: a tail cut off, and a chain made anew from some batch on.
    """
    with database.owner.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        counts, findings = store.recompute(connection, _MOST_FINDINGS)
        beyond = store.against(connection, kept)
        connection.rollback()
    return Verification(**{**counts, "problems": counts["problems"] + len(beyond)}, findings=(*beyond, *findings))
