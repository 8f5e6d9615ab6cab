# SPDX-License-Identifier: EUPL-1.2
"""Which level a scale takes, and what fill and outline of features under a pixel come to."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.levels.model import Carried, Ink, Level
from layers.levels.service import can_merge, level_for, merged_style, spacing
from layers.styles.model import Fill, Line, Mark, Rule, Style, Text

DENSE = Ink(features=1_000_000, cells=600_000, size=3.2e9, outline=2.2e8)
SPARSE = Ink(features=1_000, cells=2_500, size=1e5, outline=4e4)
COLUMNS = (Carried("kind", "class"), Carried("name", "label"))


def _level(number: int, ink: Ink = DENSE, columns: tuple[Carried, ...] = COLUMNS) -> Level:
    return Level("town_1_1", number, columns, ink, fresh=True)


def _style(*signs: Fill | Line | Mark | Text) -> Style:
    return Style(rules=(Rule(symbolizers=signs),))


def _merged(sign: Fill | Line, ink: Ink, pixel: float = 195.0, *, areas: bool = True) -> Fill | Line:
    made = merged_style(_style(sign), _level(8, ink), pixel, areas=areas)
    assert made
    (sign_,) = made.rules[0].symbolizers
    assert isinstance(sign_, Fill | Line)
    return sign_


@given(st.floats(1e-6, 1e6))
def test_a_level_is_never_coarser_than_a_pixel_and_a_half(pixel: float) -> None:
    levels = [_level(number) for number in range(-10, 12)]
    found = level_for(levels, pixel)
    if found is None:
        assert pixel * math.sqrt(2) < 2**-10
    else:
        assert found.resolution <= pixel * math.sqrt(2)
        assert found.number == 11 or 2 * found.resolution > pixel * math.sqrt(2)


def test_what_a_level_does_not_carry_is_asked_of_the_features() -> None:
    levels = [_level(7)]
    assert level_for(levels, 128.0, {"kind"}, {"name"})
    assert level_for(levels, 128.0, set(), {"kind"})
    assert level_for(levels, 128.0, {"name"}) is None, "labels do not tell merged features apart"
    assert level_for(levels, 128.0, {"height"}) is None
    assert level_for(levels, 50.0) is None


def test_dense_outlines_cover_and_a_fill_keeps_its_ink() -> None:
    outlined = _merged(Fill(color="#ffffff", fill_opacity=0.3, outline_color="#003366", outline_width=0.8), DENSE)
    assert isinstance(outlined, Fill)
    assert outlined.fill_opacity > 0.97
    assert outlined.color is not None
    assert int(outlined.color[1:3], 16) < 8
    filled = _merged(Fill(color="#aa0000"), SPARSE)
    assert isinstance(filled, Fill)
    assert filled.fill_opacity == pytest.approx(1e5 / (2_500 * 128**2))
    assert filled.outline_color is None
    faint = _merged(Fill(color="#aa0000", outline_color="#aa0000", outline_dasharray=(1, 3)), DENSE)
    assert isinstance(faint, Fill)
    assert faint.fill_opacity < 0.6


def test_short_lines_are_no_darker_than_they_were() -> None:
    line = _merged(Line(color="#112233", width=2, opacity=0.5, dasharray=(2, 2)), SPARSE, areas=False)
    assert isinstance(line, Line)
    assert line.dasharray is None
    assert 0 < line.opacity <= 0.25


def test_labels_and_marks_have_no_meaning_for_merged_cells() -> None:
    assert merged_style(_style(Text(label="{{name}}")), _level(8), 195.0, areas=True) is None
    assert can_merge(_style(Fill(color="#000000"), Text(label="x")))
    assert not can_merge(_style(Fill(color="#000000"), Mark()))


def test_wide_marks_let_more_points_be_left_out() -> None:
    assert spacing(_style(Mark(radius=8), Text(label="x"))) == 4
    assert spacing(_style(Mark(radius=8), Mark(radius=1))) == 1
