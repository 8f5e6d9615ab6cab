# SPDX-License-Identifier: EUPL-1.2
"""Tells what a file is by its content; its name is never trusted."""

import re
import sqlite3
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ingest.reading.model import Format
from sdi.errors import Unprocessable

ZIP = b"PK\x03\x04"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_SQLITE = b"SQLite format 3\x00"
_FLATGEOBUF = b"fgb\x03fgb"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_HEAD = 4096
_PROLOG_BYTES = 1 << 20
_KML = "http://www.opengis.net/kml/2.2"
_GML = re.compile(r"http://www\.opengis\.net/(gml|wfs)(/.*)?")
_JSON_KIND = re.compile(rb'"type"\s*:\s*"([A-Za-z_]{1,40})"')
_GEOJSON = frozenset(
    (b"FeatureCollection", b"Feature", b"Point", b"LineString", b"Polygon", b"MultiPoint", b"MultiLineString",
     b"MultiPolygon", b"GeometryCollection")
)  # fmt: skip
LISTED = "Shapefile (zipped), GeoPackage, GeoJSON, GML, KML, CSV, FlatGeobuf, GeoTIFF"


def is_zip(path: Path) -> bool:
    """Whether the file begins as a ZIP archive."""
    with path.open("rb") as file:
        return file.read(4) in (ZIP, b"PK\x05\x06")


def tell(path: Path) -> Format | None:
    """The format of a file, or None when it is none that is read; Unprocessable for one that must not be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for magic, found in ((_SHAPEFILE, Format.SHAPEFILE), (_FLATGEOBUF, Format.FLATGEOBUF)):
        if head.startswith(magic):
            return found
    if head.startswith(_TIFF):
        return Format.GEOTIFF
    if head.startswith(_SQLITE):
        return _geopackage(path)
    return _text(path, head)


def refuse_empty(path: Path, name: str) -> None:
    """Unprocessable for a file without a byte."""
    if path.stat().st_size == 0:
        raise Unprocessable(f"{name} is empty.")


def _geopackage(path: Path) -> Format | None:
    try:
        connection = sqlite3.connect(
            f"file:{path.as_posix().replace('?', '%3f').replace('#', '%23')}?mode=ro&immutable=1", uri=True
        )
        try:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_contents'").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise Unprocessable(f"The GeoPackage is damaged: {error}.") from error
    return Format.GEOPACKAGE if found else None


def _text(path: Path, head: bytes) -> Format | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"<")):
        return _xml(path)
    if b"\x00" in head:
        return None
    if start.startswith(b"{"):
        return _json(path)
    return Format.CSV if re.match(rb"[^\n]{1,4096}[,;\t|][^\n]*", start) or b"\n" in start else None


def _json(path: Path) -> Format | None:
    """GeoJSON names one of its own types before anything else of that name can come."""
    with path.open("rb") as file:
        head = file.read(_PROLOG_BYTES)
    kinds = set(_JSON_KIND.findall(head))
    if b"gdal_streamed_alg" in kinds:
        raise Unprocessable("The JSON file is a GDAL pipeline, not data.")
    if not kinds & _GEOJSON:
        raise Unprocessable('The JSON file is not GeoJSON: it has no "type" of RFC 7946.')
    return Format.GEOJSON


class _RootSeen(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


def _xml(path: Path) -> Format | None:
    """GML or KML by the root element; a document type, and with it any entity, is refused before anything reads it."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def doctype(*_: Any) -> None:
        raise Unprocessable(
            "The XML file has a document type declaration (DTD); files with DTD or entities are not read."
        )

    def root(name: str, _attributes: Any) -> None:
        raise _RootSeen(name)

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = root
    try:
        with path.open("rb") as file:
            for _ in range(_PROLOG_BYTES >> 16):
                chunk = file.read(1 << 16)
                parser.Parse(chunk, not chunk)
    except _RootSeen as seen:
        return _by_root(seen.name)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unprocessable(f"The XML file is not well-formed: {error}.") from error
    return None


def _by_root(name: str) -> Format | None:
    namespace, _, local = name.rpartition(" ")
    if local == "kml" and (
        namespace.startswith("http://www.opengis.net/kml") or "google.com/kml" in namespace or not namespace
    ):
        return Format.KML
    if local in ("FeatureCollection", "SpatialDataSet", "SimpleFeatureCollection") or _GML.fullmatch(namespace):
        return Format.GML
    return None
