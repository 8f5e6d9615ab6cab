# SPDX-License-Identifier: EUPL-1.2
"""After changes, levels are made anew where features changed, and come out as if they were made of all features."""

import random
from collections.abc import Callable
from typing import Any

import pytest
import shapely

from layers.changes import service as changes
from layers.changes.model import Change, Delete, Geometry, Insert, Update
from layers.items.service import Items
from layers.items.store import Statements
from layers.levels.service import levels_of
from layers.model import GeometryType, Layer
from layers.service import layer_as_owner
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.service import read_tile
from sdi import crs
from sdi.crs import Extent, transform_point
from sdi.db.database import Database
from sdi.people.model import Principal

from .conftest import Rows, TownMaker, update

EVERYTHING = Extent(0.0, 0.0, 1_000_000.0, 1_000_000.0)


@pytest.fixture
def editor(sign_in: Callable[..., tuple[Principal, Any]]) -> Principal:
    """Who may change the town."""
    return sign_in("admin", "admin", "features:write")[0]


def _shape(kind: GeometryType, x: float, y: float, side: float) -> Geometry:
    shape = {
        GeometryType.POLYGON: shapely.box(x, y, x + side, y + side / 2),
        GeometryType.LINESTRING: shapely.LineString([(x, y), (x + side, y + side / 2)]),
        GeometryType.POINT: shapely.Point(x, y),
    }[kind]
    return Geometry(shapely.to_wkb(shape), 2180)


def _changes(kind: GeometryType, seed: int) -> list[Change]:
    """Features that come, go and move: small and large ones, within the old extent and beyond, on cells' borders."""
    rng = random.Random(seed)
    attributes = {"kind": "barn", "height": 33.0, "name": "new"}
    made: list[Change] = []
    for number in range(12):
        x, y = rng.uniform(598_000, 624_000), rng.uniform(478_000, 503_000)
        if number % 3 == 0:
            x, y = x // 512 * 512, y // 512 * 512
        side = rng.choice([3.0, 40.0, 64.0, 700.0, 3_000.0])
        made.append(Insert("town", _shape(kind, x, y, side), attributes))
        made.append(Update("town", 400 * (number + 1), {}, _shape(kind, x + 50, y - 70, side)))
        made.append(Delete("town", 7 + 11 * number + seed))
        made.append(Update("town", 5_001 + number, {"kind": "shop", "height": None}))
    return made


def _levels(rows: Rows, name: str) -> tuple[list[Any], dict[Any, Any]]:
    """Features of each level, and what the cells of each block and class cover."""
    features = rows(
        "SELECT brama_level, fid, brama_count, to_jsonb(l) ->> 'kind', ST_AsText(geom)"
        f" FROM levels.{name} l WHERE brama_kind = 0 ORDER BY 1, 2"
    )
    cells = rows(
        "SELECT brama_level, brama_x, brama_y, to_jsonb(l) ->> 'kind', ST_AsBinary(geom)"
        f" FROM levels.{name} l WHERE brama_kind = 1"
    )
    return features, {tuple(key): shapely.from_wkb(bytes(wkb)) for *key, wkb in cells}


def _same(one: tuple[list[Any], dict[Any, Any]], other: tuple[list[Any], dict[Any, Any]]) -> bool:
    if one[0] != other[0] or one[1].keys() != other[1].keys():
        return False
    return all(shape.equals(other[1][key]) for key, shape in one[1].items())


@pytest.mark.parametrize("styled", [False, True], ids=["one class", "classes"])
@pytest.mark.parametrize("kind", [GeometryType.POLYGON, GeometryType.LINESTRING, GeometryType.POINT])
def test_levels_after_changes_are_those_of_all_features(
    database: Database, town: TownMaker, rows: Rows, editor: Principal, kind: GeometryType, styled: bool
) -> None:
    town(kind)
    if styled:
        with database.owner.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO layers.style (layer_id, name, title, definition, is_default) VALUES ('town', 'kinds',"
                """ '{}', '{"rules": [{"filter": ["==", "kind", "house"], "symbolizers": [{"kind": "Line"}]}]}',"""
                " false)"
            )
    update(database)
    before = _levels(rows, "town_1_1")
    for seed in (1, 2):
        changes.apply(database, editor, _changes(kind, seed))
    assert update(database)["repaired"] > 0
    repaired = _levels(rows, "town_1_1")
    with database.owner.begin() as connection:
        connection.exec_driver_sql("SELECT layers.drop_levels('town_1')")
        connection.exec_driver_sql("UPDATE layers.layer SET extent = ARRAY[600000, 480000, 621500, 501500]")
    update(database)
    assert _same(repaired, _levels(rows, "town_1_1"))
    assert not _same(before, repaired)


def test_levels_lag_only_where_features_changed_and_until_the_job_is_done(
    database: Database, town: TownMaker, rows: Rows, editor: Principal, work: Callable[[], None]
) -> None:
    town()
    work()

    def lagging(box: Extent) -> set[bool]:
        with database.owner.connect() as connection:
            layer = layer_as_owner(connection, "town")
        assert layer
        with database.public_connection() as connection_:
            return {not level.fresh for level in levels_of(connection_.cursor(), layer, box, public=True)}

    assert lagging(EVERYTHING) == {False}
    changes.apply(database, editor, [Insert("town", _shape(GeometryType.POLYGON, 610_000, 490_000, 30), {})])
    assert lagging(EVERYTHING) == {True}
    assert lagging(Extent(609_000.0, 489_000.0, 610_010.0, 490_010.0)) == {True}
    assert lagging(Extent(615_000.0, 495_000.0, 616_000.0, 496_000.0)) == {False}
    assert rows("SELECT count(*) FROM sdi.job WHERE state = 'queued'") == [(1,)]
    changes.apply(database, editor, [Delete("town", 77)])
    assert rows("SELECT count(*) FROM sdi.job WHERE state = 'queued'") == [(1,)]
    work()
    assert lagging(EVERYTHING) == {False}
    assert rows("SELECT l.revision, s.revision FROM layers.layer l JOIN layers.level_set s USING (relation)") == [
        (2, 2)
    ]


def test_a_repair_that_is_undone_leaves_the_level_lagging(
    database: Database, town: TownMaker, rows: Rows, editor: Principal
) -> None:
    town()
    update(database)
    before = _levels(rows, "town_1_1")
    changes.apply(database, editor, _changes(GeometryType.POLYGON, 3))
    with database.owner.begin() as connection:  # the repair's transaction fails at its end, as under a kill
        connection.exec_driver_sql(
            "CREATE FUNCTION layers.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$;"
            " CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON layers.level_set INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION layers.fail()"
        )
    with pytest.raises(Exception, match="killed"):
        update(database)
    assert _same(_levels(rows, "town_1_1"), before)
    with database.owner.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER fail ON layers.level_set")
    assert update(database)["repaired"] > 0
    assert not _same(_levels(rows, "town_1_1"), before)


def test_a_tile_made_while_levels_lag_is_not_kept(database: Database, town: TownMaker, editor: Principal) -> None:
    layer = town()
    update(database)
    items = Items(database, None, Statements())
    assert _tile(items, layer, 610_000, 490_000).settled
    changes.apply(database, editor, [Insert("town", _shape(GeometryType.POLYGON, 610_000, 490_000, 2_000), {})])
    stale = _tile(items, layer, 610_000, 490_000)
    assert not stale.settled
    assert _tile(items, layer, 700_000, 600_000).settled
    update(database)
    mended = _tile(items, layer, 610_000, 490_000)
    assert mended.settled
    assert mended.data != stale.data


def _tile(items: Items, layer: Layer, x: float, y: float) -> Any:
    level = 9
    east, north = transform_point(x, y, crs.by_srid(2180).xy, WEB_MERCATOR.crs.xy)
    span = WEB_MERCATOR.span(level)
    row, column = int((WEB_MERCATOR.top - north) / span), int((east - WEB_MERCATOR.left) / span)
    return read_tile(items, layer, WEB_MERCATOR, level, row, column)
