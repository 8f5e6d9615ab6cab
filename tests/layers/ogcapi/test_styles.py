# SPDX-License-Identifier: EUPL-1.2
"""OGC API Styles (OGC 20-009): tests named after the requirements they prove."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import text

import layers.service as registry
from layers.model import Layer
from layers.styles import store
from layers.styles.service import parse_sld
from layers.styles.store import StyleRow
from sdi.db.database import Database, Role
from sdi.events import Listener
from sdi.people.model import Principal
from tests.layers.styles.test_sld import document

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
LINE = {"kind": "Line", "color": "#c00000", "width": 2}
GEOSTYLER = {"name": "Nocny styl", "rules": [{"name": "All", "symbolizers": [LINE]}]}
SLD = document(
    "<Rule><Title>Red</Title><PolygonSymbolizer><Fill><CssParameter name='fill'>#ff0000</CssParameter></Fill>"
    "<VendorOption name='random'>1</VendorOption></PolygonSymbolizer></Rule>"
).replace(b"<Name>lay</Name>", b"<Name>districts</Name>")
OWN = "/ogc/collections/districts/styles"


@pytest.fixture
def member(districts: Layer, sign_in: SignIn) -> dict[str, str]:
    """Headers of somebody who may change the styles of `districts`."""
    assert districts.organisation == "mazowieckie"
    return sign_in("admin", "layers:write")[1]


def test_req_core_styles_op_lists_every_style_with_its_stylesheets(client: FlaskClient, districts: Layer) -> None:
    body = client.get("/ogc/styles").get_json()
    (style,) = body["styles"]
    assert style["id"] == "districts:default"
    sheets = {link["type"] for link in style["links"] if link["rel"] == "stylesheet"}
    assert sheets == {
        "application/vnd.geostyler+json",
        "application/vnd.ogc.sld+xml;version=1.0",
        "application/vnd.ogc.sld+xml;version=1.1",
        "application/vnd.mapbox.style+json",
    }
    assert {"describedby", "alternate"} <= {link["rel"] for link in style["links"]}
    own = client.get(OWN).get_json()
    assert (own["default"], own["styles"][0]["id"]) == ("default", "default")
    rel = "http://www.opengis.net/def/rel/ogc/1.0/styles"
    assert rel in {link["rel"] for link in client.get("/ogc?f=json").get_json()["links"]}
    assert rel in {link["rel"] for link in client.get(f"/ogc/collections/{districts.id}").get_json()["links"]}


@pytest.mark.parametrize("address", ["/ogc/styles/districts:default", f"{OWN}/default"])
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/vnd.geostyler+json"),
        ("application/json", "application/vnd.geostyler+json"),
        ("application/vnd.ogc.sld+xml;version=1.0", "application/vnd.ogc.sld+xml;version=1.0"),
        ("application/vnd.ogc.sld+xml;version=1.0.0", "application/vnd.ogc.sld+xml;version=1.0"),
        ("application/vnd.ogc.sld+xml", "application/vnd.ogc.sld+xml;version=1.1"),
        ("application/vnd.mapbox.style+json;q=0.9, text/csv;q=0.2", "application/vnd.mapbox.style+json"),
        ("text/html,application/xhtml+xml", "text/html; charset=utf-8"),
    ],
)
def test_req_core_style_op_negotiates_the_encoding(
    client: FlaskClient, districts: Layer, address: str, accept: str, media_type: str
) -> None:
    answer = client.get(address, headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, media_type), districts.id


def test_req_core_style_op_refuses_what_it_has_not(client: FlaskClient, districts: Layer) -> None:
    assert client.get(f"{OWN}/default", headers={"Accept": "image/png"}).status_code == 406, districts.id
    assert client.get(f"{OWN}/default?f=qml").status_code == 400
    assert client.get(f"{OWN}/missing").status_code == 404
    assert client.get("/ogc/styles/missing:default").status_code == 404
    assert client.get("/ogc/styles/districts").status_code == 404


def test_req_core_stylesheets_say_the_same_look(client: FlaskClient, districts: Layer) -> None:
    kept = client.get(f"{OWN}/default").get_json()
    for encoding in ("sld10", "sld11"):
        found = parse_sld(client.get(f"{OWN}/default?f={encoding}").data)
        assert found.layers[0].name == districts.id
        (style,) = found.layers[0].styles
        assert style.style.to_json()["rules"][0] == kept["rules"][0]  # type: ignore[union-attr]
    mapbox = client.get(f"{OWN}/default?f=mapbox").get_json()
    assert mapbox["sources"]["districts"]["tiles"] == [
        "http://localhost/ogc/collections/districts/tiles/WebMercatorQuad/{z}/{y}/{x}"
    ] or mapbox["sources"]["districts"]["tiles"][0].endswith("/WebMercatorQuad/{z}/{y}/{x}")
    assert mapbox["layers"][0]["source-layer"] == "districts"


def test_req_core_a_style_that_is_known_is_not_sent_again(client: FlaskClient, districts: Layer) -> None:
    first = client.get(f"{OWN}/default?f=sld11")
    again = client.get(f"{OWN}/default?f=sld11", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b""), districts.id
    assert client.get(f"{OWN}/default?f=sld10").headers["ETag"] != first.headers["ETag"]


def test_req_core_style_md_op_describes_the_style(client: FlaskClient, districts: Layer) -> None:
    found = client.get("/ogc/styles/districts:default/metadata").get_json()
    assert (found["id"], found["scope"], found["default"]) == ("districts:default", "style", True)
    assert [sheet["native"] for sheet in found["stylesheets"]] == [True, False, False, False]
    assert found["layers"][0]["id"] == districts.id
    assert found["layers"][0]["type"] == "polygon"
    assert {link["rel"] for link in found["links"]} >= {"preview"}
    assert client.get(f"{OWN}/default/metadata").get_json() == found


def test_req_html_pages_show_the_style_in_both_languages(client: FlaskClient, districts: Layer) -> None:
    for language, words in (("pl", "Legenda"), ("en", "Legend")):
        page = client.get(f"{OWN}/default?f=html&lang={language}").text
        assert words in page
        assert f"LAYERS={districts.id}" in page
        assert f"{OWN}/default?f=sld10" in page
        assert districts.id in client.get(f"/ogc/styles?f=html&lang={language}").text


def test_req_manage_styles_post_adds_a_style_and_tells_where(client: FlaskClient, member: dict[str, str]) -> None:
    answer = client.post(OWN, json=GEOSTYLER, headers=member)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith(f"{OWN}/nocny-styl")
    found = client.get(f"{OWN}/nocny-styl").get_json()
    assert found["rules"][0]["symbolizers"][0]["color"] == "#c00000"
    assert client.get(f"{OWN}/nocny-styl/metadata?lang=pl").get_json()["title"] == "Nocny styl"
    assert client.post(OWN, json=GEOSTYLER, headers=member).status_code == 409
    other = client.post("/ogc/styles?collection=districts", json=GEOSTYLER | {"name": "b"}, headers=member)
    assert other.status_code == 201


@pytest.mark.parametrize("kind", ["application/vnd.ogc.sld+xml;version=1.0", "application/xml", "text/xml"])
def test_req_manage_styles_put_takes_sld_and_tells_what_it_could_not_keep(
    client: FlaskClient, member: dict[str, str], kind: str
) -> None:
    answer = client.put(f"{OWN}/red", data=SLD, content_type=kind, headers=member)
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["warnings"] == ["VendorOption 'random'"]
    assert client.get(f"{OWN}/red").get_json()["rules"][0]["name"] == "Red"


def test_req_manage_styles_put_replaces_and_delete_removes(client: FlaskClient, member: dict[str, str]) -> None:
    state = client.get(f"{OWN}/default").headers["ETag"]
    headers = {**member, "If-Match": state}
    assert client.put(f"{OWN}/default", json=GEOSTYLER, headers=headers).status_code == 204
    assert client.get(f"{OWN}/default").get_json()["rules"][0]["symbolizers"][0]["kind"] == "Line"
    assert client.put("/ogc/styles/districts:default", json=GEOSTYLER, headers=headers).status_code == 412
    assert client.delete(f"{OWN}/default", headers=member).status_code == 409
    assert client.put("/ogc/styles/districts:second", json=GEOSTYLER, headers=member).status_code == 201
    assert client.delete("/ogc/styles/districts:default", headers=member).status_code == 204
    assert client.get(f"{OWN}/default").status_code == 404
    assert client.get(OWN).get_json()["default"] == "second"
    assert client.delete(f"{OWN}/default", headers=member).status_code == 404


def test_req_manage_styles_metadata_are_replaced_and_patched(client: FlaskClient, member: dict[str, str]) -> None:
    assert client.put(f"{OWN}/night", json=GEOSTYLER, headers=member).status_code == 201
    address = f"{OWN}/night/metadata"
    change: dict[str, Any] = {"title": {"pl": "Nocny", "en": "Night"}, "keywords": ["noc"], "description": "ciemny"}
    assert client.put(address, json=change, headers=member).status_code == 204
    patch = {"default": True, "title": {"en": "Dark"}}
    kind = "application/merge-patch+json"
    answer = client.patch(address, data=json.dumps(patch), content_type=kind, headers=member)
    assert answer.status_code == 204
    found = client.get(f"{address}?lang=pl").get_json()
    assert (found["title"], found["description"], found["keywords"]) == ("Nocny", "ciemny", ["noc"])
    assert client.get(f"{address}?lang=en").get_json()["title"] == "Dark"
    assert client.get(OWN).get_json()["default"] == "night"
    for wrong in ({"title": 5}, {"keywords": "x"}, {"title": {"xx": "a"}}, {"title": {"pl": "\0"}}):
        assert client.patch(address, json=wrong, headers=member).status_code == 422
    assert client.patch(address, data="[1", content_type="application/json", headers=member).status_code == 400


def test_req_style_validation_strict_refuses_what_is_kept_in_part(client: FlaskClient, member: dict[str, str]) -> None:
    headers = {**member, "Prefer": "handling=strict"}
    answer = client.put(f"{OWN}/red", data=SLD, content_type="application/xml", headers=headers)
    assert answer.status_code == 422
    assert "VendorOption" in answer.get_json()["detail"]
    assert client.put(f"{OWN}/red", json=GEOSTYLER, headers=headers).status_code == 201


def test_req_style_validation_dry_run_stores_nothing(client: FlaskClient, member: dict[str, str]) -> None:
    answer = client.post(f"{OWN}?dry-run=true", data=SLD, content_type="application/xml", headers=member)
    assert (answer.status_code, answer.get_json()["warnings"]) == (200, ["VendorOption 'random'"])
    assert len(client.get(OWN).get_json()["styles"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"rules": []}, 422, "rules"),
        ({"rules": [{"symbolizers": [{"kind": "Line", "width": -1}]}]}, 422, "rules.0.symbolizers.0.Line.width"),
        ({"rules": [{"filter": ["==", "secret", 1], "symbolizers": [LINE]}]}, 422, "secret"),
        ({"rules": [{"symbolizers": [{"kind": "Raster"}]}]}, 422, "Raster"),
    ],
)
def test_req_style_validation_names_the_place_at_fault(
    client: FlaskClient, member: dict[str, str], body: dict[str, Any], status: int, words: str
) -> None:
    answer = client.put(f"{OWN}/wrong", json=body, headers=member)
    assert answer.status_code == status
    assert words in answer.get_json()["detail"]


def test_other_bodies_are_refused(client: FlaskClient, member: dict[str, str]) -> None:
    assert client.put(f"{OWN}/a", data="x", content_type="text/css", headers=member).status_code == 415
    assert client.put(f"{OWN}/A%20b", json=GEOSTYLER, headers=member).status_code == 400
    assert client.put(f"{OWN}/a", data=b" " * 300_000, content_type="text/xml", headers=member).status_code == 413


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_only_members_with_the_right_change_styles(
    client: FlaskClient, districts: Layer, sign_in: SignIn, method: str
) -> None:
    address = {"post": OWN, "patch": f"{OWN}/default/metadata"}.get(method, f"{OWN}/default")
    call = getattr(client, method)
    body = {} if method == "delete" else {"json": GEOSTYLER}
    assert call(address, **body).status_code == 401, districts.id
    assert call(address, headers=sign_in("admin", "features:write")[1], **body).status_code == 403
    assert call(address, headers=sign_in("stranger", "layers:write")[1], **body).status_code == 403


def test_the_database_keeps_other_organisations_out(database: Database, districts: Layer, sign_in: SignIn) -> None:
    stranger = sign_in("stranger", "layers:write")[0]
    with database.write(stranger) as connection:
        assert not store.update(connection, StyleRow(districts.id, "default", {"rules": []}))
        assert not store.delete(connection, districts.id, "default")
    with pytest.raises(Exception, match="check option"), database.write(stranger) as connection:
        store.insert(connection, StyleRow(districts.id, "mine", {"rules": []}))
    reader = sign_in("admin", "features:write")[0]
    with pytest.raises(Exception, match="check option"), database.write(reader) as connection:
        store.insert(connection, StyleRow(districts.id, "mine", {"rules": []}))


def test_a_change_is_told_to_every_worker(client: FlaskClient, database: Database, member: dict[str, str]) -> None:
    heard = threading.Event()
    ready = threading.Event()

    def handler(kind: str | None, subject: str | None) -> None:
        ready.set()
        if (kind, subject) == (registry.STYLED, "districts"):
            heard.set()

    listener = Listener(database.conninfo(Role.APP))
    listener.subscribe(handler)
    listener.start()
    try:
        assert ready.wait(5)
        assert client.put(f"{OWN}/night", json=GEOSTYLER, headers=member).status_code == 201
        assert heard.wait(5)
    finally:
        listener.stop()


def test_the_digest_follows_the_look_alone(client: FlaskClient, database: Database, member: dict[str, str]) -> None:
    def digest() -> str:
        snapshot: registry.Snapshot = client.application.extensions["layers"].snapshot(None)
        return next(style.digest for style in snapshot.styles["districts"] if style.name == "default")

    first = digest()
    client.patch(f"{OWN}/default/metadata", json={"title": "inny"}, headers=member)
    assert digest() == first
    client.put(f"{OWN}/default", json=GEOSTYLER, headers=member)
    second = digest()
    assert second != first
    with database.owner.connect() as connection:
        kinds = connection.execute(text("SELECT type FROM sdi.event WHERE type = 'layer.styled'")).all()
    assert len(kinds) == 2


def test_pictures_of_the_server_are_served_in_any_colour(client: FlaskClient) -> None:
    answer = client.get("/marks/church.svg?fill=%23c00000")
    assert answer.content_type.startswith("image/svg+xml")
    (path,) = etree.fromstring(answer.data)
    assert path.get("fill") == "#c00000"
    assert client.get("/marks/nothing.svg").status_code == 404
    assert client.get("/marks/church.svg?fill=%22/><script>").status_code == 400
