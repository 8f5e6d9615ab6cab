# SPDX-License-Identifier: EUPL-1.2
"""A browser, pages that must stay silent, and a small region with Polish names."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from layers.model import ColumnType, GeometryType, Layer
from portal_web.assets import BUILT
from tests.conftest import LayerMaker

_ARGUMENTS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_COMMUNES = (
    ("Płock", "miejska", 550000, 520000),
    ("Łąck", "wiejska", 545000, 505000),
    ("Gąbin", "miejsko-wiejska", 565000, 500000),
)
_SIDE = 10_000


def _square(x: int, y: int) -> str:
    ring = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
    return "MULTIPOLYGON(((" + ",".join(f"{x + _SIDE * i} {y + _SIDE * j}" for i, j in ring) + ")))"


@pytest.fixture
def communes(add_layer: LayerMaker) -> Layer:
    """Three square communes west of Warsaw, searchable by name."""
    return add_layer(
        "communes",
        GeometryType.MULTIPOLYGON,
        {"name": ColumnType.TEXT, "type": ColumnType.TEXT, "people": ColumnType.INTEGER},
        [(_square(x, y), name, kind, x) for name, kind, x, y in _COMMUNES],
        title={"pl": "Gminy próbne", "en": "Trial communes"},
        notice={"pl": "Granice przybliżone", "en": "Approximate boundaries"},
        attribution="© Register",
        theme="granice",
        label_column="name",
        searchable=True,
    )


@pytest.fixture
def stops(add_layer: LayerMaker) -> Layer:
    """Two points in Płock."""
    rows = [("POINT(555000 525000)", "Dworzec"), ("POINT(556000 525500)", "Rynek")]
    return add_layer(
        "stops", GeometryType.POINT, {"name": ColumnType.TEXT}, rows,
        title={"pl": "Przystanki", "en": "Stops"}, theme="transport", label_column="name",
    )  # fmt: skip


@pytest.fixture(scope="session")
def built() -> None:
    """The portal's assets; tests of what a browser sees fail without them or with old ones."""
    manifest = BUILT / ".vite" / "manifest.json"
    how = "run `npm ci && npm run build` in portal_web, or ./brama test, which does"
    if not manifest.exists():
        pytest.fail(f"The portal is not built: {how}.")
    sources = [
        path for path in (BUILT.parent / "src").rglob("*") if path.is_file() and not path.name.endswith(".test.ts")
    ]
    newest = max(sources, key=lambda path: path.stat().st_mtime)
    if newest.stat().st_mtime > manifest.stat().st_mtime:
        pytest.fail(f"{newest.name} is newer than the built portal: {how}.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system; not for the whole session, because its event loop stands in others' way."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Chromium is missing: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


PageMaker = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, built: None, server: str) -> Iterator[PageMaker]:
    """`open_page("/path")`: a page of its own; any error it logs, or a request to another host, fails the test."""
    wrong: list[str] = []
    contexts = []

    def make(path: str = "/?lang=pl", width: int = 1366, height: int = 800, ready: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="pl-PL", reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request", lambda request: request.url.startswith((server, "data:", "blob:")) or wrong.append(request.url)
        )
        page.goto(server + path)
        if ready:
            page.wait_for_selector("html[data-map=ready]")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not wrong
