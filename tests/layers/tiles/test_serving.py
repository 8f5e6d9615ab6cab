# SPDX-License-Identifier: EUPL-1.2
"""Tiles through the whole application: one maker, true after changes, hidden from those who may not see them."""

import io
import threading
from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text

from layers import service as registry
from layers.changes.model import Geometry, Update
from layers.changes.service import apply
from layers.model import ColumnType, GeometryType, Layer
from layers.tiles import serving
from layers.tiles.cache import Stored
from layers.tiles.matrix import WEB_MERCATOR
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.db.database import Database
from sdi.people.model import Principal
from tests.conftest import LayerMaker

PALACE = (21.00604, 52.23182)
AROUND = "POLYGON((636510 486194, 637510 486194, 637510 487194, 636510 487194, 636510 486194))"
FAR = "POLYGON((720000 430000, 721000 430000, 721000 431000, 720000 431000, 720000 430000))"
COLUMNS = {"name": ColumnType.TEXT}
SignIn = Callable[..., tuple[Principal, dict[str, str]]]


@pytest.fixture
def blocks(add_layer: LayerMaker) -> Layer:
    return add_layer("blocks", GeometryType.POLYGON, COLUMNS, [[AROUND, "Pałac"], [FAR, "daleko"]])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was really made: a vector tile or a block of pictures."""
    seen: list[str] = []
    read, drawn = serving.read_tile, serving.TileServer._drawn

    def reading(*args: Any) -> Any:
        seen.append("vector")
        return read(*args)

    def drawing(*args: Any) -> Any:
        seen.append("map")
        return drawn(*args)

    monkeypatch.setattr(serving, "read_tile", reading)
    monkeypatch.setattr(serving.TileServer, "_drawn", drawing)
    return seen


def _at(level: int, place: tuple[float, float] = PALACE) -> tuple[int, int]:
    x, y = crss.transform_point(*place, CRS84, WEB_MERCATOR.crs)
    span = WEB_MERCATOR.span(level)
    return int((WEB_MERCATOR.top - y) / span), int((x - WEB_MERCATOR.left) / span)


def _vector(level: int = 13, layer: str = "blocks") -> str:
    row, column = _at(level)
    return f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{level}/{row}/{column}?f=mvt"


def _picture(level: int = 13, layer: str = "blocks", form: str = "png", column_shift: int = 0) -> str:
    row, column = _at(level)
    return f"/ogc/collections/{layer}/map/tiles/WebMercatorQuad/{level}/{row}/{column + column_shift}?f={form}"


def _names(answer: Any) -> list[str]:
    if answer.status_code == 204:
        return []
    return [f["properties"]["name"] for f in mapbox_vector_tile.decode(answer.data)["blocks"]["features"]]


def test_a_tile_is_made_once_and_asked_for_again_at_no_cost(
    client: FlaskClient, blocks: Layer, made: list[str]
) -> None:
    first = client.get(_vector())
    assert first.status_code == 200
    tag = first.headers["ETag"]
    for address in (_vector(), f"{_vector()}&v={blocks.state}"):
        again = client.get(address)
        assert (again.data, again.headers["ETag"], again.headers["Content-Type"]) == (
            first.data,
            tag,
            first.headers["Content-Type"],
        )
    same = client.get(_vector(), headers={"If-None-Match": tag})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    assert made == ["vector"]
    assert {"X-Request-Id", "X-Content-Type-Options"} <= set(client.get(_vector()).headers.keys())


@pytest.mark.usefixtures("drawing")
def test_clients_that_ask_for_the_tiles_of_a_block_at_once_cost_one_picture(
    app: Flask, blocks: Layer, made: list[str]
) -> None:
    row, column = _at(14)
    inside = [(row - row % 4 + r, column - column % 4 + c) for r in range(4) for c in range(4)]
    answers = []

    def ask(row: int, column: int) -> None:
        address = f"/ogc/collections/blocks/map/tiles/WebMercatorQuad/14/{row}/{column}?f=png"
        answers.append(app.test_client().get(address).status_code)

    threads = [threading.Thread(target=ask, args=place) for place in inside for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 404}
    assert answers.count(200) >= 2
    assert made == ["map"]


@pytest.mark.parametrize(("form", "kind"), [("png", "PNG"), ("webp", "WEBP"), ("jpeg", "JPEG")])
@pytest.mark.usefixtures("drawing", "blocks")
def test_a_map_tile_is_a_picture_of_its_place(client: FlaskClient, form: str, kind: str) -> None:
    answer = client.get(_picture(15, form=form))
    image = Image.open(io.BytesIO(answer.data))
    assert (image.format, image.size, answer.mimetype) == (kind, (256, 256), f"image/{form}")
    assert answer.headers["Vary"] == "Accept, Authorization"
    red, green, blue, alpha = image.convert("RGBA").getpixel((128, 128))
    assert (alpha > 0, min(red, green, blue) < 250) == (True, True)


@pytest.mark.usefixtures("drawing", "blocks")
def test_the_format_follows_f_and_then_accept(client: FlaskClient) -> None:
    address = _picture().partition("?")[0]
    assert client.get(address).mimetype == "image/png"
    assert client.get(address, headers={"Accept": "image/avif,image/webp,*/*;q=0.8"}).mimetype == "image/webp"
    assert client.get(address, headers={"Accept": "image/jpeg"}).mimetype == "image/jpeg"
    assert client.get(f"{address}?f=webp", headers={"Accept": "image/jpeg"}).mimetype == "image/webp"
    assert client.get(f"{address}?f=gif").status_code == 400


@pytest.mark.usefixtures("drawing")
def test_an_empty_map_tile_is_a_picture_in_which_nothing_is(client: FlaskClient, blocks: Layer) -> None:
    row, column = _at(13, (21.5, 52.0))
    address = f"/ogc/collections/blocks/map/tiles/WebMercatorQuad/13/{row}/{column}?f=png"
    image = Image.open(io.BytesIO(client.get(address).data)).convert("RGBA")
    assert image.size == (256, 256)
    assert image.getextrema()[3] == (0, 0)


def _edit(database: Database, caller: Principal, fid: int, name: str, wkt: str | None = None) -> None:
    with database.owner.connect() as connection:
        wkb = connection.execute(text("SELECT ST_AsBinary(ST_GeomFromText(:wkt))"), {"wkt": wkt}).scalar()
    moved = Geometry(bytes(wkb), 2180) if wkt else None
    apply(database, caller, [Update("blocks", fid, {"name": name}, moved)])


def test_a_change_takes_away_the_tiles_it_touches_and_no_others(
    app: Flask, client: FlaskClient, database: Database, blocks: Layer, made: list[str], sign_in: SignIn
) -> None:
    caller, _ = sign_in("admin", "admin", "features:write")
    row, column = _at(13, crss.transform_point(720_500, 430_500, crss.by_srid(2180).xy, CRS84))
    far = f"/ogc/collections/blocks/tiles/WebMercatorQuad/13/{row}/{column}?f=mvt"
    near, whole = _vector(), _vector(4)
    assert [_names(client.get(address)) for address in (near, far)] == [["Pałac"], ["daleko"]]
    client.get(whole)
    tag = client.get(far).headers["ETag"]
    made.clear()
    _edit(database, caller, 1, "Pałac Kultury")
    app.extensions["layers"].edited("blocks")
    assert _names(client.get(near)) == ["Pałac Kultury"]
    assert _names(client.get(far)) == ["daleko"]
    assert client.get(far).headers["ETag"] == tag
    client.get(whole)
    assert made == ["vector", "vector"], "the near tile and the one of the whole country"
    state = registry.Registry(database).snapshot(None).layer("blocks").state
    assert state == "1.1"
    assert "immutable" in client.get(f"{near}&v=1.1").headers["Cache-Control"]
    assert "no-cache" in client.get(f"{near}&v=1").headers["Cache-Control"]


def test_a_feature_that_moves_leaves_no_trace_where_it_was(
    app: Flask, client: FlaskClient, database: Database, blocks: Layer, sign_in: SignIn
) -> None:
    caller, _ = sign_in("admin", "admin", "features:write")
    assert _names(client.get(_vector())) == ["Pałac"]
    _edit(database, caller, 1, "Pałac", FAR)
    app.extensions["layers"].edited("blocks")
    assert _names(client.get(_vector())) == []


def test_changes_nobody_heard_of_are_caught_up_with(
    app: Flask, client: FlaskClient, database: Database, blocks: Layer, sign_in: SignIn, made: list[str]
) -> None:
    caller, _ = sign_in("admin", "admin", "features:write")
    client.get(_vector())
    for name in ("a", "b", "c"):
        _edit(database, caller, 1, name)
    app.extensions["layers"].invalidate()
    assert _names(client.get(_vector())) == ["c"]
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE layers.layer SET revision = revision + 1"))
        connection.execute(text(f"UPDATE {blocks.table} SET name = 'unseen'"))
    app.extensions["layers"].invalidate()
    assert _names(client.get(_vector())) == ["unseen"], "a change without boxes gives all tiles up"


def test_another_worker_sees_what_the_first_has_made_and_what_it_took_away(
    app: Flask, database: Database, blocks: Layer, made: list[str], sign_in: SignIn, settings: Any
) -> None:
    other = serving.TileServer(settings, database, app.extensions["maps"])
    ours = app.extensions["tiles"]
    caller, _ = sign_in("admin", "admin", "features:write")
    snapshot = app.extensions["layers"].snapshot(None)
    first = ours.vector_source(snapshot.layer("blocks"), WEB_MERCATOR)
    ours.cache.put(first, {(0, 0, 0): Stored(b"kept", complete=True)})
    assert other.cache.get(other.vector_source(snapshot.layer("blocks"), WEB_MERCATOR), (0, 0, 0)).data == b"kept"
    _edit(database, caller, 1, "new")
    app.extensions["layers"].edited("blocks")
    changed = app.extensions["layers"].snapshot(None)
    source = other.vector_source(changed.layer("blocks"), WEB_MERCATOR)
    assert other.cache.get(source, (0, 0, 0)) is None
    assert ours.vector_source(snapshot.layer("blocks"), WEB_MERCATOR) is not None, "it knows the state it has seen"
    assert other.vector_source(snapshot.layer("blocks"), WEB_MERCATOR) is None, "a snapshot behind the cache reads none"
    ours.cache.put(first, {(0, 0, 0): Stored(b"late", complete=True)})
    assert ours.cache.get(first, (0, 0, 0)) is None


@pytest.mark.usefixtures("drawing")
def test_tiles_of_hidden_layers_reach_nobody_else_and_are_not_kept(
    app: Flask, client: FlaskClient, add_layer: LayerMaker, sign_in: SignIn
) -> None:
    add_layer("secret", GeometryType.POLYGON, COLUMNS, [[AROUND, "x"]], organisation="gabin", visibility="organisation")
    _, clerk = sign_in("clerk", "ingest")
    _, stranger = sign_in("stranger", "ingest")
    for address in (_vector(layer="secret"), _picture(layer="secret")):
        answer = client.get(address, headers=clerk)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"].startswith("private")
        for headers in ({}, stranger):
            assert client.get(address, headers=headers).status_code == 404
            assert client.get(address.replace("collections/secret/", "") + "&collections=secret",
                              headers=headers).status_code == 404  # fmt: skip
    assert app.extensions["tiles"].cache.contents() == []


@pytest.mark.usefixtures("drawing")
def test_a_layer_that_is_hidden_is_gone_from_the_cache_and_the_edge(
    app: Flask, client: FlaskClient, database: Database, blocks: Layer
) -> None:
    for address in (_vector(), _picture()):
        assert client.get(address).status_code == 200
    with database.owner.begin() as connection:
        registry.change(connection, "blocks", visibility="private")
    app.extensions["layers"].invalidate()
    for address in (_vector(), _picture()):
        assert client.get(address).status_code == 404
    app.extensions["tiles"].tidy(app.extensions["layers"].snapshot(None))
    assert app.extensions["tiles"].cache.contents() == []


@pytest.mark.usefixtures("drawing")
def test_a_new_look_is_drawn_anew_and_the_old_goes(
    app: Flask, client: FlaskClient, database: Database, blocks: Layer
) -> None:
    before = client.get(_picture(15)).data
    client.get(_vector())
    with database.owner.begin() as connection:
        style = '\'{"name":"","rules":[{"name":"","symbolizers":[{"kind":"Fill","color":"#00ff00"}]}]}\''
        connection.execute(text(f"UPDATE layers.style SET definition = {style}").execution_options(no_parameters=True))
    app.extensions["layers"].invalidate()
    after = client.get(_picture(15)).data
    assert after != before
    assert Image.open(io.BytesIO(after)).convert("RGBA").getpixel((128, 128))[:3] == (0, 255, 0)
    server = app.extensions["tiles"]
    assert len(server.cache.contents()) == 3
    server.tidy(app.extensions["layers"].snapshot(None))
    assert len(server.cache.contents()) == 2


@pytest.mark.usefixtures("drawing")
def test_labels_go_on_across_tiles_and_across_blocks(app: Flask, client: FlaskClient, add_layer: LayerMaker) -> None:
    row, column = _at(16)
    column -= column % 4  # the first tile of a block
    seam, middle = (
        WEB_MERCATOR.left + column * WEB_MERCATOR.span(16),
        WEB_MERCATOR.top - (row + 0.5) * WEB_MERCATOR.span(16),
    )
    rows = []
    for number in range(-3, 4):
        place = (seam + number * 110, middle + (number % 2) * 60)
        x, y = crss.transform_point(*place, WEB_MERCATOR.crs, crss.by_srid(2180).xy)
        rows.append([f"POINT({x} {y})", f"Przystanek {number + 4}"])
    add_layer("stops", GeometryType.POINT, COLUMNS, rows, label_column="name")
    address = "/ogc/collections/stops/map/tiles/WebMercatorQuad/16/{}/{}?f=png"
    drawn = [client.get(address.format(row, place)) for place in (column - 1, column)]
    left, right = (np.asarray(Image.open(io.BytesIO(one.data)).convert("RGBA"))[..., 3] > 128 for one in drawn)
    tiles = np.hstack((left, right))
    box = WEB_MERCATOR.block(16, row, column - 1, 1, 2)
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "stops", "styles": "",
             "crs": "EPSG:3857", "bbox": ",".join(map(str, box.bounds)), "width": "512", "height": "256",
             "format": "image/png", "transparent": "TRUE"}  # fmt: skip
    whole = (
        np.asarray(Image.open(io.BytesIO(client.get("/wms", query_string=query).data)).convert("RGBA"))[..., 3] > 128
    )
    assert tiles[:, 216:296].sum() > 200, "a label lies across the seam"
    assert (tiles != whole).mean() < 0.002
