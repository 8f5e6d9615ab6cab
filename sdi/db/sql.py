# SPDX-License-Identifier: EUPL-1.2
"""Quoting of registry names in statements."""

from sqlalchemy.dialects import postgresql

_PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


def quote(name: str) -> str:
    """`name` as a quoted SQL identifier; names come from the registry only."""
    return str(_PREPARER.quote_identifier(name))
