# SPDX-License-Identifier: EUPL-1.2
"""Roles given to accounts for a time, in an area, by a mandate or as a deputy; as the owner."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from sdi.errors import Conflict, NotFound, Unprocessable
from sdi.people.model import Assignment

_ACCOUNT = text("SELECT id FROM sdi.account WHERE login = :name")
_ORGANISATION = text("SELECT id FROM sdi.organisation WHERE slug = :name")
_ROLE = text(
    "SELECT id FROM sdi.role WHERE code = :name AND (organisation_id IS NULL OR organisation_id = :organisation)"
    " ORDER BY organisation_id NULLS LAST LIMIT 1"
)
_HELD = text(
    "SELECT id FROM sdi.assignment WHERE account_id = :account AND role_id = :role AND organisation_id = :organisation"
    " AND deputy_for IS NULL"
    " AND daterange(valid_from, valid_to, '[]') && daterange(coalesce(:valid_from, sdi.today()), :valid_to, '[]')"
    " ORDER BY valid_from DESC LIMIT 1"
)
_ASSIGN = text(
    "INSERT INTO sdi.assignment"
    " (account_id, role_id, organisation_id, valid_from, valid_to, area, deputy_for, mandate, source)"
    " VALUES (:account, :role, :organisation, coalesce(:valid_from, sdi.today()), :valid_to,"
    " ST_Multi(ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(:area), 4326), 2180)), :deputy, :mandate, :source)"
)
_END = text(
    "WITH mine AS (SELECT s.id, s.valid_from FROM sdi.assignment s JOIN sdi.role r ON r.id = s.role_id"
    "   JOIN sdi.account a ON a.id = s.account_id JOIN sdi.organisation o ON o.id = s.organisation_id"
    "   WHERE a.login = :login AND r.code = :role AND o.slug = :organisation"
    "   AND coalesce(s.valid_to, 'infinity') >= sdi.today()),"
    " never AS (DELETE FROM sdi.assignment WHERE id IN (SELECT id FROM mine WHERE valid_from >= sdi.today())),"
    " ended AS (UPDATE sdi.assignment SET valid_to = sdi.today() - 1"
    "   WHERE id IN (SELECT id FROM mine WHERE valid_from < sdi.today()))"
    " SELECT count(*) FROM mine"
)


def assign(connection: Connection, wanted: Assignment, source: str = "brama") -> None:
    """Assign a role from today unless told otherwise; `source` says who keeps the assignment.

    Raises NotFound for an account, organisation, role or assignment to stand in for that is not there, Conflict when
    the account has the role in that time already, Unprocessable for an area that is no polygon or dates in the wrong
    order.
    """
    days = {"valid_from": wanted.valid_from, "valid_to": wanted.valid_to}
    organisation = _find(connection, _ORGANISATION, "organisation", wanted.organisation)
    role = _find(connection, _ROLE, "role", wanted.role, organisation=organisation)
    account = _find(connection, _ACCOUNT, "account", wanted.login)
    found = {"role": role, "organisation": organisation}
    deputy = None
    if wanted.deputy_for is not None:
        person = _find(connection, _ACCOUNT, "account", wanted.deputy_for)
        deputy = connection.execute(_HELD, {**found, **days, "account": person}).scalar()
        if deputy is None:
            raise NotFound(f"{wanted.deputy_for} is no {wanted.role} there in that time.", locator="deputy_for")
    values = {**found, **days, "account": account, "area": wanted.area, "deputy": deputy, "mandate": wanted.mandate}
    try:
        with connection.begin_nested():
            connection.execute(_ASSIGN, {**values, "source": source})
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", "") == "23P01":
            raise Conflict(f"{wanted.login} has that role there in that time already.") from error
        raise Unprocessable(f"This cannot be assigned: {first_line(error)}.") from error
    except DBAPIError as error:
        raise Unprocessable(f"The area cannot be used: {first_line(error)}.", locator="area") from error


def end_assignment(connection: Connection, login: str, role: str, organisation: str) -> int:
    """End a role of an account in an organisation at once; returns how many assignments ended."""
    ended = connection.execute(_END, {"login": login, "role": role, "organisation": organisation})
    return int(ended.scalar_one())


def first_line(error: DBAPIError) -> str:
    """What the database says, without its context."""
    return str(error.orig).partition("\n")[0]


def _find(connection: Connection, statement: Any, kind: str, name: str, **values: UUID) -> UUID:
    found = connection.execute(statement, {"name": name, **values}).scalar()
    if found is None:
        raise NotFound(f"There is no {kind} {name!r}.", locator=kind)
    return UUID(str(found))
