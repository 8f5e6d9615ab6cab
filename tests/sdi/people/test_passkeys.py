# SPDX-License-Identifier: EUPL-1.2
"""Passkeys with a real browser and its virtual authenticator; and forged answers without one."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page
from sqlalchemy import text
from werkzeug.serving import make_server

from sdi.db.database import Database
from sdi.people.service import set_state
from sdi.settings import Settings
from sdi.web.app import create_app
from tests.portal_web.conftest import browser, built  # noqa: F401 - fixtures

from .conftest import PASSWORD, Visit

pytestmark = pytest.mark.browser
_AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def site(settings: Settings, database: Database, passwords: None) -> Iterator[str]:
    """The application at `localhost`: authenticators know sites by names, not by numbers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        served = settings.model_copy(update={"server": settings.server.model_copy(update={"public_url": address})})
        running = make_server(
            "127.0.0.1", 0, create_app(served, database, listen=False), threaded=True, fd=listening.fileno()
        )
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield address
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.fixture
def page(browser: Browser, built: None, site: str) -> Iterator[Page]:  # noqa: F811
    """A page of the clerk's, signed in, whose authenticator is ready."""
    context = browser.new_context(locale="pl-PL", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site}/sign-in?next=/account")
    page.get_by_label("Login").fill("clerk")
    page.get_by_label("Hasło").fill(PASSWORD)
    page.get_by_role("button", name="Zaloguj się", exact=True).click()
    page.wait_for_url(f"{site}/account")
    yield page
    context.close()


@pytest.fixture
def authenticator(page: Page) -> CDPSession:
    """The browser's virtual authenticator."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
    return session


def _add(page: Page, name: str = "laptop") -> None:
    page.get_by_label("Nazwa nowego klucza").fill(name)
    page.get_by_role("button", name="Dodaj klucz dostępu").click()
    page.wait_for_url("**/account?done=passkey#passkeys")


def _leave(page: Page) -> None:
    page.locator(".account-menu > summary").click()
    page.locator(".account-menu").get_by_role("button", name="Wyloguj się").click()


def _sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in?next=/account")
    page.get_by_role("button", name="Zaloguj się kluczem dostępu").click()


def test_a_passkey_is_made_lets_in_and_is_removed(
    page: Page, authenticator: CDPSession, site: str, database: Database
) -> None:
    _add(page)
    assert page.get_by_text("laptop").first.is_visible()
    _leave(page)
    _sign_in(page, site)
    page.wait_for_url(f"{site}/account")
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT method FROM sdi.session")).scalar_one() == "passkey"
        assert connection.execute(text("SELECT used_at IS NOT NULL FROM sdi.passkey")).scalar_one()
    page.get_by_role("button", name="Usuń: laptop").click()
    page.wait_for_url("**done=passkey-removed")
    _leave(page)
    _sign_in(page, site)
    page.get_by_text("Klucz nie został użyty.").wait_for()


def test_a_suspended_persons_passkey_lets_nobody_in(
    page: Page, authenticator: CDPSession, site: str, database: Database
) -> None:
    _add(page)
    with database.owner.begin() as connection:
        set_state(connection, "clerk", "suspended")
    _sign_in(page, site)
    page.get_by_text("Klucz nie został użyty.").wait_for()


def test_an_answer_counts_once_and_only_for_this_site(
    page: Page, authenticator: CDPSession, site: str, database: Database
) -> None:
    _add(page)
    sent: list[Any] = []
    page.on("request", lambda made: made.url.partition("?")[0].endswith("/sign-in/passkey") and sent.append(made))
    _leave(page)
    _sign_in(page, site)
    page.wait_for_url(f"{site}/account")
    answer = sent[0].post_data_json
    again = page.context.request.post(f"{site}/sign-in/passkey", data=answer, headers={"Origin": site})
    assert again.status in (403, 422), "the challenge is used up"
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.passkey SET sign_count = 1000"))
    _leave(page)
    _sign_in(page, site)
    page.get_by_text("Klucz nie został użyty.").wait_for()  # a copy of the authenticator counts from before


_EMPTY = {"id": "AAAA", "rawId": "AAAA", "response": {}, "type": "public-key"}


@pytest.mark.parametrize("sent", [{}, [], "x", {"rawId": "AAAA"}, _EMPTY])
def test_forged_answers_let_nobody_in(app: Flask, visit: Visit, sent: object) -> None:
    client = visit().client
    options: Callable[..., Any] = client.post
    assert options("/sign-in/passkey/options").json["userVerification"] == "required"
    answer = client.post("/sign-in/passkey", json=sent)
    assert (answer.status_code, answer.json["code"]) == (422, "not-signed-in")
    assert client.get_cookie("brama") is None
