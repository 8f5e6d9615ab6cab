# SPDX-License-Identifier: EUPL-1.2
"""SQL of accounts, assignments, roles and tokens as the application, through the owner's views."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

SORTS: Mapping[str, str] = {
    "name": "sdi.fold(a.name)",
    "login": "a.login",
    "organisation": "o.slug",
    "state": "a.state",
    "created": "a.created_at",
}
_HELD_NOW = "daterange(s.valid_from, s.valid_to, '[]') @> sdi.today()"
_LIST = (
    "SELECT p.*, sdi.may_manage(p.id, p.organisation_id) AS mine, (SELECT coalesce(jsonb_agg(jsonb_build_object("
    "  'title', r.title, 'organisation', ro.title) ORDER BY r.code), '[]')"
    "  FROM app.assignment s JOIN app.role r ON r.id = s.role_id JOIN app.organisation ro ON ro.id = s.organisation_id"
    f"  WHERE s.account_id = p.id AND {_HELD_NOW}) AS roles FROM ("
    " SELECT a.*, o.title AS organisation, count(*) OVER () AS total FROM app.account a"
    " JOIN app.organisation o ON o.id = a.organisation_id"
    " WHERE (CAST(:q AS text) IS NULL OR sdi.fold(a.login || ' ' || a.name) LIKE '%' || sdi.fold(:q) || '%')"
    " AND (CAST(:state AS text) IS NULL OR a.state = :state)"
    " AND (CAST(:organisation AS text) IS NULL OR o.slug = :organisation)"
    " AND (CAST(:role AS text) IS NULL OR EXISTS (SELECT FROM app.assignment s JOIN app.role r ON r.id = s.role_id"
    f"   WHERE s.account_id = a.id AND r.code = :role AND {_HELD_NOW}))"
    " ORDER BY {}, a.id LIMIT :limit OFFSET :offset) p"
)
_PERSON = text(
    "SELECT a.*, o.title AS organisation, c.email, c.phone, sdi.may_manage(a.id, a.organisation_id) AS mine"
    " FROM app.account a JOIN app.organisation o ON o.id = a.organisation_id"
    " LEFT JOIN app.contact c ON c.account_id = a.id WHERE a.login = :login"
)
_ASSIGNMENTS = text(
    "SELECT s.*, r.code, r.title AS role, o.title AS organisation, d.login AS deputy_login,"
    f" {_HELD_NOW} AS holds, s.valid_from > sdi.today() AS is_to_come,"
    " sdi.may_grant(s.role_id, s.organisation_id) AS mine"
    " FROM app.assignment s JOIN app.role r ON r.id = s.role_id JOIN app.organisation o ON o.id = s.organisation_id"
    " LEFT JOIN app.assignment ds ON ds.id = s.deputy_for LEFT JOIN app.account d ON d.id = ds.account_id"
    " WHERE s.account_id = :account ORDER BY s.valid_from DESC, r.code"
)
_GRANTABLE = text(
    "SELECT r.id, r.code, r.title, r.organisation_id, r.scopes, r.reaches_below, o.title AS organisation,"
    " EXISTS (SELECT FROM app.role_write w WHERE w.id = r.id) AS mine FROM app.role r"
    " LEFT JOIN app.organisation o ON o.id = r.organisation_id ORDER BY r.organisation_id NULLS FIRST, r.code"
)
_UNDO = {
    "account.changed": (
        "UPDATE app.account_write w SET state = e.contents -> 'before' ->> 'state' FROM app.own_change e"
        " WHERE e.request = :request AND e.action = 'account.changed' AND 'account/' || w.id = e.subject"
        " AND e.contents -> 'before' ? 'state' AND w.state <> 'archived'"
    ),
    "assignment.added": (
        "DELETE FROM app.assignment_write w USING app.own_change e WHERE e.request = :request"
        " AND e.action = 'assignment.added' AND 'assignment/' || w.id = e.subject"
    ),
    "assignment.changed": (
        "UPDATE app.assignment_write w SET valid_to = CAST(e.contents -> 'before' ->> 'valid_to' AS date)"
        " FROM app.own_change e WHERE e.request = :request AND e.action = 'assignment.changed'"
        " AND 'assignment/' || w.id = e.subject"
    ),
    "role.added": (
        "DELETE FROM app.role_write w USING app.own_change e WHERE e.request = :request"
        " AND e.action = 'role.added' AND 'role/' || w.id = e.subject"
    ),
    "role.changed": (
        "UPDATE app.role_write w SET title = coalesce(e.contents -> 'before' -> 'title', w.title),"
        " scopes = CASE WHEN e.contents -> 'before' ? 'scopes' THEN ARRAY(SELECT jsonb_array_elements_text("
        "   e.contents -> 'before' -> 'scopes')) ELSE w.scopes END FROM app.own_change e WHERE e.request = :request"
        " AND e.action = 'role.changed' AND 'role/' || w.id = e.subject"
    ),
}


def people(
    connection: Connection, sought: Mapping[str, str | None], order: str, window: Mapping[str, int]
) -> Sequence[Row[Any]]:
    """A page of accounts with today's roles; `sought` holds q, state, organisation, role; `mine` can be managed."""
    return connection.execute(text(_LIST.format(order)), {**sought, **window}).all()


def person(connection: Connection, login: str) -> Row[Any] | None:
    """One account with its contact, as far as the caller sees it."""
    return connection.execute(_PERSON, {"login": login}).one_or_none()


def assignments(connection: Connection, account: UUID) -> Sequence[Row[Any]]:
    """All assignments of an account within the caller's sight, the newest first."""
    return connection.execute(_ASSIGNMENTS, {"account": account}).all()


def roles(connection: Connection) -> Sequence[Row[Any]]:
    """Roles built in, then those of the organisations within reach."""
    return connection.execute(_GRANTABLE).all()


def organisations(connection: Connection) -> Sequence[Row[Any]]:
    """Organisations within reach, by name."""
    statement = text(
        "SELECT id, slug, title FROM app.organisation WHERE id = ANY ((SELECT sdi.organisations())::uuid[])"
        " ORDER BY sdi.fold(title ->> 'pl'), slug"
    )
    return connection.execute(statement).all()


def set_state(connection: Connection, logins: Sequence[str], state: str) -> int:
    """Change the state of accounts that the caller manages, but the caller's own; how many."""
    statement = text(
        "UPDATE app.account_write SET state = :state WHERE login = ANY (:logins) AND state <> :state"
        " AND id <> (SELECT sdi.account())"
    )
    return connection.execute(statement, {"logins": list(logins), "state": state}).rowcount


def assign(connection: Connection, values: Mapping[str, Any]) -> None:
    """Give a role: account, role and organisation (ids), valid_from, valid_to, mandate."""
    statement = text(
        "INSERT INTO app.assignment_write (account_id, role_id, organisation_id, valid_from, valid_to, mandate)"
        " VALUES (:account, :role, :organisation, coalesce(:valid_from, sdi.today()), :valid_to, :mandate)"
    )
    connection.execute(statement, values)


def end(connection: Connection, account: UUID, assignment: UUID) -> int:
    """End an assignment: yesterday was its last day, or it never was when it had not begun; how many."""
    values = {"id": assignment, "account": account}
    whose = "WHERE id = :id AND account_id = :account AND coalesce(valid_to, 'infinity') >= sdi.today()"
    never = text(f"DELETE FROM app.assignment_write {whose} AND valid_from >= sdi.today()")
    ended = text(f"UPDATE app.assignment_write SET valid_to = sdi.today() - 1 {whose} AND valid_from < sdi.today()")
    return connection.execute(never, values).rowcount + connection.execute(ended, values).rowcount


def invite(connection: Connection, account: UUID, secret: bytes, days: int) -> bool:
    """Make an invitation known by its secret's digest; False when the account is not the caller's to invite to."""
    statement = text("SELECT sdi.invite(:account, :secret, make_interval(days => :days))").bindparams(
        bindparam("secret", type_=BYTEA)
    )
    return bool(connection.execute(statement, {"account": account, "secret": secret, "days": days}).scalar())


def put_role(connection: Connection, values: Mapping[str, Any], role: UUID | None) -> int:
    """Add an organisation's own role (organisation, code, title, scopes), or change one's title and scopes."""
    add = text(
        "INSERT INTO app.role_write (organisation_id, code, title, scopes)"
        " VALUES (:organisation, :code, :title, :scopes)"
    ).bindparams(bindparam("title", type_=JSONB))
    change = text("UPDATE app.role_write SET title = :title, scopes = :scopes WHERE id = :id").bindparams(
        bindparam("title", type_=JSONB)
    )
    done = connection.execute(change, {**values, "id": role}) if role else connection.execute(add, values)
    return done.rowcount


def remove_role(connection: Connection, role: UUID) -> int:
    """Remove an organisation's own role that nobody holds or held; how many."""
    return connection.execute(text("DELETE FROM app.role_write WHERE id = :id"), {"id": role}).rowcount


def tokens(connection: Connection, q: str | None, window: Mapping[str, int]) -> Sequence[Row[Any]]:
    """A page of tokens in use of those whom the caller manages, those that expire first at the top."""
    statement = text(
        "SELECT t.*, o.title AS organisation, count(*) OVER () AS total FROM app.managed_token t"
        " JOIN app.organisation o ON o.id = t.organisation_id"
        " WHERE (CAST(:q AS text) IS NULL"
        "   OR sdi.fold(t.login || ' ' || t.name || ' ' || t.label) LIKE '%' || sdi.fold(:q) || '%')"
        " ORDER BY t.expires_at, t.id LIMIT :limit OFFSET :offset"
    )
    return connection.execute(statement, {"q": q, **window}).all()


def end_tokens(connection: Connection, ids: Sequence[UUID]) -> int:
    """End tokens for good; how many the caller could end."""
    return int(connection.execute(text("SELECT sdi.end_tokens(:ids)"), {"ids": list(ids)}).scalar_one())


def undo(connection: Connection, of: str) -> int:
    """Take back what the caller's request did to states, assignments and roles; how many things."""
    return sum(connection.execute(text(statement), {"request": of}).rowcount for statement in _UNDO.values())


UNDOABLE = tuple(_UNDO)
