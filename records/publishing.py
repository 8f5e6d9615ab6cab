# SPDX-License-Identifier: EUPL-1.2
"""The public layer of a kind: made from the open part of its records; from then on each change goes into it."""

import json
from typing import Any

from sqlalchemy import Connection, text

from layers import service as layers
from layers.model import Column, ColumnType, GeometryType, Publication
from records.known import kind as known_kind
from records.model import FieldType, Kind
from sdi.db.sql import quote
from sdi.people.service import organisation_id

_TYPES = {
    FieldType.INTEGER: ColumnType.INTEGER,
    FieldType.NUMBER: ColumnType.NUMBER,
    FieldType.MONEY: ColumnType.NUMBER,
    FieldType.BOOLEAN: ColumnType.BOOLEAN,
    FieldType.DATE: ColumnType.DATE,
}
_COMMON = (
    ("record", ColumnType.TEXT, {"pl": "Identyfikator", "en": "Identifier"}),
    ("number", ColumnType.TEXT, {"pl": "Numer", "en": "Number"}),
    ("state", ColumnType.TEXT, {"pl": "Stan", "en": "State"}),
    ("title", ColumnType.TEXT, {"pl": "Nazwa", "en": "Title"}),
    ("commune", ColumnType.TEXT, {"pl": "Gmina (TERYT)", "en": "Commune (TERYT)"}),
    ("opened", ColumnType.DATE, {"pl": "Założono", "en": "Opened"}),
    ("organisation", ColumnType.TEXT, {"pl": "Prowadzący", "en": "Kept by"}),
)
POLAND = (171_677.0, 133_223.0, 861_895.0, 775_019.0)
_POLAND_DEGREES = (14.1, 49.0, 24.2, 54.9)


def columns(kind: Kind) -> tuple[Column, ...]:
    """The layer's attributes: of all records, then the kind's public fields."""
    own = [Column(one.name, _TYPES.get(one.type, ColumnType.TEXT), one.name, one.title)
           for one in kind.fields if one.public]  # fmt: skip
    return (*(Column(name, kind_, name, title) for name, kind_, title in _COMMON), *own)


def publish(connection: Connection, kind_id: str, organisation: str) -> int:
    """Make the kind's layer anew, as the owner, in the caller's transaction; returns how many features it has.

    Changes of records wait until it is there, and then go into it.
    """
    kind = known_kind(kind_id)
    if kind.layer is None:
        return 0
    connection.execute(text("SELECT 1 FROM records.kind WHERE id = :id FOR UPDATE"), {"id": kind_id})
    layer_id = kind.layer.id
    version = layers.next_version(connection, layer_id)
    relation = f"{layer_id}_{version}"
    table = f"data.{quote(relation)}"
    connection.exec_driver_sql(f"CREATE TABLE {table} AS SELECT * FROM records.layer_{kind_id}")
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD PRIMARY KEY (fid)")
    connection.exec_driver_sql(f"CREATE INDEX ON {table} USING gist (geom)")
    connection.exec_driver_sql(f"CREATE INDEX ON {table} USING gin (sdi.fold(title) gin_trgm_ops)")
    connection.exec_driver_sql(f"ANALYZE {table}")
    count, extent, bbox = _bounds(connection, table)
    layers.publish(connection, Publication(
        id=layer_id, organisation_id=organisation_id(connection, organisation), kind="vector", srid=2180,
        geometry_type=GeometryType.GEOMETRY, extent=extent, bbox=bbox, version=version, feature_count=count,
        columns=columns(kind), relation=relation, visibility="public", title=kind.layer.title,
        abstract=kind.layer.abstract, theme=kind.layer.theme, keywords=kind.layer.keywords, key_column="record",
        label_column="title", searchable=True, lineage=f"records/{kind_id}",
    ))  # fmt: skip
    # Features of this layer are parts of records: they change with those, not by themselves.
    connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON data_write.{quote(relation)} FROM brama_app")
    connection.execute(text("UPDATE records.kind SET relation = :relation WHERE id = :id"),
                       {"relation": relation, "id": kind_id})  # fmt: skip
    return count


def _bounds(connection: Connection, table: str) -> tuple[int, Any, Any]:
    row = connection.exec_driver_sql(
        "SELECT n, json_build_array(ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e))::text,"
        " json_build_array(ST_XMin(d), ST_YMin(d), ST_XMax(d), ST_YMax(d))::text FROM (SELECT ST_Extent(geom)::geometry"
        f" AS e, ST_Extent(ST_Transform(geom, 4326))::geometry AS d, count(*) AS n FROM {table}) bounds"
    ).one()
    if not row[0]:
        return 0, POLAND, _POLAND_DEGREES
    return int(row[0]), tuple(json.loads(row[1])), tuple(json.loads(row[2]))
