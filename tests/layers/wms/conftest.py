# SPDX-License-Identifier: EUPL-1.2
"""Layers and requests that the tests of WMS share."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

BOX = "480000,630000,490000,640000"
"""10 km in EPSG:2180 with its axis order, northing first."""
NORTH = "POLYGON((630000 485000,640000 485000,640000 490000,630000 490000,630000 485000))"
SOUTH = "POLYGON((630000 480000,640000 480000,640000 485000,630000 485000,630000 480000))"
Ask = Callable[..., TestResponse]


@pytest.fixture
def halves(add_layer: LayerMaker) -> Layer:
    """Two halves of the box: the north of 2001 to 2005, the south from 2004 on."""
    columns = {
        "name": ColumnType.TEXT,
        "people": ColumnType.INTEGER,
        "since": ColumnType.DATE,
        "until": ColumnType.DATE,
    }
    rows = [[NORTH, "Północ", 10, "2001-01-01", "2005-12-31"], [SOUTH, "Połu;dnie", 20, "2004-01-01", None]]
    return add_layer(
        "halves", GeometryType.POLYGON, columns, rows, time_start="since", time_end="until", theme="granice",
        time_extent=(datetime(2001, 1, 1, tzinfo=UTC), None), keywords=("granice",), attribution="GUGiK",
        abstract={"pl": "Połowy kwadratu", "en": "Halves of a square"},
    )  # fmt: skip


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Sends a request of WMS 1.3.0: GetMap of `halves` unless said otherwise; None leaves a parameter out."""

    def send(headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        query: dict[str, str | None] = {
            "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "halves", "styles": "",
            "crs": "EPSG:2180", "bbox": BOX, "width": "40", "height": "40", "format": "image/png",
            "transparent": "TRUE",
        }  # fmt: skip
        sent = {name: value for name, value in {**query, **changes}.items() if value is not None}
        return client.get("/wms", query_string=sent, headers=headers)

    return send


def shown(answer: TestResponse) -> tuple[bool, bool]:
    """Whether the picture shows something in its northern and in its southern half."""
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.data)).convert("RGBA")
    quarter = image.height // 4
    return tuple(image.getpixel((image.width // 3, row))[3] > 0 for row in (quarter, 3 * quarter))  # type: ignore[return-value]
