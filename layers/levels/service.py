# SPDX-License-Identifier: EUPL-1.2
"""Levels' face: the right level for a scale, and bringing levels up to date."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from layers.levels import store
from layers.levels.build import update
from layers.levels.look import can_merge, merged_style, spacing
from layers.levels.model import WIDEST, Level
from layers.levels.statements import shape_of
from layers.levels.store import shapes as shapes_of
from layers.model import Layer
from sdi import crs
from sdi.crs import Box, Extent, transform_point
from sdi.db.database import Database

__all__ = [
    "UPDATE",
    "can_merge",
    "described",
    "keep",
    "level_for",
    "levels_of",
    "merged_style",
    "pixel_of",
    "shape_of",
    "shapes_of",
    "spacing",
    "table",
    "update",
]

UPDATE = "layers.levels.update"


def levels_of(cursor: psycopg.Cursor[Any], layer: Layer, ground: Extent, *, public: bool) -> tuple[Level, ...]:
    """The levels of a layer, the finest first, for a map of `ground` (the layer's CRS) read by the cursor's role.

    In the cursor's transaction, so that what is read next is as fresh as the levels say.
    """
    return store.read(cursor, layer, ground, public=public) if shape_of(layer) else ()


def level_for(
    levels: Sequence[Level], pixel: float, classes: Collection[str] = (), labels: Collection[str] = ()
) -> Level | None:
    """The coarsest level whose cells do not show where a pixel is `pixel` units wide, with these columns.

    None where the features themselves are needed.
    """
    fine = [level for level in levels if level.resolution <= pixel * WIDEST and level.carries(classes, labels)]
    return max(fine, key=lambda level: level.number, default=None)


def table(level: Level, *, public: bool) -> tuple[str, str]:
    """Schema and name of the table (or the owner's view) that holds the level."""
    return ("levels" if public else "levels_app"), level.table


def pixel_of(layer: Layer, shown: Box, dx: float, dy: float) -> float:
    """Units of the layer's CRS a pixel of `dx` by `dy`, the shorter side, where `shown` has most of the layer.

    There, and not from the whole box, which may reach to where the layer's CRS bends.
    """
    own = crs.by_srid(layer.srid).xy
    minx, miny, maxx, maxy = Box(*layer.extent, own).to(shown.crs).bounds
    x = (max(minx, shown.minx) + min(maxx, shown.maxx)) / 2
    y = (max(miny, shown.miny) + min(maxy, shown.maxy)) / 2
    here, right, up = (transform_point(*place, shown.crs, own) for place in ((x, y), (x + dx, y), (x, y + dy)))
    return min(math.dist(here, right), math.dist(here, up))


def described(connection: Connection, layer: Layer) -> list[dict[str, Any]]:
    """What levels of a layer there are, as the owner: rows, seconds they took, bytes on disk."""
    return [
        {
            "name": made.name,
            "ready": made.ready,
            "revision": made.revision,
            "columns": [column.name for column in made.columns],
            "levels": list(made.levels),
            "bytes": store.size(connection, made.name),
        }
        for made in store.sets(connection, layer.relation or "")
    ]


def keep(database: Database, seconds: int = store.RETIRED_SECONDS) -> Mapping[str, Any]:
    """Queue what is missing, and drop what another set has replaced."""
    with database.owner.begin() as connection:
        behind = store.behind(connection)
        for layer_id in behind:
            store.queue(connection, layer_id)
    try:
        with database.owner.begin() as connection:
            dropped = store.drop_retired(connection, seconds)
    except OperationalError:  # somebody reads one still: the next round takes it
        dropped = []
    return {"queued": behind, "dropped": dropped}
