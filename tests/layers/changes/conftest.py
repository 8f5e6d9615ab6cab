# SPDX-License-Identifier: EUPL-1.2
"""A layer to change, and changes of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import shapely

from layers.changes.model import Geometry
from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

COLUMNS = {
    "code": ColumnType.TEXT,
    "floors": ColumnType.INTEGER,
    "height": ColumnType.NUMBER,
    "listed": ColumnType.BOOLEAN,
    "built": ColumnType.DATE,
    "seen": ColumnType.TIMESTAMP,
}


def square(x: float, y: float, side: float = 10) -> Geometry:
    """A square in EPSG:2180, its lower left corner at easting x, northing y."""
    return Geometry(shapely.to_wkb(shapely.box(x, y, x + side, y + side)), 2180)


@pytest.fixture
def houses(add_layer: LayerMaker) -> Layer:
    """Three houses of Gąbin with codes for keys and the year they were built for their time."""
    rows = [
        [f"MULTIPOLYGON((({x} 500000,{x + 10} 500000,{x + 10} 500010,{x} 500010,{x} 500000)))", f"h{number}", number,
         number / 4, number == 2, date(2000 + number, 1, 1), None]
        for number, x in enumerate(range(600_000, 600_300, 100), 1)
    ]  # fmt: skip
    return add_layer(
        "houses", GeometryType.MULTIPOLYGON, COLUMNS, rows, organisation="gabin", key_column="code", time_start="built"
    )


@pytest.fixture
def rows(database: Any) -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of a statement as the owner."""

    def read(statement: str) -> list[tuple[Any, ...]]:
        with database.owner.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    return read
