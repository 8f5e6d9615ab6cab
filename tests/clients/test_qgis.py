# SPDX-License-Identifier: EUPL-1.2
"""QGIS of the system's package reads, draws and edits over every service; counts and coordinates equal SQL's."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import BLOCK, PALACE, PLACES, VIEW, Rows

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(
        not Path("/usr/lib/python3/dist-packages/qgis").is_dir(), reason="QGIS is not installed (python3-qgis)"
    ),
]
PAGE = 100
SIDE = 400
VERSIONS = ("2.0.0", "1.1.0")
LONLAT = "ST_X(ST_Transform(geom, 4326)), ST_Y(ST_Transform(geom, 4326))"
Qgis = Callable[..., dict[str, Any]]


@pytest.fixture
def qgis(tmp_path: Path) -> Qgis:
    """Runs QGIS with a profile of its own: `qgis("features", "WFS", uri, subset=...)` gives its outcome."""

    def run(do: str, provider: str, uri: str, **more: Any) -> dict[str, Any]:
        environment = {
            "HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen",
            "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"), "XDG_RUNTIME_DIR": str(tmp_path),
        }  # fmt: skip
        asked = json.dumps({"do": do, "provider": provider, "uri": uri, **more})
        command = ["/usr/bin/python3", "-P", str(Path(__file__).with_name("qgis_client.py")), asked]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=tmp_path
        )
        outcome = [line for line in done.stdout.splitlines() if line.startswith("OUTCOME ")]
        assert outcome, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(outcome[0].removeprefix("OUTCOME "))

    return run


def _wfs(server: str, layer: str, version: str, **more: str) -> str:
    values = {"url": f"{server}/wfs", "typename": f"app:{layer}", "version": version, "srsname": "EPSG:2180", **more}
    return " ".join(f"{name}='{value}'" for name, value in values.items())


def _drawn_in_place(outcome: dict[str, Any]) -> None:
    """The drawn pixels fill the block, to two pixels and its outline."""
    assert outcome["errors"] == []
    assert outcome["drawn"] == pytest.approx(BLOCK, abs=3 * (VIEW[2] - VIEW[0]) / SIDE)


def _draw(qgis: Qgis, provider: str, uri: str) -> dict[str, Any]:
    return qgis("draw", provider, uri, crs="EPSG:2180", box=VIEW, side=SIDE)


@pytest.mark.usefixtures("drawing", "blocks")
@pytest.mark.parametrize("crs", ["EPSG:2180", "EPSG:3857", "EPSG:4326", "EPSG:2178"])
def test_wms_is_drawn_in_place(qgis: Qgis, server: str, crs: str) -> None:
    uri = f"crs={crs}&format=image/png&layers=blocks&styles=&url={server}/wms"
    outcome = _draw(qgis, "wms", uri)
    assert outcome["crs"] == crs
    _drawn_in_place(outcome)


@pytest.mark.usefixtures("drawing", "blocks")
@pytest.mark.parametrize(("crs", "grid"), [("EPSG:2180", "EPSG2180"), ("EPSG:3857", "WebMercatorQuad")])
def test_wmts_is_drawn_in_place(qgis: Qgis, server: str, crs: str, grid: str) -> None:
    capabilities = f"{server}/wmts?SERVICE=WMTS%26REQUEST=GetCapabilities"
    uri = f"crs={crs}&format=image/png&layers=blocks&styles=default&tileMatrixSet={grid}&url={capabilities}"
    outcome = _draw(qgis, "wms", uri)
    assert outcome["crs"] == crs
    _drawn_in_place(outcome)


@pytest.mark.usefixtures("blocks")
def test_vector_tiles_are_drawn_in_place(qgis: Qgis, server: str) -> None:
    tiles = f"{server}/ogc/collections/blocks/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=mvt"
    address = tiles.replace("&", "%26").replace("=", "%3D")
    _drawn_in_place(_draw(qgis, "tiles", f"type=xyz&url={address}&zmin=0&zmax=16"))


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("version", VERSIONS)
def test_wfs_gives_all_features_of_several_pages(qgis: Qgis, server: str, sql: Rows, version: str) -> None:
    outcome = qgis("features", "WFS", _wfs(server, "places", version, pagingEnabled="true", pageSize=str(PAGE)))
    assert outcome["crs"] == "EPSG:2180"
    assert outcome["count"] == PLACES
    assert outcome["fields"] == {
        "name": "QString", "big": "qlonglong", "x": "double", "ok": "QString", "day": "QString", "seen": "QDateTime"
    }  # fmt: skip
    (extent,) = sql(
        "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geom) e FROM data.places_1) t"
    )
    assert outcome["extent"] == pytest.approx(extent, abs=0.001)
    truth = sql(
        "SELECT ST_X(geom), ST_Y(geom), name, big, x, ok::text, day::text,"
        """ to_char(seen, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM data.places_1"""
    )
    _same(outcome["features"], truth, 0.001)


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "condition",
    [
        "big > 1000000000",
        "name = 'Żółć 7 & spółka'",
        "name LIKE 'Żółć 1% & spółka' AND x <= 30",
        "(x >= 3 AND x < 4) OR NOT x < 60",
        "x IN (3, 4.5)",
    ],
)
def test_wfs_filters_on_the_server(qgis: Qgis, server: str, sql: Rows, version: str, condition: str) -> None:
    """Whole numbers beyond 32 bits in a filter are left out: QGIS 3.22 does not send them."""
    outcome = qgis("features", "WFS", _wfs(server, "places", version), subset=condition)
    truth = sql(f"SELECT ST_X(geom), ST_Y(geom), name, big FROM data.places_1 WHERE {condition}")
    assert 0 < len(truth) < PLACES
    assert outcome["count"] == len(truth)
    _same(outcome["features"], truth, 0.001)


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("version", VERSIONS)
def test_wfs_is_asked_for_a_box_only(qgis: Qgis, server: str, sql: Rows, version: str) -> None:
    box = (PALACE[0] + 3500, PALACE[1] - 500, PALACE[0] + 9500, PALACE[1] + 4500)
    uri = _wfs(server, "places", version, restrictToRequestBBOX="1")
    inside = f"geom && ST_MakeEnvelope({','.join(map(str, box))}, 2180)"
    truth = sql(f"SELECT ST_X(geom), ST_Y(geom), name FROM data.places_1 WHERE {inside}")
    assert len(truth) == 30
    _same(qgis("features", "WFS", uri, box=box)["features"], truth, 0.001)


@pytest.mark.usefixtures("places")
def test_oapif_gives_all_features_of_several_pages(qgis: Qgis, server: str, sql: Rows) -> None:
    outcome = qgis("features", "OAPIF", _oapif(server))
    assert outcome["count"] == PLACES
    assert outcome["fields"] == {
        "name": "QString", "big": "qlonglong", "x": "double", "ok": "bool", "day": "QDate", "seen": "QDateTime"
    }  # fmt: skip
    truth = sql(f"""SELECT {LONLAT}, name, big, x, ok, day::text, to_char(seen, 'YYYY-MM-DD"T"HH24:MI:SS')
                FROM data.places_1""")
    _same(outcome["features"], truth, 1e-6)


@pytest.mark.usefixtures("places")
def test_oapif_filters_by_box_and_date(qgis: Qgis, server: str, sql: Rows) -> None:
    box = (21.05, 52.2, 21.2, 52.27)
    truth = sql(f"SELECT {LONLAT}, name FROM data.places_1 WHERE "
                f"ST_Transform(geom, 4326) && ST_MakeEnvelope({','.join(map(str, box))}, 4326)")  # fmt: skip
    assert 0 < len(truth) < PLACES
    _same(qgis("features", "OAPIF", _oapif(server, restrictToRequestBBOX="1"), box=box)["features"], truth, 1e-6)


@pytest.mark.usefixtures("trees")
def test_a_layer_of_wfs_1_1_is_edited(qgis: Qgis, server: str, token: str, sql: Rows) -> None:
    uri = _wfs(server, "trees", "1.1.0", username="clerk", password=token)
    outcome = qgis(
        "edit", "WFS", uri, values={"kind": "jesion wyniosły", "girth": 77}, xy=[550_010.5, 500_020.25],
        change="girth = 100", changed={"kind": "grab <&>"}, moved=[550_099.5, 500_011.5],
        delete="girth = 300",
    )  # fmt: skip
    assert [(name, done) for name, done, _ in outcome["steps"]] == [
        ("add", True), ("attribute", True), ("geometry", True), ("delete", True)
    ], outcome  # fmt: skip
    assert outcome["count"] == 3
    assert sorted(sql("SELECT kind, girth, ST_X(geom), ST_Y(geom) FROM data.trees_1")) == [
        ("dąb", 200, 550_002, 500_000),
        ("grab <&>", 100, 550_099.5, 500_011.5),
        ("jesion wyniosły", 77, 550_010.5, 500_020.25),
    ]


@pytest.mark.usefixtures("trees")
def test_nobody_edits_without_a_token(qgis: Qgis, server: str, sql: Rows) -> None:
    before = sql("SELECT fid, kind, girth, geom::text FROM data.trees_1")
    outcome = qgis(
        "edit", "WFS", _wfs(server, "trees", "1.1.0"), values={"kind": "?"}, xy=[550_010, 500_020],
        change="girth = 100", changed={"kind": "?"}, moved=[550_099, 500_011], delete="girth = 300",
    )  # fmt: skip
    assert not any(done for _, done, _ in outcome["steps"])
    assert sql("SELECT fid, kind, girth, geom::text FROM data.trees_1") == before


def _oapif(server: str, **more: str) -> str:
    values = {"url": f"{server}/ogc", "typename": "places", "pageSize": str(PAGE), **more}
    return " ".join(f"{name}='{value}'" for name, value in values.items())


def _same(found: list[dict[str, Any]], truth: list[tuple[Any, ...]], tolerance: float) -> None:
    """As many, each with the values and the place of SQL; `truth` holds x, y, then some of the first values."""
    expected = {row[2]: row for row in truth}
    assert len(found) == len(truth) == len(expected)
    for feature in found:
        x, y, *values = expected[feature["values"][0]]
        assert feature["xy"] == pytest.approx((x, y), abs=tolerance)
        assert feature["values"][: len(values)] == values
