# SPDX-License-Identifier: EUPL-1.2
"""WMTS 1.0.0: requirements of OGC 07-057r7, by key-value pairs and as resources, and clients that are not ours."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree
from owslib.wmts import WebMapTileService
from PIL import Image

from layers.model import ColumnType, GeometryType, Layer
from layers.tiles.matrix import NATIONAL, SETS, WEB_MERCATOR, TileMatrixSet
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.people.model import Principal
from tests.conftest import LayerMaker

W = "{http://www.opengis.net/wmts/1.0}"
OWS = "{http://www.opengis.net/ows/1.1}"
PALACE = (21.00604, 52.23182)
AROUND = "POLYGON((636510 486194, 637510 486194, 637510 487194, 636510 487194, 636510 486194))"
AWAY = "POLYGON((500000 480000,520000 480000,520000 495000,500000 495000,500000 480000))"
COLUMNS = {"name": ColumnType.TEXT, "since": ColumnType.DATE}
SignIn = Callable[..., tuple[Principal, dict[str, str]]]


@pytest.fixture
def blocks(add_layer: LayerMaker) -> Layer:
    rows = [[AROUND, "Pałac <&>", "1955-07-22"], [AWAY, "Płock", "1075-01-01"]]
    return add_layer("blocks", GeometryType.POLYGON, COLUMNS, rows, keywords=("a & b",))


@pytest.fixture
def dated(add_layer: LayerMaker) -> Layer:
    rows = [[AROUND, "old", "1955-07-22"], [AWAY, "older", "1900-01-01"]]
    span = ("1900-01-01T00:00:00Z", "1955-07-22T00:00:00Z")
    return add_layer("dated", GeometryType.POLYGON, COLUMNS, rows, time_start="since", time_extent=span)


def _place(grid: TileMatrixSet, level: int) -> tuple[int, int, int, int]:
    """Row and column of the palace's tile, and the pixel in it (across, down)."""
    x, y = crss.transform_point(*PALACE, CRS84, grid.crs)
    column, row = (x - grid.left) / grid.span(level), (grid.top - y) / grid.span(level)
    return int(row), int(column), int(column % 1 * grid.pixels), int(row % 1 * grid.pixels)


def _pairs(grid: TileMatrixSet, level: int, **changes: str | None) -> dict[str, str]:
    row, column, _, _ = _place(grid, level)
    values = {"SERVICE": "WMTS", "VERSION": "1.0.0", "REQUEST": "GetTile", "Layer": "blocks", "Style": "default",
              "Format": "image/png", "TileMatrixSet": grid.id, "TileMatrix": str(level), "TileRow": str(row),
              "TileCol": str(column)} | changes  # fmt: skip
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("level", [8, 12])
@pytest.mark.parametrize("grid", SETS.values(), ids=lambda grid: grid.id)
@pytest.mark.usefixtures("drawing", "blocks")
def test_the_known_point_is_drawn_in_every_grid_by_pairs_and_as_a_resource(
    client: FlaskClient, grid: TileMatrixSet, level: int
) -> None:
    row, column, across, down = _place(grid, level)
    answer = client.get("/wmts", query_string=_pairs(grid, level))
    image = Image.open(io.BytesIO(answer.data)).convert("RGBA")
    assert (answer.mimetype, image.size) == ("image/png", (grid.pixels, grid.pixels))
    assert image.getpixel((across, down))[3] > 0
    resource = client.get(f"/wmts/1.0.0/blocks/default/{grid.id}/{level}/{row}/{column}.png")
    assert resource.data == answer.data
    tiles = client.get(f"/ogc/collections/blocks/map/tiles/{grid.id}/{level}/{row}/{column}?f=png")
    assert tiles.data == answer.data, "one picture, whatever the service"


@pytest.mark.parametrize("grid", SETS.values(), ids=lambda grid: grid.id)
@pytest.mark.usefixtures("blocks")
def test_the_known_point_is_found_in_every_grid(client: FlaskClient, grid: TileMatrixSet) -> None:
    row, column, across, down = _place(grid, 12)
    asked = _pairs(grid, 12, REQUEST="GetFeatureInfo", I=str(across), J=str(down), InfoFormat="application/geo+json")
    (found,) = client.get("/wmts", query_string=asked).json["features"]
    assert (found["id"], found["properties"]["name"]) == (1, "Pałac <&>")
    own = f"/wmts/1.0.0/blocks/default/{grid.id}/12/{row}/{column}/{down}/{across}"
    assert client.get(f"{own}.geojson").json["features"] == [found]
    assert "Pałac &lt;&amp;&gt;" in client.get(f"{own}.html").text
    assert "name = Pałac <&>" in client.get(f"{own}.txt").text


@pytest.mark.parametrize(
    ("changes", "code", "locator"),
    [
        ({"SERVICE": None}, "MissingParameterValue", "Service"),
        ({"SERVICE": "WMS"}, "InvalidParameterValue", "Service"),
        ({"REQUEST": None}, "MissingParameterValue", "Request"),
        ({"REQUEST": "GetMap"}, "OperationNotSupported", "Request"),
        ({"VERSION": None}, "MissingParameterValue", "Version"),
        ({"VERSION": "2.0.0"}, "InvalidParameterValue", "Version"),
        ({"Layer": None}, "MissingParameterValue", "Layer"),
        ({"Layer": "nothing"}, "InvalidParameterValue", "Layer"),
        ({"Style": "nothing"}, "InvalidParameterValue", "Style"),
        ({"Format": "image/gif"}, "InvalidParameterValue", "Format"),
        ({"Format": None}, "MissingParameterValue", "Format"),
        ({"TileMatrixSet": "nothing"}, "InvalidParameterValue", "TileMatrixSet"),
        ({"TileMatrix": "99"}, "InvalidParameterValue", "TileMatrix"),
        ({"TileMatrix": "twelve"}, "InvalidParameterValue", "TileMatrix"),
        ({"TileRow": "4096"}, "TileOutOfRange", "TileRow"),
        ({"TileCol": "4096"}, "TileOutOfRange", "TileCol"),
        ({"TileRow": None}, "MissingParameterValue", "TileRow"),
        ({"TileRow": "-1"}, "InvalidParameterValue", "TileRow"),
        ({"REQUEST": "GetFeatureInfo", "I": "0", "J": "0"}, "MissingParameterValue", "InfoFormat"),
        ({"REQUEST": "GetFeatureInfo", "I": "256", "J": "0", "InfoFormat": "text/html"}, "PointIJOutOfRange", "I"),
        ({"REQUEST": "GetFeatureInfo", "I": "0", "J": "x", "InfoFormat": "text/html"}, "PointIJOutOfRange", "J"),
        ({"REQUEST": "GetFeatureInfo", "I": "0", "J": "0", "InfoFormat": "a/b"}, "InvalidParameterValue", "InfoFormat"),
        ({"REQUEST": "GetCapabilities", "AcceptVersions": "0.9"}, "VersionNegotiationFailed", "AcceptVersions"),
    ],
)
@pytest.mark.usefixtures("blocks")
def test_wrong_requests_get_a_report_with_the_standards_code(
    client: FlaskClient, changes: dict[str, str | None], code: str, locator: str
) -> None:
    answer = client.get("/wmts", query_string=_pairs(WEB_MERCATOR, 12, **changes))
    assert answer.status_code in (400, 501)
    report = etree.fromstring(answer.data)
    assert report.tag == f"{OWS}ExceptionReport"
    exception = report[0]
    assert (exception.get("exceptionCode"), exception.get("locator")) == (code, locator)


@pytest.mark.usefixtures("blocks")
def test_unknown_resources_are_reported_too(client: FlaskClient) -> None:
    for path in ("blocks/default/WebMercatorQuad/12/1/1.gif", "x/default/WebMercatorQuad/1/0/0.png",
                 "blocks/default/WebMercatorQuad/1/7/0.png"):  # fmt: skip
        answer = client.get(f"/wmts/1.0.0/{path}")
        assert answer.status_code in (400, 404)
        assert etree.fromstring(answer.data).tag == f"{OWS}ExceptionReport"


@pytest.mark.usefixtures("drawing", "blocks")
def test_outside_the_layer_there_is_an_empty_picture(client: FlaskClient) -> None:
    answer = client.get("/wmts/1.0.0/blocks/default/WebMercatorQuad/12/0/0.png")
    assert Image.open(io.BytesIO(answer.data)).convert("RGBA").getextrema()[3] == (0, 0)


def _document(client: FlaskClient, query: str = "", **headers: str) -> etree._Element:
    answer = client.get(f"/wmts?Service=WMTS&Request=GetCapabilities{query}", headers=headers)
    assert answer.mimetype == "application/xml"
    return etree.fromstring(answer.data)


@pytest.mark.usefixtures("blocks", "dated")
def test_the_metadata_have_what_the_standard_wants_in_its_order(client: FlaskClient) -> None:
    root = _document(client, "&lang=en")
    assert [etree.QName(part).localname for part in root] == [
        "ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents", "Themes", "ServiceMetadataURL",
    ]  # fmt: skip
    assert root.findtext(f"{OWS}ServiceIdentification/{OWS}ServiceType") == "OGC WMTS"
    operations = {one.get("name") for one in root.iter(f"{OWS}Operation")}
    assert operations == {"GetCapabilities", "GetTile", "GetFeatureInfo"}
    encodings = [value.text for value in root.iter(f"{OWS}Value")][:2]
    assert encodings == ["KVP", "RESTful"]
    layers = {layer.findtext(f"{OWS}Identifier"): layer for layer in root.iter(f"{W}Layer")}
    names = [etree.QName(part).localname for part in layers["dated"]]
    order = ["Title", "Abstract", "Keywords", "WGS84BoundingBox", "Identifier", "Metadata", "Style", "Format",
             "InfoFormat", "Dimension", "TileMatrixSetLink", "ResourceURL"]  # fmt: skip
    assert names == sorted(names, key=order.index)
    assert layers["dated"].findtext(f"{W}Dimension/{W}Default") == "all"
    urls = [url.get("template") for url in layers["dated"].iter(f"{W}ResourceURL")]
    assert all("/{Style}/{Time}/{TileMatrixSet}/" in url for url in urls)
    sets = {one.findtext(f"{OWS}Identifier"): one for one in root.iterfind(f"{W}Contents/{W}TileMatrixSet")}
    assert set(sets) == set(SETS)
    national = sets["EPSG2180"]
    assert national.findtext(f"{OWS}SupportedCRS") == "urn:ogc:def:crs:EPSG::2180"
    assert national.findtext(f"{W}TileMatrix/{W}TopLeftCorner") == "850000.0 100000.0"
    assert sets["WorldCRS84Quad"].findtext(f"{W}TileMatrix/{W}TopLeftCorner") == "-180.0 90.0"
    assert sets["WebMercatorQuad"].findtext(f"{W}WellKnownScaleSet") == "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible"
    assert [ref.text for ref in root.iter(f"{W}LayerRef")] == ["blocks", "dated"]
    assert b"Warstwa blocks" in etree.tostring(_document(client, "&language=pol"), encoding="utf-8").decode().encode()
    assert client.get("/wmts/1.0.0/WMTSCapabilities.xml").status_code == 200


def test_the_metadata_of_nothing_are_whole_too(client: FlaskClient) -> None:
    assert _document(client).tag == f"{W}Capabilities"


@pytest.mark.usefixtures("drawing", "dated")
def test_the_dimension_time_selects_features(client: FlaskClient) -> None:
    def alpha(**changes: str) -> int:
        _, _, across, down = _place(NATIONAL, 8)
        answer = client.get("/wmts", query_string=_pairs(NATIONAL, 8, Layer="dated", **changes))
        assert answer.status_code == 200, answer.text
        return int(Image.open(io.BytesIO(answer.data)).convert("RGBA").getpixel((across, down))[3])

    assert alpha() > 0
    assert alpha(Time="all") > 0
    assert alpha(Time="1955-07-22") > 0
    assert alpha(Time="1950-01-01/1960-01-01") > 0
    assert alpha(Time="1900-01-01/1901-01-01") == 0
    row, column, _, _ = _place(NATIONAL, 8)
    own = f"/wmts/1.0.0/dated/default/1900-01-01/EPSG2180/8/{row}/{column}.png"
    assert Image.open(io.BytesIO(client.get(own).data)).convert("RGBA").getextrema()[3][1] == 0
    wrong = client.get("/wmts", query_string=_pairs(NATIONAL, 8, Layer="dated", Time="yesterday"))
    assert b'locator="Time"' in wrong.data


@pytest.mark.usefixtures("drawing")
def test_hidden_layers_are_served_to_those_who_may_see_them(
    client: FlaskClient, add_layer: LayerMaker, sign_in: SignIn
) -> None:
    add_layer("secret", GeometryType.POLYGON, COLUMNS, [[AROUND, "x", None]], organisation="gabin",
              visibility="organisation")  # fmt: skip
    _, clerk = sign_in("clerk", "ingest")
    asked = _pairs(WEB_MERCATOR, 12, Layer="secret")
    assert b"InvalidParameterValue" in client.get("/wmts", query_string=asked).data
    answer = client.get("/wmts", query_string=asked, headers=clerk)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    assert b"InvalidParameterValue" in client.get("/wmts", query_string=asked).data
    assert "secret" not in etree.tostring(_document(client)).decode()
    assert "secret" in client.get("/wmts?service=WMTS&request=GetCapabilities", headers=clerk).text
    assert "secret" in client.get("/o/gabin/wmts?service=WMTS&request=GetCapabilities", headers=clerk).text
    assert "secret" not in client.get("/o/radomski/wmts?service=WMTS&request=GetCapabilities", headers=clerk).text


@pytest.mark.client
@pytest.mark.usefixtures("drawing", "blocks", "dated")
def test_owslib_reads_the_metadata_and_gets_tiles_both_ways(server: str) -> None:
    for address in (f"{server}/wmts", f"{server}/wmts/1.0.0/WMTSCapabilities.xml"):
        service = WebMapTileService(address)
        assert set(service.contents) == {"blocks", "dated"}
        assert list(service["blocks"].styles) == ["default"]
        assert service["blocks"].styles["default"]["legend"].startswith(f"{server}/wms?")
        assert set(service["blocks"].tilematrixsetlinks) == set(SETS)
        row, column, _, _ = _place(WEB_MERCATOR, 12)
        tile = service.gettile(layer="blocks", tilematrixset="WebMercatorQuad", tilematrix="12", row=row, column=column,
                               format="image/png")  # fmt: skip
        assert Image.open(io.BytesIO(tile.read())).size == (256, 256)
    resource = service.buildTileResource(layer="blocks", tilematrixset="EPSG2180", tilematrix="3", row=2, column=2)
    assert resource.rpartition(".")[0] == f"{server}/wmts/1.0.0/blocks/default/EPSG2180/3/2/2"


@pytest.mark.client
@pytest.mark.parametrize("grid", SETS.values(), ids=lambda grid: grid.id)
@pytest.mark.usefixtures("drawing", "blocks")
def test_gdal_draws_the_known_point_in_its_place(server: str, grid: TileMatrixSet, tmp_path: Path) -> None:
    if shutil.which("gdal_translate") is None:
        pytest.skip("GDAL's programs are not installed")
    source = f"WMTS:{server}/wmts/1.0.0/WMTSCapabilities.xml,layer=blocks,tilematrixset={grid.id},tilematrix=11"
    box = crss.Box(PALACE[0] - 0.004, PALACE[1] - 0.004, PALACE[0] + 0.004, PALACE[1] + 0.004, CRS84).to(grid.crs.xy)
    corners = [str(value) for value in (box.minx, box.maxy, box.maxx, box.miny)]
    command = ["gdal_translate", "-q", "-projwin", *corners, "-of", "PNG", source, str(tmp_path / "map.png")]
    _run(command, tmp_path)
    image = Image.open(tmp_path / "map.png").convert("RGBA")
    assert image.getpixel((image.width // 2, image.height // 2))[3] > 0


def _run(command: list[str], folder: Path) -> Any:
    environment = {"PATH": "/usr/bin:/bin", "GDAL_DEFAULT_WMS_CACHE_PATH": str(folder), "HOME": str(folder)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done
