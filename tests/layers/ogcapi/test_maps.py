# SPDX-License-Identifier: EUPL-1.2
"""OGC API Maps (OGC 20-058), its tests named after the requirements; a picture shows what SQL would find."""

import io
import math
from collections.abc import Callable
from datetime import UTC, datetime

import numpy
import pytest
import rasterio
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image
from werkzeug.test import TestResponse

from layers.model import ColumnType, GeometryType, Layer
from sdi import crs
from sdi.crs import CRS84, SERVED, Box
from tests.conftest import LayerMaker

PALACE = (21.00604, 52.23182)
HERE = "POLYGON((636000 485700,638000 485700,638000 487700,636000 487700,636000 485700))"
AWAY = "POLYGON((646000 495700,648000 495700,648000 497700,646000 497700,646000 495700))"
MAP = "/ogc/collections/squares/map"
SPEC = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/"
Get = Callable[..., TestResponse]


@pytest.fixture
def squares(add_layer: LayerMaker) -> Layer:
    """Two squares of 2 km, 10 km apart, the first round the Palace of Culture until 2005."""
    columns = {"since": ColumnType.DATE, "until": ColumnType.DATE}
    rows = [[HERE, "2001-01-01", "2005-12-31"], [AWAY, "2004-01-01", None]]
    return add_layer("squares", GeometryType.POLYGON, columns, rows, time_start="since", time_end="until",
                     time_extent=(datetime(2001, 1, 1, tzinfo=UTC), None))  # fmt: skip


@pytest.fixture
def get(client: FlaskClient) -> Get:
    """Asks for a map with parameters whose underscores are hyphens."""

    def ask(path: str = MAP, **query: str | int) -> TestResponse:
        return client.get(path, query_string={name.replace("_", "-"): value for name, value in query.items()})

    return ask


def picture(answer: TestResponse) -> Image.Image:
    """The picture of an answer."""
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.data)).convert("RGBA")


def corners(answer: TestResponse) -> tuple[float, ...]:
    """Content-Bbox as numbers."""
    return tuple(map(float, answer.headers["Content-Bbox"].split(",")))


@pytest.mark.parametrize("system", ["EPSG:2180", "EPSG:4326", "EPSG:3857"])
@pytest.mark.usefixtures("drawing", "squares")
def test_tiff_has_the_pixels_of_png_and_their_place(get: Get, system: str) -> None:
    """/req/tiff/content: a GeoTIFF in the CRS asked for, the known point where it lies."""
    asked = {"crs": f"http://www.opengis.net/def/crs/EPSG/0/{system[5:]}", "width": "300"}
    answer = get(f="tiff", **asked)
    assert (answer.status_code, answer.mimetype) == (200, "image/tiff")
    with rasterio.MemoryFile(answer.data) as file, file.open() as made:
        assert made.crs.to_epsg() == int(system[5:])
        row, column = made.index(*crs.transform_point(*PALACE, CRS84, crs.parse(system).xy))
        assert made.read(4)[row, column] > 0
        assert made.read(4)[0, 0] == 0
        pixels = made.read().transpose(1, 2, 0)
    assert numpy.array_equal(pixels, numpy.asarray(picture(get(f="png", **asked))))


@pytest.mark.usefixtures("drawing", "squares")
def test_an_opaque_tiff_has_its_background(get: Get) -> None:
    """/req/background: a picture that nothing shines through has three bands."""
    answer = get(f="tiff", bgcolor="0xff0000", width="300")
    with rasterio.MemoryFile(answer.data) as file, file.open() as made:
        assert (made.count, tuple(made.read()[:, 0, 0])) == (3, (255, 0, 0))


@pytest.mark.usefixtures("drawing", "squares")
def test_core_map_response(get: Get) -> None:
    """/req/core/map-op, map-response: stored CRS, its axis order, time, the format asked for."""
    answer = get()
    assert answer.mimetype == "image/png"
    assert answer.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/EPSG/0/2180>"
    south, west, north, east = corners(answer)
    assert (south, west, north, east) == pytest.approx((485700, 636000, 497700, 648000), abs=20)
    assert answer.headers["Content-Datetime"].startswith("2001-01-01T00:00:00Z/")
    image = picture(answer)
    assert image.size == (1024, 1024)
    shown = [image.getpixel((x, y))[3] > 0 for x, y in ((85, 938), (938, 85), (512, 512), (85, 85))]
    assert shown == [True, True, False, False]


@pytest.mark.parametrize(
    ("accept", "name", "start"),
    [("image/png", "png", b"\x89PNG"), ("image/jpeg", "jpeg", b"\xff\xd8"), ("image/webp", "webp", b"RIFF"),
     ("image/svg+xml", "svg", b"<?xml"), ("application/pdf", "pdf", b"%PDF"), ("text/html", "html", b"<!doctype")],
)  # fmt: skip
@pytest.mark.usefixtures("drawing", "squares")
def test_encodings_by_f_and_by_accept(client: FlaskClient, accept: str, name: str, start: bytes) -> None:
    """/req/png/content and its kin."""
    negotiated = client.get(MAP, headers={"Accept": accept})
    asked = client.get(MAP, query_string={"f": name})
    for answer in (negotiated, asked):
        assert answer.status_code == 200
        assert answer.mimetype == accept
        assert answer.data.lower().startswith(start.lower())
    if name == "svg":
        assert etree.fromstring(asked.data).get("width") == "1024"
    if name == "html":
        assert "<img" in asked.text
        assert "f=png" in asked.text


@pytest.mark.parametrize("system", SERVED, ids=lambda system: system.name)
@pytest.mark.usefixtures("drawing", "squares")
def test_crs_definition_and_success(get: Get, system: crs.Crs) -> None:
    """/req/crs: the known point is in the middle in every CRS, by URI and by CURIE, the box in its axis order."""
    reach = 0.005
    x, y = PALACE
    box = Box(x - reach, y - reach, x + reach, y + reach, CRS84).to(system)
    numbers = (box.miny, box.minx, box.maxy, box.maxx) if system.northing_first else box.bounds
    text = ",".join(map(str, numbers))
    for name in (system.uri, system.curie):
        answer = get(crs=name, bbox=text, bbox_crs=name, width=60, height=60)
        assert picture(answer).getpixel((30, 30))[3] > 0
        assert answer.headers["Content-Crs"] == f"<{system.uri}>"
        assert corners(answer) == pytest.approx(numbers, rel=1e-6)
    nothing = get(crs=name, bbox="21.05,52.23,21.06,52.24", width=60, height=60)
    assert picture(nothing).getchannel("A").getextrema() == (0, 0)


@pytest.mark.usefixtures("drawing", "squares")
def test_background(get: Get) -> None:
    """/req/background/bgcolor-definition, transparent-definition."""
    places = {"bbox": "21.05,52.23,21.06,52.24", "width": 4, "height": 4}
    assert picture(get(**places)).getpixel((0, 0)) == (0, 0, 0, 0)
    assert picture(get(**places, transparent="false")).getpixel((0, 0)) == (255, 255, 255, 255)
    for colour in ("0xFF0000", "red", "RED", "#ff0000"):
        assert picture(get(**places, bgcolor=colour)).getpixel((0, 0)) == (255, 0, 0, 255)
    assert picture(get(**places, bgcolor="red", transparent="true")).getpixel((0, 0))[3] == 0
    assert get(bgcolor="reddish").status_code == 400
    assert get(transparent="perhaps").status_code == 400


@pytest.mark.usefixtures("drawing", "squares")
def test_scaling_width_and_height(get: Get) -> None:
    """/req/scaling/width-definition, height-definition."""
    assert picture(get(width=200, height=100)).size == (200, 100)
    assert picture(get(width=200)).size == (200, 200)
    assert picture(get(bbox="20.9,52.2,21.1,52.3", width=100)).size[0] == 100
    assert picture(get(bbox="20.9,52.2,21.1,52.3", height=100)).size[1] == 100
    for wrong in ("0", "-1", "ten", "1.5"):
        assert 400 <= get(width=wrong).status_code < 500
        assert 400 <= get(height=wrong).status_code < 500
    assert get(width=8193).status_code == 413
    assert get(width=8000, height=8000).status_code == 413


@pytest.mark.usefixtures("drawing", "squares")
def test_scaling_scale_denominator(get: Get) -> None:
    """/req/scaling/scale-denominator-definition: metres on the ground, in a Mercator map too."""
    answer = get(center="486700,637000", center_crs="[EPSG:2180]", scale_denominator=50000, width=100, height=50)
    south, west, north, east = corners(answer)
    assert (east - west, north - south) == pytest.approx((100 * 14, 50 * 14), rel=1e-3)
    mercator = get(center="21.00604,52.23182", crs="[EPSG:3857]", scale_denominator=50000, width=100, height=100)
    west, south, east, north = corners(mercator)
    assert (east - west) * math.cos(math.radians(PALACE[1])) == pytest.approx(1400, rel=1e-3)
    assert picture(mercator).getpixel((50, 50))[3] > 0
    sized = get(bbox="485700,636000,487700,638000", bbox_crs="[EPSG:2180]", scale_denominator=20000)
    assert picture(sized).size == (357, 357)
    assert get(bbox="20.9,52.2,21.1,52.3", scale_denominator=50000, width=100).status_code == 400
    assert get(scale_denominator=1).status_code in (200, 413)
    assert get(scale_denominator="-5").status_code == 400


@pytest.mark.usefixtures("drawing", "squares")
def test_display_resolution(get: Get) -> None:
    """/req/display-resolution/mm-per-pixel-definition."""
    answer = get(center=f"{PALACE[0]},{PALACE[1]}", scale_denominator=50000, mm_per_pixel=0.14, width=100, height=100)
    south, west, north, east = corners(answer)
    assert (east - west, north - south) == pytest.approx((700, 700), rel=1e-3)
    for wrong in ("0", "-1", "thin", "100"):
        assert get(mm_per_pixel=wrong).status_code == 400


@pytest.mark.usefixtures("drawing", "squares")
def test_spatial_subsetting(get: Get) -> None:
    """/req/spatial-subsetting: box, subset and centre mean the same part and exclude each other."""
    by_box = get(bbox="485700,636000,487700,638000", bbox_crs="[EPSG:2180]", width=40, height=40)
    by_axes = get(subset="E(636000:638000),N(485700:487700)", subset_crs="[EPSG:2180]", width=40, height=40)
    lonlat = get(subset="Lat(52.22:52.24),Lon(20.99:21.02)", width=40, height=40)
    assert by_box.data == by_axes.data
    assert picture(by_box).getchannel("A").getextrema()[0] > 0
    assert picture(lonlat).getpixel((20, 20))[3] > 0
    one = get(subset="E(636000:638000)", subset_crs="[EPSG:2180]", width=40, height=40)
    assert corners(one)[1::2] == pytest.approx((636000, 638000))
    assert get(subset="Lat(10:11),Lon(10:11)").status_code == 404
    assert get(subset="depth(1:2)").status_code == 400
    assert get(bbox="20,52,21,53", center="21,52").status_code == 400
    assert get(bbox="20,52,21,53", subset="Lat(52:53)").status_code == 400
    assert get(center="21,52", subset="Lat(52:53)").status_code == 400
    assert get(center="0,89").status_code == 400
    assert get(bbox_crs="[EPSG:2180]", width=10).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"datetime": "2002-01-01T00:00:00Z"}, (True, False)),
        ({"datetime": "2010-01-01/.."}, (False, True)),
        ({"datetime": "../2003-01-01"}, (True, False)),
        ({"subset": 'time("2002-05-01")'}, (True, False)),
        ({"subset": 'time("2008-01-01":"2010-01-01")'}, (False, True)),
        ({"subset": 'time("2004-06-01":"2005-01-01")'}, (True, True)),
        ({"subset": 'time("2008-01-01T00:00:00Z":*)'}, (False, True)),
        ({"subset": "time(2002-01-01:2003-01-01)"}, (True, False)),
        ({"subset": "time(*)"}, (True, True)),
    ],
)
@pytest.mark.usefixtures("drawing", "squares")
def test_datetime(get: Get, query: dict[str, str], expected: tuple[bool, bool]) -> None:
    """/req/datetime/datetime-definition, subset-definition and their answers."""
    image = picture(get(**query))
    assert tuple(image.getpixel(place)[3] > 0 for place in ((85, 938), (938, 85))) == expected
    assert get(datetime="yesterday").status_code == 400
    assert get(datetime="2002-01-01", subset="time(2002-01-01)").status_code == 400


@pytest.mark.usefixtures("drawing", "squares")
def test_collections_selection(get: Get, add_layer: LayerMaker) -> None:
    """/req/collections-selection: the layers named, the first the lowest; by id or by address."""
    add_layer("spots", GeometryType.POINT, {}, [["POINT(637000 486700)"]])
    both = get("/ogc/map", collections="squares,spots", width=300)
    assert picture(both).getpixel((25, 275))[3] > 0
    assert both.data != get("/ogc/map", collections="spots,squares", width=300).data
    own = "http://127.0.0.1:8080/ogc/collections/squares"
    assert get("/ogc/map", collections=own, width=300).data == get(width=300).data
    assert get("/ogc/map", collections="nothing").status_code == 404
    assert get("/ogc/map", collections="http://elsewhere.org/collections/squares").status_code == 400
    assert get(MAP, collections="squares").status_code == 400


@pytest.mark.usefixtures("drawing", "squares")
def test_dataset_map(get: Get, client: FlaskClient) -> None:
    """/req/dataset-map: the landing page links to it and tells extent and CRS."""
    page = client.get("/ogc?f=json").json
    (found,) = [link for link in page["links"] if link["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/map"]
    assert found["href"] == "http://127.0.0.1:8080/ogc/map"
    assert page["extent"]["spatial"]["bbox"][0] == pytest.approx([20.99, 52.22, 21.17, 52.34], abs=0.02)
    assert page["storageCrs"] in page["crs"]
    assert page["extent"]["spatial"]["storageCrsBbox"][0][0] == pytest.approx(485700, abs=500)
    assert picture(get("/ogc/map", width=200, height=100)).size == (200, 100)


@pytest.mark.usefixtures("drawing", "squares")
def test_collection_map_and_styled_map(get: Get, client: FlaskClient) -> None:
    """/req/collection-map/desc-links, desc-crs; /req/styled-map."""
    described = client.get("/ogc/collections/squares?f=json").json
    links = [link["href"] for link in described["links"] if link["rel"].endswith("/1.0/map")]
    assert links == [f"http://127.0.0.1:8080{MAP}"]
    assert described["storageCrs"].endswith("/2180")
    assert described["extent"]["spatial"]["storageCrsBbox"] == [[485700, 636000, 497700, 648000]]
    assert get("/ogc/collections/squares/styles/default/map").data == get().data
    assert get("/ogc/collections/squares/styles/nothing/map").status_code == 404
    assert get("/ogc/collections/nothing/map").status_code == 404


@pytest.mark.usefixtures("squares")
def test_conformance_and_api_operations(client: FlaskClient) -> None:
    """/req/core/conformance-success; /req/api-operations/completeness, operation-id."""
    declared = client.get("/ogc/conformance?f=json").json["conformsTo"]
    names = ("core", "collection-map", "dataset-map", "styled-map", "scaling", "spatial-subsetting", "crs", "datetime")
    assert {f"{SPEC}{name}" for name in names} <= set(declared)
    document = client.get("/ogc/api").json
    operations = {
        "/map": ".dataset.getMap",
        "/collections/{collectionId}/map": ".collection.getMap",
        "/collections/{collectionId}/styles/{styleId}/map": ".collection.style.getMap",
    }
    for path, suffix in operations.items():
        assert document["paths"][path]["get"]["operationId"].endswith(suffix)
    assert document["info"]["x-OGC-limits"]["maps"]["maxWidth"] == 8192


def test_hidden_layers_have_no_map(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("hidden", GeometryType.POINT, {}, [["POINT(1 1)"]], organisation="gabin", visibility="organisation")
    assert client.get("/ogc/collections/hidden/map").status_code == 404
    assert client.get("/ogc/map?collections=hidden").status_code == 404
    assert client.get("/ogc/map").status_code == 404


WORDS = st.sampled_from(["", "1", "-1", "0", "NaN", "1e9", "21,52", "20,52,21,53", "Lat(1:2)", "Lat(52:53)", "E(1:*)",
                         "time(2002)", "[EPSG:3857]", "[EPSG:1]", "inf", "21,52,20", "a\x00b", "9" * 50])  # fmt: skip


@given(st.dictionaries(st.sampled_from(["bbox", "bbox-crs", "subset", "subset-crs", "center", "center-crs", "crs",
                                        "width", "height", "scale-denominator", "mm-per-pixel", "datetime", "bgcolor",
                                        "transparent", "f"]), WORDS, max_size=6))  # fmt: skip
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("drawing", "squares")
def test_no_parameters_are_an_error_of_the_servers(client: FlaskClient, query: dict[str, str]) -> None:
    assert client.get(MAP, query_string=query).status_code in (200, 400, 404, 413)
