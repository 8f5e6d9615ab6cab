# SPDX-License-Identifier: EUPL-1.2
"""The administration: who may open what, what changes are made and undone, what is refused."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from sdi.admin import service
from sdi.audit import store
from sdi.audit.model import Sought
from sdi.db.database import Database
from sdi.jobs import service as jobs
from sdi.people.model import Principal
from sdi.people.service import organisation_id
from sdi.web.rights import rules

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
Headers = dict[str, str]
HTML = {"Accept": "text/html"}


@pytest.fixture
def regional(sign_in: SignIn) -> Headers:
    return sign_in("admin", "admin")[1] | HTML


@pytest.fixture
def gabin(sign_in: SignIn) -> Headers:
    return sign_in("clerk", "admin")[1] | HTML


@pytest.fixture
def radom(sign_in: SignIn) -> Headers:
    return sign_in("stranger", "admin")[1] | HTML


def _pages(app: Flask) -> list[str]:
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin") and "GET" in (rule.methods or ()) and not rule.arguments
    )


def test_every_page_is_closed_to_nobody_and_to_who_lacks_its_scope(
    app: Flask, client: FlaskClient, sign_in: SignIn, regional: Headers
) -> None:
    plain, asked = sign_in("clerk", "ingest")[1] | HTML, rules(app)
    pages = _pages(app)
    assert len(pages) >= 7
    for page in pages:
        assert client.get(page, headers=HTML).status_code in {302, 303, 401}, page
        (rule,) = [rule for rule in app.url_map.iter_rules() if rule.rule == page and "GET" in (rule.methods or ())]
        assert client.get(page, headers=plain).status_code == (403 if asked[rule.endpoint] else 200), page
        answer = client.get(page, headers=regional)
        assert answer.status_code == 200, (page, answer.text)
        assert answer.text.count("<h1") == 1, page


def test_every_write_is_closed_to_nobody_and_to_who_lacks_its_scope(
    app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    plain = sign_in("clerk", "ingest")[1]
    writes = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin") and "POST" in rule.methods]  # type: ignore[operator]
    assert len(writes) >= 6
    for rule in writes:
        path = re.sub("<uuid:[^>]+>", "01a22277-4055-78e4-b7e4-f796505c7e10", re.sub("<[a-z_]+>", "x.y", rule.rule))
        assert client.post(path).status_code == 401, path
        if rules(app)[rule.endpoint]:
            assert client.post(path, headers=plain).status_code == 403, path


def test_sections_are_those_whose_scope_one_holds(client: FlaskClient, sign_in: SignIn, regional: Headers) -> None:
    assert "/admin/audit" in client.get("/admin?lang=en", headers=regional).text
    steward = client.get("/admin?lang=en", headers=sign_in("clerk", "layers:write")[1] | HTML).text
    assert "/admin/layers" in steward
    assert "/admin/audit" not in steward
    plain = client.get("/admin?lang=en", headers=sign_in("clerk", "ingest")[1] | HTML).text
    assert "None of your roles opens a section" in plain
    assert 'href="http://127.0.0.1:8080/admin' not in client.get("/catalogue", headers=HTML).text
    assert "/admin?lang=" in client.get("/catalogue", headers=regional).text
    assert client.get("/catalogue", headers={"Authorization": "Bearer wrong", **HTML}).status_code in {303, 401}


def test_every_noted_action_has_a_name(database: Database) -> None:
    with database.owner.connect() as connection:
        noted = connection.execute(text("SELECT DISTINCT action FROM sdi.audit_entry")).scalars().all()
    assert set(noted) <= set(service.actions())
    for told in service.actions().values():
        assert set(told) == {"pl", "en"}


def _done(client: FlaskClient, location: str, headers: Headers) -> tuple[str, str]:
    """The page that a change leads to, and the id of the request that it can undo."""
    page = client.get(location, headers=headers).text
    found = re.search('name="request" value="([^"]+)"', page)
    return page, found[1] if found else ""


class TestOrganisations:
    def _add(self, client: FlaskClient, headers: Headers, parent: object, **fields: str) -> int:
        form = {"parent": str(parent), "slug": "gok", "kind": "institution", "title_pl": "Ośrodek kultury", **fields}
        return client.post("/admin/organisations", data=form, headers=headers).status_code

    def test_new_ones_go_below_those_within_reach(
        self, client: FlaskClient, database: Database, gabin: Headers, radom: Headers, regional: Headers
    ) -> None:
        with database.owner.connect() as connection:
            below = organisation_id(connection, "gabin")
        assert self._add(client, radom, below) == 403
        assert self._add(client, gabin, below) == 303
        assert self._add(client, regional, below) == 409
        assert self._add(client, regional, below, slug="Żle") == 422
        assert self._add(client, regional, below, slug="x", teryt="1") == 422
        assert self._add(client, regional, below, slug="y", title_pl="") == 400
        assert "Ośrodek kultury" in client.get("/admin/organisations?q=osrodek", headers=regional).text
        assert "Ośrodek kultury" not in client.get("/admin/organisations?kind=county", headers=regional).text

    def test_names_change_within_reach_and_are_undone(
        self, client: FlaskClient, database: Database, gabin: Headers, radom: Headers
    ) -> None:
        with database.owner.connect() as connection:
            path = f"/admin/organisations/{organisation_id(connection, 'gabin')}"
        form = {"title_pl": "Gmina Gąbin", "title_en": "Gąbin commune", "teryt": ""}
        assert client.post(path, data=form, headers=radom).status_code == 403
        answer = client.post(path, data=form, headers=gabin)
        assert answer.status_code == 303
        page, request = _done(client, answer.location, gabin)
        assert "Gmina Gąbin" in page
        undone = client.post("/admin/undo", data={"request": request, "back": path}, headers=gabin)
        assert undone.status_code == 303
        page, again = _done(client, undone.location, gabin)
        assert "Gmina Gąbin" not in page
        assert 'value="141906"' in page
        redone = client.post("/admin/undo", data={"request": again, "back": path}, headers=gabin)
        assert "Gmina Gąbin" in _done(client, redone.location, gabin)[0]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/admin\r\nX: y", "/admin?x=y", "/map"])
def test_undo_leads_back_to_the_administration_only(client: FlaskClient, regional: Headers, back: str) -> None:
    assert client.post("/admin/undo", data={"request": "x" * 8, "back": back}, headers=regional).status_code == 400


def test_nobody_undoes_what_another_did(
    client: FlaskClient, database: Database, gabin: Headers, regional: Headers
) -> None:
    with database.owner.connect() as connection:
        path = f"/admin/organisations/{organisation_id(connection, 'gabin')}"
    answer = client.post(path, data={"title_pl": "Gmina"}, headers=gabin | {"X-Request-Id": "request-of-gabin"})
    assert answer.status_code == 303
    assert "request-of-gabin" in answer.location
    taken = client.post("/admin/undo", data={"request": "request-of-gabin"}, headers=regional)
    assert taken.status_code == 409


class TestParameters:
    CODE = "/admin/parameters/logs.retention_years"
    FORM: ClassVar = {"value": "3", "valid_from": "2027-01-01", "legal_basis": "uchwała nr 7"}

    def test_a_value_is_added_changed_removed_and_each_is_undone(self, client: FlaskClient, regional: Headers) -> None:
        answer = client.post(self.CODE, data=self.FORM, headers=regional)
        page, request = _done(client, answer.location, regional)
        assert "uchwała nr 7" in page
        client.post("/admin/undo", data={"request": request, "back": self.CODE}, headers=regional)
        assert "uchwała nr 7" not in client.get(self.CODE, headers=regional).text
        client.post(self.CODE, data=self.FORM, headers=regional)
        page = client.get(self.CODE, headers=regional).text
        row = re.findall('name="remove" value="([^"]+)"', page)[0]
        answer = client.post(self.CODE, data={**self.FORM, "id": row, "valid_to": "2028-12-31"}, headers=regional)
        page, request = _done(client, answer.location, regional)
        assert "2028-12-31" in page
        client.post("/admin/undo", data={"request": request, "back": self.CODE}, headers=regional)
        assert "2028-12-31" not in client.get(self.CODE, headers=regional).text
        answer = client.post(self.CODE, data={"remove": row}, headers=regional)
        page, request = _done(client, answer.location, regional)
        assert row not in re.findall('name="remove" value="([^"]+)"', page)
        client.post("/admin/undo", data={"request": request, "back": self.CODE}, headers=regional)
        assert row in re.findall('name="remove" value="([^"]+)"', client.get(self.CODE, headers=regional).text)

    def test_a_commune_sets_its_own_value_only(
        self, client: FlaskClient, gabin: Headers, radom: Headers, regional: Headers
    ) -> None:
        assert client.post(self.CODE, data=self.FORM, headers=gabin).status_code == 403
        assert client.post(self.CODE, data={**self.FORM, "own": "1"}, headers=gabin).status_code == 303
        page = client.get(self.CODE, headers=gabin).text
        (row,) = re.findall('name="remove" value="([^"]+)"', page)
        assert client.post(self.CODE, data={"remove": row}, headers=radom).status_code == 404
        assert "uchwała nr 7" not in client.get(self.CODE, headers=radom).text
        assert client.post(self.CODE, data={"remove": row}, headers=regional).status_code == 303

    @pytest.mark.parametrize(
        ("field", "wrong", "told"),
        [
            ("value", "many", "not of this kind"),
            ("value", "1", "out of bounds"),
            ("valid_from", "tomorrow", "not a day,"),
            ("valid_from", "", "first day is missing"),
            ("legal_basis", "", "act and the article"),
            ("valid_to", "2026-01-01", "before the first"),
            ("valid_from", "2012-05-31", "another value begins"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_told_beside_the_form_which_keeps_what_was_typed(
        self, client: FlaskClient, regional: Headers, field: str, wrong: str, told: str
    ) -> None:
        answer = client.post(f"{self.CODE}?lang=en", data={**self.FORM, field: wrong}, headers=regional)
        assert answer.status_code == 400
        assert told in answer.text
        kept = "legal_basis" if field != "legal_basis" else "value"
        assert f'value="{self.FORM[kept]}"' in answer.text

    def test_values_of_another_day_are_shown(self, client: FlaskClient, regional: Headers) -> None:
        assert "no value on that day" in client.get("/admin/parameters?on=2001-01-01&lang=en", headers=regional).text
        assert "no value on that day" not in client.get("/admin/parameters?lang=en&q=logs", headers=regional).text
        assert client.get("/admin/parameters?on=soon", headers=regional).status_code == 400
        assert client.get("/admin/parameters/no.such", headers=regional).status_code == 404


class TestAudit:
    @pytest.fixture(autouse=True)
    def changed(self, client: FlaskClient, database: Database, gabin: Headers) -> None:
        with database.owner.connect() as connection:
            path = f"/admin/organisations/{organisation_id(connection, 'gabin')}"
        client.post(path, data={"title_pl": "=<b>Gąbin</b>"}, headers=gabin | {"X-Request-Id": "request-of-gabin"})

    def test_entries_are_found_by_each_filter(self, client: FlaskClient, gabin: Headers, radom: Headers) -> None:
        def seqs(query: str, who: Headers = gabin) -> list[int]:
            answer = client.get(f"/admin/audit?f=json&{query}", headers=who)
            assert answer.status_code == 200, answer.text
            return [entry["seq"] for entry in answer.json["entries"]]  # type: ignore[index]

        (mine,) = seqs("action=organisation.changed")
        assert seqs("person=clerk&action=organisation.changed") == [mine]
        assert seqs("person=clerk&action=organisation.changed&organisation=gabin&from=2026-01-01&to=2999-01-01") == [
            mine
        ]
        assert seqs("subject=organisation/&action=organisation.changed") == [mine]
        assert seqs("person=admin") == []
        assert seqs("to=2026-01-01") == []
        assert seqs(f"before={mine}&action=organisation.changed") == []
        assert mine not in seqs("", radom)
        assert client.get("/admin/audit?from=x", headers=gabin).status_code == 400
        assert client.get("/admin/audit?colour=red", headers=gabin).status_code == 400

    def test_what_was_before_and_after_is_shown_and_escaped(self, client: FlaskClient, gabin: Headers) -> None:
        page = client.get("/admin/audit?action=organisation.changed&lang=pl", headers=gabin).text
        assert "<b>Gąbin" not in page
        assert "zmieniono jednostkę" in page
        assert "127.0.0.1" in page

    def test_the_file_for_spreadsheets_holds_no_formula(self, client: FlaskClient, gabin: Headers) -> None:
        answer = client.get("/admin/audit?f=csv&action=organisation.changed", headers=gabin)
        assert answer.content_type.startswith("text/csv")
        (row,) = csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
        assert row["login"] == "clerk"
        assert row["request"] == "request-of-gabin"
        assert not [value for value in row.values() if value[:1] in "=+-@" and value]

    def test_a_long_list_goes_on_from_its_last_entry(
        self, client: FlaskClient, database: Database, gabin: Headers, sign_in: SignIn
    ) -> None:
        with database.write(sign_in("clerk", "ingest")[0]) as connection:
            connection.execute(
                text("SELECT sdi.note('test.done', 'test/' || n, NULL, NULL) FROM generate_series(1, 120) n")
            )
        seen, address = [], "/admin/audit?action=test.done"
        while address:
            page = client.get(address, headers=gabin).text
            seen += re.findall("subject=test%2F([0-9]+)", page)
            older = re.search('rel="next" href="([^"]+)"', page)
            address = older[1].replace("&amp;", "&").removeprefix("http://127.0.0.1:8080") if older else ""
        assert list(dict.fromkeys(seen)) == [str(n) for n in range(120, 0, -1)]


def test_jobs_are_listed_sought_and_stopped_within_reach(
    client: FlaskClient, database: Database, sign_in: SignIn, gabin: Headers, radom: Headers
) -> None:
    with database.write(sign_in("clerk", "ingest")[0]) as connection:
        job = jobs.enqueue(connection, "test.count", {})
    assert "test.count" in client.get("/admin/jobs?state=queued&q=count", headers=gabin).text
    assert "test.count" not in client.get("/admin/jobs?state=failed", headers=gabin).text
    assert "test.count" not in client.get("/admin/jobs", headers=radom).text
    assert client.post(f"/admin/jobs/{job}/cancel", headers=radom).status_code == 404
    assert client.post(f"/admin/jobs/{job}/cancel", headers=gabin).status_code == 303
    assert "test.count" in client.get("/admin/jobs?state=cancelled", headers=gabin).text
    assert client.get("/admin/jobs?sort=password", headers=gabin).status_code == 400


@pytest.mark.parametrize("sought", ["subject=layer/x77", "person=clerk", "organisation=gabin", "", "from=2026-01-01"])
def test_a_page_of_a_long_audit_reads_an_index_and_not_the_table(
    database: Database, sign_in: SignIn, sought: str
) -> None:
    gabin, _ = sign_in("clerk", "admin")
    many = (
        "SELECT count(sdi.note('test.done', 'layer/x' || n, o.id, '{}')) FROM generate_series(1, 2000) n,"
        " (SELECT id FROM sdi.organisation) o"
    )
    with database.owner.begin() as connection:
        connection.execute(text(many))
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE sdi.audit_entry, sdi.audit_contents"))
    name, _, value = sought.partition("=")
    moment = datetime.fromisoformat(value) if name == "from" else None
    fields: dict[str, Any] = {"since": moment} if moment else {name: value} if name else {}
    statement, values = store.listing(Sought(**fields), 50)
    with database.read(gabin) as connection:
        plan = "\n".join(connection.execute(text(f"EXPLAIN {statement}"), values).scalars())
    assert "Seq Scan on audit_entry" not in plan, plan
    assert "Seq Scan on audit_contents" not in plan, plan
