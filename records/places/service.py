# SPDX-License-Identifier: EUPL-1.2
"""Places of records: read from what people write or draw, found by address or parcel, with evidence from PostGIS."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, text

from layers.model import Layer
from layers.search.service import find_places
from records.model import Place
from records.schema import InvalidRecord
from sdi.crs import CRS84, by_srid, transform_geometry
from sdi.db.sql import quote
from sdi.errors import BramaError
from sdi.settings import Places
from sdi.web.i18n import gettext

STORED = by_srid(2180)
MOST_VERTICES = 20_000
MOST_LETTERS = 1_000_000
BETWEEN = " · "
"""Between a place's name and what tells namesakes apart."""
_FOUND = 10
_SLIVER = 0.1
"""Square metres under which a common area is taken for a mistake of drawing."""
_COORDINATES = re.compile(r"\s*(-?\d{1,3}[.,]\d{3,})\s*[;, ]\s*(-?\d{1,3}[.,]\d{3,})\s*")
_PARCEL = re.compile(r"\b\d{6}_\d\.\d{4}\.(?:AR_\d+\.)?\d+(?:/\d+)?\b")


@dataclass(frozen=True, slots=True)
class Found:
    """A place found by what was written: its label, where it comes from, WKB in EPSG:2180."""

    label: str
    source: Literal["address", "parcel", "record", "text"]
    wkb: bytes


def parse(role: str, written: str) -> Place:
    """A place drawn or written: GeoJSON in CRS84, WKT in EPSG:2180 (easting first), or latitude and longitude.

    Raises InvalidRecord under the name of the role's control, saying what is wrong.
    """
    name = f"place-{role}"
    if len(written) > MOST_LETTERS:
        raise InvalidRecord({name: gettext("This shape is too large.")})
    try:
        geometry = _read(written.strip())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, GEOSException, BramaError) as error:
        raise InvalidRecord({name: gettext("This shape cannot be read: GeoJSON or WKT is wanted.")}) from error
    if mistake := _mistake(geometry):
        raise InvalidRecord({name: mistake})
    return Place(role, "drawn", shapely.to_wkb(geometry))


def find(
    connection: Connection, layers: Mapping[str, Layer], names: Places, written: str, *, public: bool
) -> list[Found]:
    """Places that a text names: parcels by their identifiers, else addresses and places by their labels."""
    identifiers = list(dict.fromkeys(_PARCEL.findall(written)))[:_FOUND]
    parcels = layers.get(names.parcels)
    if identifiers and parcels is not None and parcels.key_column:
        statement = text(
            f"SELECT {quote(parcels.key_column)}::text AS label, ST_AsBinary(ST_Force2D(geom)) AS wkb"
            f" FROM {parcels.schema(public=public)}.{quote(parcels.relation or '')}"
            f" WHERE {quote(parcels.key_column)}::text = ANY(:identifiers) AND ST_SRID(geom) = 2180 LIMIT {_FOUND}"
        )
        rows = connection.execute(statement, {"identifiers": identifiers})
        return [Found(row.label, "parcel", bytes(row.wkb)) for row in rows]
    name = written[:200].partition(BETWEEN)[0]
    rows_found = find_places(connection, layers.values(), name, _FOUND, public=public)
    return [_named(row._mapping) for row in rows_found]  # noqa: SLF001 - SQLAlchemy's public name for it


def of_record(connection: Connection, record: UUID, *, public: bool) -> list[Found]:
    """Where another record is: one's own, or one that is open to all."""
    sources = ("pub.records",) if public else ("app.records", "app.records_open")
    statement = text(
        " UNION ".join(
            f"SELECT coalesce(number, '') || ' ' || title AS label, ST_AsBinary(geom) AS wkb FROM {source}"
            " WHERE id = :id AND geom IS NOT NULL"
            for source in sources
        )
    )
    return [Found(row.label, "record", bytes(row.wkb)) for row in connection.execute(statement, {"id": record})]


def with_evidence(
    connection: Connection, layers: Mapping[str, Layer], names: Places, places: Sequence[Place], *, public: bool = False
) -> list[Place]:
    """Places with what PostGIS derives of them: legal area in the PL-2000 zone, units and other base layers they touch.

    Each layer's evidence says which state of it was asked and of what date; one statement for all.
    """
    asked = [layers[name] for name in dict.fromkeys(names.evidence) if name in layers and layers[name].srid == 2180]
    asked = [layer for layer in asked if layer.kind == "vector"]
    if not places:
        return []
    statement = text(_evidence_statement(asked, public=public))
    rows = connection.execute(statement, {"geoms": [place.wkb for place in places]}).mappings()
    by_place = {row["place"]: row for row in rows}
    return [replace(place, evidence=_evidence(by_place[number], asked)) for number, place in enumerate(places, 1)]


def commune_of(places: Iterable[Place], names: Places) -> str | None:
    """Six digits of TERYT of the commune that has most of the first place."""
    for place in places:
        for one in place.evidence.get(names.communes, {}).get("found", ()):
            if re.fullmatch(r"\d{6,7}", str(one["key"])):
                return str(one["key"])[:6]
    return None


def around(
    connection: Connection, point: shapely.Geometry, metres: float, *, public: bool, most: int = 100
) -> list[RowMapping]:
    """Records within so many metres of a shape in EPSG:2180, nearest first: one's own whole, of others what is open."""
    near = "ST_DWithin(r.geom, ST_SetSRID(ST_GeomFromWKB(:shape), 2180), :metres)"
    columns = "r.id, r.kind, r.number, r.title, r.state, r.opened, r.geom"
    sources = [f"SELECT {columns}, false AS own FROM {'pub.records' if public else 'app.records_open'} r WHERE {near}"]
    if not public:
        sources.append(f"SELECT {columns}, true AS own FROM app.records r WHERE {near}")
    statement = text(
        "SELECT DISTINCT ON (distance, id) id, kind, number, title, state, opened,"
        " ST_AsGeoJSON(ST_Transform(geom, 4326), 7, 0) AS shape,"
        f" round(ST_Distance(geom, ST_SetSRID(ST_GeomFromWKB(:shape), 2180))::numeric, 1) AS distance, own"
        f" FROM ({' UNION ALL '.join(sources)}) r ORDER BY distance, id, own DESC LIMIT :most"
    )
    values = {"shape": shapely.to_wkb(point), "metres": metres, "most": most}
    return list(connection.execute(statement, values).mappings())


def layers_at(
    connection: Connection, layers: Iterable[Layer], point: shapely.Geometry, metres: float, *, public: bool
) -> list[RowMapping]:
    """Features of base layers within so many metres of a shape: layer, fid, key and label."""
    asked = [layer for layer in layers if layer.kind == "vector" and layer.srid == 2180 and layer.relation][:40]
    if not asked:
        return []
    branches = " UNION ALL ".join(
        f"(SELECT '{layer.id}' AS layer, fid, {_text(layer.key_column)} AS key, {_text(layer.label_column)} AS label"
        f" FROM {layer.schema(public=public)}.{quote(layer.relation or '')}"
        " WHERE ST_DWithin(geom, ST_SetSRID(ST_GeomFromWKB(:shape), 2180), :metres) ORDER BY fid LIMIT 10)"
        for layer in asked
    )
    return list(connection.execute(text(branches), {"shape": shapely.to_wkb(point), "metres": metres}).mappings())


def _read(written: str) -> Any:
    if pair := _COORDINATES.fullmatch(written):
        latitude, longitude = (float(part.replace(",", ".")) for part in pair.groups())
        return _stored(shapely.Point(longitude, latitude))
    if written.startswith("{"):
        found = json.loads(written)
        geometry: Any
        if found.get("type") == "FeatureCollection":
            shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in found["features"][:1_000]]
            geometry = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
        else:
            geometry = shapely.from_geojson(json.dumps(found.get("geometry", found)))
        return _stored(shapely.force_2d(geometry))
    return shapely.force_2d(shapely.from_wkt(written))


def _stored(lonlat: shapely.Geometry) -> Any:
    made: Any = transform_geometry(lonlat, CRS84, STORED)
    return made


def _mistake(geometry: BaseGeometry) -> str | None:
    if geometry is None or geometry.is_empty:
        return gettext("This shape is empty.")
    if shapely.get_num_coordinates(geometry) > MOST_VERTICES:
        return gettext("This shape has more than %(most)s points.") % {"most": MOST_VERTICES}
    if not all(map(math.isfinite, geometry.bounds)):
        return gettext("This shape lies outside of Poland.")
    if not geometry.is_valid:
        return gettext("This shape crosses itself: %(where)s") % {"where": shapely.is_valid_reason(geometry)[:100]}
    west, south, east, north = geometry.bounds
    if west < 100_000 or south < 70_000 or east > 950_000 or north > 850_000:
        return gettext("This shape lies outside of Poland.")
    return None


def _named(row: RowMapping) -> Found:
    point = transform_geometry(shapely.Point(row["x"], row["y"]), CRS84, STORED)
    label = BETWEEN.join(filter(None, (row["label"], row["context"])))
    return Found(label, "address", shapely.to_wkb(point))


def _text(column: str | None) -> str:
    return f"{quote(column)}::text" if column else "NULL::text"


def _evidence_statement(asked: Sequence[Layer], *, public: bool) -> str:
    area = "CASE WHEN ST_Dimension(g.geom) = 2 THEN round(ST_Area(ST_Transform(g.geom, z.srid))::numeric, 2) END"
    columns = ["g.place", f"{area} AS area", "z.srid"]
    for number, layer in enumerate(asked):
        source = f"{layer.schema(public=public)}.{quote(layer.relation or '')}"
        columns.append(
            f"(SELECT jsonb_agg(f) FROM (SELECT {_text(layer.key_column)} AS key, {_text(layer.label_column)} AS label,"
            " CASE WHEN ST_Dimension(g.geom) = 2 AND ST_Dimension(l.geom) = 2 THEN"
            " round((ST_Area(ST_Intersection(l.geom, g.geom)) / ST_Area(g.geom))::numeric, 4) END AS share"
            f" FROM {source} l WHERE ST_Intersects(l.geom, g.geom) AND (ST_Dimension(g.geom) < 2"
            f" OR ST_Dimension(l.geom) < 2 OR ST_Area(ST_Intersection(l.geom, g.geom)) > {_SLIVER})"
            f" ORDER BY share DESC NULLS LAST, l.fid LIMIT 50) f) AS found{number}"
        )
    # Zones 5 to 8 of PL-2000 are EPSG:2176 to 2179; the meridians are 15, 18, 21 and 24 degrees.
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT place, ST_SetSRID(ST_GeomFromWKB(w), 2180) AS geom"
        " FROM unnest(CAST(:geoms AS bytea[])) WITH ORDINALITY AS u(w, place)) g, LATERAL (SELECT 2176 +"
        " least(greatest(round((ST_X(ST_Transform(ST_Centroid(g.geom), 4326)) - 15) / 3), 0), 3)::int AS srid) z"
    )


def _evidence(row: RowMapping, asked: Sequence[Layer]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if row["area"] is not None:
        made["area"] = {"m2": float(row["area"]), "crs": f"EPSG:{row['srid']}"}
    for number, layer in enumerate(asked):
        if found := row[f"found{number}"]:
            date = layer.updated_at.date().isoformat()
            made[layer.id] = {"state": layer.state, "date": date, "title": dict(layer.title), "found": found}
    return made
