# SPDX-License-Identifier: EUPL-1.2
"""Clients that are not ours read everything: GDAL's WFS driver and OWSLib, in both versions."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from owslib.fes2 import And, BBox, PropertyIsEqualTo, PropertyIsGreaterThan
from owslib.wfs import WebFeatureService
from sqlalchemy import text

from layers.model import ColumnType, GeometryType
from sdi.crs import CRS84, by_srid, transform_point
from sdi.db.database import Database
from tests.conftest import LayerMaker
from tests.layers.wfs.conftest import PALACE

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="GDAL's programs are not installed"),
]
ROWS = 53
VERSIONS = ("2.0.0", "1.1.0")


@pytest.fixture
def places(add_layer: LayerMaker) -> None:
    """Points in EPSG:2180; the seventh is the Palace of Culture."""
    rows = []
    for n in range(ROWS):
        x, y = transform_point(PALACE[0] + (n - 6) / 1000, PALACE[1], CRS84, by_srid(2180))
        rows.append([f"POINT({x} {y})", f"miejsce ł {n}", n * 10**15, n / 4, n % 2 == 0, f"2020-01-{1 + n % 28:02}"])
    columns = {"name": ColumnType.TEXT, "big": ColumnType.INTEGER, "x": ColumnType.NUMBER, "ok": ColumnType.BOOLEAN,
               "day": ColumnType.DATE}  # fmt: skip
    add_layer("places", GeometryType.POINT, columns, rows)


def _ogr(server: str, version: str, tmp_path: Path, *arguments: str, page: int | None = None) -> list[dict[str, Any]]:
    """Features that GDAL's driver reads, as GeoJSON in the layer's own system."""
    target = tmp_path / "out.geojson"
    target.unlink(missing_ok=True)
    paging = ["--config", "OGR_WFS_PAGE_SIZE", str(page)] if page else []
    command = ["ogr2ogr", "-f", "GeoJSON", *paging, "-lco", "RFC7946=NO", str(target),
               f"WFS:{server}/wfs?VERSION={version}", "app:places", *arguments]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return json.loads(target.read_text())["features"]


@pytest.mark.parametrize("version", VERSIONS)
def test_gdal_reads_every_feature_with_its_values_and_place(
    places: None, server: str, database: Database, tmp_path: Path, version: str
) -> None:
    found = _ogr(server, version, tmp_path, page=20 if version == "2.0.0" else None)
    assert [feature["properties"]["gml_id"] for feature in found] == [f"places.{n}" for n in range(1, ROWS + 1)]
    with database.owner.connect() as connection:
        rows = connection.execute(text("SELECT ST_X(geom), ST_Y(geom), name, big, x, ok, day FROM data.places_1")).all()
    for feature, row in zip(found, rows, strict=True):
        x, y = feature["geometry"]["coordinates"]
        assert (x, y) == pytest.approx((row[0], row[1]), abs=0.001)
        assert list(feature["properties"].values())[1:5] == [row.name, row.big, row.x, row.ok]
        assert feature["properties"]["day"].replace("/", "-") == row.day.isoformat()


@pytest.mark.parametrize("version", VERSIONS)
def test_gdal_filters_on_the_server(places: None, server: str, tmp_path: Path, version: str) -> None:
    conditions = {
        "big > 40000000000000000": 12,
        "name LIKE '%ł 1_'": 10,
        "ok = 1 AND x < 2": 4,
        "name = 'miejsce ł 7' OR big = 0": 2,
        "gml_id = 'places.7'": 1,
    }
    for condition, count in conditions.items():
        assert len(_ogr(server, version, tmp_path, "-where", condition)) == count, condition


@pytest.mark.parametrize("version", VERSIONS)
def test_gdal_finds_the_known_point_by_a_box(places: None, server: str, tmp_path: Path, version: str) -> None:
    x, y = transform_point(*PALACE, CRS84, by_srid(2180))
    box = map(str, (x - 30, y - 30, x + 30, y + 30))
    found = _ogr(server, version, tmp_path, "-spat", *box)
    assert [feature["properties"]["gml_id"] for feature in found] == ["places.7"]
    lonlat = _ogr(
        server, version, tmp_path, "-spat", *map(str, (x - 30, y - 30, x + 30, y + 30)), "-t_srs", "OGC:CRS84"
    )
    assert lonlat[0]["geometry"]["coordinates"] == pytest.approx(PALACE, abs=1e-6)


@pytest.mark.parametrize("version", VERSIONS)
def test_gdal_counts_and_describes(places: None, server: str, version: str) -> None:
    command = ["ogrinfo", "-so", f"WFS:{server}/wfs?VERSION={version}", "app:places"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert f"Feature Count: {ROWS}" in told
    assert "Geometry: Point" in told
    assert 'ID["EPSG",2180]' in told
    for line in ("name: String", "big: Integer64", "x: Real", "ok: Integer(Boolean)", "day: Date"):
        assert line in told, told


@pytest.mark.parametrize("version", VERSIONS)
def test_owslib_reads_what_there_is(places: None, server: str, version: str) -> None:
    wfs = WebFeatureService(f"{server}/wfs", version=version)
    kind = wfs.contents["app:places"]
    assert kind.title == "Warstwa places"
    assert kind.boundingBoxWGS84[0] == pytest.approx(PALACE[0] - 0.006, abs=0.001)
    assert "urn:ogc:def:crs:EPSG::2180" in [str(one) for one in kind.crsOptions] or kind.crsOptions[0].code == 2180
    schema = wfs.get_schema("app:places")
    assert (schema["geometry"], schema["properties"]["big"]) == ("Point", "long")
    limit = {"maxfeatures": 3}
    root = etree.fromstring(wfs.getfeature(typename=["app:places"], **limit).read())
    assert len(root) == 3


def test_owslib_filters_in_fes_2(places: None, server: str) -> None:
    wfs = WebFeatureService(f"{server}/wfs", version="2.0.0")
    x, y = transform_point(*PALACE, CRS84, by_srid(2180))
    box = BBox([y - 300, x - 300, y + 300, x + 300], crs="urn:ogc:def:crs:EPSG::2180")
    condition = And([PropertyIsEqualTo("ok", "true"), PropertyIsGreaterThan("x", "1")])
    for filter_, count in ((condition, 24), (And([box, condition]), 3)):
        body = etree.tostring(filter_.toXML(), encoding="unicode")
        body = f'<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0">{body}</fes:Filter>'
        answer = wfs.getfeature(typename="app:places", filter=body, method="Post")
        root = etree.fromstring(answer.read())
        assert root.get("numberMatched") == root.get("numberReturned") == str(count)
    stored = wfs.storedqueries[0].id
    assert stored == "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    by_id = wfs.getfeature(storedQueryID=stored, storedQueryParams={"id": "places.7"})
    assert etree.fromstring(by_id.read()).get("{http://www.opengis.net/gml/3.2}id") == "places.7"
    values = etree.fromstring(
        wfs.getpropertyvalue(typename="app:places", valuereference="app:name", method="Get", count=2)
    )
    assert [member.text for member in values] == ["miejsce ł 0", "miejsce ł 1"]
