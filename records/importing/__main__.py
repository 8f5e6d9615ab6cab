# SPDX-License-Identifier: EUPL-1.2
"""The reading process of lists: `python -m records.importing FILE SUFFIX` writes its columns and rows as JSON.

Geometries come as WKB in hexadecimal, in EPSG:2180 with x = easting.
"""

import csv
import io
import json
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fiona
import fiona.transform
import shapely
import shapely.geometry
from charset_normalizer import from_bytes
from fiona.errors import FionaError

MOST_ROWS = 5_000
_MEMORY_BYTES = 4 << 30
_PAIRS = (("lon", "lat", 4326), ("longitude", "latitude", 4326), ("x", "y", 2180), ("dlugosc", "szerokosc", 4326))
_SHAPES = ("wkt", "geom", "geometry", "geometria")
_REFUSED = 3


def main(path: str, suffix: str) -> int:
    """Read a file; 3 with the reason on standard error when it cannot be read."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        rows = _delimited(Path(path)) if suffix == ".csv" else _vector(f"zip://{path}" if suffix == ".zip" else path)
        listed = []
        for row in rows:
            listed.append(row)
            if len(listed) > MOST_ROWS:
                sys.stderr.write(f"over {MOST_ROWS} rows")
                return _REFUSED
    except (FionaError, csv.Error, UnicodeError, ValueError, OSError) as error:
        sys.stderr.write(str(error)[:300])
        return _REFUSED
    columns = list(listed[0]["values"]) if listed else []
    json.dump({"columns": columns, "rows": listed}, sys.stdout, ensure_ascii=False, default=str)
    return 0


def _delimited(path: Path) -> Iterator[dict[str, Any]]:
    content = path.read_bytes()
    text = _decoded(content)
    dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    for row in csv.DictReader(io.StringIO(text), dialect=dialect):
        values = {name.strip(): (value or "").strip() for name, value in row.items() if name}
        yield {"values": values, "wkb": _written_shape(values)}


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(content, cp_isolation=["cp1250", "iso8859_2"]).best()
        return str(best) if best else content.decode("cp1250")


def _written_shape(values: dict[str, str]) -> str | None:
    folded = {name.casefold(): value for name, value in values.items()}
    for name in _SHAPES:
        if found := folded.get(name):
            shape = shapely.from_wkt(found, on_invalid="ignore")
            return shapely.to_wkb(shape, hex=True) if shape is not None else None
    for x, y, srid in _PAIRS:
        if folded.get(x) and folded.get(y) and all(re.fullmatch(r"-?\d+([.,]\d+)?", folded[part]) for part in (x, y)):
            point = shapely.geometry.Point(*(float(folded[part].replace(",", ".")) for part in (x, y)))
            return _in_2180(shapely.geometry.mapping(point), f"EPSG:{srid}")
    return None


def _vector(path: str) -> Iterator[dict[str, Any]]:
    with fiona.open(path) as source:
        crs = source.crs_wkt
        for feature in source:
            wkb = _in_2180(feature.geometry, crs) if feature.geometry and crs else None
            values = {name: "" if value is None else str(value) for name, value in feature.properties.items()}
            yield {"values": values, "wkb": wkb}


def _in_2180(geometry: Any, crs: str) -> str:
    moved = fiona.transform.transform_geom(crs, "EPSG:2180", geometry)
    return str(shapely.to_wkb(shapely.force_2d(shapely.geometry.shape(moved)), hex=True))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
