# SPDX-License-Identifier: EUPL-1.2
"""Tables of places, of the stops of Warsaw's public transport and of rivers."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from ingest.sample.places import Place
from ingest.sample.register import URBAN, Commune
from ingest.sample.tables import Table, Value
from sdi.errors import Unprocessable

STOP_FIELDS = 7
RIVER_FIELDS = 8


class _Stop(TypedDict):
    id: str
    zespol: str
    slupek: str
    nazwa: str
    kierunek: str | None
    position: tuple[float, float]


def places_table(places: Iterable[Place], seats: dict[str, Place], communes: Iterable[Commune], crs: str) -> Table:
    """The region's places as points.

    `gmina_kod` holds TERYT of the commune that has its seat there, if any; the urban one's where two have.
    """
    inside = [place for place in places if place.inside]
    urban_last = sorted((c for c in communes if c.teryt in seats), key=lambda commune: commune.kind == URBAN)
    seat_of = {seats[commune.teryt].geonames_id: commune.teryt for commune in urban_last}
    columns: dict[str, list[Value]] = {
        "id": [place.geonames_id for place in inside],
        "nazwa": [place.name for place in inside],
        "powiat": [place.county for place in inside],
        "ludnosc": [place.population for place in inside],
        "gmina_kod": [seat_of.get(place.geonames_id) for place in inside],
    }
    return Table("places", crs, "Point", [shapely.Point(place.x, place.y) for place in inside], columns)


def stops_table(text: bytes, crs: str) -> Table:
    """Stops from the tab-separated list (group, post, name, street, latitude, longitude, direction) with its header.

    Rows without numbers for coordinates are left out; everything else stays as the source has it, a position far away
    too. The key is group and post, with a number behind it where the list repeats them. Raises `Unprocessable` when a
    row has another number of fields.
    """
    rows = csv.reader(io.StringIO(text.decode("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE)
    next(rows, None)
    seen: Counter[tuple[str, str]] = Counter()
    stops = [stop for row in rows if row and (stop := _stop(row, seen)) is not None]
    to_metres = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
    x, y = to_metres.transform([s["position"][0] for s in stops], [s["position"][1] for s in stops], errcheck=True)
    columns: dict[str, list[Value]] = {
        "id": [stop["id"] for stop in stops],
        "zespol": [stop["zespol"] for stop in stops],
        "slupek": [stop["slupek"] for stop in stops],
        "nazwa": [stop["nazwa"] for stop in stops],
        "kierunek": [stop["kierunek"] for stop in stops],
    }
    return Table("stops", crs, "Point", list(shapely.points(x, y)), columns)


def _stop(row: list[str], seen: Counter[tuple[str, str]]) -> _Stop | None:
    if len(row) != STOP_FIELDS:
        raise Unprocessable(f"the list of stops has a row of {len(row)} fields")
    group, post, name, _, latitude, longitude, direction = row
    if not (_is_number(latitude) and _is_number(longitude)):
        return None
    seen[group, post] += 1
    number = seen[group, post]
    return {
        "id": f"{group}-{post}" if number == 1 else f"{group}-{post}-{number}",
        "zespol": group,
        "slupek": post,
        "nazwa": unescape(name),
        "kierunek": unescape(direction) if direction.strip("_ ") not in {"", "null"} else None,
        "position": (float(longitude), float(latitude)),
    }


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,3}(\.\d+)?", text) is not None


def unescape(text: str) -> str:
    r"""The text with `\u0105` and the like (however often the backslash was doubled) made into letters."""
    return re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text).strip()


def rivers_table(index: bytes, points: bytes, region: BaseGeometry, crs: str) -> Table:
    """Rivers of WDBII cut to a region (a shape in `crs`).

    `index` has a line for each river (fields 3, 6 and 7: number of points, offset and bytes in `points`, which holds
    pairs of longitude and latitude as little-endian 32-bit floats). The source names none of them. Raises
    `Unprocessable` when an entry points outside.
    """
    to_metres = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
    to_degrees = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*region.bounds)
    shapes: dict[int, BaseGeometry] = {}
    for number, line in enumerate(index.decode("ascii").splitlines()):
        course = _course(line, points)
        longitudes, latitudes = course[:, 0], course[:, 1]
        if longitudes.max() < west or longitudes.min() > east or latitudes.max() < south or latitudes.min() > north:
            continue
        x, y = to_metres.transform(longitudes, latitudes, errcheck=True)
        cut = shapely.LineString(np.column_stack([x, y])).intersection(region)
        lines = [part for part in shapely.get_parts(cut) if part.geom_type == "LineString" and not part.is_empty]
        if lines:
            shapes[number] = shapely.multilinestrings(lines)
    columns: dict[str, list[Value]] = {
        "id": list(shapes),
        "dlugosc_km": [round(shape.length / 1000, 3) for shape in shapes.values()],
    }
    return Table("rivers", crs, "MultiLineString", list(shapes.values()), columns)


def _course(line: str, points: bytes) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    fields = line.split()
    if len(fields) != RIVER_FIELDS:
        raise Unprocessable("the index of rivers has a line of another shape")
    count, start, length = int(fields[2]), int(fields[5]), int(fields[6])
    if count < 2 or length != count * 8 or start < 0 or start + length > len(points):
        raise Unprocessable("the index of rivers points outside the file of points")
    course = np.frombuffer(points, dtype="<f4", count=count * 2, offset=start)
    return course.reshape(-1, 2).astype("float64")
