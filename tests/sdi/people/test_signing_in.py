# SPDX-License-Identifier: EUPL-1.2
"""Passwords let in, nothing else does: attempts are counted, accounts not told, sessions new, cookies kept close."""

import re
import threading

import pytest
from flask import Flask
from sqlalchemy import text

from sdi.db.database import Database
from sdi.errors import Conflict, NotFound
from sdi.people.service import set_state
from sdi.settings import Settings
from sdi.signin import passwords as rules
from sdi.signin.routes import local_address
from sdi.signin.service import drop_factors, invite, set_first_password
from sdi.web.app import create_app

from .conftest import PASSWORD, Visit, Visitor


def _sql(database: Database, statement: str) -> object:
    with database.owner.begin() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def test_a_password_opens_a_session_and_signing_out_ends_it(visit: Visit) -> None:
    browser = visit()
    assert browser.get("/account").headers["Location"].endswith("/sign-in?next=%2Faccount")
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:8080/")
    page = browser.get("/account").text
    assert "Clerk of Gąbin" in page
    assert browser.send("/sign-out").status_code == 303
    assert not browser.signed_in
    assert not browser.secret


def test_a_session_is_a_principal_of_the_persons_roles(visit: Visit) -> None:
    browser = visit()
    browser.sign_in("CLERK")
    assert browser.client.get("/api/jobs/00000000-0000-0000-0000-000000000000").status_code == 404
    assert visit().client.get("/api/jobs/00000000-0000-0000-0000-000000000000").status_code == 401


@pytest.mark.parametrize(
    ("login", "password"),
    [("clerk", "wrong"), ("nobody", PASSWORD), ("clerk", ""), ("", PASSWORD), ("clerk", PASSWORD + " "),
     ("clerk\x00", PASSWORD * 99)],
)  # fmt: skip
def test_wrong_ones_hear_the_same_whatever_is_wrong(visit: Visit, login: str, password: str) -> None:
    browser = visit()
    answer = browser.sign_in(login, password)
    assert answer.status_code == 422
    other = visit().sign_in("surely-nobody", "x").text
    assert re.sub(r'value="[^"]*"', "", answer.text) == re.sub(r'value="[^"]*"', "", other)
    assert 'role="alert"' in answer.text
    assert not browser.signed_in


def test_a_login_without_an_account_costs_the_same_work(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = rules._HASHER

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            asked.append(stored.rsplit("$", 2)[0])
            return real.verify(stored, password)

    monkeypatch.setattr(rules, "_HASHER", Counting())
    visit().sign_in("clerk", "wrong")
    visit().sign_in("nobody", "wrong")
    assert len(asked) == 2
    assert asked[0] == asked[1], "the same costs"


@pytest.mark.parametrize("state", ["suspended", "archived"])
def test_a_closed_account_is_out_at_once_and_stays_out(visit: Visit, database: Database, state: str) -> None:
    browser = visit()
    browser.sign_in()
    with database.owner.begin() as connection:
        set_state(connection, "clerk", state)  # type: ignore[arg-type]
    assert not browser.signed_in
    assert visit().sign_in().status_code == 422
    if state == "suspended":
        with database.owner.begin() as connection:
            set_state(connection, "clerk", "active")
        assert not browser.signed_in, "the old session does not come back"


def test_after_too_many_attempts_the_right_password_waits_too(visit: Visit, database: Database) -> None:
    for _ in range(10):
        assert visit().sign_in(password="wrong").status_code == 422
    answer = visit().sign_in()
    assert answer.status_code == 429
    assert "kwadrans" in answer.text
    assert visit().sign_in("stranger").status_code == 303, "others are not kept out"
    _sql(database, "UPDATE sdi.attempt SET at = at - interval '16 minutes'")
    assert visit().sign_in().status_code == 303
    assert visit().sign_in(password="wrong").status_code == 422, "who got in begins anew"


def test_an_address_that_tries_many_logins_waits(database: Database, settings: Settings, passwords: None) -> None:
    few = settings.model_copy(update={"identity": settings.identity.model_copy(update={"address_attempts": 5})})
    app = create_app(few, database, listen=False)
    for number in range(5):
        assert Visitor(app.test_client()).sign_in(f"guess{number}").status_code == 422
    assert Visitor(app.test_client()).sign_in("guess5").status_code == 429


def test_attempts_at_once_are_counted_too(app: Flask, passwords: None) -> None:
    statuses: list[int] = []

    def attempt() -> None:
        statuses.append(app.test_client().post("/sign-in", data={"login": "clerk", "password": "wrong"}).status_code)

    threads = [threading.Thread(target=attempt) for _ in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [422] * 10 + [429] * 4


def test_no_known_cookie_is_a_session_after_signing_in(visit: Visit) -> None:
    browser = visit()
    browser.client.set_cookie("brama", "chosen-by-somebody-else")
    browser.client.post("/sign-in", data={"login": "clerk", "password": PASSWORD})
    assert browser.secret == "chosen-by-somebody-else", "a form without the token of that cookie is refused"
    first = visit()
    first.sign_in()
    before = first.secret
    first.client.get("/sign-in")
    page = first.get("/account").text
    token = re.search(r'name="csrf" value="([^"]*)"', page)
    assert token
    first.client.post("/sign-in", data={"login": "stranger", "password": PASSWORD, "csrf": token[1]})
    assert first.secret != before
    old = visit()
    old.client.set_cookie("brama", before or "")
    assert not old.signed_in, "the session before has ended"


@pytest.mark.parametrize(
    ("address", "name"), [("https://brama.pl", "__Host-brama"), ("http://127.0.0.1:8080", "brama")]
)
def test_cookies_are_kept_from_scripts_and_other_sites(
    database: Database, settings: Settings, passwords: None, address: str, name: str
) -> None:
    served = settings.model_copy(update={"server": settings.server.model_copy(update={"public_url": address})})
    client = create_app(served, database, listen=False).test_client()
    answer = client.post("/sign-in", data={"login": "clerk", "password": PASSWORD}, base_url=address)
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}="))
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert ("secure" in flags) is address.startswith("https")
    assert not any(flag.startswith("domain") for flag in flags)


def test_sessions_end_unused_and_in_any_case(visit: Visit, database: Database) -> None:
    browser = visit()
    for change in ("seen_at = now() - interval '61 minutes'", "expires_at = now()"):
        browser.sign_in()
        assert browser.signed_in
        _sql(database, f"UPDATE sdi.session SET {change}")
        assert not browser.signed_in
        browser = visit()
    browser.sign_in()
    _sql(database, "UPDATE sdi.session SET seen_at = now() - interval '50 minutes'")
    assert browser.signed_in
    assert _sql(database, "SELECT max(seen_at) > now() - interval '1 minute' FROM sdi.session")


@pytest.mark.parametrize(
    "sent",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/x\r\nSet-Cookie: a=b",
     "javascript:alert(1)",
     "", "evil", "/" + "x" * 3_000, "/\tevil", "http:evil.example"],
)  # fmt: skip
def test_signing_in_leads_to_this_site_only(visit: Visit, sent: str) -> None:
    assert local_address(sent) == "/"
    browser = visit()
    answer = browser.client.post("/sign-in", query_string={"next": sent}, data={"login": "clerk", "password": PASSWORD})
    assert answer.headers["Location"] == "http://127.0.0.1:8080/"


def test_signing_in_leads_back_to_the_page_that_was_wanted(visit: Visit) -> None:
    browser = visit()
    wanted = browser.get("/account?done=person").headers["Location"]
    assert (
        browser.sign_in(following="?" + wanted.partition("?")[2]).headers["Location"].endswith("/account?done=person")
    )


def test_nobody_is_signed_in_by_another_site(visit: Visit) -> None:
    client = visit().client
    fields = {"login": "clerk", "password": PASSWORD}
    assert client.post("/sign-in", data=fields, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-in", data=fields, headers={"Origin": "http://127.0.0.1:8080"}).status_code == 303


def test_pages_of_signing_in_are_not_kept_nor_framed(visit: Visit) -> None:
    browser = visit()
    browser.sign_in()
    for answer in (visit().get("/sign-in"), browser.get("/account")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_a_page_for_somebody_is_nobody_elses(visit: Visit) -> None:
    browser = visit()
    browser.sign_in()
    for path in ("/catalogue", "/ogc?f=html", "/map", "/ogc/processes?f=html"):
        answer = browser.get(path)
        assert "Clerk of Gąbin" in answer.text, path
        assert "private" in answer.headers["Cache-Control"], path
        assert "public" not in answer.headers["Cache-Control"], path


def test_secrets_are_not_stored(visit: Visit, database: Database) -> None:
    browser = visit()
    browser.sign_in()
    with database.owner.begin() as connection:
        invitation = invite(connection, "clerk", 7)
        tables = connection.execute(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'sdi'::regnamespace AND relkind = 'r'")
        ).scalars()
        rows = "".join(
            "".join(connection.execute(text(f"SELECT t::text FROM sdi.{table} t")).scalars()) for table in list(tables)
        )
    for secret in (browser.secret or "", PASSWORD, invitation):
        assert secret
        assert secret not in rows


def test_an_invitation_sets_a_password_once(visit: Visit, database: Database) -> None:
    with database.owner.begin() as connection:
        secret = invite(connection, "clerk", 7)
        with pytest.raises(NotFound):
            invite(connection, "nobody", 7)
    old, browser, new = visit(), visit(), "trzy sosny i jeden dąb"
    old.sign_in()
    path = f"/invitation/{secret}"
    assert "clerk" in browser.get(path).text
    for password, again in (("short", "short"), (new, new + "x"), ("clerk-clerk-1", "clerk-clerk-1")):
        assert browser.client.post(path, data={"password": password, "again": again}).status_code == 422
    assert browser.client.post(path, data={"password": new, "again": new}).status_code == 303
    assert browser.signed_in
    assert not old.signed_in
    assert visit().get(path).status_code == 404
    assert visit().client.post(path, data={"password": new, "again": new}).status_code == 404
    assert visit().sign_in(password=new).status_code == 303
    assert visit().sign_in().status_code == 422


def test_an_invitation_grows_too_old_and_a_newer_one_takes_its_place(visit: Visit, database: Database) -> None:
    with database.owner.begin() as connection:
        first, second = invite(connection, "clerk", 7), invite(connection, "clerk", 7)
    assert visit().get(f"/invitation/{first}").status_code == 404
    assert visit().get(f"/invitation/{second}").status_code == 200
    _sql(database, "UPDATE sdi.invitation SET expires_at = now()")
    assert visit().get(f"/invitation/{second}").status_code == 404


def test_weak_passwords_are_refused(database: Database, settings: Settings) -> None:
    with database.owner.begin() as connection:
        for weak in ("short", "x" * 201, "clerk1234567"):
            with pytest.raises(Conflict):
                set_first_password(connection, "clerk", weak, settings.identity)
        with pytest.raises(NotFound):
            set_first_password(connection, "nobody", PASSWORD, settings.identity)
        drop_factors(connection, "clerk")


def test_hashes_are_argon2id_with_their_own_salt() -> None:
    one, other = rules.hashed(PASSWORD), rules.hashed(PASSWORD)
    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert rules.matches(one, PASSWORD)
    assert not rules.matches(one, PASSWORD + "x")
    assert not rules.matches("nonsense", PASSWORD)
