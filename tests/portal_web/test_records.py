# SPDX-License-Identifier: EUPL-1.2
"""Pages of records in a browser: drawing a place, phones, both languages, silence of the console (records 9)."""

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from layers.model import Layer
from sdi.people.model import Principal

pytestmark = pytest.mark.browser
SignIn = Callable[..., tuple[Principal, dict[str, str]]]
URL = "/registers/monuments"
CARD = {"object_type": "church", "locality": "Gąbin", "street": "Rynek 1", "protection": "register_a", "dating": "1712",
        "register_number": "A-123", "decision_date": "1962-03-23", "condition": "fair", "opened": "2026-11-02",
        "description": "Barokowy, murowany, jednonawowy.", "materials": "cegła, tynk"}  # fmt: skip
SHAPE = "POLYGON ((570000 505000, 570060 505000, 570060 505040, 570000 505040, 570000 505000))"


@pytest.fixture
def clerk(sign_in: SignIn) -> dict[str, str]:
    scopes = ("monuments:read", "monuments:write", "monuments:decide", "records:personal")
    return sign_in("clerk", *scopes)[1]


@pytest.fixture
def records(client: FlaskClient, clerk: dict[str, str], communes: Layer) -> list[str]:
    """Addresses of four monuments, the first with a photo, an inspection and some history."""
    made = []
    for title in ("Kościół św. Mikołaja", "Dwór w Topólnie", "Kamienica, Stary Rynek 14", "Młyn wodny na Nidzie"):
        sent = {"title": title, **CARD, "place-subject": SHAPE}
        made.append(client.post(f"{URL}/new", data=sent, headers=clerk).location.partition("?")[0].partition("8080")[2])
    photo = io.BytesIO()
    Image.new("RGB", (900, 600), "#88776a").save(photo, "JPEG")
    photo.seek(0)
    first = made[0]
    client.post(f"{first}/documents", data={"file": (photo, "wieza.jpg"), "dated": "2026-05-01"}, headers=clerk)
    client.post(f"{first}/notes", data={"text": "Właściciel prosi o kontakt po 15."}, headers=clerk)
    client.post(f"{first}/transit", data={"transition": "enter", "version": "1"}, headers=clerk)
    client.post(f"{made[1]}/transit", data={"transition": "notify", "version": "1"}, headers=clerk)
    client.post(f"{made[1]}/clock", data={"action": "pause", "reason": "uzupełnienie wniosku"}, headers=clerk)
    return made


@pytest.fixture
def page(browser: Browser, built: None, clerk: dict[str, str]) -> Iterator[Page]:
    """A page of the clerk's; any error that it logs fails the test."""
    wrong: list[str] = []
    context = browser.new_context(extra_http_headers=clerk, reduced_motion="reduce", locale="pl-PL")
    page = context.new_page()
    # A request that the next page cuts off says nothing of this one; what the server refuses does.
    cut = "Failed to load resource: net::ERR_"
    page.on(
        "console",
        lambda message: message.type == "error" and not message.text.startswith(cut) and wrong.append(message.text),
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong


def _shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("BRAMA_SHOTS"):
        page.wait_for_timeout(700)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_place_is_drawn_and_the_record_shows_it(page: Page, server: str, communes: Layer) -> None:
    page.goto(f"{server}{URL}/new?lang=pl")
    field = page.locator("brama-draw[data-for=place-subject]")
    expect(field).to_have_attribute("data-ready", "")
    field.get_by_role("button", name="Obszar").click()
    box = field.bounding_box()
    assert box
    for x, y in ((300, 120), (360, 120), (360, 180), (300, 180), (300, 120)):
        page.mouse.click(box["x"] + x, box["y"] + y)
    assert '"Polygon"' in page.locator("#place-subject").input_value()
    page.get_by_label(re.compile("^Tytuł|^Nazwa")).first.fill("Narysowany dwór")
    page.get_by_label(re.compile("^Rodzaj")).select_option("manor")
    page.get_by_label(re.compile("^Miejscowość")).fill("Topólno")
    page.get_by_label(re.compile("^Forma ochrony")).select_option("gez")
    page.get_by_role("button", name="Zapisz").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Narysowany dwór")
    expect(page.locator("brama-map")).to_have_attribute("data-ready", "")


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (360, "pl")])
def test_pages_fit_their_window(page: Page, server: str, records: list[str], width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    places = {
        "list": URL, "board": f"{URL}/board", "map": f"{URL}/map", "calendar": f"{URL}/calendar", "form": f"{URL}/new",
        "record": records[0], "term": records[1], "edit": f"{records[1]}/edit", "search": "/records",
        "around": f"/records/around?record={records[0].rpartition('/')[2]}", "statistics": f"{URL}/statistics",
        "condition": f"{records[0]}/condition", "import": f"{URL}/import",
    }  # fmt: skip
    for name, address in places.items():
        page.goto(f"{server}{address}{'&' if '?' in address else '?'}lang={language}")
        assert page.locator("h1").count() == 1
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} scrolls sideways by {over} px"
        _shoot(page, f"{name}-{width}-{language}")
