# SPDX-License-Identifier: EUPL-1.2
"""WMS 1.3.0: what it lists, draws and tells, in every CRS and axis order."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from lxml import etree
from owslib.wms import WebMapService
from PIL import Image
from sqlalchemy import text

from layers.model import ColumnType, GeometryType
from sdi import crs
from sdi.crs import CRS84, SERVED, Box
from sdi.db.database import Database
from sdi.people.model import Principal
from tests.conftest import LayerMaker

WMS = "{http://www.opengis.net/wms}"
PALACE = (21.00604, 52.23182)
HERE = "POLYGON((630000 480000,645000 480000,645000 495000,630000 495000,630000 480000))"
AWAY = "POLYGON((500000 480000,520000 480000,520000 495000,500000 495000,500000 480000))"
COLUMNS = {"name": ColumnType.TEXT, "people": ColumnType.INTEGER, "since": ColumnType.DATE}
ROWS = [[HERE, "Żoliborz <&> 'x'", 9007199254740993, "1994-03-25"], [AWAY, "Płock", 5, None]]
SignIn = Callable[..., tuple[Principal, dict[str, str]]]


@pytest.fixture
def districts(add_layer: LayerMaker) -> None:
    add_layer("districts", GeometryType.POLYGON, COLUMNS, ROWS, label_column="name", keywords=("a & b",))


def _around(system: crs.Crs, reach: float = 0.02) -> str:
    x, y = PALACE
    box = Box(x - reach, y - reach, x + reach, y + reach, CRS84).to(system)
    numbers = (box.miny, box.minx, box.maxy, box.maxx) if system.northing_first else box.bounds
    return ",".join(map(str, numbers))


def _map(client: FlaskClient, **changes: str) -> bytes:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "districts", "styles": "",
             "crs": "EPSG:2180", "bbox": _around(crs.by_srid(2180)), "width": "64", "height": "64",
             "format": "image/png"} | changes  # fmt: skip
    answer = client.get("/wms", query_string={k: v for k, v in query.items() if v is not None})
    assert answer.status_code == 200, answer.text
    return answer.data


def _centre(picture: bytes) -> tuple[int, ...]:
    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    return image.getpixel((image.width // 2 + 9, image.height // 2 + 17))


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
@pytest.mark.usefixtures("drawing", "districts")
def test_the_known_point_is_drawn_in_every_crs_with_the_authoritys_axis_order(
    client: FlaskClient, system: crs.Crs
) -> None:
    drawn = _centre(_map(client, crs=system.name, bbox=_around(system), transparent="TRUE"))
    assert drawn[3] > 0
    old = _map(client, version="1.1.1", crs=None, srs=system.name, bbox=_around(system.xy), transparent="TRUE")
    assert _centre(old) == drawn


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
@pytest.mark.usefixtures("districts")
def test_the_known_point_is_found_in_every_crs(client: FlaskClient, system: crs.Crs) -> None:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "districts", "styles": "",
             "query_layers": "districts", "crs": system.name, "bbox": _around(system), "width": "101",
             "height": "101", "i": "50", "j": "50", "info_format": "application/geo+json"}  # fmt: skip
    found = client.get("/wms", query_string=query).json["features"]
    assert [feature["id"] for feature in found] == [1]
    assert found[0]["properties"] == {"name": "Żoliborz <&> 'x'", "people": 9007199254740993, "since": "1994-03-25"}
    assert found[0]["layer"] == "districts"
    page = client.get("/wms", query_string=query | {"info_format": "text/html"}).text
    assert "Żoliborz &lt;&amp;&gt;" in page
    assert "people = 9007199254740993" in client.get("/wms", query_string=query | {"info_format": "text/plain"}).text


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("image/png", "PNG"), ("image/png; mode=8bit", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")],
)
@pytest.mark.usefixtures("drawing", "districts")
def test_formats_and_background(client: FlaskClient, media_type: str, kind: str) -> None:
    image = Image.open(io.BytesIO(_map(client, format=media_type, width="50", height="70", bgcolor="0xFF0000",
                                       bbox=_around(crs.by_srid(2180), 0.5))))  # fmt: skip
    assert (image.format, image.size) == (kind, (50, 70))
    red, green, blue = image.convert("RGB").getpixel((2, 2))
    assert red > 240
    assert max(green, blue) < 20


@pytest.mark.usefixtures("drawing", "districts")
def test_a_legend_is_a_picture(client: FlaskClient) -> None:
    answer = client.get("/wms?service=WMS&version=1.3.0&request=GetLegendGraphic&layer=districts&format=image/png")
    assert Image.open(io.BytesIO(answer.data)).width > 20


@pytest.mark.usefixtures("drawing")
def test_hidden_layers_are_drawn_and_listed_for_those_who_may(
    client: FlaskClient, add_layer: LayerMaker, sign_in: SignIn
) -> None:
    add_layer("hidden", GeometryType.POLYGON, COLUMNS, ROWS, organisation="gabin", visibility="organisation",
              label_column="since")  # fmt: skip
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "hidden", "crs": "EPSG:2180",
             "bbox": _around(crs.by_srid(2180)), "width": "64", "height": "64", "format": "image/png",
             "transparent": "TRUE"}  # fmt: skip
    _, clerk = sign_in("clerk", "ingest")
    _, stranger = sign_in("stranger", "ingest")
    assert b"LayerNotDefined" in client.get("/wms", query_string=query).data
    assert b"LayerNotDefined" in client.get("/wms", query_string=query, headers=stranger).data
    answer = client.get("/wms", query_string=query, headers=clerk)
    assert _centre(answer.data)[3] > 0
    assert "private" in answer.headers["Cache-Control"]
    listing = {"service": "WMS", "request": "GetCapabilities"}
    assert b"<Name>hidden</Name>" not in client.get("/wms", query_string=listing).data
    assert b"<Name>hidden</Name>" in client.get("/wms", query_string=listing, headers=clerk).data
    assert b"<Name>hidden</Name>" in client.get("/o/gabin/wms", query_string=listing, headers=clerk).data
    assert b"<Name>hidden</Name>" not in client.get("/o/radomski/wms", query_string=listing, headers=clerk).data


@pytest.mark.usefixtures("districts")
def test_capabilities_are_read_by_owslib_and_follow_language_and_axis_order(client: FlaskClient) -> None:
    document = client.get("/wms?service=WMS&request=GetCapabilities&lang=en").data
    service = WebMapService("http://127.0.0.1:8080/wms", version="1.3.0", xml=document)
    layer = service["districts"]
    assert layer.title == "Layer districts"
    assert layer.parent is not None
    assert set(layer.crsOptions) >= {system.name for system in SERVED}
    assert layer.styles["default"]["legend"].startswith("http://127.0.0.1:8080/wms?")
    root = etree.fromstring(document)
    boxes = {box.get("CRS"): box for box in root.iter(f"{WMS}BoundingBox")}
    assert (float(boxes["EPSG:2180"].get("minx")), float(boxes["EPSG:2180"].get("miny"))) == (480000, 500000)
    assert float(boxes["EPSG:4326"].get("minx")) > 52
    assert float(boxes["CRS:84"].get("minx")) < 25
    assert "Warstwa districts" in client.get("/wms?service=WMS&request=GetCapabilities&lang=pl").text


def test_capabilities_of_nothing_are_valid_too(client: FlaskClient) -> None:
    assert etree.fromstring(client.get("/wms?REQUEST=GetCapabilities").data).tag == f"{WMS}WMS_Capabilities"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"layers": "nothing"}, "LayerNotDefined"),
        ({"layers": "districts'; DROP TABLE data.districts_1; --"}, "LayerNotDefined"),
        ({"layers": ",".join(["districts"] * 51)}, None),
        ({"styles": "nothing"}, "StyleNotDefined"),
        ({"styles": "default,default"}, "StyleNotDefined"),
        ({"crs": "EPSG:99999"}, "InvalidCRS"),
        ({"crs": "'; SELECT 1"}, "InvalidCRS"),
        ({"format": "image/gif"}, "InvalidFormat"),
        ({"bbox": "1,2,3"}, None),
        ({"bbox": "NaN,0,1,1"}, None),
        ({"bbox": "inf,0,1,1"}, None),
        ({"bbox": "5,5,1,1"}, None),
        ({"bbox": "5,5,5,5"}, None),
        ({"bbox": "1,1,2,2;DELETE"}, None),
        ({"width": "0"}, None),
        ({"width": "99999"}, None),
        ({"width": "8192", "height": "8192"}, None),
        ({"height": "ten"}, None),
        ({"bgcolor": "red"}, None),
        ({"request": "DropTable"}, "OperationNotSupported"),
        ({"service": "WFS"}, None),
        ({"layers": "x" * 3000}, None),
        ({"layers": "a\x00b"}, "LayerNotDefined"),
        ({"request": None}, None),
        ({"crs": None}, None),
    ],
)
@pytest.mark.usefixtures("districts")
def test_wrong_requests_get_an_exception_report(
    client: FlaskClient, changes: dict[str, str | None], code: str | None
) -> None:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "districts", "styles": "",
             "crs": "EPSG:2180", "bbox": _around(crs.by_srid(2180)), "width": "64", "height": "64",
             "format": "image/png"} | changes  # fmt: skip
    answer = client.get("/wms", query_string={k: v for k, v in query.items() if v is not None})
    report = etree.fromstring(answer.data)
    assert report.tag == "{http://www.opengis.net/ogc}ServiceExceptionReport"
    assert 400 <= answer.status_code < 502
    assert report[0].get("code") == code
    assert report[0].text


@pytest.mark.parametrize(("changes", "code"), [({"i": "64"}, "InvalidPoint"), ({"j": "-1"}, "InvalidPoint"),
                                               ({"query_layers": "x"}, "LayerNotDefined"),
                                               ({"info_format": "text/xhtml"}, "InvalidFormat")])  # fmt: skip
@pytest.mark.usefixtures("districts")
def test_wrong_questions_about_a_point(client: FlaskClient, changes: dict[str, str], code: str) -> None:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "districts",
             "query_layers": "districts", "crs": "EPSG:2180", "bbox": _around(crs.by_srid(2180)), "width": "64",
             "height": "64", "i": "1", "j": "1"} | changes  # fmt: skip
    assert etree.fromstring(client.get("/wms", query_string=query).data)[0].get("code") == code


def test_without_render_processes_the_answer_says_so(client: FlaskClient, districts: None) -> None:
    answer = client.get("/wms", query_string={"request": "GetMap", "layers": "districts", "crs": "EPSG:2180",
                        "bbox": _around(crs.by_srid(2180)), "width": "9", "height": "9"})  # fmt: skip
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_the_question_about_a_point_uses_the_spatial_index(database: Database, add_layer: LayerMaker) -> None:
    rows = [[f"POINT({500000 + i * 10} 480000)"] for i in range(3000)]
    layer = add_layer("many", GeometryType.POINT, {}, rows)
    for engine, schema in ((database.public, "data"), (database.app, "data_app")):
        with engine.connect() as connection:
            plan = connection.execute(text(
                f"EXPLAIN SELECT fid FROM {schema}.{layer.relation} WHERE geom && ST_MakeEnvelope(500000,479999,500050,"
                "480001,2180) AND ST_Intersects(geom, ST_MakeEnvelope(500000,479999,500050,480001,2180)) ORDER BY fid"
                " LIMIT 5")).scalars().all()  # fmt: skip
        assert "geom_idx" in "\n".join(plan)
