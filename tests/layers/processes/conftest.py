# SPDX-License-Identifier: EUPL-1.2
"""Layers that processes work on, and a worker that runs what is queued."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType, Layer
from layers.processes import jobs
from sdi.db.database import Database
from sdi.jobs.model import PROMPT
from sdi.jobs.worker import build_app
from sdi.settings import Settings
from tests.conftest import LayerMaker

Execute = Callable[..., Any]


def work(database: Database, settings: Settings) -> None:
    """Run what is queued now."""
    app = build_app(database, settings, [task for task in jobs.tasks if task.every is None])
    with app.open():
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, queues=[PROMPT])


@pytest.fixture
def worker(database: Database, settings: Settings) -> Iterator[None]:
    """A worker beside the test, for executions that are waited for."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.02):
            work(database, settings)

    thread = threading.Thread(target=run, name="worker")
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def squares(add_layer: LayerMaker) -> Layer:
    """Four squares of 1 km in two rows; `people` is 10, 20, 30 and unknown."""
    corners = [(630_000 + 1_000 * (n % 2), 480_000 + 1_000 * (n // 2)) for n in range(4)]
    rows = [
        [f"POLYGON(({x} {y},{x + 1000} {y},{x + 1000} {y + 1000},{x} {y + 1000},{x} {y}))", f"Kwadrat {n + 1}", people]
        for n, ((x, y), people) in enumerate(zip(corners, (10, 20, 30, None), strict=True))
    ]
    columns = {"name": ColumnType.TEXT, "people": ColumnType.INTEGER}
    return add_layer("squares", GeometryType.POLYGON, columns, rows, label_column="name", searchable=True)


@pytest.fixture
def execute(client: FlaskClient) -> Execute:
    """Send an execute request and give the answer."""

    def send(process: str, inputs: Any, *, headers: dict[str, str] | None = None, **body: Any) -> Any:
        return client.post(f"/ogc/processes/{process}/execution", json={"inputs": inputs, **body}, headers=headers)

    return send
