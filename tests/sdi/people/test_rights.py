# SPDX-License-Identifier: EUPL-1.2
"""Accounts may do what the assignments of the day give: by role, organisation, dates, area, deputy; and no more."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sdi.db.database import Database
from sdi.errors import Conflict, NotFound, Unauthenticated, Unprocessable
from sdi.people.assignments import assign, end_assignment
from sdi.people.model import ROLES, Assignment, Principal
from sdi.people.service import add_account, authenticate, issue_token, organisation_id, scopes, set_state

TODAY = date.today()  # noqa: DTZ011 - tests run by the machine's day; a day on either side is tried as well
DAY = timedelta(days=1)
SQUARE = '{"type": "Polygon", "coordinates": [[[19.7, 52.4], [19.8, 52.4], [19.8, 52.5], [19.7, 52.5], [19.7, 52.4]]]}'
TokenOf = Callable[..., str]


@pytest.fixture
def person(database: Database) -> None:
    """An account `ewa` at home in Gąbin, with no role."""
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "ewa", "Ewa Nowak")


@pytest.fixture
def give(database: Database, person: None) -> Callable[..., None]:
    """Assign a role to `ewa`: `give("editor", valid_to=...)`."""

    def make(role: str, organisation: str = "gabin", **more: date | str) -> None:
        with database.owner.begin() as connection:
            assign(connection, Assignment("ewa", role, organisation, **more))  # type: ignore[arg-type]

    return make


def _principal(database: Database, *wanted: str, login: str = "ewa") -> Principal:
    with database.owner.begin() as connection:
        token = issue_token(connection, login, wanted, "test", 1)
    with database.app.connect() as connection:
        return authenticate(connection, token)


def test_built_in_roles_hold_the_scopes_that_name_them(database: Database) -> None:
    with database.owner.connect() as connection:
        rows = connection.execute(text("SELECT code, scopes, title FROM sdi.role WHERE organisation_id IS NULL")).all()
    assert {row.code for row in rows} == set(ROLES)
    for code, held, title in rows:
        assert held == sorted(name for name, scope in scopes().items() if code in scope.roles)
        assert title == ROLES[code]


def test_a_token_gives_what_it_names_and_the_roles_hold(database: Database, give: Callable[..., None]) -> None:
    assert _principal(database, "features:write").scopes == frozenset()
    give("editor")
    assert _principal(database, "features:write", "ingest").scopes == {"features:write"}
    assert _principal(database, "admin").scopes == {"features:write"}, "a token for all gives what is held"
    give("organisation_admin")
    assert _principal(database, "ingest").scopes == {"ingest"}
    declared = {name for name, scope in scopes().items() if {"editor", "organisation_admin"} & set(scope.roles)}
    assert _principal(database, "admin").scopes == declared >= {"admin", "people:write", "features:write"}


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [(-9, -2, False), (-9, 2, True), (2, 9, False), (-9, None, True), (2, None, False)],
)
def test_an_assignment_holds_on_its_days(
    database: Database, give: Callable[..., None], first: int, last: int | None, holds: bool
) -> None:
    days = {"valid_from": TODAY + first * DAY, **({} if last is None else {"valid_to": TODAY + last * DAY})}
    give("editor", **days)
    found = _principal(database, "features:write")
    assert bool(found.scopes) is holds
    assert bool(found.organisations) is holds


def test_who_holds_no_role_of_a_member_belongs_to_no_organisation(
    database: Database, give: Callable[..., None]
) -> None:
    give("citizen")
    found = _principal(database, "admin")
    assert (found.organisations, found.scopes) == ((), frozenset())
    give("editor", "plocki")
    assert _principal(database, "admin").organisations == (), "a role elsewhere opens nothing here"


def test_a_role_is_had_once_at_a_time_and_ends_at_once(database: Database, give: Callable[..., None]) -> None:
    give("editor")
    with pytest.raises(Conflict):
        give("editor", valid_to=TODAY + DAY)
    with database.owner.begin() as connection:
        assert end_assignment(connection, "ewa", "editor", "gabin") == 1
        assert end_assignment(connection, "ewa", "editor", "gabin") == 0
    assert not _principal(database, "features:write").scopes
    give("editor", valid_from=TODAY - 9 * DAY)
    with database.owner.begin() as connection:
        assert end_assignment(connection, "ewa", "editor", "gabin") == 1
    assert not _principal(database, "features:write").scopes
    give("editor")


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (Assignment("ghost", "editor", "gabin"), NotFound),
        (Assignment("ewa", "emperor", "gabin"), NotFound),
        (Assignment("ewa", "editor", "atlantis"), NotFound),
        (Assignment("ewa", "editor", "gabin", deputy_for="clerk"), NotFound),
        (Assignment("ewa", "editor", "gabin", valid_to=date(2020, 1, 1)), Unprocessable),
        (Assignment("ewa", "editor", "gabin", area="nonsense"), Unprocessable),
        (Assignment("ewa", "editor", "gabin", area='{"type": "Point", "coordinates": [20, 52]}'), Unprocessable),
    ],
)
def test_what_cannot_be_assigned_is_told(database: Database, person: None, wanted: Assignment, refusal: type) -> None:
    with database.owner.begin() as connection, pytest.raises(refusal):
        assign(connection, wanted)


def test_a_deputy_has_what_the_other_has_while_the_other_has_it(database: Database, give: Callable[..., None]) -> None:
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "jan", "Jan Kowalski")
        assign(connection, Assignment("jan", "editor", "gabin", area=SQUARE))
    give("editor", deputy_for="jan", valid_to=TODAY + 9 * DAY, mandate="OR.077.4.2026")
    deputy = _principal(database, "admin")
    assert deputy.scopes == {"features:write"}
    assert deputy.area == _principal(database, "admin", login="jan").area is not None
    with database.owner.begin() as connection:
        end_assignment(connection, "jan", "editor", "gabin")
    assert not _principal(database, "admin").scopes


def test_scopes_given_only_in_an_area_narrow_the_context_to_it(database: Database, give: Callable[..., None]) -> None:
    give("editor", area=SQUARE)
    assert _principal(database, "features:write").area
    give("organisation_admin")
    assert _principal(database, "people:write").area is None
    assert _principal(database, "features:write").area is None, "an administrator may write everywhere"


def test_a_wider_right_does_not_leak_out_of_the_area(database: Database, give: Callable[..., None]) -> None:
    _own_role(database, "reader", ["layers:write"])
    give("editor", area=SQUARE)
    give("reader")
    assert _principal(database, "layers:write").area is None
    assert _principal(database, "layers:write", "features:write").area is not None


def _own_role(database: Database, code: str, held: list[str], organisation: str = "gabin") -> UUID:
    with database.owner.begin() as connection:
        values = {"organisation": organisation_id(connection, organisation), "code": code, "held": held}
        statement = (
            "INSERT INTO sdi.role (organisation_id, code, title, scopes)"
            """ VALUES (:organisation, :code, '{"pl": "rola"}', :held) RETURNING id"""
        )
        return UUID(str(connection.execute(text(statement), values).scalar_one()))


def test_an_organisations_own_role_is_given_there_only(database: Database, give: Callable[..., None]) -> None:
    _own_role(database, "surveyor", ["features:write"])
    give("surveyor")
    assert _principal(database, "admin").scopes == {"features:write"}
    with pytest.raises(NotFound):
        give("surveyor", "plocki")


def test_a_suspended_account_opens_nothing_and_an_archived_one_never_again(
    database: Database, give: Callable[..., None]
) -> None:
    give("editor")
    with database.owner.begin() as connection:
        token = issue_token(connection, "ewa", ["features:write"], "test", 1)

    def change(state: str) -> None:
        with database.owner.begin() as connection:
            set_state(connection, "ewa", state)  # type: ignore[arg-type]

    def opens() -> bool:
        try:
            with database.app.connect() as connection:
                return bool(authenticate(connection, token).scopes)
        except Unauthenticated:
            return False

    assert opens()
    change("suspended")
    assert not opens()
    change("active")
    assert opens()
    change("archived")
    assert not opens()
    for state in ("active", "ordered"):
        with pytest.raises(Conflict):
            change(state)


def test_contact_data_are_the_persons_own(database: Database, give: Callable[..., None]) -> None:
    give("editor")
    ewa, colleague = _principal(database, "admin"), _principal(database, "ingest", login="clerk")
    with database.write(ewa) as connection:
        connection.execute(
            text("INSERT INTO app.contact (account_id, email) VALUES (:id, 'ewa@gabin.pl')"), {"id": ewa.account_id}
        )
    for other, seen in ((ewa, 1), (colleague, 0), (_principal(database, "admin", login="clerk"), 1)):
        with database.read(other) as connection:
            assert connection.execute(text("SELECT count(*) FROM app.contact")).scalar_one() == seen
    with database.write(ewa) as connection, pytest.raises(DBAPIError):
        connection.execute(
            text("INSERT INTO app.contact (account_id, email) VALUES (:id, 'x@y.pl')"), {"id": colleague.account_id}
        )


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [("44051401359", True), ("44051401358", False), ("4405140135", False), ("4405140135a", False), ("", False)],
)
def test_pesel_numbers_have_their_check_digit(database: Database, number: str, is_valid: bool) -> None:
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT sdi.is_pesel(:n)"), {"n": number}).scalar_one() is is_valid
