# SPDX-License-Identifier: EUPL-1.2
"""A map drawn from a level looks like the map of the features, costs less, and reads the level through its index."""

import io
import json
from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops, ImageFilter, ImageStat

from layers.items.service import Items
from layers.items.store import Statements
from layers.levels.service import level_for, levels_of
from layers.model import GeometryType
from layers.rendering.service import connection_from, postgis_source
from layers.rendering.table import table_sql
from layers.service import registry
from layers.tiles import generalised
from layers.tiles.generalised import MAX_BYTES, TilePlace, generalised_tile
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.service import ground_of, read_tile, tile_values
from sdi import crs
from sdi.crs import Extent, transform_point
from sdi.db.database import Database, Role
from sdi.people.model import Principal
from tests.layers.items.test_plans import _readers

from .conftest import TownMaker, update

EVERYTHING = (588_000, 468_000, 636_000, 516_000)
LAST = (599_000, 479_000, 622_500, 502_500)
"""At so few metres a pixel the finest level is still drawn, its resolution 1.4 pixels; of `FIRST` the features are."""
FIRST = (599_000, 479_000, 622_000, 502_000)
STYLES: dict[str, Any] = {
    "outlined": [{"symbolizers": [{"kind": "Fill", "color": "#2266cc", "fillOpacity": 0.4, "outlineColor": "#112244",
                                   "outlineWidth": 0.8}]}],
    "filled": [{"symbolizers": [{"kind": "Fill", "color": "#cc2222"}]}],
    "kinds": [
        {"filter": ["==", "kind", kind], "symbolizers": [{"kind": "Fill", "color": colour, "outlineColor": "#333333",
                                                          "outlineWidth": 0.6}]}
        for kind, colour in (("house", "#cc2222"), ("barn", "#2222cc"), ("shop", "#22aa22"))
    ],
    "lines": [{"symbolizers": [{"kind": "Line", "color": "#884400", "width": 1.2}]}],
    "marks": [{"symbolizers": [{"kind": "Mark", "radius": 4, "color": "#aa0066", "strokeColor": "#ffffff"}]}],
}  # fmt: skip


def _style(database: Database, name: str) -> None:
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO layers.style (layer_id, name, title, definition, is_default)"
            " VALUES ('town', %s, '{}', CAST(%s AS jsonb), false)",
            (name, json.dumps({"rules": STYLES[name]})),
        )


def _map(client: FlaskClient, style: str, box: tuple[int, ...], **more: Any) -> Image.Image:
    minx, miny, maxx, maxy = box
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "town", "styles": style,
             "crs": "EPSG:2180", "bbox": f"{miny},{minx},{maxy},{maxx}", "width": 256, "height": 256,
             "format": "image/png"}  # fmt: skip
    answer = client.get("/wms", query_string=query, **more)
    assert answer.mimetype == "image/png", answer.text
    return Image.open(io.BytesIO(answer.data)).convert("RGB")


def _differ(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Mean difference of the colours as a whole, and of the pictures seen from 4 pixels away; of 255."""
    whole = [abs(a - b) for a, b in zip(ImageStat.Stat(one).mean, ImageStat.Stat(other).mean, strict=True)]
    blurred = (picture.filter(ImageFilter.BoxBlur(4)) for picture in (one, other))
    near = ImageStat.Stat(ImageChops.difference(*blurred)).mean
    return max(whole), max(near)


@pytest.mark.parametrize(
    ("kind", "style"),
    [
        (GeometryType.POLYGON, "outlined"),
        (GeometryType.POLYGON, "filled"),
        (GeometryType.POLYGON, "kinds"),
        (GeometryType.LINESTRING, "lines"),
        (GeometryType.POINT, "marks"),
    ],
)
@pytest.mark.usefixtures("drawing")
def test_a_level_looks_like_the_features(
    app: Flask, client: FlaskClient, database: Database, town: TownMaker, kind: GeometryType, style: str
) -> None:
    town(kind)
    _style(database, style)
    with app.app_context():
        registry().invalidate()
    boxes = (EVERYTHING, LAST, FIRST)
    raw = [_map(client, style, box) for box in boxes]
    update(database)
    drawn = [_map(client, style, box) for box in boxes]
    assert [a.tobytes() == b.tobytes() for a, b in zip(raw, drawn, strict=True)] == [False, False, True]
    for features, level in zip(raw, drawn, strict=True):
        whole, near = _differ(features, level)
        assert whole < 12, (whole, near)
        # Which of marks lies over which is left to chance, with the features and with a level.
        assert near < (20 if kind is GeometryType.POINT else 14), (whole, near)


@pytest.mark.usefixtures("drawing")
def test_hidden_layers_are_drawn_from_levels_alike(
    app: Flask, client: FlaskClient, database: Database, town: TownMaker, sign_in: Callable[..., tuple[Principal, Any]]
) -> None:
    layer = town()
    _style(database, "kinds")
    update(database)
    with app.app_context():
        registry().invalidate()
    public = _map(client, "kinds", EVERYTHING)
    with database.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE layers.layer SET visibility = 'organisation'")
    with app.app_context():
        registry().invalidate()
    hidden = _map(client, "kinds", EVERYTHING, headers=sign_in("admin", "admin")[1])
    assert layer.visibility == "public"
    assert max(ImageStat.Stat(ImageChops.difference(public, hidden)).mean) < 1


@pytest.mark.usefixtures("drawing")
def test_filters_are_answered_by_features(app: Flask, client: FlaskClient, database: Database, town: TownMaker) -> None:
    town()
    _style(database, "filled")
    update(database)
    with app.app_context():
        registry().invalidate()
    every = _map(client, "filled", EVERYTHING)
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "town", "styles": "filled",
             "crs": "EPSG:2180", "bbox": "479000,599000,503000,623000", "width": 256, "height": 256,
             "format": "image/png", "cql_filter": "name = 'no. 400'"}  # fmt: skip
    answer = client.get("/wms", query_string=query)
    few = Image.open(io.BytesIO(answer.data)).convert("RGB")
    assert min(ImageStat.Stat(few).mean) > 250 > min(ImageStat.Stat(every).mean)


@pytest.mark.parametrize("kind", [GeometryType.POLYGON, GeometryType.LINESTRING, GeometryType.POINT])
def test_tiles_are_whole_within_their_size_and_carry_classes(
    database: Database, town: TownMaker, monkeypatch: pytest.MonkeyPatch, kind: GeometryType
) -> None:
    layer = town(kind)
    _style(database, "kinds")
    update(database)
    items = Items(database, None, Statements())
    monkeypatch.setattr(generalised, "MAX_BYTES", 120_000)
    for level in range(13):
        tile = read_tile(items, layer, WEB_MERCATOR, level, *_place(level))
        assert tile.complete
        assert tile.settled
        assert len(tile.data) < (120_000 if level < 8 else MAX_BYTES)
        features = mapbox_vector_tile.decode(tile.data)["town"]["features"] if tile.data else []
        assert features, level
        if level < 9:
            assert {feature["properties"]["kind"] for feature in features} == {"house", "barn", "shop"}
        if kind is GeometryType.POINT and level < 7:
            assert sum(feature["properties"]["brama_count"] for feature in features) == 12_000


@pytest.mark.parametrize("public", [True, False])
def test_statements_on_levels_use_the_levels_own_index(
    database: Database, town: TownMaker, sign_in: Callable[..., tuple[Principal, Any]], public: bool
) -> None:
    layer = town(visibility="public" if public else "organisation")
    _style(database, "kinds")
    update(database)
    items = Items(database, None if public else sign_in("admin", "admin")[0], Statements())
    bounds = WEB_MERCATOR.tile(9, *_place(9))
    ground = ground_of(layer, bounds)
    with items.cursor(layer) as cursor:
        assert generalised_tile(items, cursor, layer, TilePlace(WEB_MERCATOR, bounds, ground),
                                tile_values(bounds, ground), 12_000)  # fmt: skip
        (statement,) = [made for key, made in items.kept._made.items() if key[0] == "level"]
        values = {**statement.fixed, **tile_values(bounds, Extent(*(float(n) for n in LAST)))}
        cursor.execute("SET LOCAL enable_seqscan = off" if not public else "SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.text}", values)
        (plan,) = cursor.fetchone() or ()
    told = "\n".join(_readers(plan[0]["Plan"], "town_1_1"))
    assert "town_1_1_" in told
    assert "Seq Scan" not in told


def test_the_renderers_statement_uses_the_levels_own_index(database: Database, town: TownMaker) -> None:
    layer = town()
    update(database)
    with database.public_connection() as connection:
        cursor = connection.cursor()
        level = level_for(levels_of(cursor, layer, Extent(*map(float, EVERYTHING)), public=True), 100.0)
        assert level
        where = f"brama_level = {level.number} AND brama_kind = 1"
        source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)), (), where)
        for together in (0, 3):
            drawn = {"schema": "levels", "table": level.table, "together": together}
            text = table_sql(type(source)(**{name: getattr(source, name) for name in source.__slots__} | drawn))
            box = "ST_MakeEnvelope(606000, 486000, 614000, 494000, 2180)"
            asked = text.replace("!bbox!", box) + ("" if together else f" WHERE geom && {box}")
            cursor.execute("SET enable_seqscan = off")
            plan = cursor.execute(f"EXPLAIN SELECT * FROM {asked}").fetchall()
            assert "Index Cond: (geom &&" in str(plan), plan


def _place(level: int) -> tuple[int, int]:
    east, north = transform_point(610_000.0, 490_000.0, crs.by_srid(2180).xy, WEB_MERCATOR.crs.xy)
    span = WEB_MERCATOR.span(level)
    return int((WEB_MERCATOR.top - north) / span), int((east - WEB_MERCATOR.left) / span)
