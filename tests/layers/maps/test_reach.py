# SPDX-License-Identifier: EUPL-1.2
"""What reaches beside its feature shows in a map in which the feature does not lie."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops
from sqlalchemy import text

from layers.model import GeometryType
from sdi.db.database import Database
from tests.conftest import LayerMaker

WEST, SOUTH, STEP, SIDE = 600_000, 450_000, 10, 200
"""Metres, metres a pixel, pixels of a picture; the features lie left of it."""
_CORNERS = f"{WEST - 300} {SOUTH + 600}, {WEST - 20} {SOUTH + 700}, {WEST - 300} {SOUTH + 800}"
PLACES = {
    GeometryType.POINT: f"POINT({WEST - 200} {SOUTH + 1000})",
    GeometryType.LINESTRING: f"LINESTRING({_CORNERS})",
    GeometryType.POLYGON: f"POLYGON(({_CORNERS}, {WEST - 300} {SOUTH + 600}))",
}
RED, BLUE = "#ff0000", "#0000ff"
SIGNS: dict[str, tuple[GeometryType, dict[str, Any]]] = {
    "mitre": (GeometryType.LINESTRING, {"kind": "Line", "color": RED, "width": 24, "join": "miter"}),
    "beside": (GeometryType.LINESTRING, {"kind": "Line", "color": RED, "width": 4, "perpendicularOffset": 40}),
    "outline": (GeometryType.POLYGON, {"kind": "Fill", "color": BLUE, "outlineColor": RED, "outlineWidth": 30}),
    "mark": (GeometryType.POINT, {"kind": "Mark", "wellKnownName": "star", "radius": 90, "color": RED}),
    "turned": (
        GeometryType.POINT,
        {"kind": "Mark", "wellKnownName": "square", "radius": 60, "rotate": 45, "strokeColor": BLUE, "strokeWidth": 20},
    ),
    "moved": (GeometryType.POINT, {"kind": "Mark", "radius": 20, "color": RED, "offset": [90, -30]}),
    "icon": (GeometryType.POINT, {"kind": "Icon", "image": "marks/house.svg", "size": 100, "color": RED}),
}


def _draw(client: FlaskClient, first: int, **changes: str) -> Image.Image:
    """Two pictures wide from so many pictures to the west."""
    west = WEST - STEP * SIDE * first
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "signs", "styles": "",
             "crs": "EPSG:2180", "bbox": f"{SOUTH},{west},{SOUTH + STEP * SIDE},{WEST + STEP * SIDE}",
             "format": "image/png", "width": str(SIDE * (first + 1)), "height": str(SIDE)}  # fmt: skip
    answer = client.get("/wms", query_string=query | changes)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.data)).convert("RGB")


@pytest.mark.parametrize("dpi", ["91", "180"])
@pytest.mark.parametrize("name", SIGNS)
@pytest.mark.usefixtures("drawing")
def test_a_part_of_a_map_shows_what_the_whole_shows(
    app: Flask, client: FlaskClient, database: Database, add_layer: LayerMaker, name: str, dpi: str
) -> None:
    kind, sign = SIGNS[name]
    add_layer("signs", kind, {}, [[PLACES[kind]]])
    with database.owner.begin() as connection:
        style = json.dumps({"rules": [{"symbolizers": [sign]}]})
        connection.execute(text("UPDATE layers.style SET definition = CAST(:style AS jsonb)"), {"style": style})
    app.extensions["layers"].invalidate()
    whole, part = _draw(client, 1, dpi=dpi).crop((SIDE, 0, 2 * SIDE, SIDE)), _draw(client, 0, dpi=dpi)
    assert len(part.getcolors(1 << 16) or ()) > 1, "the sign reaches in"
    difference = ImageChops.difference(whole, part).convert("L").point(lambda value: 255 * (value > 40))
    assert difference.getbbox() is None
