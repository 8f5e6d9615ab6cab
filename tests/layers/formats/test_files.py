# SPDX-License-Identifier: EUPL-1.2
"""Files equal the layer: read by GDAL (its own and pyogrio's) and by Arrow."""

import io
import json
import subprocess
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient

from layers.formats.model import FORMATS
from layers.model import ColumnType, GeometryType, Layer
from sdi.crs import SERVED, Crs, by_srid, transform_point
from tests.conftest import LayerMaker
from tests.layers.formats.conftest import COLUMNS, EASTING, LATITUDE, LONGITUDE, NORTHING, VALUES

GDAL = ("gpkg", "shp", "fgb")
WRITTEN = (*GDAL, "parquet")
SHORT = ["name", "a_very_lon", "a_very_l_2", "share", "urban", "since", "checked", "geometry"]


def _fetch(client: FlaskClient, folder: Path, layer: str, form: str, query: str = "") -> Path:
    answer = client.get(f"/ogc/collections/{layer}/items?f={form}{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == FORMATS[form].media_type
    path = folder / f"{layer}.{FORMATS[form].extension}"
    path.write_bytes(answer.data)
    return path


def _read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Metadata and rows by id; the geometry under `shape`."""
    if path.suffix == ".parquet":
        rows = pyarrow.parquet.read_table(path).to_pylist()
        geo = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"geo"])
        for row in rows:
            row["shape"] = row.pop(geo["primary_column"])
            row.pop("bbox")
        return geo["columns"][geo["primary_column"]], sorted(rows, key=lambda row: int(row["fid"]))
    # GDAL 3.12 reads missing geometry of FlatGeobuf wrongly as Arrow: geometries are read by themselves.
    meta, table = pyogrio.raw.read_arrow(path, return_fids=path.suffix == ".gpkg", read_geometry=False)
    rows = table.to_pylist()
    for row, shape in zip(rows, pyogrio.raw.read(path, columns=[])[2], strict=True):
        row["shape"] = shape
    return meta, sorted(rows, key=lambda row: int(row["fid"]))


@pytest.mark.parametrize("form", WRITTEN)
def test_every_value_arrives(client: FlaskClient, areas: Layer, tmp_path: Path, form: str) -> None:
    _, rows = _read(_fetch(client, tmp_path, "areas", form))
    assert [row["fid"] for row in rows] == [1, 2, 3, 4, 5]
    names = SHORT if form == "shp" else list(COLUMNS)
    for row, values in zip(rows, VALUES, strict=True):
        for name, wanted in zip(names, values, strict=True):
            assert _plain(row[name], form, wanted) == wanted, (form, name)
    assert [row["shape"] is None for row in rows] == [False, False, True, False, False]


def _plain(found: Any, form: str, wanted: Any) -> Any:
    """What the format's own limits make of a value, undone: text for instants and no empty text in a Shapefile."""
    if form == "shp":
        if isinstance(wanted, datetime):
            return datetime.fromisoformat(found)
        if wanted == "" and found is None:
            return ""
        if isinstance(wanted, float) and found is not None:
            return wanted if abs(found - wanted) < 1e-14 else found
        if wanted is None or wanted == "":
            return wanted if found in ("", None) else found
    if isinstance(found, datetime):
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.date() if isinstance(wanted, date) and not isinstance(wanted, datetime) else found
    return found


@pytest.mark.parametrize(
    ("form", "crs"),
    [("parquet", crs) for crs in SERVED]
    + [(form, crs) for form in GDAL for crs in SERVED if crs.srid in (2180, 4326, 3857)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_coordinates_have_x_first_in_every_crs(
    client: FlaskClient, dots: Layer, tmp_path: Path, form: str, crs: Crs
) -> None:
    meta, rows = _read(_fetch(client, tmp_path, "dots", form, f"&limit=1&crs={crs.uri}"))
    wanted = transform_point(EASTING, NORTHING, by_srid(2180), crs)
    point = shapely.from_wkb(rows[0]["shape"])
    assert (point.x, point.y) == pytest.approx(wanted, abs=1e-6)
    if form == "parquet":
        code = meta["crs"]["id"]
        assert (code["authority"], str(code["code"])) == (crs.authority, crs.code or str(crs.srid))
    elif form != "shp":
        assert meta["crs"] == f"EPSG:{crs.srid}"


def test_the_known_point_is_where_it_is(client: FlaskClient, dots: Layer, tmp_path: Path) -> None:
    _, rows = _read(_fetch(client, tmp_path, "dots", "gpkg", "&limit=1"))
    point = shapely.from_wkb(rows[0]["shape"])
    assert (point.x, point.y) == pytest.approx((LONGITUDE, LATITUDE), abs=2e-5)


@pytest.mark.parametrize("form", WRITTEN)
def test_nothing_found_is_a_valid_file(client: FlaskClient, dots: Layer, tmp_path: Path, form: str) -> None:
    _, rows = _read(_fetch(client, tmp_path, "dots", form, "&number=5000"))
    assert rows == []


@pytest.mark.parametrize("form", WRITTEN)
def test_selections_and_properties_hold(client: FlaskClient, dots: Layer, tmp_path: Path, form: str) -> None:
    path = _fetch(client, tmp_path, "dots", form, "&filter=number<20 AND number>=10&properties=number&sortby=-number")
    _, rows = _read(path)
    assert [row["fid"] for row in rows] == list(range(11, 21))
    assert all(set(row) == {"fid", "number", "shape"} for row in rows)


@pytest.mark.client
@pytest.mark.parametrize("form", GDAL)
def test_gdals_own_program_reads_them(client: FlaskClient, dots: Layer, tmp_path: Path, form: str) -> None:
    path = _fetch(client, tmp_path, "dots", form, "&crs=http://www.opengis.net/def/crs/EPSG/0/2180")
    name = f"/vsizip/{path}" if form == "shp" else str(path)
    told = subprocess.run(["ogrinfo", "-so", "-al", name], check=True, capture_output=True, text=True).stdout
    assert "Feature Count: 400" in told
    assert f"Extent: ({EASTING:.6f}, {NORTHING:.6f}) - ({EASTING + 399:.6f}, {NORTHING:.6f})" in told
    assert 'ID["EPSG",2180]]' in told


def test_parquet_tells_types_and_boxes(client: FlaskClient, areas: Layer, tmp_path: Path) -> None:
    path = _fetch(client, tmp_path, "areas", "parquet", "&crs=http://www.opengis.net/def/crs/EPSG/0/2180")
    table = pyarrow.parquet.read_table(path)
    geo = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry_")
    column = geo["columns"]["geometry_"]
    assert column["geometry_types"] == ["MultiPolygon"]
    assert column["encoding"] == "WKB"
    assert column["bbox"] == pytest.approx([EASTING, NORTHING, EASTING + 410, NORTHING + 810])
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    boxes = table.column("bbox").to_pylist()
    assert boxes[0] == {"xmin": EASTING, "ymin": NORTHING, "xmax": EASTING + 10, "ymax": NORTHING + 10}
    assert boxes[2] is None


def test_a_shapefile_tells_what_it_could_not_hold(client: FlaskClient, add_layer: LayerMaker, tmp_path: Path) -> None:
    columns = {"description": ColumnType.TEXT, "description_2": ColumnType.TEXT, "short": ColumnType.TEXT}
    add_layer("texts", GeometryType.POINT, columns, [["POINT(1 1)", "ł" * 200, "x" * 254, "y" * 255]])
    path = _fetch(client, tmp_path, "texts", "shp")
    with zipfile.ZipFile(path) as archive:
        assert {"texts.shp", "texts.shx", "texts.dbf", "texts.prj", "texts.cpg", "texts.txt"} == set(archive.namelist())
        assert archive.read("texts.cpg") == b"UTF-8"
        told = archive.read("texts.txt").decode().splitlines()
    assert told == [
        "descriptio = description",
        "descript_2 = description_2",
        "descriptio: 1 texts cut to 254 bytes",
        "short: 1 texts cut to 254 bytes",
    ]
    _, rows = _read(path)
    assert (rows[0]["descriptio"], rows[0]["descript_2"], rows[0]["short"]) == ("ł" * 127, "x" * 254, "y" * 254)


def test_a_shapefile_of_mixed_geometry_is_refused(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("mixed", GeometryType.GEOMETRY, {}, [["POINT(1 1)"], ["LINESTRING(1 1,2 2)"]])
    answer = client.get("/ogc/collections/mixed/items?f=shp")
    assert (answer.status_code, answer.json["code"]) == (501, "unsupported")


@pytest.mark.parametrize("form", ["gpkg", "fgb", "parquet"])
def test_mixed_geometry_arrives(client: FlaskClient, add_layer: LayerMaker, tmp_path: Path, form: str) -> None:
    shapes = ["POINT(1 1)", "LINESTRING(1 1,2 2)", "POLYGON EMPTY", "GEOMETRYCOLLECTION(POINT(3 3))"]
    add_layer("mixed", GeometryType.GEOMETRY, {}, [[shape] for shape in shapes], srid=2180)
    _, rows = _read(_fetch(client, tmp_path, "mixed", form, "&crs=http://www.opengis.net/def/crs/EPSG/0/2180"))
    found = [row["shape"] and shapely.from_wkb(row["shape"]).wkt.replace(" (", "(") for row in rows]
    assert [found[0], found[1], found[3]] == ["POINT(1 1)", "LINESTRING(1 1, 2 2)", "GEOMETRYCOLLECTION(POINT(3 3))"]
    assert found[2] in ("POLYGON EMPTY", None)


def test_a_zip_is_whole(client: FlaskClient, dots: Layer) -> None:
    answer = client.get("/ogc/collections/dots/items?f=shp")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("form", ["gpkg", "fgb", "parquet"])
def test_the_largest_integers_arrive(client: FlaskClient, add_layer: LayerMaker, tmp_path: Path, form: str) -> None:
    rows = [["POINT(1 1)", value] for value in (2**63 - 1, -(2**63), 0)]
    add_layer("whole", GeometryType.POINT, {"number": ColumnType.INTEGER}, rows)
    _, found = _read(_fetch(client, tmp_path, "whole", form))
    assert [row["number"] for row in found] == [2**63 - 1, -(2**63), 0]
