# SPDX-License-Identifier: EUPL-1.2
"""Symbols as Mapnik draws them: hatching, signs of our own, shifts, dashes and lines over lines."""

import re
from typing import Any, cast

import pytest
from PIL import Image

from layers.rendering.drawings import with_files
from layers.rendering.model import Box, FeaturesSource, MapRequest, RenderLayer
from layers.styles.icons import FOLDER, SIDE, paths
from layers.styles.levels import line_levels
from layers.styles.service import mapnik_style, style_of
from tests.layers.rendering.geometry import line, point, rectangle
from tests.layers.rendering.pool import Pool

AREA = rectangle(-50, -50, 250, 150)


def drawn(pool: Pool, shapes: list[bytes], *symbolizers: dict[str, Any], left: float = 0) -> Image.Image:
    """100 by 100 pixels of shapes in the symbolizers' look, a unit a pixel."""
    style = mapnik_style(style_of({"rules": [{"symbolizers": list(symbolizers)}]}), ())
    layer = RenderLayer(FeaturesSource(2180, tuple(shapes)), style.passes)
    return pool.picture(MapRequest(100, 100, Box(left, 0, left + 100, 100), 2180, (layer,)))


def hatched(name: str, **rest: Any) -> dict[str, Any]:
    """An area with a hatching of red lines, 8 pixels apart and 2 wide."""
    sign = {"kind": "Mark", "wellKnownName": f"shape://{name}", "radius": 4, "strokeColor": "#ff0000", "strokeWidth": 2}
    return {"kind": "Fill", "graphicFill": sign | rest}


def colours(picture: Image.Image) -> list[tuple[int, tuple[int, ...]]]:
    """How many pixels have each colour."""
    return cast("list[tuple[int, tuple[int, ...]]]", picture.getcolors(10_000))


def inked(picture: Image.Image) -> float:
    """The share of the picture that is drawn."""
    return sum(picture.getchannel("A").tobytes()) / (255 * picture.width * picture.height)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("horline", 2 / 8),
        ("vertline", 2 / 8),
        ("plus", 1 - (6 / 8) ** 2),
        ("slash", 2 * 2**0.5 / 8),
        ("backslash", 2 * 2**0.5 / 8),
        ("times", 1 - (1 - 2 * 2**0.5 / 8) ** 2),
        ("dot", 3.14159 * 4 / 64),
    ],
)
def test_a_hatching_covers_the_share_of_its_lines(pool: Pool, name: str, share: float) -> None:
    picture = drawn(pool, [AREA], hatched(name))
    assert inked(picture) == pytest.approx(share, abs=0.04)
    assert {colour[:3] for _, colour in colours(picture) if colour[3] > 250} == {(255, 0, 0)}


@pytest.mark.parametrize("name", ["horline", "slash", "times"])
def test_neighbouring_pictures_continue_a_hatching(pool: Pool, name: str) -> None:
    here, beside = drawn(pool, [AREA], hatched(name)), drawn(pool, [AREA], hatched(name), left=52)
    assert here.crop((52, 0, 100, 100)).tobytes() == beside.crop((0, 0, 48, 100)).tobytes()


def test_a_pattern_lies_over_the_colour_and_keeps_its_room(pool: Pool) -> None:
    sign = {"kind": "Mark", "wellKnownName": "square", "radius": 5, "color": "#0000ff"}
    fill = {"kind": "Fill", "color": "#ffff00", "graphicFill": sign, "graphicFillPadding": [5, 5, 5, 5]}
    assert sorted(colours(drawn(pool, [AREA], fill))) == [(2500, (0, 0, 255, 255)), (7500, (255, 255, 0, 255))]


def test_patterns_of_pictures_are_drawn_in_their_colour(pool: Pool) -> None:
    icon = {"kind": "Icon", "image": "marks/tree.svg", "color": "#00aa00", "size": 18}
    picture = drawn(pool, [AREA], {"kind": "Fill", "graphicFill": icon, "graphicFillPadding": [1, 1, 1, 1]})
    assert max((count, colour) for count, colour in colours(picture) if colour[3] == 255)[1] == (0, 170, 0, 255)


@pytest.mark.parametrize("name", sorted(paths()))
def test_every_picture_of_the_server_fills_its_square(pool: Pool, name: str) -> None:
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", paths()[name])]
    assert (min(numbers), max(numbers)) == (0, SIDE)
    assert (FOLDER / f"{name}.svg").read_text(encoding="ascii").count("<path") == 1
    icon = {"kind": "Icon", "image": f"marks/{name}.svg", "size": 40, "color": "#c00000"}
    picture = drawn(pool, [point(50, 50)], icon)
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    assert (left, top) == pytest.approx((30, 30), abs=2)
    assert (right, bottom) == pytest.approx((70, 70), abs=2)
    assert (192, 0, 0, 255) in [colour for _, colour in colours(picture)]


SIGNS = (
    {"kind": "Mark", "radius": 5},
    {"kind": "Icon", "image": "marks/square.svg", "size": 10},
    {"kind": "Mark", "wellKnownName": "shape://plus", "radius": 5, "strokeWidth": 4},
)


@pytest.mark.parametrize("kind", SIGNS)
def test_a_sign_stands_beside_its_point(pool: Pool, kind: dict[str, Any]) -> None:
    left, top, right, bottom = drawn(pool, [point(50, 50)], kind | {"offset": [20, 10]}).getbbox() or (0, 0, 0, 0)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((70, 60), abs=1)


def test_a_line_is_shifted_to_the_right_of_its_course(pool: Pool) -> None:
    picture = drawn(pool, [line((0, 50), (100, 50))], {"kind": "Line", "width": 2, "perpendicularOffset": 10})
    assert (picture.getbbox() or (0, 0, 0, 0))[1::2] == pytest.approx((59, 61), abs=1)


def test_dashes_begin_where_the_offset_says(pool: Pool) -> None:
    def first_gap(offset: float) -> int:
        dashed = {"kind": "Line", "width": 4, "dasharray": [20, 20], "dashOffset": offset, "cap": "butt"}
        row = drawn(pool, [line((0, 50), (100, 50))], dashed).getchannel("A").crop((0, 50, 100, 51))
        return next(x for x, alpha in enumerate(row.tobytes()) if alpha < 128)

    assert (first_gap(0), first_gap(5)) == pytest.approx((20, 15), abs=1)


def test_roads_that_meet_run_into_one_another(pool: Pool) -> None:
    roads = [line((0, 50), (100, 50)), line((50, 0), (50, 100))]
    picture = drawn(pool, roads, {"kind": "Line", "width": 12}, {"kind": "Line", "width": 8, "color": "#ffffff"})
    assert picture.getpixel((50, 45)) == (255, 255, 255, 255)
    assert picture.getpixel((45, 50)) == (255, 255, 255, 255)


def test_rules_for_the_same_features_stack_their_lines() -> None:
    road, rail = ["==", "kind", "road"], ["==", "kind", "rail"]
    rules: list[dict[str, Any]] = [
        {"filter": road, "symbolizers": [{"kind": "Line"}]},
        {"filter": rail, "symbolizers": [{"kind": "Line"}, {"kind": "Mark"}]},
        {"filter": road, "symbolizers": [{"kind": "Line"}], "scaleDenominator": {"max": 5000}},
        {"filter": road, "symbolizers": [{"kind": "Line"}], "scaleDenominator": {"min": 5000}},
        {"symbolizers": [{"kind": "Fill", "outlineColor": "#000000"}, {"kind": "Line"}]},
    ]
    assert line_levels(style_of({"rules": rules})) == ((0,), (0, 0), (1,), (1,), (0, 1))


@pytest.mark.parametrize(
    ("anchor", "x", "y"),
    [("left", 1, 0), ("right", -1, 0), ("top", 0, 1), ("bottom", 0, -1), ("top-left", 1, 1), ("bottom-right", -1, -1)],
)
def test_a_label_stands_where_its_anchor_says(pool: Pool, anchor: str, x: int, y: int) -> None:
    label = {"kind": "Text", "label": "Hoża", "anchor": anchor}
    left, top, right, bottom = drawn(pool, [point(50, 50)], label).getbbox() or (0, 0, 0, 0)
    assert [(value > 2) - (value < -2) for value in ((left + right) / 2 - 50, (top + bottom) / 2 - 50)] == [x, y]


def test_only_the_own_marker_becomes_a_file() -> None:
    assert with_files('<a file="marks/x.svg"/>') == '<a file="marks/x.svg"/>'
    assert with_files('<a file="drawing:../../etc"/>') == '<a file="drawing:../../etc"/>'
