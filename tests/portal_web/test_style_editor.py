# SPDX-License-Identifier: EUPL-1.2
"""The style editor in a browser: a live preview for everybody, files in and out, saving with errors at their fields."""

import json
import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from layers.model import Layer
from sdi.people.model import Principal
from tests.portal_web.conftest import PageMaker

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
EDITOR = "/map/style?lang=pl&layer=communes"
QML = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0"><renderer-v2 type="singleSymbol"><symbols>
<symbol type="fill" name="0" alpha="1"><layer class="SimpleFill">
<Option type="Map"><Option name="color" type="QString" value="17,115,61,255"/>
<Option name="outline_color" type="QString" value="35,35,35,255"/>
<Option name="outline_width" type="QString" value="2"/>
<Option name="outline_width_unit" type="QString" value="Pixel"/><Option name="style" type="QString" value="solid"/>
</Option></layer></symbol></symbols></renderer-v2></qgis>"""


def _shot(page: Page, name: str) -> None:
    folder = os.environ.get("BRAMA_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def _colours(page: Page) -> list[Any]:
    """The three colours that cover most of the map."""
    page.wait_for_timeout(600)
    box: Any = page.locator("#map").bounding_box()
    picture = Image.open(BytesIO(page.screenshot(clip=box))).convert("RGB")
    found = sorted(picture.getcolors(1_000_000) or [], reverse=True)
    return [colour for _, colour in found[:3]]


@pytest.mark.parametrize(("language", "rules", "width"), [("pl", "Reguły", 1366), ("en", "Rules", 1366),
                                                        ("pl", "Reguły", 360), ("en", "Rules", 360)])  # fmt: skip
def test_the_editor_opens_in_both_languages_on_desktops_and_phones(
    open_page: PageMaker, communes: Layer, language: str, rules: str, width: int
) -> None:
    page = open_page(f"/map/style?lang={language}&layer={communes.id}", width=width, height=760)
    expect(page.get_by_role("heading", name=rules)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box: Any = page.locator("#map").bounding_box()
    assert min(box["width"], box["height"]) > 250
    assert page.evaluate("document.elementFromPoint(innerWidth - 40, 200).closest('#map') !== null")
    _shot(page, f"editor-{language}-{width}")


@pytest.mark.usefixtures("communes")
def test_a_change_of_colour_shows_at_once(open_page: PageMaker) -> None:
    page = open_page(EDITOR)
    page.locator("[data-path='rules.0.symbolizers.0.color']").fill("#ff0000")
    page.locator("[data-path='rules.0.symbolizers.0.fillOpacity']").fill("1")
    assert (255, 0, 0) in _colours(page)


@pytest.mark.usefixtures("communes")
def test_classes_of_a_column_become_rules(open_page: PageMaker) -> None:
    page = open_page(EDITOR)
    page.locator("summary", has_text="Klasy z kolumny").click()
    page.get_by_label("Kolumna").select_option("type")
    page.get_by_label("Metoda").select_option("unique")
    page.get_by_label("Kolory").select_option("Tol")
    page.get_by_role("button", name="Utwórz reguły").click()
    expect(page.locator(".rule-title")).to_have_text(["miejska", "miejsko-wiejska", "wiejska"], use_inner_text=True)
    _shot(page, "editor-classes")


@pytest.mark.usefixtures("communes")
def test_a_qgis_style_is_read_in_the_browser(open_page: PageMaker) -> None:
    page = open_page(EDITOR)
    page.locator("summary", has_text="Import").click()
    file: Any = {"name": "style.qml", "mimeType": "application/xml", "buffer": QML.encode()}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("[data-path='rules.0.symbolizers.0.color']")).to_have_value("#11733d")


@pytest.mark.usefixtures("communes")
def test_styles_come_from_files_and_go_to_files(open_page: PageMaker, server: str) -> None:
    page = open_page(EDITOR)
    with urlopen(f"{server}/ogc/collections/communes/styles/default?f=sld10") as answer:
        sld = answer.read().replace(b'name="fill">#', b'name="fill">#00ff0').replace(b"#00ff0", b"#")
    page.locator("summary", has_text="Import").click()
    file: Any = {"name": "style.sld", "mimeType": "application/xml", "buffer": sld}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".rule")).not_to_have_count(0)
    page.locator("summary", has_text="Eksport").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="MapLibre").click()
    assert json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))["version"] == 8


def test_a_member_saves_the_style(open_page: PageMaker, communes: Layer, sign_in: SignIn, server: str) -> None:
    token = sign_in("admin", "layers:write")[1]["Authorization"].removeprefix("Bearer ")
    page = open_page(EDITOR)
    page.locator("[data-path='rules.0.symbolizers.0.color']").fill("#123456")
    page.locator("summary", has_text="Zapis").click()
    page.get_by_label("Token dostępu").fill(token)
    page.get_by_role("button", name="Zapisz styl").click()
    expect(page.get_by_text("Styl zapisano.")).to_be_visible()
    with urlopen(f"{server}/ogc/collections/{communes.id}/styles/default?f=geostyler") as answer:
        assert json.load(answer)["rules"][0]["symbolizers"][0]["color"] == "#123456"


def test_what_the_server_refuses_stands_at_its_field(browser_page: Page, sign_in: SignIn) -> None:
    token = sign_in("admin", "layers:write")[1]["Authorization"].removeprefix("Bearer ")
    page = browser_page
    page.get_by_label("Dodaj symbol").first.select_option("Text")
    page.get_by_role("button", name="Dodaj symbol").first.click()
    label = page.locator("[data-path$='.label']").first
    label.fill("{{nothing}}")
    label.fill("")
    page.locator("summary", has_text="Zapis").click()
    page.get_by_label("Token dostępu").fill(token)
    page.get_by_role("button", name="Zapisz styl").click()
    expect(page.get_by_text("Popraw pola zaznaczone poniżej.")).to_be_visible()
    expect(label).to_have_attribute("aria-invalid", "true")
    expect(label).to_be_focused()
    _shot(page, "editor-error")


@pytest.fixture
def browser_page(browser: Browser, built: None, server: str, communes: Layer) -> Iterator[Page]:
    """A page whose refused requests the browser may note in its console, as it does of every 422."""
    context = browser.new_context(viewport={"width": 1366, "height": 800}, locale="pl-PL", reduced_motion="reduce")
    page = context.new_page()
    page.goto(server + EDITOR.replace("communes", communes.id))
    page.wait_for_selector("html[data-map=ready]")
    yield page
    context.close()
