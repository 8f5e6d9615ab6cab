# SPDX-License-Identifier: EUPL-1.2
"""OGC API Records, Part 1: the requirements of each class that is claimed, by their names (OGC 20-004r1)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from catalogue.ogcapi.routes import CLASSES

ROOT = "/ogc/collections/metadata-records"
PZPW = "3bcbe743-e378-4810-92ba-2abebc7e0f2e"
HOSTILE = "'); DROP TABLE catalogue.record; --"


@pytest.fixture
def records(
    visitor: FlaskClient, bring: Callable[..., list[dict[str, object]]], shared: Path
) -> Callable[..., dict[str, Any]]:
    """Ask for records, of three layers and two documents."""
    bring(shared / "metadata" / "PL_mazovia_pzpw_iso19139.xml")
    bring(shared / "metadata" / "pycsw_T_ortho_RAS_1998_284404.xml")

    def ask(path: str = "/items", **query: str) -> dict[str, Any]:
        answer = visitor.get(ROOT + path, query_string={name.replace("_", "-"): value for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = json.loads(answer.data)
        return found

    return ask


def _titles(found: dict[str, Any]) -> list[str]:
    return [one["properties"]["title"] for one in found["features"]]


def test_autodiscovery_and_conformance(records: Callable[..., dict[str, Any]], visitor: FlaskClient) -> None:
    """/req/autodiscovery/links; every class that is met is declared."""
    landing = visitor.get("/ogc?f=json").json
    (link,) = [one for one in landing["links"] if one["rel"].endswith("/ogc-catalog")]
    assert visitor.get(urlsplit(link["href"]).path).json["id"] == "metadata-records"
    assert set(CLASSES) <= set(visitor.get("/ogc/conformance?f=json").json["conformsTo"])


def test_record_collection(records: Callable[..., dict[str, Any]]) -> None:
    """/req/record-collection/mandatory-properties-collection, itemType, links."""
    told = records("")
    assert (told["type"], told["itemType"]) == ("Collection", "record")
    assert {"id", "links", "conformsTo"} <= set(told)
    assert {"self", "items", "alternate"} <= {link["rel"] for link in told["links"]}


def test_record_core(records: Callable[..., dict[str, Any]], visitor: FlaskClient) -> None:
    """/req/record-core/mandatory-properties-record, time-interval, contact, record-license; of every record."""
    found = records()
    assert (found["numberMatched"], found["numberReturned"]) == (5, 5)
    for one in found["features"]:
        assert {"id", "type", "geometry", "time", "properties", "links", "conformsTo"} <= set(one)
        assert {"type", "title"} <= set(one["properties"])
        assert one["time"] is None or len(one["time"]["interval"]) == 2
        for contact in one["properties"].get("contacts", []):
            assert contact.get("name") or contact.get("organization")
        assert visitor.get(f"{ROOT}/items/{one['id']}").json == one
    (plan,) = [one for one in found["features"] if one["id"] == PZPW]
    assert plan["properties"]["themes"][-1]["concepts"] == [{"id": "planningCadastre"}]
    assert plan["properties"]["created"] == "2020-05-25"


_RECORD_CORE_QUERY_PARAMETERS = [
    ({"bbox": "20.9,52.1,21.1,52.3"}, {"Miejscowości", "Przystanki Warszawy", "Zbiór"}),
    ({"bbox": "52.1,20.9,52.3,21.1", "bbox_crs": "http://www.opengis.net/def/crs/EPSG/0/4326"},
     {"Miejscowości", "Przystanki Warszawy", "Zbiór"}),
    ({"q": "gmina"}, {"Gminy Mazowsza"}),
    ({"q": "gmina,przystanek"}, {"Gminy Mazowsza", "Przystanki Warszawy"}),
    ({"q": "zagospodarowania plan"}, set()),
    ({"q": "planu zagospodarowania przestrzennego"}, {"Zbiór"}),
    ({"type": "service"}, set()),
    ({"type": "dataset,service", "q": "ortho"}, {"Ortho"}),
    ({"ids": PZPW}, {"Zbiór"}),
    ({"ids": f"{PZPW},none"}, {"Zbiór"}),
    ({"externalIds": "T_ortho_RAS_1998_284404.tif"}, {"Ortho"}),
    ({"externalIds": "none"}, set()),
    ({"datetime": "1998-01-01/1998-12-31"}, {"Ortho", "Zbiór", "Gminy Mazowsza", "Miejscowości",
                                             "Przystanki Warszawy"}),
    ({"datetime": "2020-01-01/..", "ids": "de53e931-778a-4792-94ad-9fe507aca483"}, set()),
    ({"title": "ortho"}, {"Ortho"}),
    ({"filter": "title LIKE 'gminy%' OR denominator < 10000"}, {"Gminy Mazowsza", "Ortho"}),
    ({"filter": '{"op":"=","args":[{"property":"type"},"dataset"]}', "filter_lang": "cql2-json", "q": "ortho"},
     {"Ortho"}),
]  # fmt: skip


def test_record_core_query_parameters(records: Callable[..., dict[str, Any]]) -> None:
    """/req/record-core-query-parameters: bbox, datetime, q-response (A to C), type, ids, externalIds; and filters."""
    for query, titles in _RECORD_CORE_QUERY_PARAMETERS:
        found = {"Zbiór" if title.startswith("Zbiór") else title for title in _titles(records(**query, limit="100"))}
        assert found == titles


def test_pages_lead_on_and_each_record_comes_once(records: Callable[..., dict[str, Any]], visitor: FlaskClient) -> None:
    """/req/record-core-query-parameters/limit, and the links next and prev."""
    found = records(limit="2")
    seen = [one["id"] for one in found["features"]]
    while following := [link["href"] for link in found["links"] if link["rel"] == "next"]:
        parts = urlsplit(following[0])
        found = json.loads(visitor.get(f"{parts.path}?{parts.query}").data)
        seen += [one["id"] for one in found["features"]]
    assert len(seen) == len(set(seen)) == 5
    assert [link["rel"] for link in found["links"]].count("prev") == 1


def test_sorting(records: Callable[..., dict[str, Any]]) -> None:
    """/req/sorting/get-sortables-op, sortby-response, defaultSortOrder-definition."""
    assert set(records("/sortables")["properties"]) >= {"title", "modified"}
    titles = _titles(records())
    assert titles == sorted(titles)
    assert _titles(records(sortby="-title")) == titles[::-1]
    assert records("")["defaultSortOrder"] == ["+title"]


def test_queryables_are_schemas(records: Callable[..., dict[str, Any]]) -> None:
    told = records("/queryables")
    assert told["properties"]["title"] == {"type": "string"}
    assert told["properties"]["bbox"] == {"format": "geometry-any"}


_HOSTILE_PARAMETERS_ARE_REFUSED_OR_FIND_NOTHING = [
    ({"limit": "0"}, 400), ({"offset": "-1"}, 400), ({"bbox": "1,2,3"}, 400), ({"datetime": "now"}, 400),
    ({"sortby": "colour"}, 400), ({"sortby": "title,-title"}, 400), ({"colour": "red"}, 400),
    ({"filter": "title = '"}, 400), ({"filter": "(" * 1_600}, 413), ({"q": "x" * 201}, 413),
    ({"filter": HOSTILE}, 400), ({"q": HOSTILE}, 200), ({"ids": HOSTILE}, 200), ({"title": HOSTILE}, 200),
    ({"type": HOSTILE}, 200), ({"q": ",,"}, 200),
]  # fmt: skip


def test_hostile_parameters_are_refused_or_find_nothing(visitor: FlaskClient) -> None:
    for query, status in _HOSTILE_PARAMETERS_ARE_REFUSED_OR_FIND_NOTHING:
        answer = visitor.get(f"{ROOT}/items", query_string=query)
        assert answer.status_code == status, answer.text
        assert visitor.get(f"{ROOT}/items").json["numberMatched"] == 3


def test_pages_for_people_are_the_catalogues(visitor: FlaskClient) -> None:
    for path in ("", "/items", "/items/communes"):
        assert "/catalogue" in visitor.get(f"{ROOT}{path}?f=html").headers["Location"]
    assert visitor.get(f"{ROOT}/items/none").status_code == 404
