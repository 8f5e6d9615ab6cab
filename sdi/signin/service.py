# SPDX-License-Identifier: EUPL-1.2
"""Letting people in: what is asked, how often it may be tried, and the session that comes of it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.sql import bindparam

from sdi.db.database import Database
from sdi.errors import Conflict, NotFound
from sdi.settings import Identity
from sdi.signin import codes, passwords, store
from sdi.signin.model import Browser, CodeNeeded, Opened, Refused, Session, TooManyAttempts

_WINDOW = timedelta(minutes=15)
_CODE_TIME = timedelta(minutes=10)
_CODE = "code"
_LOGIN_LIMIT = 127


@dataclass(frozen=True, slots=True)
class Door:
    """Where people are let in: a database, by the settings of a site."""

    database: Database
    settings: Identity

    def by_password(self, login: str, password: str, browser: Browser) -> Opened | CodeNeeded:
        """Open a session, or begin to ask for a second factor.

        Raises Refused, the same and after the same work whether or not there is such an account, and TooManyAttempts.
        """
        subjects = self._count("login", login[:_LOGIN_LIMIT].lower(), self.settings.attempts, browser)
        with self.database.app.begin() as connection:
            found = store.credentials(connection, login[:_LOGIN_LIMIT])
        fits = passwords.matches(found.hash if found else None, password)
        if found is None or not fits or found.state != "active":
            raise Refused("Login and password do not fit together.")
        with self.database.app.begin() as connection:
            if found.has_totp:
                return CodeNeeded(begin(connection, _CODE, found.account_id, {}, _CODE_TIME))
            store.forget_attempts(connection, *subjects)
            return self.open(connection, found.account_id, browser, "password")

    def by_code(self, secret: str, code: str, browser: Browser) -> Opened:
        """Open a session of whose password was right, by a second factor; Refused or TooManyAttempts."""
        with self.database.app.begin() as connection:
            begun = store.ceremony(connection, store.digest(secret), _CODE, take=False)
        if begun is None or begun.account_id is None:
            raise Refused("It took too long: begin again with the password.", locator="ceremony")
        subjects = self._count("code", str(begun.account_id), self.settings.attempts, browser)
        with self.database.app.begin() as connection:
            if not codes.is_right(connection, begun.account_id, code):
                raise Refused("The code is wrong, or was used before.", locator="code")
            if store.ceremony(connection, store.digest(secret), _CODE, take=True) is None:
                raise Refused("It took too long: begin again with the password.", locator="ceremony")
            store.forget_attempts(connection, *subjects)
            return self.open(connection, begun.account_id, browser, "password+code")

    def by_invitation(self, invitation: str, password: str, browser: Browser) -> Opened | CodeNeeded:
        """Set the password of whom an invitation is for and go on as after it; Refused when it is used or too old."""
        made = passwords.hashed(password)
        with self.database.app.begin() as connection:
            account = store.accept(connection, store.digest(invitation), made)
            if account is None:
                raise Refused("The invitation was used, or is too old.")
            if store.has_totp(connection, account):
                return CodeNeeded(begin(connection, _CODE, account, {}, _CODE_TIME))
            return self.open(connection, account, browser, "invitation")

    def knows_password(self, login: str, password: str, browser: Browser) -> bool:
        """Whether a person who is here knows the password; true when the account has none. TooManyAttempts."""
        subjects = self._count("login", login, self.settings.attempts, browser)
        with self.database.app.begin() as connection:
            found = store.credentials(connection, login)
        is_right = found is not None and (found.hash is None or passwords.matches(found.hash, password))
        if is_right:
            with self.database.app.begin() as connection:
                store.forget_attempts(connection, *subjects)
        return is_right

    def knows_code(self, account: UUID, code: str, browser: Browser) -> bool:
        """Whether a person who is here has the app or a recovery code, which is used up. TooManyAttempts."""
        subjects = self._count("code", str(account), self.settings.attempts, browser)
        with self.database.app.begin() as connection:
            is_right = codes.is_right(connection, account, code)
            if is_right:
                store.forget_attempts(connection, *subjects)
        return is_right

    def open(self, connection: Connection, account: UUID, browser: Browser, method: str) -> Opened:
        """Open a session, in place of the one that the browser had; Refused unless the account is active."""
        secret = new_secret()
        spans = timedelta(minutes=self.settings.idle_minutes), timedelta(hours=self.settings.session_hours)
        if not store.open_session(connection, account, store.digest(secret), browser, method, spans):
            raise Refused("This account is not open.")
        return Opened(secret)

    def resume(self, secret: str) -> Session | None:
        """Whose session a cookie holds; None when it ended."""
        with self.database.app.begin() as connection:
            return store.resume(connection, store.digest(secret))

    def leave(self, secret: str) -> None:
        """End a session."""
        with self.database.app.begin() as connection:
            store.end_session(connection, store.digest(secret))

    def _count(self, kind: str, name: str, most: int, browser: Browser) -> tuple[bytes, bytes]:
        """Count an attempt before anything is looked at, in a transaction that stays."""
        person, address = _subject(kind, name), _subject("address", browser.address)
        limits = {person: most, address: self.settings.address_attempts}
        with self.database.app.begin() as connection:
            if not store.count_attempt(connection, limits, _WINDOW):
                raise TooManyAttempts("Too many attempts: wait a quarter of an hour, or use a passkey.")
        return person, address


def new_secret() -> str:
    """256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def begin(
    connection: Connection, kind: str, account: UUID | None, contents: dict[str, object], span: timedelta = _CODE_TIME
) -> str:
    """Keep what a browser begins; returns the secret under which it goes on."""
    secret = new_secret()
    store.keep_ceremony(connection, store.digest(secret), kind, account, contents, span)
    return secret


def set_first_password(connection: Connection, login: str, password: str, settings: Identity) -> None:
    """Set a password as the owner; Conflict, with what to do, for one that is too weak."""
    if found := passwords.fault(password, password, login, settings.breached_passwords):
        reasons = {
            "differs": "it was not typed twice",
            "short": f"it has fewer than {passwords.SHORTEST} characters",
            "long": f"it has more than {passwords.LONGEST} characters",
            "login": "it says the login",
            "leaked": "it is known from leaks",
        }
        raise Conflict(f"That password cannot be used: {reasons[found]}.")
    statement = text(
        "INSERT INTO sdi.password (account_id, hash) SELECT id, :hash FROM sdi.account WHERE login = :login"
        " ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = now()"
    )
    if not connection.execute(statement, {"hash": passwords.hashed(password), "login": login}).rowcount:
        raise NotFound(f"There is no account {login!r}.", locator="login")


def invite(connection: Connection, login: str, days: int) -> str:
    """Make an invitation as the owner, in place of a former one; returns its secret, told once."""
    secret = new_secret()
    statement = text(
        "SELECT sdi.put_invitation(id, :secret, make_interval(days => :days)) FROM sdi.account WHERE login = :login"
    ).bindparams(bindparam("secret", type_=BYTEA))
    done = connection.execute(statement, {"secret": store.digest(secret), "days": days, "login": login}).scalar()
    if not done:
        raise NotFound(f"There is no open account {login!r}.", locator="login")
    return secret


def drop_factors(connection: Connection, login: str) -> None:
    """Remove second factors and passkeys of an account, as the owner: for a person who lost them."""
    for table in ("totp", "recovery_code", "passkey"):
        connection.execute(
            text(f"DELETE FROM sdi.{table} WHERE account_id = (SELECT id FROM sdi.account WHERE login = :login)"),
            {"login": login},
        )


def _subject(kind: str, name: str) -> bytes:
    return hashlib.sha256(f"{kind}:{name}".encode()).digest()
