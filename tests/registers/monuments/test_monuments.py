# SPDX-License-Identifier: EUPL-1.2
"""The register of monuments whole: from a proposal to the card, inspections, grants, lists, INSPIRE (registers 10)."""

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import fiona
import pytest
from flask.testing import FlaskClient
from lxml import etree
from PIL import Image

from registers.monuments.inspire import _NAMES as NS
from registers.monuments.kinds import KINDS
from sdi.people.model import Principal

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
URL = "/registers/monuments"
PLACE = "POLYGON ((575000 500000, 575040 500000, 575040 500030, 575000 500030, 575000 500000))"
CARD = {"title": "Kościół św. Mikołaja", "opened": "2026-11-02", "object_type": "church", "locality": "Gąbin",
        "street": "Rynek 1", "protection": "register_a", "register_number": "A-123", "decision_date": "1962-03-23",
        "condition": "fair", "commune": "141906", "place-subject": PLACE}  # fmt: skip


@pytest.fixture
def head(sign_in: SignIn) -> dict[str, str]:
    return sign_in("clerk", "monuments:read", "monuments:write", "monuments:decide")[1]


def _photo(colour: str) -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (1200, 900), colour).save(made, "JPEG")
    made.seek(0)
    return made


def _add(client: FlaskClient, head: dict[str, str], path: str = URL, **values: str) -> str:
    answer = client.post(f"{path}/new", data=values, headers=head)
    assert answer.status_code == 303, re.findall(r'class="wrong"[^>]*>([^<]+)', answer.text)
    return str(answer.location.partition("?")[0])


def _go(client: FlaskClient, head: dict[str, str], record: str, *ways: str, **values: str) -> int:
    status = 0
    for way in ways:
        version = re.search(r'name="version" value="(\d+)"', client.get(record, headers=head).text)
        assert version, "no way leads on"
        sent = {"transition": way, "version": version[1], **values}
        status = client.post(f"{record}/transit", data=sent, headers=head).status_code
    return status


@pytest.fixture
def church(client: FlaskClient, head: dict[str, str]) -> str:
    record = _add(client, head, **CARD)
    assert _go(client, head, record, "enter") == 303
    return record


def _told(*command: str, card: bytes) -> str:
    """What a program of poppler's says of a PDF."""
    return subprocess.run(command, input=card, capture_output=True, check=True).stdout.decode()


def test_card_and_extract_are_printed(client: FlaskClient, head: dict[str, str], church: str) -> None:
    photo = {"file": (_photo("red"), "wieza.jpg"), "title": "Wieża", "dated": "2026-05-01", "is_public": "1"}
    assert client.post(f"{church}/documents", data=photo, headers=head).status_code == 303
    card = client.get(f"{church}/card.pdf")
    assert card.mimetype == "application/pdf"
    assert card.data.startswith(b"%PDF-")
    assert re.search(r"Tagged: +yes", _told("pdfinfo", "-", card=card.data)), "tagged for screen readers"
    assert "Kościół" in _told("pdftotext", "-", "-", card=card.data)
    assert len(_told("pdfimages", "-list", "-", card=card.data).splitlines()) == 3, "the photo, under two lines of head"
    assert client.get(f"{URL}/extract.pdf?commune=141906").data.startswith(b"%PDF-")
    assert client.get(f"{URL}/extract.pdf?commune=141907").status_code == 404
    assert client.get(f"{URL}/extract.pdf?commune=x").status_code == 400


def test_a_proposal_goes_through_the_procedure_towards_the_owner(client: FlaskClient, head: dict[str, str]) -> None:
    record = _add(client, head, **{**CARD, "protection": "gez", "title": "Dom"})
    assert _go(client, head, record, "enter") == 409, "no decision of the conservator"
    assert _go(client, head, record, "notify", "agree") == 303
    assert _go(client, head, record, "include") == 409, "no reasons"
    version = re.search(r'name="version" value="(\d+)"', client.get(f"{record}/edit", headers=head).text)
    assert version
    notified = re.search(
        r'name="owner_notified" type="date" value="([^"]+)"', client.get(f"{record}/edit", headers=head).text
    )
    assert notified
    edit = {**CARD, "protection": "gez", "reasons": "Układ wnętrz", "version": version[1],
            "owner_notified": notified[1], "agreed_on": notified[1]}  # fmt: skip
    assert client.post(f"{record}/edit", data=edit, headers=head).status_code == 303
    assert _go(client, head, record, "include") == 303
    assert "Układ wnętrz" not in client.get(record).text
    assert client.get(record).status_code == 200


def test_inspections_show_the_condition_over_time_with_photos(
    client: FlaskClient, head: dict[str, str], church: str
) -> None:
    parent = church.rpartition("/")[2]
    for day, condition in (("2024-05-01", "fair"), ("2026-05-01", "poor")):
        one = _add(client, head, f"{URL}/inspections", title=f"Kontrola {day}", parent_id=parent, inspected_on=day,
                   condition=condition, findings="Wilgoć", opened=day)  # fmt: skip
        assert _go(client, head, one, "close") == 409, "no photo yet"
        photo = {"file": (_photo("green"), "wieza.jpg"), "dated": day}
        assert client.post(f"{one}/documents", data=photo, headers=head).status_code == 303
        assert _go(client, head, one, "close") == 303
    page = client.get(f"{church}/condition", headers=head).text
    assert page.index("zadowalający") < page.index("zły")
    previews = re.findall(r'src="([^"]+/preview)"', page)
    assert len(previews) == 2
    shown = client.get(previews[0].partition("8080")[2], headers=head, buffered=True)
    assert Image.open(io.BytesIO(shown.data)).size == (640, 480)
    assert client.get(previews[0].partition("8080")[2]).status_code == 404, "photos of inspections are for the office"
    assert "Kontrola 2026-05-01" in client.get(church, headers=head).text
    alone = {"title": "x", "inspected_on": "2026-05-01", "condition": "fair"}
    orphan = client.post(f"{URL}/inspections/new", data=alone, headers=head)
    assert orphan.status_code == 422


def test_a_grant_goes_from_application_to_settlement(client: FlaskClient, head: dict[str, str], church: str) -> None:
    parent = church.rpartition("/")[2]
    filled = {"title": "Remont wieży", "parent_id": parent, "call": "I/2026", "works": "Więźba", "cost": "100 000,00",
              "requested": "60000",
              "granted": "60000", "resolution": "XII/34/2026", "opened": "2026-02-01"}  # fmt: skip
    grant = _add(client, head, f"{URL}/grants", **filled)
    assert "KZ.4125.1.2026" in client.get(grant, headers=head).text
    assert _go(client, head, grant, "rank") == 303
    assert _go(client, head, grant, "grant") == 409, "over half of the costs"
    version = re.search(r'name="version" value="(\d+)"', client.get(f"{grant}/edit", headers=head).text)
    assert version
    edit = {**filled, "exception": "true", "version": version[1]}
    assert client.post(f"{grant}/edit", data=edit, headers=head).status_code == 303
    assert _go(client, head, grant, "grant", "contract", "begin") == 303
    assert _go(client, head, grant, "settle") == 409
    assert "60 000,00" in client.get(grant).text.replace("\u00a0", " "), "what is granted is public"


def test_statistics_count_by_commune(client: FlaskClient, church: str) -> None:
    page = client.get(f"{URL}/statistics").text
    assert "Gąbin" in page
    assert re.search(r"extract\.pdf\?commune=141906", page)


def test_open_monuments_are_inspire_protected_sites(client: FlaskClient, church: str) -> None:
    document = etree.fromstring(client.get(f"{URL}/protected-sites.gml").data)
    site = document.find("gml:featureMember/ps:ProtectedSite", NS)
    assert site is not None
    assert [etree.QName(child).localname for child in site] == [
        "geometry", "inspireID", "legalFoundationDate", "legalFoundationDocument", "siteDesignation", "siteName",
        "siteProtectionClassification",
    ]  # fmt: skip
    assert site.findtext("ps:inspireID/base:Identifier/base:localId", namespaces=NS) == church.rpartition("/")[2]
    first = (site.findtext(".//gml:posList", namespaces=NS) or "").split()[:2]
    assert 52 < float(first[0]) < 53
    assert 20 < float(first[1]) < 21


def _csv(encoding: str) -> bytes:
    lines = [
        "Nazwa;Rodzaj;Miejscowość;Adres;Forma ochrony;Stan zachowania;Data decyzji;TERYT;x;y;Numer",
        "Młyn wodny;obiekt przemysłowy;Topólno;Rynek;gminna ewidencja zabytków;dobry;1.02.1999;1419063;575000;500000;7",
        "Żuraw;inny;Gąbin;;gminna ewidencja zabytków;;;1419063;;;8",
    ]
    return "\r\n".join(lines).encode(encoding)


def _import(client: FlaskClient, head: dict[str, str], name: str, content: bytes) -> tuple[str, dict[str, str]]:
    page = client.post(f"{URL}/import", data={"file": (io.BytesIO(content), name)}, headers=head).text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key, page[-2000:]
    chosen = re.findall(r'name="(column-\w+)">.*?</select>', page, re.DOTALL)
    mapping = {}
    for control in chosen:
        options = page.partition(f'name="{control}">')[2].partition("</select>")[0]
        if found := re.search(r"<option selected>([^<]+)<", options):
            mapping[control] = found[1]
    return page, {"key": key[1], **mapping}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250"])
def test_a_list_as_csv_is_mapped_and_brought_in(client: FlaskClient, head: dict[str, str], encoding: str) -> None:
    page, form = _import(client, head, "gez.csv", _csv(encoding))
    assert "Odczytano 2 wiersze." in page
    assert {"column-title", "column-object_type", "column-locality", "column-protection", "column-commune"} <= set(form)
    assert client.post(f"{URL}/import/records", data=form, headers=head).status_code == 303
    listed = client.get(URL, headers=head).text
    for shown in ("Młyn wodny", "Żuraw", "ujęty", "Topólno"):
        assert shown in listed, shown
    one = re.search(r'<a href="([^"]+)">Młyn wodny</a>', listed)
    assert one
    assert "1 lut 1999" in client.get(one[1].partition("8080")[2].replace("&amp;", "&")).text
    again = client.post(f"{URL}/import/records", data=form, headers=head)
    assert again.status_code == 409, "its numbers are taken"


def test_mistakes_of_a_list_are_told_by_row_and_nothing_is_made(client: FlaskClient, head: dict[str, str]) -> None:
    wrong = _csv("utf-8").replace(b"inny", b"rakieta")
    _, form = _import(client, head, "gez.csv", wrong)
    answer = client.post(f"{URL}/import/records", data=form, headers=head)
    assert answer.status_code == 422
    assert "Wiersz 2" in answer.text
    assert "Młyn" not in client.get(URL, headers=head).text


@pytest.mark.parametrize("driver", ["GPKG", "ESRI Shapefile"])
def test_lists_as_files_of_gis_bring_their_places(
    client: FlaskClient, head: dict[str, str], driver: str, tmp_path: Path
) -> None:
    path = tmp_path / ("gez.gpkg" if driver == "GPKG" else "gez.shp")
    schema = {"geometry": "Point", "properties": {"nazwa": "str", "rodzaj": "str", "miejscow": "str", "ochrona": "str"}}
    with fiona.open(path, "w", driver=driver, crs="EPSG:4326", schema=schema, encoding="utf-8") as file:
        values = {"nazwa": "Dwór", "rodzaj": "dwór", "miejscow": "Gąbin", "ochrona": "gez"}
        file.write({"geometry": {"type": "Point", "coordinates": (20.1, 52.35)}, "properties": values})
    content, name = path.read_bytes(), path.name
    if driver != "GPKG":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for part in tmp_path.glob("gez.*"):
                archive.write(part, part.name)
        content, name = packed.getvalue(), "gez.zip"
    _, form = _import(client, head, name, content)
    form |= {"column-locality": "miejscow", "column-protection": "ochrona"}
    assert client.post(f"{URL}/import/records", data=form, headers=head).status_code == 303
    shapes = client.get(f"{URL}?f=geojson", headers=head).get_json(force=True)["features"]
    assert shapes[0]["geometry"]["coordinates"] == pytest.approx([20.1, 52.35], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"\0\1\2"), ("a.gpkg", b"not one"), ("a.zip", b"PK"), ("a.exe", b"MZ")]
)
def test_files_that_are_no_lists_are_refused(
    client: FlaskClient, head: dict[str, str], name: str, content: bytes
) -> None:
    answer = client.post(f"{URL}/import", data={"file": (io.BytesIO(content), name)}, headers=head)
    assert answer.status_code == 422


def test_a_kind_is_under_three_hundred_lines_of_declarations() -> None:
    source = (Path(__file__).parents[3] / "registers" / "monuments" / "kinds.py").read_text(encoding="utf-8")
    assert source.count("\n") / len(KINDS) < 300
