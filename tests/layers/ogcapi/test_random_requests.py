# SPDX-License-Identifier: EUPL-1.2
"""Whatever box, reference systems, sizes, times and orders are asked for: an answer or a refusal, never an error."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdi.crs import SERVED

pytestmark = pytest.mark.usefixtures("districts")
NUMBERS = (
    st.floats(-200, 200)
    | st.floats(-1e7, 1e7)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.integers(-(10**20), 10**20)
)
BOXES = st.lists(NUMBERS, min_size=3, max_size=7).map(lambda numbers: ",".join(map(str, numbers)))
SYSTEMS = st.sampled_from([name for crs in SERVED for name in (crs.uri, crs.name, crs.urn)]) | st.text(max_size=20)
LIMITS = st.integers(-5, 10**19).map(str) | st.text(max_size=5)
MOMENTS = st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z") | st.sampled_from(
    ["..", "", "P1Y", "P9999Y", "2020-02-30", "9999-12-31", "0001-01-01", "P1M"]
)
TIMES = MOMENTS | st.tuples(MOMENTS, MOMENTS).map("/".join)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "bbox": BOXES, "bbox-crs": SYSTEMS, "crs": SYSTEMS, "limit": LIMITS, "datetime": TIMES, "people": LIMITS,
        "fid": LIMITS, "sortby": st.sampled_from(["people", "-name", "+since,-share", "geom"]),
        "properties": st.sampled_from(["name", "name,share", "nothing"]),
        "count": st.sampled_from(["exact", "estimated", "none"]),
        "filter": st.sampled_from(["people > 10", "checked > DATE('2024-05-03')", "S_WITHIN(geom,BBOX(20,51,22,53))"]),
        "filter-crs": SYSTEMS,
    },
)  # fmt: skip


def test_random_requests_never_fail(client: FlaskClient) -> None:
    statuses: set[int] = set()

    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(QUERIES, st.sampled_from(["/items", "/items/5", ""]))
    def check(query: dict[str, Any], path: str) -> None:
        answer = client.get(f"/ogc/collections/districts{path}", query_string=query)
        assert answer.status_code in (200, 400, 413), (query, answer.text)
        statuses.add(answer.status_code)

    check()
    assert {200, 400} <= statuses
