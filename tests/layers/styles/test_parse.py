# SPDX-License-Identifier: EUPL-1.2
"""Reading GeoStyler JSON: what is drawn here is taken, everything else is refused with its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.styles.filters import parse_filter
from layers.styles.model import Style
from layers.styles.parse import MAX_BYTES
from layers.styles.service import parse_style, style_of
from sdi.errors import TooLarge, Unprocessable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
FILL = {"kind": "Fill", "color": "#112233"}


def _with(symbolizer: object, **rule: Any) -> str:
    return json.dumps({"name": "x", "rules": [{"name": "r", "symbolizers": [symbolizer]} | rule]})


@given(JSON)
def test_whatever_is_sent_is_a_style_or_a_refusal(value: Any) -> None:
    for content in (json.dumps(value), _with(value), _with(FILL, filter=value), _with(FILL, scaleDenominator=value)):
        try:
            assert isinstance(parse_style(content), Style)
        except Unprocessable as error:
            assert error.message.startswith("The style")


@given(st.binary(max_size=60))
def test_bytes_that_are_no_json_are_refused(content: bytes) -> None:
    with pytest.raises(Unprocessable):
        parse_style(content)


names = st.text(min_size=1, max_size=10).filter(lambda name: name != "$type" and "\0" not in name)
numbers = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
leaves = (
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), names, numbers).map(list)
    | st.tuples(st.sampled_from(["==", "!="]), names, numbers | st.none() | st.booleans()).map(list)
    | st.tuples(st.just("<=x<="), names, numbers, numbers).map(list)
    | st.tuples(st.just("*="), names, st.text(min_size=1, max_size=9).filter(lambda text: "\0" not in text)).map(list)
)
filters = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: ["&&", *parts]) | inner.map(lambda part: ["!", part])
    ),
    max_leaves=8,
)


@given(filters.filter(lambda tree: str(tree).count("[") < 14))
def test_a_filter_is_written_as_it_was_read(tree: list[Any]) -> None:
    assert parse_filter(tree).to_json() == tree


def test_a_style_survives_being_written_and_read() -> None:
    content = {
        "name": "Gminy",
        "rules": [
            {
                "name": "Duże",
                "filter": ["||", ["==", "$type", "Polygon"], ["!", ["<=x<=", "n", 1, 2.5]]],
                "scaleDenominator": {"min": 1, "max": 100000},
                "symbolizers": [
                    {"kind": "Fill", "color": "#aabbcc", "fillOpacity": 0.5, "outlineDasharray": [4, 2]},
                    {"kind": "Line", "cap": "butt", "width": 2},
                    {"kind": "Mark", "wellKnownName": "star", "rotate": 30},
                    {"kind": "Text", "label": "{{name}} a", "fontWeight": "bold"},
                ],
            },
            {
                "symbolizers": [
                    {"kind": "Raster", "colorMap": {"colorMapEntries": [{"color": "#000000", "quantity": 1}]}}
                ]
            },
        ],
    }
    style = parse_style(json.dumps(content))
    assert style_of(style.to_json()) == style
    assert parse_style(json.dumps(style.to_json())) == style


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (_with({"kind": "Icon", "image": "http://x/y.png"}), "Icon.image"),
        (_with({"kind": "Fill", "color": "url(#a)"}), "color"),
        (_with({"kind": "Fill", "color": "red'/><x"}), "color"),
        (_with({"kind": "Fill", "graphicFill": {}}), "graphicFill"),
        (_with({"kind": "Line", "width": 1e9}), "width"),
        (_with({"kind": "Line", "width": -1}), "width"),
        (_with({"kind": "Line", "dasharray": [0]}), "dasharray"),
        (_with({"kind": "Mark", "wellKnownName": "../../etc/passwd"}), "wellKnownName"),
        (_with({"kind": "Text", "label": "x" * 501}), "label"),
        (_with({"kind": "Text", "label": "x", "size": 1e4}), "size"),
        (_with({"kind": "Fill", "opacity": 1.5}), "opacity"),
        (_with(FILL, filter=["~", "a", 1]), "filter"),
        (_with(FILL, filter=["==", "a"]), "filter"),
        (_with(FILL, filter=["==", 5, 1]), "filter"),
        (_with(FILL, filter=["==", "a", {"name": "f"}]), "filter"),
        (_with(FILL, filter=["<", "a", None]), "filter"),
        (_with(FILL, filter=["==", "a", 2**63]), "filter"),
        (_with(FILL, filter=["==", "a", "\ud800"]), "filter"),
        (_with(FILL, filter=["==", "$type", "Solid"]), "filter"),
        (_with(FILL, scaleDenominator={"min": -1}), "scaleDenominator"),
        (_with({"kind": "Raster", "colorMap": {"colorMapEntries": []}}), "colorMapEntries"),
        ('{"rules": []}', "rules"),
        (json.dumps({"rules": [{"symbolizers": [FILL] * 11}]}), "symbolizers"),
        (json.dumps({"rules": [{"symbolizers": [FILL]}] * 201}), "rules"),
        ('{"rules": [{"symbolizers": [{"kind": "Line", "width": NaN}]}]}', "width"),
    ],
)
def test_what_is_not_drawn_here_is_refused_with_its_place(content: str, place: str) -> None:
    with pytest.raises(Unprocessable, match=place):
        parse_style(content)


def test_deep_and_long_filters_are_refused() -> None:
    deep: list[Any] = ["==", "a", 1]
    for _ in range(20):
        deep = ["!", deep]
    with pytest.raises(Unprocessable, match="deep"):
        parse_style(_with(FILL, filter=deep))
    with pytest.raises(Unprocessable, match="500 parts"):
        parse_style(_with(FILL, filter=["&&", *[["==", "a", 1]] * 501]))


def test_a_hundred_thousand_brackets_are_refused() -> None:
    with pytest.raises(Unprocessable, match="not JSON"):
        parse_style("[" * 100_000)


def test_a_huge_style_is_refused_unread() -> None:
    with pytest.raises(TooLarge, match="256 kB"):
        parse_style(" " * (MAX_BYTES + 1))
