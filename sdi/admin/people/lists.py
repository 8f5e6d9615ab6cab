# SPDX-License-Identifier: EUPL-1.2
"""Lists of people taken in from CSV: each row judged by the database, all put in or none, as often as wanted."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sdi.errors import TooLarge, Unprocessable

COLUMNS = ("login", "name", "organisation", "role", "email", "phone", "valid_from", "valid_to")
_NEEDED = ("login", "name", "organisation")
_MOST_ROWS, _LONGEST = 2_000, 300
_SENT = (
    "WITH sent AS (SELECT * FROM jsonb_to_recordset(:rows) AS r (line int, login text, name text, organisation text,"
    " role text, email text, phone text, valid_from date, valid_to date, wrong text))"
)
_ROLE = (
    " LATERAL (SELECT r.id FROM app.role r WHERE r.code = s.role AND (r.organisation_id IS NULL"
    "  OR r.organisation_id = o.id) ORDER BY r.organisation_id NULLS LAST LIMIT 1) r ON true"
)
_HELD = (
    " (SELECT h.id FROM app.assignment h WHERE h.account_id = a.id AND h.role_id = r.id AND h.organisation_id = o.id"
    "  AND h.deputy_for IS NULL AND daterange(h.valid_from, h.valid_to, '[]')"
    "  && daterange(coalesce(s.valid_from, sdi.today()), CASE WHEN s.valid_to >= coalesce(s.valid_from, sdi.today())"
    "  THEN s.valid_to END, '[]') LIMIT 1)"
)
_JUDGE = text(
    _SENT + " SELECT s.*, array_remove(ARRAY["
    " s.wrong,"
    " CASE WHEN s.login !~ '^[a-z0-9][a-z0-9._@-]{0,126}$' THEN 'login' END,"
    " CASE WHEN s.name = '' THEN 'name' END,"
    " CASE WHEN o.id IS NULL OR NOT o.id = ANY ((SELECT sdi.organisations())::uuid[]) THEN 'organisation' END,"
    " CASE WHEN s.role <> '' AND r.id IS NULL THEN 'role' END,"
    " CASE WHEN r.id IS NOT NULL AND NOT sdi.may_grant(r.id, o.id) THEN 'grant' END,"
    " CASE WHEN a.id IS NULL AND sdi.login_taken(s.login) THEN 'taken' END,"
    " CASE WHEN a.id IS NOT NULL AND NOT sdi.may_manage(a.id, a.organisation_id) THEN 'manage' END,"
    " CASE WHEN s.email <> '' AND s.email !~ '^[^@\\s]+@[^@\\s]+$' THEN 'email' END,"
    " CASE WHEN s.phone <> '' AND s.phone !~ '^\\+?[0-9 ()-]{5,30}$' THEN 'phone' END,"
    " CASE WHEN s.valid_to < coalesce(s.valid_from, sdi.today()) THEN 'dates' END,"
    " CASE WHEN count(*) OVER (PARTITION BY s.login, s.organisation, s.role) > 1 THEN 'repeated' END,"
    " CASE WHEN count(*) OVER (PARTITION BY s.login)"
    "   <> count(*) OVER (PARTITION BY s.login, s.name) THEN 'names' END], NULL) AS errors,"
    " CASE WHEN a.id IS NULL THEN 'new' WHEN a.name <> s.name OR (r.id IS NOT NULL AND h.id IS NULL)"
    "   OR (s.email <> '' AND s.email IS DISTINCT FROM c.email) OR (s.phone <> '' AND s.phone IS DISTINCT FROM c.phone)"
    "   THEN 'changed' ELSE 'same' END AS what"
    " FROM sent s LEFT JOIN app.account a ON a.login = s.login LEFT JOIN app.organisation o ON o.slug = s.organisation"
    " LEFT JOIN app.contact c ON c.account_id = a.id"
    f" LEFT JOIN {_ROLE} LEFT JOIN LATERAL {_HELD} h ON true ORDER BY s.line"
)
_ADD_ACCOUNTS = (
    " INSERT INTO app.account_write (organisation_id, login, name, state)"
    " SELECT DISTINCT ON (s.login) o.id, s.login, s.name, 'active' FROM sent s"
    " JOIN app.organisation o ON o.slug = s.organisation"
    " WHERE NOT EXISTS (SELECT FROM app.account a WHERE a.login = s.login) ORDER BY s.login, s.line"
)
_RENAME = " UPDATE app.account_write w SET name = s.name FROM sent s WHERE w.login = s.login AND w.name <> s.name"
_PUT_CONTACTS = (
    " INSERT INTO app.contact (account_id, email, phone)"
    " SELECT DISTINCT ON (a.id) a.id, nullif(s.email, ''), nullif(s.phone, '') FROM sent s"
    " JOIN app.account a ON a.login = s.login WHERE s.email <> '' OR s.phone <> '' ORDER BY a.id, s.line"
    " ON CONFLICT (account_id) DO UPDATE SET email = coalesce(excluded.email, contact.email),"
    " phone = coalesce(excluded.phone, contact.phone)"
)
_ASSIGN = (
    " INSERT INTO app.assignment_write (account_id, role_id, organisation_id, valid_from, valid_to)"
    " SELECT a.id, r.id, o.id, coalesce(s.valid_from, sdi.today()), s.valid_to FROM sent s"
    " JOIN app.account a ON a.login = s.login JOIN app.organisation o ON o.slug = s.organisation"
    f" JOIN {_ROLE} WHERE {_HELD} IS NULL"
)


def read(told: str) -> list[dict[str, Any]]:
    """Rows of a CSV text with a header; comma or semicolon. Unprocessable for unknown or missing columns."""
    told = told.lstrip("\ufeff")
    header = told.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(told), delimiter=";" if header.count(";") > header.count(",") else ",", strict=True
    )
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        if strange := set(names) ^ (set(COLUMNS) & (set(names) | set(_NEEDED))):
            raise Unprocessable(
                f"The first line names the columns {', '.join(COLUMNS)}; the first three are needed."
                f" Unknown or missing: {', '.join(sorted(strange))[:200]}."
            )
        reader.fieldnames = names
        rows = [_row(reader.line_num, row) for row in reader if any(row.values())]
    except csv.Error as error:
        raise Unprocessable(f"The list is not CSV: {error}.") from error
    if not rows:
        raise Unprocessable("The list has no rows under its first line.")
    if len(rows) > _MOST_ROWS:
        raise TooLarge(f"A list has at most {_MOST_ROWS:,} rows; this one has {len(rows):,}.")
    return rows


def judge(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
    """Each row with its `errors` (codes) and what it would do: `new`, `changed`, `same`."""
    return connection.execute(_bound(_JUDGE), {"rows": list(rows)}).all()


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put all rows in: new accounts are active, names and contacts are brought up to date, missing roles are given.

    The same list again changes nothing. Unprocessable when any row has an error.
    """
    wrong = [row for row in judge(connection, rows) if row.errors]
    if wrong:
        raise Unprocessable(f"Line {wrong[0].line} has an error ({wrong[0].errors[0]}); nothing was taken in.")
    for statement in (_ADD_ACCOUNTS, _RENAME, _PUT_CONTACTS, _ASSIGN):
        connection.execute(_bound(text(_SENT + statement)), {"rows": list(rows)})


def _bound(statement: Any) -> Any:
    return statement.bindparams(bindparam("rows", type_=JSONB))


def _row(line: int, told: Mapping[Any, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {name: str(told.get(name) or "").strip().replace("\x00", "") for name in COLUMNS}
    wrong = "columns" if None in told else "long" if max(map(len, row.values())) > _LONGEST else None
    for name in ("valid_from", "valid_to"):
        try:
            row[name] = date.fromisoformat(row[name]).isoformat() if row[name] else None
        except ValueError:
            row[name], wrong = None, "day"
    return {**row, "line": line, "wrong": wrong}


def written(row: Mapping[str, str]) -> str:
    """One person's fields as such a list."""
    told = io.StringIO()
    writer = csv.DictWriter(told, COLUMNS)
    writer.writeheader()
    writer.writerow(row)
    return told.getvalue()
