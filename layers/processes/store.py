# SPDX-License-Identifier: EUPL-1.2
"""SQL of executions: started and read by the application's role, run and swept by the owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from layers.processes.model import KEPT_HOURS

_SUBMIT = text("SELECT app.submit_execution(:process, :inputs, :response, :kept, :most)").bindparams(
    bindparam("inputs", type_=JSONB)
)


@dataclass(frozen=True)
class Listing:
    """Which executions a list shows; None is no condition."""

    limit: int
    processes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    shortest: int | None = None
    longest: int | None = None


def submit(connection: Connection, process: str, inputs: Mapping[str, Any], response: str, most: int) -> UUID | None:
    """Queue an execution as the connection's caller for `KEPT_HOURS`; None when too many are under way."""
    values = {"process": process, "inputs": dict(inputs), "response": response, "most": most}
    found = connection.execute(_SUBMIT, {**values, "kept": timedelta(hours=KEPT_HOURS)}).scalar()
    return None if found is None else UUID(str(found))


def find(connection: Connection, execution: UUID) -> Row[Any] | None:
    """An execution that the connection's caller may see."""
    return connection.execute(text("SELECT * FROM app.find_execution(:id)"), {"id": execution}).one_or_none()


def dismiss(connection: Connection, execution: UUID) -> bool:
    """Stop an execution or give its result up; false when there is none for the caller."""
    return bool(connection.execute(text("SELECT app.dismiss_execution(:id)"), {"id": execution}).scalar())


def listed(connection: Connection, asked: Listing) -> list[Row[Any]]:
    """The caller's executions, the newest first."""
    seconds = "extract(epoch FROM coalesce(finished_at, now()) - started_at)"
    statement = text(
        "SELECT * FROM app.execution WHERE (:any_process OR process = ANY (:processes))"
        " AND (:any_status OR status = ANY (:statuses))"
        " AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)"
        " AND (CAST(:until AS timestamptz) IS NULL OR created_at <= :until)"
        f" AND (CAST(:shortest AS int) IS NULL OR {seconds} >= :shortest)"
        f" AND (CAST(:longest AS int) IS NULL OR {seconds} <= :longest)"
        " ORDER BY created_at DESC, id LIMIT :limit"
    )
    values = {
        "any_process": not asked.processes, "processes": list(asked.processes), "any_status": not asked.statuses,
        "statuses": list(asked.statuses), "since": asked.since, "until": asked.until, "shortest": asked.shortest,
        "longest": asked.longest, "limit": asked.limit,
    }  # fmt: skip
    return list(connection.execute(statement, values))


def order(connection: Connection, execution: UUID) -> Row[Any] | None:
    """What is to be run and with whose rights, as the owner; None when it was given up."""
    statement = text(
        "SELECT process, inputs, account_id, organisations, scopes FROM layers.execution"
        " WHERE id = :id AND dismissed_at IS NULL"
    )
    return connection.execute(statement, {"id": execution}).one_or_none()


def finish(connection: Connection, execution: UUID, media_type: str, key: str) -> None:
    """Note where the result lies, as the owner."""
    statement = text("UPDATE layers.execution SET media_type = :media_type, object_key = :key WHERE id = :id")
    connection.execute(statement, {"id": execution, "media_type": media_type, "key": key})


def expire(connection: Connection) -> list[str]:
    """Forget executions whose time is over, as the owner; the keys that nothing names any more."""
    gone = connection.execute(
        text(
            "WITH gone AS (DELETE FROM layers.execution WHERE expires_at < now() RETURNING object_key)"
            " SELECT DISTINCT object_key FROM gone WHERE object_key IS NOT NULL"
        )
    ).scalars()
    cleared = connection.execute(
        text(
            "WITH old AS (SELECT id, object_key FROM layers.execution WHERE dismissed_at IS NOT NULL"
            " AND object_key IS NOT NULL FOR UPDATE),"
            " cleared AS (UPDATE layers.execution e SET object_key = NULL FROM old WHERE e.id = old.id)"
            " SELECT DISTINCT object_key FROM old"
        )
    ).scalars()
    keys = list({*gone, *cleared})
    named = text(
        "SELECT k FROM unnest(CAST(:keys AS text[])) k WHERE NOT EXISTS (SELECT 1 FROM layers.execution WHERE"
        " object_key = k) AND NOT EXISTS (SELECT 1 FROM layers.layer WHERE object_key = k)"
        " AND NOT EXISTS (SELECT 1 FROM layers.version WHERE object_key = k)"
    )
    return list(connection.execute(named, {"keys": keys}).scalars())
