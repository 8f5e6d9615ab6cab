# SPDX-License-Identifier: EUPL-1.2
"""Pages that every kind gets for nothing: list, files, board, calendar, map, form, record (records 9)."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from records import service
from records.model import Saved
from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.settings import Settings
from sdi.signin.service import set_first_password

from .conftest import CARD, place

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
Person = Callable[..., Principal]
Add = Callable[..., Saved]
WRITER = ("monuments:read", "monuments:write", "monuments:decide")
SQUARE = "POLYGON ((575000 500000, 575040 500000, 575040 500030, 575000 500030, 575000 500000))"
URL = "/registers/monuments"


@pytest.fixture
def clerk(sign_in: SignIn) -> dict[str, str]:
    return sign_in("clerk", *WRITER)[1]


def _form(**values: str) -> dict[str, str]:
    return {"title": "Dwór w Topólnie", "opened": "2026-11-02", **CARD, **values}


def test_a_form_becomes_a_record_that_lists_and_pages_show(client: FlaskClient, clerk: dict[str, str]) -> None:
    assert client.get(f"{URL}/new", headers=clerk).status_code == 200
    sent = _form(**{"place-subject": SQUARE, "floor_area": "1 234,5", "commune": "141906"})
    made = client.post(f"{URL}/new", data=sent, headers=clerk)
    assert made.status_code == 303
    page = client.get(made.location, headers=clerk).text
    for shown in ("Dwór w Topólnie", "GEZ/1", "1234,5", "proponowany", "Zawiadom właściciela", "brama-map"):
        assert shown in page, shown
    listed = client.get(URL, headers=clerk).text
    assert "Dwór w Topólnie" in listed
    assert "1 wpis" in listed
    english = client.get(f"{URL}?lang=en", headers=clerk).text
    assert "1 record" in english
    assert client.get(f"{URL}?q=topoln", headers=clerk).text.count("Dwór w Topólnie") == 1
    assert "Dwór w Topólnie" not in client.get(f"{URL}?q=zamek", headers=clerk).text


def test_what_is_wrong_stands_beside_its_control_and_nothing_written_is_lost(
    client: FlaskClient, clerk: dict[str, str]
) -> None:
    sent = _form(**{"title": "", "volume": "dużo", "history": "Dawne dzieje", "place-subject": "POLYGON((1 1"})
    answer = client.post(f"{URL}/new", data=sent, headers=clerk)
    assert answer.status_code == 422
    for shown in ("Dawne dzieje", "dużo", "POLYGON((1 1", 'id="field-place-subject"'):
        assert shown in answer.text, shown
    answer = client.post(f"{URL}/new", data={**sent, "place-subject": ""}, headers=clerk)
    assert re.search(r'id="field-title-problem">[^<]+<', answer.text)
    assert re.search(r'id="field-volume-problem">[^<]+<', answer.text)
    assert client.get(URL, headers=clerk).text.count("GEZ/") == 0


def test_an_edit_by_who_comes_late_is_refused(client: FlaskClient, clerk: dict[str, str]) -> None:
    made = client.post(f"{URL}/new", data=_form(), headers=clerk).location.partition("?")[0]
    assert 'name="version" value="1"' in client.get(f"{made}/edit", headers=clerk).text
    assert client.post(f"{made}/edit", data=_form(title="A", version="1"), headers=clerk).status_code == 303
    assert client.post(f"{made}/edit", data=_form(title="B", version="1"), headers=clerk).status_code == 412
    assert client.post(f"{made}/edit", data=_form(title="B", version=""), headers=clerk).status_code == 400


def test_an_edit_leaves_places_that_nobody_touched_as_they_are(
    client: FlaskClient, clerk: dict[str, str], database: Database, person: Person
) -> None:
    made = client.post(f"{URL}/new", data=_form(**{"place-subject": SQUARE}), headers=clerk).location.partition("?")[0]
    shown = client.get(f"{made}/edit", headers=clerk).text
    written = re.search(r'name="place-subject"[^>]*>([^<]+)<', shown)
    assert written
    drawn = written[1].replace("&#34;", '"')
    assert (
        client.post(f"{made}/edit", data=_form(version="1", **{"place-subject": drawn}), headers=clerk).status_code
        == 303
    )
    with database.owner.connect() as connection:
        exact = connection.exec_driver_sql("SELECT ST_AsText(geom) FROM records.place").scalar()
    assert exact == "POLYGON((575000 500000,575040 500000,575040 500030,575000 500030,575000 500000))"


def test_ways_are_buttons_and_notes_links_parties_and_versions_stand_on_the_page(
    client: FlaskClient, sign_in: SignIn, database: Database
) -> None:
    head = sign_in("clerk", *WRITER, "records:personal")[1]
    made = client.post(f"{URL}/new", data=_form(), headers=head).location.partition("?")[0]
    other = client.post(f"{URL}/new", data=_form(title="Park"), headers=head).location.partition("?")[0]
    posts: list[tuple[str, dict[str, str]]] = [
        ("transit", {"transition": "notify", "version": "1"}),
        ("notes", {"text": "Rozmowa z właścicielem"}),
        ("links", {"number": "GEZ/2", "role": "park przy dworze"}),
        ("parties", {"role": "owner", "type": "person", "name": "Jan Kowalski", "pesel": "44051401359"}),
        ("clock", {"action": "pause", "reason": "pismo do WKZ"}),
    ]
    for action, values in posts:
        assert client.post(f"{made}/{action}", data=values, headers=head).status_code == 303, action
    page = client.get(made, headers=head).text
    for shown in ("Rozmowa z właścicielem", "Jan Kowalski", "44051401359", "park przy dworze", "pismo do WKZ"):
        assert shown in page, shown
    assert client.post(f"{made}/clock", data={"action": "resume"}, headers=head).status_code == 303
    assert "park przy dworze" in client.get(other, headers=head).text
    misread = {"role": "owner", "type": "person", "name": "J", "pesel": "44051401358"}
    wrong = client.post(f"{made}/parties", data=misread, headers=head)
    assert wrong.status_code == 422
    hidden = client.get(made, headers=sign_in("clerk", *WRITER)[1]).text
    assert "Kowalski" not in hidden
    assert "44051401359" not in hidden
    assert client.post(f"{made}/restore", data={"restored": "1"}, headers=head).status_code == 303
    with database.owner.connect() as connection:
        entries = set(connection.exec_driver_sql("SELECT action FROM sdi.audit_entry").scalars())
        events = set(connection.exec_driver_sql("SELECT type FROM sdi.event").scalars())
    assert {"record.created", "record.changed", "record.party_added", "record.link_added"} <= entries & events


def test_files_of_a_list_hold_it_whole(
    client: FlaskClient, clerk: dict[str, str], database: Database, person: Person, add_monument: Add, tmp_path: Path
) -> None:
    add_monument(person(), "=HYPERLINK(1)", place(SQUARE))
    add_monument(person(), "Młyn")
    table = list(csv.reader(io.StringIO(client.get(f"{URL}?f=csv", headers=clerk).get_data().decode("utf-8-sig"))))
    assert len(table) == 3
    assert {row[2] for row in table[1:]} == {"'=HYPERLINK(1)", "Młyn"}
    assert client.get(f"{URL}?f=xlsx", headers=clerk).data.startswith(b"PK")
    shapes = json.loads(client.get(f"{URL}?f=geojson", headers=clerk).data)["features"]
    assert [one["properties"]["title"] for one in shapes] == ["=HYPERLINK(1)"]
    (tmp_path / "a.gpkg").write_bytes(client.get(f"{URL}?f=gpkg", headers=clerk).data)
    with sqlite3.connect(tmp_path / "a.gpkg") as found:
        assert found.execute("SELECT title FROM monument").fetchall() == [("=HYPERLINK(1)",)]
    found.close()


def test_pages_follow_each_other_in_every_order(client: FlaskClient, clerk: dict[str, str], person: Person,
                                                add_monument: Add) -> None:  # fmt: skip
    titles = [f"Dom {number}" for number in (3, 1, 2, 5, 4)]
    for title in titles:
        add_monument(person(), title)
    orders: list[tuple[str, str, list[str] | None]] = [
        ("title", "asc", sorted(titles)),
        ("title", "desc", sorted(titles)[::-1]),
        ("number", "asc", titles),
        ("opened", "desc", None),
        ("changed", "asc", titles),
    ]
    for sort, order, expected in orders:
        seen: list[str] = []
        address: str | None = f"{URL}?sort={sort}&order={order}&limit=2"
        while address:
            page = client.get(address, headers=clerk).text
            seen += re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = following[1].replace("&amp;", "&").partition("8080")[2] if following else None
        assert sorted(seen) == sorted(titles)
        if expected:
            assert seen == expected


def test_board_calendar_map_saved_views_and_bulk(client: FlaskClient, clerk: dict[str, str], person: Person,
                                                 add_monument: Add) -> None:  # fmt: skip
    made = [add_monument(person(), f"Dom {number}", place(SQUARE)) for number in range(3)]
    chosen = [f"{one.id}.1" for one in made[:2]]
    bulk: dict[str, Any] = {"record": chosen, "transition": "notify"}
    assert client.post(f"{URL}/bulk", data=bulk, headers=clerk).status_code == 303
    assert client.post(f"{URL}/bulk", data=bulk, headers=clerk).status_code == 412, "they are newer now"
    mixed = {"record": [f"{made[2].id}.1", f"{made[0].id}.2"], "transition": "notify"}
    assert client.post(f"{URL}/bulk", data=mixed, headers=clerk).status_code == 409
    assert service.read  # all or none: the third is as it was
    board = client.get(f"{URL}/board", headers=clerk).text
    assert re.findall(r'class="count">(\d+)<', board)[:2] == ["1", "2"]
    due = re.search(r'datetime="(\d{4}-\d\d)-\d\d"', client.get(URL, headers=clerk).text)
    assert due
    assert "Dom" in client.get(f"{URL}/calendar?month={due[1]}", headers=clerk).text
    assert "f=geojson" in client.get(f"{URL}/map?state=notified", headers=clerk).text
    view = {"title": "Zawiadomieni", "query": "state=notified"}
    assert client.post(f"{URL}/views", data=view, headers=clerk).status_code == 303
    assert "Zawiadomieni" in client.get(URL, headers=clerk).text


@pytest.mark.parametrize("address", ["?sort=x", "?after=!!!", "?bbox=1", "?state=x", "?unknown=1", "/calendar?month=x"])
def test_what_cannot_be_read_of_an_address_is_refused(client: FlaskClient, clerk: dict[str, str], address: str) -> None:
    assert client.get(URL + address, headers=clerk).status_code == 400


def test_the_public_sees_the_open_part_only(client: FlaskClient, clerk: dict[str, str], sign_in: SignIn, person: Person,
                                            add_monument: Add, database: Database) -> None:  # fmt: skip
    made = add_monument(person(), "Pałac", place(SQUARE), protection="register_a", register_number="A-1",
                        decision_date="1962-03-23", threats="TAJNE")  # fmt: skip
    page = f"{URL}/{made.id}"
    assert client.get(page).status_code == 404
    assert "Pałac" not in client.get(URL).text
    assert client.post(f"{page}/transit", data={"transition": "enter", "version": "1"}).status_code == 401
    reader = sign_in("clerk", "monuments:read")[1]
    assert (
        client.post(f"{page}/transit", data={"transition": "enter", "version": "1"}, headers=reader).status_code == 403
    )
    stranger = sign_in("stranger", *WRITER)[1]
    assert (
        client.post(f"{page}/transit", data={"transition": "enter", "version": "1"}, headers=stranger).status_code
        == 404
    )
    assert (
        client.post(f"{page}/transit", data={"transition": "enter", "version": "1"}, headers=clerk).status_code == 303
    )
    for headers in ({}, stranger, sign_in("stranger", "features:write")[1]):
        shown = client.get(page, headers=headers).text
        assert "Pałac" in shown
        assert "TAJNE" not in shown
        assert "Timeline" not in shown
        assert client.get(f"{URL}?f=csv", headers=headers).status_code == 200
        assert b"TAJNE" not in client.get(f"{URL}?f=csv", headers=headers).data
    assert "TAJNE" in client.get(page, headers=clerk).text


def test_forms_of_a_session_bring_its_token(client: FlaskClient, database: Database, settings: Settings) -> None:
    with database.owner.begin() as connection:
        set_first_password(connection, "clerk", "zielona łąka nad Wisłą", settings.identity)

    def token(path: str) -> str:
        found = re.search(r'name="csrf" value="([^"]*)"', client.get(path, headers={"Accept": "text/html"}).text)
        assert found
        return found[1]

    entry = {"login": "clerk", "password": "zielona łąka nad Wisłą", "csrf": token("/sign-in")}
    assert client.post("/sign-in", data=entry).status_code in (302, 303)
    assert client.post(f"{URL}/new", data=_form()).status_code == 403, "as another site would send it"
    made = client.post(f"{URL}/new", data=_form(csrf=token(f"{URL}/new")))
    assert made.status_code == 303
    page = client.get(made.location.partition("8080")[2]).text
    forms = re.findall(r'<form [^>]*method="post".*?</form>', page, re.DOTALL)
    assert len(forms) >= 5
    assert all('name="csrf"' in form for form in forms)
