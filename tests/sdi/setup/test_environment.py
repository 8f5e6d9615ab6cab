# SPDX-License-Identifier: EUPL-1.2
"""Environments hold what is locked, are made once, and a broken one is made again."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sdi.errors import SetupError
from sdi.setup import accounts, environment
from sdi.setup.environment import Layout

HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture
def place(folder: Path) -> Layout:
    """A checkout whose lock files ask for nothing, so that no index is needed."""
    for name in environment.LOCKS.values():
        (folder / name).write_text("# nothing\n")
    return Layout(folder, folder, folder / "var")


def test_is_made_once_and_found_fast(place: Layout) -> None:
    python = environment.ensure(place, "serve")
    made = python.parent.stat().st_mtime_ns
    began = time.monotonic()
    assert environment.ensure(place, "serve") == python
    assert time.monotonic() - began < 0.1
    assert python.parent.stat().st_mtime_ns == made


def test_finds_the_code_from_any_folder(place: Layout) -> None:
    (place.checkout / "marker_module.py").write_text("")
    python = environment.ensure(place, "serve")
    subprocess.run([str(python), "-P", "-c", "import marker_module"], cwd="/", check=True)


def test_a_half_made_one_is_made_again(place: Layout) -> None:
    python = environment.ensure(place, "serve")
    (python.parent.parent / "complete").unlink()
    (python.parent / "pip").unlink()
    assert environment.ensure(place, "serve") == python
    assert (python.parent / "pip").exists()


def test_one_whose_python_is_gone_is_made_again(place: Layout) -> None:
    python = environment.ensure(place, "serve")
    python.unlink()
    assert environment.ensure(place, "serve").exists()


def test_a_changed_lock_makes_another_and_removes_the_unused(place: Layout) -> None:
    old = environment.ensure(place, "serve")
    (place.checkout / "requirements.lock").write_text("# changed\n")
    new = environment.ensure(place, "serve")
    assert new != old
    assert not old.exists()


def test_one_that_a_process_runs_from_stays(place: Layout) -> None:
    old = environment.ensure(place, "serve")
    with subprocess.Popen([str(old), "-c", "input()"], stdin=subprocess.PIPE) as process:
        (place.checkout / "requirements.lock").write_text("# changed\n")
        environment.ensure(place, "serve")
        assert old.exists()
        process.communicate(b"\n")


def test_a_file_that_does_not_match_its_hash_is_refused(place: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(place.checkout))
    wheel = place.checkout / "thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"not what was locked")
    (place.checkout / "requirements.lock").write_text(f"thing==1.0 {HASH}\n")
    with pytest.raises(SetupError, match=r"requirements\.lock could not be installed"):
        environment.ensure(place, "serve")
    assert not list(place.home.glob("venv/*/complete"))


def test_starts_at_once_make_one(place: Layout) -> None:
    with ThreadPoolExecutor(3) as pool:
        pythons = set(pool.map(lambda _: environment.ensure(place, "serve"), range(3)))
    assert len(pythons) == 1
    assert len(list((place.home / "venv").iterdir())) == 1


@pytest.mark.skipif(not accounts.is_root(), reason="a user's own checkout is always readable")
def test_code_that_the_service_user_cannot_read_is_copied(folder: Path) -> None:
    closed = folder / "closed" / "checkout"
    closed.mkdir(parents=True)
    assert environment.layout(closed).code == closed
    closed.parent.chmod(0o700)
    assert environment.layout(closed) == Layout(closed, Path("/var/lib/brama/code"), Path("/var/lib/brama"))


def test_a_checkout_that_cannot_be_written_is_refused(place: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SetupError, match="cannot be written"):
        environment.ensure(place, "serve")


def test_the_launcher_names_the_python_it_needs() -> None:
    launcher = Path(__file__).resolve().parents[3] / "brama"
    code = (
        f"import sys, runpy; sys.version_info = (3, 9); sys.argv = ['brama']; "
        f"import shutil; shutil.which = lambda name: None; runpy.run_path({str(launcher)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
