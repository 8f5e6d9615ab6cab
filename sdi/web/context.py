# SPDX-License-Identifier: EUPL-1.2
"""What a request has at hand: settings, database, the caller, the language, the organisation in the URL."""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from sdi.db.database import Database
from sdi.errors import Forbidden, Unauthenticated
from sdi.events import Listener
from sdi.people.model import Principal
from sdi.people.service import authenticate
from sdi.settings import Settings
from sdi.signin.model import Session
from sdi.signin.service import Door


@dataclass(frozen=True, slots=True)
class Services:
    """What the kernel holds for the whole application."""

    settings: Settings
    database: Database
    listener: Listener


def services() -> Services:
    """The application's services."""
    return cast("Services", current_app.extensions["brama"])


def is_secure() -> bool:
    """Whether people reach this site over https."""
    return services().settings.public_url.startswith("https:")


def cookie_name(name: str = "brama") -> str:
    """A cookie's name: over https one that no other host and no plain http can set (RFC 6265bis, `__Host-`)."""
    return f"__Host-{name}" if is_secure() else name


def session_secret() -> str | None:
    """The secret of the browser's session, unless the caller says by `Authorization` who it is."""
    if "Authorization" in request.headers:
        return None
    return request.cookies.get(cookie_name()) or None


def door() -> Door:
    """Where people sign in."""
    return Door(services().database, services().settings.identity)


def session() -> Session | None:
    """The browser's session; None without one, and when it ended."""
    if "session" not in g:
        secret = session_secret()
        g.session = door().resume(secret) if secret else None
    return cast("Session | None", g.session)


def shown_session() -> Session | None:
    """The session for a page's header, which must stand also while the database does not answer."""
    try:
        return session()
    except SQLAlchemyError:
        return None


def principal() -> Principal | None:
    """Who asks, by `Authorization: Bearer`, by basic auth with the token as password (GIS desktops), or by a session.

    None is the public. Unauthenticated when a token is sent that is not valid.
    """
    if "principal" not in g:
        g.principal = _authenticate()
    return cast("Principal | None", g.principal)


def require(scope: str = "") -> Principal:
    """The caller, who must hold `scope` ("" is held by all); Unauthenticated or Forbidden otherwise."""
    caller = principal()
    if caller is None:
        raise Unauthenticated("Sign in, or send a token: `Authorization: Bearer <token>`.")
    if scope and not caller.may(scope):
        raise Forbidden(f"This needs the scope {scope!r}, which the caller lacks.")
    return caller


def organisation() -> str | None:
    """Slug of the organisation in the URL (`/o/{organisation}/`), whose layers alone are then served."""
    return cast("str | None", request.environ.get("brama.organisation"))


def base_url() -> str:
    """Public address that every link of this answer begins with, without a slash at the end."""
    slug = organisation()
    base = services().settings.public_url
    return f"{base}/o/{slug}" if slug else base


def _authenticate() -> Principal | None:
    header = request.authorization
    if header is None and "Authorization" not in request.headers:
        here = session()
        return here.principal if here else None
    token = (header.token if header.type == "bearer" else header.password) if header else None
    if not token:
        raise Unauthenticated("Send the token as `Authorization: Bearer <token>`, or as the password.")
    with services().database.app.connect() as connection:
        return authenticate(connection, token)
