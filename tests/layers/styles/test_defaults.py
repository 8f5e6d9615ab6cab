# SPDX-License-Identifier: EUPL-1.2
"""Default styles: stable, legible on a pale base map, with labels close up."""

import itertools

import pytest

from layers.model import GeometryType
from layers.rendering.model import Box, FeaturesSource, MapRequest, RenderLayer
from layers.styles.defaults import AREA_COLOURS, AREA_LABELS_BELOW, LINE_COLOURS, POINT_COLOURS
from layers.styles.model import Fill, Text
from layers.styles.service import default_style, mapnik_style, parse_style, raster_style, style_of
from tests.layers.rendering.geometry import point, rectangle
from tests.layers.rendering.pool import Pool


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", AREA_COLOURS + LINE_COLOURS + POINT_COLOURS)
@pytest.mark.parametrize("ground", ["#ffffff", "#e6e6e6"])
def test_each_colour_shows_on_a_pale_ground(colour: str, ground: str) -> None:
    assert (_luminance(ground) + 0.05) / (_luminance(colour) + 0.05) >= 3.5


def test_points_lines_and_areas_never_share_a_colour() -> None:
    colours = AREA_COLOURS + LINE_COLOURS + POINT_COLOURS
    assert len(set(colours)) == len(colours)


def test_the_colour_follows_from_the_id_and_spreads() -> None:
    def colour(layer_id: str) -> str | None:
        symbol = default_style(layer_id, GeometryType.POLYGON).rules[0].symbolizers[0]
        assert isinstance(symbol, Fill)
        return symbol.color

    assert colour("gminy") == colour("gminy")
    used = [colour(f"layer_{number}") for number in range(680)]
    assert min(used.count(each) for each in AREA_COLOURS) > 680 / len(AREA_COLOURS) / 2


@pytest.mark.parametrize("geometry_type", GeometryType)
def test_every_default_style_can_be_stored_read_again_and_drawn(pool: Pool, geometry_type: GeometryType) -> None:
    style = default_style("gminy", geometry_type, "name")
    assert style_of(style.to_json()) == style
    assert parse_style(style.model_dump_json(by_alias=True, exclude_none=True)) == style
    shapes = (point(20, 50), rectangle(40, 20, 80, 80))
    source = FeaturesSource(2180, shapes, ("name",), (("a",), ("b",)))
    layer = RenderLayer(source, mapnik_style(style, ("name",)).passes)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,)))
    assert (picture.getbbox() is None) is (geometry_type is GeometryType.RASTER)


def test_a_mixed_layer_draws_each_shape_once_and_marks_points_only(pool: Pool) -> None:
    passes = mapnik_style(default_style("mixed", GeometryType.GEOMETRY), ()).passes
    layer = RenderLayer(FeaturesSource(2180, (rectangle(10, 10, 90, 90),)), passes)
    area = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,)))
    assert area.getpixel((50, 50)) == area.getpixel((30, 30))
    layer = RenderLayer(FeaturesSource(2180, (point(50, 50),)), passes)
    assert (
        pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (layer,))).getchannel("A").getpixel((50, 50))
        == 255
    )


@pytest.mark.parametrize(("pixel_metres", "labelled"), [(100, True), (500, False)])
def test_labels_come_close_up(pool: Pool, pixel_metres: int, labelled: bool) -> None:
    assert (pixel_metres / 0.00028 < AREA_LABELS_BELOW) is labelled
    passes = mapnik_style(default_style("gminy", GeometryType.POLYGON, "name"), ("name",)).passes
    side = 100 * pixel_metres
    source = FeaturesSource(2180, (rectangle(-side, -side, 2 * side, 2 * side),), ("name",), (("Gąbin",),))
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, side, side), 2180, (RenderLayer(source, passes),)))
    assert (len(picture.getcolors() or ()) > 1) is labelled


@pytest.mark.parametrize("column", ["a{{b", "a}", "a[b]"])
def test_a_label_column_that_no_template_can_name_is_left_out(column: str) -> None:
    style = default_style("gminy", GeometryType.POLYGON, column)
    assert not any(isinstance(part, Text) for part in itertools.chain(*(rule.symbolizers for rule in style.rules)))


def test_a_raster_of_one_value_has_a_style(pool: Pool) -> None:
    assert style_of(raster_style(5, 5).to_json()) == raster_style(5, 5)
