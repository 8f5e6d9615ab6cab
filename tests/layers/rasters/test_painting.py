# SPDX-License-Identifier: EUPL-1.2
"""Values of a raster as colours: bands, stretch, colour maps, relief (OGC 05-077r4, 11.6)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from layers.rasters.painting import bands_of, paint
from layers.styles.model import Raster

FACT = {"type": "float32", "min": 0.0, "max": 100.0, "quantiles": [10.0, 30.0, 50.0, 70.0, 90.0]}
BYTES = {"type": "uint8", "min": 0.0, "max": 255.0, "quantiles": [1.0, 2.0, 3.0, 4.0, 5.0]}
CHANNELS = {"channelSelection": {"grayChannel": {"sourceChannelName": "2"}}}


def _values(*numbers: float, masked: tuple[bool, ...] | None = None) -> np.ma.MaskedArray:
    return np.ma.MaskedArray([[numbers]], mask=[[masked]] if masked else False, dtype="float64")


def _grey(values: np.ma.MaskedArray, fact: dict, **symbolizer: object) -> list[int]:
    return paint(values, Raster.model_validate({"kind": "Raster", **symbolizer}), [fact], (1, 1))[0, 0].tolist()


def test_a_stretch_goes_from_the_2nd_to_the_98th_percentile() -> None:
    enhancement = {"contrastEnhancement": {"enhancementType": "normalize"}}
    assert _grey(_values(0, 10, 50, 90, 100), FACT, **enhancement) == [0, 0, 128, 255, 255]


def test_a_histogram_gives_each_share_of_pixels_its_share_of_brightness() -> None:
    enhancement = {"contrastEnhancement": {"enhancementType": "histogram"}}
    assert _grey(_values(10, 30, 50, 70, 90), FACT, **enhancement) == [5, 64, 128, 191, 250]


def test_gamma_brightens_the_middle_and_leaves_the_ends() -> None:
    dark, middle, bright = _grey(_values(10, 50, 90), FACT, contrastEnhancement={"gammaValue": 2})
    assert (dark, middle, bright) == (0, 180, 255)


def test_bytes_are_brightness_unless_a_stretch_is_asked_for() -> None:
    assert _grey(_values(0, 77, 255), BYTES) == [0, 77, 255]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ramp", [(0, 0, 0, 0), (0, 0, 0, 255), (128, 0, 0, 255), (255, 0, 0, 255), (255, 0, 0, 255)]),
        ("intervals", [(0, 0, 0, 0), (0, 0, 0, 255), (0, 0, 0, 255), (255, 0, 0, 255), (255, 0, 0, 255)]),
        ("values", [(0, 0, 0, 0), (0, 0, 0, 255), (0, 0, 0, 0), (255, 0, 0, 255), (255, 0, 0, 0)]),
    ],
)
def test_a_colour_map_blends_holds_or_matches(kind: str, expected: list[tuple[int, ...]]) -> None:
    entries = [{"color": "#000000", "quantity": 10}, {"color": "#ff0000", "quantity": 20}]
    raster = Raster.model_validate({"colorMap": {"type": kind, "colorMapEntries": entries}})
    painted = paint(_values(5, 10, 15, 20, 25), raster, [FACT], (1, 1))
    found = [tuple(pixel) for pixel in painted[:, 0].T.tolist()]
    assert [pixel[3] for pixel in found] == [pixel[3] for pixel in expected]
    assert [p for p in found if p[3]] == [p for p in expected if p[3]]


def test_relief_is_lit_from_the_north_west_and_flat_ground_is_even() -> None:
    rows, columns = np.mgrid[0:20, 0:20]
    dome = np.ma.MaskedArray([-((rows - 10.0) ** 2 + (columns - 10.0) ** 2)])
    raster = Raster.model_validate({"shadedRelief": {}})
    light = paint(dome, raster, [FACT], (10, 10))[0]
    assert light[4, 4] > light[10, 10] > light[16, 16]
    flat = paint(np.ma.MaskedArray(np.full((1, 5, 5), 7.0)), raster, [FACT], (10, 10))[0]
    assert set(flat.flatten().tolist()) == {round(255 * np.sin(np.radians(45)))}


def test_no_data_is_transparent_and_opacity_holds() -> None:
    raster = Raster.model_validate({"opacity": 0.5})
    painted = paint(_values(1, 2, masked=(False, True)), raster, [FACT], (1, 1))
    assert painted[3, 0].tolist() == [128, 0]


def test_channels_choose_bands() -> None:
    three = {f"{name}Channel": {"sourceChannelName": number} for name, number in
             (("red", "4"), ("green", "3"), ("blue", "2"))}  # fmt: skip
    assert bands_of(Raster.model_validate({"channelSelection": three}), 4) == (4, 3, 2)
    assert bands_of(Raster.model_validate(CHANNELS), 4) == (2,)
    assert bands_of(Raster(), 4) == (1, 2, 3)
    assert bands_of(Raster(), 1) == (1,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"channelSelection": {}},
        {"channelSelection": {"redChannel": {"sourceChannelName": "1"}}},
        {"channelSelection": {"grayChannel": {"sourceChannelName": "0; DROP"}}},
        {"contrastEnhancement": {"enhancementType": "logarithmic"}},
        {"contrastEnhancement": {"gammaValue": 0}},
        {"shadedRelief": {"altitude": 0}},
    ],
)
def test_what_cannot_be_painted_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        Raster.model_validate(wrong)


@given(arrays("float32", (1, 3, 4)), st.sampled_from(["ramp", "intervals", "values", "stretch", "relief"]))
def test_any_number_has_a_colour(numbers: np.ndarray, kind: str) -> None:
    values = np.ma.masked_invalid(numbers)
    entries = [{"color": "#000000", "quantity": -1}, {"color": "#ff0000", "quantity": 20}]
    raster = {"stretch": {"contrastEnhancement": {"enhancementType": "histogram"}}, "relief": {"shadedRelief": {}}}.get(
        kind, {"colorMap": {"type": kind, "colorMapEntries": entries}}
    )
    painted = paint(values, Raster.model_validate(raster), [FACT], (1, 1))
    assert painted.shape == (4, 3, 4)
    assert painted.dtype == np.uint8
