# SPDX-License-Identifier: EUPL-1.2
"""The face of legal values: what a package declared, and what holds on a day."""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import yaml
from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sdi import features
from sdi.errors import InvalidParameter, NotFound
from sdi.parameters.model import Definition

_FILE = "parameters.yml"
_VALUE = text("SELECT sdi.parameter(:code, :day, :organisation)")
_SEED = text(
    "INSERT INTO sdi.parameter (code, value, valid_from, valid_to, legal_basis)"
    " VALUES (:code, :value, :valid_from, :valid_to, :legal_basis)"
    " ON CONFLICT (code, organisation_id, valid_from) DO NOTHING"
).bindparams(bindparam("value", type_=JSONB))


@cache
def definitions() -> Mapping[str, Definition]:
    """Every parameter that a package declares, by its code, in the order of packages and files."""
    found: dict[str, Definition] = {}
    for path in (package / _FILE for package in features.packages()):
        if path.is_file():
            listed = yaml.safe_load(path.read_text(encoding="utf-8"))
            found.update({one.code: one for one in TypeAdapter(list[Definition]).validate_python(listed)})
    return found


def definition(code: str) -> Definition:
    """A declared parameter; NotFound when no package knows the code."""
    if code not in definitions():
        raise NotFound(f"There is no parameter {code[:100]!r}.", locator="code")
    return definitions()[code]


def value(connection: Connection, code: str, on: date, organisation: UUID | None = None) -> Any:
    """What a parameter is on a day: the organisation's own value, else the region's. NotFound when it has none then."""
    definition(code)
    found = connection.execute(_VALUE, {"code": code, "day": on, "organisation": organisation}).scalar()
    if found is None:
        raise NotFound(f"Parameter {code!r} has no value on {on.isoformat()}; add one with its legal basis.")
    return found


def sync(connection: Connection) -> None:
    """Add the declared values that are missing, as the owner; what was set by hand stays."""
    rows = [
        {"code": one.code, **seed.model_dump(), "value": checked(one, seed.value)}
        for one in definitions().values()
        for seed in one.values
    ]
    if rows:
        connection.execute(_SEED, rows)


def read(of: Definition, told: str) -> Any:
    """What a person typed as the parameter's kind; numbers with a decimal comma or point, tables as JSON."""
    told = told.strip()
    if of.kind == "text":
        return told
    if of.kind == "boolean":
        return {"true": True, "false": False}.get(told)
    plain = re.sub(r"\s", "", told)
    try:
        if of.kind == "integer":
            return int(plain)
        return float(plain.replace(",", ".")) if of.kind == "number" else json.loads(told)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"The value {told[:80]!r} is not of the kind {of.kind}.", locator="value") from error


def checked(of: Definition, given: Any) -> Any:
    """`given` as JSON of the parameter's kind; InvalidParameter when it does not fit."""
    fits = {
        "integer": isinstance(given, int) and not isinstance(given, bool),
        "number": isinstance(given, int | float) and not isinstance(given, bool),
        "text": isinstance(given, str) and 0 < len(given) <= 2_000,
        "boolean": isinstance(given, bool),
        "table": isinstance(given, dict | list),
    }
    if not fits[of.kind]:
        raise InvalidParameter(f"{of.code} takes a value of the kind {of.kind}, not {given!r}."[:500], locator="value")
    if isinstance(given, int | float) and not isinstance(given, bool):
        _bounded(of, Decimal(str(given)))
    return given


def _bounded(of: Definition, given: Decimal) -> None:
    low, high = of.minimum, of.maximum
    if not given.is_finite() or (low is not None and given < low) or (high is not None and given > high):
        bounds = " ".join(f"{word} {end}" for word, end in (("from", low), ("to", high)) if end is not None)
        raise InvalidParameter(f"{of.code} is a number {bounds}, not {given}.", locator="value")
