# SPDX-License-Identifier: EUPL-1.2
"""Missing system packages are named exactly when they may not be installed."""

from pathlib import Path

import pytest

from sdi.errors import SetupError
from sdi.setup import accounts, packages
from sdi.setup.packages import Package


def test_only_what_is_missing_is_named(tmp_path: Path) -> None:
    here = Package("here", tmp_path)
    gone = Package("gone", tmp_path / "gone")
    assert packages.missing([here, gone]) == ["gone"]


def test_without_privilege_the_command_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 99\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(accounts, "is_root", lambda: False)
    with pytest.raises(SetupError, match="sudo apt-get install --no-install-recommends postgresql-15 wrk"):
        packages.install(["postgresql-15", "wrk"])


def test_on_another_distribution_the_names_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"no apt-get: postgresql-15\."):
        packages.install(["postgresql-15"])


def test_a_failing_package_manager_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\necho no space left\nexit 100\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(accounts, "is_root", lambda: True)
    with pytest.raises(SetupError, match="apt-get update failed"):
        packages.install(["wrk"])
    assert "no space left" in capsys.readouterr().err


def test_an_administrators_wish_for_the_automatic_cluster_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "common" / "createcluster.conf"
    monkeypatch.setattr(packages, "CLUSTER_SETTINGS", settings)
    packages._forbid_automatic_cluster([])
    assert "create_main_cluster = false" in settings.read_text()
    settings.write_text("create_main_cluster = true\n")
    packages._forbid_automatic_cluster([])
    assert settings.read_text() == "create_main_cluster = true\n"
