# SPDX-License-Identifier: EUPL-1.2
"""The rules of the approximation, on small made-up counties and against the registers."""

from pathlib import Path

import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ingest.sample.cells import commune_cells, thiessen
from ingest.sample.definitions import load_definitions
from ingest.sample.places import Place
from ingest.sample.register import NOT_URBAN, RURAL, URBAN, Commune, kinds_of, read_communes
from ingest.sample.seats import find_seats, plain
from sdi.errors import Unprocessable

REGION = load_definitions().region


def commune(teryt: str, name: str, kind: str = NOT_URBAN, km2: int = 100) -> Commune:
    return Commune(teryt, name, kind, "PL921", 5000, km2 * 1_000_000, 3)


def place(number: int, name: str, x: float, y: float, county: str | None = None, inside: bool = True) -> Place:
    return Place(number, name, (), 0.0, 0.0, x, y, 1000, inside, county)


def test_kinds_by_the_numbers_are_those_of_the_register(shared: Path) -> None:
    communes = read_communes((shared / "registry" / "NUTS_PL.csv").read_bytes(), REGION)
    source = shared / "admin" / "mazovia_admin_2180.gpkg"
    _, _, _, values = pyogrio.raw.read(source, layer="communes", columns=["teryt6", "type"], read_geometry=False)
    register = dict(zip(*values, strict=True))
    assert {c.teryt for c in communes if c.kind == URBAN} == {t for t, kind in register.items() if kind == URBAN}
    assert all(register[c.teryt] == RURAL for c in communes if c.kind == RURAL)
    assert sum(c.kind == RURAL for c in communes) == 14


def test_numbers_before_the_alphabet_starts_again_are_urban() -> None:
    names = {
        "140101": "Zamość",
        "140102": "Ćmin",
        "140103": "Łom",
        "140104": "Zamość",
        "140201": "Ada",
        "140202": "Bór",
    }
    kinds = kinds_of(names | {"146101": "Radom"})
    assert [teryt for teryt, kind in kinds.items() if kind == URBAN] == ["140101", "146101"]
    assert [teryt for teryt, kind in kinds.items() if kind == RURAL] == ["140104"]


@pytest.mark.parametrize(
    "text",
    ["", "LAU CODE\n1007141286501\n", "LAU CODE,POPULATION\n1007141286501,many\n", "a,b\n1,2\n"],
)
def test_another_list_of_units_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable, match="list of local units"):
        read_communes(text.encode(), REGION)


def test_a_list_that_lacks_a_commune_is_refused(shared: Path) -> None:
    rows = (shared / "registry" / "NUTS_PL.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if ",1007141286501," not in row]
    with pytest.raises(Unprocessable, match="313 communes"):
        read_communes("\n".join(kept).encode(), REGION)


def test_a_seat_is_the_place_of_the_name_in_the_county() -> None:
    communes = (
        commune("140101", "Dąbie"),
        commune("140201", "Dąbie"),
        commune("140102", "Las"),
        commune("140202", "Bór"),
    )
    places = (
        place(1, "Dąbie", 0, 0, "Powiat a"),
        place(2, "Dąbie", 9, 9, "Powiat b"),
        place(3, "Las", 1, 1, "Powiat a"),
        place(4, "Bór", 8, 8, "Powiat b"),
        place(5, "Las", 2, 2, "Powiat c", inside=False),
    )
    found = find_seats(communes, places, {})
    assert {teryt: seat.geonames_id for teryt, seat in found.items()} == {
        "140101": 1, "140201": 2, "140102": 3, "140202": 4,
    }  # fmt: skip


def test_a_namesake_in_another_county_is_no_seat() -> None:
    communes = (commune("140101", "Las"), commune("140102", "Bór"), commune("140103", "Olszanka"))
    places = (
        place(1, "Las", 0, 0, "Powiat a"),
        place(2, "Bór", 1, 1, "Powiat a"),
        place(3, "Olszanka", 9, 9, "Powiat b"),
        place(4, "Olszanka", 5, 5, "Powiat c"),
    )
    assert set(find_seats(communes, places, {})) == {"140101", "140102"}


def test_a_seat_named_otherwise_is_found_by_the_definitions() -> None:
    communes = (commune("140101", "Stara Biała"), commune("140102", "Olszewo-Borki"))
    places = (place(1, "Biała", 0, 0), place(2, "Olszewo borki", 1, 1))
    found = find_seats(communes, places, {"140101": "Biała"})
    assert {teryt: seat.geonames_id for teryt, seat in found.items()} == {"140101": 1, "140102": 2}


@given(st.text(max_size=40))
def test_plain_names_are_stable(name: str) -> None:
    assert plain(plain(name)) == plain(name)


FENCE = tuple(
    place(100 + i, "obcy", x, y, inside=False)
    for i, (x, y) in enumerate(
        [(-20e3, -20e3), (-20e3, 40e3), (40e3, -20e3), (40e3, 40e3), (10e3, -25e3), (10e3, 45e3)]
    )
)


def test_a_town_gets_a_disc_of_its_area_and_the_village_the_rest() -> None:
    communes = (commune("140101", "Pionki", URBAN, 10), commune("140102", "Pionki", RURAL), commune("140103", "Las"))
    pionki, las = place(1, "Pionki", 0, 0), place(2, "Las", 20e3, 20e3)
    cells = commune_cells(communes, {"140101": pionki, "140102": pionki, "140103": las}, (pionki, las, *FENCE))
    town, village = cells.shapes["140101"], cells.shapes["140102"]
    assert town.area == pytest.approx(10e6, rel=0.01)
    assert town.intersection(village).area == 0
    assert town.union(village).buffer(1).contains(shapely.Point(0, 0))
    assert not village.is_empty


def test_a_commune_without_a_seat_gets_the_widest_gap() -> None:
    communes = (commune("140101", "A"), commune("140102", "B"), commune("140103", "C"), commune("140104", "Bez"))
    places = (place(1, "A", 0, 0), place(2, "B", 20e3, 0), place(3, "C", 10e3, 20e3))
    cells = commune_cells(communes, dict(zip(["140101", "140102", "140103"], places, strict=True)), (*places, *FENCE))
    assert cells.made == {"140104"}
    spot = cells.seats["140104"]
    distances = [shapely.Point(spot).distance(shapely.Point(p.x, p.y)) for p in (*places, *FENCE)]
    assert min(distances) > 10e3
    assert cells.shapes["140104"].contains(shapely.Point(spot))


def test_districts_of_a_city_count_for_the_city() -> None:
    communes = (commune("146501", "Warszawa", URBAN), commune("140101", "Las"))
    warsaw, las = place(1, "Warsaw", 0, 0, "Warszawa"), place(2, "Las", 10e3, 0)
    district = place(3, "Wawer", 6e3, 0, "Warszawa")
    cells = commune_cells(communes, {"146501": warsaw, "140101": las}, (warsaw, las, district, *FENCE))
    assert cells.shapes["146501"].contains(shapely.Point(7.5e3, 0))
    assert cells.shapes["140101"].contains(shapely.Point(8.5e3, 0))


def test_three_communes_at_one_seat_are_refused() -> None:
    communes = (commune("140101", "A", URBAN), commune("140102", "A", RURAL), commune("140103", "A", RURAL))
    seat = place(1, "A", 0, 0)
    with pytest.raises(Unprocessable, match="one seat for"):
        commune_cells(communes, dict.fromkeys(["140101", "140102", "140103"], seat), (seat, *FENCE))


@given(st.lists(st.tuples(st.integers(0, 500_000), st.integers(0, 500_000)), min_size=3, max_size=40, unique=True))
def test_each_thiessen_polygon_holds_its_own_spot(spots: list[tuple[int, int]]) -> None:
    metres = [(float(x), float(y)) for x, y in spots]
    if shapely.MultiPoint(metres).convex_hull.area < 1e6:
        return
    cells = thiessen(metres)
    assert all(cell.intersects(shapely.Point(spot)) for cell, spot in zip(cells, metres, strict=True))
    assert sum(cell.area for cell in cells) == pytest.approx(shapely.union_all(cells).area, rel=1e-6)


def test_two_seats_on_one_spot_are_refused() -> None:
    with pytest.raises(Unprocessable, match="share one place"):
        thiessen([(0.0, 0.0), (5.0, 5.0), (0.0, 0.0)])
