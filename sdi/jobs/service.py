# SPDX-License-Identifier: EUPL-1.2
"""Queueing work, following it, cancelling it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sdi.errors import Conflict, NotFound
from sdi.jobs.model import DEFAULT

_ENQUEUE = text("SELECT sdi.enqueue(:task, :args, :queue)").bindparams(bindparam("args", type_=JSONB))


def enqueue(connection: Connection, task: str, args: Mapping[str, Any], queue: str = DEFAULT) -> UUID:
    """Queue `task` in the caller's transaction (application role): it runs once that commits."""
    values = {"task": task, "args": dict(args), "queue": queue}
    return UUID(str(connection.execute(_ENQUEUE, values).scalar_one()))


def status(connection: Connection, job_id: UUID) -> Mapping[str, Any]:
    """A job of the caller's organisation (application role) as JSON-ready values."""
    row = connection.execute(text("SELECT * FROM app.job WHERE id = :id"), {"id": job_id}).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no job {job_id}.")
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}


def cancel(connection: Connection, job_id: UUID) -> None:
    """Ask a queued or running job to stop; Conflict when it has ended already."""
    if not connection.execute(text("SELECT sdi.cancel_job(:id)"), {"id": job_id}).scalar_one():
        state = status(connection, job_id)["state"]
        raise Conflict(f"The job has {state} already and cannot be cancelled.")
