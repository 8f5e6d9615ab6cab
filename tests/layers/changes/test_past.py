# SPDX-License-Identifier: EUPL-1.2
"""The past of features: states at a moment equal a replay of what was done; versions; change sets taken back."""

import contextlib
import html
import itertools
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.changes import service
from layers.changes.cli import command
from layers.changes.model import Change, Delete, Insert, Replace, Update
from layers.changes.past import undo
from layers.changes.service import Limits
from layers.items.model import ItemQuery
from layers.items.service import Items, items
from layers.model import Layer
from sdi.command import Instance
from sdi.db.database import Database
from sdi.errors import Conflict, Forbidden, NotFound, TooLarge
from sdi.people.model import Principal
from tests.layers.changes.conftest import square

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
ITEMS = "/ogc/collections/houses/items"
_NUMBERS = itertools.count()


@pytest.fixture
def clerk(sign_in: SignIn) -> Principal:
    """Who may change the houses."""
    return sign_in("clerk", "features:write")[0]


@pytest.fixture
def change(app: Flask, database: Database, houses: Layer, clerk: Principal) -> Callable[..., str]:
    """Applies changes as the clerk; gives the moment after them, as a request would write it."""

    def apply(*changes: Change) -> str:
        service.apply(database, clerk, changes)
        app.extensions["layers"].invalidate()
        return now(database)

    return apply


def now(database: Database) -> str:
    """The database's own time."""
    with database.owner.connect() as connection:
        moment = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(client: FlaskClient, moment: str | None = None, **query: Any) -> list[dict[str, Any]]:
    """Features with their ids, shapes and attributes, at a moment."""
    sent = {"limit": 1_000, **({"asOf": moment} if moment else {}), **query}
    answer = client.get(ITEMS, query_string=sent)
    assert answer.status_code == 200, answer.text
    return answer.json["features"]


def last_set(database: Database) -> uuid.UUID:
    """The newest change set."""
    with database.owner.connect() as connection:
        statement = "SELECT id FROM layers.change_set ORDER BY revision DESC LIMIT 1"
        return uuid.UUID(str(connection.exec_driver_sql(statement).scalar_one()))


def _house(code: str, x: int, **more: Any) -> Insert:
    return Insert("houses", square(x, 500_000), {"code": code, **more})


@st.composite
def _edits(draw: st.DrawFn) -> list[list[tuple[str, int, int]]]:
    """Batches of edits: what to do, to which of the features that are there then, and a number to tell it by."""
    one = st.tuples(st.sampled_from(["insert", "update", "move", "replace", "delete"]), st.integers(0, 9),
                    st.integers(0, 99))  # fmt: skip
    return draw(st.lists(st.lists(one, min_size=1, max_size=4), min_size=1, max_size=6))


def _changes(batch: list[tuple[str, int, int]], there: list[int]) -> list[Change]:
    made: list[Change] = []
    for what, which, value in batch:
        if what == "insert" or not there:
            made.append(
                _house(f"n{next(_NUMBERS)}", 600_500 + value, floors=value, height=value / 3, listed=value > 50)
            )
            continue
        fid = there[which % len(there)]
        if what == "delete":
            there.remove(fid)
            made.append(Delete("houses", fid))
        elif what == "move":
            made.append(Update("houses", fid, {}, square(600_000 + value, 500_500)))
        elif what == "update":
            made.append(Update("houses", fid, {"floors": value, "seen": "2026-03-01T12:00:00Z", "built": None}))
        else:
            made.append(Replace("houses", fid, square(600_000 + value, 499_000), {"code": f"r{next(_NUMBERS)}"}))
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(batches=_edits())
def test_states_at_a_moment_are_those_of_a_replay(
    client: FlaskClient, change: Callable[..., str], database: Database, batches: list[list[tuple[str, int, int]]]
) -> None:
    """asOf any moment between edits: whole, in a box, by a condition, page by page and one by one."""
    box = {"bbox": "600000,500400,600300,501000", "bbox-crs": "EPSG:2180"}
    box["bbox"] = "500400,600000,501000,600300"  # northing first
    filtered = {"filter": "floors > 20 OR code LIKE 'r%'"}
    moments = [now(database)]
    replay = [(shown(client), shown(client, **box), shown(client, **filtered))]
    for batch in batches:
        there = [feature["id"] for feature in replay[-1][0]]
        moments.append(change(*_changes(batch, there)))
        replay.append((shown(client), shown(client, **box), shown(client, **filtered)))
    for moment, (whole, inside, chosen) in zip(moments, replay, strict=True):
        assert shown(client, moment) == whole
        assert shown(client, moment, **box) == inside
        assert shown(client, moment, **filtered) == chosen
        assert shown(client, moment, sortby="-floors,code") == shown_sorted(whole)
        assert _paged(client, moment) == [feature["id"] for feature in whole]
        for feature in whole[:3]:
            one = client.get(f"{ITEMS}/{feature['id']}?asOf={moment}").json
            assert {name: one[name] for name in feature} == feature
    change(*(Delete("houses", feature["id"]) for feature in replay[-1][0]))
    assert shown(client, moments[-1]) == replay[-1][0]


def shown_sorted(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By floors, the most first and unknown before, then by code, then by id."""

    def key(feature: dict[str, Any]) -> tuple[Any, ...]:
        floors, code = (feature["properties"][name] for name in ("floors", "code"))
        return (floors is not None, -(floors or 0), code, feature["id"])

    return sorted(features, key=key)


def _paged(client: FlaskClient, moment: str) -> list[int]:
    address, found = f"{ITEMS}?limit=2&asOf={moment}", []
    while address:
        page = client.get(address).json
        found += [feature["id"] for feature in page["features"]]
        address = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
        address = address.removeprefix("http://127.0.0.1:8080")
    return found


def test_counts_downloads_and_pages_are_of_the_moment(
    client: FlaskClient, change: Callable[..., str], database: Database
) -> None:
    before = now(database)
    change(Delete("houses", 1), _house("new", 600_700))
    assert client.get(f"{ITEMS}?asOf={before}&count=exact").json["numberMatched"] == 3
    rows = client.get(f"{ITEMS}?asOf={before}&f=csv").text.splitlines()
    assert sorted(row.split(",")[0] for row in rows[1:]) == ["1", "2", "3"]
    page = client.get(f"{ITEMS}?asOf={before}&f=html&lang=en").text
    assert ">h1<" in page
    assert ">new<" not in page


@pytest.mark.parametrize(
    "moment",
    ["yesterday", "", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2020-01-01/2021-01-01", "../..", "2026-13-01",
     "0000-00-00T00:00:00Z"],
)  # fmt: skip
def test_moments_that_are_not_known_are_refused_clearly(client: FlaskClient, houses: Layer, moment: str) -> None:
    for address in (ITEMS, f"{ITEMS}/1"):
        answer = client.get(address, query_string={"asOf": moment})
        assert answer.status_code == (200 if moment == "" else 400)
        assert moment == "" or answer.json["parameter"] in ("asOf", "datetime")


def test_a_feature_that_was_not_there_then_is_not_found(
    client: FlaskClient, change: Callable[..., str], database: Database
) -> None:
    before = now(database)
    after = change(_house("new", 600_700), Delete("houses", 1))
    assert client.get(f"{ITEMS}/4?asOf={before}").status_code == 404
    assert client.get(f"{ITEMS}/4?asOf={after}").status_code == 200
    assert client.get(f"{ITEMS}/1?asOf={before}").status_code == 200
    assert client.get(f"{ITEMS}/1?asOf={after}").status_code == 404


def test_versions_lead_to_states_and_name_who_only_to_those_with_the_right(
    client: FlaskClient, change: Callable[..., str], sign_in: SignIn
) -> None:
    change(Update("houses", 1, {"floors": 7}))
    change(Delete("houses", 1))
    address = f"{ITEMS}/1/versions"
    told = client.get(address).json
    assert [one["operation"] for one in told["versions"]] == ["delete", "update", "load"]
    assert all("account" not in one and "changeSet" not in one for one in told["versions"])
    states = []
    for one in told["versions"][1:]:
        (link,) = one["links"]
        states.append(client.get(link["href"].removeprefix("http://127.0.0.1:8080")).json["properties"]["floors"])
    assert states == [7, 1]
    assert told["versions"][0]["from"] == told["versions"][1]["until"]
    assert "latest-version" not in {link["rel"] for link in told["links"]}
    for login, scopes, sees in (("clerk", ["features:write"], True), ("clerk", ["ingest"], False),
                                ("stranger", ["features:write"], False)):  # fmt: skip
        known = client.get(address, headers=sign_in(login, *scopes)[1]).json["versions"]
        assert ("account" in known[0]) is sees
        assert ("changeSet" in known[0]) is sees
    assert client.get(f"{ITEMS}/99/versions").status_code == 404
    assert client.get(f"{ITEMS}/x/versions").status_code == 404


def test_versions_as_a_page(client: FlaskClient, change: Callable[..., str], sign_in: SignIn) -> None:
    change(Update("houses", 1, {"floors": 7}))
    page = client.get(f"{ITEMS}/1/versions?f=html&lang=pl").text
    assert "Zmieniono" in page
    assert "Clerk of Gąbin" not in page
    known = client.get(f"{ITEMS}/1/versions?f=html&lang=en", headers=sign_in("clerk", "features:write")[1]).text
    assert "Clerk of Gąbin" in known
    assert f"{ITEMS}/1/versions?f=html" in client.get(f"{ITEMS}/1?f=html").text
    addresses = re.findall(r'href="(?:http://127.0.0.1:8080)?([^"]*asOf=[^"]*)"', page)
    states = [client.get(html.unescape(address)).text for address in addresses]
    assert ["<td>7</td>" in state for state in states] == [True, False]
    assert all("asOf=" in state and "Stan z " in state for state in states)


def test_what_a_layer_held_before_it_was_opened_is_for_its_members(
    client: FlaskClient, change: Callable[..., str], database: Database, sign_in: SignIn, app: Flask
) -> None:
    """The database keeps it: the public's view begins when the layer became public."""

    def visible(kind: str) -> None:
        with database.owner.begin() as connection:
            connection.exec_driver_sql(f"UPDATE layers.layer SET visibility = '{kind}' WHERE id = 'houses'")
        app.extensions["layers"].invalidate()

    visible("organisation")
    hidden = now(database)
    change(Update("houses", 1, {"code": "secret"}))
    change(Update("houses", 1, {"code": "open"}))
    visible("public")
    opened = now(database)
    change(Update("houses", 1, {"code": "later"}))
    headers = sign_in("clerk", "features:write")[1]
    assert client.get(f"{ITEMS}/1?asOf={hidden}").status_code == 400
    assert client.get(f"{ITEMS}/1?asOf={opened}").json["properties"]["code"] == "open"
    assert "secret" not in json.dumps(client.get(f"{ITEMS}/1/versions").json)
    assert len(client.get(f"{ITEMS}/1/versions").json["versions"]) == 2
    assert len(client.get(f"{ITEMS}/1/versions", headers=headers).json["versions"]) == 4
    with database.public.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.exec_driver_sql("SELECT * FROM layers.change")
    with database.public.connect() as connection:
        assert "secret" not in str(connection.exec_driver_sql("SELECT before FROM pub.past").all())


def test_a_change_set_is_undone_as_a_change_set(
    client: FlaskClient, change: Callable[..., str], database: Database, clerk: Principal, app: Flask
) -> None:
    """Added goes, changed is as before, removed comes back with its id; the undoing is noted like any change."""
    before = shown(client)
    moved = Replace("houses", 3, square(600_900, 500_000), {"code": "r"})
    change(_house("new", 600_700), Update("houses", 1, {"floors": 50}), Delete("houses", 2), moved,
           Update("houses", 1, {"floors": 51}))  # fmt: skip
    done = undo(database, clerk, last_set(database))
    app.extensions["layers"].invalidate()
    assert shown(client) == before
    assert (len(done.changes), done.revisions) == (4, {"houses": 2})
    undo(database, clerk, last_set(database))
    app.extensions["layers"].invalidate()
    assert {feature["id"] for feature in shown(client)} == {1, 3, 4}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(batches=_edits())
def test_undoing_in_turn_leads_back_to_the_beginning(
    client: FlaskClient, change: Callable[..., str], database: Database, clerk: Principal, app: Flask,
    batches: list[list[tuple[str, int, int]]],
) -> None:  # fmt: skip
    before, done = shown(client), []
    for batch in batches:
        change(*_changes(batch, [feature["id"] for feature in shown(client)]))
        done.append(last_set(database))
    for change_set in reversed(done):
        undo(database, clerk, change_set)
    app.extensions["layers"].invalidate()
    assert shown(client) == before


def test_what_was_changed_again_or_loaded_anew_is_not_undone(
    change: Callable[..., str], database: Database, clerk: Principal, rows: Callable[..., list[Any]]
) -> None:
    change(Update("houses", 1, {"floors": 50}), Update("houses", 2, {"floors": 50}))
    first = last_set(database)
    change(Update("houses", 2, {"floors": 51}))
    with pytest.raises(Conflict, match="Feature 2 of 'houses' was changed again since"):
        undo(database, clerk, first)
    assert rows("SELECT floors FROM data.houses_1 WHERE fid < 3 ORDER BY fid") == [(50,), (51,)]
    with database.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE layers.layer SET version = 2 WHERE id = 'houses'")
    with pytest.raises(Conflict, match="loaded anew since"):
        undo(database, clerk, last_set(database))


def test_who_may_not_change_features_undoes_nothing(
    change: Callable[..., str], database: Database, sign_in: SignIn, rows: Callable[..., list[Any]]
) -> None:
    change(Update("houses", 1, {"floors": 50}))
    done = last_set(database)
    with pytest.raises(NotFound):
        undo(database, sign_in("stranger", "features:write")[0], done)
    with pytest.raises(Forbidden):
        undo(database, sign_in("clerk", "ingest")[0], done)
    with pytest.raises(NotFound):
        undo(database, sign_in("clerk", "features:write")[0], uuid.uuid4())
    with pytest.raises(TooLarge):
        undo(database, sign_in("clerk", "features:write")[0], done, Limits(features=0))
    assert rows("SELECT floors FROM data.houses_1 WHERE fid = 1") == [(50,)]


def test_undoing_over_http(
    client: FlaskClient, change: Callable[..., str], database: Database, sign_in: SignIn
) -> None:
    change(Update("houses", 1, {"floors": 50}))
    address = f"/api/changes/{last_set(database)}/undo"
    headers = sign_in("clerk", "features:write")[1]
    assert client.post(address).status_code == 401
    assert client.post(address, headers=sign_in("clerk", "ingest")[1]).status_code == 403
    assert client.post("/api/changes/none/undo", headers=headers).status_code == 404
    answer = client.post(address, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"features": 1, "revisions": {"houses": 2}})
    assert client.get(f"{ITEMS}/1").json["properties"]["floors"] == 1
    assert client.post(address, headers=headers).status_code == 409


def test_pages_of_the_past_walk_the_key(app: Flask, database: Database, clerk: Principal, houses: Layer) -> None:
    """The plan of a page: the table along its key, changes by their indexes, no scan of either."""
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO data.houses_1 (fid, geom, code) SELECT n, geom, 'x' || n FROM data.houses_1,"
            " generate_series(10, 50000) n WHERE fid = 1"
        )
        connection.exec_driver_sql("UPDATE layers.layer SET feature_count = 50000")
        connection.exec_driver_sql("ANALYZE data.houses_1")
    before = now(database)
    service.apply(database, clerk, [Update("houses", n, {"floors": n}) for n in range(100, 400)])
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO layers.change (change_set, layer_id, fid, operation)"
            " SELECT sdi.uuid7(), 'other', n, 'insert' FROM generate_series(1, 20000) n"
        )
        connection.exec_driver_sql("ANALYZE layers.change")
        connection.exec_driver_sql("ANALYZE layers.change_set")
    with app.test_request_context("/"):
        query = ItemQuery(limit=10, as_of=datetime.fromisoformat(before))
        reader: Items = items()
        statement = reader.statement(houses, query)
        with reader.cursor(houses) as cursor:
            values = {**statement.fixed, "limit": 10, "moment": query.as_of}
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.text}", values)
            plan = json.dumps(cursor.fetchone()[0])
    assert '"Relation Name": "houses_1"' in plan
    assert not [node for node in _nodes(json.loads(plan)) if node.get("Node Type") == "Seq Scan"
                and node["Relation Name"] in ("houses_1", "change")], plan  # fmt: skip


def _nodes(plan: Any) -> list[dict[str, Any]]:
    if isinstance(plan, list):
        return [node for part in plan for node in _nodes(part)]
    inner = [node for part in plan.get("Plans", []) for node in _nodes(part)]
    return [plan, *inner, *(_nodes(plan["Plan"]) if "Plan" in plan else [])]


def test_commands_list_change_sets_and_undo_one(
    change: Callable[..., str], database: Database, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    change(Update("houses", 1, {"floors": 50}))
    done = last_set(database)
    monkeypatch.setattr(Instance, "database", lambda _self: contextlib.nullcontext(database))
    run = CliRunner()
    listed = run.invoke(command, ["list", "houses", "--data", str(tmp_path)])
    assert listed.output.startswith(f"{done}  ")
    assert "clerk" in listed.output
    refused = run.invoke(command, ["undo", str(done), "--as", "nobody", "--data", str(tmp_path)])
    assert isinstance(refused.exception, NotFound)
    undone = run.invoke(command, ["undo", str(done), "--as", "clerk", "--json", "--data", str(tmp_path)])
    assert json.loads(undone.output) == {"features": 1, "revisions": {"houses": 2}}
    again = run.invoke(command, ["undo", str(done), "--as", "clerk", "--data", str(tmp_path)])
    assert isinstance(again.exception, Conflict)
