# SPDX-License-Identifier: EUPL-1.2
"""A layer with everything that formats get wrong."""

import math
from datetime import UTC, date, datetime

import pytest

from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

EASTING, NORTHING = 636_955.25, 486_981.25
LONGITUDE, LATITUDE = 21.00604, 52.23182
"""The Palace of Culture in Warsaw in EPSG:2180 and in CRS84, to the metre."""
COLUMNS = {
    "name": ColumnType.TEXT,
    "a_very_long_name": ColumnType.TEXT,
    "a_very_long_number": ColumnType.INTEGER,
    "share": ColumnType.NUMBER,
    "urban": ColumnType.BOOLEAN,
    "since": ColumnType.DATE,
    "checked": ColumnType.TIMESTAMP,
    "geometry": ColumnType.TEXT,
}
VALUES = [
    ["Zażółć gęślą jaźń", 'cytat "x", przecinek', 2**53 + 1, 1 / 3, True, date(2020, 2, 29),
     datetime(2024, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC), "g"],
    ["", "dwie\nlinie\r\n", -(2**56), -0.0, False, date(1850, 1, 1), datetime(1999, 12, 31, 23, tzinfo=UTC), ""],
    [None, None, None, None, None, None, None, None],
    ["=1+1", "+48 22 123", 0, 1e-300, None, None, None, "\\N"],
    ["@SUM(A1)", "-2+3|cmd", 7, 12345678.875, True, date(9999, 12, 31), None, "NULL"],
]  # fmt: skip


def _square(x: float, y: float) -> str:
    return f"MULTIPOLYGON((({x} {y},{x + 10} {y},{x + 10} {y + 10},{x} {y + 10},{x} {y})))"


@pytest.fixture
def areas(add_layer: LayerMaker) -> Layer:
    """Multipolygons, the first with its first corner at the Palace; the third without geometry."""
    shapes = [_square(EASTING + 100 * n, NORTHING + 200 * n) if n != 2 else None for n in range(len(VALUES))]
    rows = [[shape, *values] for shape, values in zip(shapes, VALUES, strict=True)]
    return add_layer("areas", GeometryType.MULTIPOLYGON, COLUMNS, rows, title={"pl": "Obszary", "en": "Areas"})


@pytest.fixture
def dots(add_layer: LayerMaker) -> Layer:
    """400 points in a row from the Palace eastwards."""
    rows = [[f"POINT({EASTING + n} {NORTHING})", f"punkt {n}", n] for n in range(400)]
    return add_layer("dots", GeometryType.POINT, {"name": ColumnType.TEXT, "number": ColumnType.INTEGER}, rows)


@pytest.fixture
def nothing(add_layer: LayerMaker) -> Layer:
    """A layer without features, its extent given."""
    return add_layer("nothing", GeometryType.POINT, COLUMNS, [["POINT(500000 500000)", *VALUES[0]]], feature_count=1)


def same(found: object, wanted: object) -> bool:
    """Equality with NaN equal to itself."""
    if isinstance(found, float) and isinstance(wanted, float):
        return found == wanted or (math.isnan(found) and math.isnan(wanted))
    return found == wanted
