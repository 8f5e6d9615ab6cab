# SPDX-License-Identifier: EUPL-1.2
"""Transaction and locks (OGC 09-025r2, clauses 12, 13 and 15; OGC 04-094, clauses 10 to 12)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import text

from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from tests.conftest import LayerMaker

from .conftest import NAMESPACES

Headers = dict[str, str]
POINT = (
    '<app:geom><gml:Point srsName="urn:ogc:def:crs:EPSG::2180" gml:id="p"><gml:pos>500200 550300</gml:pos>'
    "</gml:Point></app:geom>"
)


@pytest.fixture
def trees(add_layer: LayerMaker) -> Layer:
    """Three trees of Gąbin."""
    rows = [
        [f"POINT({550_000 + n} 500000)", f"t{n}", "dąb", 100 * n, 0.5, True, "2020-01-01", None] for n in range(1, 4)
    ]
    columns = {
        "code": ColumnType.TEXT, "kind": ColumnType.TEXT, "girth": ColumnType.INTEGER, "height": ColumnType.NUMBER,
        "alive": ColumnType.BOOLEAN, "planted": ColumnType.DATE, "seen": ColumnType.TIMESTAMP,
    }  # fmt: skip
    return add_layer("trees", GeometryType.POINT, columns, rows, organisation="gabin", key_column="code")


@pytest.fixture
def clerk(trees: Layer, sign_in: Callable[..., tuple[Any, Headers]]) -> Headers:
    """Headers of who may change the trees."""
    return sign_in("clerk", "features:write")[1]


@pytest.fixture
def rows(database: Database) -> Callable[[str], list[tuple[Any, ...]]]:
    """Rows of a statement as the owner."""

    def read(statement: str) -> list[tuple[Any, ...]]:
        with database.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    return read


Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def post(client: FlaskClient, clerk: Headers) -> Callable[..., tuple[int, etree._Element]]:
    """Post the inside of a request of 2.0.0 (or 1.1.0): its status and document."""

    def send(
        inside: str, attributes: str = "", name: str = "Transaction", version: str = "2.0.0", headers: Any = None
    ) -> tuple[int, etree._Element]:
        new = version == "2.0.0"
        spaces = {
            "wfs": NAMESPACES["wfs" if new else "wfs11"], "gml": NAMESPACES["gml" if new else "gml31"],
            "fes": NAMESPACES["fes"], "ogc": NAMESPACES["ogc"], "app": NAMESPACES["app"],
            "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        }  # fmt: skip
        listed = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
        body = f'<wfs:{name} {listed} service="WFS" version="{version}" {attributes}>{inside}</wfs:{name}>'
        sent = clerk if headers is None else headers
        answer = client.post("/wfs", data=body.encode(), content_type="text/xml", headers=sent)
        return answer.status_code, etree.fromstring(answer.data)

    return send


Post = Callable[..., tuple[int, etree._Element]]


def _by_id(fid: int) -> str:
    return f'<fes:Filter><fes:ResourceId rid="trees.{fid}"/></fes:Filter>'


def _by_code(code: str) -> str:
    return (
        "<fes:Filter><fes:PropertyIsEqualTo><fes:ValueReference>app:code</fes:ValueReference>"
        f"<fes:Literal>{code}</fes:Literal></fes:PropertyIsEqualTo></fes:Filter>"
    )


def _set(name: str, value: str) -> str:
    return (
        f"<wfs:Property><wfs:ValueReference>app:{name}</wfs:ValueReference>"
        f"<wfs:Value>{value}</wfs:Value></wfs:Property>"
    )


def _tree(code: str, more: str = "") -> str:
    return f'<app:trees gml:id="x"><app:code>{code}</app:code>{more}{POINT}</app:trees>'


def _code(report: etree._Element) -> tuple[str | None, str | None]:
    (exception,) = [one for one in report.iter() if str(one.tag).endswith("}Exception")]
    return exception.get("exceptionCode"), exception.get("locator")


def test_an_action_that_finds_nothing_changes_nothing(post: Post, rows: Rows) -> None:
    before = rows("SELECT fid, girth FROM data.trees_1")
    status, told = post(
        f'<wfs:Update typeName="app:trees">{_set("girth", "999")}{_by_code("none")}</wfs:Update>'
        f'<wfs:Delete typeName="app:trees">{_by_id(77)}</wfs:Delete>'
    )
    assert (status, [one.text for one in told.find("wfs:TransactionSummary", NAMESPACES)]) == (200, ["0"] * 4)
    assert rows("SELECT fid, girth FROM data.trees_1") == before


def test_actions_are_done_in_their_order_and_told(post: Post, rows: Rows) -> None:
    values = (
        "<app:kind>lipa &amp; co</app:kind><app:girth>12</app:girth><app:height>1.5e1</app:height>"
        "<app:alive>1</app:alive><app:planted>2026-03-01Z</app:planted><app:seen>2026-03-01T12:00:00+01:00</app:seen>"
    )
    status, told = post(
        f'<wfs:Insert handle="new">{_tree("n1", values)}{_tree("n2")}</wfs:Insert>'
        f'<wfs:Update typeName="app:trees" handle="grow">{_set("girth", "999")}{_by_code("n2")}</wfs:Update>'
        f"<wfs:Replace>{_tree('r1')}{_by_id(1)}</wfs:Replace>"
        f'<wfs:Delete typeName="app:trees">{_by_id(2)}</wfs:Delete>'
        '<wfs:Native vendorId="x" safeToIgnore="true"/>'
    )
    assert status == 200
    totals = {etree.QName(one).localname: one.text for one in told.find("wfs:TransactionSummary", NAMESPACES)}
    assert totals == {"totalInserted": "2", "totalUpdated": "1", "totalReplaced": "1", "totalDeleted": "1"}
    listed = {
        etree.QName(kind).localname: [
            (feature.get("handle"), [one.get("rid") for one in feature]) for feature in kind
        ]
        for kind in told[1:]
    }  # fmt: skip
    assert listed == {
        "InsertResults": [("new", ["trees.4", "trees.5"])],
        "UpdateResults": [("grow", ["trees.5"])],
        "ReplaceResults": [(None, ["trees.1"])],
    }
    assert rows("SELECT fid, code, kind, girth, height, alive, planted::text, extract(epoch FROM seen)::bigint,"
                " ST_X(geom) FROM data.trees_1 ORDER BY fid") == [
        (1, "r1", None, None, None, None, None, None, 550_300.0),
        (3, "t3", "dąb", 300, 0.5, True, "2020-01-01", None, 550_003.0),
        (4, "n1", "lipa & co", 12, 15.0, True, "2026-03-01", 1_772_362_800, 550_300.0),
        (5, "n2", None, 999, None, None, None, None, 550_300.0),
    ]  # fmt: skip
    assert rows("SELECT revision, feature_count FROM layers.layer") == [(1, 4)]


def test_a_refused_action_undoes_all_and_is_named(post: Post, rows: Rows) -> None:
    status, report = post(
        f'<wfs:Insert>{_tree("n1")}</wfs:Insert><wfs:Update typeName="app:trees" handle="bad">{_set("girth", "x")}'
        f"{_by_id(1)}</wfs:Update>"
    )
    assert (status, _code(report)) == (400, ("InvalidValue", "bad"))
    assert rows("SELECT count(*), max(fid) FROM data.trees_1") == [(3, 3)]
    status, report = post(f'<wfs:Insert handle="twice">{_tree("t1")}</wfs:Insert>')
    assert (status, _code(report)[1]) == (409, "twice")


def test_what_is_not_given_or_nil_becomes_null(post: Post, rows: Rows) -> None:
    bare = "<wfs:Property><wfs:ValueReference>girth</wfs:ValueReference></wfs:Property>"
    nil = '<wfs:Property><wfs:ValueReference>height</wfs:ValueReference><wfs:Value xsi:nil="true"/></wfs:Property>'
    removed = '<wfs:Property><wfs:ValueReference action="remove">alive</wfs:ValueReference></wfs:Property>'
    inside = f'<wfs:Update typeName="app:trees">{bare}{nil}{removed}{_set("kind", "")}</wfs:Update>'
    status, told = post(inside)
    assert (status, told[0][1].text) == (200, "3")
    assert rows("SELECT DISTINCT girth, height, alive, kind FROM data.trees_1") == [(None, None, None, "")]


@pytest.mark.parametrize(
    ("srs", "coordinates"),
    [
        ("urn:ogc:def:crs:EPSG::2180", "500200 550300"),
        ("http://www.opengis.net/def/crs/EPSG/0/2180", "500200 550300"),
        ("urn:ogc:def:crs:EPSG::4326", "52.3569449 19.7384836"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "19.7384836 52.3569449"),
    ],
)
def test_geometries_are_read_in_the_axis_order_of_their_system(
    post: Post, rows: Rows, srs: str, coordinates: str
) -> None:
    known = rows("SELECT ST_X(g), ST_Y(g) FROM ST_Transform(ST_SetSRID(ST_MakePoint(550300, 500200), 2180), 4326) g")[0]
    if "2180" not in srs:
        x, y = known
        coordinates = f"{x} {y}" if "CRS84" in srs else f"{y} {x}"
    point = f'<gml:Point gml:id="p"><gml:pos>{coordinates}</gml:pos></gml:Point>'
    named = point.replace("<gml:Point", f'<gml:Point srsName="{srs}"')
    assert post(f'<wfs:Update typeName="app:trees">{_set("geom", named)}{_by_id(1)}</wfs:Update>')[0] == 200
    assert post(f'<wfs:Update typeName="app:trees" srsName="{srs}">{_set("geom", point)}{_by_id(2)}</wfs:Update>')[0]
    found = rows("SELECT round(ST_X(geom)::numeric, 2), round(ST_Y(geom)::numeric, 2) FROM data.trees_1 WHERE fid < 3")
    assert set(found) == {(550_300, 500_200)}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<wfs:Insert><app:nothing/></wfs:Insert>", "InvalidParameterValue"),
        ("<wfs:Insert><app:trees><app:colour>x</app:colour></app:trees></wfs:Insert>", "InvalidValue"),
        ("<wfs:Insert><app:trees><app:code>n</app:code></app:trees></wfs:Insert>", "InvalidValue"),
        ("<wfs:Insert><app:trees><app:code><a/></app:code></app:trees></wfs:Insert>", "InvalidValue"),
        ('<wfs:Delete typeName="app:trees"/>', "MissingParameterValue"),
        ("<wfs:Delete><fes:Filter/></wfs:Delete>", "MissingParameterValue"),
        ('<wfs:Update typeName="app:trees"/>', "MissingParameterValue"),
        (f'<wfs:Update typeName="app:trees">{_set("fid", "5")}</wfs:Update>', "InvalidValue"),
        (f'<wfs:Update typeName="app:trees">{_set("geom", "")}</wfs:Update>', "InvalidValue"),
        ('<wfs:Native vendorId="x" safeToIgnore="false"/>', "InvalidParameterValue"),
        ("<wfs:Other/>", "OperationParsingFailed"),
        (f"<wfs:Insert>{_tree('n').replace('gml:pos', 'gml:place')}</wfs:Insert>", "InvalidValue"),
        (f"<wfs:Insert>{_tree('n').replace('500200', '1e9')}</wfs:Insert>", "InvalidValue"),
        (f"<wfs:Insert>{_tree('n').replace('EPSG::2180', 'EPSG::9999')}</wfs:Insert>", "InvalidValue"),
    ],
)
def test_what_cannot_be_done_is_refused(post: Post, rows: Rows, inside: str, expected: str) -> None:
    status, report = post(inside)
    assert 400 <= status < 500
    assert _code(report)[0] == expected
    assert rows("SELECT count(*) FROM layers.change") == [(0,)]


def test_arcs_are_not_stored_as_lines(post: Post, add_layer: LayerMaker, rows: Rows) -> None:
    add_layer("roads", GeometryType.LINESTRING, {}, [["LINESTRING(550000 500000,550010 500000)"]], organisation="gabin")
    curve = (
        '<gml:Curve srsName="urn:ogc:def:crs:EPSG::2180"><gml:segments><gml:{0}>'
        "<gml:posList>500000 550000 500010 550010 500000 550020</gml:posList></gml:{0}></gml:segments></gml:Curve>"
    )
    arc, line = curve.format("Arc"), curve.format("LineStringSegment")
    assert post(f"<wfs:Insert><app:roads><app:geom>{arc}</app:geom></app:roads></wfs:Insert>")[0] == 400
    assert post(f"<wfs:Insert><app:roads><app:geom>{line}</app:geom></app:roads></wfs:Insert>")[0] == 200
    assert rows("SELECT ST_NPoints(geom) FROM data.roads_1 WHERE fid = 2") == [(3,)]


def test_entities_are_not_read(client: FlaskClient, clerk: Headers) -> None:
    body = b'<!DOCTYPE x [<!ENTITY e "x">]><wfs:Transaction xmlns:wfs="http://www.opengis.net/wfs/2.0"/>'
    answer = client.post("/wfs", data=body, content_type="text/xml", headers=clerk)
    assert (answer.status_code, b"OperationParsingFailed" in answer.data) == (400, True)


def test_only_members_with_the_scope_transact(
    post: Post, rows: Rows, sign_in: Callable[..., tuple[Any, Headers]]
) -> None:
    inside = f'<wfs:Delete typeName="app:trees">{_by_id(1)}</wfs:Delete>'
    assert post(inside, headers={})[0] == 401
    assert post(inside, headers=sign_in("clerk", "ingest")[1])[0] == 403
    assert post(inside, headers=sign_in("stranger", "features:write")[1])[0] == 403
    assert rows("SELECT count(*) FROM data.trees_1") == [(3,)]


def test_old_clients_insert_update_and_delete(post: Post, rows: Rows) -> None:
    point = '<gml:Point srsName="EPSG:2180"><gml:coordinates>550300,500200</gml:coordinates></gml:Point>'
    named = "<wfs:Property><wfs:Name>girth</wfs:Name><wfs:Value>7</wfs:Value></wfs:Property>"
    status, told = post(
        f"<wfs:Insert><app:trees><app:code>n</app:code><app:geom>{point}</app:geom></app:trees></wfs:Insert>"
        f'<wfs:Update typeName="app:trees">{named}<ogc:Filter><ogc:FeatureId fid="trees.4"/></ogc:Filter></wfs:Update>'
        '<wfs:Delete typeName="app:trees"><ogc:Filter><ogc:FeatureId fid="trees.1"/><ogc:FeatureId fid="trees.2"/>'
        "</ogc:Filter></wfs:Delete>",
        version="1.1.0",
    )
    assert (status, told.get("version")) == (200, "1.1.0")
    assert [one.text for one in told[0]] == ["1", "1", "2"]
    assert [one.get("fid") for one in told.iter(f"{{{NAMESPACES['ogc']}}}FeatureId")] == ["trees.4"]
    assert rows("SELECT fid, girth, ST_X(geom) FROM data.trees_1 ORDER BY fid") == [
        (3, 300, 550_003.0), (4, 7, 550_300.0),
    ]  # fmt: skip


def _lock(post: Post, query: str = '<wfs:Query typeNames="app:trees"/>', attributes: str = "", **more: Any) -> Any:
    return post(query, attributes, "LockFeature", **more)


def test_a_lock_keeps_others_away_until_it_is_brought(
    post: Post, rows: Rows, client: FlaskClient, clerk: Headers, sign_in: Callable[..., tuple[Any, Headers]]
) -> None:
    status, told = _lock(post, f'<wfs:Query typeNames="app:trees">{_by_id(1)}</wfs:Query>')
    assert status == 200
    lock = told.get("lockId")
    assert [one.get("rid") for one in told[0]] == ["trees.1"]
    grow = f'<wfs:Update typeName="app:trees">{_set("girth", "5")}{_by_id(1)}</wfs:Update>'
    assert post(grow)[0] == 423, "a change without the lock, were it the same person's"
    patch = {"json": {"girth": 5}, "content_type": "application/merge-patch+json"}
    item = "/ogc/collections/trees/items/1"
    assert client.patch(item, headers=clerk, **patch).status_code == 423, "no service writes past it"
    assert client.delete(item, headers=sign_in("clerk", "admin")[1]).status_code == 423
    other = f'<wfs:Update typeName="app:trees">{_set("girth", "6")}{_by_id(2)}</wfs:Update>'
    assert post(other)[0] == 200
    admin = sign_in("admin", "admin")[1]
    assert _code(post(grow, f'lockId="{lock}"', headers=admin)[1])[0] == "InvalidLockId", "it is another's"
    assert post(grow, f'lockId="{lock}"')[0] == 200
    assert rows("SELECT girth FROM data.trees_1 WHERE fid < 3 ORDER BY fid") == [(5,), (6,)]
    assert post(grow)[0] == 200, "the lock ended with its transaction"
    assert rows("SELECT count(*) FROM layers.lock") == [(0,)]


def test_release_some_keeps_the_rest_locked(post: Post) -> None:
    lock = _lock(post)[1].get("lockId")
    grow = f'<wfs:Update typeName="app:trees">{_set("girth", "5")}'
    assert post(f"{grow}{_by_id(1)}</wfs:Update>", f'lockId="{lock}" releaseAction="SOME"')[0] == 200
    assert post(f"{grow}{_by_id(1)}</wfs:Update>")[0] == 200
    assert post(f"{grow}{_by_id(2)}</wfs:Update>")[0] == 423
    gone = f'<wfs:Delete typeName="app:trees">{_by_id(2)}</wfs:Delete>'
    assert post(gone, f'lockId="{lock}" releaseAction="SOME"')[0] == 200
    assert post(f"{grow}{_by_id(3)}</wfs:Update>", f'lockId="{lock}"')[0] == 200


def test_lock_action_decides_about_what_others_hold(post: Post, sign_in: Callable[..., tuple[Any, Headers]]) -> None:
    _lock(post, f'<wfs:Query typeNames="app:trees">{_by_id(1)}</wfs:Query>')
    admin = sign_in("admin", "admin")[1]
    status, report = _lock(post, headers=admin)
    assert (status, _code(report)[0]) == (409, "CannotLockAllFeatures")
    status, told = _lock(post, attributes='lockAction="SOME"', headers=admin)
    assert [(etree.QName(part).localname, [one.get("rid") for one in part]) for part in told] == [
        ("FeaturesLocked", ["trees.2", "trees.3"]),
        ("FeaturesNotLocked", ["trees.1"]),
    ]
    assert _lock(post, headers={})[0] == 401


def test_a_lock_expires(post: Post, database: Database) -> None:
    lock = _lock(post, attributes='expiry="30"')[1].get("lockId")
    with database.owner.begin() as connection:
        left = connection.execute(text("SELECT extract(epoch FROM expires_at - now()) FROM layers.lock")).scalar_one()
        assert 25 < left <= 30
        connection.execute(text("UPDATE layers.lock SET expires_at = now()"))
    grow = f'<wfs:Update typeName="app:trees">{_set("girth", "5")}{_by_id(1)}</wfs:Update>'
    status, report = post(grow, f'lockId="{lock}"')
    assert (status, _code(report)[0]) == (403, "LockHasExpired")
    assert post(grow)[0] == 200
    assert _lock(post)[0] == 200, "and others may lock"
    assert _code(post(grow, 'lockId="nonsense"')[1])[0] == "InvalidLockId"


def test_features_come_with_their_lock(post: Post, client: FlaskClient, clerk: Headers) -> None:
    query = f'<wfs:Query typeNames="app:trees">{_by_code("t2")}</wfs:Query>'
    status, found = post(query, 'expiry="60"', "GetFeatureWithLock")
    assert (status, found.get("numberReturned")) == (200, "1")
    lock = found.get("lockId")
    assert [one.text for one in found.iter(f"{{{NAMESPACES['app']}}}code")] == ["t2"]
    gone = f'<wfs:Delete typeName="app:trees">{_by_id(2)}</wfs:Delete>'
    assert post(gone)[0] == 423
    assert post(gone, f'lockId="{lock}"')[0] == 200
    pairs = "service=WFS&version=2.0.0&request=GetFeatureWithLock&typenames=app:trees"
    assert client.get(f"/wfs?{pairs}&resulttype=hits", headers=clerk).status_code == 400
    assert client.get(f"/wfs?{pairs}").status_code == 401
    told = etree.fromstring(client.get(f"/wfs?{pairs}&count=1", headers=clerk).data)
    assert (told.get("numberReturned"), bool(told.get("lockId"))) == ("1", True)


def test_locks_of_old_clients(post: Post) -> None:
    inside = '<wfs:Lock typeName="app:trees"><ogc:Filter><ogc:FeatureId fid="trees.1"/></ogc:Filter></wfs:Lock>'
    status, told = _lock(post, inside, 'expiry="4"', version="1.1.0")
    assert (status, [etree.QName(part).localname for part in told]) == (200, ["LockId", "FeaturesLocked"])
    gone = '<wfs:Delete typeName="app:trees"><ogc:Filter><ogc:FeatureId fid="trees.1"/></ogc:Filter></wfs:Delete>'
    assert post(gone, version="1.1.0")[0] == 423
    assert post(f"<wfs:LockId>{told[0].text}</wfs:LockId>{gone}", version="1.1.0")[0] == 200


def test_capabilities_tell_of_transactions(client: FlaskClient, trees: Layer) -> None:
    told = etree.fromstring(client.get("/wfs?service=WFS&request=GetCapabilities").data)
    names = told.xpath("//ows:Operation/@name", namespaces=NAMESPACES)
    assert {"Transaction", "LockFeature", "GetFeatureWithLock"} <= set(names)
    values = told.xpath(
        "//ows:Constraint[@name='ImplementsTransactionalWFS' or @name='ImplementsLockingWFS']/ows:DefaultValue/text()",
        namespaces=NAMESPACES,
    )
    assert values == ["TRUE", "TRUE"]
