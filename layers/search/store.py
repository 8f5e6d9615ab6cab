# SPDX-License-Identifier: EUPL-1.2
"""SQL that finds features by their label, over several layers in one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from layers.model import ColumnType, Layer
from sdi.db.sql import quote

TELLING = ("rodzaj", "powiat", "gmina", "kierunek", "type", "county_name", "county", "commune", "district")
"""Columns that tell namesakes apart, in the order shown; a layer without them shows its own title only."""


def find(connection: Connection, layers: Sequence[Layer], folded: str, limit: int, *, public: bool) -> list[Row[Any]]:
    """Features whose folded label contains `folded`: whole label first, then its beginning, then a word's.

    Rows: layer, fid, label, context, x, y (centre), west, south, east, north; degrees in CRS84.
    """
    if not layers:
        return []
    branches = " UNION ALL ".join(f"({_branch(layer, number, public=public)})" for number, layer in enumerate(layers))
    statement = text(
        f"WITH found AS MATERIALIZED ({branches}), best AS (SELECT * FROM found"
        " ORDER BY rank, length(label), label, layer, fid LIMIT :limit)"
        " SELECT layer, fid, label, context, ST_X(c) AS x, ST_Y(c) AS y, ST_XMin(e) AS west, ST_YMin(e) AS south,"
        " ST_XMax(e) AS east, ST_YMax(e) AS north FROM (SELECT best.*,"
        " ST_Transform(ST_PointOnSurface(geom), 4326) AS c, ST_Transform(ST_Envelope(geom), 4326) AS e FROM best) b"
        " ORDER BY rank, length(label), label, layer, fid"
    )
    pattern = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {f"layer{number}": layer.id for number, layer in enumerate(layers)}
    values |= {"q": folded, "start": f"{pattern}%", "word": f"% {pattern}%", "any": f"%{pattern}%", "limit": limit}
    return list(connection.execute(statement, values))


def _branch(layer: Layer, number: int, *, public: bool) -> str:
    label = f"{quote(layer.label_column or '')}::text"
    relation = f"{layer.schema(public=public)}.{quote(layer.relation or '')}"
    return (
        f"SELECT :layer{number} AS layer, fid, {label} AS label, {_context(layer)} AS context, geom,"
        f" CASE WHEN sdi.fold({label}) = :q THEN 0 WHEN sdi.fold({label}) LIKE :start THEN 1"
        f" WHEN sdi.fold({label}) LIKE :word THEN 2 ELSE 3 END AS rank"
        f" FROM {relation} WHERE sdi.fold({label}) LIKE :any ORDER BY rank, length({label}), fid LIMIT :limit"
    )


def _context(layer: Layer) -> str:
    columns = [layer.by_name[name] for name in TELLING if name in layer.by_name and name != layer.label_column]
    names = [quote(column.name) for column in columns if column.type is ColumnType.TEXT][:2]
    parts = ", ".join(f"nullif({name}, '')" for name in names)
    return f"concat_ws(' · ', {parts})" if parts else "NULL::text"
