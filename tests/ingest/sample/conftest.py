# SPDX-License-Identifier: EUPL-1.2
"""The sample region built once for all tests, from the real packages, kept under var/ for the next run."""

import fcntl
from pathlib import Path

import pytest

from ingest.sample import service
from ingest.sample.service import SampleRegion
from sdi.features import ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the built sample: the packages in it are downloaded once and checked by hash ever after."""
    folder = ROOT / "var" / "sample-for-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def sample(data_dir: Path) -> SampleRegion:
    """The region with approximate shapes, as the first start builds it."""
    with (data_dir / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return service.build(data_dir, lambda _: None)


@pytest.fixture(scope="session")
def official(data_dir: Path, sample: SampleRegion) -> SampleRegion:
    """The region with the shapes of the state register."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data are not beside this checkout")
    with (data_dir / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return service.official(data_dir, folder / "admin" / "mazovia_admin_2180.gpkg", lambda _: None)
