# SPDX-License-Identifier: EUPL-1.2
"""What signing in hands on: who a browser's session stands for, and what is still asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sdi.errors import BramaError
from sdi.people.model import Principal


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session; `language` is the person's choice, `method` how they signed in."""

    id: UUID
    principal: Principal
    name: str
    language: str | None
    method: str


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a person signs in from: the address and agent to be listed, and the secret of the session before."""

    address: str
    agent: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A session is open; `secret` is its cookie's value, told once."""

    secret: str


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right and a second factor is asked; `secret` is the cookie of what was begun."""

    secret: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser began: whose it is, where that is known, and what was told then."""

    account_id: UUID | None
    contents: Mapping[str, Any]


class Refused(BramaError):
    """Nobody is let in; the same for every reason, so that it tells nothing of accounts."""

    status = 422
    code = "not-signed-in"


class TooManyAttempts(BramaError):
    """So many attempts were made that the next ones wait."""

    status = 429
    code = "too-many-attempts"
