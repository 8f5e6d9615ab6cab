# SPDX-License-Identifier: EUPL-1.2
"""Random filters as CQL2 text and JSON select what SQL written beside them selects, over a real table."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from sdi.db.database import Database
from sdi.filters.compile import compile_filter
from sdi.filters.parse import Filter, from_json, from_text
from sdi.filters.schema import Schema


@dataclass(frozen=True)
class Said:
    """The same thing said three times."""

    text: str
    tree: Any
    sql: str


WORDS = ("Łódź", "łódź", "Warszawa", "ŻÓŁĆ", "a%b", "a_b", "it's", "", "Straße")
PATTERNS = ("%", "Ł%", "%a%", "_ó%", "a\\%b", "%'%", "a\\_b", "x")
DAYS = ("2019-12-31", "2020-01-01", "2020-01-02", "2020-02-29")
BOXES = ((20.9, 52.1, 21.1, 52.3), (20.0, 51.0, 20.95, 52.2), (170.0, -10.0, -170.0, 10.0), (21.0, 52.2, 21.0, 52.25))


def _quote(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _property(name: str) -> Said:
    return Said(name, {"property": name}, name)


def _joined(pair: tuple[Said, str, Said]) -> Said:
    a, operator, b = pair
    sql = f"({a.sql} {operator} nullif({b.sql}, 0))" if operator == "/" else f"({a.sql} {operator} {b.sql})"
    return Said(f"({a.text} {operator} {b.text})", {"op": operator, "args": [a.tree, b.tree]}, sql)


_numbers = st.integers(-50, 50).map(lambda n: Said(str(n), n, f"({n})::numeric")) | st.sampled_from(
    ["n", "big", "q"]
).map(lambda name: Said(name, {"property": name}, f"{name}::numeric"))
NUMBERS = st.recursive(
    _numbers, lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(_joined), max_leaves=4
)
COMPARE = st.sampled_from(["=", "<>", "<", ">", "<=", ">="])
TEXTS = st.sampled_from(WORDS).map(lambda word: Said(_quote(word), word, _quote(word))) | st.just(_property("name"))


def _compared(parts: tuple[Said, str, Said]) -> Said:
    a, operator, b = parts
    return Said(
        f"{a.text} {operator} {b.text}", {"op": operator, "args": [a.tree, b.tree]}, f"{a.sql} {operator} {b.sql}"
    )


def _between(parts: tuple[Said, Said, Said]) -> Said:
    value, low, high = parts
    tree = {"op": "between", "args": [value.tree, low.tree, high.tree]}
    words = "{} BETWEEN {} AND {}"
    return Said(words.format(value.text, low.text, high.text), tree, words.format(value.sql, low.sql, high.sql))


def _like(pattern: str) -> Said:
    tree = {"op": "like", "args": [{"property": "name"}, pattern]}
    return Said(f"name LIKE {_quote(pattern)}", tree, f"name LIKE {_quote(pattern)}")


def _folded(word: str) -> Said:
    casei: Callable[[Any], Any] = lambda node: {"op": "casei", "args": [node]}  # noqa: E731 - two uses, one line
    tree = {"op": "=", "args": [casei({"property": "name"}), casei(word)]}
    fold = f'lower(upper(name COLLATE "und-x-icu")) = lower(upper({_quote(word)} COLLATE "und-x-icu"))'
    return Said(f"CASEI(name) = CASEI({_quote(word)})", tree, fold)


def _in(numbers: list[int]) -> Said:
    listed = ", ".join(map(str, numbers))
    return Said(
        f"n IN ({listed})", {"op": "in", "args": [{"property": "n"}, numbers]}, f"n = ANY ('{{{listed}}}'::int[])"
    )


def _timed(parts: tuple[str, str]) -> Said:
    operator, day = parts
    sql = {"t_after": ">", "t_before": "<", "t_equals": "="}[operator]
    tree = {"op": operator, "args": [{"property": "d"}, {"date": day}]}
    return Said(f"{operator.upper()}(d, DATE('{day}'))", tree, f"d {sql} '{day}'::date")


def _inside(parts: tuple[str, str]) -> Said:
    low, high = parts
    tree = {"op": "t_during", "args": [{"interval": [{"property": "ts"}] * 2}, {"interval": [low, high]}]}
    end = f"('{high}'::timestamp + interval '1 day' - interval '1 microsecond') AT TIME ZONE 'UTC'"
    sql = f"(ts > '{low}'::timestamp AT TIME ZONE 'UTC' AND ts < {end})"
    return Said(f"T_DURING(INTERVAL(ts, ts), INTERVAL('{low}', '{high}'))", tree, sql)


def _spatial(box: tuple[float, float, float, float]) -> Said:
    west, south, east, north = box
    written = ",".join(map(str, box))
    tree = {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": list(box)}]}
    spans = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    parts = (f"(ST_X(ST_Transform(geom, 4326)) BETWEEN {a} AND {z})" for a, z in spans)
    sql = f"(ST_Y(ST_Transform(geom, 4326)) BETWEEN {south} AND {north} AND ({' OR '.join(parts)}))"
    return Said(f"S_INTERSECTS(geom, BBOX({written}))", tree, sql)


def _is_null(name: str) -> Said:
    return Said(f"{name} IS NULL", {"op": "isNull", "args": [{"property": name}]}, f"{name} IS NULL")


PREDICATES = (
    st.tuples(NUMBERS, COMPARE, NUMBERS).map(_compared)
    | st.tuples(TEXTS, COMPARE, TEXTS).map(_compared)
    | st.tuples(NUMBERS, NUMBERS, NUMBERS).map(_between)
    | st.sampled_from(PATTERNS).map(_like)
    | st.sampled_from(WORDS).map(_folded)
    | st.lists(st.integers(-3, 6), max_size=4).filter(bool).map(_in)
    | st.tuples(st.sampled_from(["t_after", "t_before", "t_equals"]), st.sampled_from(DAYS)).map(_timed)
    | st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(_inside)
    | st.sampled_from(BOXES).map(_spatial)
    | st.sampled_from(["name", "n", "x", "d", "ok"]).map(_is_null)
    | st.just(Said("ok = TRUE", {"op": "=", "args": [{"property": "ok"}, True]}, "ok = true"))
)


def _both(parts: tuple[Said, str, Said]) -> Said:
    a, word, b = parts
    return Said(
        f"({a.text} {word} {b.text})", {"op": word.lower(), "args": [a.tree, b.tree]}, f"({a.sql} {word} {b.sql})"
    )


def _not(inner: Said) -> Said:
    return Said(f"NOT ({inner.text})", {"op": "not", "args": [inner.tree]}, f"NOT ({inner.sql})")


FILTERS = st.recursive(
    PREDICATES,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(_both) | inner.map(_not),
    max_leaves=6,
)


@pytest.fixture
def connection(database: Database, table: sa.Table) -> Iterator[Connection]:
    """Three hundred rows of every combination, NULLs among them; no point on the edge of a box."""
    with database.owner.connect() as connection:
        connection.execute(sa.text("CREATE SCHEMA trial"))
        connection.execute(sa.text("SET search_path = trial, public"))
        table.create(connection)
        connection.execute(sa.text("ALTER TABLE things ADD fid serial"))
        words = ", ".join(_quote(word).replace("%", "%%") for word in WORDS)
        connection.exec_driver_sql(
            "INSERT INTO things (name, n, big, x, q, ok, d, ts, geom) SELECT (ARRAY["
            f"{words}, NULL])[1 + i %% {len(WORDS) + 1}], nullif(i %% 9 - 3, 5), i * 1000003, nullif(i %% 4, 3) / 2.0,"
            " i / 3.0, (ARRAY[true, false, NULL])[1 + i %% 3], '2019-12-30'::date + nullif(i %% 7, 6),"
            " '2019-12-30Z'::timestamptz + i * interval '20 minutes', CASE WHEN i %% 11 > 0 THEN"
            " ST_Transform(ST_SetSRID(ST_MakePoint(20.013 + i %% 17 / 10.0, 51.013 + i %% 19 / 10.0), 4326), 2180) END"
            " FROM generate_series(0, 299) i"
        )
        yield connection


def test_random_filters_select_what_sql_selects(connection: Connection, table: sa.Table, schema: Schema) -> None:
    fid = sa.column("fid", sa.Integer())

    def found(filter_: Filter) -> list[int]:
        statement = sa.select(fid).select_from(table).where(compile_filter(filter_, schema)).order_by(fid)
        return list(connection.execute(statement).scalars())

    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(FILTERS)
    def check(said: Said) -> None:
        sql = f"SELECT fid FROM things WHERE {said.sql} ORDER BY fid".replace("%", "%%")
        expected = list(connection.exec_driver_sql(sql).scalars())
        assert found(from_text(said.text)) == expected, said.text
        assert found(from_json(json.dumps(said.tree))) == expected, said.tree

    check()
