# SPDX-License-Identifier: EUPL-1.2
"""CSW 3.0, GetDomain, transactions and SOAP: valid by the published schemas, refused by the rules, atomic."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

from catalogue.encodings.names import CSW, CSW3, DC, GMD, OGC, OWS, OWS2
from sdi.db.database import Database
from tests.catalogue.conftest import Schemas

XML = {"content_type": "application/xml"}
KVP = {"service": "CSW", "version": "3.0.0"}
SEARCH = {**KVP, "request": "GetRecords", "elementSetName": "full"}
RECORD = (
    f'<csw:Record xmlns:csw="{CSW}" xmlns:dc="{DC}"><dc:identifier>%s</dc:identifier>'
    "<dc:title>%s</dc:title><dc:type>dataset</dc:type></csw:Record>"
)
TRANSACTION = f'<csw:Transaction xmlns:csw="{CSW}" xmlns:ogc="{OGC}" service="CSW" version="2.0.2">%s</csw:Transaction>'
BY_ID = (
    '<csw:Constraint version="1.1.0"><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>dc:identifier'
    "</ogc:PropertyName><ogc:Literal>%s</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter></csw:Constraint>"
)
SignIn = Callable[..., tuple]


def _titles(body: bytes) -> list[str]:
    return [element.text or "" for element in etree.fromstring(body).iter(f"{{{DC}}}title")]


def _code(body: bytes, namespace: str = OWS2) -> str | None:
    root = etree.fromstring(body)
    assert root.tag == f"{{{namespace}}}ExceptionReport", body
    return root[0].get("exceptionCode")


_ANSWERS_OF_3_0_ARE_VALID = [
    {**KVP, "request": "GetCapabilities"},
    {"service": "CSW", "request": "GetCapabilities", "acceptVersions": "3.0.0,2.0.2"},
    {**SEARCH, "elementSetName": "brief"},
    {**SEARCH, "elementSetName": "summary"},
    SEARCH,
    {**SEARCH, "maxRecords": "0"},
    {**KVP, "request": "GetDomain", "ValueReference": "dc:type"},
    {**KVP, "request": "GetDomain", "ParameterName": "GetRecords.elementSetName"},
]


def test_answers_of_3_0_are_valid(visitor: FlaskClient, schemas: Schemas) -> None:
    for query in _ANSWERS_OF_3_0_ARE_VALID:
        answer = visitor.get("/csw", query_string=query)
        assert answer.status_code == 200, answer.text
        schemas.check("csw30", etree.fromstring(answer.data))


_ANSWERS_OF_2_0_2_ARE_VALID = [
    {"request": "GetCapabilities"},
    {"request": "GetRecords", "typeNames": "csw:Record", "resultType": "results", "elementSetName": "brief"},
    {"request": "GetRecords", "typeNames": "csw:Record", "resultType": "results", "elementSetName": "full"},
    {"request": "GetDomain", "propertyName": "dc:type"},
    {"request": "DescribeRecord"},
]


def test_answers_of_2_0_2_are_valid(visitor: FlaskClient, schemas: Schemas) -> None:
    for query in _ANSWERS_OF_2_0_2_ARE_VALID:
        answer = visitor.get("/csw", query_string={"service": "CSW", "version": "2.0.2", **query})
        schemas.check("csw", etree.fromstring(answer.data))


_OPENSEARCH_PARAMETERS_NARROW = [
    ({"q": "gminy"}, {"Gminy Mazowsza"}),
    ({"bbox": "20.9,52.1,21.1,52.3"}, {"Miejscowości", "Przystanki Warszawy"}),
    ({"q": "mazowsza", "bbox": "0,0,1,1"}, set()),
    ({"time": "1900-01-01/1900-12-31"}, {"Gminy Mazowsza", "Miejscowości", "Przystanki Warszawy"}),
    ({"constraint": "dc:title LIKE 'Gminy%'", "constraintLanguage": "CQL_TEXT"}, {"Gminy Mazowsza"}),
]


def test_opensearch_parameters_narrow(visitor: FlaskClient) -> None:
    for extra, titles in _OPENSEARCH_PARAMETERS_NARROW:
        assert set(_titles(visitor.get("/csw", query_string={**SEARCH, **extra}).data)) == titles


def test_a_feed_is_paged(visitor: FlaskClient) -> None:
    query = {**SEARCH, "outputFormat": "application/atom+xml", "maxRecords": "2"}
    feed = etree.fromstring(visitor.get("/csw", query_string=query).data)
    atom = "{http://www.w3.org/2005/Atom}"
    assert len(feed.findall(f"{atom}entry")) == 2
    assert feed.findtext("{http://a9.com/-/spec/opensearch/1.1/}totalResults") == "3"
    assert [link.get("rel") for link in feed.findall(f"{atom}link")] == ["self", "search", "next"]


def test_fes_2_0_by_post(visitor: FlaskClient, schemas: Schemas) -> None:
    body = (
        f'<c:GetRecords xmlns:c="{CSW3}" xmlns:fes="http://www.opengis.net/fes/2.0" service="CSW" version="3.0.0">'
        '<c:Query typeNames="c:Record"><c:ElementSetName>brief</c:ElementSetName><c:Constraint version="2.0.0">'
        '<fes:Filter><fes:PropertyIsLike wildCard="%" singleChar="_" escapeChar="!"><fes:ValueReference>dc:title'
        "</fes:ValueReference><fes:Literal>gminy%</fes:Literal></fes:PropertyIsLike></fes:Filter></c:Constraint>"
        "</c:Query></c:GetRecords>"
    )
    answer = visitor.post("/csw", data=body, **XML)
    assert _titles(answer.data) == ["Gminy Mazowsza"]
    schemas.check("csw30", etree.fromstring(answer.data))


_REFUSALS_OF_3_0_ARE_ITS_OWN_REPORTS = [
    ({**KVP, "request": "GetRecordById", "id": "not-there"}, "NotFound", 404),
    ({**KVP, "request": "DescribeRecord"}, "OperationNotSupported", 501),
    ({**SEARCH, "outputSchema": CSW}, "InvalidParameterValue", 400),
    ({**SEARCH, "bbox": "a"}, "InvalidParameterValue", 400),
    ({**SEARCH, "time": "yesterday"}, "InvalidParameterValue", 400),
    ({**KVP, "request": "GetDomain"}, "MissingParameterValue", 400),
    ({**KVP, "request": "GetDomain", "ValueReference": "colour"}, "InvalidParameterValue", 400),
    ({**KVP, "request": "GetDomain", "ParameterName": "GetRecords.colour"}, "InvalidParameterValue", 400),
    ({"service": "CSW", "request": "GetCapabilities", "acceptVersions": "3.0.9"}, "VersionNegotiationFailed", 400),
]


def test_refusals_of_3_0_are_its_own_reports(visitor: FlaskClient) -> None:
    for query, code, status in _REFUSALS_OF_3_0_ARE_ITS_OWN_REPORTS:
        answer = visitor.get("/csw", query_string=query)
        assert (_code(answer.data), answer.status_code) == (code, status)


def test_domains_tell_what_records_have(visitor: FlaskClient) -> None:
    query = {"service": "CSW", "request": "GetDomain", "version": "2.0.2",
             "propertyName": "apiso:TopicCategory,dc:subject,dc:title"}  # fmt: skip
    root = etree.fromstring(visitor.get("/csw", query_string=query).data)
    listed = {one[0].text: [value.text for value in one.iter(f"{{{CSW}}}Value")] for one in root}
    assert listed["apiso:TopicCategory"] == ["boundaries", "location", "transportation"]
    assert listed["dc:title"] == ["Gminy Mazowsza", "Miejscowości", "Przystanki Warszawy"]
    assert "gminy" in listed["dc:subject"]
    assert "Sprawy Gąbina" not in listed["dc:title"]


@pytest.mark.parametrize(
    "soap", ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"]
)
def test_soap_carries_requests_answers_and_faults(visitor: FlaskClient, soap: str) -> None:
    envelope = f'<s:Envelope xmlns:s="{soap}"><s:Body>%s</s:Body></s:Envelope>'
    asked = f'<csw:GetRecordById xmlns:csw="{CSW}" service="CSW" version="2.0.2"><csw:Id>x</csw:Id></csw:GetRecordById>'
    answer = etree.fromstring(visitor.post("/csw", data=envelope % asked, **XML).data)
    assert answer[0][0].tag == f"{{{CSW}}}GetRecordByIdResponse"
    bad = visitor.post("/csw", data=envelope % asked.replace('service="CSW"', 'service="WFS"'), **XML)
    assert bad.status_code == 400
    assert next(etree.fromstring(bad.data).iter(f"{{{soap}}}Fault")) is not None
    assert next(etree.fromstring(bad.data).iter(f"{{{OWS}}}ExceptionReport")) is not None


def test_a_transaction_inserts_updates_and_deletes(visitor: FlaskClient, sign_in: SignIn, schemas: Schemas) -> None:
    _, steward = sign_in("admin", "catalogue:write")

    def send(body: str, status: int = 200) -> bytes:
        answer = visitor.post("/csw", data=(TRANSACTION % body).encode(), headers=steward, **XML)
        assert answer.status_code == status, answer.text
        return answer.data

    inserted = send(f"<csw:Insert>{RECORD % ('urn:x:1', 'Mapa wód')}{RECORD % ('urn:x:2', 'Mapa gleb')}</csw:Insert>")
    schemas.check("csw", etree.fromstring(inserted))
    assert etree.fromstring(inserted).findtext(f".//{{{CSW}}}totalInserted") == "2"
    page = {"service": "CSW", "request": "GetRecordById", "version": "2.0.2", "id": "urn:x:1"}
    assert _titles(visitor.get("/csw", query_string=page).data) == ["Mapa wód"]
    change = "<csw:RecordProperty><csw:Name>dc:title</csw:Name><csw:Value>Mapa rzek</csw:Value></csw:RecordProperty>"
    send(f"<csw:Update>{change}{BY_ID % 'urn:x:1'}</csw:Update>", 422)
    send(f"<csw:Update>{change.replace('dc:title', 'title')}{BY_ID % 'urn:x:1'}</csw:Update>", 422)
    updated = send(f"<csw:Update>{RECORD % ('urn:x:1', 'Mapa rzek')}</csw:Update>")
    assert etree.fromstring(updated).findtext(f".//{{{CSW}}}totalUpdated") == "1"
    assert _titles(visitor.get("/csw", query_string=page).data) == ["Mapa rzek"]
    deleted = send(f"<csw:Delete>{BY_ID % 'urn:x:1'}</csw:Delete>")
    assert etree.fromstring(deleted).findtext(f".//{{{CSW}}}totalDeleted") == "1"
    assert _titles(visitor.get("/csw", query_string=page).data) == []


def test_properties_of_iso_records_are_set_in_place(
    visitor: FlaskClient, sign_in: SignIn, bring: Callable[..., list[dict[str, object]]], shared: Path
) -> None:
    bring(shared / "metadata" / "pycsw_T_ortho_RAS_1998_284404.xml")
    identifier = "de53e931-778a-4792-94ad-9fe507aca483"
    _, steward = sign_in("admin", "catalogue:write")
    change = (
        "<csw:RecordProperty><csw:Name>apiso:Title</csw:Name><csw:Value>Orto & mapa</csw:Value></csw:RecordProperty>"
    )
    body = TRANSACTION % f"<csw:Update>{change.replace('&', '&amp;')}{BY_ID % identifier}</csw:Update>"
    before = etree.fromstring(visitor.get(f"/catalogue/{identifier}?f=iso").data)
    assert visitor.post("/csw", data=body.encode(), headers=steward, **XML).status_code == 200
    after = etree.fromstring(visitor.get(f"/catalogue/{identifier}?f=iso").data)
    assert next(after.iter(f"{{{GMD}}}title"))[0].text == "Orto & mapa"
    next(after.iter(f"{{{GMD}}}title"))[0].text = "Ortho"
    assert etree.tostring(after) == etree.tostring(before)


def test_a_transaction_is_all_or_nothing(visitor: FlaskClient, sign_in: SignIn, database: Database) -> None:
    _, steward = sign_in("admin", "catalogue:write")
    layer = visitor.get("/catalogue/communes?f=json").json["identifier"]
    for bad in (RECORD % ("urn:x:1", "Druga"), RECORD % (layer, "Warstwa"), RECORD % ("", "Bez"), "<other/>"):
        body = TRANSACTION % f"<csw:Insert>{RECORD % ('urn:x:1', 'Pierwsza')}{bad}</csw:Insert>"
        answer = visitor.post("/csw", data=body.encode(), headers=steward, **XML)
        assert answer.status_code in (409, 422), answer.text
        with database.owner.connect() as connection:
            sql = "SELECT count(*) FROM catalogue.record WHERE document IS NOT NULL"
            assert connection.exec_driver_sql(sql).scalar_one() == 0


def test_a_transaction_needs_the_right_and_reaches_its_own_records_only(visitor: FlaskClient, sign_in: SignIn) -> None:
    insert = (TRANSACTION % f"<csw:Insert>{RECORD % ('urn:x:1', 'Mapa')}</csw:Insert>").encode()
    assert visitor.post("/csw", data=insert, **XML).status_code == 401
    _, reader = sign_in("admin", "ingest")
    assert visitor.post("/csw", data=insert, headers=reader, **XML).status_code == 403
    _, steward = sign_in("admin", "catalogue:write")
    assert visitor.post("/csw", data=insert, headers=steward, **XML).status_code == 200
    _, stranger = sign_in("stranger", "catalogue:write")
    delete = (TRANSACTION % f"<csw:Delete>{BY_ID % 'urn:x:1'}</csw:Delete>").encode()
    answer = visitor.post("/csw", data=delete, headers=stranger, **XML)
    assert etree.fromstring(answer.data).findtext(f".//{{{CSW}}}totalDeleted") == "0"
    assert visitor.post("/csw", data=insert, headers=stranger, **XML).status_code == 409
    update = (TRANSACTION % f"<csw:Update>{RECORD % ('urn:x:1', 'Moja')}</csw:Update>").encode()
    assert visitor.post("/csw", data=update, headers=stranger, **XML).status_code == 404


_HOSTILE_TRANSACTIONS_ARE_REFUSED = [
    ("<csw:Delete/>", 400), ("<csw:Insert/>", 400), ("<csw:Update/>", 400), ("<csw:Burn/>", 400),
    ("<csw:Delete><csw:Constraint><csw:CqlText>x = '</csw:CqlText></csw:Constraint></csw:Delete>", 400),
    ("<csw:Insert>" + "<a/>" * 1_001 + "</csw:Insert>", 413),
]  # fmt: skip


def test_hostile_transactions_are_refused(visitor: FlaskClient, sign_in: SignIn) -> None:
    for body, status in _HOSTILE_TRANSACTIONS_ARE_REFUSED:
        _, steward = sign_in("admin", "catalogue:write")
        answer = visitor.post("/csw", data=(TRANSACTION % body).encode(), headers=steward, **XML)
        assert answer.status_code == status, answer.text
        assert _code(answer.data, OWS)
