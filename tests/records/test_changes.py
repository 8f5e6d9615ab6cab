# SPDX-License-Identifier: EUPL-1.2
"""The one way of writing: numbers, versions, lifecycle, history, restore, rights (records 7)."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import shapely
from sqlalchemy import text

from records import service, store
from records.model import Save, Saved
from records.service import InvalidRecord
from sdi.db.database import Database
from sdi.errors import Conflict, Forbidden, NotFound
from sdi.people.model import Principal

from .conftest import ALL, CARD, place

Person = Callable[..., Principal]
Add = Callable[..., Saved]
SQUARE = "POLYGON ((575000 500000, 575040 500000, 575040 500030, 575000 500030, 575000 500000))"


def test_a_record_gets_its_number_state_words_and_history(
    database: Database, person: Person, add_monument: Add
) -> None:
    clerk = person()
    made = add_monument(clerk, "Kościół św. Mikołaja", place(SQUARE))
    assert (made.version, made.number) == (1, "GEZ/1")
    current = service.read(database, clerk, "monument", made.id)
    assert current.row["state"] == "proposed"
    assert current.row["shape"] is not None
    with database.read(clerk) as connection:
        past = store.history(connection, made.id)
        found = connection.execute(
            text("SELECT id FROM app.records WHERE words @@ records.words('kosciol gab')")
        ).scalars()
        assert list(found) == [made.id]
    assert [row["action"] for row in past] == ["create"]
    assert past[0]["snapshot"]["typed"]["locality"] == "Gąbin"


def test_fifty_clerks_at_once_get_numbers_without_gap_or_duplicate(
    database: Database, person: Person, add_monument: Add
) -> None:
    clerk = person()

    def one(number: int) -> str | None:
        if number % 5 == 0:  # refused by the schema or by the database, after the others began
            with pytest.raises((InvalidRecord, Conflict)):
                taken = {"title": "x", "number": "GEZ/1"} if number else {"title": ""}
                service.apply(database, clerk, [
                    service.create(clerk, "monument", {"title": "Młyn"}, CARD),
                    service.create(clerk, "monument", taken, CARD),
                    service.create(clerk, "monument", {"title": ""}, CARD),
                ])  # fmt: skip
            return None
        return add_monument(clerk, f"Dom {number}").number

    add_monument(clerk)
    with ThreadPoolExecutor(50) as pool:
        numbers = [given for given in pool.map(one, range(50)) if given]
    assert sorted(int(number.removeprefix("GEZ/")) for number in numbers) == list(range(2, 42))


def test_the_lifecycle_is_held_with_guards_effects_and_scopes(
    database: Database, person: Person, add_monument: Add
) -> None:
    clerk, writer = person(), person(scopes=ALL - {"monuments:decide"})
    made = add_monument(clerk, "Dwór", place(SQUARE))

    def go(way: str, who: Principal = clerk, reason: str | None = None) -> Saved:
        current = service.read(database, who, "monument", made.id)
        return service.apply(database, who, [service.transit(current, way, reason)])[0]

    with pytest.raises(Conflict, match="include|Ujmij|Include"):
        go("include")
    go("notify")
    assert service.read(database, clerk, "monument", made.id).row["due"] is not None
    go("agree")
    with pytest.raises(Conflict, match="reasons|uzasadnienie"):
        go("include")
    version = service.read(database, clerk, "monument", made.id).version
    edit = Save("monument", "edit", typed={"reasons": "Wartość historyczna"}, id=made.id, expected=version)
    service.apply(database, clerk, [edit])
    with pytest.raises(Forbidden, match="monuments:decide"):
        go("include", writer)
    go("include")
    with pytest.raises(InvalidRecord, match="reason"):
        go("exclude")
    go("exclude", reason="rozebrany")
    closed = service.read(database, clerk, "monument", made.id)
    assert closed.row["closed"] is not None
    with pytest.raises(Conflict):
        service.apply(database, clerk, [Save("monument", "edit", {"title": "x"}, id=made.id, expected=closed.version)])


def test_who_comes_late_is_told_and_an_old_version_comes_back(
    database: Database, person: Person, add_monument: Add
) -> None:
    clerk = person()
    made = add_monument(clerk, "Młyn", place(SQUARE))
    change = Save("monument", "edit", {"title": "Wiatrak"}, {"locality": "Topólno"}, made.id, 1, places=[])
    service.apply(database, clerk, [change])
    with pytest.raises(service.Changed) as refused:
        service.apply(database, clerk, [change])
    assert refused.value.version == 2
    current = service.read(database, clerk, "monument", made.id)
    assert (current.row["title"], current.row["shape"]) == ("Wiatrak", None)
    service.apply(database, clerk, [service.restore(database, clerk, current, 1)])
    again = service.read(database, clerk, "monument", made.id)
    assert (again.row["title"], again.typed["locality"], again.version) == ("Młyn", "Gąbin", 3)
    assert again.row["shape"] is not None


def test_mistakes_are_named_by_field_and_leave_no_trace(database: Database, person: Person) -> None:
    clerk = person()
    wrong = {**CARD, "object_type": "spaceship", "floor_area": -1, "card_date": "31.12.2026"}
    with pytest.raises(InvalidRecord) as refused:
        service.apply(database, clerk, [service.create(clerk, "monument", {"title": "Dom"}, wrong)])
    assert set(refused.value.problems) == {"object_type", "floor_area", "card_date"}
    with pytest.raises(InvalidRecord, match="planet"):
        service.apply(database, clerk, [service.create(clerk, "monument", {"title": "D"}, {**CARD, "planet": "x"})])
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM records.record")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM records.counter")).scalar() == 0


def test_rights_are_the_databases(database: Database, person: Person, add_monument: Add) -> None:
    clerk, stranger = person(), person("stranger")
    made = add_monument(clerk, "Dwór", place(SQUARE))
    edit = Save("monument", "edit", {"title": "x"}, id=made.id, expected=1)
    for nobody in (stranger, person(scopes=frozenset()), person(scopes=frozenset({"features:write"})), None):
        with pytest.raises(NotFound):
            service.read(database, nobody, "monument", made.id)
    with pytest.raises(NotFound):
        service.apply(database, stranger, [edit])
    with pytest.raises(Forbidden):
        service.apply(database, person(scopes=frozenset({"monuments:read"})), [edit])
    change = {"kind": "monument", "id": str(made.id), "expected": 1, "action": "edit", "state": "proposed"}
    with pytest.raises(Forbidden), service.refusals(), database.write(stranger) as connection:
        store.save(connection, [change])
    with pytest.raises(Conflict), service.refusals(), database.write(clerk) as connection:
        store.save(connection, [{**change, "state": "agreed"}])
    foreign = service.create(clerk, "monument", {"title": "x"}, CARD, organisation=stranger.organisation_id)
    with pytest.raises(Forbidden):
        service.apply(database, clerk, [foreign])


def test_who_works_in_an_area_changes_nothing_outside_of_it(
    database: Database, person: Person, add_monument: Add
) -> None:
    clerk = person()
    inside = add_monument(clerk, "Blisko", place(SQUARE))
    outside = add_monument(clerk, "Daleko", place("POINT (600000 500000)"))
    area = shapely.to_wkb(
        shapely.set_srid(shapely.box(574000, 499000, 576000, 501000), 2180), hex=True, include_srid=True
    )
    inspector = dataclasses.replace(clerk, area=area)
    edit = Save("monument", "edit", {"title": "Zmieniony"}, id=inside.id, expected=1)
    service.apply(database, inspector, [edit])
    with pytest.raises(Forbidden, match="area"):
        service.apply(database, inspector, [Save("monument", "edit", {"title": "x"}, id=outside.id, expected=1)])
    with pytest.raises(Forbidden, match="area"):
        moved = Save("monument", "edit", id=inside.id, expected=2, places=[place("POINT (600000 500000)")])
        service.apply(database, inspector, [moved])


def test_every_change_is_noted_and_told(database: Database, person: Person, add_monument: Add) -> None:
    made = add_monument(person())
    service.apply(database, person(), [Save("monument", "edit", {"title": "x"}, id=made.id, expected=1)])
    with database.owner.connect() as connection:
        events = connection.execute(text("SELECT type, subject FROM sdi.event WHERE type LIKE 'record.%' ORDER BY seq"))
        entries = connection.execute(
            text("SELECT action, subject FROM sdi.audit_entry WHERE action LIKE 'record.%' ORDER BY seq")
        )
        told = [("record.created", f"record/{made.id}"), ("record.changed", f"record/{made.id}")]
        assert [tuple(row) for row in events] == told
        assert [tuple(row) for row in entries] == told
