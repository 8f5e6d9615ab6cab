# SPDX-License-Identifier: EUPL-1.2
"""A load that is killed at any moment leaves the old layer readable and no trace after the next load."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from sdi import features
from sdi.db.database import Database, Role
from sdi.settings import Settings

from .conftest import Loader

_ROWS = 60_000


@pytest.mark.parametrize("moment", [0.01, 0.05, 0.3, 0.6, 0.65, 0.8, 0.95])
def test_a_killed_load_leaves_the_old_layer_and_no_trace(  # noqa: PLR0917 - fixtures
    tmp_path: Path, database: Database, settings: Settings, load_file: Loader, moment: float,
    left_behind: Callable[[], dict[str, Any]], rows: Callable[[str], list[Row[Any]]],
) -> None:  # fmt: skip
    old = tmp_path / "units.csv"
    old.write_text("id,lat,lon\n1,52.2,21.0\n")
    load_file(old, layer="units", key="id")
    before = left_behind()
    new = tmp_path / "new.csv"
    new.write_text("id,lat,lon\n" + "".join(f"{i},{50 + i / 20_000:.5f},21.0\n" for i in range(_ROWS)))
    assert _load_and_die(database, settings, new, moment) == -9
    _wait_for_backends(rows)
    after = left_behind()
    assert (after["tables"], after["counts"]) == (before["tables"], before["counts"])
    assert [tuple(row) for row in rows("SELECT fid, id FROM data.units_1")] == [(1, 1)]
    report = load_file(new, layer="units", key="id")
    assert (report.version, report.loaded) == (2, _ROWS)
    assert left_behind()["folders"] == []


def _load_and_die(database: Database, settings: Settings, source: Path, moment: float) -> int:
    conninfo = database.conninfo(Role.OWNER).replace("brama_owner", "ROLE")
    command = [sys.executable, str(Path(__file__).parent / "killed.py"), conninfo, str(settings.data), str(source)]
    done = subprocess.run(
        [*command, str(moment)], check=False, capture_output=True, timeout=120, env={"PYTHONPATH": str(features.ROOT)}
    )
    return done.returncode


def _wait_for_backends(rows: Callable[[str], list[Row[Any]]]) -> None:
    """The server learns of the death at its next read or write."""
    deadline = time.monotonic() + 30
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state <> 'idle'"
    )
    while rows(statement)[0][0]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
