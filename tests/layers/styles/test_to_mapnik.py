# SPDX-License-Identifier: EUPL-1.2
"""Rules for Mapnik: filters choose the features that they mean, and no text breaks out of its quotes."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.rendering.model import Box, FeaturesSource, MapRequest, RenderLayer, Value
from layers.styles.model import Style
from layers.styles.service import mapnik_style, style_of
from sdi.errors import Unprocessable
from tests.layers.rendering.geometry import line, point, rectangle
from tests.layers.rendering.pool import Pool

FILL = {"kind": "Fill", "color": "#ff0000"}
NASTY = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
) | st.sampled_from(
    [
        "'",
        "\\",
        "\\'",
        "' or true or '",
        "]]>",
        "</Filter>",
        "&amp;",
        '"',
        "[a]",
        "{{a}}",
        "\\u0041",
        "%s",
        "!bbox!",
        "\n",
        "zażółć",
        "😀",
    ]
)


def _chosen(pool: Pool, tree: list[Any], values: list[Value]) -> list[bool]:
    """Which of the features with these values of column `a` the filter lets be drawn."""
    style = mapnik_style(style_of({"rules": [{"filter": tree, "symbolizers": [FILL]}]}), ("a",))
    shapes = tuple(rectangle(10 * place, 0, 10 * place + 10, 10) for place in range(len(values)))
    source = FeaturesSource(2180, shapes, ("a",), tuple((value,) for value in values))
    width = 10 * len(values)
    request = MapRequest(width, 10, Box(0, 0, width, 10), 2180, (RenderLayer(source, style.passes),))
    alpha = pool.picture(request).getchannel("A")
    return [alpha.getpixel((10 * place + 5, 5)) == 255 for place in range(len(values))]


@given(NASTY)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_compared_as_itself(pool: Pool, text: str) -> None:
    values: list[Value] = [text, text + "x", "x" + text, None, 5]
    assert _chosen(pool, ["==", "a", text], values) == [True, False, False, False, False]
    assert _chosen(pool, ["*=", "a", text], [text, "yy" + text + "\nyy", "ż"]) == [True, True, text == "ż"]


@pytest.mark.parametrize(
    ("tree", "chosen"),
    [
        (["==", "a", 5], [False, True, False, False]),
        (["!=", "a", 5], [True, False, True, False]),
        (["<", "a", 5], [True, False, False, False]),
        (["<=", "a", 5], [True, True, False, False]),
        ([">", "a", 5.5], [False, False, True, False]),
        ([">=", "a", 5], [False, True, True, False]),
        (["<=x<=", "a", -2, 5], [True, True, False, False]),
        (["==", "a", None], [False, False, False, True]),
        (["!=", "a", None], [True, True, True, False]),
        (["!", ["==", "a", 5]], [True, False, True, True]),
        (["&&", [">=", "a", 0], ["<", "a", 9]], [False, True, False, False]),
        (["||", ["<", "a", 0], ["&&", [">", "a", 0], ["!", ["==", "a", 5]]]], [True, False, True, False]),
        (["==", "$type", "Polygon"], [True, True, True, True]),
        (["!=", "$type", "Polygon"], [False, False, False, False]),
    ],
)
def test_every_operator_chooses_what_it_means(pool: Pool, tree: list[Any], chosen: list[bool]) -> None:
    assert _chosen(pool, tree, [-1, 5, 10.25, None]) == chosen


@given(NASTY)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_may_stand_in_a_label(pool: Pool, text: str) -> None:
    style = style_of({"rules": [{"symbolizers": [{"kind": "Text", "label": f"W{text}W{{{{a}}}}"}]}]})
    if "{{" in text:
        return
    source = FeaturesSource(2180, (point(100, 50),), ("a",), (("end",),))
    layer = RenderLayer(source, mapnik_style(style, ("a",)).passes)
    assert pool.picture(MapRequest(200, 100, Box(0, 0, 200, 100), 2180, (layer,))).getbbox() is not None


@pytest.mark.parametrize(
    ("placement", "shapes", "repeated"),
    [
        ("line", (line((2, 75), (198, 75)), line((2, 25), (198, 25))), False),
        # Neighbouring maps see other points: each keeps its own label, so that they agree.
        ("point", (point(100, 75), point(100, 25)), True),
    ],
)
def test_the_same_label_is_not_repeated_close_by_along_lines(
    pool: Pool, placement: str, shapes: tuple[bytes, bytes], repeated: bool
) -> None:
    words = {"kind": "Text", "label": "{{a}}", "placement": placement}
    style = mapnik_style(style_of({"rules": [{"symbolizers": [words]}]}), ("a",))

    def drawn(texts: tuple[str, str]) -> list[bool]:
        source = FeaturesSource(2180, shapes, ("a",), tuple((text,) for text in texts))
        request = MapRequest(200, 100, Box(0, 0, 200, 100), 2180, (RenderLayer(source, style.passes),))
        picture = pool.picture(request)
        return [picture.crop((0, top, 200, top + 50)).getbbox() is not None for top in (0, 50)]

    assert drawn(("Centrum", "Hoża")) == [True, True]
    assert drawn(("Centrum", "Centrum")) == [True, repeated]


@pytest.mark.parametrize("name", ["circle", "square", "triangle", "star", "cross", "x", "diamond"])
@pytest.mark.parametrize("radius", [3, 20])
def test_every_mark_has_the_size_asked_and_stands_on_its_point(pool: Pool, name: str, radius: int) -> None:
    style = style_of({"rules": [{"symbolizers": [{"kind": "Mark", "wellKnownName": name, "radius": radius}]}]})
    layer = RenderLayer(FeaturesSource(2180, (point(50, 50),)), mapnik_style(style, ()).passes)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,)))
    strong = picture.getchannel("A").point(lambda alpha: 255 * (alpha > 100))
    left, top, right, bottom = strong.getbbox() or (0, 0, 0, 0)
    assert right - left == pytest.approx(2 * radius, abs=max(2, radius * 0.4))
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((50, 50), abs=max(1, radius * 0.12))
    assert strong.getpixel((50, 50)) == 255


def test_a_style_names_the_columns_it_needs() -> None:
    style = style_of(
        {
            "rules": [
                {"filter": ["&&", ["==", "b", 1], ["==", "$type", "Point"]], "symbolizers": [FILL]},
                {"symbolizers": [{"kind": "Text", "label": "{{a}} i {{c}}"}]},
            ]
        }
    )
    assert mapnik_style(style, ("a", "b", "c", "d")).columns == ("a", "b", "c")


@pytest.mark.parametrize(
    "rule",
    [
        {"filter": ["==", "secret", 1], "symbolizers": [FILL]},
        {"symbolizers": [{"kind": "Text", "label": "{{secret}}"}]},
        {"filter": ["!", ["<=x<=", "a] = 1 or [a", 1, 2]], "symbolizers": [FILL]},
    ],
)
def test_a_column_that_the_layer_has_not_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable, match="which the layer has not"):
        mapnik_style(style_of({"rules": [rule]}), ("a",))


def test_a_column_with_brackets_in_its_name_is_refused() -> None:
    style: Style = style_of({"rules": [{"filter": ["==", "a]b", 1], "symbolizers": [FILL]}]})
    with pytest.raises(Unprocessable, match="brackets"):
        mapnik_style(style, ("a]b",))
