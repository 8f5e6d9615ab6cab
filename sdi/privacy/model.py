# SPDX-License-Identifier: EUPL-1.2
"""What a package declares of its tables with personal data, in `TABLES` of a `personal.py` beside its code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LanguageMap = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delete:
    """Erasing a person removes their rows."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Erasing a person puts `values` in place of what tells who they are; `{person}` in one is the account's id."""

    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Keep:
    """Rows stay when a person is erased, for this reason (RODO art. 17(3), or nothing in them tells who it was)."""

    reason: LanguageMap


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows go so many years (a parameter's code) after the time in the column `after`; those without one stay."""

    years: str
    after: str


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table or view of the owner with rows about persons; an entry of the record of processing (RODO art. 30).

    `person` is the column that holds the account's id; columns in `hidden` (secrets) are never handed over; `of` names
    the tables that a view shows. Without a retention rows stay as long as the account is there.
    """

    table: str
    person: str
    purpose: LanguageMap
    legal_basis: str
    erasure: Delete | Clear | Keep = field(default_factory=Delete)
    retention: Retention | None = None
    hidden: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


PSEUDONYM = Keep(
    {
        "pl": "zostaje sam numer konta, którego dane usunięto: nie wskazuje osoby",
        "en": "only the number of an account stays whose data are erased: it tells of nobody",
    }
)
"""For rows that hold the account's id and nothing else about the person."""

PUBLIC_TASK = "RODO art. 6 ust. 1 lit. e"
"""A task in the public interest or official authority."""
LEGAL_DUTY = "RODO art. 6 ust. 1 lit. c"
"""A duty by law."""
