# SPDX-License-Identifier: EUPL-1.2
"""The portal in a browser: layers, clicks, search, links, languages, phones, keyboards."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from layers.model import Layer
from tests.portal_web.conftest import PageMaker

pytestmark = pytest.mark.browser
PLOCK = "c=52.55000,19.81000&z=10.5"


def _click_map_centre(page: Page) -> None:
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _colours(page: Page) -> int:
    """How many colours the middle of the map has: one means that nothing is drawn there."""
    script = """() => { const seen = new Set();
      for (const canvas of document.querySelectorAll('#map canvas')) {
        const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        for (let i = 0; i < d.length; i += 4 * 97) if (d[i + 3]) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); }
      return seen.size; }"""
    return int(page.evaluate(script))


def test_opens_with_the_communes_drawn_and_their_notice_on_the_map(communes: Layer, open_page: PageMaker) -> None:
    page = open_page()
    expect(page.get_by_role("checkbox", name="Gminy próbne")).to_be_checked()
    expect(page.locator(".map-notice")).to_have_text("Granice przybliżone")
    expect(page.locator(".status-sources")).to_contain_text("© Register")
    expect(page.locator(".status-scale")).to_contain_text("1 : ")
    assert _colours(page) > 1
    assert "l=communes" in page.url


def test_the_tree_shows_and_hides_a_layer(communes: Layer, stops: Layer, open_page: PageMaker) -> None:
    page = open_page()
    drawn = _colours(page)
    page.get_by_role("checkbox", name="Gminy próbne").uncheck()
    page.wait_for_url(re.compile(r"l=(&|$)"))
    expect(page.locator(".map-notice")).to_have_count(0)
    page.get_by_text("Transport").first.click()
    page.get_by_role("checkbox", name="Przystanki").check()
    page.wait_for_url(re.compile("l=stops"))
    assert _colours(page) != drawn


def test_a_click_shows_attributes_under_their_titles(communes: Layer, open_page: PageMaker) -> None:
    page = open_page(f"/?lang=pl&{PLOCK}&l=communes")
    _click_map_centre(page)
    found = page.get_by_role("complementary", name="Wskazane obiekty")
    expect(found.locator("summary")).to_have_text("Płock")
    expect(found.locator("dl")).to_contain_text("miejska")
    expect(page.locator("#live")).to_have_text("1 obiekt")
    page.wait_for_url(re.compile(r"s=communes\.1"))
    found.get_by_role("button", name="Zamknij").click()
    expect(found).to_be_hidden()


def test_search_without_polish_letters_by_keyboard_alone(communes: Layer, open_page: PageMaker) -> None:
    page = open_page()
    field = page.get_by_role("combobox", name="Szukaj miejsca lub warstwy")
    field.focus()
    page.keyboard.type("plock")
    option = page.get_by_role("listbox").get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("Płock")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#found summary")).to_have_text("Płock")
    page.wait_for_url(re.compile(r"s=communes\.1"))


def test_search_turns_a_layer_on(communes: Layer, stops: Layer, open_page: PageMaker) -> None:
    page = open_page()
    page.get_by_role("combobox", name="Szukaj").fill("przyst")
    page.get_by_role("listbox").get_by_role("option", name="Przystanki").click()
    page.wait_for_url(re.compile("l=communes,stops"))


def test_a_link_restores_the_view_and_back_goes_back(communes: Layer, stops: Layer, open_page: PageMaker) -> None:
    link = f"/?lang=pl&{PLOCK}&l=stops,communes:40:off&s=communes.2&crs=2180"
    page = open_page(link)
    page.wait_for_timeout(500)
    assert page.url.endswith(link)
    expect(page.locator("#found summary")).to_have_text("Łąck")
    expect(page.locator(".status-place")).to_contain_text(re.compile(r"N 5\d\d"))
    page.get_by_role("tab", name="Na mapie").click()
    expect(page.locator(".active-list .row-title")).to_have_text(["Gminy próbne", "Przystanki"])
    page.get_by_role("button", name="Usuń z mapy: Przystanki").click()
    page.wait_for_url(re.compile("l=communes:40:off&"))
    page.go_back()
    expect(page.locator(".active-list .row-title")).to_have_count(2)


def test_the_language_switch_keeps_the_view(communes: Layer, open_page: PageMaker) -> None:
    page = open_page(f"/?lang=pl&{PLOCK}&l=communes:70")
    page.get_by_role("link", name="EN").click()
    page.wait_for_selector("html[lang=en][data-map=ready]")
    expect(page.get_by_role("checkbox", name="Trial communes")).to_be_checked()
    assert f"{PLOCK}&l=communes:70" in page.url


def test_the_map_is_moved_zoomed_and_asked_by_keyboard(communes: Layer, open_page: PageMaker) -> None:
    page = open_page(f"/?lang=pl&{PLOCK}&l=communes")
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#found summary")).to_have_text("Płock")
    page.keyboard.press("+")
    page.wait_for_url(re.compile("z=11.5"))
    page.keyboard.press("ArrowUp")
    page.wait_for_url(re.compile(r"c=52\.(?!55000)"))


def test_order_and_opacity(communes: Layer, stops: Layer, open_page: PageMaker) -> None:
    page = open_page("/?lang=pl&l=communes,stops")
    page.get_by_role("tab", name="Na mapie").click()
    page.get_by_role("button", name="Przesuń wyżej: Gminy próbne").click()
    page.wait_for_url(re.compile("l=stops,communes"))
    page.get_by_text("Opcje").first.click()
    page.get_by_role("slider", name="Krycie").first.fill("45")
    page.wait_for_url(re.compile("l=stops,communes:45"))


@pytest.mark.parametrize("width", [360, 320])
def test_a_phone_has_the_map_a_sheet_and_no_sideways_scroll(width: int, communes: Layer, open_page: PageMaker) -> None:
    page = open_page(width=width, height=740)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    stage = page.locator(".stage")
    expect(stage).to_have_attribute("data-sheet", "low")
    page.get_by_role("button", name="Wysokość panelu").click()
    expect(stage).to_have_attribute("data-sheet", "half")
    page.keyboard.press("ArrowUp")
    expect(stage).to_have_attribute("data-sheet", "full")
    expect(page.get_by_role("checkbox", name="Gminy próbne")).to_be_in_viewport()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_phone_shows_what_was_touched_in_the_sheet(communes: Layer, open_page: PageMaker) -> None:
    page = open_page(f"/?lang=pl&{PLOCK}&l=communes", width=360, height=740)
    _click_map_centre(page)
    expect(page.locator("#found summary")).to_have_text("Płock")
    expect(page.locator("#found summary")).to_be_in_viewport()


def test_skip_links_come_first_and_every_control_has_a_name(communes: Layer, open_page: PageMaker) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, a, input, select')].filter(e => !(e.textContent.trim() ||"
        " e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("width", [1366, 820, 721])
def test_nothing_is_cut_off_at_any_width(width: int, communes: Layer, open_page: PageMaker) -> None:
    page = open_page(f"/?lang=pl&{PLOCK}&l=communes&s=communes.1", width=width)
    expect(page.locator("#found summary")).to_be_visible()
    for name in (".languages", "#found .icon-button", "#status"):
        box = page.locator(name).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width


def test_a_page_of_a_feature_has_a_small_map_with_the_base_beneath(communes: Layer, open_page: PageMaker) -> None:
    page = open_page("/ogc/collections/communes/items/1?f=html&lang=pl", ready=False)
    page.wait_for_selector("brama-map[data-ready]")
    assert page.locator("brama-map[data-no-base]").count() == 0
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 1366


def test_a_page_that_is_not_there_says_so_in_the_language(client: FlaskClient) -> None:
    page = client.get("/nowhere?lang=pl", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "Nic tu nie ma" in page.text
    assert "Not Found" not in page.text


@pytest.mark.usefixtures("drawing")
def test_a_layer_is_drawn_as_a_picture_by_wms(communes: Layer, open_page: PageMaker) -> None:
    page = open_page(f"/?lang=pl&{PLOCK}&l=")
    page.get_by_role("checkbox", name="Gminy próbne").check()
    page.get_by_role("tab", name="Na mapie").click()
    page.get_by_text("Opcje").click()
    with page.expect_response(re.compile("/wms.*GetMap")) as answer:
        page.get_by_role("combobox", name="Rysowana jako").select_option("picture")
    assert answer.value.status == 200
    assert answer.value.headers["content-type"] == "image/png"
    page.wait_for_url(re.compile("l=communes:w"))


def test_an_empty_gate_says_what_to_do(open_page: PageMaker) -> None:
    page = open_page()
    expect(page.locator(".tree")).to_contain_text("./brama ingest")
