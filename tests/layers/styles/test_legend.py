# SPDX-License-Identifier: EUPL-1.2
"""Legends: a row a rule, in the rule's look, with its name whole."""

from layers.model import GeometryType
from layers.styles.legend import _ROW, _SWATCH, MAX_ROWS
from layers.styles.service import LegendEntry, default_style, legend, raster_style, style_of
from tests.layers.rendering.pool import Pool

TWO = style_of(
    {
        "rules": [
            {"name": "Miasta", "filter": ["==", "kind", "m"], "symbolizers": [{"kind": "Fill", "color": "#ff0000"}]},
            {
                "name": "Wsie",
                "scaleDenominator": {"max": 1000},
                "symbolizers": [{"kind": "Fill", "color": "#0000ff"}, {"kind": "Text", "label": "{{name}}"}],
            },
        ]
    }
)


def test_each_rule_has_its_row_and_colour(pool: Pool) -> None:
    picture = pool.picture(legend([LegendEntry("Gminy", TWO)]))
    assert picture.height // _ROW == 2
    assert picture.getpixel((12, 15)) == (255, 0, 0, 255)
    assert picture.getpixel((12, 15 + _ROW)) == (0, 0, 255, 255)
    assert picture.getpixel((picture.width - 1, 0)) == (255, 255, 255, 255)


def test_rules_that_are_not_drawn_at_the_scale_are_left_out(pool: Pool) -> None:
    assert legend([LegendEntry("Gminy", TWO)], scale_denominator=5000).height < 2 * _ROW
    assert legend([LegendEntry("Gminy", TWO)], scale_denominator=500).height >= 2 * _ROW


def test_names_are_drawn_whole_whatever_their_letters(pool: Pool) -> None:
    for name in ("WWWWWWWWMMMMMMMM", "ŻŹĆŁŚĄĘÓŃ żźćłśąęóń", "@%&#QOGD", "iiiiiiiiiilllllll", "0123456789", "ЖЩШЮ漢字"):
        picture = pool.picture(legend([LegendEntry(name, default_style("x", GeometryType.POINT))]))
        edge = picture.crop((picture.width - 2, 0, picture.width, picture.height))
        assert edge.getcolors() == [(2 * picture.height, (255, 255, 255, 255))], name
        words = picture.crop((_SWATCH + 12, 0, picture.width, picture.height))
        assert len(words.getcolors(100_000) or ()) > 1, name


def test_a_colour_map_shows_each_of_its_entries(pool: Pool) -> None:
    picture = pool.picture(legend([LegendEntry("Wysokość", raster_style(100, 900))]))
    assert picture.height // _ROW == 3
    assert picture.getpixel((20, 15 + _ROW)) == (0xFF, 0xFF, 0xCC, 255)
    assert picture.getpixel((20, 15 + 2 * _ROW)) == (0x25, 0x34, 0x94, 255)


def test_a_legend_is_bounded_and_may_be_large(pool: Pool) -> None:
    entries = [
        LegendEntry(f"Warstwa {number}", default_style(f"l{number}", GeometryType.POINT)) for number in range(300)
    ]
    picture = pool.picture(legend(entries, scale_factor=2))
    assert picture.height // (2 * _ROW) == MAX_ROWS


def test_a_legend_without_rules_at_its_scale_is_a_picture_still(pool: Pool) -> None:
    style = style_of({"rules": [{"scaleDenominator": {"max": 10}, "symbolizers": [{"kind": "Line"}]}]})
    picture = pool.picture(legend([LegendEntry("Linie", style)], scale_denominator=1000, background=None))
    assert picture.getbbox() is None
