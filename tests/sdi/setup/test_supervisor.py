# SPDX-License-Identifier: EUPL-1.2
"""Supervised processes come back when they die, leave nothing when they end, and their logs stay small."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sdi.features import ROOT
from sdi.setup import logfiles, state, supervisor
from sdi.setup.model import ChildState, ProcessSpec, ServerState
from sdi.setup.supervisor import Child, Supervisor

SLEEPER = ["/bin/sh", "-c", "echo started $MARK; sleep 1000 & wait"]


@pytest.fixture
def data(folder: Path) -> Path:
    """A data folder with the folders that a supervisor writes to."""
    for name in ("logs", "run"):
        (folder / name).mkdir()
    return folder


def make(data: Path, argv: list[str], **more: object) -> Child:
    return Child(ProcessSpec("thing", argv, {"MARK": "mark"}, **more), data, dict(os.environ), Path("/"))  # type: ignore[arg-type]


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_output_and_environment_reach_the_log(data: Path) -> None:
    child = make(data, SLEEPER)
    child.tend()
    wait_until(lambda: "started mark" in child.log.read_text())
    assert logfiles.last_lines(child.log, 5) == ["started mark"]
    child.kill()


def test_a_process_that_dies_comes_back_and_its_own_children_go(data: Path) -> None:
    child = make(data, SLEEPER)
    child.tend()
    wait_until(lambda: len(state.instance_processes(data)) == 2)
    first, before = child.pid, set(state.instance_processes(data))
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: child.tend() or child.pid not in {None, first})
    wait_until(lambda: (child.tend(), child.pid)[1] not in {None, first})
    assert child.restarts == 1
    wait_until(lambda: not before & set(state.instance_processes(data)))
    child.kill()


def test_pauses_grow_while_it_keeps_dying(data: Path) -> None:
    child = make(data, ["/bin/false"])
    pauses = []
    for _ in range(3):
        wait_until(lambda: child.tend() and child._process is not None)
        wait_until(lambda: child.tend() and child._process is None)
        pauses.append(child._next_start - time.monotonic())
    assert pauses == pytest.approx([0.5, 1.0, 2.0], abs=0.3)
    assert "ended with 1; starts again in 2.0 s" in child.log.read_text()


def test_folders_are_fresh_before_each_start(data: Path) -> None:
    folder = data / "run" / "metrics"
    folder.mkdir()
    (folder / "old").touch()
    child = make(data, SLEEPER, fresh_folders=(folder,))
    child.tend()
    assert list(folder.iterdir()) == []
    child.kill()


def test_a_full_log_is_cut_and_three_older_are_kept(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 1000)
    child = make(data, SLEEPER)
    for number in range(6):
        child.log.write_text(f"{number}" * 2000)
        child._rotate_log()
        assert child.log.stat().st_size == 0
    kept = {path.name: path.read_text()[0] for path in sorted((data / "logs").iterdir()) if path.stat().st_size}
    assert kept == {"thing.log.1": "5", "thing.log.2": "4", "thing.log.3": "3"}


def test_stop_ends_what_ignores_it_and_removes_the_state(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    stubborn = make(data, ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
    whole = Supervisor(data, "http://127.0.0.1:1", [stubborn])
    whole.tend()
    wait_until(lambda: "ready" in stubborn.log.read_text())
    assert state.read_state(data) is not None
    whole.stop()
    assert state.instance_processes(data) == []
    assert state.read_state(data) is None


def test_nothing_is_left_when_the_supervisor_is_killed(data: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from sdi.setup.supervisor import Child;"
        "from sdi.setup.model import ProcessSpec; spec = ProcessSpec('thing', ['/bin/sleep', '1000']);"
        f"child = Child(spec, Path({str(data)!r}), dict(os.environ), Path('/'));"
        "child.tend(); print('up', flush=True); time.sleep(1000)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        wait_until(lambda: len(state.instance_processes(data)) == 1)
        process.kill()
    wait_until(lambda: state.instance_processes(data) == [])


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(data: Path) -> None:
    environment = {**os.environ, state.INSTANCE_VARIABLE: str(data)}
    with subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; sleep 1000"], env=environment) as stubborn:
        wait_until(lambda: stubborn.pid in state.instance_processes(data))
        assert state.end_leftovers(data, patience=0.3) >= 1
        assert stubborn.wait() == -signal.SIGKILL


def test_processes_of_another_instance_are_left_alone(data: Path) -> None:
    environment = {**os.environ, state.INSTANCE_VARIABLE: f"{data}-other"}
    with subprocess.Popen(["/bin/sleep", "1000"], env=environment) as other:
        assert state.end_leftovers(data) == 0
        assert other.poll() is None
        other.kill()


def test_a_later_process_of_the_same_id_is_not_the_server(data: Path) -> None:
    children = [ChildState("web", None, 0.0, 2)]
    ticks = state.start_ticks(os.getpid())
    mine = ServerState(os.getpid(), ticks, 1.0, "http://127.0.0.1:1", ready=True, children=children)
    state.write_state(data, mine)
    assert state.read_state(data) == mine
    state.write_state(data, ServerState(os.getpid(), ticks - 1, 1.0, "x", ready=True, children=[]))
    assert state.read_state(data) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', json.dumps({"children": 3})])
def test_a_broken_state_file_means_not_running(data: Path, text: str) -> None:
    (data / state.STATE_FILE).write_text(text)
    assert state.read_state(data) is None
