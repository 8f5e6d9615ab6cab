# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a real OpenID Connect provider: who gets in by which rule, and what is not believed."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from flask import Flask
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text
from werkzeug.test import TestResponse

from sdi.db.database import Database
from sdi.people.service import set_state
from sdi.settings import Outbound, RoleRule, Settings
from sdi.settings import Provider as Rules
from sdi.web.app import create_app

from .conftest import Visitor
from .provider import Client, Provider

BACK = "http://127.0.0.1:8080/sign-in/from/region"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that vouches for the clerk."""
    made = Provider(BACK)
    made.start()
    yield made
    made.stop()


def _app(provider: Provider, settings: Settings, database: Database, **more: Any) -> Flask:
    secret = settings.data / "secret"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text(Client.secret + "\n")
    rules = Rules(
        id="region", title={"pl": "Konto urzędowe", "en": "Office account"}, issuer=provider.issuer, client_id="brama",
        client_secret_file=Path(secret), **more,
    )  # fmt: skip
    served = settings.model_copy(
        update={
            "identity": settings.identity.model_copy(update={"providers": (rules,)}),
            "outbound": Outbound(private_addresses=True),
        }
    )
    return create_app(served, database, listen=False)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _at_the_provider(address: str) -> str:
    """Sign in there; where it sends the browser back to."""
    try:
        build_opener(_Stay).open(address, timeout=10)
    except OSError as answer:
        return str(answer.headers["Location"])  # type: ignore[attr-defined]
    raise AssertionError(address)


def _leave(browser: Visitor, following: str = "?next=/account") -> str:
    answer = browser.get(f"/sign-in/with/region{following}")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def _return(browser: Visitor, address: str) -> TestResponse:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def _sign_in(app: Flask) -> Visitor:
    browser = Visitor(app.test_client())
    _return(browser, _at_the_provider(_leave(browser)))
    return browser


def _sql(database: Database, statement: str) -> Any:
    with database.owner.connect() as connection:
        return connection.execute(text(statement)).all()


def test_a_person_leaves_and_comes_back_signed_in(provider: Provider, settings: Settings, database: Database) -> None:
    app = _app(provider, settings, database, accounts="by_login")
    browser = Visitor(app.test_client())
    assert "Konto urzędowe" in browser.get("/sign-in").text
    address = _leave(browser)
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) == 43 for name in ("state", "nonce", "code_challenge"))
    answer = _return(browser, _at_the_provider(address))
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:8080/account")
    assert "Clerk of Gąbin" in browser.get("/account").text
    assert _sql(database, "SELECT provider, subject FROM sdi.identity") == [("region", "subject-1")]
    assert _sql(database, "SELECT method FROM sdi.session") == [("region",)]


def test_who_is_linked_gets_in_whatever_they_are_called_there(
    provider: Provider, settings: Settings, database: Database
) -> None:
    app = _app(provider, settings, database)
    assert not _sign_in(app).signed_in, "nobody is linked yet, and a login is no link"
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sdi.identity (provider, subject, account_id)"
                " SELECT 'region', 'subject-1', id FROM sdi.account WHERE login = 'stranger'"
            )
        )
    browser = _sign_in(app)
    assert "Clerk of Radom county" in browser.get("/account").text
    with database.owner.begin() as connection:
        set_state(connection, "stranger", "suspended")
    assert not _sign_in(app).signed_in


def test_a_login_is_linked_to_one_person_of_the_provider(
    provider: Provider, settings: Settings, database: Database
) -> None:
    app = _app(provider, settings, database, accounts="by_login")
    assert _sign_in(app).signed_in
    provider.claims["sub"] = "somebody-else-who-took-the-name"
    assert not _sign_in(app).signed_in


def test_new_accounts_are_made_and_never_taken_over(provider: Provider, settings: Settings, database: Database) -> None:
    app = _app(provider, settings, database, accounts="created", organisation="gabin")
    assert not _sign_in(app).signed_in, "the clerk was here before"
    provider.claims = {"sub": "2", "preferred_username": "Ewa", "name": "Ewa Nowak"}
    browser = _sign_in(app)
    assert "Ewa Nowak" in browser.get("/account").text
    assert _sign_in(app).signed_in
    assert _sql(database, "SELECT count(*) FROM sdi.account WHERE login = 'ewa'") == [(1,)]
    for login in ("", "../admin", "x" * 200, "ewa nowak"):
        provider.claims = {"sub": login + "3", "preferred_username": login}
        assert not _sign_in(app).signed_in


def test_groups_give_roles_and_take_them_away(provider: Provider, settings: Settings, database: Database) -> None:
    rules = (
        RoleRule(group="gis", role="editor", organisation="gabin"),
        RoleRule(group="gis", role="steward", organisation="plocki"),
        RoleRule(group="boss", role="head", organisation="gabin"),
        RoleRule(group="gis", role="emperor", organisation="gabin"),
    )
    app = _app(provider, settings, database, accounts="created", organisation="gabin", roles=rules)
    held = (
        "SELECT r.code, o.slug FROM sdi.granted g JOIN sdi.account a ON a.id = g.account_id JOIN sdi.role r"
        " ON r.id = g.role_id JOIN sdi.organisation o ON o.id = g.organisation_id WHERE a.login = 'ewa' ORDER BY 1"
    )
    provider.claims = {"sub": "2", "preferred_username": "ewa", "groups": ["gis", "others"]}
    _sign_in(app)
    assert _sql(database, held) == [("editor", "gabin"), ("steward", "plocki")]
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sdi.assignment (account_id, role_id, organisation_id) SELECT a.id, r.id, o.id"
                " FROM sdi.account a, sdi.role r, sdi.organisation o"
                " WHERE a.login = 'ewa' AND r.code = 'clerk' AND o.slug = 'gabin'"
            )
        )
    provider.claims["groups"] = "boss"
    _sign_in(app)
    assert _sql(database, held) == [("clerk", "gabin"), ("head", "gabin")], "what was given here by hand stays"
    provider.claims.pop("groups")
    _sign_in(app)
    assert _sql(database, held) == [("clerk", "gabin")]


@pytest.mark.parametrize(
    "change",
    [{"state": "x" * 43}, {"state": ""}, {"code": "stolen"}, {"code": ""}, {"error": "access_denied"},
     {"iss": "https://evil.example"}],
)  # fmt: skip
def test_an_answer_that_was_not_asked_for_is_refused(
    provider: Provider, settings: Settings, database: Database, change: dict[str, str]
) -> None:
    browser = Visitor(_app(provider, settings, database, accounts="by_login").test_client())
    back = parse_qs(urlsplit(_at_the_provider(_leave(browser))).query)
    sent = {name: values[0] for name, values in back.items()} | change
    answer = browser.client.get("/sign-in/from/region", query_string=sent)
    assert answer.status_code in (422, 502)
    assert 'role="alert"' in answer.text
    assert not browser.signed_in


def test_an_answer_counts_once_and_in_its_own_browser(
    provider: Provider, settings: Settings, database: Database
) -> None:
    app = _app(provider, settings, database, accounts="by_login")
    victim, thief = Visitor(app.test_client()), Visitor(app.test_client())
    address = _at_the_provider(_leave(thief))
    assert _return(victim, address).status_code == 422, "nobody is signed in as somebody else by a link"
    _leave(victim)
    assert _return(victim, address).status_code == 422
    assert _return(thief, address).status_code == 303
    assert _return(thief, address).status_code == 422
    assert not victim.signed_in


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": ["another"]}, {"aud": ["brama", "another"], "azp": "another"},
     {"exp": 1_000_000}, {"nonce": "another"}, {"nonce": None}, {"sub": ""}],
)  # fmt: skip
def test_a_token_that_is_wrong_in_a_claim_is_refused(
    provider: Provider, settings: Settings, database: Database, claims: dict[str, Any]
) -> None:
    app = _app(provider, settings, database, accounts="by_login")
    provider.claims |= claims
    assert not _sign_in(app).signed_in
    assert _sql(database, "SELECT count(*) FROM sdi.session") == [(0,)]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the provider misbehaves on purpose
@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_by_no_key_of_the_provider_is_refused(
    provider: Provider, settings: Settings, database: Database, algorithm: str
) -> None:
    app = _app(provider, settings, database, accounts="by_login")
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    assert not _sign_in(app).signed_in, "another key"
    provider.algorithm, provider.signing_key = algorithm, OctKey.import_key(Client.secret * 4)
    assert not _sign_in(app).signed_in, "a secret that the client knows too, or none at all"
    assert provider.answers == [200, 200]


def test_keys_may_change(provider: Provider, settings: Settings, database: Database) -> None:
    app = _app(provider, settings, database, accounts="by_login")
    assert _sign_in(app).signed_in
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    assert _sign_in(app).signed_in


def test_a_provider_that_is_down_or_is_another_is_told(
    provider: Provider, settings: Settings, database: Database
) -> None:
    app = _app(provider, settings, database)
    provider.told_issuer = "https://evil.example"
    began = time.monotonic()
    assert Visitor(app.test_client()).get("/sign-in/with/region").status_code == 502
    provider.stop()
    answer = Visitor(_app(provider, settings, database).test_client()).get("/sign-in/with/region?lang=en")
    assert answer.status_code == 502
    assert "The other service did not confirm" in answer.text
    assert time.monotonic() - began < 30
    assert Visitor(app.test_client()).get("/sign-in/with/nobody").status_code == 404


def test_a_provider_with_a_private_address_needs_leave(
    provider: Provider, settings: Settings, database: Database
) -> None:
    app = _app(provider, settings, database)
    closed = app.extensions["brama"].settings.model_copy(update={"outbound": Outbound()})
    answer = Visitor(create_app(closed, database, listen=False).test_client()).get("/sign-in/with/region")
    assert answer.status_code == 403
