# SPDX-License-Identifier: EUPL-1.2
"""What is found out about files: CRS, encoding, types, geometry; and what is repaired, dropped or refused."""

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from sqlalchemy import Row

from ingest.model import LayerReport

from .conftest import Loader

Rows = Callable[[str], list[Row[Any]]]
WARSAW = (21.00604, 52.23182)
# Poland CS92 as ESRI's programs write it into .prj files: no authority, other names.
ESRI_CS92 = (
    'PROJCS["ETRS_1989_Poland_CS92",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,'
    '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",-5300000.0],PARAMETER["Central_Meridian",19.0],'
    'PARAMETER["Scale_Factor",0.9993],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
# The same system under a name of somebody's own.
OWN_CS92 = ESRI_CS92.replace("ETRS_1989_Poland_CS92", "PUWG_92")


def _decided(report: LayerReport, what: str) -> str:
    return next(one.value for one in report.decisions if one.what == what)


def _shapefile(folder: Path, encoding: str, prj: str = ESRI_CS92, *, label: bool = False) -> Path:
    table = pa.table({
        "nazwa": ["Żółć, gęślą jaźń", "Śródmieście"], "kod": ["01", "02"],
        "geometry": pa.array(shapely.to_wkb(shapely.points([637_000, 638_000], [487_000, 488_000])), pa.binary()),
    })  # fmt: skip
    shp = folder / "miejsca.shp"
    pyogrio.write_arrow(
        table,
        shp,
        geometry_name="geometry",
        geometry_type="Point",
        crs="EPSG:2180",
        encoding=encoding,
        driver="ESRI Shapefile",
    )
    shp.with_suffix(".prj").write_text(prj)
    if not label:
        shp.with_suffix(".cpg").unlink(missing_ok=True)
        dbf = bytearray(shp.with_suffix(".dbf").read_bytes())
        dbf[29] = 0
        shp.with_suffix(".dbf").write_bytes(bytes(dbf))
    archive = folder / "miejsca.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for part in folder.glob("miejsca.*"):
            if part.suffix != ".zip":
                opened.write(part, part.name)
    return archive


@pytest.mark.parametrize(("encoding", "found"), [("utf-8", "utf-8"), ("cp1250", "cp1250"), ("ISO-8859-2", "iso8859-2")])
def test_encoding_of_a_shapefile_without_label_is_told_by_its_letters(
    tmp_path: Path, load_file: Loader, rows: Rows, encoding: str, found: str
) -> None:
    report = load_file(_shapefile(tmp_path, encoding))
    assert _decided(report, "encoding") == found
    assert [row.nazwa for row in rows("SELECT nazwa FROM data.miejsca_1 ORDER BY kod")] == [
        "Żółć, gęślą jaźń",
        "Śródmieście",
    ]


@pytest.mark.parametrize("prj", [ESRI_CS92, OWN_CS92])
def test_crs_of_a_prj_is_known_by_what_it_does(tmp_path: Path, load_file: Loader, prj: str) -> None:
    assert _decided(load_file(_shapefile(tmp_path, "utf-8", prj)), "crs") == "EPSG:2180"


@pytest.mark.parametrize(("encoding", "found"), [("utf-8", "utf-8"), ("cp1250", "cp1250"), ("iso8859-2", "iso8859-2")])
def test_encoding_of_a_csv_is_told_by_its_letters(
    tmp_path: Path, load_file: Loader, rows: Rows, encoding: str, found: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("kod;nazwa;szer;dług\n01;Ściąga źrebię;52,23;21,01\n".encode(encoding))
    report = load_file(file)
    assert _decided(report, "encoding") == found
    assert tuple(rows("SELECT kod, nazwa, szer FROM data.a_1")[0]) == ("01", "Ściąga źrebię", 52.23)


def test_asked_encoding_is_believed(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("nazwa,lat,lon\nęó,52,21\n".encode("cp1250"))
    load_file(file, encoding="windows-1250")
    assert rows("SELECT nazwa FROM data.a_1")[0][0] == "ęó"


@pytest.mark.parametrize("srid", [2180, 2178, 4326, 3857, 25834, 32634])
def test_a_known_point_arrives_where_it_is_from_every_crs(
    tmp_path: Path, load_file: Loader, rows: Rows, srid: int
) -> None:
    (place,) = rows(
        f"SELECT ST_X(g) x, ST_Y(g) y FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint{WARSAW}, 4326), {srid}) g) p"
    )
    file = tmp_path / "a.csv"
    file.write_text(f"id,x,y\n1,{place.x},{place.y}\n")
    load_file(file, crs=f"EPSG:{srid}")
    (found,) = rows(
        "SELECT ST_SRID(geom) srid, ST_X(g) x, ST_Y(g) y FROM (SELECT geom, ST_Transform(geom, 4326) g FROM data.a_1) p"
    )
    assert found.srid == 2180
    assert (found.x, found.y) == pytest.approx(WARSAW, abs=1e-6)


def test_data_outside_poland_keep_their_crs_or_get_longitude_and_latitude(tmp_path: Path, load_file: Loader) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,x,y\n1,-3.7,40.4\n")
    assert _decided(load_file(file, crs="EPSG:4258"), "stored crs") == "EPSG:4258"
    file.write_text("id,x,y\n1,440000,4474000\n")
    assert _decided(load_file(file, crs="EPSG:25830"), "stored crs") == "EPSG:4326"


def test_a_crs_without_a_number_is_transformed_by_its_definition(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    own = "+proj=tmerc +lat_0=0 +lon_0=20 +k=0.9997 +x_0=123456 +y_0=-5000000 +ellps=GRS80 +units=m +type=crs"
    file = tmp_path / "a.csv"
    file.write_text("id,x,y\n1,192000,790000\n")
    load_file(file, crs=own)
    (found,) = rows(f"SELECT ST_X(g) x, ST_Y(g) y FROM (SELECT ST_Transform(geom, '{own}') g FROM data.a_1) p")
    assert (found.x, found.y) == pytest.approx((192_000, 790_000), abs=0.01)


def _geojson(path: Path, *geometries: dict[str, Any]) -> Path:
    features = [{"type": "Feature", "properties": {"n": i}, "geometry": g} for i, g in enumerate(geometries)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


SQUARE = [[20, 52], [21, 52], [21, 53], [20, 53], [20, 52]]
BOW_TIE = [[20, 52], [21, 53], [21, 52], [20, 53], [20, 52]]


@pytest.mark.parametrize(
    ("geometries", "found"),
    [
        ([{"type": "Polygon", "coordinates": [SQUARE]}], "Polygon"),
        (
            [{"type": "Polygon", "coordinates": [SQUARE]}, {"type": "MultiPolygon", "coordinates": [[SQUARE]]}],
            "MultiPolygon",
        ),
        ([{"type": "Point", "coordinates": [20, 52]}, {"type": "LineString", "coordinates": SQUARE}], "Geometry"),
    ],
)
def test_geometry_type_is_the_narrowest_that_holds_all(
    tmp_path: Path, load_file: Loader, rows: Rows, geometries: list[dict[str, Any]], found: str
) -> None:
    report = load_file(_geojson(tmp_path / "g.geojson", *geometries))
    assert _decided(report, "geometry type") == found
    assert rows("SELECT type FROM geometry_columns WHERE f_table_name = 'g_1'")[0][0] == found.upper()


def test_invalid_polygons_are_repaired_and_those_that_would_vanish_refused(
    tmp_path: Path, load_file: Loader, rows: Rows
) -> None:
    flat = [[20, 52], [21, 52], [20, 52], [20, 52]]
    report = load_file(_geojson(
        tmp_path / "g.geojson",
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "Polygon", "coordinates": [BOW_TIE]},
        {"type": "Polygon", "coordinates": [flat]},
    ))  # fmt: skip
    assert (report.repaired, report.refused) == (1, 1)
    assert report.refusals[0].reason.startswith("the geometry is not valid and cannot be repaired")
    assert rows("SELECT bool_and(ST_IsValid(geom)) FROM data.g_1")[0][0]


def test_heights_are_left_out_and_reported(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    report = load_file(_geojson(tmp_path / "g.geojson", {"type": "Point", "coordinates": [21, 52, 99]}))
    assert report.warnings == ["1 geometries had heights or measures, which are left out."]
    assert rows("SELECT ST_NDims(geom) FROM data.g_1")[0][0] == 2


def test_arcs_become_line_segments(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = tmp_path / "arcs.gpkg"
    arc = b"\x01" + (8).to_bytes(4, "little") + (3).to_bytes(4, "little") + np.array(
        [638_000, 487_000, 638_100, 487_100, 638_200, 487_000], dtype="<f8"
    ).tobytes()  # fmt: skip
    line = shapely.to_wkb(shapely.linestrings([[638_000, 487_000], [638_200, 487_000]]))
    table = pa.table({"id": [1], "geom": pa.array([line], pa.binary())})
    pyogrio.write_arrow(
        table, file, layer="arcs", geometry_name="geom", geometry_type="LineString", crs="EPSG:2180", driver="GPKG",
        layer_options={"SPATIAL_INDEX": "NO"},
    )  # fmt: skip
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE arcs SET geom = ?", [b"GP\0\1" + (2180).to_bytes(4, "little") + arc])
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CIRCULARSTRING'")
    assert load_file(file).loaded == 1
    (row,) = rows("SELECT GeometryType(geom) kind, ST_NPoints(geom) points, ST_Length(geom) length FROM data.arcs_1")
    assert row.kind == "LINESTRING"
    assert row.points > 10
    assert row.length == pytest.approx(100 * np.pi, rel=0.01)


def test_a_bad_record_is_refused_and_the_others_are_kept(tmp_path: Path, load_file: Loader) -> None:
    _shapefile(tmp_path, "utf-8", label=True)
    shp = tmp_path / "miejsca.shp"
    shp.write_bytes(shp.read_bytes()[:-20])
    report = load_file(shp)
    assert (report.read, report.loaded, report.refused) == (2, 1, 1)


@pytest.mark.parametrize(
    ("driver", "suffix"), [("FlatGeobuf", "fgb"), ("GPKG", "gpkg"), ("GML", "gml"), ("GeoJSON", "geojson")]
)
def test_types_of_columns_survive_every_format(
    tmp_path: Path, load_file: Loader, rows: Rows, driver: str, suffix: str
) -> None:
    table = pa.table({
        "whole": pa.array([1 << 40, None], pa.int64()), "real": [1.5, None], "text": ["ążź", None],
        "day": pa.array([0, None], pa.int32()).cast(pa.date32()),
        "geometry": pa.array(shapely.to_wkb(shapely.points([20, 21], [52, 52.5])), pa.binary()),
    })  # fmt: skip
    file = tmp_path / f"t.{suffix}"
    pyogrio.write_arrow(
        table, file, layer="t", geometry_name="geometry", geometry_type="Point", crs="EPSG:4326", driver=driver
    )
    report = load_file(file)
    assert report.loaded == 2
    found = [
        tuple(row)
        for row in rows("SELECT whole, real, text, left(day::text, 10) FROM data.t_1 ORDER BY whole NULLS LAST")
    ]
    assert found == [(1 << 40, 1.5, "ążź", "1970-01-01"), (None, None, None, None)]


def test_wkt_column_is_the_geometry(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = tmp_path / "w.csv"
    file.write_text(
        'id,wkt\n1,"POLYGON((637000 487000,638000 487000,638000 488000,637000 487000))"\n'
        '2,"POINT(1"\n3,\n4,POINT(637000 487000)\n'
    )
    report = load_file(file, crs="EPSG:2180")
    assert (report.loaded, report.refused) == (2, 2)
    assert _decided(report, "geometry type") == "Geometry"


def test_columns_of_one_name_are_told_apart(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = tmp_path / "d.csv"
    file.write_text("Nazwa,nazwa,NAZWA,lat,lon\na,b,c,52,21\n")
    load_file(file)
    assert tuple(rows("SELECT nazwa, nazwa_2, nazwa_3 FROM data.d_1")[0]) == ("a", "b", "c")


def test_key_label_and_time_are_indexed(tmp_path: Path, load_file: Loader, rows: Rows) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,nazwa,od,lat,lon\n1,a,2024-01-01,52,21\n2,b,2025-01-01,52,21\n")
    load_file(file, time=("od",), searchable=True)
    (layer,) = rows("SELECT key_column, label_column, time_start, time_extent FROM layers.layer")
    assert tuple(layer)[:3] == ("id", "nazwa", "od")
    assert (layer.time_extent.lower.year, layer.time_extent.upper.year) == (2024, 2025)
    indexes = " ".join(row[0] for row in rows("SELECT indexdef FROM pg_indexes WHERE tablename = 't_1'"))
    for part in ("USING gist (geom)", "(fid)", "(id)", "(nazwa)", "(od)", "sdi.fold(nazwa) gin_trgm_ops"):
        assert part in indexes
