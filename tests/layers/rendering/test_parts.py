# SPDX-License-Identifier: EUPL-1.2
"""A map cut into parts: the parts are the map's own pixels, and one in which nothing is has no bytes."""

import io
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from layers.rendering.model import Box, FeaturesSource, MapRequest, RenderLayer
from layers.rendering.parts import join_parts, split_parts
from tests.layers.rendering.geometry import rectangle
from tests.layers.rendering.pool import Pool

AREA = '<Rule><PolygonSymbolizer fill="#ff0000"/></Rule>'


def test_parts_are_the_pixels_of_the_whole(pool: Pool) -> None:
    source = FeaturesSource(2180, (rectangle(10, 10, 70, 70),))
    whole = MapRequest(80, 80, Box(0, 0, 160, 160), 2180, (RenderLayer(source, (AREA,)),))
    drawn = np.asarray(pool.picture(whole))
    parts = split_parts(pool.client().render(replace(whole, cut=(4, 2))))
    assert len(parts) == 8
    for number, part in enumerate(parts):
        top, left = number // 4 * 40, number % 4 * 20
        expected = drawn[top : top + 40, left : left + 20]
        if part:
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(part)).convert("RGBA")), expected)
        else:
            assert not expected.any()
    assert [bool(part) for part in parts] == [False] * 4 + [True, True, False, False]


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_what_is_joined_is_split_again(parts: list[bytes]) -> None:
    assert split_parts(join_parts(parts)) == parts
