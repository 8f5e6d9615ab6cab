# SPDX-License-Identifier: EUPL-1.2
"""What routes need stands beside them; scopes are declared beside what they guard; forms of other sites do nothing."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from sdi.people.model import Principal
from sdi.people.service import scopes
from sdi.web.context import principal
from sdi.web.csrf import HEADER
from sdi.web.openapi import described
from sdi.web.rights import public, requires, rules, unruled

SignIn = Callable[..., tuple[Principal, dict[str, str]]]


def test_every_route_says_what_it_needs(app: Flask) -> None:
    assert unruled(app) == []
    assert {scope for scope in rules(app).values() if scope} <= set(scopes())


def test_the_api_document_tells_the_same_scopes(app: Flask) -> None:
    asked = rules(app)
    told = {endpoint: operation.scope for endpoint, operation in described(app).items()}
    assert len(told) > 50
    assert told == {endpoint: asked[endpoint] for endpoint in told}


def test_scopes_are_named_in_both_languages_and_held_by_roles() -> None:
    assert {"admin", "ingest", "features:write", "layers:write"} <= set(scopes())
    for scope in scopes().values():
        assert set(scope.title) == {"pl", "en"}
        assert scope.roles
        assert re.fullmatch(r"admin|ingest|[a-z]+:[a-z]+", scope.name)


@pytest.fixture
def guarded(app: Flask) -> FlaskClient:
    app.add_url_rule("/silent", "silent", lambda: "silent")
    app.add_url_rule("/open", "open", public(lambda: "open"))
    app.add_url_rule("/member", "member", requires()(lambda: "member"))
    app.add_url_rule("/loader", "loader", requires("ingest")(lambda: "loader"))
    return app.test_client()


def test_a_rule_is_asked_before_the_view_runs(guarded: FlaskClient, sign_in: SignIn) -> None:
    member, loader = sign_in("clerk", "layers:write")[1], sign_in("clerk", "ingest")[1]
    assert [guarded.get(path).status_code for path in ("/open", "/member", "/loader")] == [200, 401, 401]
    assert [guarded.get(path, headers=member).status_code for path in ("/open", "/member", "/loader")] == [
        200,
        200,
        403,
    ]
    assert guarded.get("/loader", headers=loader).text == "loader"


def test_a_route_without_a_rule_is_an_administrators(app: Flask, guarded: FlaskClient, sign_in: SignIn) -> None:
    assert unruled(app) == ["silent"]
    assert guarded.get("/silent").status_code == 401
    assert guarded.get("/silent", headers=sign_in("clerk", "ingest")[1]).status_code == 403
    assert guarded.get("/silent", headers=sign_in("admin", "admin")[1]).text == "silent"


@pytest.fixture
def form(app: Flask) -> FlaskClient:
    app.add_url_rule("/form", "form", public(lambda: render_template_string("{{ csrf_field() }}")))
    app.add_url_rule("/form", "sent", public(lambda: "done"), methods=["POST"])
    return app.test_client()


def _token(form: FlaskClient) -> str:
    found = re.search('name="csrf" value="([^"]*)"', form.get("/form").text)
    assert found
    return found[1]


def test_under_a_sessions_cookie_only_the_sessions_own_forms_are_taken(form: FlaskClient) -> None:
    form.set_cookie("brama", "first" * 8)
    first = _token(form)
    assert first not in ("", "first" * 8)
    assert form.post("/form", data={"csrf": first}).text == "done"
    assert form.post("/form", headers={HEADER: first}).text == "done"
    for wrong in ({}, {"csrf": ""}, {"csrf": "ł"}, {"csrf": first[:-1]}):
        assert form.post("/form", data=wrong).status_code == 403
    form.set_cookie("brama", "other" * 8)
    assert form.post("/form", data={"csrf": first}).status_code == 403


def test_an_upload_is_taken_from_own_pages_only(form: FlaskClient) -> None:
    form.set_cookie("brama", "first" * 8)
    for sender, status in (("http://127.0.0.1:8080", 200), ("http://localhost", 200), ("https://evil.example", 403)):
        answer = form.post("/form", headers={"Origin": sender}, data={"x": "1"}, content_type="multipart/form-data")
        assert answer.status_code == status, sender
    assert form.post("/form", data={"x": "1"}, content_type="multipart/form-data").status_code == 403


def test_who_sends_a_token_or_no_cookie_needs_none(app: Flask, form: FlaskClient, sign_in: SignIn) -> None:
    app.add_url_rule("/who", "who", requires()(lambda: str(principal() and principal().login)), methods=["POST"])  # type: ignore[union-attr]
    assert form.post("/form").text == "done"
    form.set_cookie("brama", "first" * 8)
    assert form.post("/who", headers=sign_in("clerk", "ingest")[1]).text == "clerk"
