# SPDX-License-Identifier: EUPL-1.2
"""`brama people`: what an operator does on the machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from sdi.cli import main
from sdi.command import Instance
from sdi.db.database import Database
from sdi.settings import Settings

from .conftest import PASSWORD, Visit
from .test_rights import SQUARE


@pytest.fixture
def brama(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command over this test's own database."""

    @contextmanager
    def opened(_instance: Instance) -> Iterator[Database]:
        yield database

    monkeypatch.setattr(Instance, "database", opened)

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, ["people", *words, "--data", str(settings.data)], input=typed)

    return run


def _held(database: Database) -> list[tuple[Any, ...]]:
    statement = text(
        "SELECT r.code, o.slug, a.valid_to::text, a.area IS NOT NULL, a.mandate FROM sdi.assignment a"
        " JOIN sdi.account p ON p.id = a.account_id JOIN sdi.role r ON r.id = a.role_id"
        " JOIN sdi.organisation o ON o.id = a.organisation_id WHERE p.login = 'ewa' ORDER BY 1, 2"
    )
    with database.owner.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def test_accounts_get_roles_and_lose_them(brama: Any, database: Database, tmp_path: Path) -> None:
    area = tmp_path / "area.geojson"
    area.write_text(SQUARE)
    assert brama("add", "ewa", "--organisation", "gabin", "--role", "clerk").exit_code == 0
    more = ("--to", "2030-12-31", "--mandate", "OR.1", "--area", str(area))
    assert brama("assign", "ewa", "--organisation", "plocki", "--role", "editor", *more).exit_code == 0
    assert _held(database) == [
        ("clerk", "gabin", None, False, None), ("editor", "plocki", "2030-12-31", True, "OR.1"),
    ]  # fmt: skip
    again = brama("assign", "ewa", "--organisation", "plocki", "--role", "editor")
    assert again.exit_code == 1
    assert "already" in again.output
    assert "1 ended" in brama("end", "ewa", "--organisation", "plocki", "--role", "editor").output
    assert "no role 'emperor'" in brama("assign", "ewa", "--organisation", "gabin", "--role", "emperor").output


def test_a_state_that_cannot_follow_is_told(brama: Any) -> None:
    assert brama("state", "clerk", "archived").exit_code == 0
    done = brama("state", "clerk", "active")
    assert done.exit_code == 1
    assert "archived" in done.output


def test_the_first_administrator_sets_a_password_and_invites(brama: Any, visit: Visit, database: Database) -> None:
    assert "fewer than 12" in brama("password", "admin", typed="short\nshort\n").output
    assert brama("password", "admin", typed="moje nowe hasło\nmoje nowe hasło\n").exit_code == 0
    assert visit().sign_in("admin", "moje nowe hasło").status_code == 303
    told = json.loads(brama("invite", "clerk", "--json").output)
    path = told["address"].removeprefix("http://127.0.0.1:8080")
    assert visit().get(path).status_code == 200
    assert PASSWORD not in told["address"]


def test_who_lost_everything_is_invited_without_factors(brama: Any, database: Database, visit: Visit) -> None:
    with database.owner.begin() as connection:
        connection.execute(
            text("INSERT INTO sdi.totp (account_id, secret, confirmed_at) SELECT id, 'A', now() FROM sdi.account")
        )
    assert brama("invite", "clerk", "--without-factors").exit_code == 0
    assert visit().sign_in().headers["Location"] == "http://127.0.0.1:8080/"
    assert "no open account" in brama("invite", "nobody").output


def test_a_link_needs_a_provider(brama: Any) -> None:
    done = brama("link", "clerk", "nowhere", "subject")
    assert done.exit_code == 2
    assert "there are: none" in done.output
