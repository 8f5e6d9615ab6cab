# SPDX-License-Identifier: EUPL-1.2
"""Why a person may see or do something: the account's state, the roles that hold today, the thing itself.

It tells what `sdi.rights` and the owner's views decide; a test compares its answer with theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from sdi.admin import service
from sdi.admin.model import Subject
from sdi.admin.people import store
from sdi.errors import InvalidParameter, NotFound

LanguageMap = Mapping[str, str]

_ROLES = text(
    "WITH RECURSIVE above (id, parent_id, is_self) AS ("
    "  SELECT o.id, o.parent_id, true FROM app.organisation o WHERE o.id = :organisation"
    "  UNION ALL SELECT o.id, o.parent_id, false FROM app.organisation o JOIN above b ON o.id = b.parent_id)"
    " SELECT r.title, r.scopes, r.is_member, r.reaches_below, b.is_self, o.title AS organisation, s.valid_to,"
    "  s.deputy_for IS NOT NULL AS is_deputy, s.mandate, s.area IS NOT NULL AS has_area"
    " FROM app.assignment s JOIN app.role r ON r.id = s.role_id JOIN above b ON b.id = s.organisation_id"
    " JOIN app.organisation o ON o.id = s.organisation_id"
    " WHERE s.account_id = :account AND daterange(s.valid_from, s.valid_to, '[]') @> sdi.today()"
    " AND (b.is_self OR r.reaches_below) ORDER BY b.is_self DESC, r.code"
)


@dataclass(frozen=True, slots=True)
class Question:
    """About a login: a thing (`layer/x`), a scope, or both; `organisation` (slug) is where, unless the thing says."""

    login: str
    subject: str | None
    scope: str | None
    organisation: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A step of the chain, by its code, with the role it rests on; `holds` when it speaks for the right."""

    code: str
    holds: bool
    role: Row[Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`sees` and `may` (None where not asked), each with its reasons."""

    person: Row[Any]
    subject: Subject | None
    scope: str | None
    organisation: LanguageMap
    sees: bool | None
    may: bool | None
    reasons: Sequence[Reason]


def answer(connection: Connection, asked: Question) -> Answer:
    """The chain of reasons, as the caller sees it; NotFound for a person or thing out of the caller's sight."""
    person = store.person(connection, asked.login)
    if person is None:
        raise NotFound(f"There is no account {asked.login[:80]!r}, or it is not within your sight.", locator="login")
    subject = _subject(connection, asked.subject) if asked.subject else None
    where = _where(connection, asked, subject, person)
    roles = connection.execute(_ROLES, {"account": person.id, "organisation": where.id}).all()
    is_active = person.state == "active"
    scope = asked.scope or (subject.write_scope if subject else None)
    reasons = [Reason("active" if is_active else person.state, holds=is_active)]
    sees = may = None
    if subject is not None:
        seen = _seeing(subject, person.id, roles)
        reasons.append(seen)
        sees = seen.holds and (is_active or seen.code == "public")
    if scope is not None:
        given = [
            Reason("area" if role.has_area else "given", holds=True, role=role) for role in roles if _gives(role, scope)
        ]
        reasons += (
            given or [Reason("not_given", holds=False, role=role) for role in roles] or [Reason("no_role", holds=False)]
        )
        may = is_active and bool(given) and sees is not False
    return Answer(person, subject, scope, where.title, sees, may, reasons)


def _gives(role: Row[Any], scope: str) -> bool:
    return scope in role.scopes or "admin" in role.scopes


def _seeing(subject: Subject, account: UUID, roles: Sequence[Row[Any]]) -> Reason:
    """Why the person sees the thing or not, as `sdi.may_read` decides."""
    if subject.visibility == "public":
        return Reason("public", holds=True)
    if subject.account_id == account:
        return Reason("own", holds=True)
    if subject.read_scope is not None:
        return _reading(subject.read_scope, roles)
    members = [role for role in roles if role.is_member and (role.is_self or "admin" in role.scopes)]
    if subject.visibility == "organisation":
        return Reason("member", holds=True, role=members[0]) if members else Reason("no_member", holds=False)
    admins = [role for role in members if "admin" in role.scopes]
    return Reason("administrator", holds=True, role=admins[0]) if admins else Reason("private", holds=False)


def _reading(scope: str, roles: Sequence[Row[Any]]) -> Reason:
    """Whether a member of the organisation holds the scope that opens the thing."""
    readers = [role for role in roles if _gives(role, scope)]
    if readers and any(role.is_member for role in roles):
        return Reason("reader", holds=True, role=readers[0])
    return Reason("no_reader", holds=False)


def _subject(connection: Connection, told: str) -> Subject:
    kind, _, name = told.partition("/")
    find = service.subjects().get(kind)
    if find is None or not name:
        raise InvalidParameter(
            f"{told[:80]!r} is no thing to ask about; write {' or '.join(f'{one}/ID' for one in service.subjects())}.",
            locator="subject",
        )
    found = find(connection, name)
    if found is None:
        raise NotFound(f"There is no {told[:80]}, or it is not within your sight.", locator="subject")
    return found


def _where(connection: Connection, asked: Question, subject: Subject | None, person: Row[Any]) -> Row[Any]:
    """The organisation that the right is asked in: the thing's, the one asked for, or the person's own."""
    wanted: dict[str, Any] = {"id": subject.organisation_id if subject else None, "slug": asked.organisation}
    if subject is None and asked.organisation is None:
        wanted["id"] = person.organisation_id
    statement = text(
        "SELECT id, title FROM app.organisation WHERE id = :id OR (CAST(:id AS uuid) IS NULL AND slug = :slug)"
    )
    found = connection.execute(statement, wanted).one_or_none()
    if found is None:
        raise NotFound(f"There is no organisation {asked.organisation!r}.", locator="organisation")
    return found
