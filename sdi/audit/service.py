# SPDX-License-Identifier: EUPL-1.2
"""The audit's face: noting a change in its own transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

_NOTE = text("SELECT sdi.note(:action, :subject, :organisation, :contents)").bindparams(
    bindparam("contents", type_=JSONB)
)


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
