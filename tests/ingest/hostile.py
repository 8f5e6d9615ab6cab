# SPDX-License-Identifier: EUPL-1.2
"""Broken and hostile files, each with words of the refusal it must get."""

import io
import json
import sqlite3
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning

Make = Callable[[Path], dict[str, Any] | None]
CASES: dict[str, tuple[str, str, Make]] = {}
"""Name of the case: file name, words of the refusal, and what writes the file (and may give options)."""


def case(file: str, words: str) -> Callable[[Make], Make]:
    """Register a case."""

    def register(make: Make) -> Make:
        CASES[make.__name__] = (file, words, make)
        return make

    return register


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


POINT = {"type": "Point", "coordinates": [21.0, 52.2]}


def _zip(path: Path, entries: dict[str, bytes], mode: int | None = None) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if mode is not None:
                info.external_attr = mode << 16
            archive.writestr(info, data)


@case("empty.geojson", "is empty")
def empty_file(path: Path) -> None:
    path.write_bytes(b"")


@case("truncated.zip", "damaged or incomplete")
def truncated_zip(path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("a.geojson", collection(feature(POINT)) * 50)
    path.write_bytes(whole.getvalue()[:-200])


@case("slip.zip", "leads out of its folder")
def zip_with_parent_folder(path: Path) -> None:
    _zip(path, {"../../evil.geojson": collection(feature(POINT)).encode()})


@case("absolute.zip", "leads out of its folder")
def zip_with_absolute_name(path: Path) -> None:
    _zip(path, {"/etc/evil.geojson": collection(feature(POINT)).encode()})


@case("windows.zip", "leads out of its folder")
def zip_with_windows_parent(path: Path) -> None:
    _zip(path, {"..\\..\\evil.geojson": collection(feature(POINT)).encode()})


@case("link.zip", "symbolic link")
def zip_with_symbolic_link(path: Path) -> None:
    _zip(path, {"link.geojson": b"/etc/passwd"}, stat.S_IFLNK | 0o777)


@case("bomb.zip", "bomb")
def zip_bomb(path: Path) -> None:
    _zip(path, {"zeros.csv": bytes(60_000_000)})


@case("liar.zip", "damaged|less than it holds")
def zip_that_understates_its_size(path: Path) -> None:
    _zip(path, {"a.csv": b"lat,lon\n" + b"52.2,21.0\n" * 5_000})
    data = path.read_bytes()
    size = (len(b"lat,lon\n") + 50_000).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (100).to_bytes(4, "little")))


@case("many.zip", "at most 10,000")
def zip_with_too_many_entries(path: Path) -> None:
    _zip(path, {f"{number}.txt": b"" for number in range(10_001)})


@case("nested.zip", "holds no file of a format")
def zip_in_a_zip(path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.geojson", collection(feature(POINT)))
    _zip(path, {"inner.zip": inner.getvalue()})


@case("not_a.zip", "no format that is read")
def picture_named_zip(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))


@case("halfshape.zip", "lacks its .shx or .dbf")
def shapefile_without_its_parts(path: Path) -> None:
    _zip(path, {"a.shp": b"\x00\x00\x27\x0a" + bytes(96)})


@case("nocrs.csv", "does not say in which coordinate")
def coordinates_without_crs(path: Path) -> None:
    path.write_text("id,x,y\n1,638000,487000\n")


@case("badcrs.csv", "no coordinate reference system that is known")
def crs_that_does_not_exist(path: Path) -> dict[str, Any]:
    path.write_text("id,x,y\n1,638000,487000\n")
    return {"crs": "EPSG:99999"}


@case("wrongcrs.csv", "outside the area of its coordinate")
def wrong_declared_crs(path: Path) -> dict[str, Any]:
    path.write_text("id,x,y\n1,7500000,5788000\n2,7500100,5788100\n")
    return {"crs": "EPSG:2180"}


@case("noplace.csv", "has no place")
def csv_without_coordinates(path: Path) -> None:
    path.write_text("id,name\n1,a\n2,b\n")


@case("quotes.csv", "cannot be parsed")
def csv_with_broken_quotes(path: Path) -> None:
    path.write_text('id,name,lat,lon\n1,"open,52.2,21.0\n2,b,52.2,21.0\n3,c,52.3,21.1\n')


@case("header.csv", "no rows")
def csv_with_a_header_only(path: Path) -> None:
    path.write_text("id,lat,lon\n")


@case("ragged.csv", "cannot be parsed")
def csv_with_ragged_rows(path: Path) -> None:
    path.write_text("id,lat,lon\n1,52.2,21.0,extra\n")


@case("columns.csv", "at most 1000")
def csv_with_too_many_columns(path: Path) -> None:
    path.write_text(",".join(f"c{i}" for i in range(5_000)) + "\n" + ",".join("1" for _ in range(5_000)))


@case("nan.csv", "not a finite number")
def coordinates_that_are_not_numbers(path: Path) -> None:
    path.write_text("id,lat,lon\n1,NaN,21.0\n2,abc,21.0\n3,inf,21.0\n")


@case("nan.geojson", "refused|cannot be read")
def geojson_with_nan(path: Path) -> None:
    path.write_text(collection(feature({"type": "Point", "coordinates": [1, 2]})).replace("[1, 2]", "[NaN, 52]"))


@case("deep.geojson", "cannot be read|refused|has no rows")
def geojson_nested_too_deep(path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    path.write_text(f'{{"type": "FeatureCollection", "features": [{{"type": "Feature", "geometry": {{"type": "Polygon",'
                    f' "coordinates": {deep}}}, "properties": {{}}}}]}}')  # fmt: skip


@case("none.geojson", "has no rows")
def geojson_without_features(path: Path) -> None:
    path.write_text(collection())


@case("nogeom.geojson", "has no geometry")
def geojson_without_geometry(path: Path) -> None:
    path.write_text(collection(feature(None, id=1)))


@case("cut.geojson", "cannot be read")
def truncated_geojson(path: Path) -> None:
    path.write_text(collection(*[feature(POINT, id=i) for i in range(10)])[:-80])


@case("other.json", "not GeoJSON")
def json_of_another_kind(path: Path) -> None:
    path.write_text('{"type": "Topology", "objects": {}}')


@case("pipeline.geojson", "pipeline")
def gdal_pipeline(path: Path) -> None:
    path.write_text('{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/passwd"}')


@case("points.gml", "document type declaration")
def gml_with_entities(path: Path) -> None:
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">&a;</gml:FeatureCollection>'
    )


@case("laughs.kml", "document type declaration")
def kml_with_a_billion_laughs(path: Path) -> None:
    path.write_text('<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><kml xmlns="http://www.opengis.net/kml/2.2"/>')


@case("hidden.gml", "document type declaration|not well-formed")
def gml_with_a_dtd_in_utf16(path: Path) -> None:
    path.write_bytes('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x []><x/>'.encode("utf-16"))


@case("broken.gml", "not well-formed|cannot be read|has no layer")
def gml_that_is_not_well_formed(path: Path) -> None:
    path.write_text('<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><a></gml:b>')


@case("layer.vrt", "no format that is read")
def gdal_virtual_dataset(path: Path) -> None:
    path.write_text('<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource>'
                    "</OGRVRTLayer></OGRVRTDataSource>")  # fmt: skip


@case("raster.tif", "no format that is read")
def raster_virtual_dataset_named_tif(path: Path) -> None:
    path.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"><SRS>EPSG:2180</SRS></VRTDataset>')


@case("plain.gpkg", "no format that is read")
def sqlite_that_is_no_geopackage(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()


@case("damaged.gpkg", "damaged|cannot be read")
def damaged_geopackage(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 40)


@case("damaged.fgb", "cannot be read|made the reader fail|refused")
def damaged_flatgeobuf(path: Path) -> None:
    path.write_bytes(b"fgb\x03fgb\x00" + b"\xff" * 4000)


@case("cut.tif", "cannot be read")
def truncated_geotiff(path: Path) -> None:
    _tiff(path, crs="EPSG:2180")
    path.write_bytes(path.read_bytes()[:5_000])


@case("nocrs.tif", "does not say in which coordinate")
def geotiff_without_crs(path: Path) -> None:
    _tiff(path, crs=None)


@case("unplaced.tif", "not georeferenced")
def geotiff_without_position(path: Path) -> None:
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", width=8, height=8, count=1, dtype="uint8") as raster,
    ):
        raster.write(np.ones((1, 8, 8), dtype="uint8"))


@case("binary.csv", "no format that is read")
def binary_named_csv(path: Path) -> None:
    path.write_bytes(zlib.compress(b"a" * 1000) + bytes(100))


@case("key.csv", "no such column")
def key_that_is_not_there(path: Path) -> dict[str, Any]:
    path.write_text("id,lat,lon\n1,52.2,21.0\n")
    return {"key": "id; DROP TABLE layers.layer"}


@case("theme.csv", "There is no theme")
def theme_that_is_not_there(path: Path) -> dict[str, Any]:
    path.write_text("id,lat,lon\n1,52.2,21.0\n")
    return {"theme": "x' OR '1'='1"}


@case("layer.csv", "cannot be a layer's id")
def layer_id_with_sql(path: Path) -> dict[str, Any]:
    path.write_text("id,lat,lon\n1,52.2,21.0\n")
    return {"layer": 'a"; DROP SCHEMA data CASCADE; --'}


@case("encoding.csv", "encoding 'klingon' is not known")
def encoding_that_does_not_exist(path: Path) -> dict[str, Any]:
    path.write_text("id,lat,lon\n1,52.2,21.0\n")
    return {"encoding": "klingon"}


@case("append.csv", "load it first")
def append_to_nothing(path: Path) -> dict[str, Any]:
    path.write_text("id,lat,lon\n1,52.2,21.0\n")
    return {"update": "append"}


def _tiff(path: Path, crs: str | None) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=200, count=1, dtype="float32", crs=crs,
        transform=Affine(10, 0, 638_000, 0, -10, 487_000),
    ) as raster:  # fmt: skip
        raster.write(np.random.default_rng(1).random((1, 200, 200), dtype="float32"))
