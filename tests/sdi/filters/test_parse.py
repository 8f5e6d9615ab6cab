# SPDX-License-Identifier: EUPL-1.2
"""CQL2 text and JSON mean the same, and literals come out as they were written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdi.crs import CRS84, by_srid
from sdi.errors import InvalidParameter
from sdi.filters.parse import from_json, from_text

A = {"property": "a"}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 9007199254740993", {"op": "=", "args": [A, 9007199254740993]}),
        ("a = -9007199254740993", {"op": "=", "args": [A, -9007199254740993]}),
        ("a - 9007199254740993 = 0", {"op": "=", "args": [{"op": "-", "args": [A, 9007199254740993]}, 0]}),
        ("a IN (9223372036854775807, -1)", {"op": "in", "args": [A, [9223372036854775807, -1]]}),
        ("a BETWEEN (1) AND 9007199254740993", {"op": "between", "args": [A, 1, 9007199254740993]}),
        ("NOT(a=1)", {"op": "not", "args": [{"op": "=", "args": [A, 1]}]}),
        ("a IN('x')", {"op": "in", "args": [A, ["x"]]}),
        ("((a = (1.5)))", {"op": "=", "args": [A, 1.5]}),
        ("a = 'it''s'", {"op": "=", "args": [A, "it's"]}),
        ("a = ''''", {"op": "=", "args": [A, "'"]}),
        ("a2147483648000000000 = 1", {"op": "=", "args": [{"property": "a2147483648000000000"}, 1]}),
        ("(a+1)*2 = 6", {"op": "=", "args": [{"op": "*", "args": [{"op": "+", "args": [A, 1]}, 2]}, 6]}),
        ("a IS NOT NULL", {"op": "not", "args": [{"op": "isNull", "args": [A]}]}),
    ],
)
def test_text_is_read_exactly(text: str, tree: object) -> None:
    assert from_text(text).tree == tree
    assert from_json(json.dumps(tree)).tree == tree


@given(st.integers(-(10**30), 10**30))
def test_whole_numbers_are_exact(number: int) -> None:
    assert from_text(f"a = {number}").tree["args"][1] == number
    assert from_json(json.dumps({"op": "=", "args": [A, number]})).tree["args"][1] == number


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=60))
def test_texts_are_exact(value: str) -> None:
    quoted = value.replace("'", "''")
    assert from_text(f"a = '{quoted}' OR b = 9007199254740993").tree["args"][0]["args"][1] == value
    assert from_json(json.dumps({"op": "=", "args": [A, value]})).tree["args"][1] == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a =",
        "(a = 1",
        "a = 1)",
        "a == 1",
        "a = 1 b",
        "a = (1,2)",
        "((1,2),3) = a",
        "a = 1e999",
        "a = 'x",
        "a = 'x\0y'",
        "a = 'x\x01y'",
        "S_INTERSECTS(g, POINT EMPTY)",
        "a = " + "9" * 5000,
        "a = '\ud800'",
    ],
)
def test_broken_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        from_text(text)
    assert caught.value.locator == "filter"
    assert "bracketed" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "{",
        '{"op":"="}',
        '{"op":"=","args":[{"property":"a"},NaN]}',
        '{"op":"=","args":[1,1e999]}',
        '{"op":"=","args":[{"property":"a"},"\\ud800"]}',
        '{"op":"=","args":[{"property":"a"},"\\u0000"]}',
        '{"op":"=","op":"<","args":[1,2]}',
        b"\xff",
        '{"op":"=","args":[1,' + "9" * 5000 + "]}",
    ],
)
def test_broken_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidParameter):
        from_json(text)


def test_a_filter_is_a_value() -> None:
    assert from_text("a = 1 AND b = 2") == from_text("(a=1) AND (b=2)")
    assert hash(from_text("a=1")) == hash(from_text("a = 1"))
    assert from_text("a=1", crs=by_srid(2180)) != from_text("a=1", crs=CRS84)
    assert from_text("a=1 and casei(b)='x'").names == {"a", "b"}
