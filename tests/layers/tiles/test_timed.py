# SPDX-License-Identifier: EUPL-1.2
"""Tiles at a time (OGC 20-057, datetime): the features whose own time meets it, in vector tiles and in map tiles."""

import io
from datetime import UTC, datetime

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from layers.model import ColumnType, GeometryType, Layer
from layers.tiles import timed
from layers.tiles.matrix import NATIONAL, WEB_MERCATOR, TileMatrixSet
from tests.conftest import LayerMaker
from tests.layers.tiles.test_tiles import AROUND, BESIDE, _place

pytestmark = pytest.mark.usefixtures("drawing")


@pytest.fixture
def dated(add_layer: LayerMaker) -> Layer:
    """The block round the known point stands until 2005, the one beside it since 2004."""
    columns = {"since": ColumnType.DATE, "until": ColumnType.DATE}
    rows = [[AROUND, "2001-01-01", "2005-12-31"], [BESIDE, "2004-01-01", None]]
    return add_layer("dated", GeometryType.POLYGON, columns, rows, time_start="since", time_end="until",
                     time_extent=(datetime(2001, 1, 1, tzinfo=UTC), None))  # fmt: skip


def _address(kind: str, grid: TileMatrixSet, level: int = 10) -> str:
    row, column, _, _ = _place(grid, level)
    return f"/ogc/collections/dated{kind}/tiles/{grid.id}/{level}/{row}/{column}"


@pytest.mark.parametrize("grid", [WEB_MERCATOR, NATIONAL], ids=lambda grid: grid.id)
@pytest.mark.parametrize(
    ("moment", "ids"),
    [("2002-06-01", {1}), ("2004-06-01", {1, 2}), ("2020-01-01", {2}), ("../2003-01-01", {1}), ("2006-01-01/..", {2}),
     ("1990-01-01", set())],
)  # fmt: skip
def test_vector_tiles_hold_what_was_there_at_the_time(
    client: FlaskClient, dated: Layer, grid: TileMatrixSet, moment: str, ids: set[int]
) -> None:
    answer = client.get(_address("", grid), query_string={"datetime": moment})
    assert answer.status_code == (200 if ids else 204)
    features = mapbox_vector_tile.decode(answer.data)["dated"]["features"] if ids else []
    assert {feature["id"] for feature in features} == ids


def test_map_tiles_show_what_was_there_at_the_time_and_are_not_kept(client: FlaskClient, dated: Layer) -> None:
    address = _address("/map", NATIONAL, 11)
    _, _, x, y = _place(NATIONAL, 11)
    pixel = (int(x / 8), 511 - int(y / 8))

    def shown(**query: str) -> bool:
        answer = client.get(address, query_string=query)
        return Image.open(io.BytesIO(answer.data)).convert("RGBA").getpixel(pixel)[3] > 0

    assert shown(datetime="2002-01-01")
    assert not shown(datetime="2020-01-01")
    assert shown()
    assert shown(datetime="2002-01-01")
    assert not shown(datetime="2020-01-01")


def test_tiles_of_several_layers_at_a_time(client: FlaskClient, dated: Layer, add_layer: LayerMaker) -> None:
    """A layer without time is there at any."""
    add_layer("always", GeometryType.POLYGON, {}, [[AROUND]])
    row, column, _, _ = _place(WEB_MERCATOR, 12)
    answer = client.get(f"/ogc/tiles/WebMercatorQuad/12/{row}/{column}?collections=dated,always&datetime=1990-01-01")
    decoded = mapbox_vector_tile.decode(answer.data)
    assert {name: len(layer["features"]) for name, layer in decoded.items()} == {"always": 1}


def test_too_many_features_at_a_time_are_refused_clearly(
    client: FlaskClient, dated: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timed, "BUDGET", 0)
    answer = client.get(_address("", NATIONAL), query_string={"datetime": "2004-06-01"})
    assert answer.status_code == 413
    assert "ask for a deeper level" in answer.json["detail"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(max_size=40) | st.from_regex(r"(\.\.|[0-9]{4}-[0-9]{2}-[0-9]{2}|)/(\.\.|P[0-9]{1,9}[YD]|)"))
def test_no_time_breaks_a_tile(client: FlaskClient, dated: Layer, text: str) -> None:
    assert client.get(_address("", NATIONAL), query_string={"datetime": text}).status_code < 500
