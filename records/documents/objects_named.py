# SPDX-License-Identifier: EUPL-1.2
"""Objects that documents name, so that no sweep takes them."""

from sqlalchemy import Connection, text


def keys(connection: Connection) -> set[str]:
    """Keys of every version of every document and of their previews, as the owner."""
    statement = text(
        "SELECT object_key FROM records.document UNION SELECT preview_key FROM records.document"
        " WHERE preview_key IS NOT NULL"
    )
    return set(connection.execute(statement).scalars())
