# SPDX-License-Identifier: EUPL-1.2
"""Two thousand hostile requests over all services: no error, nothing above 2 s or 50 MB, nothing told or changed."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from tests import hostile
from tests.conftest import LayerMaker

COUNT = 2_000
SECONDS = 2.0
MEGABYTES = 50
TOLD = ("Traceback", "psycopg", "syntax error at or near", "root:x:0", "sqlalchemy")
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def _kilobytes(name: str) -> int:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1])


@pytest.mark.usefixtures("drawing")
@pytest.mark.timeout(600)
def test_hostile_requests_are_refused_cheaply(client: FlaskClient, add_layer: LayerMaker, database: Database) -> None:
    columns = {"name": ColumnType.TEXT, "people": ColumnType.INTEGER}
    square = "POLYGON((630000 480000,631000 480000,631000 481000,630000 481000,630000 480000))"
    add_layer("squares", GeometryType.POLYGON, columns, [[square, "Kwadrat", 10]], label_column="name", searchable=True)
    failed, slow, large = [], [], []
    for request in hostile.requests(COUNT):
        _CLEAR.write_text("5", encoding="ascii")
        before, started = _kilobytes("VmRSS"), time.perf_counter()
        answer = client.open(**request)
        seconds, megabytes = time.perf_counter() - started, (_kilobytes("VmHWM") - before) / 1024
        told = [word for word in TOLD if word in answer.get_data(as_text=False).decode("utf-8", "replace")]
        if answer.status_code in (500, 502, 504) or told or "Set-Cookie" in answer.headers:
            failed.append((answer.status_code, told, request))
        if seconds > SECONDS:
            slow.append((seconds, request))
        if megabytes > MEGABYTES:
            large.append((megabytes, request))
    assert failed == [], str(failed[0])[:3_000]
    assert slow == [], str(max(slow, key=lambda found: found[0]))[:3_000]
    assert large == [], str(max(large, key=lambda found: found[0]))[:3_000]
    with database.owner.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM data.squares_1").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM sdi.account").scalar_one() == 3
