# SPDX-License-Identifier: EUPL-1.2
"""OGC API Coverages (OGC 19-087): values of a raster layer equal the file's, in part, scaled, in other systems."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import service as layers
from layers.model import GeometryType, Publication
from layers.ogcapi.subset import parse_axes
from sdi.db.database import Database
from sdi.errors import BramaError
from sdi.objects import Objects
from sdi.people.service import organisation_id
from sdi.settings import Settings

BOX = (630_000.0, 480_000.0, 640_000.0, 490_000.0)
SIDE = 100
ADDRESS = "/ogc/collections/heights/coverage"
NODATA = -1


def _cells() -> np.ndarray:
    """Band 1 counts columns, band 2 counts rows; the first two rows hold no data."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    values = np.stack([columns, rows]).astype("int16")
    values[:, :2, :] = NODATA
    return values


@pytest.fixture
def heights(database: Database, settings: Settings, tmp_path: Path) -> None:
    """100 x 100 cells of 100 m in EPSG:2180."""
    path = tmp_path / "heights.tif"
    with rasterio.open(path, "w", driver="GTiff", width=SIDE, height=SIDE, count=2, dtype="int16", crs="EPSG:2180",
                       transform=rasterio.Affine(100, 0, BOX[0], 0, -100, BOX[3]), nodata=-1) as target:  # fmt: skip
        target.write(_cells())
    band = {"type": "int16", "nodata": NODATA, "min": 0, "max": 99, "quantiles": [2, 25, 50, 75, 98]}
    with database.owner.begin() as connection:
        layers.publish(
            connection,
            Publication(
                id="heights", organisation_id=organisation_id(connection, "mazowieckie"), kind="raster", srid=2180,
                geometry_type=GeometryType.RASTER, extent=BOX, bbox=(20.89, 52.17, 21.05, 52.26), version=1,
                object_key=Objects(settings).put(path, ".tif"), title={"pl": "Wysokości"}, theme="rzezba",
                raster={"width": SIDE, "height": SIDE, "bands": [band, band]},
            ),
        )  # fmt: skip


pytestmark = pytest.mark.usefixtures("heights")


def _read(client: FlaskClient, **query: Any) -> rasterio.DatasetReader:
    answer = client.get(ADDRESS, query_string={"f": "tiff", **{k.replace("_", "-"): v for k, v in query.items()}})
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "image/tiff"
    path = Path(tempfile.mkstemp(suffix=".tif")[1])
    path.write_bytes(answer.data)
    found = rasterio.open(path)
    path.unlink()
    return found


def test_core_the_whole_coverage_is_the_file(client: FlaskClient) -> None:
    found = _read(client)
    assert found.crs.to_epsg() == 2180
    assert tuple(found.bounds) == BOX
    assert found.dtypes == ("int16", "int16")
    assert found.nodata == NODATA
    assert found.descriptions == ("band_1", "band_2")
    assert (found.read() == _cells()).all()


def test_subsetting_a_bbox_gives_the_whole_cells_that_it_meets(client: FlaskClient) -> None:
    """In EPSG:2180 northing comes first."""
    found = _read(client, bbox="480150,631050,480950,632000", bbox_crs="EPSG:2180")
    assert tuple(found.bounds) == (631_000, 480_100, 632_000, 481_000)
    assert (found.read() == _cells()[:, 90:99, 10:20]).all()


def test_subsetting_by_axes_of_the_stored_crs(client: FlaskClient) -> None:
    found = _read(client, subset="E(631000:632000),N(480100:481000)", subset_crs="EPSG:2180")
    assert (found.read() == _cells()[:, 90:99, 10:20]).all()
    half = _read(client, subset="E(635000:*)", subset_crs="EPSG:2180")
    assert (half.width, half.height) == (50, 100)


def test_subsetting_by_lat_and_lon_unless_said(client: FlaskClient) -> None:
    lon, lat = pyproj.Transformer.from_crs(2180, 4326, always_xy=True).transform(635_050, 485_050)
    found = _read(client, subset=f"Lat({lat}),Lon({lon})")
    assert (found.width, found.height) == (1, 1)
    assert found.read().flatten().tolist() == [50, 49]


def test_fieldselection_bands_come_by_name_or_number_in_the_order_asked(client: FlaskClient) -> None:
    found = _read(client, properties="band_2,1")
    assert found.descriptions == ("band_2", "band_1")
    assert (found.read() == _cells()[::-1]).all()


@pytest.mark.parametrize(
    ("asked", "width", "height"),
    [
        ({"scale_factor": "2"}, 50, 50),
        ({"scale_axes": "E(4),N(2)"}, 25, 50),
        ({"scale_size": "Lat(10),Lon(20)"}, 20, 10),
    ],
)
def test_scaling(client: FlaskClient, asked: dict[str, str], width: int, height: int) -> None:
    found = _read(client, **asked)
    assert (found.width, found.height) == (width, height)
    assert tuple(found.bounds) == BOX
    middle = found.read(1)[height // 2]
    assert np.abs(middle - np.linspace(0, 99, width)).max() <= 100 / width + 1


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:3035", "EPSG:2178", "CRS:84", "EPSG:25834"])
def test_crs_a_known_cell_keeps_its_value_in_every_system(client: FlaskClient, crs: str) -> None:
    found = _read(client, crs=crs)
    srid = 4326 if crs == "CRS:84" else int(crs[5:])
    x, y = pyproj.Transformer.from_crs(2180, srid, always_xy=True).transform(637_050, 484_950)
    column, row = next(found.sample([(x, y)]))
    assert abs(column - 70) <= 1
    assert abs(row - 50) <= 1


def test_coveragejson_names_the_middles_of_cells_and_says_null_without_data(client: FlaskClient) -> None:
    body = client.get(ADDRESS, query_string={"f": "covjson", "properties": "band_1", "scale-factor": "10"}).json
    axes = body["domain"]["axes"]
    assert axes["x"] == {"start": 630_500, "stop": 639_500, "num": 10}
    assert axes["y"] == {"start": 489_500, "stop": 480_500, "num": 10}
    assert body["domain"]["referencing"][0]["system"]["id"].endswith("EPSG/0/2180")
    whole = client.get(ADDRESS, query_string={"f": "covjson", "properties": "band_1"}).json["ranges"]["band_1"]
    assert whole["shape"] == [100, 100]
    assert whole["values"][:200] == [None] * 200
    assert whole["values"][200:203] == [0, 1, 2]


def test_html_and_links(client: FlaskClient) -> None:
    page = client.get(ADDRESS, query_string={"f": "html", "lang": "pl"}).text
    assert "band_2" in page
    assert "Największa wartość" in page
    collection = client.get("/ogc/collections/heights?f=json").json
    rel = "http://www.opengis.net/def/rel/ogc/1.0/coverage"
    for one in [link for link in collection["links"] if link["rel"] == rel]:
        assert client.get(one["href"]).status_code == 200
    assert collection["extent"]["spatial"]["grid"][0]["cellsCount"] == 100


def test_an_answer_is_not_sent_twice(client: FlaskClient) -> None:
    etag = client.get(ADDRESS, query_string={"f": "tiff"}).headers["ETag"]
    assert client.get(ADDRESS, query_string={"f": "tiff"}, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "query",
    [
        {"bbox": "10,10,11,11"},
        {"bbox": "1,2,3"},
        {"subset": "Time(1:2)"},
        {"subset": "Lat(52:51)"},
        {"subset": "Lat(1:2:3)"},
        {"subset": "Lat(51:52),Lat(51:52)"},
        {"subset": "Lat(nan:1)"},
        {"subset": "Lat(52:53)", "bbox": "20,51,22,53"},
        {"properties": "band_9"},
        {"properties": "1; DROP TABLE layers.layer"},
        {"scale-factor": "0"},
        {"scale-factor": "2", "scale-size": "Lat(1)"},
        {"scale-size": "Lat(0)"},
        {"crs": "EPSG:1"},
        {"f": "netcdf"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_answered_is_refused_with_400(client: FlaskClient, query: dict[str, str]) -> None:
    answer = client.get(ADDRESS, query_string={"f": "tiff", **query})
    assert answer.status_code in (400, 406), answer.text
    assert answer.mimetype == "application/problem+json"


def test_a_work_budget_says_how_to_ask_for_less(client: FlaskClient) -> None:
    answer = client.get(ADDRESS, query_string={"f": "tiff", "scale-size": "Lat(90000),Lon(90000)"})
    assert answer.status_code == 413
    assert "scale-factor" in answer.json["detail"]


def test_features_are_no_coverage(client: FlaskClient, add_layer: Any) -> None:
    add_layer("points", GeometryType.POINT, {}, [["POINT(1 1)"]])
    client.application.extensions["layers"].invalidate()
    assert client.get("/ogc/collections/points/coverage").status_code == 404


_numbers = st.one_of(st.floats(), st.integers(-(10**7), 10**7), st.just("*"), st.text("0123456789.-:()", max_size=5))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(_numbers, min_size=4, max_size=4), st.sampled_from(["EPSG:2180", "CRS:84", "EPSG:3857"]))
def test_random_subsets_never_fail_otherwise_than_by_refusal(client: FlaskClient, ends: list[Any], crs: str) -> None:
    subset = f"E({ends[0]}:{ends[1]}),N({ends[2]}:{ends[3]})"
    answer = client.get(ADDRESS, query_string={"f": "tiff", "subset": subset, "subset-crs": crs, "scale-factor": "5"})
    assert answer.status_code in (200, 400, 413)


@given(st.text(max_size=60))
def test_any_text_is_read_as_axes_or_refused(text: str) -> None:
    try:
        assert set(parse_axes(text, "subset")) <= {"x", "y"}
    except BramaError as error:
        assert error.message
