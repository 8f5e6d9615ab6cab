# SPDX-License-Identifier: EUPL-1.2
"""Tiles: the grids are the published ones, the known point is drawn in its place, and big tiles keep to the budget."""

from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from flask.testing import FlaskClient

from layers.items.service import Items
from layers.items.store import Statements
from layers.model import ColumnType, GeometryType, Layer
from layers.tiles import service
from layers.tiles.matrix import NATIONAL, SETS, WEB_MERCATOR, WORLD, TileMatrixSet
from layers.tiles.service import read_tile
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.db.database import Database
from tests.conftest import LayerMaker

PALACE = (21.00604, 52.23182)
AROUND = "POLYGON((636510 486194, 637510 486194, 637510 487194, 636510 487194, 636510 486194))"
BESIDE = "POLYGON((637510 486194, 638510 486194, 638510 487194, 637510 487194, 637510 486194))"


@pytest.fixture
def blocks(add_layer: LayerMaker) -> Layer:
    columns = {"name": ColumnType.TEXT, "floors": ColumnType.INTEGER}
    return add_layer("blocks", GeometryType.POLYGON, columns, [[AROUND, "Pałac", 42], [BESIDE, "obok", None]])


def _place(grid: TileMatrixSet, level: int) -> tuple[int, int, float, float]:
    """Row and column of the known point's tile, and its place in the tile, in tile units up from the bottom left."""
    x, y = crss.transform_point(*PALACE, CRS84, grid.crs)
    span = grid.span(level)
    column, row = (x - grid.left) / span, (grid.top - y) / span
    return int(row), int(column), column % 1 * 4096, (1 - row % 1) * 4096


@pytest.mark.parametrize("level", [0, 6, 10, 14])
@pytest.mark.parametrize("grid", SETS.values(), ids=lambda grid: grid.id)
def test_the_known_point_is_drawn_in_its_block(
    client: FlaskClient, blocks: Layer, grid: TileMatrixSet, level: int
) -> None:
    row, column, x, y = _place(grid, level)
    answer = client.get(f"/ogc/collections/blocks/tiles/{grid.id}/{level}/{row}/{column}")
    if level == 0:
        assert answer.status_code in (200, 204), "a kilometre may be under a unit of the whole world's tile"
        return
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    features: list[dict[str, Any]] = mapbox_vector_tile.decode(answer.data)["blocks"]["features"]
    found = [f for f in features if shapely.geometry.shape(f["geometry"]).buffer(1).contains(shapely.Point(x, y))]
    assert (found[0]["id"], found[0]["properties"]) == (1, {"name": "Pałac", "floors": 42})
    if level > 6:
        assert len(found) == 1


def test_grids_are_the_published_ones() -> None:
    assert WEB_MERCATOR.span(0) == pytest.approx(40_075_016.6855784)
    assert WEB_MERCATOR.rows(3) == WEB_MERCATOR.columns(3) == 8
    document = NATIONAL.document("en")["tileMatrices"]
    assert document[0]["pointOfOrigin"] == [850_000.0, 100_000.0]
    assert document[0]["tileWidth"] == 512
    assert [level["scaleDenominator"] for level in document[:2]] == [30_238_155.714285716, 15_119_077.857142858]
    assert document[8]["matrixWidth"] == 48
    assert document[8]["matrixHeight"] == 45


def test_sets_are_described_as_17_083r4_has_them() -> None:
    web, world, national = (grid.document("en") for grid in (WEB_MERCATOR, WORLD, NATIONAL))
    registered = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"
    assert [web["uri"], world["uri"]] == [f"{registered}WebMercatorQuad", f"{registered}WorldCRS84Quad"]
    assert web["orderedAxes"] == ["X", "Y"]
    assert world["orderedAxes"] == ["Lon", "Lat"]
    assert national["orderedAxes"] == ["Northing", "Easting"]
    assert web["tileMatrices"][0]["pointOfOrigin"] == [-20_037_508.342789244, 20_037_508.342789244]
    first = world["tileMatrices"][0]
    assert (first["matrixWidth"], first["matrixHeight"], first["pointOfOrigin"]) == (2, 1, [-180, 90])
    assert first["cellSize"] == pytest.approx(180 / 256)
    assert first["scaleDenominator"] == 279_541_132.0143589
    assert world["tileMatrices"][-1]["id"] == "23"


@pytest.mark.parametrize("grid", SETS.values(), ids=lambda grid: grid.id)
def test_tiles_of_a_level_lie_side_by_side_and_the_next_level_quarters_them(grid: TileMatrixSet) -> None:
    for level in range(1, 12):
        row, column = grid.rows(level) // 2, grid.columns(level) // 2
        tile = grid.tile(level, row, column)
        if column + 1 < grid.columns(level):
            assert grid.tile(level, row, column + 1).minx == pytest.approx(tile.maxx)
        if row + 1 < grid.rows(level):
            assert grid.tile(level, row + 1, column).maxy == pytest.approx(tile.miny)
        parent = grid.tile(level - 1, row // 2, column // 2)
        assert parent.minx - 1e-6 <= tile.minx
        assert tile.maxy <= parent.maxy + 1e-6
        assert grid.limits(tile.bounds, level)[0] in (row, row - 1)


def test_a_tile_over_the_budget_is_thinned_and_says_so(
    client: FlaskClient, database: Database, add_layer: LayerMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BUDGET", 100)
    rows = [[_speck(number), f"n{number}"] for number in range(1200)]
    rows.append(["POLYGON((600000 450000, 680000 450000, 680000 520000, 600000 520000, 600000 450000))", "large"])
    layer = add_layer("specks", GeometryType.POLYGON, {"name": ColumnType.TEXT}, rows)
    items = Items(database, None, Statements())
    row, column, _, _ = _place(WEB_MERCATOR, 7)
    tile = read_tile(items, layer, WEB_MERCATOR, 7, row, column)
    features = mapbox_vector_tile.decode(tile.data)["specks"]["features"]
    assert not tile.complete
    assert 20 <= len(features) <= 101
    assert "large" in {feature["properties"]["name"] for feature in features}
    answer = client.get(f"/ogc/collections/specks/tiles/WebMercatorQuad/7/{row}/{column}")
    assert answer.headers["Brama-Tile-Limit"] == "10000"
    row, column, _, _ = _place(WEB_MERCATOR, 16)
    assert (
        "Brama-Tile-Limit" not in client.get(f"/ogc/collections/specks/tiles/WebMercatorQuad/16/{row}/{column}").headers
    )


def _speck(number: int) -> str:
    x, y = 620_000 + number % 40 * 1000, 460_000 + number // 40 * 1500
    return f"POLYGON(({x} {y}, {x + 20} {y}, {x + 20} {y + 20}, {x} {y + 20}, {x} {y}))"


def test_a_tile_without_features_is_empty_and_one_of_the_current_version_may_be_kept(
    client: FlaskClient, blocks: Layer, add_layer: LayerMaker
) -> None:
    row, column, _, _ = _place(WEB_MERCATOR, 10)
    corner = "POLYGON((600000 450000, 600001 450000, 600001 450001, 600000 450000))"
    add_layer(
        "corners",
        GeometryType.POLYGON,
        {},
        [[corner], ["POLYGON((680000 520000, 680001 520000, 680001 520001, 680000 520000))"]],
    )
    answer = client.get(f"/ogc/collections/corners/tiles/WebMercatorQuad/10/{row}/{column}")
    assert (answer.status_code, answer.data) == (204, b"")
    row, column, _, _ = _place(WEB_MERCATOR, 12)
    url = f"/ogc/collections/blocks/tiles/WebMercatorQuad/12/{row}/{column}"
    assert "no-cache" in client.get(url).headers["Cache-Control"]
    assert "immutable" in client.get(f"{url}?v={blocks.version}").headers["Cache-Control"]
    assert "no-cache" in client.get(f"{url}?v=99").headers["Cache-Control"]


def test_tilejson_leads_to_the_tiles(client: FlaskClient, blocks: Layer) -> None:
    described = client.get("/ogc/collections/blocks/tiles/WebMercatorQuad?f=tilejson").json or {}
    row, column, _, _ = _place(WEB_MERCATOR, 12)
    address = described["tiles"][0].format(z=12, y=row, x=column).partition("/ogc")[2]
    assert client.get(f"/ogc{address}").status_code == 200
    (one,) = described["vector_layers"]
    assert (one["id"], one["fields"]) == ("blocks", {"name": "text", "floors": "integer"})
