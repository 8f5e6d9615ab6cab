# SPDX-License-Identifier: EUPL-1.2
"""Languages: chosen by parameter, then header; Polish plurals are right."""

import pytest
from flask import Flask

from sdi.web.i18n import language, localised, ngettext


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [("", "", "pl"), ("", "en-GB,en;q=0.9", "en"), ("", "de", "pl"), ("?lang=en", "pl", "en"), ("?lang=xx", "", "pl")],
)
def test_the_language_of_an_answer(app: Flask, query: str, header: str, expected: str) -> None:
    with app.test_request_context(f"/{query}", headers={"Accept-Language": header} if header else {}):
        assert language() == expected


@pytest.mark.parametrize(
    ("count", "polish"),
    [(1, "1 warstwa"), (2, "2 warstwy"), (5, "5 warstw"), (9, "9 warstw"), (12, "12 warstw"), (22, "22 warstwy")],
)
def test_polish_plurals(app: Flask, count: int, polish: str) -> None:
    with app.test_request_context("/?lang=pl"):
        assert ngettext("%(num)s layer", "%(num)s layers", count) % {"num": count} == polish


def test_a_text_missing_in_a_language_is_given_in_another(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert localised({"pl": "Gminy"}) == "Gminy"
        assert localised({"pl": "Gminy", "en": "Communes"}) == "Communes"
        assert localised(None) == ""


@pytest.mark.parametrize(
    ("value", "polish", "english"),
    [
        (2018, "2018", "2018"),
        (12345, "12\xa0345", "12,345"),
        (159.84, "159,84", "159.84"),
        (0.123456789, "0,123456789", None),
    ],
)
def test_numbers_are_written_as_the_language_does(app: Flask, value: float, polish: str, english: str | None) -> None:
    for code, written in (("pl", polish), ("en", english)):
        with app.test_request_context(f"/?lang={code}"):
            if written is not None:
                assert app.jinja_env.filters["number"](value) == written
