# SPDX-License-Identifier: EUPL-1.2
"""SQL of the portal."""

from typing import Any

from sqlalchemy import Connection, text

from layers.model import Layer
from sdi.db.sql import quote


def label_points(connection: Connection, layer: Layer, *, public: bool) -> list[list[Any]]:
    """fid, label and a point on the surface in EPSG:3857, whole metres, of every area that has a label."""
    label = quote(layer.label_column or "")
    relation = f"{layer.schema(public=public)}.{quote(layer.relation or '')}"
    statement = text(
        f"SELECT fid, label, round(ST_X(p)), round(ST_Y(p)) FROM (SELECT fid, {label}::text AS label,"
        f" ST_Transform(ST_PointOnSurface(geom), 3857) AS p FROM {relation} WHERE {label} IS NOT NULL"
        " AND NOT ST_IsEmpty(geom)) AS points ORDER BY fid"
    )
    return [list(row) for row in connection.execute(statement)]
