# SPDX-License-Identifier: EUPL-1.2
"""Events: an outbox row in the change's own transaction, and a notice to every process at its commit."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

CHANNEL = "brama"
_RETRY_SECONDS = 1.0
_EMIT = text("SELECT sdi.emit(:type, :subject, :organisation, :data)").bindparams(bindparam("data", type_=JSONB))
_log = structlog.get_logger()

Handler = Callable[[str | None, str | None], None]
"""Called with an event's type and subject, or with (None, None) when anything may have changed."""


def emit(
    connection: Connection,
    kind: str,
    subject: str,
    organisation: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Record an event of `kind` (such as `layer.published`) about `subject` in the caller's transaction."""
    values = {"type": kind, "subject": subject, "organisation": organisation, "data": dict(data or {})}
    connection.execute(_EMIT, values)


class Listener:
    """A thread that hears the database's notices and calls handlers, one at a time.

    While the connection is down nothing is heard, so after each connect every handler is told that anything may
    have changed.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._handlers: list[Handler] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, handler: Handler) -> None:
        """Add a handler; before `start` only."""
        self._handlers.append(handler)

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop within about a second."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=3)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, application_name="brama events") as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._tell(None, None)
                    while not self._stop.is_set():
                        self._hear(connection)
            except psycopg.OperationalError as error:
                _log.warning("events.disconnected", error=str(error))
                self._stop.wait(_RETRY_SECONDS)

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        for notice in connection.notifies(timeout=1.0):
            event = json.loads(notice.payload)
            self._tell(event["type"], event["subject"])

    def _tell(self, kind: str | None, subject: str | None) -> None:
        for handler in self._handlers:
            handler(kind, subject)
