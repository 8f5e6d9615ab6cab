# SPDX-License-Identifier: EUPL-1.2
"""What a package brings to the administration: `SECTIONS`, `ACTIONS`, `UNDO`, `SUBJECTS` of its `admin.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

OFFICES = ZoneInfo("Europe/Warsaw")
"""Whose clocks pages show."""

LanguageMap = Mapping[str, str]

Undo = Callable[[Connection, str], int]
"""Takes back, in the caller's transaction, what the caller's request of that id did; how many things."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section at `/admin/<path>`, for who holds `scope`; `position` orders them."""

    path: str
    title: LanguageMap
    description: LanguageMap
    scope: str
    position: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a request of the caller did, as a page tells it: things by action, and whether it can be undone."""

    request: str
    counts: Mapping[str, int]
    undoable: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing that rights are asked about: whose it is, who sees it, and the scope that changes it.

    With a `read_scope` what is not public is seen by members of the organisation who hold it.
    """

    title: LanguageMap
    organisation_id: UUID
    visibility: str
    account_id: UUID | None
    write_scope: str
    read_scope: str | None = None


FindSubject = Callable[[Connection, str], Subject | None]
"""Finds a thing by its id, as the application; None when it is not there or not within the caller's sight."""
