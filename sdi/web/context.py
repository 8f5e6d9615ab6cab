# SPDX-License-Identifier: EUPL-1.2
"""What a request has at hand: settings, database, the caller, the language, the organisation in the URL."""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request

from sdi.db.database import Database
from sdi.errors import Forbidden, Unauthenticated
from sdi.events import Listener
from sdi.people.model import Principal
from sdi.people.service import authenticate
from sdi.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What the kernel holds for the whole application."""

    settings: Settings
    database: Database
    listener: Listener


def services() -> Services:
    """The application's services."""
    return cast("Services", current_app.extensions["brama"])


def principal() -> Principal | None:
    """Who asks, by `Authorization: Bearer`, or by basic auth with the token as password (GIS desktops).

    None is the public. Unauthenticated when a token is sent that is not valid.
    """
    if "principal" not in g:
        g.principal = _authenticate()
    return cast("Principal | None", g.principal)


def require(scope: str = "") -> Principal:
    """The caller, who must hold `scope` ("" is held by all); Unauthenticated or Forbidden otherwise."""
    caller = principal()
    if caller is None:
        raise Unauthenticated("This needs a token: send `Authorization: Bearer <token>`.")
    if scope and not caller.may(scope):
        raise Forbidden(f"This needs the scope {scope!r}, which the token lacks.")
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
        return None
    token = (header.token if header.type == "bearer" else header.password) if header else None
    if not token:
        raise Unauthenticated("Send the token as `Authorization: Bearer <token>`, or as the password.")
    with services().database.app.connect() as connection:
        return authenticate(connection, token)
