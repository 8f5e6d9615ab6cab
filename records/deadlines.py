# SPDX-License-Identifier: EUPL-1.2
"""Terms of the administrative code: when they end, what does not count, the clock in words (KPA art. 35, 36, 57)."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

from records.model import Term
from sdi.web.i18n import format_day, gettext, ngettext

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count (KPA art. 35 par. 5): days after `started` up to `ended`, None while it runs."""

    started: date
    ended: date | None
    reason: str

    def days(self, today: date) -> int:
        """Days taken out so far."""
        return max(((self.ended or today) - self.started).days, 0)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("PL", years=year))


def is_working(day: date) -> bool:
    """Whether offices work: no Saturday, no Sunday, no statutory holiday of Poland."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def next_working(day: date) -> date:
    """The day, or the first working day after it (KPA art. 57 par. 4)."""
    while not is_working(day):
        day += timedelta(days=1)
    return day


def end(term: Term, start: date, pauses: Iterable[Pause] = (), today: date | None = None) -> date:
    """The last day of a term that an event of the day `start` began.

    The day of the event does not count, months end on the same-numbered day or the last of the month, what the law
    does not count is added, and an end on a Saturday or holiday moves to the next working day.
    """
    ended = months_later(start, term.months) + timedelta(days=term.days)
    ended += timedelta(days=sum(pause.days(today or start) for pause in pauses))
    return next_working(ended)


def extended(due: date, days: int) -> date:
    """A term that was set, later by days that did not count."""
    return next_working(due + timedelta(days=days))


def months_later(start: date, months: int) -> date:
    """The same-numbered day so many months later, or the last day of that month (KPA art. 57 par. 3)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def explain(term: Term | None, start: date, due: date | None, pauses: Sequence[Pause], today: date) -> list[str]:
    """The clock in sentences, in the language of this answer."""
    if due is None:
        return [gettext("This has no term.")]
    said = []
    if term is not None:
        said.append(_length(term, start))
    said += [_paused(pause, today) for pause in pauses]
    computed = end(term, start, pauses, today) if term is not None else due
    if computed != due:
        said.append(
            gettext("The term was set to %(day)s by hand; its reason is in the history.") % {"day": format_day(due)}
        )
    left = (due - today).days
    if left < 0:
        over = ngettext("The term ended %(num)s day ago.", "The term ended %(num)s days ago.", -left) % {"num": -left}
        said.append(over + " " + gettext("The party is to be told why, with a new term (art. 36)."))
    else:
        last = ngettext("%(num)s day is left.", "%(num)s days are left.", left) % {"num": left}
        said.append(gettext("The last day is %(day)s.") % {"day": format_day(due)} + " " + last)
    return said


def _length(term: Term, start: date) -> str:
    values = {"day": format_day(start), "basis": term.basis}
    if term.months:
        length = ngettext("%(num)s month", "%(num)s months", term.months) % {"num": term.months}
    else:
        length = ngettext("%(num)s day", "%(num)s days", term.days) % {"num": term.days}
    return gettext("The term is %(length)s from %(day)s, that day not counted (%(basis)s).") % {
        **values,
        "length": length,
    }


def _paused(pause: Pause, today: date) -> str:
    days = pause.days(today)
    counted = ngettext("%(num)s day is not counted", "%(num)s days are not counted", days) % {"num": days}
    if pause.ended is None:
        return gettext("The clock has stood since %(day)s: %(reason)s; %(days)s so far.") % {
            "day": format_day(pause.started), "reason": pause.reason, "days": counted,
        }  # fmt: skip
    return gettext("The clock stood from %(day)s to %(last)s: %(reason)s; %(days)s.") % {
        "day": format_day(pause.started), "last": format_day(pause.ended), "reason": pause.reason, "days": counted,
    }  # fmt: skip
