# SPDX-License-Identifier: EUPL-1.2
"""Web maps of other origins read the services (Fetch standard, CORS protocol; OGC 17-069r4, recommendation 6)."""

import pytest
from flask.testing import FlaskClient

from layers.model import GeometryType
from tests.conftest import LayerMaker


@pytest.mark.parametrize("path", ["/ogc", "/wfs?request=nothing", "/nowhere", "/o/gabin/ogc", "/marks/tree.svg"])
def test_every_answer_may_be_read_by_other_origins(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers={"Origin": "https://maps.example"}).headers
    assert headers.getlist("Access-Control-Allow-Origin") == ["*"]
    assert headers.getlist("Access-Control-Expose-Headers") == ["*"]
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("path", ["/wfs", "/ogc/collections/hidden/items/1", "/o/gabin/ogc/collections"])
def test_a_preflight_tells_what_may_be_sent_and_nothing_of_the_data(client: FlaskClient, path: str) -> None:
    asked = {"Origin": "https://maps.example", "Access-Control-Request-Method": "PUT",
             "Access-Control-Request-Headers": "authorization,if-match"}  # fmt: skip
    answer = client.options(path, headers=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, *"


def test_options_without_a_preflight_are_the_services_own(client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("open", GeometryType.POINT, {}, [["POINT(637000 486700)"]])
    answer = client.options("/ogc/collections/open/items")
    assert "GET" in answer.headers["Allow"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
