# SPDX-License-Identifier: EUPL-1.2
"""Terms of the administrative code by worked examples (records 7; KPA art. 35, 36, 57)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import additions, deadlines, service, store
from records.deadlines import Pause
from records.model import Saved, Term
from records.service import InvalidRecord
from sdi.db.database import Database
from sdi.errors import Conflict
from sdi.people.model import Principal

MONTH, TWO_MONTHS, WEEK, FORTNIGHT = Term("art. 35", months=1), Term("art. 35", months=2), Term("", 7), Term("", 14)


@pytest.mark.parametrize(
    ("term", "start", "last"),
    [
        (MONTH, date(2026, 1, 30), date(2026, 3, 2)),  # 28 February is a Saturday
        (MONTH, date(2026, 11, 2), date(2026, 12, 2)),
        (TWO_MONTHS, date(2026, 12, 31), date(2027, 3, 1)),  # the last of February is a Sunday
        (WEEK, date(2026, 11, 30), date(2026, 12, 7)),
        (
            WEEK,
            date(2026, 12, 17),
            date(2026, 12, 28),
        ),  # 24 December is a holiday since 2025, then Christmas, a weekend
        (WEEK, date(2024, 12, 17), date(2024, 12, 24)),  # in 2024 it was a working day
        (FORTNIGHT, date(2026, 4, 20), date(2026, 5, 4)),
        (FORTNIGHT, date(2026, 4, 17), date(2026, 5, 4)),  # 1 May, a weekend with 3 May
        (WEEK, date(2026, 5, 28), date(2026, 6, 5)),  # Corpus Christi moves with Easter
    ],
)
def test_terms_end_as_the_code_says(term: Term, start: date, last: date) -> None:
    assert deadlines.end(term, start) == last


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 90), st.integers(0, 6))
def test_a_term_ends_on_a_working_day_never_early(start: date, days: int, months: int) -> None:
    ended = deadlines.end(Term("", days, months), start)
    plain = deadlines.months_later(start, months) + timedelta(days=days)
    assert plain <= ended <= plain + timedelta(days=6)
    assert deadlines.is_working(ended)
    assert all(not deadlines.is_working(plain + timedelta(days=n)) for n in range((ended - plain).days))


def test_pauses_are_not_counted_and_are_told() -> None:
    pauses = [Pause(date(2026, 11, 10), date(2026, 11, 20), "opinia WKZ"), Pause(date(2026, 12, 1), None, "mediacja")]
    today = date(2026, 12, 4)
    due = deadlines.end(MONTH, date(2026, 11, 2), pauses, today)
    assert due == date(2026, 12, 15)
    said = deadlines.explain(MONTH, date(2026, 11, 2), due, pauses, today)
    assert said[0].startswith("Termin wynosi 1 miesiąc od 2 listopada 2026")
    assert "opinia WKZ; nie wlicza się 10 dni" in said[1]
    assert "mediacja" in said[2]
    assert said[-1] == "Ostatni dzień terminu to 15 grudnia 2026. Pozostało 11 dni."
    late = deadlines.explain(None, date(2026, 11, 2), date(2026, 12, 2), [], today)
    assert late == ["Termin minął 2 dni temu. Zawiadom stronę o przyczynach i nowym terminie (art. 36 KPA)."]


def test_the_clock_of_a_record_stops_runs_on_and_is_extended(
    database: Database, person: Callable[..., Principal], add_monument: Callable[..., Saved]
) -> None:
    clerk = person()
    made = add_monument(clerk)

    def current() -> service.Current:
        return service.read(database, clerk, "monument", made.id)

    with pytest.raises(Conflict):
        additions.pause(database, clerk, current(), "x", date(2026, 11, 30))
    service.apply(database, clerk, [service.transit(current(), "notify")], date(2026, 11, 30))
    assert current().row["due"] == date(2026, 12, 7)
    with pytest.raises(InvalidRecord):
        additions.pause(database, clerk, current(), " ", date(2026, 12, 1))
    additions.pause(database, clerk, current(), "uzupełnienie", date(2026, 12, 1))
    with pytest.raises(Conflict):
        additions.pause(database, clerk, current(), "znowu", date(2026, 12, 1))
    additions.resume(database, clerk, current(), date(2026, 12, 4))
    assert current().row["due"] == date(2026, 12, 10)
    for due, reason in ((date(2026, 12, 9), "x"), (date(2026, 12, 20), " "), (None, "x")):
        with pytest.raises(InvalidRecord):
            additions.extension(current(), due, reason)
    service.apply(database, clerk, [additions.extension(current(), date(2026, 12, 21), "czeka na mapę")])
    assert current().row["due"] == date(2026, 12, 21)
    with database.read(clerk) as connection:
        past = store.history(connection, made.id)
    assert [row["action"] for row in past] == ["extend", "resume", "pause", "notify", "create"]
    assert past[0]["reason"] == "czeka na mapę"
