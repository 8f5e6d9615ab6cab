# SPDX-License-Identifier: EUPL-1.2
"""SQL over declared tables; their names come from the declarations and are quoted."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from sdi.db.sql import quote
from sdi.privacy.model import Clear, PersonalTable

_BATCH = 1_000


def find_account(connection: Connection, login: str) -> UUID | None:
    """The account's id."""
    found = connection.execute(text("SELECT id FROM sdi.account WHERE login = :login"), {"login": login}).scalar()
    return UUID(str(found)) if found else None


def rows(connection: Connection, declared: PersonalTable, person: UUID) -> list[dict[str, Any]]:
    """A person's rows as JSON, without hidden columns."""
    statement = text(
        f"SELECT to_jsonb(t) - CAST(:hidden AS text[]) FROM {_named(declared.table)} t"
        f" WHERE t.{quote(declared.person)} = :person"
    )
    values = {"hidden": list(declared.hidden), "person": person}
    return list(connection.execute(statement, values).scalars())


def count(connection: Connection, declared: PersonalTable, person: UUID) -> int:
    """How many rows are the person's."""
    statement = text(f"SELECT count(*) FROM {_named(declared.table)} t WHERE t.{quote(declared.person)} = :person")
    return int(connection.execute(statement, {"person": person}).scalar_one())


def delete(connection: Connection, declared: PersonalTable, person: UUID) -> int:
    """Remove a person's rows."""
    statement = text(f"DELETE FROM {_named(declared.table)} WHERE {quote(declared.person)} = :person")
    return connection.execute(statement, {"person": person}).rowcount


def clear(connection: Connection, declared: PersonalTable, how: Clear, person: UUID) -> int:
    """Put other values in place of a person's."""
    values = {f"v{n}": v and v.format(person=person) for n, v in enumerate(how.values.values())}
    changes = ", ".join(f"{quote(column)} = :v{n}" for n, column in enumerate(how.values))
    statement = text(f"UPDATE {_named(declared.table)} SET {changes} WHERE {quote(declared.person)} = :person")
    return connection.execute(statement, {**values, "person": person}).rowcount


def expire(connection: Connection, declared: PersonalTable, after: str, years: int) -> int:
    """Remove rows whose time is up."""
    statement = text(
        f"DELETE FROM {_named(declared.table)} WHERE {quote(after)} < now() - make_interval(years => :years)"
    )
    return connection.execute(statement, {"years": years}).rowcount


def token_ids(connection: Connection, person: UUID) -> list[str]:
    """Subjects, in the audit, of the person's tokens."""
    found = text("SELECT 'token/' || id FROM sdi.token WHERE account_id = :person")
    return list(connection.execute(found, {"person": person}).scalars())


def erase_said(connection: Connection, subjects: list[str], about: str, basis: str) -> int:
    """Take away what the audit says of these subjects; how many entries."""
    statement = text(
        "SELECT coalesce(sdi.erase_audit(array_agg(seq), 'contents', :about, :basis), 0)"
        " FROM sdi.audit_entry WHERE subject = ANY (CAST(:subjects AS text[]))"
    )
    return int(connection.execute(statement, {"subjects": subjects, "about": about, "basis": basis}).scalar_one())


def erase_origins(connection: Connection, years: int, basis: str, person: UUID | None = None) -> int:
    """Take away addresses and agents of entries older than so many years, of one person or of all; how many."""
    statement = text(
        "SELECT coalesce(sdi.erase_audit(array_agg(seq), 'origin', :about, :basis), 0) FROM ("
        " SELECT o.seq FROM sdi.audit_contents o JOIN sdi.audit_entry e ON e.seq = o.seq"
        " WHERE o.part = 'origin' AND e.at < now() - make_interval(years => :years)"
        " AND (CAST(:person AS uuid) IS NULL OR e.account_id = :person) ORDER BY o.seq LIMIT :most) old"
    )
    about = f"account/{person}" if person else "audit/origins"
    values = {"years": years, "basis": basis, "person": person, "about": about, "most": _BATCH}
    erased = 0
    while found := int(connection.execute(statement, values).scalar_one()):
        erased += found
    return erased


def columns_about_accounts(connection: Connection, schemas: list[str]) -> list[tuple[str, str]]:
    """Tables and columns that hold accounts' ids or, by their names, other things about persons."""
    statement = text(
        "SELECT n.nspname || '.' || c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (:schemas) AND (a.attname ~ :named OR EXISTS ("
        "   SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = c.oid AND a.attnum = ANY (f.conkey)"
        "   AND f.confrelid = 'sdi.account'::regclass)) ORDER BY 1, 2"
    )
    values = {"schemas": schemas, "named": "^(account_id|login|e?mail|phone|pesel|address|agent)$"}
    return [(table, column) for table, column in connection.execute(statement.columns(), values)]


def _named(table: str) -> str:
    return ".".join(quote(part) for part in table.split("."))
