# SPDX-License-Identifier: EUPL-1.2
"""What a person sees of their own account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Workplace:
    """An organisation that the person may work in."""

    id: UUID
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Own:
    """Rows of the views `app.own_*` as they are; `contact` is None until there is some."""

    account: Any
    factors: Any
    contact: Any
    assignments: Sequence[Any]
    sessions: Sequence[Any]
    passkeys: Sequence[Any]
    tokens: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Person:
    """What a person says of themselves; an empty text takes away."""

    name: str
    language: str
    email: str
    phone: str
