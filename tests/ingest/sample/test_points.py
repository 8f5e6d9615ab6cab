# SPDX-License-Identifier: EUPL-1.2
"""The readers of stops and rivers, on rows as the sources have them and on spoilt ones."""

import struct

import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ingest.sample.points import rivers_table, stops_table, unescape
from sdi.errors import Unprocessable

HEADER = "key\tkey\tkey\tkey\tkey\tkey\tkey\n"
WARSAW = shapely.box(600_000, 450_000, 680_000, 530_000)


def test_stops_without_coordinates_are_left_out_and_repeated_keys_are_told_apart() -> None:
    rows = (
        "1001\t03\tKijowska\t2201\t52.248998\t21.043983\tal.Zieleniecka\n"
        "1001\t03\tKijowska\t2201\t52.248928\t21.044169\tZ\\\\u0105bkowska\n"
        "1206\t01\tOczyszczalnia \\\\\tvalue\tvalue\tvalue\tvalue\n"
        "2001\t11\tal.Zieleniecka\tnull\tnull\tnull\trondo\n"
        "3299\t04\tMarco Polo\t1005\t52.1\t21.0\t____\n"
    )
    table = stops_table((HEADER + rows).encode(), "EPSG:2180")
    assert list(table.columns["id"]) == ["1001-03", "1001-03-2", "3299-04"]
    assert list(table.columns["kierunek"]) == ["al.Zieleniecka", "Ząbkowska", None]
    _, _, metres = pyproj.Geod(ellps="GRS80").inv(21.00604, 52.23182, 21.043983, 52.248998)
    palace = shapely.Point(636_955.15, 486_981.24)
    assert shapely.distance(table.geometries[0], palace) == pytest.approx(metres, rel=0.01)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(Unprocessable, match="3 fields"):
        stops_table((HEADER + "1\t2\t3\n").encode(), "EPSG:2180")


@given(st.text(alphabet=st.characters(min_codepoint=0x100, max_codepoint=0xD7FF), max_size=20))
def test_escaped_letters_come_back(text: str) -> None:
    escaped = "".join(f"\\\\u{ord(letter):04x}" for letter in text)
    assert unescape(escaped) == text.strip()


def river(points: list[tuple[float, float]], offset: int = 0) -> tuple[str, bytes]:
    data = b"".join(struct.pack("<ff", *point) for point in points)
    return f"-1 -1 {len(points)} 0 0 {offset} {len(data)} 0\n", data


def test_a_river_is_cut_to_the_region_and_one_elsewhere_left_out() -> None:
    index, data = river([(21.0, 52.0), (21.0, 53.9)])
    far, more = river([(100.0, 10.0), (101.0, 11.0)], offset=len(data))
    table = rivers_table((index + far).encode(), data + more, WARSAW, "EPSG:2180")
    assert list(table.columns["id"]) == [0]
    assert WARSAW.buffer(1e-6).contains(table.geometries[0])
    assert table.columns["dlugosc_km"][0] == pytest.approx(table.geometries[0].length / 1000, abs=0.001)


@pytest.mark.parametrize(
    "line", ["-1 -1 2 0 0 0 16", "-1 -1 2 0 0 8 16 0", "-1 -1 2 0 0 -8 16 0", "-1 -1 3 0 0 0 16 0", "-1 -1 1 0 0 0 8 0"]
)
def test_an_index_that_points_elsewhere_is_refused(line: str) -> None:
    _, data = river([(21.0, 52.0), (21.0, 52.1)])
    with pytest.raises(Unprocessable, match="index of rivers"):
        rivers_table(line.encode(), data, WARSAW, "EPSG:2180")
