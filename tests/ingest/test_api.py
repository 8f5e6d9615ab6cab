# SPDX-License-Identifier: EUPL-1.2
"""Loading over HTTP: an upload becomes a job that publishes the layer."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ingest.jobs import tasks
from sdi import features
from sdi.db.database import Database
from sdi.jobs.worker import build_app
from sdi.people.model import Principal
from sdi.settings import Settings, load

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
POINTS = json.dumps({
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"id": i}, "geometry": {"type": "Point", "coordinates": [21, 52]}}
        for i in range(3)
    ],
}).encode()  # fmt: skip


def _post(client: FlaskClient, headers: dict[str, str], data: bytes = POINTS, **fields: str) -> Any:
    form = {**fields, "file": (io.BytesIO(data), "points.geojson")}
    return client.post("/api/ingest", data=form, headers=headers, content_type="multipart/form-data")


def _work(database: Database, settings: Settings) -> None:
    app = build_app(database, settings, [task for task in tasks if not task.every])
    with app.open():
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def _uploads(settings: Settings) -> list[str]:
    return [path.name for path in (settings.data / "uploads").glob("*")]


def test_an_upload_becomes_a_published_layer(
    client: FlaskClient, app: Flask, sign_in: SignIn, database: Database, settings: Settings
) -> None:
    _, headers = sign_in("clerk", "ingest")
    answer = _post(client, headers, title="Punkty", theme="nazwy")
    assert answer.status_code == 202
    _work(database, settings)
    path = answer.headers["Location"].removeprefix(settings.public_url)
    job = client.get(path, headers=headers).get_json()
    assert (job["state"], job["result"]["layers"][0]["loaded"]) == ("succeeded", 3)
    assert job["result"]["source"] == "points.geojson"
    assert _uploads(settings) == []
    app.extensions["layers"].invalidate()
    assert app.extensions["layers"].snapshot(None).layers["points"].organisation == "gabin"


def test_a_refused_upload_says_why_and_is_removed(
    client: FlaskClient, sign_in: SignIn, database: Database, settings: Settings
) -> None:
    _, headers = sign_in("clerk", "ingest")
    answer = _post(client, headers, b"\x89PNG nothing")
    _work(database, settings)
    job = client.get(answer.headers["Location"].removeprefix(settings.public_url), headers=headers).get_json()
    assert job["state"] == "failed"
    assert "no format that is read" in job["result"]["detail"]
    assert _uploads(settings) == []


def test_a_refused_load_tells_each_refused_row(
    client: FlaskClient, sign_in: SignIn, database: Database, settings: Settings
) -> None:
    _, headers = sign_in("clerk", "ingest")
    answer = _post(client, headers, POINTS.replace(b"[21, 52]", b"[]"))
    _work(database, settings)
    job = client.get(answer.headers["Location"].removeprefix(settings.public_url), headers=headers).get_json()
    assert job["state"] == "failed"
    assert [row["row"] for row in job["result"]["layers"][0]["refusals"]] == [1, 2, 3]


def test_wrong_choice_of_update_is_told(
    client: FlaskClient, sign_in: SignIn, database: Database, settings: Settings
) -> None:
    _, headers = sign_in("clerk", "ingest")
    answer = _post(client, headers, update="destroy")
    _work(database, settings)
    job = client.get(answer.headers["Location"].removeprefix(settings.public_url), headers=headers).get_json()
    assert (job["state"], job["result"]["code"]) == ("failed", "invalid-parameter")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"organisation": "radomski"}, 403, "does not belong"),
        ({"organisation": "nobody"}, 403, "does not belong"),
        ({"colour": "red"}, 400, "Unknown parameter"),
        ({"title": "x" * 3_000}, 413, "longer than"),
        ({"title": "x" * 200_000}, 413, "form over"),
    ],
)
def test_bad_forms_are_refused_and_leave_no_file(
    client: FlaskClient, sign_in: SignIn, settings: Settings, fields: dict[str, str], status: int, words: str
) -> None:
    _, headers = sign_in("clerk", "ingest")
    answer = _post(client, headers, **fields)
    assert (answer.status_code, words in answer.get_json()["detail"]) == (status, True), answer.get_json()
    assert _uploads(settings) == []


def test_an_upload_needs_the_scope(client: FlaskClient, sign_in: SignIn, settings: Settings) -> None:
    assert _post(client, {}).status_code == 401
    _, headers = sign_in("clerk", "layers:write")
    assert _post(client, headers).status_code == 403
    assert _uploads(settings) == []


def test_a_body_that_is_no_form_or_has_no_file_is_refused(
    client: FlaskClient, sign_in: SignIn, settings: Settings
) -> None:
    _, headers = sign_in("clerk", "ingest")
    assert client.post("/api/ingest", data=POINTS, headers=headers).status_code == 400
    empty = client.post("/api/ingest", data={"title": "x"}, headers=headers, content_type="multipart/form-data")
    assert empty.status_code == 400
    two = {"file": [(io.BytesIO(POINTS), "a.json"), (io.BytesIO(POINTS), "b.json")]}
    answer = client.post("/api/ingest", data=two, headers=headers, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert _uploads(settings) == []


class TestSmallLimit:
    """A gate that takes small uploads only."""

    @pytest.fixture
    def settings(self, tmp_path: Any) -> Settings:
        return load(tmp_path / "none.yml", {}, data=tmp_path / "data", limits__upload_bytes=2_000)

    def test_an_upload_over_the_limit_is_refused(
        self, client: FlaskClient, sign_in: SignIn, settings: Settings
    ) -> None:
        _, headers = sign_in("clerk", "ingest")
        answer = _post(client, headers, bytes(10_000))
        assert answer.status_code == 413
        assert _uploads(settings) == []


def test_web_workers_do_not_load_readers() -> None:
    program = (
        "import sys, ingest.routes;"
        "print(sorted({'pyogrio', 'pyarrow', 'fiona', 'rasterio', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=features.ROOT
    )
    assert done.stdout.strip() in ("[]", "['numpy']")
