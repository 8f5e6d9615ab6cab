# SPDX-License-Identifier: EUPL-1.2
"""The search that a person uses: inflected words, letters left out or wrong, words that say nothing, facets, places."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from catalogue import cli, jobs, words
from layers.model import GeometryType
from sdi.db.database import Database
from sdi.jobs.model import JobContext
from sdi.settings import Settings
from tests.conftest import LayerMaker

_TITLES = {
    "water": "Sieci wodociągowe gmin",
    "plans": "Miejscowe plany zagospodarowania",
    "rivers": "Rzeki i jeziora",
    "schools": "Szkoły podstawowe w Płocku",
    "monuments": "Zabytki nieruchome",
    "people": "Ludność w gminach",
}


@pytest.fixture
def titled(add_layer: LayerMaker, database: Database, client: FlaskClient) -> Callable[..., set[str]]:
    """Layers of telling Polish titles; gives what a search for words finds."""
    for number, (layer_id, title) in enumerate(_TITLES.items()):
        place = f"POINT({637000 + number * 1000} 487000)"
        add_layer(layer_id, GeometryType.POINT, {}, [[place]], title={"pl": title}, theme="wody")
    with database.owner.begin() as connection:
        words.learn(connection)

    def find(typed: str) -> set[str]:
        answer = client.get("/api/catalogue", query_string={"q": typed, "limit": "50"})
        assert answer.status_code == 200, answer.text
        return {record["layer"] for record in answer.json["records"]}

    return find


def test_words_are_found_in_every_form_with_letters_left_out_or_wrong(titled: Callable[..., set[str]]) -> None:
    for typed, found in (
        ("gminami", {"water", "people"}),
        ("gmina", {"water", "people"}),
        ("rzeką", {"rivers"}),
        ("jezior", {"rivers"}),
        ("plan", {"plans"}),
        ("planów", {"plans"}),
        ("planow miejscowych", {"plans"}),
        ("szkołami", {"schools"}),
        ("szkol", {"schools"}),
        ("zabytkowi", {"monuments"}),
        ("ludnosci", {"people"}),
        ("LUDNOŚCIĄ", {"people"}),
        ("zabyttki", {"monuments"}),
        ("zagospodarovania", {"plans"}),
        ("wodociag", {"water"}),
        ("szkoły w Płocku", {"schools"}),
        ("ludność oraz gminy", {"people"}),
        ("qqqqqq", set()),
        ("???", set()),
        ("'; DROP TABLE catalogue.word; --", set()),
        ("a & b | ! \\ ':* <->", set()),
    ):
        assert titled(typed) == found, typed


def test_words_changed_by_hand_are_found_as_they_stand_at_once_and_inflected_after_the_job(
    titled: Callable[..., set[str]], database: Database, settings: Settings
) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("""UPDATE layers.layer SET title = '{"pl": "Pomniki przyrody"}' WHERE id = 'water'"""))
    assert titled("pomniki") == {"water"}
    assert titled("pomnikami") == set()
    (task,) = jobs.tasks
    context = JobContext(None, settings, database, lambda _f, _m: None, None, None)  # type: ignore[arg-type]
    assert task.run(context, {})["words"] > 0
    assert titled("pomnikami") == {"water"}
    assert task.run(context, {})["words"] == 0


def test_the_title_counts_most_and_the_place_with_it(
    add_layer: LayerMaker, database: Database, client: FlaskClient
) -> None:
    square = "POLYGON(({0} {1}, {2} {1}, {2} {3}, {0} {3}, {0} {1}))"
    for name, box, title, abstract in (
        ("far", (19, 51, 22, 53), "Drogi", ""), ("near", (20.9, 52.1, 21.1, 52.3), "Drogi", ""),
        ("said", (20.9, 52.1, 21.1, 52.3), "Mapa", "Drogi i ulice"),
    ):  # fmt: skip
        add_layer(name, GeometryType.POLYGON, {}, [[square.format(*box)]], srid=4326, theme="transport",
                  title={"pl": title}, abstract={"pl": abstract} if abstract else {})  # fmt: skip

    def order(**query: str) -> list[str]:
        return [record["layer"] for record in client.get("/api/catalogue", query_string=query).json["records"]]

    assert order(q="drogi")[-1] == "said"
    assert order(q="drogi", bbox="20.9,52.1,21.1,52.3") == ["near", "far", "said"]
    assert order(bbox="20.9,52.1,21.1,52.3")[-1] == "far"
    assert order(q="drogi", sort="title") == ["far", "near", "said"] or order(q="drogi", sort="title")[-1] == "said"


def test_facets_count_what_was_found_and_lead_to_it(visitor: FlaskClient, sign_in: Callable[..., tuple]) -> None:
    told = visitor.get("/api/catalogue/facets?lang=en").json
    assert told["matched"] == 3
    themes = {one["value"]: one["count"] for one in told["facets"]["theme"]}
    assert themes == {"granice": 1, "transport": 1, "nazwy": 1}
    assert told["facets"]["licence"] == [{"value": "CC-BY-4.0", "title": "CC BY 4.0", "count": 1}]
    assert "organisation" not in told["facets"]
    for name, value in (("theme", "transport"), ("licence", "CC-BY-4.0"), ("inspire", "au"), ("topic", "boundaries")):
        assert visitor.get(f"/api/catalogue?{name}={value}").json["matched"] == 1
    _, clerk = sign_in("clerk", "ingest")
    told = visitor.get("/api/catalogue/facets", headers=clerk).json
    assert {one["value"]: one["count"] for one in told["facets"]["organisation"]} == {"mazowieckie": 3, "gabin": 1}


def test_suggestions_are_titles_that_the_caller_may_see(visitor: FlaskClient) -> None:
    def told(typed: str) -> list[str]:
        found = visitor.get("/api/catalogue/suggestions", query_string={"q": typed}).json["suggestions"]
        return [one["title"] for one in found]

    assert told("gm") == ["Gminy Mazowsza"]
    assert told("przyst") == ["Przystanki Warszawy"]
    assert told("spraw") == told("") == []


def test_a_folder_is_brought_by_the_command_and_what_is_bad_told(
    database: Database, shared: Path, tmp_path: Path, client: FlaskClient
) -> None:
    (tmp_path / "deep").mkdir()
    for number, name in enumerate(("pycsw_T_ortho_RAS_1998_284404.xml", "PL_mazovia_pzpw_iso19139.xml")):
        (tmp_path / ("deep" if number else ".") / name).write_bytes((shared / "metadata" / name).read_bytes())
    (tmp_path / "bad.xml").write_text("<a>", encoding="utf-8")
    states = {one.place: one.state for one in cli.bring_folder(database, tmp_path, "gabin", "organisation")}
    assert states == {
        "bad.xml": "refused",
        "deep/PL_mazovia_pzpw_iso19139.xml": "added",
        "pycsw_T_ortho_RAS_1998_284404.xml": "added",
    }  # fmt: skip
    assert client.get("/api/catalogue").json["matched"] == 0


def test_records_are_brought_and_removed_by_the_api(
    visitor: FlaskClient, sign_in: Callable[..., tuple], shared: Path
) -> None:
    body = (shared / "metadata" / "pycsw_T_ortho_RAS_1998_284404.xml").read_bytes()
    _, steward = sign_in("admin", "catalogue:write")
    xml = {"content_type": "application/xml"}
    assert visitor.post("/api/catalogue/records", data=body, **xml).status_code == 401
    answer = visitor.post("/api/catalogue/records?visibility=private", data=body, headers=steward, **xml)
    (told,) = answer.json["records"]
    assert (told["state"], visitor.get("/api/catalogue").json["matched"]) == ("added", 3)
    answer = visitor.post("/api/catalogue/records", data=body, headers=steward, **xml)
    assert answer.json["records"][0]["state"] == "changed"
    assert visitor.get("/api/catalogue").json["matched"] == 4
    address = f"/api/catalogue/records/{told['identifier']}"
    assert visitor.delete(address, headers=sign_in("stranger", "catalogue:write")[1]).status_code == 404
    assert visitor.delete(address, headers=steward).json == {"removed": told["identifier"]}
    assert visitor.delete(address, headers=steward).status_code == 404
    for bad, status in ((b"", 400), (b"<a/>", 422), (b"<a", 400), (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400),
                        (b"<a>" + b" " * 17_000_000 + b"</a>", 413)):  # fmt: skip
        assert visitor.post("/api/catalogue/records", data=bad, headers=steward, **xml).status_code == status


def test_browsers_and_search_engines_find_the_catalogue(visitor: FlaskClient) -> None:
    description = visitor.get("/catalogue/opensearch.xml")
    assert description.mimetype == "application/opensearchdescription+xml"
    assert b"{geo:box?}" in description.data
    assert b"opensearch.xml" in visitor.get("/catalogue").data
    told = visitor.get("/sitemap.xml").text
    assert told.count("<loc>") == 3
    assert visitor.get("/sitemap-2.xml").status_code == 404
