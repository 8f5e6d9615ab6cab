# SPDX-License-Identifier: EUPL-1.2
"""Layers large enough for levels, made in SQL."""

from collections.abc import Callable
from typing import Any, Protocol

import pytest

import layers.service as layers
from layers.levels import service
from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from sdi.jobs.worker import build_app, tasks
from sdi.settings import Settings
from tests.conftest import LayerMaker

COUNT = 12_000
COLUMNS = {"kind": ColumnType.TEXT, "height": ColumnType.NUMBER, "name": ColumnType.TEXT}
_SHAPES = {
    GeometryType.POLYGON: "ST_MakeEnvelope(x, y, x + side, y + side / 2, 2180)",
    GeometryType.LINESTRING: "ST_SetSRID(ST_MakeLine(ST_MakePoint(x, y), ST_MakePoint(x + side, y + side / 2)), 2180)",
    GeometryType.POINT: "ST_SetSRID(ST_MakePoint(x, y), 2180)",
}
# A town of 20 x 20 km: features of 20 to 120 m lie by chance, but the same ones on every machine; a few are large.
_FILL = """
INSERT INTO data.{relation}
SELECT n, {shape}, (ARRAY['house', 'barn', 'shop'])[1 + n % 3], side, 'no. ' || n
FROM generate_series(1, {count}) n,
    LATERAL (SELECT 600000 + (hashint8(n) & 65535) * 20000.0 / 65535 AS x,
        480000 + (hashint8(n + 1000000) & 65535) * 20000.0 / 65535 AS y,
        CASE WHEN n % 400 = 0 THEN 1500 ELSE 20 + (hashint8(n + 2000000) & 1023) / 10.0 END AS side) place
"""
_ANY = {
    GeometryType.POLYGON: "POLYGON((600000 480000, 600010 480000, 600010 480010, 600000 480000))",
    GeometryType.LINESTRING: "LINESTRING(600000 480000, 600010 480010)",
    GeometryType.POINT: "POINT(600000 480000)",
}

Rows = Callable[..., list[tuple[Any, ...]]]


class TownMaker(Protocol):
    """Makes a layer of 12,000 features."""

    def __call__(self, geometry_type: GeometryType = ..., layer_id: str = ..., **publication: Any) -> Layer:
        """The layer, published; without levels yet."""


@pytest.fixture
def town(add_layer: LayerMaker, database: Database) -> TownMaker:
    def make(geometry_type: GeometryType = GeometryType.POLYGON, layer_id: str = "town", **publication: Any) -> Layer:
        row = [_ANY[geometry_type], "house", 20, "first"]
        given = {"feature_count": COUNT, "label_column": "name", **publication}
        made = add_layer(layer_id, geometry_type, COLUMNS, [row], **given)
        with database.owner.begin() as connection:
            fill = _FILL.format(relation=made.relation, shape=_SHAPES[geometry_type], count=COUNT)
            connection.exec_driver_sql(f"DELETE FROM data.{made.relation}")
            connection.exec_driver_sql(fill.replace("%", "%%"), ())
            connection.exec_driver_sql(f"ANALYZE data.{made.relation}")
            connection.exec_driver_sql(
                "UPDATE layers.layer SET extent = ARRAY[600000, 480000, 621500, 501500],"
                f" bbox = ARRAY[20.4, 52.1, 20.8, 52.4] WHERE id = '{layer_id}'"
            )
            found = layers.layer_as_owner(connection, layer_id)
        assert found
        return found

    return make


@pytest.fixture
def rows(database: Database) -> Rows:
    """Rows of a statement as the owner."""

    def read(statement: str) -> list[tuple[Any, ...]]:
        with database.owner.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    return read


@pytest.fixture
def work(database: Database, settings: Settings) -> Callable[[], None]:
    """Run the jobs that are queued."""

    def run() -> None:
        app = build_app(database, settings, [task for task in tasks() if task.name == service.UPDATE])
        with app.open():
            app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    return run


def update(database: Database, layer_id: str = "town") -> Any:
    """Bring the levels up to date, in this process."""
    return service.update(database, layer_id, lambda _fraction, _message: None)
