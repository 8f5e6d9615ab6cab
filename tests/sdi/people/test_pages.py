# SPDX-License-Identifier: EUPL-1.2
"""Pages of signing in and of the account: accessible, in both languages, on a telephone, without a script."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from sdi.db.database import Database
from sdi.people.assignments import assign
from sdi.people.model import Assignment
from sdi.signin.service import invite
from tests.axe import assert_accessible
from tests.portal_web.conftest import browser, built  # noqa: F401 - fixtures

from .conftest import PASSWORD
from .test_passkeys import site  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
Opener = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, built: None, site: str) -> Iterator[Opener]:  # noqa: F811
    """`opened(360)`: a page of a window so wide."""
    contexts = []

    def make(width: int, **more: bool) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 740}, reduced_motion="reduce", **more))  # type: ignore[arg-type]
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


def _fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


@pytest.mark.parametrize(("language", "width"), [("pl", 360), ("en", 1280)])
def test_every_page_is_accessible(opened: Opener, site: str, database: Database, language: str, width: int) -> None:  # noqa: F811
    with database.owner.begin() as connection:
        today = connection.execute(text("SELECT sdi.today()")).scalar_one()
        assign(connection, Assignment("clerk", "editor", "plocki", valid_to=today + timedelta(days=9), mandate="OR.1"))
        secret = invite(connection, "stranger", 7)
    page, lang = opened(width), f"lang={language}"
    for path in (f"/sign-in?next=/account&{lang}", f"/invitation/{secret}?{lang}", f"/invitation/none?{lang}"):
        page.goto(site + path)
        assert page.locator("html").get_attribute("lang") == language
        assert_accessible(page)
        _fits(page, width)
    page.goto(f"{site}/sign-in?next=/account?{lang}&{lang}")
    page.fill("#login", "clerk")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert", "what went wrong takes the focus"
    assert_accessible(page)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account?lang=*")
    for path in (f"/account?{lang}&done=person", f"/account/code?{lang}"):
        page.goto(site + path)
        assert_accessible(page)
        _fits(page, width)
    page.locator(".account-menu > summary").focus()
    page.keyboard.press("Enter")
    page.locator(".account-menu").get_by_role("button").last.wait_for()
    assert_accessible(page)


def test_without_a_script_everything_but_passkeys_works(opened: Opener, site: str) -> None:  # noqa: F811
    page = opened(360, java_script_enabled=False)
    page.goto(f"{site}/sign-in?next=/account&lang=en")
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
    page.get_by_label("Login").fill("clerk")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{site}/account?lang=en")
    page.get_by_label("Full name").fill("Jan z Gąbina")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("heading", name="Jan z Gąbina").is_visible()
    page.locator(".account-menu > summary").click()
    page.locator(".account-menu").get_by_role("button").last.click()
    page.goto(f"{site}/account")
    assert "/sign-in?next=" in page.url
