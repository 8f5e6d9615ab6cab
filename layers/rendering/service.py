# SPDX-License-Identifier: EUPL-1.2
"""The public face of rendering: requests (see `layers.rendering.model`), the client and filters as SQL text."""

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from layers.rendering.client import RenderClient
from layers.rendering.model import Connection
from layers.rendering.parts import split_parts
from layers.rendering.sources import postgis_source
from layers.rendering.sql import where_sql
from sdi.settings import Settings

__all__ = [
    "RenderClient",
    "connection_from",
    "postgis_source",
    "render_client",
    "socket_path",
    "split_parts",
    "where_sql",
]


def socket_path(settings: Settings) -> Path:
    """Where the render processes listen."""
    return settings.data / "run" / "render.sock"


def render_client(settings: Settings) -> RenderClient:
    """A client of the render processes that `layers.rendering.processes` starts."""
    return RenderClient(socket_path(settings), limit_seconds=settings.limits.render_ms / 1000)


def connection_from(url: str) -> Connection:
    """The pieces of a `postgresql://` address or libpq connection string (of the public role)."""
    values = conninfo_to_dict(url)
    return Connection(
        dbname=str(values["dbname"]),
        user=str(values["user"]),
        host=str(values.get("host") or ""),
        port=int(values.get("port") or 5432),
        password=str(values.get("password") or ""),
    )
