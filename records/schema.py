# SPDX-License-Identifier: EUPL-1.2
"""The JSON Schema of a kind, and values checked against it, with what is wrong said in words."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from records.known import kind as known_kind
from records.model import Field, FieldType, Kind
from sdi.errors import Unprocessable
from sdi.web.i18n import gettext

TITLE_LENGTH = 500
LONG_LENGTH = 20_000
_LARGEST = 2**53
_DATE = {"type": "string", "format": "date"}
_TERYT = {"type": "string", "pattern": r"^\d{6}$"}
_UUID = {"type": "string", "format": "uuid"}
_MONEY = 10**12
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?")


class InvalidRecord(Unprocessable):
    """Values of a record that cannot be taken; `problems` says what is wrong by the field's name."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        first, said = next(iter(problems.items()))
        super().__init__(f"{first}: {said}", locator=first)
        self.problems = dict(problems)

    @property
    def details(self) -> Mapping[str, Any]:
        """Each field's mistake."""
        return {"problems": self.problems}


@cache
def json_schema(kind_id: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of a record of a kind as the API takes it: facts of all records and the kind's own fields."""
    kind = known_kind(kind_id)
    properties: dict[str, Any] = {
        "title": {"type": "string", "minLength": 1, "maxLength": TITLE_LENGTH},
        "number": {"type": ["string", "null"], "maxLength": 100},
        "commune": {**_TERYT, "type": ["string", "null"]},
        "parent_id": {**_UUID, "type": ["string", "null"]},
        "opened": dict(_DATE),
    }
    for one in kind.fields:
        properties[one.name] = _property(one)
    required = ["title", *(one.name for one in kind.fields if one.required)]
    if kind.parent is not None:
        required.append("parent_id")
        properties["parent_id"] = dict(_UUID)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title["en"],
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def check(kind: Kind, values: Mapping[str, Any]) -> None:
    """Raise InvalidRecord when a whole record's values do not fit the kind's schema; nulls are left out before."""
    problems: dict[str, str] = {}
    present = {name: value for name, value in values.items() if value is not None}
    for error in _validator(kind.id).iter_errors(present):
        for name in _names(error):
            problems.setdefault(name, _words(error))
    if problems:
        raise InvalidRecord(problems)


def typed_value(one: Field, text: str) -> Any:
    """What a person wrote in a form's control; text that is none of the type stays text, for the schema to refuse."""
    text = text.strip()
    if not text:
        return None
    if one.type is FieldType.BOOLEAN:
        return text in {"true", "on", "1"}
    if one.type in (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY):
        return _number(text, whole=one.type is FieldType.INTEGER)
    return text.replace("\r\n", "\n")


def _number(text: str, *, whole: bool) -> Any:
    plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        return text
    return int(plain) if whole and "." not in plain else float(plain)


def _property(one: Field) -> dict[str, Any]:
    made: dict[str, Any] = {"description": one.title["en"]}
    if one.type is FieldType.BOOLEAN:
        return {**made, "type": "boolean"}
    if one.type is FieldType.DATE:
        return {**made, **_DATE}
    if one.type is FieldType.CHOICE:
        return {**made, "type": "string", "enum": list(one.choices)}
    if one.type in (FieldType.TEXT, FieldType.LONG):
        length = LONG_LENGTH if one.type is FieldType.LONG else one.length
        return {**made, "type": "string", "minLength": 1, "maxLength": length}
    largest = _MONEY if one.type is FieldType.MONEY else _LARGEST
    low = -largest if one.minimum is None else one.minimum
    high = largest if one.maximum is None else one.maximum
    return {**made, "type": "integer" if one.type is FieldType.INTEGER else "number", "minimum": low, "maximum": high}


@cache
def _validator(kind_id: str) -> Draft202012Validator:
    schema = json_schema(kind_id)
    Draft202012Validator.check_schema(schema)
    checker = FormatChecker(formats=("date", "uuid"))
    checker.checks("date", raises=ValueError)(
        lambda value: not isinstance(value, str) or bool(date.fromisoformat(value))
    )
    return Draft202012Validator(schema, format_checker=checker)


def _names(error: ValidationError) -> list[str]:
    if error.absolute_path:
        return [str(error.absolute_path[0])]
    instance: Any = error.instance
    schema: Any = error.schema
    if error.validator == "required":
        return [name for name in schema["required"] if name not in instance]
    if error.validator == "additionalProperties":
        return sorted(set(instance) - set(schema["properties"]))[:20]
    return ["record"]


def _words(error: ValidationError) -> str:
    limit = error.validator_value
    said = {
        "required": gettext("Fill this in."),
        "additionalProperties": gettext("This kind of record has no such field."),
        "enum": gettext("Choose one of the list."),
        "maxLength": gettext("Write at most %(limit)s letters."),
        "minLength": gettext("Fill this in."),
        "minimum": gettext("Write a number of at least %(limit)s."),
        "maximum": gettext("Write a number of at most %(limit)s."),
        "format": gettext("Write a date as 2026-11-28."),
        "pattern": gettext("Write six digits of TERYT."),
        "type": gettext("Write a number."),
    }.get(str(error.validator), gettext("This value cannot be taken."))
    if error.validator == "type" and limit not in ("integer", "number"):
        said = gettext("This value cannot be taken.")
    return said % {"limit": limit} if "%(" in said else said
