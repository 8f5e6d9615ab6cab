# SPDX-License-Identifier: EUPL-1.2
"""The administration in a browser: accessible in both languages, on a phone and by keyboard; changes and undo."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from sdi.jobs.service import enqueue
from sdi.people.model import Principal
from sdi.people.service import add_account
from tests.axe import assert_accessible
from tests.conftest import LayerMaker

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
PAGES = (
    "/admin", "/admin/organisations", "/admin/layers", "/admin/audit", "/admin/jobs", "/admin/privacy",
    "/admin/parameters", "/admin/parameters/logs.retention_years", "/admin/layers?q=nothing", "/admin/people",
    "/admin/people/anna", "/admin/people-list", "/admin/roles", "/admin/tokens",
    "/admin/why?login=anna&subject=layer/warstwa_2",
)  # fmt: skip

pytestmark = pytest.mark.browser


@pytest.fixture
def content(database: Database, add_layer: LayerMaker, sign_in: SignIn) -> None:
    """Layers of several organisations with changes, jobs."""
    titles = ("Studnie i ujęcia wody", "Sieć kanalizacyjna", "Drogi powiatowe", "Obszary rewitalizacji")
    for number, title in enumerate(titles):
        add_layer(
            f"warstwa_{number}", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(600000 500000)", "x"]] * 1,
            organisation=("gabin", "mazowieckie")[number % 2], title={"pl": title, "en": f"Layer {number}"},
            theme="transport", visibility=("public", "organisation", "private", "public")[number],
        )  # fmt: skip
    caller = sign_in("admin", "admin")[0]
    with database.write(caller) as connection:
        for task in ("ingest.load", "tiles.seed", "processes.run"):
            enqueue(connection, task, {})
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "anna", "Anna Żak", role="steward")
        add_account(connection, "gabin", "jan", "Jan Nowak", role="clerk", state="suspended")
        connection.execute(
            text("UPDATE sdi.job SET state = 'failed', message = 'Plik nie ma warstwy z geometrią.',"
                 " started_at = now() - interval '12.5 s', finished_at = now() WHERE task = 'ingest.load'")
        )  # fmt: skip
        connection.execute(
            text("UPDATE sdi.job SET state = 'running', progress = 0.4, started_at = now() WHERE task = 'tiles.seed'")
        )


Opener = Callable[..., Page]


@pytest.fixture
def open_admin(browser: Browser, built: None, server: str, sign_in: SignIn, content: None) -> Iterator[Opener]:
    """A page opened by the regional administrator."""
    headers = sign_in("admin", "admin")[1]
    contexts = []

    def make(path: str, language: str = "pl") -> Page:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, extra_http_headers=headers, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        answer = page.goto(f"{server}{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer is not None
        assert answer.status == 200, page.content()
        return page

    yield make
    for context in contexts:
        context.close()


def _shot(page: Page, name: str) -> None:
    """Keep a picture to look at where BRAMA_SHOTS names a folder."""
    folder = os.environ.get("BRAMA_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["pl", "en"])
def test_pages_are_accessible_and_fit_a_phone(open_admin: Opener, language: str) -> None:
    page = open_admin("/admin", language)
    for path in PAGES:
        page.goto(f"{page.url.partition('/admin')[0]}{path}{'&' if '?' in path else '?'}lang={language}")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            _shot(page, f"{path.strip('/').replace('/', '-').replace('?', '-')}-{language}-{width}")
        assert_accessible(page)


def test_layers_are_changed_by_keyboard_and_undone_without_a_script(browser: Browser, open_admin: Opener) -> None:
    page = open_admin("/admin/layers")
    page.get_by_label("Studnie i ujęcia wody").focus()
    page.keyboard.press("Space")
    page.get_by_label("Widoczność").nth(1).select_option("private")
    page.get_by_role("button", name="Zmień").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".told")
    row = page.get_by_role("row").filter(has_text="Studnie")
    assert "prywatna" in row.inner_text()
    assert_accessible(page)
    _shot(page, "admin-layers-done")
    page.get_by_role("button", name="Cofnij").click()
    page.wait_for_url("**/admin/layers?**")
    assert "publiczna" in page.get_by_role("row").filter(has_text="Studnie").inner_text()


def test_a_wrong_value_is_told_beside_its_field_which_has_the_focus(open_admin: Opener) -> None:
    page = open_admin("/admin/parameters/logs.retention_years")
    page.get_by_label("Wartość (lata)").fill("1")
    page.get_by_label("Pierwszy dzień").fill("2027-01-01")
    page.get_by_label("Podstawa prawna").fill("uchwała nr 7")
    page.get_by_role("button", name="Zapisz").click()
    page.wait_for_selector("#error")
    assert page.evaluate("document.activeElement.name") == "value"
    assert page.get_by_label("Podstawa prawna").input_value() == "uchwała nr 7"
    assert_accessible(page)
    _shot(page, "admin-parameter-error")


def test_a_list_of_people_is_checked_before_it_is_taken_in(open_admin: Opener, tmp_path: Path) -> None:
    told = tmp_path / "people.csv"
    told.write_text("login;name;organisation;role\nola;Ola Bąk;gabin;clerk\nOla;Ola;nowhere;king\n", encoding="utf-8")
    page = open_admin("/admin/people-list")
    page.get_by_label("Plik").set_input_files(told)
    page.get_by_role("button", name="Sprawdź").nth(1).click()
    page.get_by_text("wiersz ma błąd").wait_for()
    assert_accessible(page)
    _shot(page, "admin-people-list-checked")
    told.write_text("login;name;organisation;role\nola;Ola Bąk;gabin;clerk\n", encoding="utf-8")
    page.get_by_label("Plik").set_input_files(told)
    page.get_by_role("button", name="Sprawdź").nth(1).click()
    page.get_by_role("button", name="Wczytaj").click()
    page.wait_for_selector(".told")
    assert page.get_by_role("link", name="Ola Bąk").count() == 1
