# SPDX-License-Identifier: EUPL-1.2
"""Files are bounded, given up with their client, kept while the layer is the same, and leave nothing behind."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from layers.formats import kept, making
from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from sdi.settings import Settings
from sdi.web.app import create_app
from tests.conftest import LayerMaker


def _with(settings: Settings, database: Database, **limits: int) -> FlaskClient:
    changed = settings.model_copy(update={"limits": settings.limits.model_copy(update=limits)})
    return create_app(changed, database, listen=False).test_client()


def _left(settings: Settings) -> list[Path]:
    return list((settings.data / "run" / "downloads").iterdir())


@pytest.mark.parametrize("form", ["gpkg", "shp", "fgb", "parquet"])
def test_a_file_over_its_limit_is_refused(settings: Settings, database: Database, dots: Layer, form: str) -> None:
    answer = _with(settings, database, download_bytes=2_000).get(f"/ogc/collections/dots/items?f={form}")
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")
    assert _left(settings) == []


def _children() -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == os.getpid() and b"layers.formats.writing" in words:
            found.append(int(folder.name))
    return found


def test_a_client_that_leaves_ends_the_child(
    app: Flask, settings: Settings, dots: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_PATIENCE_SECONDS", 0.0)
    answer = app.test_client().get("/ogc/collections/dots/items?f=gpkg", buffered=False)
    assert answer.status_code == 200
    assert len(_children()) == 1
    assert len(_left(settings)) == 1
    answer.close()
    assert (_children(), _left(settings)) == ([], [])


def test_a_whole_layer_is_written_once_until_it_changes(
    client: FlaskClient, app: Flask, settings: Settings, dots: Layer, database: Database
) -> None:
    address = "/ogc/collections/dots/items?f=gpkg&lang=pl"
    first = client.get(address)
    folder = settings.data / "run" / "kept"
    assert len(list(folder.iterdir())) == 1
    again = client.get(address)
    assert (again.data, again.headers["Content-Length"]) == (first.data, str(len(first.data)))
    client.get(f"{address}&number=3")
    assert len(list(folder.iterdir())) == 1
    with database.owner.begin() as connection:
        connection.execute(sql("UPDATE layers.layer SET revision = revision + 1 WHERE id = 'dots'"))
    app.extensions["layers"].invalidate()
    client.get(address)
    assert len(list(folder.iterdir())) == 2
    assert _left(settings) == []


def test_kept_files_stay_under_their_sum(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / str(number)
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    kept.used(tmp_path / "0")
    kept.trim(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "4"]


def test_a_layer_of_an_organisation_is_not_kept(
    client: FlaskClient, add_layer: LayerMaker, settings: Settings, sign_in: Any
) -> None:
    add_layer("secret", GeometryType.POINT, {"n": ColumnType.INTEGER}, [["POINT(1 1)", 5]], visibility="organisation")
    _, headers = sign_in("admin", "features:write")
    assert client.get("/ogc/collections/secret/items?f=gpkg", headers=headers).status_code == 200
    assert not (settings.data / "run" / "kept").exists()


def test_a_reading_that_breaks_off_says_so(
    client: FlaskClient, dots: Layer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.items.streams._SECONDS", -1)
    begun = time.monotonic()
    answer = client.get("/ogc/collections/dots/items?f=gpkg")
    assert (answer.status_code, answer.json["code"]) == (503, "too-busy")
    assert time.monotonic() - begun < 5
