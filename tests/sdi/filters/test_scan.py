# SPDX-License-Identifier: EUPL-1.2
"""No filter within the limits ends or stalls the process, and none over them reaches the parser."""

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdi.errors import BramaError, InvalidParameter, TooLarge
from sdi.filters.parse import from_json, from_text
from sdi.filters.scan import NESTING, OPERATORS

HOSTILE = {
    "1,600 brackets": "(" * 1600 + "a=1" + ")" * 1600,
    "100,000 NOTs": "NOT " * 100_000 + "a=1",
    "10,000 NOTs": "NOT " * 10_000 + "a=1",
    "10 MB": "a='" + "x" * 10_000_000 + "'",
    "10 MB of WKT": "S_INTERSECTS(g,LINESTRING(" + "1 1," * 2_500_000 + "1 1))",
    "signs": "-" * 20_000 + "1=a",
    "powers": "a" + "^2" * 20_000 + "=1",
    "sums": "a" + "+a" * 20_000 + "=1",
    "equals": "a" + "=a" * 20_000,
    "functions": "f(" * 5_000 + ")" * 5_000,
    "glued AND": "1and" * 10_000 + "1",
    "glued OR": "1or" * 10_000 + "1",
    "glued NOT": "a" + " not in1" * 5_000,
    "glued IN": "1in" * 10_000 + "1",
    "names like operators": "like like or like orlike " * 500,
    "sum in a point": "POINT(1" + " -1" * 20_000 + ")",
    "brackets in a point": "POINT(" + "(" * 1_600 + "1 2",
    "JSON brackets": "[" * 30_000,
    "JSON NOTs": '{"op":"not","args":[' * 1_600 + "true" + "]}" * 1_600,
}
SLOW_IN_THE_PARSER = {
    "open brackets": "(" * 31 + "a",
    "bad inside brackets": "(" * 31 + "a=" + ")" * 31,
    "groups": "(a or " * 31 + "b=" + ")" * 31,
    "lists": "a in (" * 15 + "a" + ",1)" * 15,
    "lists of lists": "(" * 31 + "1,2" + ",3)" * 31,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_filters_are_refused_at_once(name: str) -> None:
    for read in (from_text, from_json):
        started = time.monotonic()
        with pytest.raises((TooLarge, InvalidParameter)):
            read(HOSTILE[name])
        assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("name", SLOW_IN_THE_PARSER)
def test_brackets_cost_no_more_than_their_number(name: str) -> None:
    # In a process of its own: the parser alone would need minutes, and could not be interrupted.
    code = "import sys; from sdi.filters.parse import from_text\nfrom_text(sys.argv[1])"
    run = [sys.executable, "-c", code, SLOW_IN_THE_PARSER[name]]
    done = subprocess.run(run, check=False, timeout=20, capture_output=True, text=True)
    assert done.returncode == 0 or "InvalidParameter" in done.stderr or "TooLarge" in done.stderr


def test_filters_at_the_limits_are_read_on_a_small_stack() -> None:
    code = (
        "import sys, json, threading; from sdi.filters.parse import from_text, from_json\n"
        "threading.stack_size(512 * 1024)\n"
        "t = threading.Thread(target=lambda: [from_text(f) for f in json.loads(sys.argv[1])] and print('read'))\n"
        "t.start(); t.join()"
    )
    filters = [
        "(" * 31 + "a=1" + ")" * 31,
        "NOT " * 31 + "a=1",
        "a" + "+a" * 30 + "=1",
        " OR ".join(["a=1"] * 250),
        "casei(" * 30 + "a" + ")" * 30 + "=b",
        "a in (" + ",".join(["-1"] * 5000) + ")",
        "S_INTERSECTS(g,LINESTRING(" + ",".join(["-1 -2"] * 3000) + "))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(filters)], check=True, timeout=60, capture_output=True, text=True
    )
    assert done.stdout == "read\n", done.stderr


@pytest.mark.parametrize("make", [lambda n: "(" * n + "ok" + ")" * n, lambda n: "NOT " * n + "ok"])
def test_nesting_limit_is_exact(make: object) -> None:
    assert callable(make)
    from_text(make(NESTING))
    with pytest.raises(TooLarge, match="32 levels"):
        from_text(make(NESTING + 1))


def test_operator_limit_is_exact() -> None:
    from_text(" AND ".join(["ok"] * (OPERATORS + 1)))
    with pytest.raises(TooLarge, match="500 operators"):
        from_text(" AND ".join(["ok"] * (OPERATORS + 2)))
    operation = {"op": "and", "args": [{"op": "not", "args": [True]}] * OPERATORS}
    with pytest.raises(TooLarge, match="500 operators"):
        from_json(json.dumps(operation))


def test_brackets_and_words_in_strings_do_not_count() -> None:
    text = "(" * 600 + " NOT AND" * 600
    assert from_text(f"name = '{text}'").tree["args"][1] == text
    assert from_json(json.dumps({"op": "=", "args": [{"property": "name"}, text]})).tree["args"][1] == text


WORDS = """a b name 1 2.5 -1 9007199254740993 'x' '' 'it''s' ( ) , AND OR NOT LIKE BETWEEN IN IS NULL = <> < + - * / ^ %
    div casei( DATE('2020-01-01') TIMESTAMP( INTERVAL( POINT(1 POINT 2) EMPTY BBOX( BBOX(1,2,3,4) true f( 1e400 . _ é "
    ' ; -- [ ] { } POLYGON(( GEOMETRYCOLLECTION( S_INTERSECTS( Z not1 and1"""
TOKENS = WORDS.split()


@given(st.lists(st.sampled_from(TOKENS), max_size=60), st.sampled_from(["", " "]))
def test_any_tokens_are_a_filter_or_a_refusal(tokens: list[str], separator: str) -> None:
    try:
        json.loads(from_text(separator.join(tokens)).text)
    except BramaError as error:
        assert error.locator == "filter"


@given(st.text(max_size=100))
def test_any_text_is_a_filter_or_a_refusal(text: str) -> None:
    for read in (from_text, from_json):
        try:
            read(text)
        except BramaError as error:
            assert error.locator == "filter"
