# SPDX-License-Identifier: EUPL-1.2
"""One pool of render processes for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.layers.rendering.pool import Pool, run_pool


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Two render processes with the default limits."""
    with run_pool(tmp_path_factory.mktemp("render"), workers=2) as running:
        yield running
