# SPDX-License-Identifier: EUPL-1.2
"""The portal is built when its sources changed, and only then."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from sdi.errors import SetupError
from sdi.features import ROOT
from sdi.setup import assets
from sdi.setup.environment import NODE_LOCK, Layout


@pytest.fixture
def place(folder: Path) -> Layout:
    """A checkout with a portal whose build needs no package."""
    portal = folder / "portal_web"
    (portal / "src").mkdir(parents=True)
    (portal / "src" / "main.ts").write_text("one")
    write_package(portal, "true")
    # Where the system has no Node, the one that this checkout's own portal was built with serves.
    shutil.copy(ROOT / NODE_LOCK, folder / NODE_LOCK)
    (folder / "var" / "venv").mkdir(parents=True)
    for node in (ROOT / "var" / "venv").glob("node-*"):
        (folder / "var" / "venv" / node.name).symlink_to(node)
    return Layout(folder, folder, folder / "var")


def write_package(portal: Path, build: str) -> None:
    package = {"name": "p", "version": "1.0.0", "scripts": {"build": build}}
    lock = {"name": "p", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "p", "version": "1.0.0"}}}
    (portal / "package.json").write_text(json.dumps(package))
    (portal / "package-lock.json").write_text(json.dumps(lock))
    (portal / "node_modules").mkdir(exist_ok=True)


def test_is_built_once_and_again_after_a_change(place: Layout) -> None:
    portal = place.checkout / "portal_web"
    write_package(portal, "mkdir -p static && cat src/main.ts >> static/main.js")
    assert not assets.are_current(place.checkout)
    assets.build(place, Path(sys.executable))
    assert assets.are_current(place.checkout)
    assets.build(place, Path(sys.executable))
    assert (portal / "static" / "main.js").read_text() == "one"
    (portal / "src" / "main.ts").write_text("two")
    assert not assets.are_current(place.checkout)
    assets.build(place, Path(sys.executable))
    assert (portal / "static" / "main.js").read_text() == "onetwo"


def test_a_build_that_fails_is_reported_and_tried_again(place: Layout) -> None:
    write_package(place.checkout / "portal_web", "echo wrong type; exit 3")
    with pytest.raises(SetupError, match="wrong type"):
        assets.build(place, Path(sys.executable))
    assert not assets.are_current(place.checkout)


def test_templates_and_python_are_not_sources(place: Layout) -> None:
    portal = place.checkout / "portal_web"
    before = assets._fingerprint(assets._sources(portal), portal)
    (portal / "templates").mkdir()
    (portal / "templates" / "page.html").write_text("x")
    (portal / "routes.py").write_text("x")
    assert assets._fingerprint(assets._sources(portal), portal) == before


def test_without_a_portal_nothing_is_to_do(folder: Path) -> None:
    assert assets.are_current(folder)
