# SPDX-License-Identifier: EUPL-1.2
"""Small helpers for statements: quoting of registry names and fixed statements kept in `.sql` files."""

from functools import cache
from pathlib import Path

from sqlalchemy.dialects import postgresql

_PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


def quote(name: str) -> str:
    """`name` as a quoted SQL identifier; names come from the registry only."""
    return str(_PREPARER.quote_identifier(name))


@cache
def read(folder: Path, name: str) -> str:
    """Text of the fixed statement `name`.sql beside a module."""
    return (folder / f"{name}.sql").read_text(encoding="utf-8")
