# SPDX-License-Identifier: EUPL-1.2
"""The account's page: codes from an app, sessions, tokens, the organisation worked in; of the person alone."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from sdi.account.agents import program
from sdi.db.database import Database
from sdi.people.assignments import assign
from sdi.people.model import Assignment, Principal
from sdi.people.service import scopes
from sdi.signin.service import invite

from .conftest import PASSWORD, Visit, Visitor

SignIn = Callable[..., tuple[Principal, dict[str, str]]]


def _count(database: Database, table: str) -> int:
    with database.owner.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM sdi.{table}")).scalar_one())


@pytest.fixture
def person(visit: Visit) -> Visitor:
    """The clerk, signed in."""
    browser = visit()
    browser.sign_in()
    return browser


def _set_up_app(person: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    page = person.get("/account/code").text
    found = re.search(r'<code class="secret">([A-Z2-7]{32})</code>', page)
    assert found
    assert "<svg" in page
    app = pyotp.TOTP(found[1])
    assert person.send("/account/code", code="000000").status_code == 422
    page = person.send("/account/code", code=app.now()).text
    codes = re.findall(r"<code>([A-Z2-9-]{14})</code>", page)
    assert len(set(codes)) == 10
    return app, codes


def _later(database: Database) -> None:
    """Let the app's step be a fresh one again, as half a minute later."""
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.totp SET last_step = last_step - 2"))


def test_a_code_is_asked_after_the_password_and_taken_once(person: Visitor, visit: Visit, database: Database) -> None:
    app, _ = _set_up_app(person)
    browser = visit()
    assert browser.sign_in(following="?next=/account").headers["Location"].endswith("/sign-in/code?next=%2Faccount")
    assert not browser.signed_in
    for wrong in (app.now(), "", "12345", "abcdef"):  # the first was used when the app was set up
        assert browser.send("/sign-in/code", code=wrong).status_code == 422
    _later(database)
    answer = browser.send("/sign-in/code?next=/account", code=f" {app.now()[:3]} {app.now()[3:]} ")
    assert answer.headers["Location"].endswith("/account")
    assert browser.signed_in


def test_a_recovery_code_lets_in_once(person: Visitor, visit: Visit) -> None:
    _, codes = _set_up_app(person)
    for browser, lets_in in ((visit(), True), (visit(), False)):
        browser.sign_in()
        browser.send("/sign-in/code", code=codes[3].lower())
        assert browser.signed_in is lets_in
    assert "9 " in person.get("/account").text


def test_codes_cannot_be_guessed_nor_the_password_step_skipped(person: Visitor, visit: Visit) -> None:
    _set_up_app(person)
    browser = visit()
    assert browser.send("/sign-in/code", code="123456").status_code == 422, "nothing was begun"
    statuses = []
    for _ in range(12):
        browser.sign_in()
        statuses.append(browser.send("/sign-in/code", code="000000").status_code)
    assert statuses == [422] * 10 + [429] * 2


def test_a_second_step_comes_too_late_after_ten_minutes(person: Visitor, visit: Visit, database: Database) -> None:
    app, _ = _set_up_app(person)
    _later(database)
    browser = visit()
    browser.sign_in()
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.ceremony SET expires_at = now()"))
    assert "nowa" in browser.send("/sign-in/code", code=app.now()).text
    assert not browser.signed_in


def test_an_invitation_does_not_pass_by_the_second_factor(person: Visitor, visit: Visit, database: Database) -> None:
    _set_up_app(person)
    with database.owner.begin() as connection:
        secret = invite(connection, "clerk", 1)
    browser, new = visit(), "cztery pory roku"
    answer = browser.client.post(f"/invitation/{secret}", data={"password": new, "again": new})
    assert answer.headers["Location"].startswith("http://127.0.0.1:8080/sign-in/code")
    assert not browser.signed_in


def test_codes_stop_being_asked_by_a_code(person: Visitor, visit: Visit, database: Database) -> None:
    app, _ = _set_up_app(person)
    assert person.get("/account/code").status_code == 303, "the secret that holds is not shown nor replaced"
    assert person.send("/account/code/remove", code="000000").status_code == 422
    _later(database)
    assert person.send("/account/code/remove", code=app.now()).status_code == 303
    assert visit().sign_in().headers["Location"] == "http://127.0.0.1:8080/"
    assert _count(database, "recovery_code") == 0


def test_a_password_is_changed_by_who_knows_it_and_other_sessions_end(person: Visitor, visit: Visit) -> None:
    other, new = visit(), "pięć białych gęsi"
    other.sign_in()
    for fields in (
        {"current": "wrong", "password": new, "again": new},
        {"current": PASSWORD, "password": new, "again": "x"},
        {"current": PASSWORD, "password": "short", "again": "short"},
    ):
        assert person.send("/account/password", **fields).status_code == 422
    assert person.send("/account/password", current=PASSWORD, password=new, again=new).status_code == 303
    assert person.signed_in
    assert not other.signed_in
    assert visit().sign_in(password=new).status_code == 303


def test_sessions_are_listed_and_ended(person: Visitor, visit: Visit) -> None:
    first, second, stranger = visit(), visit(), visit()
    for browser in (first, second):
        browser.sign_in()
    stranger.sign_in("stranger")
    ends = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", person.get("/account").text)
    assert len(ends) == 2
    stranger.send(f"/account/sessions/{ends[0]}/end")
    assert (first.signed_in, second.signed_in) == (True, True), "nobody ends another person's"
    person.send(f"/account/sessions/{ends[0]}/end")
    assert sorted([first.signed_in, second.signed_in]) == [False, True]
    person.send("/account/sessions/end-others")
    assert (first.signed_in, second.signed_in, person.signed_in) == (False, False, True)


def test_a_token_opens_what_the_person_may(person: Visitor, client: FlaskClient, database: Database) -> None:
    assert person.send("/account/tokens", label="", scope="ingest", days="7").status_code == 422
    assert person.send("/account/tokens", label="x", scope="everything", days="7").status_code == 422
    assert person.send("/account/tokens", label="x", scope="ingest", days="4000").status_code == 422
    page = person.send("/account/tokens", label="QGIS", scope=["features:write", "ingest"], days="30").text
    found = re.search(r"(brama_[\w-]{43})", page)
    assert found
    job = "/api/jobs/00000000-0000-0000-0000-000000000000"
    assert client.get(job, auth=("clerk", found[1])).status_code == 404
    listed = person.get("/account").text
    assert "QGIS" in listed
    assert found[1] not in listed
    ends = re.findall(r"/account/tokens/([0-9a-f-]{36})/revoke", listed)
    person.send(f"/account/tokens/{ends[0]}/revoke")
    assert client.get(job, auth=("clerk", found[1])).status_code == 401


def test_who_holds_few_rights_makes_tokens_of_no_more(visit: Visit, database: Database) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM sdi.assignment"))
        assign(connection, Assignment("clerk", "editor", "gabin"))
    browser = visit()
    browser.sign_in()
    offered = re.findall(r'name="scope" value="([^"]+)"', browser.get("/account").text)
    assert set(offered) == {name for name, scope in scopes().items() if "editor" in scope.roles}
    assert browser.send("/account/tokens", label="x", scope="ingest", days="7").status_code == 422
    assert _count(database, "token") == 0


def test_a_token_changes_no_account(sign_in: SignIn, client: FlaskClient, passwords: None) -> None:
    headers = sign_in("clerk", "admin")[1]
    assert client.get("/account", headers=headers).status_code == 401
    for path in ("password", "tokens", "person", "passkeys/options", "code", "sessions/end-others", "organisation"):
        assert client.post(f"/account/{path}", headers=headers, data={"password": "x"}).status_code == 401, path


def test_a_person_says_how_they_are_reached_and_nothing_else_of_the_row(person: Visitor, database: Database) -> None:
    more = {"login": "admin", "state": "archived", "organisation_id": "x", "pesel": "44051401359", "scopes": "admin"}
    fields = {"name": "Jan Gąbin", "language": "en", "email": "jan@gabin.pl", "phone": "+48 24 000 00 00"}
    assert person.send("/account/person", **fields, **more).status_code == 303
    assert '<html lang="en">' in person.get("/account").text
    with database.owner.connect() as connection:
        row = connection.execute(
            text(
                "SELECT a.login, a.name, a.state, c.email, c.phone, c.pesel FROM sdi.account a"
                " JOIN sdi.contact c ON c.account_id = a.id"
            )
        ).one()
    assert tuple(row) == ("clerk", "Jan Gąbin", "active", "jan@gabin.pl", "+48 24 000 00 00", None)
    assert person.send("/account/person", **{**fields, "email": "nonsense"}).status_code == 422
    assert person.send("/account/person", **{**fields, "name": ""}).status_code == 422
    assert person.send("/account/person", **{**fields, "email": "", "phone": ""}).status_code == 303


def test_a_person_works_where_they_have_a_role(visit: Visit, database: Database) -> None:
    with database.owner.begin() as connection:
        assign(connection, Assignment("clerk", "editor", "plocki", valid_to=None))
        ids = {row[0]: row[1] for row in connection.execute(text("SELECT slug, id FROM sdi.organisation"))}
    browser = visit()
    browser.sign_in()
    page = browser.get("/catalogue").text
    assert page.count('name="organisation"') == 2, "the header offers both"
    assert browser.send("/account/organisation", organisation=ids["radomski"]).status_code == 404
    assert browser.send("/account/organisation", organisation="nonsense").status_code == 400
    answer = browser.send("/account/organisation", organisation=ids["plocki"], next="//evil.example")
    assert answer.headers["Location"] == "http://127.0.0.1:8080/"
    assert f'value="{ids["plocki"]}" selected' in browser.get("/account").text
    offered = re.findall(r'name="scope" value="([^"]+)"', browser.get("/account").text)
    assert "admin" not in offered, "an administrator of one is an editor in the other"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_browsers_have_names(agent: str, name: str) -> None:
    assert program(agent) == name


def test_who_reaches_below_works_there_too(visit: Visit, database: Database) -> None:
    browser = visit()
    browser.sign_in("admin")
    page = browser.get("/account").text
    assert page.count("<option value=") >= 4 + 1
    with database.owner.connect() as connection:
        gabin = connection.execute(text("SELECT id FROM sdi.organisation WHERE slug = 'gabin'")).scalar_one()
    assert browser.send("/account/organisation", organisation=gabin).status_code == 303
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT organisation_id FROM sdi.session")).scalar_one() == gabin


def test_deadlines_of_roles_and_whom_one_stands_in_for_are_told(visit: Visit, database: Database) -> None:
    with database.owner.begin() as connection:
        today = connection.execute(text("SELECT sdi.today()")).scalar_one()
        assign(connection, Assignment("stranger", "editor", "radomski"))
        more = {"valid_to": today + timedelta(days=5), "deputy_for": "stranger", "mandate": "OR.077.9.2026"}
        assign(connection, Assignment("clerk", "editor", "radomski", **more))
    browser = visit()
    browser.sign_in()
    page = browser.get("/account?lang=en").text
    assert "in place of Clerk of Radom county" in page
    assert "OR.077.9.2026" in page
