# SPDX-License-Identifier: EUPL-1.2
"""Who asks, and the organisations they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

OrganisationKind = Literal["region", "county", "commune", "institution"]

ADMIN = "admin"

Role = Literal[
    "citizen", "representative", "clerk", "head", "steward", "editor", "organisation_admin", "regional_admin"
]
ROLES: Mapping[Role, Mapping[str, str]] = {
    "citizen": {"pl": "obywatel", "en": "citizen"},
    "representative": {"pl": "przedstawiciel", "en": "representative"},
    "clerk": {"pl": "urzędnik", "en": "clerk"},
    "head": {"pl": "kierownik", "en": "head of a unit"},
    "steward": {"pl": "opiekun danych", "en": "data steward"},
    "editor": {"pl": "edytor obiektów", "en": "editor of features"},
    "organisation_admin": {"pl": "administrator organizacji", "en": "administrator of an organisation"},
    "regional_admin": {"pl": "administrator regionu", "en": "administrator of the region"},
}
"""Built-in roles: what each may do follows from the scopes that name it."""
AccountState = Literal["ordered", "active", "suspended", "archived"]


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
    """A signed-in account at work in one organisation.

    `organisations` begins with that one and holds those below where a role reaches them; it is empty for who belongs to
    none (citizens). `area`, where set, is the only place to write in: EWKB in hexadecimal digits, EPSG:2180.
    """

    account_id: UUID
    login: str
    organisation_id: UUID
    organisations: tuple[UUID, ...]
    scopes: frozenset[str]
    area: str | None = None

    def may(self, scope: str) -> bool:
        """Whether a scope was granted, by itself or through `admin`."""
        return scope in self.scopes or ADMIN in self.scopes


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role (built in or of the organisation, by its code) for a time; both days count.

    `area` is GeoJSON of a polygon in CRS84 outside which nothing may be written; `deputy_for` the login of the person
    whose assignment it stands in for; `mandate` what it rests on (a letter's number and date).
    """

    login: str
    role: str
    organisation: str
    valid_from: date | None = None
    valid_to: date | None = None
    area: str | None = None
    deputy_for: str | None = None
    mandate: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit of the tree; `teryt` is its code in the state register: 2 digits of a region, 4 of
    a county, 6 of a commune (the seventh, its kind, changes)."""

    slug: str
    kind: OrganisationKind
    title: Mapping[str, str]
    teryt: str | None = None
    parent: str | None = None
