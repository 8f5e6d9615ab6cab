# SPDX-License-Identifier: EUPL-1.2
"""OpenLayers in Chromium, in a page of another origin, reads every service; counts and coordinates equal SQL's."""

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser, sync_playwright

from sdi.crs import by_srid, transform_geometry
from tests.clients.conftest import BLOCK, PALACE, PLACES, VIEW, Rows

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "portal_web" / "node_modules"
SCRIPTS = {
    "ol.js": MODULES / "ol" / "dist" / "ol.js",
    "proj4.js": MODULES / "proj4" / "dist" / "proj4.js",
    "openlayers.js": HERE / "openlayers.js",
}
SIDE = 400
NATIONAL = "urn:ogc:def:crs:EPSG::2180"
VERSIONS = ("2.0.0", "1.1.0")
Call = Callable[..., Any]
Box = tuple[float, float, float, float]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.client,
    pytest.mark.skipif(not SCRIPTS["ol.js"].exists(), reason="OpenLayers is not there: run `npm ci` in portal_web"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Chromium is missing: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class _Files(BaseHTTPRequestHandler):
    """Hands out the web map: its page at `/`, and its scripts."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        scripts = "".join(f'<script src="{script}"></script>' for script in SCRIPTS)
        page = f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body>{scripts}'
        body = SCRIPTS[name].read_bytes() if name else page.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"text/{'javascript' if name else 'html'}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the web map stands: another origin than the services'."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as files:
        thread = threading.Thread(target=files.serve_forever, name="origin", daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{files.server_port}"
        files.shutdown()
        thread.join()


@pytest.fixture
def call(browser: Browser, server: str, origin: str) -> Iterator[Call]:
    """`call("function", arguments...)` of openlayers.js; anything that the page logs as an error fails the test."""
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(origin)
    page.evaluate("space => { SPACE.app = space }", f"{server}/features")
    yield lambda function, *arguments: page.evaluate(f"told => {function}(...told)", list(arguments))
    context.close()
    assert wrong == []


def _moved(box: Box, srid: int) -> Box:
    """The corners of a box in EPSG:2180 in another system."""
    return transform_geometry(shapely.box(*box), by_srid(2180), by_srid(srid)).bounds


def _seen(srid: int) -> tuple[Box, float]:
    """A square in the system that holds the block, and its pixel's side."""
    box = _moved(VIEW, srid)
    side = max(box[2] - box[0], box[3] - box[1])
    return (box[0], box[1], box[0] + side, box[1] + side), side / SIDE


@pytest.mark.usefixtures("drawing", "blocks")
@pytest.mark.parametrize(
    ("kind", "srid", "asked"),
    [
        ("imageWms", 2180, {}),
        ("imageWms", 3857, {}),
        ("tileWms", 2180, {}),
        ("tileWms", 3857, {}),
        ("wmts", 2180, {"grid": "EPSG2180", "encoding": "REST"}),
        ("wmts", 2180, {"grid": "EPSG2180", "encoding": "KVP"}),
        ("wmts", 3857, {"grid": "WebMercatorQuad", "encoding": "REST"}),
        ("wmts", 4326, {"grid": "WorldCRS84Quad", "encoding": "KVP"}),
        ("mapTiles", 3857, {"grid": "WebMercatorQuad"}),
        ("mapTiles", 2180, {"grid": "EPSG2180"}),
        ("maps", 2180, {}),
        ("maps", 3857, {}),
        ("vectorTiles", 3857, {"grid": "WebMercatorQuad"}),
        ("vectorTiles", 2180, {"grid": "EPSG2180"}),
    ],
)
def test_the_block_is_drawn_in_place(call: Call, server: str, kind: str, srid: int, asked: dict[str, str]) -> None:
    box, unit = _seen(srid)
    outcome = call("drawn", kind, {"server": server, **asked}, f"EPSG:{srid}", box, SIDE)
    assert outcome["wrong"] == []
    assert outcome["drawn"] == pytest.approx(_moved(BLOCK, srid), abs=3.5 * unit)


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["json", "gml"])
@pytest.mark.parametrize("srid", [2180, 3857])
def test_wfs_loads_a_box(call: Call, server: str, sql: Rows, version: str, form: str, srid: int) -> None:
    box = (PALACE[0] + 3500, PALACE[1] - 500, PALACE[0] + 9500, PALACE[1] + 4500)
    box = _moved(box, srid)
    named = f"urn:ogc:def:crs:EPSG::{srid}"
    truth = sql(_places(srid, f"ST_Transform(geom, {srid}) && ST_MakeEnvelope({','.join(map(str, box))}, {srid})"))
    assert 25 < len(truth) < PLACES
    _same(call("inBox", server, version, form, named, box), truth)


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("condition", "where"),
    [
        (["like", "Żółć 1*"], "name LIKE 'Żółć 1%'"),
        (["between", 3, 4.5], "x BETWEEN 3 AND 4.5"),
        (["box", 640_500, 486_000, 646_500, 489_000], "geom && ST_MakeEnvelope(640500, 486000, 646500, 489000, 2180)"),
    ],
)
def test_wfs_answers_what_openlayers_writes(
    call: Call, server: str, sql: Rows, version: str, condition: list[Any], where: str
) -> None:
    truth = sql(_places(2180, where))
    assert 0 < len(truth) < PLACES
    _same(call("found", server, version, NATIONAL, condition), truth)


@pytest.mark.usefixtures("trees")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_transaction_of_openlayers_is_done(call: Call, server: str, sql: Rows, token: str, version: str) -> None:
    done = call("edited", server, version, token)
    assert done["status"] == 200, done["said"]
    assert [done["transactionSummary"][f"total{name}"] for name in ("Inserted", "Updated", "Deleted")] == [1, 1, 1]
    assert done["insertIds"] == ["trees.4"]
    assert sorted(sql("SELECT fid, kind, girth, ST_X(geom), ST_Y(geom) FROM data.trees_1")) == [
        (1, "grab <&>", 101, 550_099.5, 500_011.5),
        (2, "dąb", 200, 550_002, 500_000),
        (4, "jesion wyniosły", 77, 550_010.5, 500_020.25),
    ]


@pytest.mark.usefixtures("places")
def test_features_are_read_page_by_page(call: Call, server: str, sql: Rows) -> None:
    outcome = call("items", server, "EPSG:3857", 100)
    assert (outcome["pages"], outcome["matched"]) == (3, PLACES)
    _same(outcome["features"], sql(_places(3857, "true")))


@pytest.mark.usefixtures("places")
def test_web_maps_of_other_origins_see_headers(call: Call, server: str) -> None:
    assert call("seen", f"{server}/ogc/collections/places/items/1?f=json", "ETag")
    assert "crs" in call("seen", f"{server}/ogc/collections/places/items?limit=1&f=json", "Content-Crs")


def _places(srid: int, where: str) -> str:
    place = f"ST_X(ST_Transform(geom, {srid})), ST_Y(ST_Transform(geom, {srid}))"
    return f"SELECT {place}, name, big FROM data.places_1 WHERE {where}"


def _same(found: list[dict[str, Any]], truth: list[tuple[Any, ...]]) -> None:
    """As many, each with the values and the place of SQL: x, y, name, big."""
    expected = {row[2]: row for row in truth}
    assert len(found) == len(truth) == len(expected)
    for feature in found:
        x, y, name, big = expected[feature["values"]["name"]]
        assert feature["xy"] == pytest.approx((x, y), abs=0.02)
        assert (feature["values"]["name"], int(feature["values"]["big"])) == (name, big)
