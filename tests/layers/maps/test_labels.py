# SPDX-License-Identifier: EUPL-1.2
"""Labels: the same in neighbouring maps as in one of both, over the areas of every layer, whole where that is asked."""

import io
import random

import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageChops

from layers.model import ColumnType, GeometryType
from tests.conftest import LayerMaker

NAMES = ("Łódź", "Żyrardów", "Góra Kalwaria", "Sochaczew nad Bzurą", "Św. Jan", "Ćmielów Wąski", "Błonie")
WEST, SOUTH, STEP, SIDE = 600_000, 450_000, 20, 256
"""Metres, metres a pixel, pixels of a picture."""


def draw(client: FlaskClient, columns: tuple[int, int], rows: tuple[int, int], **changes: str) -> Image.Image:
    """The pictures from one column and row to another as one map."""
    west, east = (WEST + STEP * SIDE * column for column in columns)
    south, north = (SOUTH + STEP * SIDE * row for row in rows)
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "places", "styles": "",
             "crs": "EPSG:2180", "bbox": f"{south},{west},{north},{east}", "format": "image/png",
             "width": str(SIDE * (columns[1] - columns[0])), "height": str(SIDE * (rows[1] - rows[0]))}  # fmt: skip
    answer = client.get("/wms", query_string=query | changes)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.data)).convert("RGB")


def place(kind: GeometryType, rng: random.Random, number: int) -> str:
    """A shape somewhere on or round four by two pictures."""
    x = WEST + STEP * rng.uniform(-300, 4 * SIDE + 300)
    y = SOUTH + STEP * rng.uniform(-300, 2 * SIDE + 300)
    if kind is GeometryType.POINT:
        return f"POINT({x:.1f} {y:.1f})"
    if kind is GeometryType.POLYGON:
        x = WEST + STEP * (number % 17 - 2) * 83.0
        y = SOUTH + STEP * (number // 17 - 2) * 61.0
        return f"POLYGON(({x} {y}, {x + 1600} {y + 100}, {x + 1400} {y + 1160}, {x + 100} {y + 1000}, {x} {y}))"
    bends = [f"{WEST - 6000 + 700 * bend} {y + rng.uniform(-400, 400):.1f}" for bend in range(50)]
    return f"LINESTRING({', '.join(bends)})"


@pytest.mark.parametrize("hidden", [False, True], ids=["public", "hidden"])
@pytest.mark.parametrize(
    ("kind", "count"), [(GeometryType.POINT, 300), (GeometryType.POLYGON, 180), (GeometryType.LINESTRING, 12)]
)
@pytest.mark.usefixtures("drawing")
def test_labels_do_not_jump_between_neighbours(
    client: FlaskClient, add_layer: LayerMaker, sign_in: object, kind: GeometryType, count: int, hidden: bool
) -> None:
    rng = random.Random(7)
    rows = [[place(kind, rng, number), f"{rng.choice(NAMES)} {number}"] for number in range(count)]
    where = {"organisation": "gabin", "visibility": "organisation"} if hidden else {}
    add_layer("places", kind, {"name": ColumnType.TEXT}, rows, label_column="name", **where)
    if hidden:
        _, headers = sign_in("clerk", "ingest")  # type: ignore[operator]
        client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    whole = draw(client, (0, 4), (0, 2))
    joined = Image.new("RGB", whole.size)
    for column in range(4):
        for row in range(2):
            joined.paste(draw(client, (column, column + 1), (row, row + 1)), (column * SIDE, (1 - row) * SIDE))
    difference = ImageChops.difference(whole, joined).convert("L").point(lambda value: 255 * (value > 40))
    assert difference.getbbox() is None
    plain = draw(client, (0, 4), (0, 2), bbox="0,0,1,1")
    assert whole.getcolors(1 << 20) != plain.getcolors(1 << 20)


@pytest.mark.usefixtures("drawing")
def test_a_label_that_the_border_would_cut_is_left_out_where_that_is_asked(
    client: FlaskClient, add_layer: LayerMaker
) -> None:
    rows = [
        [f"POINT({WEST + 10} {SOUTH + 2500})", "Góra Kalwaria na samym brzegu"],
        [f"POINT({WEST + 2500} {SOUTH + 1500})", "Łódź"],
    ]
    add_layer("places", GeometryType.POLYGON, {"name": ColumnType.TEXT},
              [[wkt.replace("POINT(", "POLYGON((").replace(")", "") + _square(wkt), name] for wkt, name in rows],
              label_column="name")  # fmt: skip
    cut, left_out = draw(client, (0, 1), (0, 1)), draw(client, (0, 1), (0, 1), tiled="FALSE")
    difference = ImageChops.difference(cut, left_out).getbbox()
    assert difference is not None
    assert difference[0] == 0
    assert difference[2] < 120


def _square(wkt: str) -> str:
    x, y = (float(part) for part in wkt.removeprefix("POINT(").removesuffix(")").split())
    return f", {x + 20} {y}, {x + 20} {y + 20}, {x} {y + 20}, {x} {y}))"


@pytest.mark.usefixtures("drawing")
def test_labels_go_over_the_areas_of_the_layers_above(client: FlaskClient, add_layer: LayerMaker) -> None:
    east, north = WEST + 5120, SOUTH + 5120
    area = f"POLYGON(({WEST} {SOUTH}, {east} {SOUTH}, {east} {north}, {WEST} {north}, {WEST} {SOUTH}))"
    add_layer(
        "places", GeometryType.POLYGON, {"name": ColumnType.TEXT}, [[area, "Wielka Puszcza"]], label_column="name"
    )
    add_layer("cover", GeometryType.POLYGON, {}, [[area]])
    below = draw(client, (0, 1), (0, 1), layers="places,cover", styles="")
    bare = draw(client, (0, 1), (0, 1), layers="cover,cover", styles="")
    middle = (80, 110, 180, 150)
    letters = {colour for _, colour in below.crop(middle).getcolors(1 << 16) or ()}
    assert min(map(sum, letters)) < 200  # as dark as letters
    assert len(bare.crop(middle).getcolors(1 << 16) or ()) == 1
