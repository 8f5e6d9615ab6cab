# SPDX-License-Identifier: EUPL-1.2
"""The doors to what proves who somebody is, as the application role."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from sdi.people.service import principal_of
from sdi.signin.model import Browser, Ceremony, Session

Spans = tuple[timedelta, timedelta]

_BYTES = bindparam("secret", type_=BYTEA)
_COUNT = text("SELECT sdi.count_attempt(:subjects, :limits, :span)").bindparams(
    bindparam("subjects", type_=ARRAY(BYTEA))
)
_OPEN = text(
    "SELECT sdi.open_session(:account, :secret, :before, :method, :idle, :lasting, :address, :agent)"
).bindparams(_BYTES, bindparam("before", type_=BYTEA))
_KEEP = text("SELECT sdi.keep_ceremony(:secret, :kind, :account, :contents, :lasting)").bindparams(
    _BYTES, bindparam("contents", type_=JSONB)
)
_CODES = text("SELECT sdi.set_recovery_codes(:codes)").bindparams(bindparam("codes", type_=ARRAY(BYTEA)))


def count_attempt(connection: Connection, limits: Mapping[bytes, int], span: timedelta) -> bool:
    """Count an attempt of each subject; False, and nothing counted, when one has had its number within the span."""
    values = {"subjects": list(limits), "limits": list(limits.values()), "span": span}
    return bool(connection.execute(_COUNT, values).scalar_one())


def forget_attempts(connection: Connection, person: bytes, address: bytes) -> None:
    """Let a person begin anew, and take back one attempt of the address."""
    statement = text("SELECT sdi.forget_attempts(:secret, :address)").bindparams(
        _BYTES, bindparam("address", type_=BYTEA)
    )
    connection.execute(statement, {"secret": person, "address": address})


def credentials(connection: Connection, login: str) -> Row[Any] | None:
    """`account_id`, `state`, `hash` (None without a password) and `has_totp` of a login."""
    return connection.execute(text("SELECT * FROM sdi.credentials(:login)"), {"login": login}).one_or_none()


def open_session(
    connection: Connection, account: UUID, secret: bytes, browser: Browser, method: str, spans: Spans
) -> bool:
    """Open a session that ends after `spans`: without use, and in any case; False unless the account is active."""
    values = {
        "account": account, "secret": secret, "before": digest(browser.before) if browser.before else None,
        "method": method, "idle": spans[0], "lasting": spans[1], "address": browser.address, "agent": browser.agent,
    }  # fmt: skip
    return bool(connection.execute(_OPEN, values).scalar_one())


def resume(connection: Connection, secret: bytes) -> Session | None:
    """The session of a cookie's secret; None when it ended."""
    statement = text("SELECT * FROM sdi.resume(:secret)").bindparams(_BYTES)
    row = connection.execute(statement, {"secret": secret}).one_or_none()
    return None if row is None else Session(row.session_id, principal_of(row), row.name, row.language, row.method)


def end_session(connection: Connection, secret: bytes) -> None:
    """End the session of a cookie's secret."""
    connection.execute(text("SELECT sdi.end_session(:secret)").bindparams(_BYTES), {"secret": secret})


def keep_ceremony(
    connection: Connection, secret: bytes, kind: str, account: UUID | None, contents: Mapping[str, Any], span: timedelta
) -> None:
    """Keep what a browser began until it goes on with it."""
    values = {"secret": secret, "kind": kind, "account": account, "contents": dict(contents), "lasting": span}
    connection.execute(_KEEP, values)


def ceremony(connection: Connection, secret: bytes, kind: str, *, take: bool) -> Ceremony | None:
    """What was begun under a secret; with `take` it is gone then."""
    door = "take_ceremony" if take else "ceremony"
    statement = text(f"SELECT * FROM sdi.{door}(:secret, :kind)").bindparams(_BYTES)
    row = connection.execute(statement, {"secret": secret, "kind": kind}).one_or_none()
    return None if row is None else Ceremony(row.account_id, row.contents)


def totp_secret(connection: Connection, account: UUID) -> str | None:
    """The secret of an account's app, also of one that is offered and not confirmed."""
    found: str | None = connection.execute(
        text("SELECT secret FROM sdi.totp_secret(:account)"), {"account": account}
    ).scalar()
    return found


def has_totp(connection: Connection, account: UUID) -> bool:
    """Whether the account's app is asked for."""
    statement = text("SELECT is_confirmed FROM sdi.totp_secret(:account)")
    return bool(connection.execute(statement, {"account": account}).scalar())


def use_totp_step(connection: Connection, account: UUID, step: int) -> bool:
    """Use up a step; False when it, or a later one, was used before."""
    statement = text("SELECT sdi.use_totp_step(:account, :step)")
    return bool(connection.execute(statement, {"account": account, "step": step}).scalar_one())


def use_recovery_code(connection: Connection, account: UUID, code: bytes) -> bool:
    """Use up a recovery code by its hash."""
    statement = text("SELECT sdi.use_recovery_code(:account, :secret)").bindparams(_BYTES)
    return bool(connection.execute(statement, {"account": account, "secret": code}).scalar_one())


def set_recovery_codes(connection: Connection, codes: Sequence[bytes]) -> None:
    """The hashes of the caller's new codes, in place of the former ones."""
    connection.execute(_CODES, {"codes": list(codes)})


def invited(connection: Connection, secret: bytes) -> Row[Any] | None:
    """`account_id`, `login` and `name` of whom an invitation is for."""
    statement = text("SELECT * FROM sdi.invited(:secret)").bindparams(_BYTES)
    return connection.execute(statement, {"secret": secret}).one_or_none()


def accept(connection: Connection, secret: bytes, password_hash: str) -> UUID | None:
    """Use up an invitation by setting the password; the account's id, or None when it is not valid any more."""
    statement = text("SELECT sdi.accept_invitation(:secret, :hash)").bindparams(_BYTES)
    found: UUID | None = connection.execute(statement, {"secret": secret, "hash": password_hash}).scalar()
    return found


def passkey(connection: Connection, credential: bytes) -> Row[Any] | None:
    """`account_id`, `public_key` and `sign_count` of a credential."""
    statement = text("SELECT * FROM sdi.passkey_of(:secret)").bindparams(_BYTES)
    return connection.execute(statement, {"secret": credential}).one_or_none()


def use_passkey(connection: Connection, credential: bytes, count: int) -> None:
    """Remember the authenticator's count and the moment."""
    statement = text("SELECT sdi.use_passkey(:secret, :count)").bindparams(_BYTES)
    connection.execute(statement, {"secret": credential, "count": count})


def digest(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256, for secrets have 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
