# SPDX-License-Identifier: EUPL-1.2
"""Second factors by code: time-based ones (RFC 6238), each taken once, and recovery codes for a lost device."""

import hashlib
import re
import secrets
import time
from uuid import UUID

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import Connection

from sdi.signin import store

RECOVERY_CODES = 10
_STEP_SECONDS = 30
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_secret() -> str:
    """A secret of 160 bits in base 32."""
    return pyotp.random_base32()


def address(secret: str, login: str, issuer: str) -> str:
    """The `otpauth:` address of a secret, for apps."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def picture(told: str) -> Markup:
    """A QR code as SVG, dark on white whatever the page's colours."""
    made = segno.make(told, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=False)
    return Markup(made)  # noqa: S704 - the library's own drawing; the address is in its modules only


def offered(connection: Connection, account: UUID) -> str | None:
    """The secret that is offered to an account and not yet confirmed."""
    return None if store.has_totp(connection, account) else store.totp_secret(connection, account)


def is_right(connection: Connection, account: UUID, code: str) -> bool:
    """Whether a code, of the app or for recovery, is the account's; then it is used up."""
    plain = re.sub(r"[\s-]", "", code).upper()
    if len(plain) == 6 and plain.isascii() and plain.isdigit():
        return _is_of_app(connection, account, plain)
    return bool(plain) and store.use_recovery_code(connection, account, _hash(plain))


def new_recovery_codes(connection: Connection) -> list[str]:
    """New codes in place of the caller's former ones; told once, kept as hashes."""
    made = ["".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    store.set_recovery_codes(connection, [_hash(code) for code in made])
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in made]


def _is_of_app(connection: Connection, account: UUID, code: str) -> bool:
    secret = store.totp_secret(connection, account)
    if secret is None:
        return False
    app, now = pyotp.TOTP(secret), int(time.time()) // _STEP_SECONDS
    # One step before and after, for clocks that differ (RFC 6238 clause 5.2).
    fitting = [step for step in (now - 1, now, now + 1) if pyotp.utils.strings_equal(app.generate_otp(step), code)]
    return any(store.use_totp_step(connection, account, step) for step in fitting)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
