# SPDX-License-Identifier: EUPL-1.2
"""The copy of the code that the service account runs follows the checkout and shows the settings to nobody else."""

import stat
from pathlib import Path

import pytest

from sdi.setup import accounts, bootstrap
from sdi.setup.environment import Layout


@pytest.fixture
def place(folder: Path) -> Layout:
    """A checkout with code, settings, things that are not code, and no copy yet."""
    checkout = folder / "checkout"
    for name in ("sdi/module.py", "config.yml", "var/big", "tests/test_x.py", ".git/HEAD", "portal_web/static/a.js"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(name)
        (checkout / name).chmod(0o600)
    (folder / "home").mkdir()
    return Layout(checkout, folder / "home" / "code", folder / "home")


def copied(place: Layout) -> set[str]:
    return {str(path.relative_to(place.code)) for path in place.code.rglob("*") if path.is_file()}


def test_code_and_built_files_are_copied_and_nothing_else(place: Layout) -> None:
    bootstrap._copy_code(place)
    assert copied(place) == {"sdi/module.py", "config.yml", "portal_web/static/a.js"}


def test_the_copy_is_readable_but_for_the_settings(place: Layout) -> None:
    bootstrap._copy_code(place)
    assert stat.S_IMODE((place.code / "sdi/module.py").stat().st_mode) == 0o644
    info = (place.code / "config.yml").stat()
    assert stat.S_IMODE(info.st_mode) == 0o640
    assert info.st_gid == accounts.service_account().gid


def test_the_copy_is_left_alone_while_nothing_changes(place: Layout) -> None:
    bootstrap._copy_code(place)
    before = place.code.stat().st_ino
    bootstrap._copy_code(place)
    assert place.code.stat().st_ino == before


def test_changed_new_and_removed_files_are_followed(place: Layout) -> None:
    bootstrap._copy_code(place)
    (place.checkout / "sdi/module.py").unlink()
    (place.checkout / "sdi/other.py").write_text("new")
    (place.checkout / "config.yml").write_text("log: debug")
    bootstrap._copy_code(place)
    assert copied(place) == {"sdi/other.py", "config.yml", "portal_web/static/a.js"}
    assert (place.code / "config.yml").read_text() == "log: debug"


def test_data_goes_beside_the_copy_unless_settings_say_where(place: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRAMA_DATA", raising=False)
    assert bootstrap._data_variables(place) == {"BRAMA_DATA": str(place.home / "data")}
    (place.checkout / "config.yml").write_text("data: /srv/gate\n")
    assert bootstrap._data_variables(place) == {}
