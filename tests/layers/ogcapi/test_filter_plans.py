# SPDX-License-Identifier: EUPL-1.2
"""The forms of filters that clients send most are answered by an index, for both roles (decision 14)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import layers.service as layers
from layers.items.model import ItemQuery
from layers.items.service import Items, bound_values
from layers.items.store import Statements
from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from sdi.filters.parse import from_text
from sdi.people.model import Principal
from tests.conftest import LayerMaker

COLUMNS = {"code": ColumnType.TEXT, "year": ColumnType.INTEGER, "at": ColumnType.TIMESTAMP, "day": ColumnType.DATE}
FILTERS = (
    "code = 'c19999'",
    "code IN ('c1', 'c2', 'nothing')",
    "year = 1999",
    "year BETWEEN 1998 AND 1999 AND code <> 'x'",
    "S_INTERSECTS(geom, BBOX(20.99,52.22,21.01,52.24))",
    "S_WITHIN(geom, POLYGON((20.99 52.22,21.01 52.22,21.01 52.24,20.99 52.22)))",
    "s_dwithin(geom, POINT(21 52.23), 500)",
    "T_DURING(INTERVAL(at, at), INTERVAL('2020-01-02T00:00:00Z', '2020-01-02T01:00:00Z'))",
    "T_INTERSECTS(day, INTERVAL('2021-05-01', '2021-05-03'))",
    "at = TIMESTAMP('2020-01-02T03:04:00Z')",
    "CASEI(ACCENTI(code)) LIKE '%c19999%'",
)


@pytest.fixture
def many(add_layer: LayerMaker, database: Database) -> Layer:
    """20,000 points with an index on every column."""
    layer = add_layer("many", GeometryType.POINT, COLUMNS, [["POINT(637000 487000)", "a", 1, None, None]])
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO data.{layer.relation} SELECT n, ST_SetSRID(ST_MakePoint(500000 + n * 7919 %% 300000,"
            " 350000 + n * 104729 %% 290000), 2180), 'c' || n, n %% 2000, '2020-01-01Z'::timestamptz"
            " + n * interval '1 min', '2020-01-01'::date + n %% 2000 FROM generate_series(2, 20000) n",
            (),
        )
        for column in COLUMNS:
            connection.exec_driver_sql(f"CREATE INDEX ON data.{layer.relation} ({column})")
        connection.exec_driver_sql(f"CREATE INDEX ON data.{layer.relation} USING gin (sdi.fold(code) gin_trgm_ops)")
        connection.exec_driver_sql("UPDATE layers.layer SET feature_count = 20000")
        connection.exec_driver_sql(f"ANALYZE data.{layer.relation}")
        found = layers.layer_as_owner(connection, "many")
    assert found is not None
    return found


@pytest.mark.parametrize("role", ["public", "private"])
def test_hot_filters_use_an_index(
    role: str, many: Layer, database: Database, sign_in: Callable[..., tuple[Principal, Any]]
) -> None:
    caller = None
    if role == "private":
        with database.owner.begin() as connection:
            connection.exec_driver_sql("UPDATE layers.layer SET visibility = 'organisation'")
        many, caller = replace(many, visibility="organisation"), sign_in("admin", "admin")[0]
    items = Items(database, caller, Statements())
    for text in FILTERS:
        query = ItemQuery(10, filter=from_text(text))
        statement = items.statement(many, query)
        with items.cursor(many) as cursor:
            values = {**statement.fixed, **bound_values(many, query)}
            plan = "\n".join(row[0] for row in cursor.execute(f"EXPLAIN {statement.text}", values))
        assert "Seq Scan" not in plan, (text, plan)
        assert "Index Cond" in plan, (text, plan)
