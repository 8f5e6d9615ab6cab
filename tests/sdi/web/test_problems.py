# SPDX-License-Identifier: EUPL-1.2
"""Every error is a problem document (RFC 9457) with the right status, and tells nothing it should not."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from sdi import errors
from sdi.db.database import Database
from sdi.web.context import services
from sdi.web.rights import public

REFUSALS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BramaError)]


@pytest.fixture
def failing(app: Flask) -> Callable[[Callable[[], object]], FlaskClient]:
    """A client of an application in which `/fail` does what is given."""

    def make(action: Callable[[], object]) -> FlaskClient:
        app.testing = False
        app.add_url_rule("/fail", "fail", public(lambda: action() or ""))
        return app.test_client()

    return make


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_each_refusal_is_a_problem_document(
    failing: Callable[[Callable[[], object]], FlaskClient], kind: type[errors.BramaError]
) -> None:
    def action() -> None:
        raise kind("What is wrong.", locator="bbox")

    answer = failing(action).get("/fail")
    assert answer.status_code == kind.status
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"] == "What is wrong."
    assert answer.json["code"] == kind.code
    assert answer.json["parameter"] == "bbox"


def test_an_unexpected_error_tells_its_id_and_nothing_else(
    failing: Callable[[Callable[[], object]], FlaskClient],
) -> None:
    def action() -> None:
        raise RuntimeError("password=secret")

    answer = failing(action).get("/fail", headers={"X-Request-Id": "request-1234"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "request-1234" in answer.json["detail"]
    assert answer.headers["X-Request-Id"] == "request-1234"


def test_a_statement_over_its_time_is_too_busy(
    failing: Callable[[Callable[[], object]], FlaskClient], database: Database
) -> None:
    def action() -> None:
        with services().database.app.connect() as connection:
            connection.execute(text("SET statement_timeout = 10"))
            connection.execute(text("SELECT pg_sleep(5)"))

    answer = failing(action).get("/fail")
    assert (answer.status_code, answer.json["code"]) == (503, "too-busy")
    assert answer.headers["Retry-After"]


def test_a_value_that_overflows_in_the_database_is_the_callers(
    failing: Callable[[Callable[[], object]], FlaskClient],
) -> None:
    def action() -> None:
        with services().database.public.connect() as connection:
            connection.execute(text("SELECT 1e300::float8 * 1e300::float8"))

    answer = failing(action).get("/fail")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-parameter")


def test_an_address_that_is_not_there(client: FlaskClient) -> None:
    answer = client.get("/no/such/thing", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_method_that_is_not_allowed_says_which_are(client: FlaskClient) -> None:
    answer = client.delete("/health", headers={"Accept": "application/json"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(("language", "said"), [("pl", "Wróć do mapy"), ("en", "Back to the map")])
def test_a_browser_gets_a_page_in_its_language(client: FlaskClient, language: str, said: str) -> None:
    answer = client.get("/<script>", headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == 404
    assert said in answer.text
    assert "<script>" not in answer.text.split("<main")[1]
