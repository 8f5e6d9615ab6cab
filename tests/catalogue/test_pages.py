# SPDX-License-Identifier: EUPL-1.2
"""The catalogue's pages and JSON: searched, paged, in two languages, for what the caller may see."""

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

HOSTILE = "'); DROP TABLE catalogue.record; --"


def _titles(page: str) -> list[str]:
    return re.findall(r'<h2><a href="[^"]*/catalogue/[0-9a-f-]{36}\?lang=\w\w">([^<]*)</a>', page)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, {"Gminy Mazowsza", "Miejscowości", "Przystanki Warszawy"}),
        ({"q": "gminy"}, {"Gminy Mazowsza"}),
        ({"q": "plock"}, {"Gminy Mazowsza"}),
        ({"theme": "transport"}, {"Przystanki Warszawy"}),
        ({"q": "mazowieckie", "theme": "nazwy"}, {"Miejscowości"}),
        ({"bbox": "20.9,52.1,21.1,52.3"}, {"Miejscowości", "Przystanki Warszawy"}),
    ],
)
def test_the_list_is_searched(visitor: FlaskClient, query: dict[str, str], titles: set[str]) -> None:
    answer = visitor.get("/catalogue", query_string=query)
    assert answer.mimetype == "text/html"
    assert set(_titles(answer.text)) == titles
    assert f"{len(titles)} opis" in answer.text


def test_pages_follow_each_other(visitor: FlaskClient) -> None:
    first = visitor.get("/catalogue", query_string={"limit": 2, "lang": "en"})
    assert "3 metadata records" in first.text
    following = re.search(r'rel="next" href="http://[^/]*([^"]*)"', first.text)
    assert following
    second = visitor.get(following[1].replace("&amp;", "&"))
    assert len(_titles(first.text)) == 2
    assert set(_titles(first.text) + _titles(second.text)) == {"Communes of Mazovia", "Places", "Stops of Warsaw"}
    assert 'rel="next"' not in second.text
    assert 'rel="prev"' in second.text


def test_an_empty_answer_says_what_to_do(visitor: FlaskClient, client: FlaskClient) -> None:
    page = visitor.get("/catalogue", query_string={"q": "nonexistent"}).text
    assert "Wpisz mniej słów" in page
    assert "Pokaż wszystkie" in page
    assert 'value="nonexistent"' in page


def test_an_empty_catalogue_says_how_to_begin(client: FlaskClient) -> None:
    assert "brama ingest" in client.get("/catalogue").text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("pl", ["Pochodzenie", "Granice przybliżone", "Pokaż na mapie"]),
        ("en", ["Origin", "Approximate borders", "Show on the map"]),
    ],
)
def test_a_record_page_tells_all(visitor: FlaskClient, language: str, words: list[str]) -> None:
    page = visitor.get("/catalogue/communes", query_string={"lang": language}).text
    for word in (*words, "CC BY 4.0", "Wczytano z gminy.gpkg", "podział &amp; granice", "EPSG:4326", "residents"):
        assert word in page
    assert "?f=iso3" in page


def test_linked_data_of_a_record_is_whole_and_cannot_break_out(visitor: FlaskClient) -> None:
    page = visitor.get("/catalogue/communes").text
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    data = json.loads(found)
    assert "<gmin>" not in found
    assert (data["@type"], data["name"]) == ("Dataset", "Gminy Mazowsza")
    assert data["description"] == "Granice <gmin> okolic Płocka\nGranice przybliżone"
    assert data["spatialCoverage"]["geo"]["box"] == "52.5000000 19.6000000 52.6000000 19.8000000"


def test_the_record_as_json_links_to_itself_by_id_and_layer(visitor: FlaskClient) -> None:
    by_layer = visitor.get("/catalogue/communes?f=json").json
    assert by_layer == visitor.get(f"/catalogue/{by_layer['id']}?f=json").json
    assert by_layer["theme"]["inspire"]["code"] == "au"
    assert by_layer["bbox"] == [19.6, 52.5, 19.8, 52.6]


def test_the_portal_searches_by_words(visitor: FlaskClient) -> None:
    answer = visitor.get("/api/catalogue", query_string={"q": "gminy mazow", "lang": "en"}).json
    (found,) = answer["records"]
    assert (answer["matched"], found["layer"], found["theme"]) == (1, "communes", "granice")
    assert found["title"] == "Communes of Mazovia"
    assert found["bbox"] == [19.6, 52.5, 19.8, 52.6]


def test_best_matches_come_first(visitor: FlaskClient) -> None:
    answer = visitor.get("/api/catalogue", query_string={"q": "warsz"}).json
    assert answer["records"][0]["layer"] == "stops"


def test_what_others_may_not_see_is_not_found(visitor: FlaskClient, sign_in: Callable[..., tuple]) -> None:
    for name in ("cases", "drafts"):
        assert visitor.get(f"/catalogue/{name}").status_code == 404
    _, clerk = sign_in("clerk", "ingest")
    assert visitor.get("/catalogue/cases?f=json", headers=clerk).json["visibility"] == "organisation"
    assert visitor.get("/catalogue/drafts", headers=clerk).status_code == 404
    assert visitor.get("/api/catalogue?q=sprawy", headers=clerk).json["matched"] == 1
    _, stranger = sign_in("stranger", "admin")
    assert visitor.get("/api/catalogue?q=sprawy", headers=stranger).json["matched"] == 0


def test_an_organisations_catalogue_has_its_records_only(visitor: FlaskClient, sign_in: Callable[..., tuple]) -> None:
    _, clerk = sign_in("clerk", "ingest")
    answer = visitor.get("/o/gabin/api/catalogue", headers=clerk).json
    assert [record["layer"] for record in answer["records"]] == ["cases"]
    assert "/o/gabin/catalogue/" in answer["records"][0]["href"]
    assert visitor.get("/o/gabin/catalogue/communes", headers=clerk).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"q": HOSTILE}, 200),
        ({"theme": HOSTILE}, 200),
        ({"bbox": HOSTILE}, 400),
        ({"page": HOSTILE}, 413),
        ({"limit": "101"}, 400),
        ({"page": "0"}, 400),
        ({"q": "x" * 201}, 413),
        ({"q": "\0"}, 400),
        ({"q": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, 200),
        ({"unknown": "1"}, 400),
        ({"f": "pdf"}, 400),
    ],
)
def test_hostile_parameters_are_refused_or_found_nowhere(
    visitor: FlaskClient, query: dict[str, str], status: int
) -> None:
    assert visitor.get("/api/catalogue" if "f" not in query else "/catalogue", query_string=query).status_code == status
    assert visitor.get("/api/catalogue").json["matched"] == 3


@pytest.mark.parametrize("name", [HOSTILE, "not-there", "00000000-0000-0000-0000-000000000000", "%00", "x" * 2000])
def test_no_such_record(visitor: FlaskClient, name: str) -> None:
    assert visitor.get(f"/catalogue/{name}").status_code == 404
