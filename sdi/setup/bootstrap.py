# SPDX-License-Identifier: EUPL-1.2
"""What the launcher does before the command line proper can run (standard library only)."""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from sdi.errors import SetupError
from sdi.setup import accounts, assets, environment, packages
from sdi.setup.environment import Kind, Layout

DEV_COMMANDS = {"test", "lint", "bench", "bless"}
NOT_COPIED = {".git", "var", "node_modules", "tests", "__pycache__", ".venv"}
SETTINGS_FILE = "config.yml"


def main(checkout: Path, arguments: list[str]) -> NoReturn:
    """Prepare the machine as far as the command needs it, then become that command, or leave with a refusal."""
    os.umask(0o022)
    try:
        python, variables = prepare(checkout, _command(arguments))
    except SetupError as error:
        sys.exit(f"brama: {error.message}")
    os.execve(python, [str(python), "-P", "-m", "sdi.cli", *arguments], {**os.environ, **variables})  # noqa: S606


def prepare(checkout: Path, command: str) -> tuple[Path, dict[str, str]]:
    """The Python that runs the command, and variables for its environment."""
    place = environment.layout(checkout)
    kind: Kind = "dev" if command in DEV_COMMANDS else "serve"
    if command == "up" or kind == "dev":
        _install_packages(command)
    with _step("Python packages"):
        python = environment.ensure(place, kind)
    if command == "up" or kind == "dev":
        with _step("portal"):
            assets.build(place, python)
    if kind == "dev":
        return python, {}
    if place.is_copied:
        _copy_code(place)
    return python, _data_variables(place)


def _command(arguments: list[str]) -> str:
    return next((argument for argument in arguments if not argument.startswith("-")), "")


def _install_packages(command: str) -> None:
    wanted = list(packages.SERVING)
    if command in {"test", "bless"}:
        wanted += packages.TESTING
    if command == "bench":
        wanted += packages.BENCHMARKS
    with _step("system packages"):
        packages.install(packages.missing(wanted))


def _data_variables(place: Layout) -> dict[str, str]:
    """Data goes beside the environments when the code runs from a copy, unless the settings name another place."""
    if not place.is_copied or "BRAMA_DATA" in os.environ or _settings_name_data(place.checkout / SETTINGS_FILE):
        return {}
    return {"BRAMA_DATA": str(place.home / "data")}


def _settings_name_data(path: Path) -> bool:
    return path.exists() and re.search(r"^data\s*:", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _copy_code(place: Layout) -> None:
    """Bring the copy of the code to the state of the checkout; nothing is done when no file is newer or gone."""
    wanted = _listing(place.checkout)
    if place.code.exists() and wanted == _listing(place.code):
        return
    with environment.exclusively(place.home):
        fresh = place.code.with_name("code.new")
        old = place.code.with_name("code.old")
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(place.checkout, fresh, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        _open_to_service(fresh)
        if place.code.exists():
            place.code.rename(old)
        fresh.rename(place.code)
        shutil.rmtree(old, ignore_errors=True)


def _listing(root: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_COPIED]
        for name in files:
            info = (Path(folder) / name).lstat()
            found[os.path.relpath(Path(folder) / name, root)] = (info.st_size, info.st_mtime_ns)
    return found


def _open_to_service(code: Path) -> None:
    """Let the service account read the copy; the settings, which may hold a password, nobody else."""
    for folder, _, files in os.walk(code):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    secret = code / SETTINGS_FILE
    if secret.exists():
        os.chown(secret, 0, accounts.service_account().gid)
        secret.chmod(0o640)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Report a step that took long enough to be noticed."""
    began = time.monotonic()
    yield
    spent = time.monotonic() - began
    if spent > 0.5:
        sys.stderr.write(f"[{spent:6.1f} s] {name}\n")
        sys.stderr.flush()
