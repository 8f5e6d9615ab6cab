# SPDX-License-Identifier: EUPL-1.2
"""SQL of legal values: what holds on a day, all values of a code, writing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import errors as pg
from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from sdi.errors import BramaError, Forbidden, InvalidParameter, NotFound

_HELD = text(
    "SELECT DISTINCT ON (code) code, value, valid_from, valid_to, legal_basis, organisation_id,"
    " sdi.parameter(code, :day, :organisation) AS now FROM app.parameter"
    " WHERE (organisation_id IS NULL OR organisation_id = :organisation) AND valid_from <= :day"
    " AND (valid_to IS NULL OR valid_to >= :day) ORDER BY code, organisation_id NULLS LAST, valid_from DESC"
)
_VALUES = text(
    "SELECT p.*, o.title AS organisation, w.id IS NOT NULL AS mine FROM app.parameter p"
    " LEFT JOIN app.organisation o ON o.id = p.organisation_id LEFT JOIN app.parameter_write w ON w.id = p.id"
    " WHERE p.code = :code ORDER BY p.organisation_id NULLS FIRST, p.valid_from DESC"
)
_ADD = text(
    "INSERT INTO app.parameter_write (code, organisation_id, value, valid_from, valid_to, legal_basis)"
    " VALUES (:code, :organisation_id, :value, :valid_from, :valid_to, :legal_basis)"
).bindparams(bindparam("value", type_=JSONB))
_PUT = text(
    "INSERT INTO sdi.parameter (code, organisation_id, value, valid_from, valid_to, legal_basis)"
    " VALUES (:code, :organisation_id, :value, :valid_from, :valid_to, :legal_basis)"
    " ON CONFLICT (code, organisation_id, valid_from) DO UPDATE SET value = excluded.value,"
    " valid_to = excluded.valid_to, legal_basis = excluded.legal_basis"
).bindparams(bindparam("value", type_=JSONB))
_CHANGE = text(
    "UPDATE app.parameter_write SET value = :value, valid_from = :valid_from, valid_to = :valid_to,"
    " legal_basis = :legal_basis WHERE id = :id AND code = :code"
).bindparams(bindparam("value", type_=JSONB))
_UNDO = (
    (
        "DELETE FROM app.parameter_write w USING app.own_change e WHERE e.request = :request"
        " AND e.action = 'parameter.added' AND 'parameter/' || w.id = e.subject"
    ),
    (
        "UPDATE app.parameter_write w SET value = coalesce(e.contents -> 'before' -> 'value', w.value),"
        " valid_from = coalesce((e.contents -> 'before' ->> 'valid_from')::date, w.valid_from),"
        " valid_to = CASE WHEN coalesce(e.contents -> 'before', '{}') ? 'valid_to'"
        "   OR coalesce(e.contents -> 'after', '{}') ? 'valid_to'"
        "   THEN (e.contents -> 'before' ->> 'valid_to')::date ELSE w.valid_to END,"
        " legal_basis = coalesce(e.contents -> 'before' ->> 'legal_basis', w.legal_basis)"
        " FROM app.own_change e WHERE e.request = :request AND e.action = 'parameter.changed'"
        " AND 'parameter/' || w.id = e.subject"
    ),
    (
        "INSERT INTO app.parameter_write (id, code, organisation_id, value, valid_from, valid_to, legal_basis)"
        " SELECT substr(e.subject, 11)::uuid, b ->> 'code', (b ->> 'organisation_id')::uuid, b -> 'value',"
        " (b ->> 'valid_from')::date, (b ->> 'valid_to')::date, b ->> 'legal_basis'"
        " FROM app.own_change e, LATERAL (SELECT e.contents -> 'before' AS b) o WHERE e.request = :request"
        " AND e.action = 'parameter.removed'"
    ),
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value to be written; without an organisation it is the region's."""

    code: str
    organisation_id: UUID | None
    value: Any
    valid_from: date
    valid_to: date | None
    legal_basis: str


def held(connection: Connection, day: date, organisation: UUID) -> dict[str, Row[Any]]:
    """The row that holds on a day, by code: the organisation's own, else the region's."""
    rows = connection.execute(_HELD, {"day": day, "organisation": organisation})
    return {row.code: row for row in rows}


def values(connection: Connection, code: str) -> Sequence[Row[Any]]:
    """Every value of a code that the caller sees, the region's first, newest first; `mine` are those to write."""
    return connection.execute(_VALUES, {"code": code}).all()


def may_set(connection: Connection, organisation: UUID | None) -> bool:
    """Whether the caller sets values of an organisation, or the region's."""
    return bool(connection.execute(text("SELECT sdi.may_set_parameter(:of)"), {"of": organisation}).scalar())


def add(connection: Connection, value: Value) -> None:
    """Add a value."""
    connection.execute(_ADD, asdict(value))


def put(connection: Connection, value: Value) -> None:
    """Add a value, or change the one that begins on that day, as the owner."""
    connection.execute(_PUT, asdict(value))


def change(connection: Connection, row: UUID, value: Value) -> None:
    """Change a value and its dates; whose it is stays. NotFound when it is not there to be written."""
    if not connection.execute(_CHANGE, {**asdict(value), "id": row}).rowcount:
        raise NotFound("There is no such value, or it is not yours to change.")


def remove(connection: Connection, row: UUID) -> None:
    """Remove a value; NotFound when it is not there to be written."""
    if not connection.execute(text("DELETE FROM app.parameter_write WHERE id = :id"), {"id": row}).rowcount:
        raise NotFound("There is no such value, or it is not yours to remove.")


def undo(connection: Connection, of: str) -> int:
    """Take back what the caller's request did to values; how many."""
    return sum(connection.execute(text(statement), {"request": of}).rowcount for statement in _UNDO)


def refusal(error: DBAPIError) -> BramaError:
    """What the database says no to, in words."""
    if isinstance(error.orig, pg.UniqueViolation):
        return InvalidParameter("There is a value from that day already; change that one.", locator="valid_from")
    if isinstance(error.orig, pg.WithCheckOptionViolation):
        return Forbidden("The region's values are set by its administrators, an organisation's by its own.")
    if isinstance(error.orig, pg.CheckViolation):
        return InvalidParameter("The last day is before the first.", locator="valid_to")
    raise error
