# SPDX-License-Identifier: EUPL-1.2
"""Places as people write them: read or refused by name, never anything else (records 8)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from layers.model import ColumnType, GeometryType
from records.places import service
from records.schema import InvalidRecord
from sdi.people.model import Principal
from tests.conftest import LayerMaker

_NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**9), 10**9)
_POSITIONS = st.lists(_NUMBERS, max_size=4)
_SHAPES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection", "X"]),
        "coordinates": _POSITIONS
        | st.lists(_POSITIONS, max_size=5)
        | st.lists(st.lists(_POSITIONS, max_size=5), max_size=2),
    }
)


@given(st.text(max_size=200) | _SHAPES.map(json.dumps))
def test_anything_is_a_place_in_poland_or_is_refused(written: str) -> None:
    try:
        found = service.parse("subject", written)
    except InvalidRecord as refusal:
        assert set(refusal.problems) == {"place-subject"}
        return
    geometry = shapely.from_wkb(found.wkb)
    assert geometry.is_valid
    assert 0 < geometry.bounds[0] < 1_000_000


@pytest.mark.parametrize(
    "written",
    ["52.3968, 19.7351", "52,3968; 19,7351", '{"type":"Point","coordinates":[19.7351,52.3968]}',
     '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[19.7351,52.3968]}}',
     '{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[19.7351,52.3968]}}]}',
     "POINT (550002.245 503684.814)"],
)  # fmt: skip
def test_each_way_of_writing_means_the_same_place(written: str) -> None:
    point = shapely.from_wkb(service.parse("subject", written).wkb)
    assert point.distance(shapely.Point(550002.245, 503684.814)) < 1


@pytest.mark.parametrize(
    ("written", "why"),
    [("POLYGON ((500000 500000, 500010 500010, 500010 500000, 500000 500010, 500000 500000))", "przecina"),
     ("POINT (19 52)", "poza Polską"), ("POINT EMPTY", "pusty"), ("[" * 5_000, "odczytać"),
     ('{"type":' * 3_000, "odczytać"),
     ("LINESTRING (" + ", ".join(f"{500000 + n} 500000" for n in range(20_001)) + ")", "20000"),
     ("x" * 1_000_001, "za duży")],
)  # fmt: skip
def test_refusals_say_why(written: str, why: str) -> None:
    with pytest.raises(InvalidRecord, match=why):
        service.parse("subject", written)


def test_parcels_and_addresses_are_found_by_what_is_written(
    client: FlaskClient, sign_in: Callable[..., tuple[Principal, dict[str, str]]], add_layer: LayerMaker
) -> None:
    lots = [
        (f"POLYGON (({x} 500000, {x + 40} 500000, {x + 40} 500030, {x} 500030, {x} 500000))", f"141906_3.0001.{number}")
        for x, number in ((575000, "12/3"), (575040, "12/4"), (575080, "13"))
    ]
    add_layer("parcels", GeometryType.POLYGON, {"id": ColumnType.TEXT}, lots, key_column="id")
    addresses = [("POINT (575500 500500)", "Gąbin, Rynek 1"), ("POINT (575600 500500)", "Gąbin, Rynek 12")]
    add_layer(
        "addresses", GeometryType.POINT, {"nazwa": ColumnType.TEXT}, addresses, label_column="nazwa", searchable=True
    )
    head = sign_in("clerk", "monuments:read", "monuments:write")[1]

    def made(**sent: str) -> Any:
        card = {
            "title": "Dom",
            "opened": "2026-11-02",
            "object_type": "house",
            "locality": "Gąbin",
            "protection": "gez",
        }
        return client.post("/registers/monuments/new", data={**card, **sent}, headers=head)

    two = made(**{"find-subject": "działki 141906_3.0001.12/3 i 141906_3.0001.12/4, obręb 1"})
    page = client.get(two.location, headers=head).text
    assert page.count("1 199,") + page.count("1200,") + page.count("1 200,") + page.count("1201,") == 2, (
        "both, with areas"
    )
    assert made(**{"find-subject": "gabin, rynek 1"}).status_code == 303
    several = made(**{"find-subject": "Gąbin, Rynek"})
    assert several.status_code == 422
    assert "Gąbin, Rynek 1; Gąbin, Rynek 12" in several.text
    unknown = made(**{"find-subject": "Nibylandia 7"})
    assert unknown.status_code == 422
    assert "Nibylandia 7" in unknown.text
