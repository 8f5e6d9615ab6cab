# SPDX-License-Identifier: EUPL-1.2
"""The wire: requests arrive as they were sent, and what no client sends is refused."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.rendering import wire
from layers.rendering.model import (
    Box,
    Connection,
    FeaturesSource,
    MapRequest,
    PostgisSource,
    RasterSource,
    RenderLayer,
    Source,
)
from sdi.errors import BramaError, InvalidParameter, TooLarge

numbers = st.floats(-1e7, 1e7)
boxes = st.tuples(numbers, numbers, st.floats(1, 1e6), st.floats(1, 1e6)).map(
    lambda given: Box(given[0], given[1], given[0] + given[2], given[1] + given[3])
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
postgis = st.builds(
    PostgisSource, st.builds(Connection, texts, texts, texts, st.integers(1, 65535), texts), texts, texts,
    st.integers(1, 9999), boxes, columns=st.tuples(texts, texts), as_text=st.tuples(texts), where=st.none() | texts,
)  # fmt: skip
rasters = st.builds(
    RasterSource, texts, st.integers(1, 9999), boxes, st.none() | st.integers(1, 9), st.none() | numbers
)


@st.composite
def features(draw: st.DrawFn) -> FeaturesSource:
    """Any bytes as geometries, with as many rows."""
    wkb = draw(st.lists(st.binary(max_size=30), max_size=4))
    rows = draw(st.lists(st.tuples(values, values), min_size=len(wkb), max_size=len(wkb)))
    return FeaturesSource(2180, tuple(wkb), ("a", "b"), tuple(rows))


sources: st.SearchStrategy[Source] = postgis | rasters | features()
layers = st.builds(RenderLayer, sources, st.tuples(texts, texts), st.floats(0, 1), st.none() | numbers)
requests = st.builds(
    MapRequest, st.integers(1, 4000), st.integers(1, 4000), boxes, st.integers(1, 9999),
    st.lists(layers, max_size=2).map(tuple), st.none() | st.just("#ffffff"),
    st.sampled_from(["png", "png8", "jpeg", "webp"]), st.floats(0.1, 10), st.integers(0, 512),
)  # fmt: skip


def _parts(frame: bytes) -> tuple[bytes, bytes]:
    header, body = struct.unpack("!II", frame[:8])
    assert len(frame) == 8 + header + body
    return frame[8 : 8 + header], frame[8 + header :]


@given(requests)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_request_arrives_as_it_was_sent(request: MapRequest) -> None:
    assert wire.decode(*_parts(wire.encode(request))) == request


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_bytes_that_are_no_request_are_refused(header: bytes, body: bytes) -> None:
    with pytest.raises(InvalidParameter, match="cannot read"):
        wire.decode(header, body)


@given(requests, st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_changed_request_is_read_or_refused(request: MapRequest, data: st.DataObject) -> None:
    header, body = _parts(wire.encode(request))
    at = data.draw(st.integers(0, len(header) - 1))
    changed = header[:at] + data.draw(st.binary(max_size=3)) + header[at + 1 :]
    try:
        wire.decode(changed, body)
    except BramaError as error:
        assert error.status in {400, 413}


@pytest.mark.parametrize("coordinates", [(0, 0, float("nan"), 1), (0, 0, float("inf"), 1), (1, 0, 1, 1), (0, 5, 1, 4)])
def test_a_box_without_an_area_is_refused(coordinates: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidParameter) as refused:
        Box(*coordinates)
    assert refused.value.locator == "bbox"


def test_too_many_features_are_refused() -> None:
    with pytest.raises(TooLarge, match="100001 features"):
        FeaturesSource(2180, (b"x",) * 100_001)
    with pytest.raises(TooLarge, match="128 MB"):
        FeaturesSource(2180, (bytes(1_000_000),) * 129)
