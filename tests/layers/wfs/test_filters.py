# SPDX-License-Identifier: EUPL-1.2
"""Filters of FES 2.0 choose the same features as SQL written by hand, whatever their shape."""

import random
from datetime import date

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from tests.conftest import LayerMaker
from tests.layers.wfs.conftest import NAMESPACES, ids

COLUMNS = {"name": ColumnType.TEXT, "n": ColumnType.INTEGER, "x": ColumnType.NUMBER, "ok": ColumnType.BOOLEAN,
           "day": ColumnType.DATE, "seen": ColumnType.TIMESTAMP}  # fmt: skip
WORDS = ["las", "Las", "łąka", "pole 5%", "a_b", "x*y", "", "las & <pole>"]
XMLNS = f'xmlns:fes="{NAMESPACES["fes"]}" xmlns:gml="{NAMESPACES["gml"]}" xmlns:app="{NAMESPACES["app"]}"'
Pair = tuple[str, str]


@pytest.fixture
def squares(add_layer: LayerMaker) -> None:
    """Two hundred squares with values of every type, a tenth of them missing."""
    source = random.Random(7)

    def maybe(value: object) -> object:
        return None if source.random() < 0.1 else value

    rows = []
    for _ in range(200):
        x, y, side = 600_000 + source.randrange(1000), 480_000 + source.randrange(1000), source.choice([10, 50, 200])
        ring = f"{x} {y},{x + side} {y},{x + side} {y + side},{x} {y + side},{x} {y}"
        rows.append([
            f"POLYGON(({ring}))", maybe(source.choice(WORDS)), maybe(source.randrange(-5, 6)),
            maybe(source.randrange(100) / 8), maybe(source.random() < 0.5),
            maybe(date(2020, 1, 1 + source.randrange(9))), maybe(f"2020-01-0{1 + source.randrange(9)}T12:00:00Z"),
        ])  # fmt: skip
    add_layer("squares", GeometryType.POLYGON, COLUMNS, rows)


def _xml(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;")


def _sql(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _literal(name: str) -> st.SearchStrategy[Pair]:
    """A literal of the property's type: as XML and as SQL."""
    values = {
        "name": st.sampled_from(WORDS).map(lambda word: (_xml(word), _sql(word))),
        "n": st.integers(-6, 6).map(lambda n: (str(n), f"({n})")),
        "x": st.integers(0, 100).map(lambda n: (str(n / 8), str(n / 8))),
        "ok": st.booleans().map(lambda flag: (str(flag).lower(), str(flag))),
        "day": st.integers(1, 9).map(lambda n: (f"2020-01-0{n}", f"date '2020-01-0{n}'")),
        "seen": st.integers(1, 9).map(lambda n: (f"2020-01-0{n}T12:00:00Z", f"timestamptz '2020-01-0{n}T12:00:00Z'")),
    }
    return values[name].map(lambda pair: (f"<fes:Literal>{pair[0]}</fes:Literal>", pair[1]))


def _reference(name: str) -> str:
    return f"<fes:ValueReference>app:{name}</fes:ValueReference>"


@st.composite
def _comparison(draw: st.DrawFn) -> Pair:
    name = draw(st.sampled_from(sorted(COLUMNS)))
    operator, sign = draw(
        st.sampled_from(
            [("EqualTo", "="), ("NotEqualTo", "<>"), ("LessThan", "<"), ("GreaterThan", ">"),
             ("LessThanOrEqualTo", "<="), ("GreaterThanOrEqualTo", ">=")]
        )
    )  # fmt: skip
    value, sql = draw(_literal(name))
    return f"<fes:PropertyIs{operator}>{_reference(name)}{value}</fes:PropertyIs{operator}>", f"({name} {sign} {sql})"


@st.composite
def _between(draw: st.DrawFn) -> Pair:
    name = draw(st.sampled_from(["n", "x", "day", "seen", "name"]))
    (low, low_sql), (high, high_sql) = draw(_literal(name)), draw(_literal(name))
    ends = f"<fes:LowerBoundary>{low}</fes:LowerBoundary><fes:UpperBoundary>{high}</fes:UpperBoundary>"
    return (
        f"<fes:PropertyIsBetween>{_reference(name)}{ends}</fes:PropertyIsBetween>",
        f"({name} BETWEEN {low_sql} AND {high_sql})",
    )


@st.composite
def _like(draw: st.DrawFn) -> Pair:
    word = draw(st.sampled_from(["*las*", "l?s", "pole 5%", "*!**", "a_b", "?_*", "*ł*", ""]))
    case = draw(st.booleans())
    pattern = word.replace("!*", "\x00").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = pattern.replace("*", "%").replace("?", "_").replace("\x00", "*")
    head = f'wildCard="*" singleChar="?" escapeChar="!" matchCase="{str(case).lower()}"'
    column, wanted = ("name", _sql(pattern)) if case else ("lower(name)", _sql(pattern.lower()))
    return (
        f"<fes:PropertyIsLike {head}>{_reference('name')}<fes:Literal>{word}</fes:Literal></fes:PropertyIsLike>",
        f"({column} LIKE {wanted})",
    )


@st.composite
def _null(draw: st.DrawFn) -> Pair:
    name = draw(st.sampled_from([*sorted(COLUMNS), "geom"]))
    return f"<fes:PropertyIsNull>{_reference(name)}</fes:PropertyIsNull>", f"({name} IS NULL)"


@st.composite
def _spatial(draw: st.DrawFn) -> Pair:
    x, y = draw(st.integers(600_000, 601_000)), draw(st.integers(480_000, 481_000))
    width, height = draw(st.sampled_from([0, 30, 400])), draw(st.sampled_from([30, 400]))
    operator, function = draw(
        st.sampled_from([("BBOX", "ST_Intersects"), ("Intersects", "ST_Intersects"), ("Within", "ST_Within"),
                         ("Contains", "ST_Contains"), ("Disjoint", "NOT ST_Intersects"), ("Overlaps", "ST_Overlaps"),
                         ("Touches", "ST_Touches"), ("Crosses", "ST_Crosses"), ("Equals", "ST_Equals")])
    )  # fmt: skip
    if width:
        corners = (
            f"<gml:lowerCorner>{y} {x}</gml:lowerCorner><gml:upperCorner>{y + height} {x + width}</gml:upperCorner>"
        )
        shape = f'<gml:Envelope srsName="urn:ogc:def:crs:EPSG::2180">{corners}</gml:Envelope>'
        sql = f"ST_MakeEnvelope({x}, {y}, {x + width}, {y + height}, 2180)"
    else:
        line = f"{y} {x} {y + height} {x + height}"
        shape = f'<gml:LineString gml:id="a" srsName="EPSG:2180"><gml:posList>{line}</gml:posList></gml:LineString>'
        sql = f"ST_GeomFromText('LINESTRING({x} {y},{x + height} {y + height})', 2180)"
    return f"<fes:{operator}>{_reference('geom')}{shape}</fes:{operator}>", f"({function}(geom, {sql}))"


@st.composite
def _temporal(draw: st.DrawFn) -> Pair:
    first, last = sorted((draw(st.integers(1, 9)), draw(st.integers(1, 9))))
    start, end = f"2020-01-0{first}T12:00:00Z", f"2020-01-0{last}T12:00:00Z"
    if first == last or draw(st.booleans()):
        operator, sign = draw(st.sampled_from([("After", ">"), ("Before", "<"), ("TEquals", "=")]))
        time = f"<gml:TimeInstant gml:id='t'><gml:timePosition>{start}</gml:timePosition></gml:TimeInstant>"
        sql = f"(seen {sign} {_sql(start)})"
    else:
        operator = draw(st.sampled_from(["During", "AnyInteracts", "Begins", "Ends"]))
        ends = f"<gml:beginPosition>{start}</gml:beginPosition><gml:endPosition>{end}</gml:endPosition>"
        time = f"<gml:TimePeriod gml:id='t'>{ends}</gml:TimePeriod>"
        a, z = _sql(start), _sql(end)
        sql = {"During": f"(seen > {a} AND seen < {z})", "AnyInteracts": f"(seen >= {a} AND seen <= {z})",
               "Begins": f"(seen = {a})", "Ends": f"(seen = {z})"}[operator]  # fmt: skip
    return f"<fes:{operator}>{_reference('seen')}{time}</fes:{operator}>", sql


@st.composite
def _identifier(draw: st.DrawFn) -> Pair:
    number = draw(st.integers(1, 210))
    return f'<fes:ResourceId rid="squares.{number}"/>', f"(fid = {number})"


@st.composite
def _distant(draw: st.DrawFn) -> Pair:
    x, y = draw(st.integers(600_000, 601_000)), draw(st.integers(480_000, 481_000))
    metres = draw(st.sampled_from([0, 60, 300]))
    operator, sign = draw(st.sampled_from([("DWithin", ""), ("Beyond", "NOT ")]))
    shape = f'<gml:Point gml:id="a" srsName="urn:ogc:def:crs:EPSG::2180"><gml:pos>{y} {x}</gml:pos></gml:Point>'
    distance = f'<fes:Distance uom="m">{metres}</fes:Distance>'
    return (
        f"<fes:{operator}>{_reference('geom')}{shape}{distance}</fes:{operator}>",
        f"({sign}ST_DWithin(geom, ST_SetSRID(ST_MakePoint({x}, {y}), 2180), {metres}))",
    )


LEAVES = st.one_of(_comparison(), _between(), _like(), _null(), _spatial(), _distant(), _temporal())


def _join(parts: list[Pair], operator: str) -> Pair:
    if len(parts) == 1:
        return parts[0]
    inner, sql = "".join(xml for xml, _ in parts), f" {operator.upper()} ".join(sql for _, sql in parts)
    return f"<fes:{operator}>{inner}</fes:{operator}>", f"({sql})"


FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(_join, st.lists(inner | _identifier(), min_size=2, max_size=3), st.sampled_from(["And", "Or"])),
        inner.map(lambda pair: (f"<fes:Not>{pair[0]}</fes:Not>", f"(NOT {pair[1]})")),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS)
def test_a_filter_chooses_what_sql_chooses(squares: None, client: FlaskClient, database: Database, made: Pair) -> None:
    body, condition = made
    pairs = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": "squares",
             "filter": f"<fes:Filter {XMLNS}>{body}</fes:Filter>"}  # fmt: skip
    answer = client.get("/wfs", query_string=pairs)
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.data)
    with database.owner.connect() as connection:
        statement = f"SELECT fid FROM data.squares_1 WHERE {condition} ORDER BY fid"
        rows = connection.exec_driver_sql(statement.replace("%", "%%"), ())
        expected = [f"squares.{fid}" for fid in rows.scalars()]
    assert ids(root) == expected
    assert root.get("numberMatched") == str(len(expected))


def test_pairs_may_hold_a_filter_in_cql2_beside(squares: None, client: FlaskClient) -> None:
    pairs = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": "squares"}
    one = client.get("/wfs", query_string={**pairs, "cql_filter": "n > 2 AND name LIKE 'l%'"}).data
    condition = "n > 2 AND name LIKE 'l%'"
    two = client.get("/wfs", query_string={**pairs, "filter": condition, "filter_language": "cql2-text"}).data
    assert ids(etree.fromstring(one)) == ids(etree.fromstring(two)) != []
    both = {**pairs, "cql_filter": "n > 2", "bbox": "480000,600000,480500,600500", "resourceId": "squares.1,squares.2"}
    assert client.get("/wfs", query_string=both).status_code == 200


def test_identifiers_of_a_filter_must_be_of_its_type(squares: None, client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("other", GeometryType.POINT, {}, [["POINT(600000 500000)"]])
    for rid, status in (("squares.3", 200), ("uuid-1", 200), ("squares.9999", 200), ("other.1", 400)):
        body = f'<fes:Filter {XMLNS}><fes:ResourceId rid="{rid}"/></fes:Filter>'
        pairs = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": "squares", "filter": body}
        answer = client.get("/wfs", query_string=pairs)
        assert answer.status_code == status, answer.text
        assert ids(etree.fromstring(answer.data)) == (["squares.3"] if rid == "squares.3" else [])
