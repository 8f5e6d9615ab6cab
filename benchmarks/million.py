# SPDX-License-Identifier: EUPL-1.2
"""Makes and publishes a layer of a million polygons in EPSG:2180, the same on every machine."""

import layers.service as layers
from layers.levels.service import update
from layers.model import Column, ColumnType, GeometryType, Layer, Publication
from sdi.db.database import Database
from sdi.people.service import organisation_id

ROWS = COLUMNS = 1_000
ORIGIN = (587_000, 437_000)
CELL = 100
_CLASSES = "ARRAY['field', 'forest', 'meadow', 'orchard', 'building', 'road', 'water', 'waste', 'garden', 'yard']"

# Each polygon is an eight-cornered ring round its cell's middle, the radius of every corner taken from a hash of its
# number: the same shapes on every machine, 40 to 96 m across, as dense as parcels, no two of them alike. Ids are
# shuffled, so that their order says nothing about place, as in a register that has been edited for years.
_FILL = f"""
INSERT INTO data.{{relation}}
SELECT (n * 387420489) % 1000003 + 1,
    ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY(
        SELECT ST_MakePoint(
            round((x + r * cos(k * pi() / 4))::numeric, 2)::float8,
            round((y + r * sin(k * pi() / 4))::numeric, 2)::float8)
        FROM generate_series(0, 8) k,
            LATERAL (SELECT 20 + (hashint8(n * 8 + k % 8) & 65535) * 28.0 / 65535 AS r) radius
    ))), 2180),
    'P' || lpad(n::text, 7, '0'),
    'Działka nr ' || (hashint8(n) & 1023) || '/' || n % 97,
    ({_CLASSES})[1 + (hashint8(n + 13) & 1023) % 10],
    round(((hashint8(n + 29) & 65535) / 7.0)::numeric, 1)::float8,
    CASE WHEN n % 11 <> 0 THEN 1900 + (hashint8(n + 31) & 127) END,
    date '1990-01-01' + (hashint8(n + 37) & 8191)
FROM generate_series(0::bigint, {ROWS * COLUMNS - 1}) n,
    LATERAL (SELECT {ORIGIN[0]} + n % {COLUMNS} * {CELL} AS x, {ORIGIN[1]} + n / {COLUMNS} * {CELL} AS y) place
"""
_COLUMNS = {
    "code": ColumnType.TEXT,
    "name": ColumnType.TEXT,
    "class": ColumnType.TEXT,
    "area": ColumnType.NUMBER,
    "year": ColumnType.INTEGER,
    "surveyed": ColumnType.DATE,
}


def make_million(database: Database, layer_id: str = "million", organisation: str = "mazowieckie") -> Layer:
    """Publish the layer `layer_id` in `database`, with its levels; its organisation must be there. Two minutes."""
    with database.owner.begin() as connection:
        version = layers.next_version(connection, layer_id)
        relation = f"{layer_id}_{version}"
        declared = ", ".join(f'"{name}" {kind.sql}' for name, kind in _COLUMNS.items())
        connection.exec_driver_sql(
            f"CREATE TABLE data.{relation} (fid bigint NOT NULL, geom geometry(Polygon, 2180), {declared})"
        )
        connection.exec_driver_sql(_FILL.format(relation=relation).replace("%", "%%"), ())
        connection.exec_driver_sql(f"ALTER TABLE data.{relation} ADD PRIMARY KEY (fid)")
        connection.exec_driver_sql(f"CREATE INDEX ON data.{relation} USING gist (geom)")
        connection.exec_driver_sql(f'CREATE INDEX ON data.{relation} ("year")')
        layer = layers.publish(
            connection,
            Publication(
                id=layer_id,
                organisation_id=organisation_id(connection, organisation),
                kind="vector",
                srid=2180,
                geometry_type=GeometryType.POLYGON,
                extent=(ORIGIN[0] - 50.0, ORIGIN[1] - 50.0, ORIGIN[0] + 99_950.0, ORIGIN[1] + 99_950.0),
                bbox=(20.2, 51.7, 21.8, 52.7),
                version=version,
                relation=relation,
                feature_count=ROWS * COLUMNS,
                title={"pl": "Milion wieloboków", "en": "A million polygons"},
                theme="administrative-boundaries",
                columns=tuple(
                    Column(name, kind, name, {"en": name}, indexed=name == "year") for name, kind in _COLUMNS.items()
                ),
            ),
        )
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM ANALYZE data.{relation}")
    update(database, layer_id, lambda _fraction, _message: None)  # no worker runs here
    return layer
