# SPDX-License-Identifier: EUPL-1.2
"""Layers that the tests of OGC API ask."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

GOLDEN = Path(__file__).parent / "golden"
PALACE = (21.00604, 52.23182)
"""The Palace of Culture in Warsaw: longitude, latitude."""
# A place in EPSG:2180 (easting, northing) 300 m from it.
EASTING, NORTHING = 637_010, 486_694
SIDE = 2_000
COLUMNS = {
    "name": ColumnType.TEXT,
    "people": ColumnType.INTEGER,
    "share": ColumnType.NUMBER,
    "urban": ColumnType.BOOLEAN,
    "since": ColumnType.DATE,
    "until": ColumnType.DATE,
    "checked": ColumnType.TIMESTAMP,
}


def _square(row: int, column: int) -> str:
    x = EASTING - SIDE / 2 + (column - 1) * SIDE
    y = NORTHING - SIDE / 2 + (row - 1) * SIDE
    corners = ((x, y), (x + SIDE, y), (x + SIDE, y + SIDE), (x, y + SIDE), (x, y))
    return f"POLYGON(({', '.join(f'{a} {b}' for a, b in corners)}))"


@pytest.fixture
def districts(add_layer: LayerMaker) -> Layer:
    """Nine squares of 2 km, the fifth with the Palace of Culture in its middle; they begin and end year by year."""
    rows = [
        [
            _square(number // 3, number % 3),
            f"Dzielnica „{number + 1}”" if number != 7 else None,
            10 * number if number % 4 else None,
            number / 3,
            number % 2 == 0,
            date(2000 + number, 1, 1),
            date(2000 + number, 12, 31) if number < 8 else None,
            datetime(2024, 5, 1 + number, 12, tzinfo=UTC),
        ]
        for number in range(9)
    ]
    return add_layer(
        "districts",
        GeometryType.POLYGON,
        COLUMNS,
        rows,
        title={"pl": "Dzielnice Łodzi", "en": "Districts"},
        keywords=("granice", "jednostki pomocnicze"),
        time_start="since",
        time_end="until",
        time_extent=(datetime(2000, 1, 1, tzinfo=UTC), None),
        label_column="name",
        licence="https://creativecommons.org/licenses/by/4.0/",
    )


@pytest.fixture
def golden() -> Callable[[str, Any], None]:
    """Compare with the accepted answer of that name; `BRAMA_BLESS=1` accepts what came."""

    def compare(name: str, answer: Any) -> None:
        path = GOLDEN / f"{name}.json"
        text = json.dumps(answer, ensure_ascii=False, indent=1) + "\n"
        if os.environ.get("BRAMA_BLESS"):
            path.write_text(text, encoding="utf-8")
        assert json.loads(path.read_text(encoding="utf-8")) == answer

    return compare
