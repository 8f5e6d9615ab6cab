# SPDX-License-Identifier: EUPL-1.2
"""Parameters: each has a limit; what is not known is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdi.errors import BramaError, InvalidParameter, MissingParameter, TooLarge
from sdi.web.parameters import Parameters


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidParameter, match="'limmit'.*bbox, limit"):
        Parameters({"limmit": "1"}, known=["limit", "bbox"])


def test_ows_names_have_no_case() -> None:
    assert Parameters({"SeRvIcE": "WMS"}, fold_names=True).required("service") == "WMS"


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(MissingParameter) as refusal:
        Parameters({"x": ""}).required("x")
    assert refusal.value.locator == "x"


@pytest.mark.parametrize("value", ["x", "1.5", "-", "--1", "0", "11", "٣", "1e1", "9" * 19, " 5"])
def test_an_integer_out_of_form_or_range_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="from 1 to 10"):
        Parameters({"limit": value}).integer("limit", 5, 1, 10)


def test_limits_of_texts() -> None:
    with pytest.raises(TooLarge):
        Parameters({"q": "x" * 2001}).text("q")
    with pytest.raises(InvalidParameter, match="NUL"):
        Parameters({"q": "a\x00"}).text("q")
    with pytest.raises(TooLarge):
        Parameters({"ids": ",".join("1" * 201)}).words("ids")


def test_choices_have_no_case() -> None:
    assert Parameters({"f": "JSON"}).choice("f", ["json", "html"], "html") == "json"
    with pytest.raises(InvalidParameter, match="json, html"):
        Parameters({"f": "xml"}).choice("f", ["json", "html"], "html")


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=5), st.text(max_size=20))
def test_any_value_is_read_or_refused(values: dict[str, str], name: str) -> None:
    parameters = Parameters(values)
    for read in (parameters.text, parameters.required, parameters.words):
        try:
            read(name)
        except BramaError as refusal:
            assert refusal.status in {400, 413}
    try:
        assert 0 <= parameters.integer(name, 1, 0, 10) <= 10
    except BramaError as refusal:
        assert refusal.status in {400, 413}


@pytest.mark.parametrize("value", ["x", "2026-13-01", "2026-02-30", "1.1.2026", "20260101x"])
def test_what_is_no_day_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="2026-12-31") as refusal:
        Parameters({"on": value}).day("on")
    assert refusal.value.locator == "on"


@pytest.mark.parametrize("value", ["x", "01a22222-0000-7000-8000-00000000000g", "1"])
def test_what_is_no_id_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="no id"):
        Parameters({"id": value}).uuid("id")


def test_days_and_ids_may_be_left_out() -> None:
    sent = Parameters({"on": "", "id": ""})
    assert (sent.day("on"), sent.uuid("id")) == (None, None)
