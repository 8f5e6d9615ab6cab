# SPDX-License-Identifier: EUPL-1.2
"""Executions for one caller: started, followed, waited for, given up, and their results."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from layers.processes import store
from layers.processes.inputs import Features, Inputs
from layers.processes.model import (
    UNDER_WAY,
    UNDER_WAY_ANONYMOUS,
    WAIT_SECONDS,
    JobDismissed,
    NoSuchJob,
    Process,
    ResultNotReady,
)
from layers.service import Snapshot
from sdi.db.database import Database
from sdi.errors import BramaError, Conflict, Forbidden, InvalidParameter, NotFound, TooBusy, TooLarge, Unprocessable
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings

_WAITING = threading.BoundedSemaphore(3)
"""Threads of this web worker that may wait for executions; the others go on answering."""
_STEPS = (0.02, 0.03, 0.05, 0.1, 0.2)
_REFUSALS: Mapping[str, type[BramaError]] = {
    kind.code: kind for kind in (InvalidParameter, NotFound, TooLarge, TooBusy, Unprocessable, Conflict, Forbidden)
}


@dataclass(frozen=True)
class Executions:
    """What one caller may do with executions."""

    database: Database
    settings: Settings
    caller: Principal | None

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """The application's role: it may start executions, also for those who did not sign in."""
        if self.caller is None:
            with self.database.app.begin() as connection:
                yield connection
        else:
            with self.database.write(self.caller) as connection:
                yield connection

    def submit(self, process: Process, inputs: Inputs, response: str, visible: Snapshot) -> UUID:
        """Queue an execution; NotFound for a layer that the caller may not see, TooBusy with too many under way."""
        for layer_id in _layers(inputs):
            visible.layer(layer_id)
        most = UNDER_WAY_ANONYMOUS if self.caller is None else UNDER_WAY
        with self._connection() as connection:
            found = store.submit(connection, process.id, json.loads(inputs.model_dump_json()), response, most)
        if found is None:
            raise TooBusy(f"{most} executions are under way already; wait until one has ended, or dismiss it.")
        return found

    def find(self, execution: UUID) -> Row[Any]:
        """An execution that the caller may see; NoSuchJob without it."""
        with self._connection() as connection:
            found = store.find(connection, execution)
        if found is None:
            raise NoSuchJob(f"There is no job {execution}.", locator="jobId")
        return found

    def listed(self, asked: store.Listing) -> list[Row[Any]]:
        """The caller's own executions; none for who did not sign in."""
        if self.caller is None:
            return []
        with self._connection() as connection:
            return store.listed(connection, asked)

    def dismiss(self, execution: UUID) -> Row[Any]:
        """Stop an execution or give its result up."""
        with self._connection() as connection:
            if not store.dismiss(connection, execution):
                raise NoSuchJob(f"There is no job {execution}.", locator="jobId")
        return self.find(execution)

    def run(self, process: Process, inputs: Inputs, response: str, visible: Snapshot) -> Row[Any]:
        """Start an execution and wait for its end; TooBusy when many wait already or after 20 seconds."""
        if not _WAITING.acquire(blocking=False):
            raise TooBusy("Many wait for processes now; start yours with the header `Prefer: respond-async`.")
        try:
            return self._wait(self.submit(process, inputs, response, visible))
        finally:
            _WAITING.release()

    def _wait(self, execution: UUID) -> Row[Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        step = 0
        while time.monotonic() < deadline:
            found = self.find(execution)
            if found.status not in ("accepted", "running"):
                return found
            time.sleep(_STEPS[min(step, len(_STEPS) - 1)])
            step += 1
        self.dismiss(execution)
        raise TooBusy(
            f"The process took over {WAIT_SECONDS} seconds; start it with the header `Prefer: respond-async`."
        )

    def result(self, found: Row[Any]) -> Path:
        """The file of an execution's result; a failed one raises what it failed by."""
        if found.status in ("accepted", "running"):
            raise ResultNotReady("The job has not ended; ask again later.", locator="jobId")
        if found.status == "dismissed":
            raise JobDismissed("The job was dismissed and has no result.", locator="jobId")
        if found.status == "failed":
            refusal = _REFUSALS.get((found.result or {}).get("code", ""), BramaError)
            raise refusal(found.message)
        return Objects(self.settings).path(found.object_key)


def _layers(inputs: Inputs) -> list[str]:
    """Ids of the layers that inputs name."""
    values = [getattr(inputs, name) for name in type(inputs).model_fields]
    named = [value.collection for value in values if isinstance(value, Features)]
    return [layer_id for layer_id in [*named, getattr(inputs, "collection", None)] if layer_id]
