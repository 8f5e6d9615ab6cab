# SPDX-License-Identifier: EUPL-1.2
"""`brama ingest` and `brama layers`: what they take, print and end with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sdi.cli import main
from sdi.command import Instance
from sdi.db.database import Database
from sdi.settings import Settings


@pytest.fixture
def brama(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command over this test's own database."""

    @contextmanager
    def opened(_instance: Instance) -> Iterator[Database]:
        yield database

    monkeypatch.setattr(Instance, "database", opened)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--data", str(settings.data)])

    return run


def _file(folder: Path) -> Path:
    file = folder / "szkoły.csv"
    file.write_text("id;nazwa;lat;lon\n1;Szkoła;52,2;21,0\n2;Druga;52,3;21,1\n3;Trzecia;;\n")
    return file


def test_ingest_prints_what_was_decided_and_which_rows_were_refused(brama: Any, tmp_path: Path) -> None:
    done = brama("ingest", str(_file(tmp_path)), "--title", "Szkoły", "--theme", "edukacja")
    assert done.exit_code == 0, done.output
    for words in ("szkoly: version 1 published, 2 features", "3 read, 2 loaded, 0 repaired, 1 refused", "key: id",
                  "row 3 (key 3): has no geometry", "the columns lon, lat hold degrees"):  # fmt: skip
        assert words in done.stdout


def test_ingest_as_json_ends_with_1_when_nothing_was_published(brama: Any, tmp_path: Path) -> None:
    assert brama("ingest", str(_file(tmp_path)), "--json").exit_code == 0
    bad = tmp_path / "bad.csv"
    bad.write_text("id,x,y\n1,2,3\n")
    done = brama("ingest", str(bad), "--json")
    assert done.exit_code == 1
    assert "--crs EPSG:2180" in json.loads(done.stdout)["layers"][0]["error"]


def test_ingest_says_in_words_what_is_wrong_with_the_source(brama: Any, tmp_path: Path) -> None:
    done = brama("ingest", str(tmp_path / "nothing.gpkg"))
    assert done.exit_code == 1
    assert "There is no file" in done.stderr


def test_layers_are_listed_changed_and_removed(brama: Any, tmp_path: Path) -> None:
    brama("ingest", str(_file(tmp_path)))
    done = brama("layers", "set", "szkoly", "--title", "Szkoły", "--theme", "edukacja", "--visibility", "private")
    assert done.exit_code == 0, done.output
    (row,) = json.loads(brama("layers", "list", "--json").stdout)["layers"]
    assert (row["title"], row["theme"], row["visibility"]) == ({"pl": "Szkoły"}, "edukacja", "private")
    assert "There is no theme" in brama("layers", "set", "szkoly", "--theme", "x").stderr
    assert brama("layers", "remove", "szkoly").exit_code == 0
    assert "There are no layers" in brama("layers", "list").stdout
    assert "There is no layer" in brama("layers", "remove", "szkoly").stderr
