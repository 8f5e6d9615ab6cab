# SPDX-License-Identifier: EUPL-1.2
"""Organisations in their tree, accounts, and bearer tokens kept only as hashes."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.exc import IntegrityError

from sdi import features
from sdi.errors import Conflict, InvalidParameter, NotFound, Unauthenticated
from sdi.people.assignments import assign, first_line
from sdi.people.model import ROLES, AccountState, Assignment, Organisation, Principal, Scope

TOKEN_PREFIX = "brama_"  # noqa: S105 - it marks tokens so that scanners of leaked secrets know them
_TOKEN_BYTES = 32

_AUTHENTICATE = text("SELECT * FROM sdi.authenticate(:hash)").bindparams(bindparam("hash", type_=BYTEA))
_ADD_ORGANISATION = text(
    "INSERT INTO sdi.organisation (parent_id, slug, kind, teryt, title)"
    " VALUES ((SELECT id FROM sdi.organisation WHERE slug = :parent), :slug, :kind, :teryt, :title)"
    " ON CONFLICT (slug) DO UPDATE SET parent_id = excluded.parent_id, kind = excluded.kind,"
    " teryt = excluded.teryt, title = excluded.title"
).bindparams(bindparam("title", type_=JSONB))


@cache
def scopes() -> Mapping[str, Scope]:
    """Every scope by its name, as the packages' `scopes.py` declare them."""
    return {scope.name: scope for module in features.load("scopes") for scope in module.SCOPES}


def add_organisations(connection: Connection, organisations: Iterable[Organisation]) -> None:
    """Add or update organisations as the owner; parents come before their children."""
    rows = [
        {"parent": o.parent, "slug": o.slug, "kind": o.kind, "teryt": o.teryt, "title": dict(o.title)}
        for o in organisations
    ]
    if rows:
        connection.execute(_ADD_ORGANISATION, rows)


def sync_roles(connection: Connection) -> None:
    """Give the built-in roles the scopes that name them, as the owner."""
    statement = text(
        "UPDATE sdi.role SET title = :title, scopes = :scopes WHERE organisation_id IS NULL AND code = :code"
    ).bindparams(bindparam("title", type_=JSONB))
    held = {role: sorted(name for name, scope in scopes().items() if role in scope.roles) for role in ROLES}
    rows = [{"code": role, "title": dict(title), "scopes": held[role]} for role, title in ROLES.items()]
    connection.execute(statement, rows)


def ensure_administrator(connection: Connection, organisation: str, title: Mapping[str, str]) -> None:
    """See that the root organisation and the account `admin` in it are there; as the owner."""
    add_root = text(
        "INSERT INTO sdi.organisation (slug, kind, title) VALUES (:slug, 'region', :title) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("title", type_=JSONB))
    connection.execute(add_root, {"slug": organisation, "title": dict(title)})
    add_admin = text(
        "INSERT INTO sdi.account (organisation_id, login, name)"
        " SELECT id, 'admin', 'Administrator' FROM sdi.organisation WHERE slug = :slug ON CONFLICT DO NOTHING"
    )
    if connection.execute(add_admin, {"slug": organisation}).rowcount:
        assign(connection, Assignment("admin", "regional_admin", organisation))


def organisation_id(connection: Connection, slug: str) -> UUID:
    """Id of an organisation, as the owner; NotFound when there is none of that slug."""
    found = connection.execute(text("SELECT id FROM sdi.organisation WHERE slug = :slug"), {"slug": slug}).scalar()
    if found is None:
        raise NotFound(f"There is no organisation {slug!r}.", locator="organisation")
    return UUID(str(found))


def add_account(
    connection: Connection, organisation: str, login: str, name: str, *, role: str | None = None, state: str = "active"
) -> UUID:
    """Add an account as the owner, or find the one of that login; with a role in the organisation from today."""
    owner = organisation_id(connection, organisation)
    statement = text(
        "INSERT INTO sdi.account (organisation_id, login, name, state) VALUES (:organisation, :login, :name, :state)"
        " ON CONFLICT (login) DO UPDATE SET name = excluded.name RETURNING id"
    )
    values = {"organisation": owner, "login": login, "name": name, "state": state}
    found = UUID(str(connection.execute(statement, values).scalar_one()))
    if role is not None:
        assign(connection, Assignment(login, role, organisation))
    return found


def link(connection: Connection, login: str, provider: str, subject: str) -> None:
    """Link an account to a provider's subject as the owner; Conflict when somebody else is linked to it."""
    statement = text(
        "INSERT INTO sdi.identity (provider, subject, account_id)"
        " SELECT :provider, :subject, id FROM sdi.account WHERE login = :login ON CONFLICT DO NOTHING"
    )
    values = {"provider": provider, "subject": subject, "login": login}
    if not connection.execute(statement, values).rowcount:
        found = connection.execute(text("SELECT id FROM sdi.account WHERE login = :login"), values).scalar()
        if found is None:
            raise NotFound(f"There is no account {login!r}.", locator="login")
        raise Conflict("An account is linked to that subject already.")


def set_state(connection: Connection, login: str, state: AccountState) -> None:
    """Change an account's state as the owner; Conflict when it cannot follow the present one."""
    try:
        changed = connection.execute(
            text("UPDATE sdi.account SET state = :state WHERE login = :login"), {"state": state, "login": login}
        )
    except IntegrityError as error:
        raise Conflict(f"{first_line(error).capitalize()}.") from error
    if not changed.rowcount:
        raise NotFound(f"There is no account {login!r}.", locator="login")


def new_token() -> tuple[str, bytes]:
    """A token, and its SHA-256, which alone is stored."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    return token, _hash(token)


def issue_token(connection: Connection, login: str, granted: Iterable[str], label: str, days: int) -> str:
    """Issue a token as the owner and return it; it is shown once and stored as a SHA-256 hash."""
    wanted, known = sorted(set(granted)), scopes()
    if unknown := [scope for scope in wanted if scope not in known]:
        raise InvalidParameter(f"Unknown scope {unknown[0]!r}; there are: {', '.join(known)}.", locator="scope")
    token, token_hash = new_token()
    statement = text(
        "INSERT INTO sdi.token (account_id, hash, label, scopes, expires_at)"
        " SELECT id, :hash, :label, :scopes, now() + :lifetime FROM sdi.account WHERE login = :login RETURNING id"
    ).bindparams(bindparam("hash", type_=BYTEA))
    values = {
        "hash": token_hash,
        "label": label,
        "scopes": wanted,
        "lifetime": timedelta(days=days),
        "login": login,
    }
    if connection.execute(statement, values).scalar() is None:
        raise NotFound(f"There is no account {login!r}.", locator="login")
    return token


def revoke_tokens(connection: Connection, login: str, label: str) -> int:
    """Revoke an account's tokens of that label as the owner; returns how many."""
    statement = text(
        "UPDATE sdi.token SET revoked_at = now() WHERE revoked_at IS NULL AND label = :label"
        " AND account_id = (SELECT id FROM sdi.account WHERE login = :login)"
    )
    return connection.execute(statement, {"label": label, "login": login}).rowcount


def authenticate(connection: Connection, token: str) -> Principal:
    """The principal of a bearer token, as the application role; Unauthenticated when it is not valid."""
    row = connection.execute(_AUTHENTICATE, {"hash": _hash(token)}).one_or_none()
    if row is None:
        raise Unauthenticated("The token is unknown, revoked or expired.")
    return principal_of(row)


def principal_of(row: Row[Any]) -> Principal:
    """The principal of a row of `sdi.authenticate` or `sdi.resume`."""
    return Principal(
        row.account_id, row.login, row.organisation_id, tuple(row.organisations), frozenset(row.scopes), row.area
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
