# SPDX-License-Identifier: EUPL-1.2
"""The short path answers what the view would, and leaves all else to it."""

from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from layers.model import GeometryType
from layers.service import Registry
from layers.tiles.edge import Kept
from layers.tiles.matrix import WEB_MERCATOR
from layers.tiles.serving import TileServer
from layers.tiles.short import ShortPath
from sdi import crs as crss
from sdi.db.database import Database
from tests.conftest import LayerMaker

_LEVEL = 15
_TOLD_BY_EACH = {"X-Request-Id", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}


@pytest.fixture
def address(add_layer: LayerMaker) -> str:
    """A tile with two squares in it."""
    add_layer("squares", GeometryType.POLYGON, {}, [[_square(x)] for x in (637_000, 637_100)])
    return _address(637_000, 480_000)


def _square(x: float) -> str:
    return f"POLYGON(({x} 480000, {x + 50} 480000, {x + 50} 480050, {x} 480050, {x} 480000))"


def _address(x: float, y: float) -> str:
    place = crss.transform_point(x, y, crss.by_srid(2180).xy, WEB_MERCATOR.crs)
    row, _, column, _ = WEB_MERCATOR.limits(crss.Extent(*place, *place), _LEVEL)
    return f"/ogc/collections/squares/tiles/WebMercatorQuad/{_LEVEL}/{row}/{column}"


@pytest.fixture
def short(app: Flask, database: Database) -> ShortPath:
    """The application's own, asked directly."""
    server: TileServer = app.extensions["tiles"]
    registry: Registry = app.extensions["layers"]
    return ShortPath(registry, database, server)


def _view(client: FlaskClient, address: str) -> tuple[int, bytes, Mapping[str, str]]:
    """What the view answers: a client that says what it takes is never sent by the short path."""
    answer = client.get(address, headers={"Accept": "application/vnd.mapbox-vector-tile"})
    headers = {name: value for name, value in answer.headers.items() if name not in _TOLD_BY_EACH}
    return answer.status_code, answer.data, headers


@pytest.mark.parametrize("query", ["", "?f=mvt", "?v=1", "?f=mvt&v=1", "?v=0"])
def test_it_answers_what_the_view_answers(client: FlaskClient, short: ShortPath, address: str, query: str) -> None:
    made = short(address, query[1:], None)
    assert isinstance(made, Kept)
    if "f=" not in query:
        status, data, headers = _view(client, address + query)
        assert (status, data) == (200, made.body)
        assert dict(made.headers) == headers
    answer = client.get(address + query)
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (200, made.body, made.etag)
    again = client.get(address + query, headers={"If-None-Match": made.etag})
    assert (again.status_code, again.data) == (304, b"")


def test_where_nothing_is_it_answers_204(client: FlaskClient, short: ShortPath, add_layer: LayerMaker) -> None:
    add_layer("squares", GeometryType.POLYGON, {}, [[_square(x)] for x in (630_000, 650_000)])
    between = _address(640_000, 480_000)
    made = short(between, "", None)
    assert isinstance(made, Kept)
    assert made.body == b""
    assert client.get(between).status_code == _view(client, between)[0] == 204


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/ogc/collections/squares/tiles/WebMercatorQuad/0/9/9", ""),
        ("/ogc/collections/squares/tiles/Nowhere/0/0/0", ""),
        ("/ogc/collections/none/tiles/WebMercatorQuad/0/0/0", ""),
        ("/ogc/collections/squares/map/tiles/WebMercatorQuad/0/0/0", ""),
        ("/ogc/collections/squares/tiles/WebMercatorQuad/0/0/-1", ""),
        ("/ogc/collections/squares/tiles/WebMercatorQuad/0/0/٣", ""),
        ("/ogc/collections/squares/tiles/WebMercatorQuad/0/0/0", "f=png"),
        ("/ogc/collections/squares/tiles/WebMercatorQuad/0/0/0", "f=mvtv=1"),
        ("/ogc/collections/squares/tiles/WebMercatorQuad/0/0/0", "datetime=2020"),
    ],
)
def test_all_else_is_left_to_the_view(short: ShortPath, address: str, path: str, query: str) -> None:
    assert address
    assert short(path, query, None) is None


def test_only_public_layers_go_the_short_path(app: Flask, short: ShortPath, add_layer: LayerMaker) -> None:
    add_layer("squares", GeometryType.POLYGON, {}, [[_square(637_000)]], visibility="organisation")
    app.extensions["layers"].invalidate()
    assert short(_address(637_000, 480_000), "", None) is None


def test_an_organisation_has_its_own_layers_only(short: ShortPath, address: str) -> None:
    assert short(address, "", "mazowieckie") is not None
    assert short(address, "", "gabin") is None
