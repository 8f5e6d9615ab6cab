# SPDX-License-Identifier: EUPL-1.2
"""The whole of it: up, status, a killed process, a second up, logs, doctor, stop, and an end without remains."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sdi.features import ROOT
from sdi.setup import accounts, state
from sdi.setup.cluster import Cluster

ACCOUNT = accounts.service_account()
pytestmark = pytest.mark.skipif(
    not accounts.reachable(Path(sys.executable), ACCOUNT) or not accounts.reachable(ROOT, ACCOUNT),
    reason="the service account cannot run this Python or read this checkout",
)


class Server:
    """One data folder and port, and the commands on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "sdi.cli", *arguments, "--data", str(self.data)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
        )

    def up(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--port", str(self.port), "--empty", *more)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found

    def health(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_nothing_is_left(server: Server) -> None:
    wait_until(lambda: not state.instance_processes(server.data))
    wait_until(lambda: not Cluster(server.data).is_running())
    assert server.health() == 0


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """A server on a new data folder; stopped at the end."""
    found = Server(folder / "data")
    yield found
    found.run("stop")
    assert_nothing_is_left(found)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server that runs while the tests look at it."""
    folder = Path("/tmp") / f"brama-up-{os.getpid()}"
    folder.mkdir(mode=0o755)
    found = Server(folder / "data")
    started = found.up("--detach")
    assert started.returncode == 0, started.stderr
    yield found
    stopped = found.run("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert_nothing_is_left(found)
    assert found.run("status").returncode == 3


def test_status_tells_all_processes(running: Server) -> None:
    found = running.status()
    assert found["running"]
    assert found["ready"]
    assert {process["name"] for process in found["processes"]} >= {"web", "jobs"}
    assert all(process["pid"] and process["memory_bytes"] > 1_000_000 for process in found["processes"])
    assert found["database"]["running"]
    assert running.run("status").returncode == 0


@pytest.mark.skipif(not accounts.is_root(), reason="a user runs it as himself")
def test_no_process_of_the_server_is_roots(running: Server) -> None:
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in state.instance_processes(running.data)}
    assert owners == {ACCOUNT.uid}


def test_no_secret_is_on_a_command_line(running: Server) -> None:
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in state.instance_processes(running.data)]
    assert not [line for line in lines if b"postgresql://" in line]


def test_a_second_up_is_refused(running: Server) -> None:
    refused = running.up()
    assert refused.returncode == 1
    assert f"is running at http://127.0.0.1:{running.port}" in refused.stderr


def test_a_taken_port_is_refused(running: Server, folder: Path) -> None:
    other = Server(folder / "other")
    other.port = running.port
    refused = other.up()
    assert refused.returncode == 1
    assert "choose another with --port" in refused.stderr
    assert not Cluster(other.data).is_running()


def test_a_killed_process_comes_back(running: Server) -> None:
    before = {process["name"]: process["pid"] for process in running.status()["processes"]}
    os.kill(before["web"], signal.SIGKILL)
    wait_until(lambda: running.health() == 0 or running.status()["processes"] != before)
    wait_until(lambda: running.health() == 200)
    after = {process["name"]: process for process in running.status()["processes"]}
    assert after["web"]["pid"] != before["web"]
    assert after["web"]["restarts"] == 1
    assert after["jobs"]["pid"] == before["jobs"]


def test_logs_show_each_process_and_refuse_unknown_ones(running: Server) -> None:
    assert running.run("logs", "web").returncode == 0
    assert "database system is ready" in running.run("logs", "postgres").stdout
    refused = running.run("logs", "nosuch")
    assert refused.returncode == 1
    assert "there are: " in refused.stderr


def test_doctor_looks_at_everything_of_a_running_server(running: Server) -> None:
    found = {check["name"]: check["state"] for check in json.loads(running.run("doctor", "--json").stdout)}
    assert {"python", "system packages", "disk", "memory", "clock", "portal", "database", "migrations", "web"} <= set(
        found
    )
    assert found["database"] == found["migrations"] == found["server"] == "ok"


def test_ctrl_c_stops_everything(server: Server) -> None:
    command = server.command("up", "--port", str(server.port), "--empty")
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = next(line for line in process.stdout if f"http://127.0.0.1:{server.port}/" in line)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)
    assert "Ctrl-C" in told
    assert process.returncode == 0
    assert_nothing_is_left(server)


def test_a_signal_during_set_up_stops_it_cleanly(server: Server) -> None:
    command = server.command("up", "--port", str(server.port), "--empty")
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        wait_until((server.data / "postgres" / "postmaster.pid").exists, 60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)
    assert process.returncode == 130
    assert_nothing_is_left(server)


def test_a_killed_supervisor_leaves_nothing_and_the_next_up_works(server: Server) -> None:
    assert server.up("--detach").returncode == 0
    os.kill(server.status()["pid"], signal.SIGKILL)
    again = server.up("--detach")
    assert again.returncode == 0, again.stderr
    assert server.health() == 200


def test_stop_without_a_server_says_so(server: Server) -> None:
    assert server.run("stop").stdout == "Nothing was running.\n"


def test_doctor_finds_a_taken_port_and_a_missing_database(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        variables = {**os.environ, "BRAMA_SERVER__PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            server.command("doctor", "--json"), capture_output=True, text=True, check=False, cwd=ROOT, env=variables
        )
    found = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 1
    assert found["port"]["state"] == "problem"
    assert found["database"]["state"] == "note"
    assert "--port" in found["port"]["mend"]


def test_a_database_that_does_not_answer_is_named(server: Server) -> None:
    refused = server.up("--database", "postgresql://nobody@127.0.0.1:1/nothing")
    assert refused.returncode == 1
    assert "database.url does not answer" in refused.stderr
