# SPDX-License-Identifier: EUPL-1.2
"""Browsers without a script: they keep cookies and send what a page's forms hold."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from sdi.db.database import Database
from sdi.settings import Settings
from sdi.signin.service import set_first_password

PASSWORD = "zielona łąka nad Wisłą"
Visit = Callable[..., "Visitor"]


class Visitor:
    """One browser of one person."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        """A page."""
        return self.client.get(path, headers={"Accept": "text/html"})

    def send(self, path: str, **fields: object) -> TestResponse:
        """A form of the page, with its token."""
        page = self.get("/account") if self.secret else self.get("/sign-in")
        found = re.search(r'name="csrf" value="([^"]*)"', page.text)
        return self.client.post(
            path, data={"csrf": found[1] if found else "", **fields}, headers={"Accept": "text/html"}
        )

    def sign_in(self, login: str = "clerk", password: str = PASSWORD, following: str = "") -> TestResponse:
        """Send login and password."""
        return self.send(f"/sign-in{following}", login=login, password=password)

    @property
    def secret(self) -> str | None:
        """What the browser's session cookie holds."""
        cookie = self.client.get_cookie("brama")
        return cookie.value if cookie else None

    @property
    def signed_in(self) -> bool:
        """Whether the account's page is shown."""
        return self.get("/account").status_code == 200


@pytest.fixture
def passwords(database: Database, settings: Settings) -> None:
    """The password of clerk, admin and stranger is known."""
    with database.owner.begin() as connection:
        set_first_password(connection, "clerk", PASSWORD, settings.identity)
        connection.execute(
            text("INSERT INTO sdi.password (account_id, hash) SELECT a.id, p.hash FROM sdi.account a, sdi.password p"
                 " WHERE a.login IN ('admin', 'stranger')")
        )  # fmt: skip


@pytest.fixture
def visit(app: Flask, passwords: None) -> Visit:
    """A new browser."""
    return lambda: Visitor(app.test_client())
