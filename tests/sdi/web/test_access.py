# SPDX-License-Identifier: EUPL-1.2
"""Tokens: hashed, scoped, expiring, revocable; and the organisation in the URL."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from sdi.db.database import Database
from sdi.errors import InvalidParameter, NotFound
from sdi.people.model import Principal
from sdi.people.service import (
    TOKEN_PREFIX,
    ensure_administrator,
    issue_token,
    organisation_id,
    revoke_tokens,
)
from sdi.web.context import base_url, organisation, principal, require
from sdi.web.rights import public, requires

SignIn = Callable[..., tuple[Principal, dict[str, str]]]


@pytest.fixture
def guarded(app: Flask) -> FlaskClient:
    app.add_url_rule("/guarded", "guarded", requires("ingest")(lambda: require().login))
    app.add_url_rule("/where", "where", public(lambda: f"{organisation()} {base_url()}"))
    return app.test_client()


def test_a_token_opens_what_its_scope_guards(guarded: FlaskClient, sign_in: SignIn) -> None:
    assert guarded.get("/guarded").status_code == 401
    assert "Bearer" in guarded.get("/guarded").headers["WWW-Authenticate"]
    assert guarded.get("/guarded", headers=sign_in("clerk", "ingest")[1]).text == "clerk"
    assert guarded.get("/guarded", headers=sign_in("clerk", "layers:write")[1]).status_code == 403
    assert guarded.get("/guarded", headers=sign_in("admin", "admin")[1]).text == "admin"


def test_a_desktop_sends_the_token_as_password(guarded: FlaskClient, sign_in: SignIn) -> None:
    token = sign_in("clerk", "ingest")[1]["Authorization"].split()[1]
    assert guarded.get("/guarded", auth=("anything", token)).text == "clerk"
    assert guarded.get("/guarded", auth=("clerk", "wrong")).status_code == 401


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic !!", "Negotiate x", "Bearer " + "x" * 5000])
def test_a_wrong_token_is_refused_and_not_taken_for_the_public(guarded: FlaskClient, app: Flask, header: str) -> None:
    app.add_url_rule("/open", "open", public(lambda: str(principal())))
    assert guarded.get("/open", headers={"Authorization": header}).status_code == 401


def test_tokens_expire_and_are_revoked_at_once(database: Database, guarded: FlaskClient, sign_in: SignIn) -> None:
    _, headers = sign_in("clerk", "ingest")
    with database.owner.begin() as connection:
        assert revoke_tokens(connection, "clerk", "test") == 1
    assert guarded.get("/guarded", headers=headers).status_code == 401
    _, headers = sign_in("clerk", "ingest")
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.token SET expires_at = now()"))
    assert guarded.get("/guarded", headers=headers).status_code == 401


def test_the_token_itself_is_not_stored(database: Database) -> None:
    with database.owner.begin() as connection:
        token = issue_token(connection, "clerk", ["ingest"], "test", 1)
        rows = connection.execute(text("SELECT t::text FROM sdi.token t")).scalars().all()
    assert token.startswith(TOKEN_PREFIX)
    assert all(token not in row and token[len(TOKEN_PREFIX) :] not in row for row in rows)


def test_unknown_scopes_and_accounts_are_refused(database: Database) -> None:
    with database.owner.begin() as connection:
        with pytest.raises(InvalidParameter):
            issue_token(connection, "clerk", ["everything"], "test", 1)
        with pytest.raises(NotFound):
            issue_token(connection, "nobody", ["ingest"], "test", 1)


def test_an_administrator_reaches_down_the_tree_and_nobody_up(sign_in: SignIn) -> None:
    assert len(sign_in("admin", "admin")[0].organisations) == 4
    assert len(sign_in("admin", "ingest")[0].organisations) == 1
    assert len(sign_in("clerk", "admin")[0].organisations) == 1


def test_urls_of_one_organisation_stay_there(guarded: FlaskClient) -> None:
    assert guarded.get("/where").text == "None http://127.0.0.1:8080"
    assert guarded.get("/o/gabin/where").text == "gabin http://127.0.0.1:8080/o/gabin"


def test_health_and_metrics(client: FlaskClient) -> None:
    assert client.get("/health").json == {"status": "ok"}
    assert 'brama_requests_total{endpoint="kernel.health",status="200"}' in client.get("/metrics").text


def test_the_first_administrator_is_made_once(database: Database) -> None:
    with database.owner.begin() as connection:
        for _ in range(2):
            ensure_administrator(connection, "new_region", {"pl": "Nowy region"})
        assert connection.execute(text("SELECT count(*) FROM sdi.account WHERE login = 'admin'")).scalar_one() == 1
        assert organisation_id(connection, "new_region")
