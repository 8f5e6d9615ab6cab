# SPDX-License-Identifier: EUPL-1.2
"""Connections by role: the public reader, the application, and the owner (jobs and commands only)."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from sdi.people.model import Principal
from sdi.settings import Settings
from sdi.setup.cluster import Cluster

_SET_PRINCIPAL = text(
    "SELECT set_config('brama.account', :account, true), set_config('brama.organisations', :organisations, true),"
    " set_config('brama.scopes', :scopes, true), set_config('brama.area', :area, true),"
    " set_config('brama.request', :request, true)"
)
REQUEST: ContextVar[str] = ContextVar("brama.request", default="")
"""Where changes of this thread come from, for the audit: JSON with `id`, `address`, `agent`; "" for nowhere."""


class Role(StrEnum):
    """Database roles (decision 14); they are made outside the migrations."""

    OWNER = "brama_owner"
    APP = "brama_app"
    PUBLIC = "brama_public"


class Database:
    """Engines of one process. `conninfo` gives libpq's connection string for a role."""

    def __init__(self, conninfo: Callable[[Role], str], *, pool: int = 8, statement_ms: int = 15_000) -> None:
        self.conninfo = conninfo
        self._pool = pool
        self._statement_ms = statement_ms
        self._idle: deque[psycopg.Connection[Any]] = deque()

    @cached_property
    def public(self) -> Engine:
        """Reads what is public. Autocommit: a read of one statement needs no BEGIN and COMMIT of its own."""
        return self._engine(Role.PUBLIC, isolation_level="AUTOCOMMIT")

    @contextmanager
    def public_connection(self) -> Iterator[psycopg.Connection[Any]]:
        """psycopg's own connection of the public role, for the hot reads: SQLAlchemy's pool costs a tenth of them.

        As many are open as threads read at once. After a lost connection the idle ones are thrown away with it.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect(Role.PUBLIC, self._statement_ms)()
            connection.autocommit = True
        try:
            yield connection
        except psycopg.OperationalError:
            if connection.broken:
                self._close_idle()
            raise
        finally:
            if not connection.closed:
                self._idle.append(connection)

    @cached_property
    def app(self) -> Engine:
        """Reads and writes the owner's views for a principal."""
        return self._engine(Role.APP)

    @cached_property
    def owner(self) -> Engine:
        """Owns every table. Web workers never touch it."""
        return self._engine(Role.OWNER, statement_ms=0)

    @contextmanager
    def read(self, principal: Principal | None) -> Iterator[Connection]:
        """A connection that sees what `principal` may see; None is the public."""
        if principal is None:
            with self.public.connect() as connection:
                yield connection
        else:
            with self.write(principal) as connection:
                yield connection

    @contextmanager
    def write(self, principal: Principal) -> Iterator[Connection]:
        """A transaction as `principal`, committed at the end."""
        with self.app.begin() as connection:
            connection.execute(
                _SET_PRINCIPAL,
                {
                    "account": str(principal.account_id),
                    "organisations": ",".join(map(str, principal.organisations)),
                    "scopes": ",".join(sorted(principal.scopes)),
                    "area": principal.area or "",
                    "request": REQUEST.get(),
                },
            )
            yield connection

    def dispose(self) -> None:
        """Close every pooled connection."""
        self._close_idle()
        for name in ("public", "app", "owner"):
            if name in self.__dict__:
                self.__dict__[name].dispose()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _engine(self, role: Role, statement_ms: int | None = None, isolation_level: str | None = None) -> Engine:
        # SQLAlchemy's own prepared-statement threshold stays psycopg's default of five executions.
        return create_engine(
            "postgresql+psycopg://",
            creator=self._connect(role, self._statement_ms if statement_ms is None else statement_ms),
            pool_size=self._pool,
            max_overflow=0,
            pool_timeout=10,
            **({"isolation_level": isolation_level} if isolation_level else {}),
        )

    def _connect(self, role: Role, statement_ms: int) -> Callable[[], psycopg.Connection[Any]]:
        # A generic plan counts on a tenth of the table for an unknown LIMIT, and compiling for that costs 15 ms a page.
        fixed = f"-c statement_timeout={statement_ms} -c search_path=public -c jit=off"
        options = f"{fixed} {_role_option(self.conninfo(role), role)}"
        return partial(psycopg.connect, self.conninfo(role), options=options, application_name="brama")


def _role_option(conninfo: str, role: Role) -> str:
    """With a foreign database one login may stand for all roles: it then switches to the role at connect."""
    user = psycopg.conninfo.conninfo_to_dict(conninfo).get("user")
    return "" if user == role else f"-c role={role}"


def open_database(settings: Settings) -> Database:
    """The database of these settings: `database.url`, or the private cluster under `data`."""
    if settings.database.url:
        url = make_url(settings.database.url)
        conninfo = url.render_as_string(hide_password=False)
        return Database(lambda _role: conninfo, pool=settings.server.threads, statement_ms=settings.limits.statement_ms)
    cluster = Cluster(settings.data)
    return Database(
        lambda role: cluster.dsn(role.value, settings.database.name),
        pool=settings.server.threads,
        statement_ms=settings.limits.statement_ms,
    )
