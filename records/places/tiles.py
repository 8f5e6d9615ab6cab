# SPDX-License-Identifier: EUPL-1.2
"""Vector tiles of records under the caller's rights, made by PostGIS; far out one record stands for a pixel's."""

from uuid import UUID

from sqlalchemy import Connection, text

from records import store
from records.model import Kind
from sdi.errors import NotFound

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
_DEEPEST = 22
_SIDE = 40_075_016.685578488
_THINNED = 13
"""Up to this zoom records are points, at most one a cell of 16 units of the tile's 4,096."""
_MOST = 20_000


def tile(
    connection: Connection, kind: Kind, zxy: tuple[int, int, int], *, public: bool, own: UUID | None = None
) -> bytes:
    """The bytes of a tile of the grid WebMercatorQuad; NotFound outside of it.

    `own` is the caller's only organisation, so that the planner may go by its records rather than by the box.
    """
    z, x, y = zxy
    if z > _DEEPEST or x >= 2**z or y >= 2**z:
        raise NotFound(f"There is no tile {z}/{x}/{y}.")
    condition = " AND r.organisation_id = :own" if own else ""
    statement = (_thinned if z <= _THINNED else _whole)(kind, condition, public=public)
    values = {"own": own, "z": z, "x": x, "y": y, "most": _MOST, "cell": _SIDE / 2**z / 256}
    made = connection.execute(text(statement), values).scalar()
    return bytes(made or b"")


_BOX = "bounds AS (SELECT ST_TileEnvelope(:z, :x, :y) AS tile, ST_Transform(ST_TileEnvelope(:z, :x, :y), 2180) AS box)"


def _whole(kind: Kind, condition: str, *, public: bool) -> str:
    return (
        f"WITH {_BOX} SELECT ST_AsMVT(t, '{kind.id}', 4096, 'geom') FROM (SELECT r.id::text AS id, r.number, r.title,"
        " r.state, ST_AsMVTGeom(ST_Transform(r.geom, 3857), b.tile, 4096, 64, true) AS geom"
        f" FROM bounds b JOIN {store.relation(kind, public=public)} r ON r.geom && b.box{condition}"
        " LIMIT :most) t"
        " WHERE geom IS NOT NULL"
    )


def _thinned(kind: Kind, condition: str, *, public: bool) -> str:
    source = "pub.records" if public else "app.records"
    return (
        f"WITH {_BOX}, cells AS (SELECT min(ST_X(c)) AS x, min(ST_Y(c)) AS y, count(*) AS records"
        f" FROM (SELECT ST_Centroid(ST_Envelope(r.geom)) AS c FROM bounds b JOIN {source} r ON r.geom && b.box"
        f" WHERE r.kind = '{kind.id}'{condition}) p"
        " GROUP BY floor(ST_X(c) / :cell), floor(ST_Y(c) / :cell) LIMIT :most)"
        f" SELECT ST_AsMVT(t, '{kind.id}', 4096, 'geom') FROM (SELECT records, ST_AsMVTGeom(ST_Transform("
        "ST_SetSRID(ST_MakePoint(x, y), 2180), 3857), b.tile, 4096, 64, true) AS geom FROM cells, bounds b) t"
        " WHERE geom IS NOT NULL"
    )
