# SPDX-License-Identifier: EUPL-1.2
"""What a task declares and what it is given when it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sdi.db.database import Database
from sdi.settings import Settings

DEFAULT, PATIENT, PROMPT = QUEUES = ("default", "patient", "prompt")
"""Queues, each with a worker of its own; in the second waits what may take hours, in the third what people wait for."""


class Cancelled(Exception):
    """The job was asked to stop; raised by `progress`."""


class Progress(Protocol):
    """Says how far the work is; raises Cancelled when it should stop."""

    def __call__(self, fraction: float, message: str) -> None:
        """Report `fraction` (0 to 1) and what is being done now."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running task has at hand. `account_id` and `organisation_id` say for whom it runs."""

    job_id: UUID
    settings: Settings
    database: Database
    progress: Progress
    organisation_id: UUID | None
    account_id: UUID | None


TaskFunction = Callable[[JobContext, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work, named `<package>.<verb>`; `run` returns the job's result as JSON.

    `attempts` counts runs in all; a run is repeated only after a lost connection or a killed worker, so `run` must
    leave nothing behind when it is killed at any moment.
    """

    name: str
    run: TaskFunction
    attempts: int = 3
    every: str | None = None
    """Cron expression of a periodic task, which runs without a row to follow."""
