# SPDX-License-Identifier: EUPL-1.2
"""People in the administration: states, roles, lists taken in, own roles, tokens, reasons; each within reach only."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from layers.model import ColumnType, GeometryType
from sdi.admin.people import lists
from sdi.admin.rights import why
from sdi.db.database import Database
from sdi.errors import Unprocessable
from sdi.features import ROOT
from sdi.people.model import Assignment, Principal
from sdi.people.service import add_account, assign, authenticate, issue_token, organisation_id
from sdi.settings import Settings
from sdi.signin.service import set_first_password
from tests.conftest import LayerMaker
from tests.sdi.people.conftest import PASSWORD, Visitor

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
Headers = dict[str, str]
HTML = {"Accept": "text/html"}


@pytest.fixture
def regional(sign_in: SignIn) -> Headers:
    return sign_in("admin", "admin")[1] | HTML


@pytest.fixture
def gabin(sign_in: SignIn) -> Headers:
    return sign_in("clerk", "admin")[1] | HTML


@pytest.fixture(autouse=True)
def people(database: Database) -> None:
    """Two people of Gąbin, one of Radom county."""
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "anna", "Anna Żak", role="clerk")
        add_account(connection, "gabin", "jan", "Jan Nowak")
        add_account(connection, "radomski", "ewa", "Ewa Lis", role="steward")


def _one(database: Database, statement: str, **values: Any) -> Any:
    with database.owner.connect() as connection:
        return connection.execute(text(statement), values).scalar()


def _logins(client: FlaskClient, headers: Headers, query: str = "") -> set[str]:
    page = client.get(f"/admin/people?{query}", headers=headers)
    assert page.status_code == 200, page.text
    return set(re.findall(r"/admin/people/([a-z.]+)\?", page.text))


def _undo(client: FlaskClient, location: str, headers: Headers) -> int:
    found = re.search('name="request" value="([^"]+)"', client.get(location, headers=headers).text)
    assert found
    return client.post("/admin/undo", data={"request": found[1], "back": "/admin/people"}, headers=headers).status_code


def test_people_are_found_within_sight(client: FlaskClient, gabin: Headers, regional: Headers) -> None:
    assert _logins(client, gabin) == {"anna", "jan", "clerk"}
    assert _logins(client, regional) == {"anna", "jan", "clerk", "ewa", "stranger", "admin"}
    assert _logins(client, regional, "q=zak") == {"anna"}
    assert _logins(client, regional, "role=steward") == {"ewa"}
    assert _logins(client, regional, "organisation=gabin&state=active&sort=-login") == {"anna", "jan", "clerk"}
    assert _logins(client, regional, "state=suspended") == set()
    assert client.get("/admin/people/ewa", headers=gabin).status_code == 404


def test_accounts_are_suspended_and_let_in_again(client: FlaskClient, database: Database, gabin: Headers) -> None:
    state = (
        "SELECT string_agg(login || ' ' || state, ', ' ORDER BY login) FROM sdi.account"
        " WHERE login IN ('anna', 'ewa', 'clerk')"
    )
    form = {"login": ["anna", "ewa", "clerk"], "set_state": "suspended"}
    answer = client.post("/admin/people", data=form, headers=gabin)
    assert answer.status_code == 303
    assert _one(database, state) == "anna suspended, clerk active, ewa active"
    assert _undo(client, answer.location, gabin) == 303
    assert _one(database, state) == "anna active, clerk active, ewa active"
    assert (
        client.post("/admin/people", data={"login": "ewa", "set_state": "archived"}, headers=gabin).status_code == 403
    )
    assert (
        client.post("/admin/people", data={"login": "admin", "set_state": "archived"}, headers=gabin).status_code == 403
    )
    assert client.post("/admin/people", data={"set_state": "active"}, headers=gabin).status_code == 400
    assert (
        client.post("/admin/people", data={"login": "anna", "set_state": "ordered"}, headers=gabin).status_code == 422
    )


def test_roles_are_given_within_reach_taken_away_and_undone(
    client: FlaskClient, database: Database, gabin: Headers, regional: Headers
) -> None:
    ids = {
        code: _one(database, "SELECT id FROM sdi.role WHERE code = :c", c=code)
        for code in ("steward", "regional_admin")
    }
    own = _one(database, "SELECT id FROM sdi.organisation WHERE slug = 'gabin'")
    other = _one(database, "SELECT id FROM sdi.organisation WHERE slug = 'radomski'")
    held = "SELECT count(*) FROM sdi.granted g JOIN sdi.account a ON a.id = g.account_id WHERE a.login = 'jan'"
    form = {"role": ids["steward"], "organisation": own, "mandate": "OR.077.3.2026"}
    assert client.post("/admin/people/jan", data=form | {"organisation": other}, headers=gabin).status_code == 403
    assert (
        client.post("/admin/people/jan", data=form | {"role": ids["regional_admin"]}, headers=gabin).status_code == 403
    )
    answer = client.post("/admin/people/jan", data=form, headers=gabin)
    assert answer.status_code == 303
    assert _one(database, held) == 1
    assert "OR.077.3.2026" in client.get("/admin/people/jan", headers=gabin).text
    assert client.post("/admin/people/jan", data=form, headers=gabin).status_code == 409
    assert _undo(client, answer.location, gabin) == 303
    assert _one(database, held) == 0
    client.post("/admin/people/jan", data=form, headers=gabin)
    (given,) = re.findall('name="end" value="([^"]+)"', client.get("/admin/people/jan", headers=gabin).text)
    assert client.post("/admin/people/anna", data={"end": given}, headers=gabin).status_code == 403
    assert client.post("/admin/people/jan", data={"end": given}, headers=gabin).status_code == 303
    assert _one(database, held) == 0
    assert client.post("/admin/people/jan", data={"end": "x"}, headers=gabin).status_code == 400


class TestLists:
    HEAD = "login;name;organisation;role;email;phone;valid_from;valid_to\n"
    GOOD = (
        HEAD
        + "ola;Ola Bąk;gabin;clerk;ola@gabin.example;+48 24 1;;\n"
        + "jan;Jan Nowak-Wilk;gabin;steward;;;2026-01-01;2999-12-31\n"
    )

    def _check(self, client: FlaskClient, headers: Headers, told: str) -> str:
        form = {"file": (BytesIO(told.encode()), "people.csv")}
        answer = client.post("/admin/people-list?lang=en", data=form, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def test_a_list_is_shown_first_then_taken_in_and_again_changes_nothing(
        self, client: FlaskClient, database: Database, gabin: Headers
    ) -> None:
        page = self._check(client, gabin, "\ufeff" + self.GOOD)
        assert "All 2 rows are right" in page
        assert "new account" in page
        assert _one(database, "SELECT count(*) FROM sdi.account WHERE login = 'ola'") == 0
        sent = client.post("/admin/people-list", data={"list": self.GOOD, "confirm": "1"}, headers=gabin)
        assert sent.status_code == 303, sent.text
        assert _one(database, "SELECT name FROM sdi.account WHERE login = 'jan'") == "Jan Nowak-Wilk"
        assert (
            _one(database, "SELECT email FROM sdi.contact c JOIN sdi.account a ON a.id = c.account_id")
            == "ola@gabin.example"
        )
        noted = _one(database, "SELECT max(seq) FROM sdi.audit_entry")
        assert self._check(client, gabin, self.GOOD).count("no change") == 2
        assert (
            client.post("/admin/people-list", data={"list": self.GOOD, "confirm": "1"}, headers=gabin).status_code
            == 303
        )
        assert _one(database, "SELECT max(seq) FROM sdi.audit_entry") == noted

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ("Ola;Ola;gabin", "small letters"),
            ("ola;;gabin", "name is missing"),
            ("ola;Ola;radomski", "no such organisation within your reach"),
            ("ola;Ola;gabin;king", "no such role"),
            ("ola;Ola;gabin;regional_admin", "not yours to give"),
            ("ewa;Ewa;gabin", "out of your sight"),
            ("ola;Ola;gabin;clerk;ola", "not an e-mail"),
            ("ola;Ola;gabin;clerk;;x", "not a telephone"),
            ("ola;Ola;gabin;clerk;;;tomorrow", "2026-12-31"),
            ("ola;Ola;gabin;clerk;;;2026-02-01;2026-01-01", "before the first"),
            ("ola;Ola;gabin;clerk\nola;Ola;gabin;clerk", "stands twice"),
            ("ola;Ola;gabin;clerk\nola;Olga;gabin;editor", "different names"),
            ("ola;Ola;gabin;clerk;;;;;more", "more fields"),
            (f"ola;{'x' * 301};gabin", "too long"),
        ],
    )
    def test_each_row_with_an_error_is_told_and_nothing_is_taken_in(
        self, client: FlaskClient, database: Database, gabin: Headers, row: str, told: str
    ) -> None:
        text_of_list = f"{self.HEAD}zenon;Zenon;gabin\n{row}\n"
        page = self._check(client, gabin, text_of_list)
        assert told in page
        assert 'name="confirm"' not in page
        sent = client.post("/admin/people-list", data={"list": text_of_list, "confirm": "1"}, headers=gabin)
        assert sent.status_code == 422
        assert _one(database, "SELECT count(*) FROM sdi.account WHERE login IN ('ola', 'zenon')") == 0

    @pytest.mark.parametrize(
        "told",
        [
            "",
            "name;login\nx;y",
            "login,name,organisation,colour\na,b,c,d",
            "login,name,organisation\n",
            'login,name,organisation\n"a,b',
        ],
    )
    def test_what_is_no_such_list_is_refused(self, told: str) -> None:
        with pytest.raises(Unprocessable):
            lists.read(told)

    def test_one_person_goes_the_same_way(self, client: FlaskClient, database: Database, gabin: Headers) -> None:
        form = {"login": "ola", "name": 'Ola "Bąk", dr', "organisation": "gabin", "role": "clerk"}
        page = client.post("/admin/people-list?lang=en", data=form, headers=gabin).text
        found = re.search('<textarea name="list"[^>]*>(.*?)</textarea>', page, re.DOTALL)
        assert found
        told = found[1].replace("&#34;", '"')
        assert client.post("/admin/people-list", data={"list": told, "confirm": "1"}, headers=gabin).status_code == 303
        assert _one(database, "SELECT name FROM sdi.account WHERE login = 'ola'") == 'Ola "Bąk", dr'


def test_an_organisation_keeps_roles_of_its_own(
    client: FlaskClient, database: Database, gabin: Headers, sign_in: SignIn
) -> None:
    form = {"code": "archivist", "title_pl": "Archiwista", "scope": ["audit:read", "no:such"]}
    answer = client.post("/admin/roles", data=form, headers=gabin)
    assert answer.status_code == 303
    assert _one(database, "SELECT scopes FROM sdi.role WHERE code = 'archivist'") == ["audit:read"]
    assert client.post("/admin/roles", data=form, headers=gabin).status_code == 409
    assert client.post("/admin/roles", data=form | {"code": "Ą"}, headers=gabin).status_code == 400
    (role,) = re.findall('name="remove" value="([^"]+)"', client.get("/admin/roles", headers=gabin).text)
    change = {"id": role, "title_pl": "Archiwistka", "scope": ["audit:read", "jobs:read"]}
    answer = client.post("/admin/roles", data=change, headers=gabin)
    assert answer.status_code == 303
    assert _undo(client, answer.location, gabin) == 303
    assert (
        _one(database, "SELECT title ->> 'pl' || array_to_string(scopes, ',') FROM sdi.role WHERE code = 'archivist'")
        == "Archiwistaaudit:read"
    )
    radom = sign_in("stranger", "admin")[1] | HTML
    assert client.post("/admin/roles", data={"remove": role}, headers=radom).status_code == 403
    builtin = _one(database, "SELECT id FROM sdi.role WHERE code = 'clerk'")
    assert client.post("/admin/roles", data={"remove": str(builtin)}, headers=gabin).status_code == 403
    with database.owner.begin() as connection:
        assign(connection, Assignment("jan", "archivist", "gabin"))
    assert client.post("/admin/roles", data={"remove": role}, headers=gabin).status_code == 409


def test_nobody_makes_a_role_of_rights_they_lack(client: FlaskClient, database: Database, sign_in: SignIn) -> None:
    narrow = sign_in("clerk", "people:write")[1] | HTML
    form = {"code": "king", "title_pl": "Król", "scope": ["admin"]}
    assert client.post("/admin/roles", data=form, headers=narrow).status_code == 403
    assert client.post("/admin/roles", data=form | {"scope": ["people:write"]}, headers=narrow).status_code == 303


def test_tokens_are_listed_and_ended_within_reach(
    client: FlaskClient, database: Database, gabin: Headers, sign_in: SignIn
) -> None:
    with database.owner.begin() as connection:
        annas = issue_token(connection, "anna", ["ingest"], "laptop", 9)
        issue_token(connection, "ewa", ["ingest"], "desktop", 9)
    page = client.get("/admin/tokens?q=anna", headers=gabin).text
    (token,) = re.findall('name="token" value="([^"]+)"', page)
    assert "desktop" not in client.get("/admin/tokens", headers=gabin).text
    radom = sign_in("stranger", "admin")[1] | HTML
    assert client.post("/admin/tokens", data={"token": token}, headers=radom).status_code == 403
    assert client.post("/admin/tokens", data={"token": token}, headers=gabin).status_code == 303
    assert client.get("/admin", headers={"Authorization": f"Bearer {annas}"}).status_code == 401
    assert client.post("/admin/tokens", data={}, headers=gabin).status_code == 400


class TestWhy:
    @pytest.fixture(autouse=True)
    def things(self, database: Database, add_layer: LayerMaker) -> None:
        for seen in ("public", "organisation", "private"):
            add_layer(f"w_{seen}", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(600000 500000)", "x"]],
                      organisation="gabin", visibility=seen)  # fmt: skip
        with database.owner.begin() as connection:
            add_account(connection, "plocki", "over", "Over", role="steward")
            add_account(connection, "plocki", "gone", "Gone", role="regional_admin", state="suspended")
            add_account(connection, "gabin", "citizen", "Citizen", role="citizen")

    @pytest.mark.parametrize("login", ["admin", "clerk", "anna", "jan", "ewa", "over", "citizen"])
    @pytest.mark.parametrize("seen", ["public", "organisation", "private"])
    def test_the_answer_is_what_the_database_decides(
        self, database: Database, sign_in: SignIn, login: str, seen: str
    ) -> None:
        asker = sign_in("admin", "admin")[0]
        question = why.Question(login, f"layer/w_{seen}", "layers:write", None)
        with database.read(asker) as connection:
            told = why.answer(connection, question)
        with database.owner.connect() as connection:
            gabin = organisation_id(connection, "gabin")
            account = connection.execute(text("SELECT id FROM sdi.account WHERE login = :l"), {"l": login}).scalar_one()
            rights = connection.execute(
                text("SELECT * FROM sdi.rights(:a, :o, NULL)"), {"a": account, "o": gabin}
            ).one()
        person = Principal(account, login, gabin, tuple(rights.organisations), frozenset(rights.scopes))
        with database.read(person) as connection:
            sees = connection.execute(
                text("SELECT count(*) FROM app.layer WHERE id = :id"), {"id": f"w_{seen}"}
            ).scalar()
        assert (told.sees, told.may) == (bool(sees), bool(sees) and person.may("layers:write")), told.reasons

    def test_the_chain_is_told_in_words(self, client: FlaskClient, regional: Headers, gabin: Headers) -> None:
        page = client.get("/admin/why?login=clerk&subject=layer/w_private&lang=pl", headers=regional).text
        assert "Widzi</strong> Warstwa w_private" in page
        assert "administrator organizacji</strong> (Gąbin)" in page
        page = client.get("/admin/why?login=admin&subject=layer/w_private&lang=en", headers=regional).text
        assert "reaches organisations below" in page
        page = client.get("/admin/why?login=gone&scope=ingest&lang=en", headers=regional).text
        assert "suspended" in page
        assert "May not" in page
        page = client.get("/admin/why?login=jan&scope=ingest&lang=en", headers=gabin).text
        assert "no role of today" in page
        for wrong, status in (
            ("login=ewa&scope=ingest", 404),
            ("login=jan&subject=layer/x", 404),
            ("login=jan&subject=x", 400),
            ("login=jan&scope=x", 400),
        ):
            assert client.get(f"/admin/why?{wrong}", headers=gabin).status_code == status, wrong


def test_a_token_of_a_suspended_account_opens_nothing(client: FlaskClient, database: Database, gabin: Headers) -> None:
    with database.owner.begin() as connection:
        token = issue_token(connection, "anna", ["admin"], "laptop", 9)
    with database.app.connect() as connection:
        assert authenticate(connection, token).login == "anna"
    client.post("/admin/people", data={"login": "anna", "set_state": "suspended"}, headers=gabin)
    assert client.get("/admin", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_under_a_session_forms_bring_its_token(app: Flask, database: Database, settings: Settings) -> None:
    with database.owner.begin() as connection:
        set_first_password(connection, "clerk", PASSWORD, settings.identity)
        path = f"/admin/organisations/{organisation_id(connection, 'gabin')}"
    browser = Visitor(app.test_client())
    browser.sign_in()
    assert browser.client.post(path, data={"title_pl": "Z innej strony"}, headers=HTML).status_code == 403
    answer = browser.send(path, title_pl="Gmina Gąbin")
    assert answer.status_code == 303
    page = browser.get(answer.location.removeprefix("http://127.0.0.1:8080")).text
    assert "Gmina Gąbin" in page
    forms, fields = page.count('method="post"'), page.count('name="csrf" value="')
    assert forms == fields > 2


def test_every_form_that_changes_something_has_the_sessions_field() -> None:
    templates = [path for folder in ("sdi", "layers") for path in (ROOT / folder).rglob("templates/*/*.html")]
    forms = {path.name: path.read_text(encoding="utf-8") for path in templates}
    assert len(forms) > 20
    assert {name for name, told in forms.items() if told.count('method="post"') != told.count("csrf_field()")} == set()


def test_an_invitation_is_made_for_whom_one_manages(
    client: FlaskClient, database: Database, gabin: Headers, sign_in: SignIn
) -> None:
    page = client.post("/admin/people/anna/invitation", headers=gabin).text
    found = re.search("/invitation/([^<]+)<", page)
    assert found
    assert "Anna Żak" in client.get(f"/invitation/{found[1]}", headers=HTML).text
    assert client.post("/admin/people/ewa/invitation", headers=gabin).status_code == 404
    plain = sign_in("clerk", "people:write")[1] | HTML
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "boss", "Boss", role="organisation_admin")
    assert client.post("/admin/people/boss/invitation", headers=plain).status_code == 403
