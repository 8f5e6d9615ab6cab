# SPDX-License-Identifier: EUPL-1.2
"""Pictures: what is drawn, where it lands in each CRS, and that neighbours fit together."""

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pyproj import Transformer
from rasterio import Affine
from shapely.geometry import Point

from layers.model import ColumnType, GeometryType
from layers.rendering.model import Box, FeaturesSource, Format, MapRequest, RasterSource, RenderLayer
from layers.rendering.service import connection_from, postgis_source
from layers.styles.model import Fill, Mark, Rule, Style, Text
from layers.styles.service import default_style, mapnik_style, raster_style
from sdi.db.database import Database, Role
from sdi.errors import BramaError, InvalidParameter
from tests.conftest import LayerMaker
from tests.layers.rendering.geometry import point, rectangle
from tests.layers.rendering.pool import Pool

PALACE = (21.00604, 52.23182)
RED = (255, 0, 0, 255)
DOT = '<Rule><MarkersSymbolizer width="7" height="7" fill="#ff0000" stroke-width="0" allow-overlap="true"/></Rule>'
AREA = '<Rule><PolygonSymbolizer fill="#ff0000"/></Rule>'


def _around(x: float, y: float, half: float) -> Box:
    """The place lies a quarter from the left and from the bottom."""
    return Box(x - half / 2, y - half / 2, x + half * 3 / 2, y + half * 3 / 2)


@pytest.mark.parametrize("srid", [2180, 3857, 4326, 4258, 2176, 2177, 2178, 2179, 3035, 25834])
def test_the_palace_of_culture_lands_on_its_pixel_in_every_crs(
    srid: int, pool: Pool, database: Database, add_layer: LayerMaker
) -> None:
    east, north = Transformer.from_crs("OGC:CRS84", "EPSG:2180", always_xy=True).transform(*PALACE)
    layer = add_layer("palac", GeometryType.POINT, {}, [[f"POINT({east} {north})"]])
    source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)))
    x, y = Transformer.from_crs("OGC:CRS84", f"EPSG:{srid}", always_xy=True).transform(*PALACE)
    box = _around(x, y, 0.05 if srid in {4326, 4258} else 5000)
    picture = pool.picture(MapRequest(400, 400, box, srid, (RenderLayer(source, (DOT,)),)))
    left, top, right, bottom = picture.getchannel("A").getbbox() or (0, 0, 0, 0)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((100, 300), abs=1)
    assert picture.getpixel((100, 300)) == RED


def test_features_in_memory_give_the_same_pixels_as_the_table(
    pool: Pool, database: Database, add_layer: LayerMaker
) -> None:
    rows = [["POLYGON((0 0, 40 0, 40 40, 0 40, 0 0))", "a"], ["POLYGON((50 50, 95 60, 80 90, 50 50))", "Żółć"]]
    layer = add_layer("pola", GeometryType.POLYGON, {"name": ColumnType.TEXT}, rows)
    style = mapnik_style(default_style("pola", GeometryType.POLYGON, "name"), ("name",))
    table = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)), style.columns)
    with database.public.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT ST_AsBinary(geom), name FROM data.{layer.relation}").all()
    memory = FeaturesSource(2180, tuple(bytes(row[0]) for row in found), ("name",), tuple((row[1],) for row in found))
    pictures = [
        pool.picture(MapRequest(200, 200, Box(0, 0, 100, 100), 2180, (RenderLayer(source, style.passes),)))
        for source in (table, memory)
    ]
    assert ImageChops.difference(*pictures).getbbox() is None
    assert pictures[0].getbbox() is not None


def test_dates_are_read_as_text(pool: Pool, database: Database, add_layer: LayerMaker) -> None:
    columns = {"since": ColumnType.DATE, "n": ColumnType.INTEGER}
    layer = add_layer("daty", GeometryType.POINT, columns, [["POINT(50 50)", "2024-05-01", 1]])
    rule = Rule.model_validate(
        {"filter": ["&&", [">", "since", "2024-04-30"], ["==", "n", 1]], "symbolizers": [{"kind": "Mark", "radius": 9}]}
    )
    style = mapnik_style(Style(rules=(rule,)), tuple(columns))
    source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)), style.columns)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (RenderLayer(source, style.passes),)))
    assert picture.getpixel((50, 50)) == (0, 0, 0, 255)


def test_a_lost_database_connection_does_not_fail_a_map(pool: Pool, database: Database, add_layer: LayerMaker) -> None:
    layer = add_layer("pola", GeometryType.POINT, {}, [["POINT(50 50)"]])
    source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)))
    request = MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (RenderLayer(source, (DOT,)),))
    for _ in range(6):
        assert pool.picture(request).getpixel((50, 50)) == RED
        with database.public.connect() as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user "
            connection.exec_driver_sql(ended + "AND datname = current_database() AND pid <> pg_backend_pid()")


def test_a_known_commune_has_the_fill_of_the_style(pool: Pool, shared: Path) -> None:
    file = shared / "admin" / "mazovia_admin_2180.gpkg"
    _, _, shapes, (teryt,) = pyogrio.raw.read(file, layer="communes", columns=["teryt6"])
    source = FeaturesSource(2180, tuple(shapes), ("teryt",), tuple((code,) for code in teryt))
    rules = [
        {"filter": ["==", "teryt", "146501"], "symbolizers": [{"kind": "Fill", "color": "#cc3311"}]},
        {"filter": ["!=", "teryt", "146501"], "symbolizers": [{"kind": "Fill", "color": "#228833"}]},
    ]
    style = mapnik_style(Style.model_validate({"rules": rules}), ("teryt",))
    x, y = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform(*PALACE)
    box = Box(x - 40_000, y - 40_000, x + 40_000, y + 40_000)
    picture = pool.picture(MapRequest(400, 400, box, 3857, (RenderLayer(source, style.passes),)))
    assert picture.getpixel((200, 200)) == (0xCC, 0x33, 0x11, 255)
    assert picture.getpixel((10, 10)) == (0x22, 0x88, 0x33, 255)


def test_marks_and_labels_on_a_border_are_whole_in_both_neighbours(pool: Pool) -> None:
    marks = FeaturesSource(2180, (point(100, 50), point(100, 20)), ("name",), (("Żyrardów",), ("Łódź",)))
    symbols = (Mark(radius=8, color="#ff0000"), Text(label="{{name}}", offset=(0, 14)))
    style = mapnik_style(Style(rules=(Rule(symbolizers=symbols),)), ("name",))
    layers = (RenderLayer(marks, style.passes),)
    left = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, layers))
    right = pool.picture(MapRequest(100, 100, Box(100, 0, 200, 100), 2180, layers))
    both = Image.new("RGBA", (200, 100))
    both.paste(left, (0, 0))
    both.paste(right, (100, 0))
    assert (
        ImageChops.difference(both, pool.picture(MapRequest(200, 100, Box(0, 0, 200, 100), 2180, layers))).getbbox()
        is None
    )
    assert left.getbbox() is not None


def test_polish_letters_are_drawn_as_themselves(pool: Pool) -> None:
    def drawn(name: str) -> Image.Image:
        source = FeaturesSource(2180, (point(100, 25),), ("name",), ((name,),))
        style = mapnik_style(Style(rules=(Rule(symbolizers=(Text(label="{{name}}", size=16),)),)), ("name",))
        return pool.picture(MapRequest(200, 50, Box(0, 0, 200, 50), 2180, (RenderLayer(source, style.passes),)))

    pictures = [drawn(sign) for sign in "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ" + "\ue000\ue001"]
    assert all(picture.getbbox() for picture in pictures[:18])
    assert len({picture.tobytes() for picture in pictures[:18]}) == 18
    missing = pictures[-1].tobytes()
    assert pictures[-2].tobytes() == missing
    assert all(picture.tobytes() != missing for picture in pictures[:18])


def test_letters_go_over_the_areas_of_every_neighbour(pool: Pool) -> None:
    shapes = (rectangle(0, 0, 100, 100), rectangle(100, 0, 200, 100), rectangle(80, 40, 120, 60))
    source = FeaturesSource(2180, shapes, ("name",), (("",), ("",), ("WWWWWWWWWWWWWW",)))
    symbols = (Fill(color="#ffffff"), Text(label="{{name}}", color="#0000ff"))
    reversed_source = FeaturesSource(2180, shapes[::-1], ("name",), source.rows[::-1])
    style = mapnik_style(Style(rules=(Rule(symbolizers=symbols),)), ("name",))
    pictures = [
        pool.picture(MapRequest(200, 100, Box(0, 0, 200, 100), 2180, (RenderLayer(one, style.passes),)))
        for one in (source, reversed_source)
    ]
    assert ImageChops.difference(*pictures).getbbox() is None
    assert len(pictures[0].getcolors() or ()) > 2


@pytest.mark.parametrize(
    ("image_format", "start"), [("png", b"\x89PNG"), ("png8", b"\x89PNG"), ("jpeg", b"\xff\xd8"), ("webp", b"RIFF")]
)
def test_every_format_shows_the_same_map(pool: Pool, image_format: Format, start: bytes) -> None:
    layer = RenderLayer(FeaturesSource(2180, (rectangle(0, 0, 50, 100),)), (AREA,))
    request = MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,), background="#ffffff", format=image_format)
    assert pool.client().render(request).startswith(start)
    picture = pool.picture(request)
    assert picture.getpixel((20, 50)) == pytest.approx(RED, abs=4)
    assert picture.getpixel((80, 50)) == pytest.approx((255, 255, 255, 255), abs=4)


@pytest.mark.parametrize("image_format", ["png", "png8", "webp"])
def test_without_a_background_the_map_is_transparent(pool: Pool, image_format: Format) -> None:
    layer = RenderLayer(FeaturesSource(2180, (rectangle(0, 0, 50, 100),)), (AREA,), opacity=0.5)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,), format=image_format))
    assert picture.getchannel("A").getpixel((80, 50)) == 0
    assert picture.getchannel("A").getpixel((20, 50)) == pytest.approx(128, abs=3)


@pytest.mark.parametrize(("least", "greatest", "drawn"), [(None, 1e6, True), (1e6, None, False), (None, 1e3, False)])
def test_a_layer_is_drawn_at_its_scales_only(
    pool: Pool, least: float | None, greatest: float | None, drawn: bool
) -> None:
    source = FeaturesSource(2180, (rectangle(0, 0, 10_000, 10_000),))
    layer = RenderLayer(source, (AREA,), min_scale_denominator=least, max_scale_denominator=greatest)
    # 100 m a pixel of 0.28 mm: 1 to 357,143
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 10_000, 10_000), 2180, (layer,)))
    assert (picture.getbbox() is not None) is drawn


def test_a_box_of_another_shape_than_the_picture_is_stretched_as_wms_asks(pool: Pool) -> None:
    layer = RenderLayer(FeaturesSource(2180, (rectangle(0, 0, 50, 100),)), (AREA,))
    picture = pool.picture(MapRequest(300, 100, Box(0, 0, 100, 100), 2180, (layer,)))
    assert picture.getchannel("A").getbbox() == (0, 0, 150, 100)


def _raster(path: Path, bands: np.ndarray, nodata: float | None, band: int | None) -> RasterSource:
    count, height, width = bands.shape
    transform = Affine(100 / width, 0, 0, 0, -100 / height, 100)
    options = {"crs": "EPSG:2180", "transform": transform, "nodata": nodata, "dtype": bands.dtype}
    with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=count, **options) as file:
        file.write(bands)
    return RasterSource(str(path), 2180, Box(0, 0, 100, 100), band=band)


def test_bands_of_colour_are_drawn_as_they_are(pool: Pool, tmp_path: Path) -> None:
    bands = np.zeros((3, 100, 100), dtype="uint8")
    bands[:, :, :50] = np.array([10, 120, 230])[:, None, None]
    style = mapnik_style(raster_style(), ())
    layer = RenderLayer(_raster(tmp_path / "rgb.tif", bands, 0, style.band), style.passes)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,)))
    assert picture.getpixel((20, 50)) == (10, 120, 230, 255)
    assert picture.getchannel("A").getpixel((80, 50)) == 0


@pytest.mark.parametrize("kind", ["uint16", "int16", "float32"])
def test_one_band_runs_from_light_to_dark_and_no_data_is_transparent(pool: Pool, tmp_path: Path, kind: str) -> None:
    bands = np.full((1, 100, 100), 1000, dtype=kind)
    bands[0, :, 30:60] = 3000
    bands[0, :, 60:] = 9999
    style = mapnik_style(raster_style(1000, 3000), ())
    layer = RenderLayer(_raster(tmp_path / "dem.tif", bands, 9999, style.band), style.passes)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,)))
    assert picture.getpixel((10, 50)) == (0xFF, 0xFF, 0xCC, 255)
    assert picture.getpixel((45, 50)) == (0x25, 0x34, 0x94, 255)
    assert picture.getchannel("A").getpixel((90, 50)) == 0


def test_the_commune_of_the_palace_is_warsaw_in_the_test_data(shared: Path) -> None:
    east, north = Transformer.from_crs("OGC:CRS84", "EPSG:2180", always_xy=True).transform(*PALACE)
    frame = pyogrio.raw.read(
        shared / "admin" / "mazovia_admin_2180.gpkg", layer="communes", columns=["name"], mask=Point(east, north)
    )
    assert list(frame[3][0]) == ["Warszawa"]


@pytest.mark.parametrize(
    ("srid", "box"),
    [
        (3857, Box(-20037508, -20037508, 20037508, 20037508)),
        (4326, Box(-180, -90, 180, 90)),
        (2180, Box(-5e6, -5e6, 6e6, 6e6)),
        (3035, Box(2.5e6, 1.3e6, 6e6, 5.5e6)),
    ],
)
def test_the_region_shows_on_maps_of_the_world(pool: Pool, srid: int, box: Box) -> None:
    shape = rectangle(517_000, 352_000, 781_000, 627_000)
    picture = pool.picture(
        MapRequest(800, 800, box, srid, (RenderLayer(FeaturesSource(2180, (shape,)), (AREA,)),), buffer=0)
    )
    x, y = Transformer.from_crs("EPSG:2180", f"EPSG:{srid}", always_xy=True).transform(650_000, 490_000)
    column = (x - box.min_x) / (box.max_x - box.min_x) * 800
    row = (box.max_y - y) / (box.max_y - box.min_y) * 800
    assert picture.getpixel((int(column), int(row))) == RED
    assert sum(picture.getchannel("A").histogram()[1:]) < 20_000


@given(
    st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.floats(1e-6, 1e9)),
    st.sampled_from([2180, 3857, 4326, 2178, 3035, 25834, 4258]),
    st.integers(1, 300),
    st.integers(1, 300),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_box_gives_a_picture_of_the_size_asked(
    pool: Pool, corner: tuple[float, float, float, float], srid: int, width: int, height: int
) -> None:
    x, y, wide, high = corner
    try:
        box = Box(x, y, x + wide, y + high)
    except InvalidParameter:
        return
    layer = RenderLayer(FeaturesSource(2180, (rectangle(517_000, 352_000, 781_000, 627_000), point(0, 0))), (AREA, DOT))
    before = pool.workers()
    assert pool.picture(MapRequest(width, height, box, srid, (layer,))).size == (width, height)
    assert pool.workers() == before


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_broken_geometries_harm_nobody(pool: Pool, shapes: list[bytes]) -> None:
    layer = RenderLayer(FeaturesSource(2180, (*shapes, rectangle(0, 0, 100, 100))), (AREA,))
    before = pool.workers()
    try:
        assert pool.picture(MapRequest(10, 10, Box(0, 0, 100, 100), 2180, (layer,))).size == (10, 10)
    except BramaError as error:
        assert error.message
    assert pool.workers() == before
