# SPDX-License-Identifier: EUPL-1.2
"""Conditions run on PostGIS: they select what they say, through the indexes, and cannot fail at run time."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from sdi.crs import CRS84, Box, Crs, by_srid
from sdi.db.database import Database
from sdi.filters.compile import compile_filter
from sdi.filters.parse import from_text
from sdi.filters.schema import Schema

ROWS = """
    (1, 'Łódź', 'a%%b', 1, 9007199254740993, 0.1, 0.1, 0.1, true, '2020-01-01', '2020-01-01 12:00Z', 636955, 486981),
    (2, 'łódź', 'a_b', 2, 9007199254740992, 1.5, 1.5, 1.5, false, '2020-06-30', '2020-06-30 23:59:59Z', 640000, 487000),
    (3, 'It''s', 'axb', 0, -9007199254740993, 'NaN', 'Infinity', 3, true, '2021-01-01', '2021-01-01Z', 500000, 5e5),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


@pytest.fixture
def connection(database: Database, table: sa.Table) -> Iterator[Connection]:
    with database.owner.connect() as connection:
        connection.execute(sa.text("CREATE SCHEMA trial"))
        connection.execute(sa.text("SET search_path = trial, public"))
        table.create(connection)
        connection.execute(sa.text("ALTER TABLE things ADD fid bigint"))
        connection.exec_driver_sql(
            "INSERT INTO things (fid, name, code, n, big, x, r, q, ok, d, ts, geom)"
            " SELECT fid, name, code, n, big, x::float8, r::float8, q, ok, d::date, ts::timestamptz,"
            f" ST_SetSRID(ST_MakePoint(px, py), 2180) FROM (VALUES {ROWS})"
            " AS v (fid, name, code, n, big, x, r, q, ok, d, ts, px, py)"
        )
        connection.exec_driver_sql("CREATE INDEX ON things USING gist (geom)")
        for column in ("name", "n", "big", "x", "r", "q", "d", "ts"):
            connection.exec_driver_sql(f"CREATE INDEX ON things ({column})")
        yield connection


def found(connection: Connection, table: sa.Table, schema: Schema, text: str, crs: Crs = CRS84) -> list[int]:
    condition = compile_filter(from_text(text, crs=crs), schema)
    fid = sa.column("fid", sa.BigInteger())
    return list(connection.execute(sa.select(fid).select_from(table).where(condition).order_by(fid)).scalars())


CASES = {
    "big = 9007199254740993": [1],
    "big = -9007199254740993": [3],
    "big IN (9007199254740992, 5)": [2],
    "n > -5000000000": [1, 2, 3],
    "n = 1.5": [],
    "x = 0.1": [1],
    "r = 0.1": [1],
    "q = 0.1": [1],
    "n BETWEEN 1 AND 2": [1, 2],
    "NOT ok": [2],
    "ok = true AND n = 0": [3],
    "name = 'Łódź'": [1],
    "name = 'It''s'": [3],
    "name IN ('Łódź', 'It''s')": [1, 3],
    "name IS NULL": [4],
    "name LIKE '%dź'": [1, 2],
    "code LIKE 'a_b'": [1, 2, 3],
    "code LIKE 'a\\_b'": [2],
    "code LIKE 'a\\%b'": [1],
    "accenti(casei(name)) = accenti(casei('LODZ'))": [1, 2],
    "accenti(name) = 'Lodz'": [1],
    "casei(name) = casei('ŁÓDŹ')": [1, 2],
    "casei(name) LIKE casei('ŁÓ%')": [1, 2],
    "1 / n = 1": [1],
    "n / 2 = 0.5": [1],
    "n % 0 = 1": [],
    "big * big * big > 0": [1, 2],
    "n ^ 10 = 1024": [2],
    "x * 1e308 * 1e308 > 0": [1, 2, 3],
    "d > DATE('2020-01-01')": [2, 3],
    "d = '2020-01-01'": [1],
    "d BETWEEN DATE('2020-01-01') AND DATE('2020-06-30')": [1, 2],
    "d IN (DATE('2020-01-01'), DATE('2021-01-01'))": [1, 3],
    "ts = DATE('2020-06-30')": [2],
    "ts > DATE('2020-01-01')": [2, 3],
    "ts >= TIMESTAMP('2020-01-01T13:00:00+01:00')": [1, 2, 3],
    "T_DURING(INTERVAL(ts, ts), INTERVAL('2020-01-01', '..'))": [1, 2, 3],
    "T_INTERSECTS(ts, INTERVAL('..', '2020-06-30'))": [1, 2],
    "T_BEFORE(d, DATE('2020-06-30'))": [1],
    "T_DISJOINT(d, INTERVAL('2020-01-01', '2020-12-31'))": [3],
    "S_INTERSECTS(geom, BBOX(21.0,52.2,21.01,52.3))": [1],
    "S_DISJOINT(geom, BBOX(21.0,52.2,21.01,52.3))": [2, 3],
    "S_WITHIN(geom, POLYGON((20 52, 22 52, 22 53, 20 53, 20 52)))": [1, 2],
    "S_INTERSECTS(geom, BBOX(-180,-90,180,90))": [1, 2, 3],
    "S_INTERSECTS(geom, BBOX(-60,-20,-50,-10))": [],
    "S_INTERSECTS(geom, BBOX(170,-10,-170,10))": [],
    "n IN ()": [],
    "casei('Straße') = casei('STRASSE')": [1, 2, 3, 4],
    "casei('ΟΔΟΣ') = casei('οδος')": [1, 2, 3, 4],
    "accenti('zażółć gęślą jaźń ŁÓDŹ') = 'zazolc gesla jazn LODZ'": [1, 2, 3, 4],
    "accenti('e\u0301') = accenti('é')": [1, 2, 3, 4],
    "1 = 2": [],
    "'a' = name OR n = x": [],
    "n = big": [],
    "x = r": [2],
    "name = code": [],
    "(n = 1) = ok": [1, 2],
    "ok <> (n = 0)": [1],
    "(n + 1) IS NULL": [4],
    "geom IS NOT NULL": [1, 2, 3],
    "POINT(1 2) IS NULL": [],
    "INTERVAL(d, ts) IS NULL": [4],
    "INTERVAL('2020-01-01', '..') IS NOT NULL": [1, 2, 3, 4],
    "2 ^ n = 4": [2],
    "n ^ 0.5 = 1": [1],
    "n ^ -1 = 1": [1],
    "(0 - 1) ^ 0.5 = 1": [],
    "10 ^ big > 0": [],
    "x ^ x > 0": [1, 2],
    "T_AFTER(DATE('2021-01-01'), DATE('2020-01-01'))": [1, 2, 3, 4],
    "T_EQUALS(INTERVAL('2020-01-01', '2020-12-31'), INTERVAL('2020-01-01', '2020-12-31'))": [1, 2, 3, 4],
    "T_DURING(INTERVAL('2020-02-01', '2020-03-01'), INTERVAL('2020-01-01', '..'))": [1, 2, 3, 4],
    "T_MEETS(INTERVAL('2019-01-01', d), INTERVAL('2020-06-30', '2020-12-31'))": [2],
    "T_METBY(INTERVAL('2020-06-30', '2020-12-31'), INTERVAL('2019-01-01', d))": [2],
    "T_STARTS(INTERVAL(d, '2021-06-01'), INTERVAL('2020-01-01', '2022-01-01'))": [1],
    "T_STARTEDBY(INTERVAL(d, '2021-06-01'), INTERVAL('2020-01-01', '2020-02-01'))": [1],
    "T_FINISHES(INTERVAL('2020-05-01', d), INTERVAL('2020-01-01', '2020-06-30'))": [2],
    "T_FINISHEDBY(INTERVAL('2019-01-01', d), INTERVAL('2020-01-01', '2020-06-30'))": [2],
    "T_OVERLAPS(INTERVAL('2019-01-01', d), INTERVAL('2020-02-01', '2020-12-31'))": [2],
    "T_OVERLAPPEDBY(INTERVAL('2020-02-01', '2020-12-31'), INTERVAL('2019-01-01', d))": [2],
    "T_CONTAINS(INTERVAL('2020-01-01', '2020-12-31'), INTERVAL(d, d))": [2],
    "T_INTERSECTS(INTERVAL(d, '..'), DATE('2020-06-30'))": [1, 2],
    "T_BEFORE(INTERVAL('..', d), DATE('2020-06-30'))": [1],
    "T_EQUALS(d, DATE('2020-06-30'))": [2],
    "S_INTERSECTS(POINT(21 52), BBOX(20, 51, 22, 53))": [1, 2, 3, 4],
    "S_CROSSES(LINESTRING(20 51, 22 53), POLYGON((20.5 51, 21.5 51, 21.5 53, 20.5 53, 20.5 51)))": [1, 2, 3, 4],
    "S_OVERLAPS(BBOX(20, 51, 22, 53), BBOX(21, 52, 23, 54))": [1, 2, 3, 4],
    "S_TOUCHES(BBOX(20, 51, 21, 52), BBOX(21, 51, 22, 52))": [1, 2, 3, 4],
    "S_CONTAINS(BBOX(20, 52, 22, 53), geom)": [1, 2],
    "S_EQUALS(geom, geom)": [1, 2, 3],
    "S_WITHIN(geom, GEOMETRYCOLLECTION(POINT(1 1), POLYGON((20 52, 22 52, 22 53, 20 53, 20 52))))": [1, 2],
    "A_EQUALS((name, 1), (1, 'Łódź'))": [1],
    "A_CONTAINS(('Łódź', 'łódź', n), (name))": [1, 2],
    "A_CONTAINEDBY((), ())": [1, 2, 3, 4],
    "A_OVERLAPS((n, big), (9007199254740993, 2))": [1, 2],
    "A_CONTAINS(((1, 2), (3, 4)), ((4, 3), (2, 1)))": [1, 2, 3, 4],
    "A_CONTAINS((DATE('2020-01-01'), 'x', true), (d))": [1],
    "A_OVERLAPS((POINT(21 52)), (POINT(21 52), 1))": [1, 2, 3, 4],
    "A_EQUALS((INTERVAL('2020-01-01', '..')), (INTERVAL('2020-01-01', '..')))": [1, 2, 3, 4],
    "lower(name) = 'łódź'": [1, 2],
    "length(name) > 3 AND upper(code) LIKE 'A_B'": [1, 2, 3],
    "abs(big) = 9007199254740993": [1, 3],
    "round(q) = 2 OR floor(q) = 3 OR ceil(x) = 2": [2, 3],
    "year(ts) = 2020 AND month(d) = 6 AND day(ts) = 30": [2],
    "T_BEFORE(ts, now()) AND ts < now()": [1, 2, 3],
    "year(DATE('2020-01-01')) = 2020": [1, 2, 3, 4],
    "s_dwithin(geom, POINT(21.0060 52.2318), 5000)": [1, 2],
    "s_beyond(geom, POINT(21.0060 52.2318), 5000)": [3],
    "S_INTERSECTS(buffer(geom, 5000), POINT(21.0060 52.2318))": [1, 2],
    "area(buffer(geom, 100)) BETWEEN 31000 AND 31416": [1, 2, 3],
    "geometry_type(centroid(buffer(geom, 100))) = 'Point'": [1, 2, 3],
    "true": [1, 2, 3, 4],
    "false OR n = 1": [1],
}


def test_every_filter_selects_what_it_says(connection: Connection, table: sa.Table, schema: Schema) -> None:
    assert {text: found(connection, table, schema, text) for text in CASES} == CASES


def test_names_may_begin_with_an_underscore_or_a_colon(connection: Connection, table: sa.Table, schema: Schema) -> None:
    odd = {**schema, "_n": schema["n"], ":n": schema["n"]}
    assert found(connection, table, odd, "_n = 1 OR :n=2") == [1, 2]


def test_the_palace_is_found_in_every_axis_order(connection: Connection, table: sa.Table, schema: Schema) -> None:
    boxes = {
        CRS84: "21.0060,52.2318,21.0061,52.2319",
        by_srid(4326): "52.2318,21.0060,52.2319,21.0061",
        by_srid(2180): "486980,636954,486983,636957",
        by_srid(2180).xy: "636954,486980,636957,486983",
        by_srid(3857): ",".join(map(str, Box(21.0060, 52.2318, 21.0061, 52.2319, CRS84).to(by_srid(3857)).bounds)),
    }
    for crs, box in boxes.items():
        assert found(connection, table, schema, f"S_INTERSECTS(geom, BBOX({box}))", crs) == [1], crs.name


@pytest.mark.parametrize(
    "text",
    ["name = 'x'", "name IN ('x', 'y')", "n = 1", "n IN (1, 2)", "n > 5000000000", "x = 2", "r = 0.5", "q = 0.1",
     "d = DATE('2020-01-01')", "ts = DATE('2020-01-01')",
     "T_DURING(INTERVAL(ts, ts), INTERVAL('2020-01-01', '2020-01-02'))",
     "S_INTERSECTS(geom, BBOX(21.0,52.2,21.01,52.3))", "S_WITHIN(geom, BBOX(21.0,52.2,21.01,52.3))",
     "s_dwithin(geom, POINT(21.0 52.2), 100)"],
)  # fmt: skip
def test_an_index_answers(text: str, connection: Connection, table: sa.Table, schema: Schema) -> None:
    connection.exec_driver_sql("SET enable_seqscan = off")
    statement = sa.select(sa.column("fid")).select_from(table).where(compile_filter(from_text(text), schema))
    compiled = statement.compile(connection.engine)
    plan = connection.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)).scalars()
    assert "Index Cond" in "\n".join(plan)
