# SPDX-License-Identifier: EUPL-1.2
"""Who asks, and the organisations they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

OrganisationKind = Literal["region", "county", "commune", "institution"]

ADMIN = "admin"

Role = Literal[
    "citizen", "representative", "clerk", "head", "steward", "editor", "organisation_admin", "regional_admin"
]


@dataclass(frozen=True, slots=True)
class Scope:
    """A right, named `subject:verb`; declared in `SCOPES` of a `scopes.py` beside what it guards.

    `roles` are the built-in roles that hold it.
    """

    name: str
    title: Mapping[str, str]
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in account. `organisations` begins with its own; an administrator's holds those below too."""

    account_id: UUID
    login: str
    organisation_id: UUID
    organisations: tuple[UUID, ...]
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether a scope was granted, by itself or through `admin`."""
        return scope in self.scopes or ADMIN in self.scopes


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit of the tree; `teryt` is its code in the state register: 2 digits of a region, 4 of
    a county, 6 of a commune (the seventh, its kind, changes)."""

    slug: str
    kind: OrganisationKind
    title: Mapping[str, str]
    teryt: str | None = None
    parent: str | None = None
