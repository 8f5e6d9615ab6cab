# SPDX-License-Identifier: EUPL-1.2
"""Jobs: queued in the caller's transaction, followed, cancelled, repeated after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from sdi.db.database import Database, Role
from sdi.errors import Conflict, InvalidParameter, NotFound
from sdi.jobs import service
from sdi.jobs.model import JobContext, Task
from sdi.jobs.worker import build_app
from sdi.people.model import Principal
from sdi.settings import Settings

SignIn = Callable[..., tuple[Principal, dict[str, str]]]


def _count(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    for step in range(int(args["to"])):
        context.progress(step / args["to"], f"step {step}")
    return {"counted": args["to"]}


def _refuse(_context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    raise InvalidParameter("The file is empty.")


def _break(_context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    raise ZeroDivisionError


TASKS = [Task("test.count", _count), Task("test.refuse", _refuse), Task("test.break", _break)]


def _work(database: Database, settings: Settings) -> None:
    app = build_app(database, settings, TASKS)
    with app.open():
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def _queue(database: Database, caller: Principal, task: str, **args: Any) -> UUID:
    with database.write(caller) as connection:
        return service.enqueue(connection, task, args)


def _status(database: Database, caller: Principal, job: UUID) -> Mapping[str, Any]:
    with database.read(caller) as connection:
        return service.status(connection, job)


def test_a_job_runs_and_tells_its_result(database: Database, settings: Settings, sign_in: SignIn) -> None:
    caller, _ = sign_in("clerk", "ingest")
    job = _queue(database, caller, "test.count", to=3)
    assert _status(database, caller, job)["state"] == "queued"
    _work(database, settings)
    status = _status(database, caller, job)
    assert (status["state"], status["progress"], status["result"]) == ("succeeded", 1, {"counted": 3})


@pytest.mark.parametrize(
    ("task", "message"), [("test.refuse", "The file is empty."), ("test.break", "An unexpected error; the log says")]
)
def test_a_failed_job_says_why(
    database: Database, settings: Settings, sign_in: SignIn, task: str, message: str
) -> None:
    caller, _ = sign_in("clerk", "ingest")
    job = _queue(database, caller, task)
    _work(database, settings)
    status = _status(database, caller, job)
    assert status["state"] == "failed"
    assert status["message"].startswith(message)


def test_a_job_of_a_rolled_back_transaction_never_was(database: Database, settings: Settings, sign_in: SignIn) -> None:
    caller, _ = sign_in("clerk", "ingest")
    with pytest.raises(RuntimeError), database.write(caller) as connection:
        service.enqueue(connection, "test.count", {"to": 1})
        raise RuntimeError
    _work(database, settings)
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sdi.job")).scalar_one() == 0
        queued = text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'test.count'")
        assert connection.execute(queued).scalar_one() == 0


def test_a_queued_job_can_be_cancelled_once(database: Database, settings: Settings, sign_in: SignIn) -> None:
    caller, _ = sign_in("clerk", "ingest")
    job = _queue(database, caller, "test.count", to=3)
    with database.write(caller) as connection:
        service.cancel(connection, job)
    _work(database, settings)
    assert _status(database, caller, job)["state"] == "cancelled"
    with pytest.raises(Conflict), database.write(caller) as connection:
        service.cancel(connection, job)


def test_a_running_job_stops_when_asked(database: Database, settings: Settings, sign_in: SignIn) -> None:
    caller, _ = sign_in("clerk", "ingest")
    job = _queue(database, caller, "test.count", to=3)
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.job SET cancel_requested = true"))
    _work(database, settings)
    assert _status(database, caller, job)["state"] == "cancelled"


def test_another_organisation_neither_sees_nor_cancels_a_job(database: Database, sign_in: SignIn) -> None:
    job = _queue(database, sign_in("clerk", "ingest")[0], "test.count", to=3)
    stranger, _ = sign_in("stranger", "admin")
    with pytest.raises(NotFound):
        _status(database, stranger, job)
    with pytest.raises(NotFound), database.write(stranger) as connection:
        service.cancel(connection, job)
    assert _status(database, sign_in("admin", "admin")[0], job)["state"] == "queued"


def test_jobs_are_followed_over_http(client: FlaskClient, database: Database, sign_in: SignIn) -> None:
    caller, headers = sign_in("clerk", "ingest")
    job = _queue(database, caller, "test.count", to=3)
    assert client.get(f"/api/jobs/{job}").status_code == 401
    answer = client.get(f"/api/jobs/{job}", headers=headers)
    assert (answer.status_code, answer.json["state"]) == (200, "queued")
    assert client.delete(f"/api/jobs/{job}", headers=headers).json["state"] == "cancelled"
    assert client.delete(f"/api/jobs/{job}", headers=headers).status_code == 409


KILLED = """
import sys, time
from pathlib import Path
from sdi.db.database import Database, Role
from sdi.jobs.model import Task
from sdi.jobs.worker import build_app
from sdi.settings import load

def run(context, args):
    Path(args["started"]).touch()
    while not Path(args["go"]).exists():
        time.sleep(0.01)
    return {"done": True}

conninfo, data = sys.argv[1:]
app = build_app(Database(lambda role: conninfo.replace("ROLE", role.value)), load(data=data), [Task("test.wait", run)])
with app.open():
    app.run_worker(concurrency=1, stalled_worker_timeout=1, update_heartbeat_interval=0.3)
"""


def test_a_job_whose_worker_was_killed_is_repeated(database: Database, sign_in: SignIn, tmp_path: Path) -> None:
    caller, _ = sign_in("clerk", "ingest")
    started, go = tmp_path / "started", tmp_path / "go"
    job = _queue(database, caller, "test.wait", started=str(started), go=str(go))
    conninfo = database.conninfo(Role.APP).replace(Role.APP.value, "ROLE")
    command = [sys.executable, "-c", KILLED, conninfo, str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    first = subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL)
    _until(started.exists)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert _status(database, caller, job)["state"] == "running"
    go.touch()
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"))
    second = subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL)
    _until(lambda: _status(database, caller, job)["state"] == "succeeded", seconds=40)
    second.terminate()
    second.wait(20)
    assert _status(database, caller, job)["attempts"] == 2


def _until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)
