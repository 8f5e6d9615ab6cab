# SPDX-License-Identifier: EUPL-1.2
"""Packages are taken only as the lock pins them, and nothing in them is run."""

import ast
import hashlib
import zipfile
from pathlib import Path

import pytest

from ingest.sample.packages import Member, Packages, read_lock
from ingest.sample.region import LOCK
from sdi.errors import SetupError
from sdi.features import ROOT


@pytest.fixture
def carrier(tmp_path: Path) -> Packages:
    """A folder with one wheel, and the lock that pins it."""
    wheel = tmp_path / "some_data-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some_data/list.csv", "a,b\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "lock").write_text(f"some-data==1.0 \\\n    --hash=sha256:{digest}\n", encoding="ascii")
    return Packages(tmp_path / "lock", tmp_path)


def test_a_member_is_read(carrier: Packages) -> None:
    assert carrier.read(Member("some-data", "some_data/list.csv")) == b"a,b\n"


def test_a_wheel_already_there_is_not_fetched_again(carrier: Packages) -> None:
    told: list[str] = []
    carrier.fetch(told.append)
    assert told == []


def test_a_missing_member_is_named(carrier: Packages) -> None:
    with pytest.raises(SetupError, match="other.csv"):
        carrier.read(Member("some-data", "some_data/other.csv"))


def test_a_wheel_that_was_changed_is_not_read(carrier: Packages, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "some_data-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("more", "x")
    with pytest.raises(SetupError, match="has not been downloaded"):
        carrier.read(Member("some-data", "some_data/list.csv"))


def test_pip_s_refusal_is_told(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(f"brama-no-such-package==0.0.1 --hash=sha256:{'0' * 64}\n", encoding="ascii")
    with pytest.raises(SetupError, match="could not be downloaded"):
        Packages(lock, tmp_path / "packages").fetch(lambda _: None)


@pytest.mark.parametrize("line", ["earthpy", "earthpy==1.0.0", "earthpy>=1 --hash=sha256:" + "0" * 64, "-r other.txt"])
def test_a_line_without_pin_and_hash_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "lock").write_text(line, encoding="ascii")
    with pytest.raises(SetupError, match="pinned"):
        read_lock(tmp_path / "lock")


def test_the_project_imports_none_of_the_carriers() -> None:
    carriers = {name.replace("-", "_") for name in read_lock(LOCK)} | {"buses_warsaw", "mpl_toolkits"}
    for path in (ROOT / "ingest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names}.isdisjoint(carriers)
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in carriers
