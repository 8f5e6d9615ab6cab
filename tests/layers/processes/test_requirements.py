# SPDX-License-Identifier: EUPL-1.2
"""OGC API Processes Part 1 (18-062r2), Annex A: each test is named after the requirement that it proves."""

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from layers.model import ColumnType, GeometryType
from layers.processes import jobs, service
from layers.processes.catalogue import PROCESSES
from sdi.db.database import Database
from sdi.jobs.model import JobContext
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings
from tests.conftest import LayerMaker
from tests.layers.processes.conftest import Execute, work

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
SPEC = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
MOVE = {"coordinates": [[21.00604, 52.23182]], "target": "EPSG:2180"}
ASYNC = {"Prefer": "respond-async"}


def _get(client: FlaskClient, path: str, **more: Any) -> Any:
    answer = client.get(path, headers={"Accept": "application/json", **more.pop("headers", {})}, query_string=more)
    assert answer.status_code == 200, answer.text
    return answer.json


def _start(execute: Execute, headers: dict[str, str] | None = None, **body: Any) -> str:
    answer = execute("transform-coordinates", MOVE, headers={**ASYNC, **(headers or {})}, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["jobID"])


def test_core_landing_page_and_conformance(client: FlaskClient) -> None:
    rels = {link["rel"]: link for link in _get(client, "/ogc")["links"]}
    assert rels[f"{REL}/processes"]["href"].endswith("/ogc/processes?f=json")
    assert f"{REL}/job-list" in rels
    classes = set(_get(client, "/ogc/conformance")["conformsTo"])
    for name in ("core", "ogc-process-description", "json", "html", "oas30", "job-list", "dismiss"):
        assert f"{SPEC}/{name}" in classes
    assert f"{SPEC}/callback" not in classes


def test_core_process_list_and_limit(client: FlaskClient) -> None:
    listed = _get(client, "/ogc/processes")
    assert [process["id"] for process in listed["processes"]] == list(PROCESSES)
    assert {"self", "alternate"} <= {link["rel"] for link in listed["links"]}
    for process in listed["processes"]:
        assert {
            "id",
            "version",
            "title",
            "description",
            "jobControlOptions",
            "outputTransmission",
            "links",
        } <= process.keys()
        assert set(process["jobControlOptions"]) == {"sync-execute", "async-execute", "dismiss"}
        assert "inputs" not in process
    assert len(_get(client, "/ogc/processes", limit=2)["processes"]) == 2
    assert client.get("/ogc/processes?limit=0").status_code == 400


@pytest.mark.parametrize("process", PROCESSES)
def test_ogc_process_description(client: FlaskClient, process: str) -> None:
    described = _get(client, f"/ogc/processes/{process}", lang="pl")
    assert described["id"] == process
    assert {"self", "alternate", f"{REL}/execute"} <= {link["rel"] for link in described["links"]}
    english = _get(client, f"/ogc/processes/{process}", lang="en")
    assert described["title"] != english["title"]
    for name, described_input in described["inputs"].items():
        assert described_input["schema"], name
        assert described_input["minOccurs"] in (0, 1)
        assert described_input["title"] != english["inputs"][name]["title"], name
        assert "$ref" not in json.dumps(described_input)
    assert described["outputs"]["result"]["schema"]


def test_core_process_exception_no_such_process(client: FlaskClient, execute: Execute) -> None:
    for answer in (client.get("/ogc/processes/nothing"), execute("nothing", {})):
        assert answer.status_code == 404
        assert (answer.json or {})["type"] == f"{EXCEPTIONS}/no-such-process"


@pytest.mark.usefixtures("worker")
def test_core_job_creation_default_execution_mode_is_synchronous(execute: Execute) -> None:
    answer = execute("transform-coordinates", MOVE)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert len(answer.json[0]) == 2


@pytest.mark.usefixtures("worker")
def test_core_sync_raw_value_one_and_sync_document(execute: Execute, client: FlaskClient) -> None:
    raw = execute("transform-coordinates", MOVE, response="raw")
    document = execute("transform-coordinates", MOVE, response="document")
    assert document.content_type == "application/json"
    assert document.json == {"result": raw.json}
    point = {"features": {"type": "Point", "coordinates": [21, 52]}, "distance": 5}
    wrapped = execute("buffer", point, response="document", outputs={"result": {}}).json["result"]
    assert wrapped["mediaType"] == "application/geo+json"
    assert wrapped["value"]["type"] == "FeatureCollection"


@pytest.mark.usefixtures("worker")
def test_core_sync_raw_reference_and_document_reference(execute: Execute, client: FlaskClient) -> None:
    """A link in place of the result, as a header of an empty answer or in the document, leads to the bytes."""
    referred = {"result": {"transmissionMode": "reference"}}
    expected = execute("transform-coordinates", MOVE).data
    alone = execute("transform-coordinates", MOVE, outputs=referred)
    assert (alone.status_code, alone.data) == (204, b"")
    address, *parts = alone.headers["Link"].split("; ")
    assert parts == ['rel="result"', 'type="application/json"']
    assert client.get(address.strip("<>").removeprefix("http://127.0.0.1:8080")).data == expected
    document = execute("transform-coordinates", MOVE, outputs=referred, response="document").json["result"]
    assert document["type"] == "application/json"
    assert client.get(document["href"].removeprefix("http://127.0.0.1:8080")).data == expected
    assert {"value", "reference"} == set(_get(client, "/ogc/processes/buffer")["outputTransmission"])


def test_core_async_result_by_reference_is_gone_with_its_job(
    client: FlaskClient, execute: Execute, database: Database, settings: Settings
) -> None:
    job = _start(execute, outputs={"result": {"transmissionMode": "reference"}})
    assert client.get(f"/ogc/jobs/{job}/results/result").status_code == 404
    work(database, settings)
    assert client.get(f"/ogc/jobs/{job}/results").status_code == 204
    assert client.get(f"/ogc/jobs/{job}/results/result").status_code == 200
    client.delete(f"/ogc/jobs/{job}")
    assert client.get(f"/ogc/jobs/{job}/results/result").status_code == 410


@pytest.mark.usefixtures("worker")
def test_core_inputs_inline_qualified_and_validated(execute: Execute) -> None:
    qualified = {"coordinates": {"value": MOVE["coordinates"]}, "target": {"value": "EPSG:2180"}}
    assert execute("transform-coordinates", qualified).json == execute("transform-coordinates", MOVE).json
    for inputs in ({}, [], {"coordinates": "x", "target": "EPSG:2180"}, {**MOVE, "unknown": 1}):
        assert execute("transform-coordinates", inputs).status_code == 400


def test_core_job_creation_request_is_checked(client: FlaskClient, execute: Execute) -> None:
    address = "/ogc/processes/transform-coordinates/execution"
    for body in (b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 10_000):
        assert client.post(address, data=body, content_type="application/json").status_code == 400
    png, unknown = {"format": {"mediaType": "image/png"}}, {"transmissionMode": "pigeon"}
    wrong = [{"outputs": {"other": {}}}, {"outputs": {"result": unknown}}, {"outputs": {"result": png}}]
    for more in (*wrong, {"response": "xml"}, {"colour": 1}):
        assert execute("transform-coordinates", MOVE, **more).status_code == 400
    assert client.get(address).status_code == 405


def test_callback_is_refused_clearly(execute: Execute) -> None:
    answer = execute("transform-coordinates", MOVE, subscriber={"successUri": "http://example.com/"})
    assert answer.status_code == 501
    assert answer.json["parameter"] == "subscriber"


def test_core_job_creation_success_async_and_job_success(
    client: FlaskClient, execute: Execute, database: Database, settings: Settings
) -> None:
    answer = execute("transform-coordinates", MOVE, headers=ASYNC)
    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "respond-async"
    job = answer.json["jobID"]
    assert answer.headers["Location"].endswith(f"/ogc/jobs/{job}")
    state = _get(client, f"/ogc/jobs/{job}")
    assert (state["status"], state["type"], state["processID"]) == ("accepted", "process", "transform-coordinates")
    waiting = client.get(f"/ogc/jobs/{job}/results")
    assert waiting.status_code == 404
    assert (waiting.json or {})["type"] == f"{EXCEPTIONS}/result-not-ready"
    work(database, settings)
    state = _get(client, f"/ogc/jobs/{job}")
    assert (state["status"], state["progress"]) == ("successful", 100)
    assert {"created", "started", "finished", "updated"} <= state.keys()
    (results,) = [link for link in state["links"] if link["rel"] == f"{REL}/results"]
    assert _get(client, results["href"].removeprefix("http://127.0.0.1:8080"))[0][0] == pytest.approx(486_981, abs=1)


def test_core_job_results_failed(client: FlaskClient, execute: Execute, database: Database, settings: Settings) -> None:
    inputs = {"coordinates": [[1e8, 1e8]], "source": "EPSG:2180", "target": "CRS:84"}
    job = execute("transform-coordinates", inputs, headers=ASYNC).json["jobID"]
    work(database, settings)
    assert _get(client, f"/ogc/jobs/{job}")["status"] == "failed"
    failed = client.get(f"/ogc/jobs/{job}/results")
    assert failed.status_code == 400
    assert "geometry" in (failed.json or {})["detail"]


@pytest.mark.parametrize("job", ["0bcaba18-59c1-4942-858c-f910d05cac47", "nothing", "'; DROP TABLE sdi.job; --"])
def test_core_job_exception_no_such_job(client: FlaskClient, job: str) -> None:
    for answer in (
        client.get(f"/ogc/jobs/{job}"),
        client.get(f"/ogc/jobs/{job}/results"),
        client.delete(f"/ogc/jobs/{job}"),
    ):
        assert answer.status_code == 404
        assert (answer.json or {})["type"] == f"{EXCEPTIONS}/no-such-job"


def test_dismiss_before_and_after_the_run(
    client: FlaskClient, execute: Execute, database: Database, settings: Settings
) -> None:
    waiting = _start(execute)
    assert (client.delete(f"/ogc/jobs/{waiting}").json or {})["status"] == "dismissed"
    work(database, settings)
    assert _get(client, f"/ogc/jobs/{waiting}")["status"] == "dismissed"
    ended = _start(execute)
    work(database, settings)
    assert client.delete(f"/ogc/jobs/{ended}").status_code == 200
    assert client.get(f"/ogc/jobs/{ended}/results").status_code == 410


def _context(database: Database, settings: Settings) -> JobContext:
    return JobContext(uuid.uuid4(), settings, database, lambda _fraction, _message: None, None, None)


def test_results_expire_and_their_files_go(
    client: FlaskClient, execute: Execute, database: Database, settings: Settings
) -> None:
    job = _start(execute)
    work(database, settings)
    assert len(list(Objects(settings).keys())) == 1
    with database.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE layers.execution SET expires_at = now() - interval '1 s'")
    assert client.get(f"/ogc/jobs/{job}").status_code == 404
    sweep = next(task for task in jobs.tasks if task.every)
    assert sweep.run(_context(database, settings), {}) == {"removed": 1}
    assert list(Objects(settings).keys()) == []


def test_job_list_shows_ones_own_only(client: FlaskClient, execute: Execute, sign_in: SignIn) -> None:
    _, clerk = sign_in("clerk")
    _, stranger = sign_in("stranger")
    mine, anonymous = _start(execute, clerk), _start(execute)
    assert [job["jobID"] for job in _get(client, "/ogc/jobs", headers=clerk)["jobs"]] == [mine]
    assert _get(client, "/ogc/jobs", headers=stranger)["jobs"] == []
    assert _get(client, "/ogc/jobs")["jobs"] == []
    for headers in ({}, stranger):
        assert client.get(f"/ogc/jobs/{mine}", headers=headers).status_code == 404
        assert client.delete(f"/ogc/jobs/{mine}", headers=headers).status_code == 404
    assert client.get(f"/ogc/jobs/{anonymous}").status_code == 200


def test_job_list_parameters(client: FlaskClient, execute: Execute, sign_in: SignIn) -> None:
    _, clerk = sign_in("clerk")
    jobs_ = {_start(execute, clerk), _start(execute, clerk)}

    def listed(**query: str) -> set[str]:
        return {job["jobID"] for job in _get(client, "/ogc/jobs", headers=clerk, **query)["jobs"]}

    assert listed(type="process", status="accepted,running", processID="transform-coordinates") == jobs_
    assert listed(datetime="2020-01-01/..") == jobs_
    for query in ({"type": "other"}, {"status": "failed"}, {"processID": "buffer"}, {"datetime": "../2020-01-01"},
                  {"minDuration": "5"}):  # fmt: skip
        assert listed(**query) == set(), query
    assert len(listed(limit="1")) == 1
    for query in ({"status": "lost"}, {"limit": "0"}, {"datetime": "x"}, {"minDuration": "x"}, {"unknown": "1"}):
        assert client.get("/ogc/jobs", query_string=query).status_code == 400


def test_executions_run_with_the_rights_of_the_caller(
    client: FlaskClient,
    execute: Execute,
    sign_in: SignIn,
    add_layer: LayerMaker,
    database: Database,
    settings: Settings,
) -> None:
    add_layer("wells", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(637010 486694)", "studnia"]],
              organisation="gabin", visibility="organisation", label_column="name", searchable=True)  # fmt: skip
    inputs = {"features": {"collection": "wells"}, "target": "CRS:84"}
    _, clerk = sign_in("clerk")
    _, stranger = sign_in("stranger")
    for headers in ({}, stranger):
        assert execute("transform-features", inputs, headers={**ASYNC, **headers}).status_code == 404
    job = execute("transform-features", inputs, headers={**ASYNC, **clerk}).json["jobID"]
    hidden = execute("geocode", {"q": "studnia"}, headers={**ASYNC, **stranger}).json["jobID"]
    seen = execute("geocode", {"q": "studnia"}, headers={**ASYNC, **clerk}).json["jobID"]
    work(database, settings)
    assert len(_get(client, f"/ogc/jobs/{job}/results", headers=clerk)["features"]) == 1
    assert client.get(f"/ogc/jobs/{job}/results", headers=stranger).status_code == 404
    assert _get(client, f"/ogc/jobs/{hidden}/results", headers=stranger)["features"] == []
    assert len(_get(client, f"/ogc/jobs/{seen}/results", headers=clerk)["features"]) == 1


def test_only_so_many_executions_are_under_way(execute: Execute, sign_in: SignIn) -> None:
    _, clerk = sign_in("clerk")
    for _ in range(5):
        _start(execute, clerk)
    refused = execute("transform-coordinates", MOVE, headers={**ASYNC, **clerk})
    assert refused.status_code == 503
    assert _start(execute)


def test_only_so_many_threads_wait_for_executions(execute: Execute, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(service, "_WAITING", taken)
    refused = execute("transform-coordinates", MOVE)
    assert refused.status_code == 503
    assert "respond-async" in refused.json["detail"]


def test_html_pages_work_without_a_script(
    client: FlaskClient, database: Database, settings: Settings, squares: Any
) -> None:
    for path in ("/ogc/processes", *(f"/ogc/processes/{process}" for process in PROCESSES), "/ogc/jobs"):
        for language in ("pl", "en"):
            page = client.get(path, query_string={"f": "html", "lang": language})
            assert page.mimetype == "text/html"
            assert f'<html lang="{language}">' in page.text
    form = {"features": "squares", "distance": "12,5", "segments": "8", "dissolve": "true"}
    address = "/ogc/processes/buffer/execution?lang=pl"
    sent = client.post(address, data=form)
    assert sent.status_code == 303
    job = sent.headers["Location"].removeprefix("http://127.0.0.1:8080")
    waiting = client.get(job)
    assert 'http-equiv="refresh"' in waiting.text
    assert "<progress" in waiting.text
    work(database, settings)
    ended = client.get(job, headers={"Accept": "text/html"})
    assert "<brama-map" in ended.text
    assert "/results" in ended.text
    wrong = client.post(address, data={"features": "squares", "distance": "daleko"})
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert 'value="squares"' in wrong.text, "what was typed stays"
    stopped = client.post(job.partition("?")[0] + "/dismissal")
    assert stopped.status_code == 303
    assert client.get(job.partition("?")[0] + "/results").status_code == 410


def test_oas30_describes_processes(client: FlaskClient, app: Flask) -> None:
    description = _get(client, "/ogc/api")
    validate(description)
    for path in ("/processes", "/processes/{processId}", "/processes/{processId}/execution", "/jobs", "/jobs/{jobId}",
                 "/jobs/{jobId}/results"):  # fmt: skip
        assert path in description["paths"]
    assert {"get", "delete"} <= description["paths"]["/jobs/{jobId}"].keys()


def test_web_workers_do_without_pygeoapi() -> None:
    code = "import sys; from sdi import features; list(features.load('routes')); print('pygeoapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout == "False\n"
