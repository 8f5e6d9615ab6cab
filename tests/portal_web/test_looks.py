# SPDX-License-Identifier: EUPL-1.2
"""One style, one look: the portal's vector tiles, the WMS, its PDF and the legend side by side."""

import json
import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat
from sqlalchemy import text

from layers.model import ColumnType, GeometryType, Layer
from sdi.crs import CRS84, by_srid, transform_point
from sdi.db.database import Database
from tests.conftest import LayerMaker
from tests.portal_web.conftest import PageMaker

ZOOM = 13
CLIP: Any = {"x": 560, "y": 160, "width": 512, "height": 480}
X, Y = 548_000, 503_000  # the lower left corner of what is drawn, EPSG:2180; the view is in its middle
MOST_SHARE = 0.05
"""Of the pixels that either picture draws, how many may differ by more than 48 of 255 after a blur."""
FINE, WIDE = (1, 25.0), (12, 8.0)
"""Pixels of the blur to each side, and the mean difference that is allowed. What has a pattern, which begins elsewhere
here and there, or letters, which the browser draws in its own face, is blurred as wide as its tile."""
BLURRED = {"hatching", "categories", "labels"}

HATCH = {"kind": "Mark", "wellKnownName": "shape://slash", "radius": 5, "strokeColor": "#b02a1c", "strokeWidth": 2}
CROSSED = HATCH | {"wellKnownName": "shape://times", "radius": 6, "strokeColor": "#1c5db0"}
TREES = {"kind": "Icon", "image": "marks/tree.svg", "size": 16, "color": "#11733d"}


def _only(*symbolizers: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"symbolizers": list(symbolizers)}]


def _kind(value: str, *symbolizers: dict[str, Any]) -> dict[str, Any]:
    return {"name": value, "filter": ["==", "kind", value], "symbolizers": list(symbolizers)}


BESIDE = {"kind": "Line", "color": "#882255", "width": 3, "perpendicularOffset": 6, "cap": "butt"}
OUTLINE = {"outlineColor": "#333333", "outlineWidth": 1.5}
STYLES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "hatching": ("areas", _only({"kind": "Fill", "graphicFill": HATCH, **OUTLINE})),
    "categories": ("areas", [
        _kind("a", {"kind": "Fill", "color": "#88ccee", "graphicFill": CROSSED, **OUTLINE}),
        _kind("b", {"kind": "Fill", "color": "#ddcc77", "fillOpacity": 0.7, **OUTLINE, "outlineDasharray": [6, 3]}),
        _kind("c", {"kind": "Fill", "graphicFill": TREES, "graphicFillPadding": [4, 4, 4, 4], **OUTLINE}),
    ]),
    "dashes": ("lines", _only({"kind": "Line", "color": "#7a3b00", "width": 5, "dasharray": [16, 8], "cap": "butt"})),
    "casing": ("lines", _only({"kind": "Line", "color": "#333333", "width": 12},
                              {"kind": "Line", "color": "#ffdd66", "width": 8})),
    "beside": ("lines", _only(BESIDE, BESIDE | {"color": "#117733", "perpendicularOffset": -6})),
    "marks": ("points", [
        _kind("a", {"kind": "Mark", "wellKnownName": "star", "radius": 14, "color": "#cc6677"}),
        _kind("b", {"kind": "Mark", "wellKnownName": "square", "radius": 10, "color": "#44aa99",
                    "strokeColor": "#000000", "strokeWidth": 3, "rotate": 30}),
        _kind("c", {"kind": "Mark", "radius": 12, "color": "#332288", "strokeColor": "#ffffff", "strokeWidth": 2},
              {"kind": "Icon", "image": "marks/church.svg", "size": 14, "color": "#ffffff"}),
    ]),
    "labels": ("points", [
        {"symbolizers": [{"kind": "Mark", "radius": 5, "color": "#c0361f"},
                         {"kind": "Text", "label": "{{name}}", "size": 16, "anchor": "left", "offset": [9, 0],
                          "haloColor": "#ffffff", "haloWidth": 2}]},
    ]),
}  # fmt: skip
PARTS = [
    ("a", "Wola", "POLYGON((0 0, 1400 0, 1400 1300, 0 1300, 0 0))", "LINESTRING(0 200, 4000 2400)", "POINT(500 500)"),
    ("b", "Łąki", "POLYGON((1700 0, 3300 0, 2500 1500, 1700 0))", "LINESTRING(0 2400, 4000 300)", "POINT(1800 1400)"),
    ("c", "Hoża", "POLYGON((300 1600, 3000 1700, 1500 2700, 300 1600))", "LINESTRING(2000 0, 2000 2700)",
     "POINT(3000 2100)"),
]  # fmt: skip


@pytest.fixture
def layers(add_layer: LayerMaker) -> dict[str, Layer]:
    """A layer of areas, one of lines, one of points, of three features each."""
    kinds = {"areas": GeometryType.POLYGON, "lines": GeometryType.LINESTRING, "points": GeometryType.POINT}
    columns = {"kind": ColumnType.TEXT, "name": ColumnType.TEXT}
    made = {}
    for place, (name, geometry) in enumerate(kinds.items()):
        rows = [(_moved(part[2 + place]), part[0], part[1]) for part in PARTS]
        made[name] = add_layer(name, geometry, columns, rows, theme="granice")
    return made


def _moved(wkt: str) -> str:
    head, _, rest = wkt.partition("(")
    inner = rest.replace("(", "").replace(")", "")
    points = ", ".join(f"{X + float(x)} {Y + float(y)}" for x, y in (pair.split() for pair in inner.split(",")))
    return f"{head}(({points}))" if head == "POLYGON" else f"{head}({points})"


def _dress(database: Database, layer: str, rules: list[dict[str, Any]], name: str = "default") -> None:
    statement = text(
        "INSERT INTO layers.style (layer_id, name, title, definition)"
        " VALUES (:layer, :name, '{}', CAST(:rules AS jsonb))"
        " ON CONFLICT (layer_id, name) DO UPDATE SET definition = excluded.definition"
    )
    with database.owner.begin() as connection:
        connection.execute(statement, {"rules": json.dumps({"rules": rules}), "layer": layer, "name": name})


def _difference(one: Image.Image, other: Image.Image, reach: int) -> tuple[float, float]:
    """Of what either picture draws: mean difference and share of pixels that differ much, after such a blur."""
    blur = ImageFilter.BoxBlur(reach)
    drawn = ImageChops.lighter(_ink(one), _ink(other))
    grey = ImageChops.difference(one.filter(blur), other.filter(blur)).convert("L")
    much = grey.point(lambda value: 255 * (value > 48))
    return ImageStat.Stat(grey, drawn).mean[0], ImageStat.Stat(much, drawn).mean[0] / 255


def _alike(one: Image.Image, other: Image.Image, bound: tuple[int, float]) -> bool:
    mean, share = _difference(one, other, bound[0])
    print(f"mean difference {mean:.1f} of 255, {share:.1%} of the pixels differ much")  # noqa: T201 - shown on failure
    return mean < bound[1] and share < MOST_SHARE


def _ink(picture: Image.Image) -> Image.Image:
    """Where a picture has another colour than in its corner."""
    empty = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    return ImageChops.difference(picture, empty).convert("L").point(lambda value: 255 * (value > 12))


def _keep(name: str, *pictures: Image.Image) -> None:
    """The pictures side by side, where `BRAMA_PICTURES` names a folder."""
    folder = os.environ.get("BRAMA_PICTURES")
    if folder:
        sheet = Image.new("RGB", (sum(picture.width for picture in pictures), pictures[0].height))
        left = 0
        for picture in pictures:
            sheet.paste(picture, (left, 0))
            left += picture.width
        sheet.save(Path(folder) / f"{name}.png")


@pytest.mark.usefixtures("drawing", "layers")
@pytest.mark.parametrize("name", STYLES)
def test_a_style_looks_the_same_in_the_portal_and_in_wms(open_page: PageMaker, database: Database, name: str) -> None:
    layer, rules = STYLES[name]
    _dress(database, layer, rules)
    east, north = transform_point(X + 2000, Y + 1350, by_srid(2180).xy, CRS84)
    seen = []
    for drawing in ("", ":w"):
        page = open_page(f"/map?lang=pl&c={north:.5f},{east:.5f}&z={ZOOM}&l={layer}{drawing}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        seen.append(Image.open(BytesIO(page.screenshot(clip=CLIP))).convert("RGB"))
    _keep(name, *seen)
    assert len(seen[0].getcolors(1_000_000) or ()) > 20, "nothing is drawn"
    assert _alike(seen[0], seen[1], WIDE if name in BLURRED else FINE)


def _map(server: str, layer: str, media_type: str, style: str = "") -> bytes:
    box = f"{X - 100},{Y - 100},{X + 4100},{Y + 2900}"
    query = (
        f"SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS={layer}&STYLES={style}&SRS=EPSG:2180&BBOX={box}"
        f"&WIDTH=600&HEIGHT=400&FORMAT={media_type}"
    )
    with urlopen(f"{server}/wms?{query}") as answer:
        return bytes(answer.read())


@pytest.mark.usefixtures("drawing", "layers")
@pytest.mark.parametrize("name", STYLES)
def test_a_style_looks_the_same_in_print(server: str, database: Database, tmp_path: Path, name: str) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) turns the PDF into pixels")
    layer, rules = STYLES[name]
    _dress(database, layer, rules)
    screen = Image.open(BytesIO(_map(server, layer, "image/png"))).convert("RGB")
    (tmp_path / "map.pdf").write_bytes(_map(server, layer, "application/pdf"))
    command = ["pdftoppm", "-r", "72", "-png", "-singlefile", str(tmp_path / "map.pdf"), str(tmp_path / "map")]
    subprocess.run(command, check=True)
    paper = Image.open(tmp_path / "map.png").convert("RGB").resize(screen.size)
    _keep(f"print-{name}", screen, paper)
    assert _alike(screen, paper, WIDE)


@pytest.mark.usefixtures("drawing", "layers")
@pytest.mark.parametrize("pair", [("hatching", "categories"), ("marks", "labels"), ("dashes", "casing")])
def test_the_measure_tells_other_looks_apart(server: str, database: Database, pair: tuple[str, str]) -> None:
    for name in pair:
        _dress(database, *STYLES[name], name)
    layer = STYLES[pair[0]][0]
    pictures = [Image.open(BytesIO(_map(server, layer, "image/png", name))).convert("RGB") for name in pair]
    assert not _alike(pictures[0], pictures[1], WIDE)


def _colours(picture: Image.Image, share: float) -> set[Any]:
    """Colours, in steps of 32, of at least that share of what is drawn."""
    rough = picture.convert("RGB").point(lambda value: value // 32 * 32)
    found = [pair for pair in rough.getcolors(1_000_000) or [] if pair[1] != (224, 224, 224)]
    least = share * sum(count for count, _ in found)
    return {colour for count, colour in found if count >= least}


@pytest.mark.usefixtures("drawing", "layers")
@pytest.mark.parametrize("name", [name for name in STYLES if name != "labels"])
def test_the_legend_shows_the_colours_of_the_map(server: str, database: Database, name: str) -> None:
    layer, rules = STYLES[name]
    _dress(database, layer, rules)
    query = f"SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER={layer}&FORMAT=image/png&SLD_VERSION=1.1.0"
    with urlopen(f"{server}/wms?{query}") as answer:
        legend = Image.open(BytesIO(answer.read()))
    drawn = Image.open(BytesIO(_map(server, layer, "image/png")))
    assert _colours(drawn, 0.15) - _colours(legend, 0.005) == set()
