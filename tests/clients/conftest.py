# SPDX-License-Identifier: EUPL-1.2
"""Layers that clients read, and what SQL says of them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from tests.conftest import LayerMaker

PLACES = 253
PALACE = (637_006, 486_703)
"""Easting and northing in EPSG:2180 of the point `places` begins with."""
BLOCK = (636_510, 486_200, 637_510, 487_000)
"""Corners of the only block in sight: wider than high, so that swapped axes are seen."""
VIEW = (636_000, 485_700, 638_000, 487_700)
"""What pictures show, in EPSG:2180."""
Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def places(add_layer: LayerMaker) -> Layer:
    """Points in EPSG:2180 with every type of attribute, on a grid of 23 columns, 1 km apart."""
    columns = {
        "name": ColumnType.TEXT, "big": ColumnType.INTEGER, "x": ColumnType.NUMBER, "ok": ColumnType.BOOLEAN,
        "day": ColumnType.DATE, "seen": ColumnType.TIMESTAMP,
    }  # fmt: skip
    rows = [
        [f"POINT({PALACE[0] + 1000 * (n % 23)} {PALACE[1] + 1000 * (n // 23)})", f"Żółć {n} & spółka",
         n * 10**13, n / 4, n % 2 == 0, f"2020-01-{1 + n % 28:02}", f"2021-02-03T04:05:{n % 60:02}Z"]
        for n in range(PLACES)
    ]  # fmt: skip
    return add_layer("places", GeometryType.POINT, columns, rows)


@pytest.fixture
def blocks(add_layer: LayerMaker) -> Layer:
    """A block round the Palace of Culture in Warsaw, and one far away."""
    rows = [[_box(*BLOCK), "Śródmieście"], [_box(500_000, 480_000, 501_000, 481_000), "daleko"]]
    return add_layer("blocks", GeometryType.POLYGON, {"name": ColumnType.TEXT}, rows)


@pytest.fixture
def trees(add_layer: LayerMaker) -> Layer:
    """Three trees of Gąbin, which its clerk may change."""
    rows = [[f"POINT({550_000 + n} 500000)", "dąb", 100 * n, "2020-01-01"] for n in range(1, 4)]
    columns = {"kind": ColumnType.TEXT, "girth": ColumnType.INTEGER, "planted": ColumnType.DATE}
    return add_layer("trees", GeometryType.POINT, columns, rows, organisation="gabin")


@pytest.fixture
def token(sign_in: Callable[..., tuple[Any, dict[str, str]]]) -> str:
    """The token of who may change the trees."""
    return sign_in("clerk", "features:write")[1]["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def sql(database: Database) -> Rows:
    """Rows of a statement as the owner."""

    def read(statement: str) -> list[tuple[Any, ...]]:
        with database.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    return read


def _box(west: float, south: float, east: float, north: float) -> str:
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
