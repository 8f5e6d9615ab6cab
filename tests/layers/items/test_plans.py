# SPDX-License-Identifier: EUPL-1.2
"""Hot statements use an index, for the public's role and for the application's over the owner's views (decision 14)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from psycopg.types.numeric import Int8

import layers.service as layers
from layers.items import statements
from layers.items.model import ItemQuery, SortKey
from layers.items.service import Items, bound_values
from layers.items.store import Statements
from layers.model import ColumnType, GeometryType, Layer
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.service import tile_statement
from sdi.crs import CRS84, by_srid, parse_bbox
from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.people.service import organisation_id
from tests.conftest import LayerMaker

SMALL_BOX = parse_bbox("20.99,52.22,21.01,52.24", CRS84)
LARGE_BOX = parse_bbox("15,49,24,55", CRS84)


@pytest.fixture
def many(add_layer: LayerMaker, database: Database) -> Layer:
    """20,000 points, of which the planner knows; made in SQL."""
    layer = add_layer("many", GeometryType.POINT, {"year": ColumnType.INTEGER}, [["POINT(637000 487000)", 1]])
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO data.{layer.relation} SELECT n, ST_SetSRID(ST_MakePoint(500000 + n * 7919 %% 300000,"
            f" 350000 + n * 104729 %% 290000), 2180), n %% 2000 FROM generate_series(2, 20000) n",
            (),
        )
        connection.exec_driver_sql(f"CREATE INDEX ON data.{layer.relation} (year)")
        connection.exec_driver_sql("UPDATE layers.layer SET feature_count = 20000")
        connection.exec_driver_sql(f"ANALYZE data.{layer.relation}")
        found = layers.layer_as_owner(connection, "many")
    assert found is not None
    return found


@pytest.fixture(params=["public", "private"])
def reader(
    request: pytest.FixtureRequest, many: Layer, database: Database, sign_in: Callable[..., tuple[Principal, Any]]
) -> tuple[Items, Layer]:
    """The layer as everybody reads it, and as its organisation does when it is not public."""
    if request.param == "public":
        return Items(database, None, Statements()), many
    with database.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE layers.layer SET visibility = 'organisation'")
        hidden = layers.layer_as_owner(connection, "many")
        assert organisation_id(connection, "mazowieckie")
    assert hidden is not None
    return Items(database, sign_in("admin", "admin")[0], Statements()), hidden


QUERIES = {
    "first page": ItemQuery(10),
    "deep page": ItemQuery(10, after=("15000",)),
    "small box": ItemQuery(10, box=SMALL_BOX, crs=by_srid(2180)),
    "small box, next": ItemQuery(10, box=SMALL_BOX, after=("9000",)),
    "large box": ItemQuery(10, box=LARGE_BOX),
    "sorted, next": ItemQuery(10, sort=(SortKey("year"),), after=("1500", "7")),
    "sorted down, next": ItemQuery(10, sort=(SortKey("year", descending=True),), after=("1500", "7")),
    "equal": ItemQuery(10, equals=(("year", 1999),)),
}


@pytest.mark.parametrize("name", QUERIES)
def test_pages_use_an_index(reader: tuple[Items, Layer], name: str) -> None:
    items, layer = reader
    query = QUERIES[name]
    plan = _plan(items, layer, items.statement(layer, query), bound_values(layer, query))
    assert "Seq Scan" not in plan, plan
    assert "Index" in plan


def test_a_small_box_goes_through_the_spatial_index_and_a_large_one_along_the_key(reader: tuple[Items, Layer]) -> None:
    items, layer = reader
    for name, index in (("small box", "geom_idx"), ("large box", "pkey")):
        query = QUERIES[name]
        assert index in _plan(items, layer, items.statement(layer, query), bound_values(layer, query))


def test_a_single_item_uses_the_key(reader: tuple[Items, Layer]) -> None:
    items, layer = reader
    statement = statements.compiled(statements.single(layer, items.schema(layer), CRS84))
    assert "pkey" in _plan(items, layer, statement, {"fid": Int8(7)})


def test_tiles_use_the_spatial_index(reader: tuple[Items, Layer]) -> None:
    items, layer = reader
    sides = ("minx", "miny", "maxx", "maxy", "west", "south", "east", "north")
    values = dict(zip(sides, (2338000, 6841000, 2339000, 6842000, 637000, 487000, 638000, 488000), strict=True))
    for thinned in (False, True):
        plan = _plan(
            items,
            layer,
            tile_statement(items, layer, WEB_MERCATOR, thinned=thinned),
            {name: float(value) for name, value in values.items()}
            | {"budget": Int8(100), "pixel": 2.0, "mask": Int8(3)},
        )
        assert "geom_idx" in plan
        assert "Seq Scan" not in plan


def _plan(items: Items, layer: Layer, statement: statements.Statement, values: Mapping[str, Any]) -> str:
    """Every node that reads the features, as text; the registry behind a view is a handful of rows."""
    with items.cursor(layer) as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.text}", {**statement.fixed, **values})
        row = cursor.fetchone()
    assert row is not None
    return "\n".join(_readers(row[0][0]["Plan"], layer.relation or ""))


def _readers(node: dict[str, Any], relation: str) -> list[str]:
    own = node.get("Relation Name") == relation or "Index Name" in node
    registry = node.get("Relation Name") in ("layer", "organisation", "account")
    text = [json.dumps({key: value for key, value in node.items() if key != "Plans"})] if own and not registry else []
    return text + [line for child in node.get("Plans", ()) for line in _readers(child, relation)]
