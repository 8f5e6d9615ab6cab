# SPDX-License-Identifier: EUPL-1.2
"""Replace, append and upsert; feature ids that survive; whose layer it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from ingest.model import LoadRequest
from ingest.service import LoadRefused, load
from sdi.db.database import Database
from sdi.errors import BramaError
from sdi.jobs.model import Cancelled
from sdi.settings import Settings

from .conftest import Loader, silent

Rows = Callable[[str], list[Row[Any]]]


def _write(path: Path, *values: tuple[object, str, float], key: str = "kod") -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {key: code, "name": name},
            "geometry": {"type": "Point", "coordinates": [x, 52]},
        }
        for code, name, x in values
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def _by_key(rows: Rows, version: int) -> dict[str, tuple[int, str]]:
    return {row.kod: (row.fid, row.name) for row in rows(f"SELECT kod, fid, name FROM data.units_{version}")}


@pytest.fixture
def first(tmp_path: Path, load_file: Loader) -> Path:
    """A layer `units` with keys a, b, c."""
    file = _write(tmp_path / "units.geojson", ("a", "A", 20), ("b", "B", 21), ("c", "C", 22))
    load_file(file)
    return file


def test_ids_survive_a_replace_by_key_and_are_never_given_again(first: Path, load_file: Loader, rows: Rows) -> None:
    before = _by_key(rows, 1)
    load_file(_write(first, ("d", "D", 19), ("c", "C2", 22), ("a", "A2", 20)))
    after = _by_key(rows, 2)
    assert (after["a"][0], after["c"][0]) == (before["a"][0], before["c"][0])
    assert after["a"][1] == "A2"
    assert after["d"][0] == 4
    load_file(_write(first, ("a", "A", 20)))
    load_file(_write(first, ("a", "A", 20), ("e", "E", 20)))
    assert _by_key(rows, 4)["e"][0] == 5


def test_ids_survive_when_the_key_changes_its_type(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = _write(tmp_path / "units.geojson", (1, "A", 20), (2, "B", 21))
    load_file(file)
    before = {row.kod: row.fid for row in rows("SELECT kod, fid FROM data.units_1")}
    load_file(_write(file, ("2", "B", 21), ("1", "A", 20)))
    assert {int(row.kod): row.fid for row in rows("SELECT kod, fid FROM data.units_2")} == before


def test_append_adds_rows_and_refuses_keys_that_are_there(first: Path, load_file: Loader, rows: Rows) -> None:
    report = load_file(_write(first, ("c", "again", 22), ("d", "D", 23), ("e", "E", 23)), update="append")
    assert [(one.key, one.reason) for one in report.refusals] == [("c", "the layer has a feature of this key")]
    assert {key: name for key, (_, name) in _by_key(rows, 2).items()} == {
        "a": "A",
        "b": "B",
        "c": "C",
        "d": "D",
        "e": "E",
    }
    assert sorted(fid for fid, _ in _by_key(rows, 2).values()) == [1, 2, 3, 4, 5]


def test_upsert_replaces_by_key_and_adds_the_others(first: Path, load_file: Loader, rows: Rows) -> None:
    before = _by_key(rows, 1)
    report = load_file(_write(first, ("b", "B2", 21.5), ("z", "Z", 20)), update="upsert", key="kod")
    after = _by_key(rows, 2)
    assert (report.loaded, report.features) == (2, 4)
    assert after["b"] == (before["b"][0], "B2")
    assert (after["a"], after["c"]) == (before["a"], before["c"])
    assert after["z"][0] == 4


def test_repeated_and_missing_keys_are_refused_row_by_row(tmp_path: Path, load_file: Loader) -> None:
    file = _write(
        tmp_path / "units.geojson", ("a", "A", 20), ("a", "B", 21), (None, "C", 22), ("d", "D", 20), ("e", "E", 20)
    )
    report = load_file(file, key="kod")
    assert report.loaded == 3
    assert {one.row: one.reason for one in report.refusals} == {
        2: "its key was in the file before",
        3: "it has no key",
    }


def test_columns_of_old_and_new_rows_come_together(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = tmp_path / "units.csv"
    file.write_text("kod,lat,lon,n\na,52,20,1\n")
    load_file(file)
    file.write_text("kod,lat,lon,n,extra\nb,52,21,1.5,x\n")
    load_file(file, update="append")
    found = [tuple(row) for row in rows("SELECT kod, n, extra FROM data.units_2 ORDER BY fid")]
    assert found == [("a", 1.0, None), ("b", 1.5, "x")]


def test_texts_of_a_layer_stay_when_a_load_says_nothing(first: Path, load_file: Loader, rows: Rows) -> None:
    load_file(first, title={"pl": "Jednostki"}, theme="granice", visibility="organisation")
    load_file(first)
    (row,) = rows("SELECT title, theme, visibility, version FROM layers.layer")
    assert tuple(row) == ({"pl": "Jednostki"}, "granice", "organisation", 3)


def test_the_report_is_stored_with_its_refusals(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    load_file(_write(tmp_path / "units.geojson", ("a", "A", 20), ("b", "B", 400), ("c", "C", 21)))
    (note,) = rows("SELECT layer_id, version, source, rows_read, rows_loaded, rows_refused, sha256 FROM ingest.load")
    assert tuple(note)[:6] == ("units", 1, "units.geojson", 3, 2, 1)
    assert len(note.sha256) == 64
    (refusal,) = rows("SELECT row, key, reason FROM ingest.refusal")
    assert (refusal.row, refusal.key) == (2, "b")
    assert "outside the area" in refusal.reason


def test_most_rows_refused_means_that_nothing_is_published(tmp_path: Path, load_file: Loader) -> None:
    file = _write(tmp_path / "units.geojson", ("a", "A", 20), ("b", "B", 400), ("c", "C", 500))
    with pytest.raises(LoadRefused, match="more than half"):
        load_file(file)


def test_another_organisations_id_is_not_taken_over(
    first: Path, load_file: Loader, database: Database, settings: Settings
) -> None:
    assert load_file(first, organisation="gabin").layer == "gabin_units"
    with pytest.raises(BramaError, match="belongs to mazowieckie"):
        load_file(first, organisation="gabin", layer="units")
    assert load_file(first, organisation="gabin").version == 2


def test_a_cancelled_load_leaves_nothing(
    first: Path, database: Database, settings: Settings, left_behind: Callable[[], dict[str, Any]]
) -> None:
    before = left_behind()

    def stop(fraction: float, _message: str) -> None:
        if fraction > 0.7:
            raise Cancelled

    with pytest.raises(Cancelled):
        load(database, settings, LoadRequest(str(first)), stop)
    assert left_behind() == before


def test_a_folder_loads_each_file_and_says_what_it_left_aside(
    tmp_path: Path, database: Database, settings: Settings
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    _write(folder / "one.geojson", ("a", "A", 20))
    (folder / "two.csv").write_text("id,lat,lon\n1,52,21\n")
    (folder / "notes.bin").write_bytes(bytes(100))
    report = load(database, settings, LoadRequest(str(folder)), silent)
    assert [layer.layer for layer in report.layers] == ["one", "two"]
    assert report.ignored[0].startswith("notes.bin: ")


def test_several_layers_need_a_choice_when_an_id_is_given(
    shared: Path, load_file: Loader, database: Database, settings: Settings
) -> None:
    file = shared / "admin" / "mazovia_admin_2180.gpkg"
    with pytest.raises(BramaError, match="--source-layer"):
        load_file(file, layer="units")
    report = load_file(file, layer="units", source_layer="counties")
    assert (report.layer, report.features) == ("units", 42)


def test_a_load_is_noted_as_its_accounts(load_file: Loader, tmp_path: Path, rows: Rows) -> None:
    (account,) = rows("SELECT id FROM sdi.account WHERE login = 'clerk'")
    load_file(_write(tmp_path / "units.geojson", ("a", "A", 20)), account_id=account.id)
    noted = rows("SELECT account_id FROM sdi.audit_entry WHERE action = 'layer.loaded'")
    assert [entry.account_id for entry in noted] == [account.id]
