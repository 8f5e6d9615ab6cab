# SPDX-License-Identifier: EUPL-1.2
"""One condition per filter: bound literals, kinds that fit, and a refusal for everything else."""

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from sdi.crs import CRS84, by_srid
from sdi.errors import BramaError, InvalidParameter, TooLarge
from sdi.filters.compile import compile_filter
from sdi.filters.parse import Filter, from_json, from_text
from sdi.filters.schema import Schema


def sql(filter_: Filter, schema: Schema) -> tuple[str, dict[str, Any]]:
    compiled = compile_filter(filter_, schema).compile(dialect=postgresql.dialect(paramstyle="named"))
    return re.sub(r"::[A-Z]+(\[\])?", "", " ".join(str(compiled).split())), dict(compiled.params)


@pytest.mark.parametrize(
    ("text", "part", "value"),
    [
        ("n = 1", "things.n = CAST(:param_1 AS BIGINT)", 1),
        ("n > 5000000000", "CAST(:param_1 AS BIGINT)", 5000000000),
        ("big = 9007199254740993", "CAST(:param_1 AS BIGINT)", 9007199254740993),
        ("x < 2", "CAST(:param_1 AS DOUBLE PRECISION)", 2.0),
        ("r = 0.1", "CAST(:param_1 AS REAL)", 0.1),
        ("name = 'x'", "CAST(:param_1 AS TEXT)", "x"),
        ("n IN (1, 2)", "things.n = ANY (CAST(:param_1 AS BIGINT[]))", [1, 2]),
        ("name LIKE 'a%'", "things.name LIKE CAST(:param_1 AS TEXT) ESCAPE", "a%"),
        ("accenti(casei(name)) = casei(accenti('Ł'))", "sdi.fold(things.name) = sdi.fold(", "Ł"),
        ("casei(name) = 'x'", "sdi.casefold(things.name) =", "x"),
        ("x = 1 / n", "nullif(CAST(things.n AS NUMERIC)", None),
        ("AnyText LIKE '%lasy%'", "words @@ :param_1", " lasy "),
        ("geom IS NULL", "things.geom IS NULL", None),
    ],
)
def test_literals_are_bound_in_the_type_of_the_column(text: str, part: str, value: Any, schema: Schema) -> None:
    statement, parameters = sql(from_text(text), schema)
    assert part in statement
    assert value is None or value in parameters.values()


def test_spatial_conditions_ask_the_index_first_with_one_literal(schema: Schema) -> None:
    statement, parameters = sql(from_text("S_INTERSECTS(geom, BBOX(20.9,52.1,21.1,52.3))"), schema)
    assert "things.geom &&" in statement
    assert "AND ST_Intersects(things.geom," in statement
    assert sum(isinstance(value, bytes) for value in parameters.values()) == 1
    assert "ST_Transform" not in statement


def test_axis_order_of_the_filter_crs(schema: Schema) -> None:
    lat_first = sql(from_text("S_WITHIN(geom, POINT(52.23182 21.00604))", crs=by_srid(4326)), schema)
    assert lat_first == sql(from_text("S_WITHIN(geom, POINT(21.00604 52.23182))", crs=CRS84), schema)
    north_first = sql(from_text("S_WITHIN(geom, POINT(486981 636955))", crs=by_srid(2180)), schema)
    assert north_first == sql(from_text("S_WITHIN(geom, POINT(636955 486981))", crs=by_srid(2180).xy), schema)


@pytest.mark.parametrize(
    "text",
    [
        "nothing = 1", "n = 'x'", "name = 1", "n = name", "n = NULL", "n LIKE 'x'", "name LIKE 'x\\'", "name LIKE code",
        "n", "1", "'x'", "NOT n", "geom = 1", "S_INTERSECTS(n, POINT(1 2))", "A_CONTAINS(n, (1))",
        "S_INTERSECTS(geom, n)", "S_INTERSECTS(geom, 'x')", "S_INTERSECTS(geom, BBOX(1,2,3))", "S_INTERSECTS(geom)",
        "S_INTERSECTS(geom, BBOX(3,4,1,2))", "S_INTERSECTS(geom, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "AnyText > 'x'",
        "S_INTERSECTS(geom, POLYGON((0 0,1 1)))", "S_INTERSECTS(geom, POINT(200000 91))", "d = DATE('2020-13-45')",
        "d = 'yesterday'", "ts > TIMESTAMP('2020-01-01T25:00:00Z')", "T_AFTER(d, ts)",
        "T_DURING(INTERVAL(d, d), INTERVAL('a','b'))", "T_DURING(d, INTERVAL('2020-01-01','..'))", "T_MEETS(d, d)",
        "T_AFTER('2020-01-01', n)", "casei(n) = 'x'", "name + 1 = 2", "n ^ name = 1", "A_OVERLAPS((1))", "f(n) = 1",
        "pg_sleep(5) = 1", "lower(n) = 'x'", "lower(name, code) = 'x'", "buffer(n, 1) IS NULL", "year(name) = 1",
        "area(geom)", "s_dwithin(geom, POINT(1 2))", "buffer(geom, 1) = 1", "now() = 1",
        "d > 5", "ok = 1", "n BETWEEN 'a' AND 'b'", "n IN ('a')", "BBOX(geom, 1, 2, 3, 4)", "(a = 1) = ok",
        "ts = TIMESTAMP('0001-01-01T00:00:00+14:00')", "casei(name) LIKE casei(code)", "AnyText = n", "true = 1",
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(text: str, schema: Schema) -> None:
    with pytest.raises(InvalidParameter) as caught:
        compile_filter(from_text(text), schema)
    assert caught.value.locator


def test_limits_of_lists_and_vertices(schema: Schema) -> None:
    with pytest.raises(TooLarge, match="10000 values"):
        compile_filter(from_text("n IN (" + ",".join(["1"] * 10_001) + ")"), schema)
    with pytest.raises(TooLarge, match="1000 pairs"):
        compile_filter(from_text(f"A_OVERLAPS(({','.join('1' * 40)}), ({','.join('1' * 40)}))"), schema)
    points = ",".join(["1 1", "2 2"] * 5_001)
    with pytest.raises(TooLarge, match="10000 vertices"):
        compile_filter(from_text(f"S_INTERSECTS(geom, LINESTRING({points}))"), schema)


NASTY = st.sampled_from(["'; DROP TABLE things; --", '"', "%s", "%(x)s", ":x", "\\", "$1", "{}", "' OR 1=1"]) | st.text(
    max_size=12
)
NAMES = st.sampled_from(["name", "code", "n", "big", "x", "r", "q", "ok", "d", "ts", "geom", "AnyText", "nothing"])
SCALARS = (
    NASTY
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | NAMES.map(lambda name: {"property": name})
    | NASTY.map(lambda text: {"date": text})
    | NASTY.map(lambda text: {"timestamp": text})
    | st.dates().map(lambda day: {"date": day.isoformat()})
    | st.lists(NASTY | st.just(".."), max_size=3).map(lambda ends: {"interval": ends})
    | st.lists(st.integers() | st.floats() | NASTY, max_size=7).map(lambda numbers: {"bbox": numbers})
    | st.lists(st.floats(-180, 180), max_size=4).map(lambda xy: {"type": "Point", "coordinates": xy})
    | st.recursive(st.floats() | NASTY, lambda inner: st.lists(inner, max_size=4)).map(
        lambda coordinates: {"type": "Polygon", "coordinates": coordinates}
    )
)
OPERATORS = st.sampled_from(
    ["and", "or", "not", "=", "<>", "<", ">=", "like", "between", "in", "isNull", "casei", "accenti", "+", "/", "^",
     "s_intersects", "s_within", "s_disjoint", "t_after", "t_during", "t_meets", "f", "a_contains", "a_equals", "lower",
     "buffer", "s_dwithin", "year", "now", "area", "A_Overlaps", "'; DROP TABLE things; --"]
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.builds(lambda op, args: {"op": op, "args": args}, OPERATORS, st.lists(inner, max_size=3))
        | st.lists(inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=1000, deadline=None)
@given(TREES)
def test_any_tree_is_a_condition_of_bound_values_or_a_refusal(schema: Schema, tree: Any) -> None:
    try:
        for filter_ in (from_json(json.dumps(tree)), Filter(json.dumps(tree))):
            statement, _ = sql(filter_, schema)
            assert "DROP" not in statement
            assert "OR 1=1" not in statement
    except BramaError as error:
        assert error.status < 500


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["name = {}", "name IN ({})", "name LIKE {}", "casei(name) = casei({})", "AnyText = {}"]), NASTY)
def test_sql_in_any_text_is_a_bound_value(schema: Schema, frame: str, text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    try:
        statement, parameters = sql(from_text(frame.format(literal)), schema)
    except BramaError:
        return
    assert statement == sql(from_text(frame.format("'x'")), schema)[0]
    assert len(parameters) == 1


def test_conditions_can_be_negated_and_joined(schema: Schema) -> None:
    statement, _ = sql(from_text("NOT (n = 1 OR n = 2) AND ok"), schema)
    assert statement.startswith("NOT (")
    assert isinstance(compile_filter(from_text("true"), schema), sa.ColumnElement)
