# SPDX-License-Identifier: EUPL-1.2
"""OGC API Tiles 1.0 (OGC 20-057): the abstract tests of the conformance classes that are declared."""

import io
from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient
from PIL import Image

from layers.model import ColumnType, GeometryType, Layer
from layers.tiles.matrix import SETS, WEB_MERCATOR, TileMatrixSet
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.people.model import Principal
from tests.conftest import LayerMaker

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
PALACE = (21.00604, 52.23182)
AROUND = "POLYGON((636510 486194, 637510 486194, 637510 487194, 636510 487194, 636510 486194))"
POINT = "POINT(637010 486694)"
SignIn = Callable[..., tuple[Principal, dict[str, str]]]
LISTS = (
    ("vector", "/ogc/collections/blocks/tiles"),
    ("map", "/ogc/collections/blocks/map/tiles"),
    ("map", "/ogc/collections/blocks/styles/default/map/tiles"),
    ("vector", "/ogc/tiles"),
    ("map", "/ogc/map/tiles"),
)


@pytest.fixture(autouse=True)
def blocks(add_layer: LayerMaker) -> Layer:
    return add_layer("blocks", GeometryType.POLYGON, {"name": ColumnType.TEXT}, [[AROUND, "Pałac"]], attribution="Ź")


@pytest.fixture
def signs(add_layer: LayerMaker) -> Layer:
    return add_layer("signs", GeometryType.POINT, {"sign": ColumnType.TEXT}, [[POINT, "A"]])


def _at(grid: TileMatrixSet, level: int) -> tuple[int, int]:
    x, y = crss.transform_point(*PALACE, CRS84, grid.crs)
    return int((grid.top - y) / grid.span(level)), int((x - grid.left) / grid.span(level))


def _links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [link for link in document["links"] if link["rel"] == rel]


def _own(href: str) -> str:
    return href.partition("127.0.0.1:8080")[2]


def test_conf_dataset_tilesets_landingpage_and_geodata_tilesets_desc_links(client: FlaskClient) -> None:
    for document in (client.get("/ogc?f=json").json, client.get("/ogc/collections/blocks?f=json").json):
        for kind in ("vector", "map"):
            (link,) = _links(document, f"{REL}tilesets-{kind}")
            assert client.get(_own(link["href"])).json["tilesets"][0]["dataType"] == kind


@pytest.mark.parametrize(("kind", "address"), LISTS)
def test_conf_tilesets_list_tileset_links(client: FlaskClient, kind: str, address: str) -> None:
    found = client.get(f"{address}?f=json").json
    assert len(found["tilesets"]) == len(SETS)
    for one, grid in zip(found["tilesets"], SETS.values(), strict=True):
        assert (one["dataType"], one["crs"]) == (kind, grid.crs.uri)
        assert grid.uri is None or one["tileMatrixSetURI"] == grid.uri
        (own,) = _links(one, "self")
        assert _own(own["href"]).partition("?")[0] == f"{address}/{grid.id}"
        (scheme,) = _links(one, f"{REL}tiling-scheme")
        assert client.get(_own(scheme["href"])).json["id"] == grid.id


@pytest.mark.parametrize("grid", SETS.values(), ids=lambda grid: grid.id)
@pytest.mark.parametrize(("kind", "address"), LISTS)
@pytest.mark.usefixtures("drawing")
def test_conf_tileset_description(client: FlaskClient, kind: str, address: str, grid: TileMatrixSet) -> None:
    found = client.get(f"{address}/{grid.id}?f=json").json
    assert (found["dataType"], found["crs"]) == (kind, grid.crs.uri)
    assert grid.uri is None or found["tileMatrixSetURI"] == grid.uri
    assert [limit["tileMatrix"] for limit in found["tileMatrixSetLimits"]] == [str(n) for n in range(grid.levels)]
    west, north = crss.transform_point(*PALACE, CRS84, grid.crs)
    bounds = found["boundingBox"]
    assert bounds["crs"] == grid.crs.uri
    corner = bounds["lowerLeft"][::-1] if grid.crs.northing_first else bounds["lowerLeft"]
    assert corner == pytest.approx([west, north], abs=2_000)
    assert found["centerPoint"]["coordinates"] == pytest.approx(PALACE, abs=0.01)
    assert found["attribution"] == "Ź"
    (layer,) = found["layers"]
    assert (layer["id"], layer["dataType"], layer["geometryDimension"]) == ("blocks", kind, 2)
    assert ("propertiesSchema" in layer) == (kind == "vector")
    templates = _links(found, "item")
    assert {link["type"] for link in templates} == set(found["mediaTypes"])
    row, column = _at(grid, 9)
    for link in templates:
        assert link["templated"] is True
        address = link["href"].format(tileMatrix=9, tileRow=row, tileCol=column)
        answer = client.get(_own(address))
        assert (answer.status_code, answer.mimetype) == (200, link["type"])
    met = found["tileMatrixSetLimits"][9]
    assert met["minTileRow"] <= row <= met["maxTileRow"]


@pytest.mark.parametrize(("kind", "address"), LISTS)
@pytest.mark.usefixtures("drawing")
def test_conf_core_tc_error(client: FlaskClient, kind: str, address: str) -> None:
    row, column = _at(WEB_MERCATOR, 12)
    for place in ("25/0/0", "12/4096/0", "12/0/4096", f"12/0/{column}", "12/0/0"):
        assert client.get(f"{address}/WebMercatorQuad/{place}").status_code == 404, place
    for place in ("a/0/0", "12/-1/0", f"12/{row}/1.5"):
        assert client.get(f"{address}/WebMercatorQuad/{place}").status_code == 400, place
    assert client.get(f"{address}/Nothing/1/0/0").status_code == 404
    limits = client.get(f"{address}/WebMercatorQuad?f=json").json["tileMatrixSetLimits"][16]
    empty = client.get(f"{address}/WebMercatorQuad/16/{limits['minTileRow']}/{limits['minTileCol']}")
    assert empty.status_code == (204 if kind == "vector" else 200)


@pytest.mark.usefixtures("drawing", "signs")
def test_conf_collections_selection_collections_response(client: FlaskClient) -> None:
    row, column = _at(WEB_MERCATOR, 14)
    place = f"WebMercatorQuad/14/{row}/{column}"
    both = client.get(f"/ogc/tiles/{place}?collections=signs,blocks")
    assert list(mapbox_vector_tile.decode(both.data)) == ["signs", "blocks"]
    assert list(mapbox_vector_tile.decode(client.get(f"/ogc/tiles/{place}?collections=blocks").data)) == ["blocks"]
    described = client.get("/ogc/tiles/WebMercatorQuad?collections=signs&f=json").json
    assert [layer["id"] for layer in described["layers"]] == ["signs"]
    assert all("collections=signs" in link["href"] for link in _links(described, "item"))
    over, under = (
        Image.open(io.BytesIO(client.get(f"/ogc/map/tiles/{place}?collections={names}&f=png").data)).convert("RGBA")
        for names in ("blocks,signs", "signs,blocks")
    )
    assert over.tobytes() != under.tobytes(), "the last one is on top"
    for wrong, status in (("nothing", 404), (",".join(["blocks"] * 21), 413)):
        assert client.get(f"/ogc/tiles/{place}?collections={wrong}").status_code == status
    assert client.get(f"/ogc/collections/blocks/tiles/{place}?collections=signs").status_code == 400


def test_tiles_of_several_collections_reach_as_far_as_the_widest(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("far", GeometryType.POINT, {"sign": ColumnType.TEXT}, [["POINT(800000 600000)", "B"]])
    row, column = _at(WEB_MERCATOR, 12)
    tile = client.get(f"/ogc/tiles/WebMercatorQuad/12/{row}/{column}?collections=blocks,far")
    assert list(mapbox_vector_tile.decode(tile.data)) == ["blocks"]


@pytest.mark.usefixtures("drawing")
def test_conf_png_jpeg_and_mvt_content(client: FlaskClient) -> None:
    row, column = _at(WEB_MERCATOR, 13)
    for media_type, kind in (("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")):
        address = f"/ogc/collections/blocks/map/tiles/WebMercatorQuad/13/{row}/{column}"
        answer = client.get(address, headers={"Accept": media_type})
        assert (answer.mimetype, Image.open(io.BytesIO(answer.data)).format) == (media_type, kind)
    answer = client.get(f"/ogc/collections/blocks/tiles/WebMercatorQuad/13/{row}/{column}")
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"


def test_conf_oas30_operation_id(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").json["paths"]
    ids = [one["operationId"] for path in paths.values() for one in path.values() if "operationId" in one]
    assert len(ids) == len(set(ids))
    wanted = [f"{scope}.{kind}.{what}" for scope in ("collection", "dataset") for kind in ("vector", "map")
              for what in ("getTileSetsList", "getTileSet", "getTile")]  # fmt: skip
    for suffix in (*wanted, "getTileMatrixSetsList", "getTileMatrixSet"):
        assert any(one.endswith(suffix) for one in ids), suffix


def test_every_declared_class_of_tiles_is_tested_here(client: FlaskClient) -> None:
    declared = {uri.rpartition("/")[2] for uri in client.get("/ogc/conformance?f=json").json["conformsTo"]
                if "/ogcapi-tiles-1/" in uri}  # fmt: skip
    assert declared == {"core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets",
                        "collections-selection", "datetime", "mvt", "png", "jpeg", "oas30"}  # fmt: skip


def test_pages_show_the_tiles_on_a_map(client: FlaskClient) -> None:
    for kind, address in LISTS:
        for page in (f"{address}?f=html", f"{address}/WebMercatorQuad?f=html", f"{address}/EPSG2180?f=html"):
            text = client.get(page).text
            assert f'data-{"tiles" if kind == "vector" else "pictures"}="' in text
            assert "/{z}/{y}/{x}?" in text
    assert "<table" in client.get("/ogc/tileMatrixSets/EPSG2180?f=html").text
    assert client.get("/ogc/tileMatrixSets?f=html").status_code == 200


def test_tilejson_of_each_kind(client: FlaskClient) -> None:
    for kind, address in LISTS:
        found = client.get(f"{address}/WebMercatorQuad?f=tilejson").json
        assert ("vector_layers" in found) == (kind == "vector")
        assert "v=1" in found["tiles"][0]
        assert found["bounds"][0] == pytest.approx(20.998, abs=0.01)
        assert client.get(f"{address}/EPSG2180?f=tilejson").status_code == 400


def test_no_layers_no_tiles(client: FlaskClient, sign_in: SignIn) -> None:
    assert client.get("/o/radomski/ogc/tiles?f=json").status_code == 404
    assert client.get("/o/radomski/ogc/collections/blocks/map/tiles/WebMercatorQuad/0/0/0").status_code == 404
    assert client.get("/ogc/collections/blocks/styles/nothing/map/tiles?f=json").status_code == 404
