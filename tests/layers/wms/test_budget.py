# SPDX-License-Identifier: EUPL-1.2
"""What a map may read: with FILTER or TIME features are read one by one, under a budget, and the refusal says so."""

import pytest
from flask.testing import FlaskClient

from layers.model import Layer
from sdi.db.database import Database
from sdi.settings import Settings
from sdi.web.app import create_app

HALF = "480000,630000,484000,640000"
QUERY = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "halves", "styles": "",
         "crs": "EPSG:2180", "bbox": "480000,630000,490000,640000", "width": "40", "height": "40",
         "format": "image/png"}  # fmt: skip
FILTER = "<Filter xmlns='http://www.opengis.net/fes/2.0'><PropertyIsEqualTo><ValueReference>people</ValueReference><Literal>10</Literal></PropertyIsEqualTo></Filter>"


@pytest.fixture
def narrow(settings: Settings, database: Database, halves: Layer) -> FlaskClient:
    """An application whose maps may read one feature."""
    limits = settings.limits.model_copy(update={"map_features": 1})
    return create_app(settings.model_copy(update={"limits": limits}), database, listen=False).test_client()


@pytest.mark.parametrize("chosen", [{"filter": FILTER}, {"cql_filter": "people = 10"}, {"time": "2004-06-01"}])
@pytest.mark.usefixtures("drawing")
def test_a_filter_or_a_time_over_the_budget_is_refused_with_what_to_do(
    narrow: FlaskClient, chosen: dict[str, str]
) -> None:
    answer = narrow.get("/wms", query_string={**QUERY, **chosen})
    assert answer.status_code == 413
    assert "With a filter or a time this map looks at each of about 2 features; one may look at 1" in answer.text
    assert "zoom in, or ask without them" in answer.text
    assert 'locator="filter"' in answer.text


@pytest.mark.usefixtures("drawing")
def test_without_a_choice_the_budget_is_the_same_and_the_refusal_another(narrow: FlaskClient) -> None:
    answer = narrow.get("/wms", query_string=QUERY)
    assert answer.status_code == 413
    assert "This map would show about 2 features; one may show 1: zoom in or take fewer layers." in answer.text
    assert narrow.get("/wms", query_string={**QUERY, "bbox": HALF, "filter": FILTER}).status_code == 200
