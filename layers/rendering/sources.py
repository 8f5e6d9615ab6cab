# SPDX-License-Identifier: EUPL-1.2
"""Sources of a map from the registry's layers."""

from collections.abc import Collection

from layers.model import ColumnType, Layer
from layers.rendering.model import Box, Connection, PostgisSource
from sdi.errors import Unsupported

_READ_AS_TEXT = {ColumnType.DATE, ColumnType.TIMESTAMP}


def postgis_source(
    layer: Layer,
    connection: Connection,
    columns: Collection[str] = (),
    where: str | None = None,
    *,
    ordered: bool = False,
) -> PostgisSource:
    """A public vector layer with the `columns` that its style needs; `where` is made by `where_sql`."""
    if layer.relation is None or layer.visibility != "public":
        raise Unsupported("The renderer reads the tables of public vector layers only")
    as_text = {column.name for column in layer.columns if column.type in _READ_AS_TEXT}
    return PostgisSource(
        connection=connection,
        schema=layer.schema(public=True),
        table=layer.relation,
        srid=layer.srid,
        extent=Box(*_open(layer.extent)),
        columns=tuple(name for name in columns if name not in as_text),
        as_text=tuple(name for name in columns if name in as_text),
        where=where,
        ordered=ordered,
    )


def _open(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The extent, widened a little: a single point has one without an area, which no box may be."""
    min_x, min_y, max_x, max_y = extent
    margin = max(max_x - min_x, max_y - min_y, 1e-6) * 1e-3
    return min_x - margin, min_y - margin, max_x + margin, max_y + margin
