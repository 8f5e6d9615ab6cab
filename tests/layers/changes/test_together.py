# SPDX-License-Identifier: EUPL-1.2
"""Edits at the same time as other edits and as loads: none is lost, none hangs."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import ingest.service
from ingest.model import LoadRequest
from layers.changes import service
from layers.changes.model import Delete, DuplicateKey, Insert, PreconditionFailed, Update
from layers.model import Layer
from sdi.db.database import Database
from sdi.errors import TooBusy
from sdi.people.model import Principal
from sdi.settings import Settings

from .conftest import square

Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def clerk(sign_in: Callable[..., tuple[Principal, dict[str, str]]]) -> Principal:
    """Who may change the houses."""
    return sign_in("clerk", "features:write")[0]


@pytest.fixture
def both(database: Database, clerk: Principal) -> Callable[..., list[Any]]:
    """Run two functions with a transaction each: both begin before either ends."""

    def run(*changes: list[Any]) -> list[Any]:
        begun = threading.Barrier(len(changes), timeout=10)

        def one(wanted: list[Any]) -> Any:
            begun.wait()
            try:
                return service.apply(database, clerk, wanted)
            except (PreconditionFailed, DuplicateKey) as refused:
                return type(refused)

        with ThreadPoolExecutor(len(changes)) as pool:
            return list(pool.map(one, changes))

    return run


def test_of_two_edits_of_one_state_one_is_refused(
    database: Database, houses: Layer, clerk: Principal, both: Callable[..., list[Any]], rows: Rows
) -> None:
    (seen,) = service.apply(database, clerk, [Update("houses", 1, {"floors": 1})]).changes
    for floors in range(10, 20, 2):
        expected = (seen.etag or "",)
        done = both(
            [Update("houses", 1, {"floors": floors}, expected=expected)],
            [Update("houses", 1, {"floors": floors + 1}, expected=expected)],
        )
        assert sum(one is PreconditionFailed for one in done) == 1
        (seen,) = next(one for one in done if one is not PreconditionFailed).changes
        assert rows("SELECT floors FROM data.houses_1 WHERE fid = 1")[0][0] in (floors, floors + 1)


def test_edits_of_different_attributes_are_both_kept(houses: Layer, both: Callable[..., list[Any]], rows: Rows) -> None:
    both([Update("houses", 1, {"floors": 7})], [Update("houses", 1, {"height": 8})])
    assert rows("SELECT floors, height FROM data.houses_1 WHERE fid = 1") == [(7, 8.0)]
    assert rows("SELECT revision, feature_count FROM layers.layer") == [(2, 3)]


def test_insertions_at_once_get_their_own_ids_and_keys(
    houses: Layer, both: Callable[..., list[Any]], rows: Rows
) -> None:
    done = both(
        *[[Insert("houses", square(600_500, 500_000), {"code": f"{who}{n}"}) for n in range(20)] for who in "abc"]
    )
    fids = [changed.fid for one in done for changed in one.changes]
    assert sorted(fids) == list(range(4, 64))
    assert rows("SELECT feature_count, revision FROM layers.layer") == [(63, 3)]


def test_of_two_insertions_of_one_key_one_is_refused(houses: Layer, both: Callable[..., list[Any]], rows: Rows) -> None:
    new = [Insert("houses", square(600_500, 500_000), {"code": "same"})]
    assert sum(one is DuplicateKey for one in both(new, new)) == 1
    moved = both([Update("houses", 1, {"code": "other"})], [Update("houses", 2, {"code": "other"})])
    assert sum(one is DuplicateKey for one in moved) == 1


def test_batches_that_cross_do_not_lock_each_other_for_long(
    database: Database, houses: Layer, clerk: Principal, rows: Rows
) -> None:
    def swap(fids: tuple[int, int]) -> bool:
        try:
            service.apply(database, clerk, [Update("houses", fid, {"floors": fid}) for fid in fids])
        except TooBusy:
            return False
        return True

    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(swap, [(1, 2), (2, 1)] * 5))
    assert time.monotonic() - started < 10
    assert rows("SELECT revision FROM layers.layer") == [(sum(done),)]
    assert all(done), "one statement locks its rows in the order of ids"


@contextmanager
def _loading(database: Database) -> Iterator[Any]:
    """Hold the loader's lock of the houses, as a load does to its end."""
    with database.owner.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('brama.layer.houses', 0))"))
        yield connection


def test_an_edit_during_a_load_is_told_to_come_again(
    database: Database, houses: Layer, clerk: Principal, rows: Rows
) -> None:
    with _loading(database):
        started = time.monotonic()
        with pytest.raises(TooBusy, match="nothing was changed"):
            service.apply(database, clerk, [Delete("houses", 1)])
        assert time.monotonic() - started < 4
    assert rows("SELECT count(*) FROM data.houses_1") == [(3,)]
    assert service.apply(database, clerk, [Delete("houses", 1)]).revisions == {"houses": 1}


def test_an_edit_waits_for_a_load_that_ends_soon_and_goes_to_its_version(
    database: Database, settings: Settings, houses: Layer, clerk: Principal, rows: Rows, tmp_path: Path
) -> None:
    source = tmp_path / "houses.csv"
    source.write_text("code;floors;lat;lon\nh1;11;52.3;20.0\nh9;99;52.4;20.0\n")
    request = LoadRequest(str(source), layer="houses", key="code", organisation="gabin")
    with ThreadPoolExecutor(1) as pool, _loading(database):
        waiting = pool.submit(service.apply, database, clerk, [Update("houses", 1, {"floors": 12})])
        time.sleep(0.3)
        assert not waiting.done()
    assert waiting.result().revisions == {"houses": 1}
    ingest.service.load(database, settings, request, lambda *_: None)
    assert rows("SELECT fid, code, floors FROM data.houses_2 ORDER BY fid") == [(1, "h1", 11), (4, "h9", 99)]
    assert service.apply(database, clerk, [Update("houses", 1, {"floors": 12})]).revisions == {"houses": 1}
    assert rows("SELECT floors FROM data.houses_2 WHERE fid = 1") == [(12,)]


def test_a_load_waits_for_an_edit_and_keeps_it(
    database: Database, settings: Settings, houses: Layer, clerk: Principal, rows: Rows, tmp_path: Path
) -> None:
    source = tmp_path / "houses.csv"
    source.write_text("code;lat;lon\nh9;52.4;20.0\n")
    request = LoadRequest(str(source), layer="houses", key="code", organisation="gabin", update="append")
    with ThreadPoolExecutor(1) as pool:
        with service.editing(database, clerk) as edit:
            edit.apply([Update("houses", 1, {"floors": 77})])
            loading = pool.submit(ingest.service.load, database, settings, request, lambda *_: None)
            time.sleep(1)
            edit.apply([Insert("houses", square(600_500, 500_000), {"code": "late"})])
        loading.result(30)
    assert rows("SELECT fid, code, floors FROM data.houses_2 WHERE fid NOT IN (2, 3) ORDER BY fid") == [
        (1, "h1", 77), (4, "late", None), (5, "h9", None),
    ]  # fmt: skip
    assert rows("SELECT version, revision, feature_count FROM layers.layer") == [(2, 0, 5)]


def test_ids_of_what_went_are_not_given_out_by_loads_either(
    database: Database, settings: Settings, houses: Layer, clerk: Principal, rows: Rows, tmp_path: Path
) -> None:
    service.apply(database, clerk, [Insert("houses", square(600_500, 500_000), {"code": "n"})])
    service.apply(database, clerk, [Delete("houses", 4)])
    source = tmp_path / "houses.csv"
    source.write_text("code;lat;lon\nn;52.4;20.0\n")
    request = LoadRequest(str(source), layer="houses", key="code", organisation="gabin", update="append")
    ingest.service.load(database, settings, request, lambda *_: None)
    assert rows("SELECT fid FROM data.houses_2 WHERE code = 'n'") == [(5,)]
