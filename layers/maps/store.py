# SPDX-License-Identifier: EUPL-1.2
"""SQL of maps: features under a pixel, and features of layers that the render processes may not read themselves."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from layers.model import Layer
from layers.rendering.model import MAX_FEATURES
from sdi.crs import Box
from sdi.db.sql import quote
from sdi.errors import TooLarge


def _envelope(box: Box) -> dict[str, Any]:
    return {"minx": box.minx, "miny": box.miny, "maxx": box.maxx, "maxy": box.maxy, "srid": box.srid}


_ENVELOPE = "ST_MakeEnvelope(:minx, :miny, :maxx, :maxy, :srid)"


def features_at(connection: Connection, layer: Layer, box: Box, count: int, *, public: bool) -> bytes:
    """GeoJSON features (CRS84, comma-separated, no brackets) that meet `box`, which is in the layer's CRS."""
    columns = ", ".join(quote(column.name) for column in layer.columns)
    properties = f"(SELECT to_json(p) FROM (SELECT {columns}) p)" if columns else "'{}'::json"
    statement = text(
        "SELECT coalesce(string_agg(feature::text, ','), '')::text FROM ("
        " SELECT json_build_object('type', 'Feature', 'id', fid, 'layer', cast(:layer AS text),"
        f"  'geometry', ST_AsGeoJSON(ST_Transform(geom, 4326), 7)::json, 'properties', {properties}) AS feature"
        f" FROM {layer.schema(public=public)}.{quote(layer.relation or '')}"
        f" WHERE geom && {_ENVELOPE} AND ST_Intersects(geom, {_ENVELOPE}) ORDER BY fid LIMIT :count) found"
    )
    values = {"layer": layer.id, "count": count, **_envelope(box)}
    return str(connection.execute(statement, values).scalar_one()).encode()


def rows_at(connection: Connection, layer: Layer, box: Box, count: int, *, public: bool) -> list[dict[str, Any]]:
    """Attributes of the features that meet `box`, which is in the layer's CRS."""
    columns = ", ".join(quote(column.name) for column in layer.columns) or "fid"
    statement = text(
        f"SELECT {columns} FROM {layer.schema(public=public)}.{quote(layer.relation or '')}"
        f" WHERE geom && {_ENVELOPE} AND ST_Intersects(geom, {_ENVELOPE}) ORDER BY fid LIMIT :count"
    )
    return [dict(row) for row in connection.execute(statement, {"count": count, **_envelope(box)}).mappings()]


def shapes(
    connection: Connection, layer: Layer, box: Box, columns: Sequence[str]
) -> tuple[tuple[bytes, ...], tuple[tuple[Any, ...], ...]]:
    """WKB and attributes of what meets `box` (layer's CRS), for the transaction's principal; TooLarge over 100,000."""
    wanted = "".join(f", {quote(name)}" for name in columns)
    statement = text(
        f"SELECT ST_AsBinary(geom){wanted} FROM data_app.{quote(layer.relation or '')}"
        f" WHERE geom && {_ENVELOPE} LIMIT :most"
    )
    found = connection.execute(statement, {"most": MAX_FEATURES + 1, **_envelope(box)}).all()
    if len(found) > MAX_FEATURES:
        raise TooLarge(f"Layer {layer.id!r} has more than {MAX_FEATURES:,} features on this map: zoom in.")
    return tuple(bytes(row[0]) for row in found), tuple(tuple(row[1:]) for row in found)
