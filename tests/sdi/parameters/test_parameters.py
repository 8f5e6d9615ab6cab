# SPDX-License-Identifier: EUPL-1.2
"""Legal values: what held on a day, the organisation's own before the region's, and who may set them."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sdi.db.database import Database
from sdi.errors import InvalidParameter, NotFound
from sdi.parameters import cli, service
from sdi.parameters.model import Definition
from sdi.people.model import Principal
from sdi.people.service import organisation_id

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
CODE = "logs.retention_years"
_ADD = text(
    "INSERT INTO app.parameter_write (code, organisation_id, value, valid_from, valid_to, legal_basis)"
    " VALUES (:code, :organisation, '9', :start, :end, 'uchwała')"
)


def _add(database: Database, who: Principal, organisation: Any, start: str, end: str | None = None) -> None:
    with database.write(who) as connection:
        connection.execute(_ADD, {"code": CODE, "organisation": organisation, "start": start, "end": end})


def test_declared_values_are_there_once_and_stay_as_set_by_hand(database: Database) -> None:
    with database.owner.begin() as connection:
        assert service.value(connection, CODE, date(2026, 1, 1)) == 2
        connection.execute(text("UPDATE sdi.parameter SET value = '5'"))
        service.sync(connection)
        assert service.value(connection, CODE, date(2026, 1, 1)) == 5
        assert connection.execute(text("SELECT count(*) FROM sdi.parameter WHERE code = :c"), {"c": CODE}).scalar() == 1


def test_a_value_holds_from_its_day_until_the_next_begins(database: Database, sign_in: SignIn) -> None:
    region, _ = sign_in("admin", "admin")
    _add(database, region, None, "2027-01-01")
    with database.read(region) as connection:
        assert service.value(connection, CODE, date(2012, 5, 31)) == 2
        assert service.value(connection, CODE, date(2026, 12, 31)) == 2
        assert service.value(connection, CODE, date(2027, 1, 1)) == 9
        with pytest.raises(NotFound, match="no value on 2012-05-30"):
            service.value(connection, CODE, date(2012, 5, 30))


def test_an_organisations_own_value_is_before_the_regions_while_it_lasts(database: Database, sign_in: SignIn) -> None:
    gabin, _ = sign_in("clerk", "admin")
    _add(database, gabin, gabin.organisation_id, "2026-01-01", "2026-12-31")
    with database.owner.connect() as connection:
        other = organisation_id(connection, "radomski")
        assert service.value(connection, CODE, date(2026, 6, 1), gabin.organisation_id) == 9
        assert service.value(connection, CODE, date(2027, 1, 1), gabin.organisation_id) == 2
        assert service.value(connection, CODE, date(2026, 6, 1), other) == 2
        assert service.value(connection, CODE, date(2026, 6, 1)) == 2


def test_a_commune_sets_its_own_values_and_no_others(database: Database, sign_in: SignIn) -> None:
    gabin, stranger = sign_in("clerk", "admin")[0], sign_in("stranger", "admin")[0]
    for who, whose in ((gabin, None), (gabin, stranger.organisation_id), (sign_in("clerk", "ingest")[0], gabin.organisation_id)):  # fmt: skip # noqa: E501
        with pytest.raises(DBAPIError, match="check option"):
            _add(database, who, whose, "2026-01-01")
    _add(database, gabin, gabin.organisation_id, "2026-01-01")
    _add(database, sign_in("admin", "admin")[0], stranger.organisation_id, "2026-01-01")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", 3, True),
        ("number", 0.5, float("nan")),
        ("text", "x", ""),
        ("boolean", False, 0),
        ("table", [], "[]"),
    ],
)
def test_a_value_is_of_its_kind(kind: Any, good: Any, bad: Any) -> None:
    definition = Definition(code="a.b", title={"pl": "x"}, kind=kind, minimum=0, maximum=10)  # type: ignore[arg-type]
    assert service.checked(definition, good) == good
    with pytest.raises(InvalidParameter):
        service.checked(definition, bad)
    if kind in {"integer", "number"}:
        with pytest.raises(InvalidParameter, match="from 0 to 10"):
            service.checked(definition, 11)


def test_codes_that_no_package_declares_are_not_found(database: Database) -> None:
    with database.owner.connect() as connection, pytest.raises(NotFound):
        service.value(connection, "no.such", date(2026, 1, 1))


def test_every_declared_parameter_has_values_that_fit_and_texts_in_both_languages() -> None:
    assert CODE in service.definitions()
    for one in service.definitions().values():
        assert set(one.title) == {"pl", "en"}, one.code
        assert len({seed.valid_from for seed in one.values}) == len(one.values), one.code
        for seed in one.values:
            service.checked(one, seed.value)


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [("integer", "1 000", 1000), ("number", "16,5", 16.5), ("number", "1e3", 1000.0), ("text", " x ", "x"),
     ("boolean", "true", True), ("table", '{"a": [1]}', {"a": [1]})],
)  # fmt: skip
def test_what_people_type_is_read(kind: Any, typed: str, value: Any) -> None:
    assert service.read(Definition(code="a.b", title={"pl": "x"}, kind=kind), typed) == value


@pytest.mark.parametrize(("kind", "typed"), [("integer", "1,5"), ("number", "much"), ("table", "[" * 100_000)])
def test_what_cannot_be_read_is_refused(kind: Any, typed: str) -> None:
    with pytest.raises(InvalidParameter):
        service.read(Definition(code="a.b", title={"pl": "x"}, kind=kind), typed)


def test_the_command_sets_and_lists(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdi.command.open_database", lambda _settings: database)
    monkeypatch.setattr("sdi.command.upgrade", lambda _settings: None)
    monkeypatch.setenv("BRAMA_DATABASE__URL", "postgresql://nowhere")
    for value in ("3", "4"):
        wanted = ["set", CODE, value, "--from", "2027-01-01", "--basis", "uchwała", "--organisation", "gabin"]
        assert CliRunner().invoke(cli.command, wanted).exit_code == 0
    shown = CliRunner().invoke(cli.command, ["list", "--on", "2027-06-01", "--organisation", "gabin", "--json"])
    assert {"code": CODE, "value": 4} in json.loads(shown.output)["parameters"]
    shown = CliRunner().invoke(cli.command, ["list", "--on", "2001-01-01", "--json"])
    assert {"code": CODE, "value": None} in json.loads(shown.output)["parameters"]
    assert CliRunner().invoke(cli.command, ["set", CODE, "1", "--from", "2027-01-01", "--basis", "x"]).exit_code != 0
