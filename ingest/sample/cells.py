# SPDX-License-Identifier: EUPL-1.2
"""Approximate shapes of communes: Thiessen polygons of their seats in the region's metric CRS.

The rule:
1. The sites are the communes' seats. Places that GeoNames puts into a city which is a county of its own (Warsaw's
   districts) are sites of that city. All places of the neighbouring regions are sites too and fence the region in: its
   outline is where the nearest site is no longer one of its own, so it needs no outline from elsewhere.
2. A commune without a known seat gets one in the widest gap of its county: among the corners of the cells of the
   county's communes, the one furthest from every site. The communes without a seat are served from the largest listed
   area to the smallest, each seeing the sites made before it.
3. An urban and a rural commune around one seat share its cell: the urban one gets the disc around the seat that has its
   listed area, as far as the cell reaches, the rural one the rest.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from ingest.sample.places import Place
from ingest.sample.register import URBAN, Commune
from ingest.sample.seats import is_city
from sdi.errors import Unprocessable

FENCE_MARGIN = 60_000.0
DISC_SEGMENTS = 16
Spot = tuple[float, float]


@dataclass(frozen=True)
class Cells:
    """Shape and seat of each commune by TERYT, in metres (x easting, y northing); `made` has those of rule 2."""

    shapes: dict[str, BaseGeometry]
    seats: dict[str, Spot]
    made: frozenset[str]


def commune_cells(communes: Iterable[Commune], seats: dict[str, Place], places: Iterable[Place]) -> Cells:
    """Cells of all the communes; none is empty and no two overlap. Raises `Unprocessable` when one would be empty."""
    communes = tuple(communes)
    known = {c.teryt: (seats[c.teryt].x, seats[c.teryt].y) for c in communes if c.teryt in seats}
    others = _other_sites(communes, seats, tuple(places), known)
    spots = dict(known)
    for commune in sorted((c for c in communes if c.teryt not in seats), key=lambda c: (-c.area_m2, c.teryt)):
        spots[commune.teryt] = _widest_gap(commune.county, spots, others)
    shared: dict[Spot, list[Commune]] = defaultdict(list)
    for commune in communes:
        shared[spots[commune.teryt]].append(commune)
    shapes: dict[str, BaseGeometry] = {}
    for spot, cell in _cells_by_spot(spots, others).items():
        shapes |= _shared_out(cell, spot, shared[spot])
    empty = sorted(c.teryt for c in communes if shapes[c.teryt].is_empty)
    if empty:
        raise Unprocessable(f"communes left without a cell: {', '.join(empty)}")
    return Cells(shapes, spots, frozenset(spots) - frozenset(known))


def _other_sites(
    communes: Iterable[Commune], seats: dict[str, Place], places: tuple[Place, ...], known: dict[str, Spot]
) -> list[tuple[Spot, Spot | None]]:
    """Sites that are no seat: each with the seat it counts for, or None where it belongs to a neighbouring region."""
    near = shapely.box(*shapely.MultiPoint(list(known.values())).bounds).buffer(FENCE_MARGIN)
    shapely.prepare(near)
    cities = {c.name: known[c.teryt] for c in communes if is_city(c.county) and c.teryt in known}
    taken = {place.geonames_id for place in seats.values()}
    sites: list[tuple[Spot, Spot | None]] = []
    for place in places:
        city = cities.get(place.county or "")
        if not place.inside and near.contains(shapely.Point(place.x, place.y)):
            sites.append(((place.x, place.y), None))
        elif place.inside and city is not None and place.geonames_id not in taken:
            sites.append(((place.x, place.y), city))
    return sites


def _widest_gap(county: str, spots: dict[str, Spot], others: list[tuple[Spot, Spot | None]]) -> Spot:
    cells = _cells_by_spot(spots, others)
    own = {spots[teryt] for teryt in spots if teryt[:4] == county}
    corners = sorted({(x, y) for spot in own for x, y in shapely.get_coordinates(cells[spot]).tolist()})
    tree = shapely.STRtree(shapely.points([*set(spots.values()), *(spot for spot, _ in others)]))
    nearest = tree.query_nearest(shapely.points(corners), return_distance=True, all_matches=False)
    distances = [round(float(metres)) for metres in nearest[1]]
    return max(zip(distances, corners, strict=True))[1]


def _cells_by_spot(spots: dict[str, Spot], others: list[tuple[Spot, Spot | None]]) -> dict[Spot, BaseGeometry]:
    """The cell of each seat, joined with those of the sites that count for it."""
    owners: list[tuple[Spot, Spot | None]] = [(spot, spot) for spot in dict.fromkeys(spots.values())]
    sites = [*owners, *others]
    parts: dict[Spot, list[BaseGeometry]] = defaultdict(list)
    for (_, owner), cell in zip(sites, thiessen([spot for spot, _ in sites]), strict=True):
        if owner is not None:
            parts[owner].append(cell)
    return {spot: shapely.union_all(cells) for spot, cells in parts.items()}


def thiessen(spots: list[Spot]) -> list[BaseGeometry]:
    """The Thiessen polygon of each spot, in the order given. Raises `Unprocessable` when two spots are the same."""
    repeated = [spot for spot, count in Counter(spots).items() if count > 1]
    if repeated:
        raise Unprocessable(f"two sites share one place: {repeated[0]}")
    points = shapely.points(spots)
    cells: list[BaseGeometry] = list(shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points))))
    sites, found = shapely.STRtree(cells).query(points, predicate="intersects")
    by_site = dict(zip(sites.tolist(), found.tolist(), strict=True))
    return [cells[by_site[i]] for i in range(len(spots))]


def _shared_out(cell: BaseGeometry, spot: Spot, communes: list[Commune]) -> dict[str, BaseGeometry]:
    if len(communes) == 1:
        return {communes[0].teryt: cell}
    urban = [commune for commune in communes if commune.kind == URBAN]
    rest = [commune for commune in communes if commune.kind != URBAN]
    if len(urban) != 1 or len(rest) != 1:
        raise Unprocessable(f"one seat for {', '.join(commune.teryt for commune in communes)}")
    disc = shapely.Point(spot).buffer(math.sqrt(urban[0].area_m2 / math.pi), quad_segs=DISC_SEGMENTS)
    return {urban[0].teryt: disc.intersection(cell), rest[0].teryt: cell.difference(disc)}
