# SPDX-License-Identifier: EUPL-1.2
"""Builds the portal's scripts and styles when their sources changed (standard library only)."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sdi.errors import SetupError
from sdi.setup.environment import Layout, ensure_node, exclusively

OLDEST_NODE = (20, 19)
BUILT = "static"
NOT_SOURCES = {"node_modules", BUILT, "templates", "translations", "__pycache__"}


def are_current(checkout: Path) -> bool:
    """Whether the built files belong to the sources as they are now (true where there is no portal)."""
    portal = checkout / "portal_web"
    if not (portal / "package.json").exists():
        return True
    return _stamp(portal / BUILT) == _fingerprint(_sources(portal), portal)


def build(place: Layout, python: Path) -> None:
    """Install the portal's locked npm packages and build it, each only when its sources changed."""
    portal = place.checkout / "portal_web"
    if are_current(place.checkout):
        return
    with exclusively(place.home):
        environment = _install(place, python)
        _npm(["run", "build"], portal, environment)
        (portal / BUILT / "stamp").write_text(_fingerprint(_sources(portal), portal), encoding="utf-8")


def install(place: Layout, python: Path) -> dict[str, str]:
    """Bring `node_modules` to the lock file; the environment in which `npm` runs."""
    with exclusively(place.home):
        return _install(place, python)


def _install(place: Layout, python: Path) -> dict[str, str]:
    portal = place.checkout / "portal_web"
    environment = _environment(place, python)
    wanted = _fingerprint([portal / "package.json", portal / "package-lock.json"], portal)
    if _stamp(portal / "node_modules") != wanted:
        _npm(["ci", "--no-audit", "--no-fund"], portal, environment)
        (portal / "node_modules" / "stamp").write_text(wanted, encoding="utf-8")
    return environment


def _stamp(folder: Path) -> str:
    try:
        return (folder / "stamp").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _sources(portal: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(portal):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        yield from (Path(folder) / name for name in sorted(files) if not name.endswith(".py"))


def _fingerprint(files: Iterator[Path] | list[Path], base: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(os.fsencode(path.relative_to(base)) + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _environment(place: Layout, python: Path) -> dict[str, str]:
    """This environment with a Node that is new enough first in PATH."""
    if _system_node() >= OLDEST_NODE and shutil.which("npm"):
        return dict(os.environ)
    folder = ensure_node(place, python)
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("npm", "npx"):
        link = programs / name
        if not link.is_symlink():
            link.symlink_to(folder / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")
    path = [str(programs), str(folder / "bin"), os.environ.get("PATH", os.defpath)]
    return {**os.environ, "PATH": os.pathsep.join(path)}


def _system_node() -> tuple[int, int]:
    """The system's version of Node; zeros without one."""
    node = shutil.which("node")
    if node is None:
        return (0, 0)
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def _npm(arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        raise SetupError("npm is missing: sudo apt-get install npm, or remove the system's node.")
    done = subprocess.run(
        [npm, *arguments],
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise SetupError(f"npm {' '.join(arguments)} failed in {folder}:\n{done.stdout[-4000:].strip()}")
