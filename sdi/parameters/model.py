# SPDX-License-Identifier: EUPL-1.2
"""What a package declares of the legal values it works with, in a `parameters.yml` beside its code."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["integer", "number", "text", "boolean", "table"]
"""`table` is any JSON object or array (a tariff, a list of days)."""

CODE = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seed(_Declared):
    """A value that the law set on a day; `valid_to` only where it ended and no other followed."""

    value: Any
    valid_from: date
    valid_to: date | None = None
    legal_basis: str = Field(min_length=1, max_length=500)


class Definition(_Declared):
    """A parameter: its code (`<subject>.<name>`), what it is called, its kind and unit, the values known so far."""

    code: str = Field(pattern=CODE, max_length=100)
    title: dict[Literal["pl", "en"], str]
    kind: Kind
    unit: dict[Literal["pl", "en"], str] = {}
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    values: tuple[Seed, ...] = ()
