# SPDX-License-Identifier: EUPL-1.2
"""Folders that the service account can reach; pytest's own temporary folders are closed to it when root runs tests."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that everybody can enter."""
    with tempfile.TemporaryDirectory(prefix="brama-setup-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
