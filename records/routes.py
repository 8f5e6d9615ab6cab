# SPDX-License-Identifier: EUPL-1.2
"""What the pages of records share: templates, and how values are shown."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from records.model import Field, FieldType
from sdi.web.i18n import gettext, language, localised

blueprint = Blueprint("records", __name__, template_folder="templates")


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters.update(shown=shown, day=day, moment=moment, month=month, weekday=weekday)


def shown(value: Any, one: Field) -> str:
    """A value of a field in words of this answer's language; empty for none."""
    if value is None or value == "":
        return ""
    make = _SHOWN.get(one.type)
    return make(value, one) if make else str(value)


def day(value: date | str | None) -> str:
    """A day, short enough for a table: 22 lis 2026."""
    if not value:
        return ""
    return format_date(date.fromisoformat(value) if isinstance(value, str) else value, "d MMM y", locale=language())


def moment(value: datetime | str) -> str:
    """A moment: 22 lis 2026, 14:05."""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return format_datetime(when, "d MMM y, HH:mm", locale=language())


def month(value: date) -> str:
    """A month: listopad 2026."""
    return format_date(value, "LLLL y", locale=language())


def weekday(value: date) -> str:
    """A day with its name: sobota, 28 listopada 2026."""
    return format_date(value, "EEEE, d MMMM y", locale=language())


def _number(value: Any, _one: Field) -> str:
    return format_decimal(value, locale=language(), group_separator=abs(value) >= 10_000, decimal_quantization=False)


_SHOWN: dict[FieldType, Callable[[Any, Field], str]] = {
    FieldType.CHOICE: lambda value, one: localised(one.choices.get(value)) or str(value),
    FieldType.BOOLEAN: lambda value, _: gettext("yes") if value else gettext("no"),
    FieldType.DATE: lambda value, _: day(value),
    FieldType.MONEY: lambda value, _: format_decimal(Decimal(str(value)), format="#,##0.00", locale=language()),
    FieldType.INTEGER: _number,
    FieldType.NUMBER: _number,
}
