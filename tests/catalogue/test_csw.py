# SPDX-License-Identifier: EUPL-1.2
"""CSW requests and answers: golden files, refusals as exception reports, hostile input, permissions."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import event

from catalogue.csw.cql import to_cql2
from catalogue.encodings.names import CSW, DC, OWS
from sdi.db.database import Database
from sdi.errors import BramaError

GOLDEN = Path(__file__).with_name("golden")
REQUESTS: dict[str, dict[str, Any]] = yaml.safe_load((GOLDEN / "requests.yml").read_text(encoding="utf-8"))
XML = {"content_type": "application/xml"}
SEARCH = {
    "service": "CSW",
    "request": "GetRecords",
    "version": "2.0.2",
    "typeNames": "csw:Record",
    "resultType": "results",
}
HOSTILE = "x' OR 1=1); DROP TABLE catalogue.record; --"
POST = (
    f'<csw:GetRecords xmlns:csw="{CSW}" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2"'
    ' resultType="results"><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName>'
    '<csw:Constraint version="1.1.0">%s</csw:Constraint></csw:Query></csw:GetRecords>'
)


def _masked(body: bytes) -> str:
    text = etree.tostring(etree.fromstring(body), pretty_print=True, encoding="unicode")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r"20\d\d-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", "TIME", text)


def _titles(body: bytes) -> list[str]:
    return [element.text or "" for element in etree.fromstring(body).iter(f"{{{DC}}}title")]


def _code(body: bytes) -> str | None:
    root = etree.fromstring(body)
    assert root.tag == f"{{{OWS}}}ExceptionReport"
    return root[0].get("exceptionCode")


@pytest.mark.parametrize("name", REQUESTS)
def test_answers_are_the_golden_ones(visitor: FlaskClient, name: str) -> None:
    """With BLESS=1 the answers of now become the golden ones."""
    asked = REQUESTS[name]
    answer = visitor.get("/csw", query_string=asked["get"]) if "get" in asked else None
    answer = answer or visitor.post("/csw", data=asked["post"], **XML)
    golden = GOLDEN / f"{name}.xml"
    if os.environ.get("BLESS"):
        golden.write_text(_masked(answer.data), encoding="utf-8")
    assert answer.mimetype == "application/xml"
    assert _masked(answer.data) == golden.read_text(encoding="utf-8")


def test_links_follow_the_address_and_the_organisation(visitor: FlaskClient) -> None:
    ours = visitor.get("/o/mazowieckie/csw", query_string={**SEARCH, "ElementSetName": "full"})
    assert b"/o/mazowieckie/ogc/collections/communes<" in ours.data
    strange = visitor.get('/o/"><x>/csw?service=CSW&request=GetCapabilities')
    assert etree.fromstring(strange.data).tag == f"{{{CSW}}}Capabilities"
    assert visitor.get("/o/gabin/csw", query_string=SEARCH).data.count(b"<dc:title>") == 0


def test_what_is_not_public_is_found_with_a_token_only(visitor: FlaskClient, sign_in: Callable[..., tuple]) -> None:
    hidden = {**SEARCH, "constraint": "AnyText LIKE '%gabin%'"}
    assert _titles(visitor.get("/csw", query_string=hidden).data) == []
    _, stranger = sign_in("stranger", "admin")
    assert _titles(visitor.get("/csw", query_string=hidden, headers=stranger).data) == []
    _, clerk = sign_in("clerk", "ingest")
    found = visitor.get("/csw", query_string=hidden, headers=clerk)
    assert _titles(found.data) == ["Sprawy Gąbina"]
    (identifier,) = etree.fromstring(found.data).iter(f"{{{DC}}}identifier")
    by_id = {"service": "CSW", "request": "GetRecordById", "version": "2.0.2", "id": identifier.text}
    assert _titles(visitor.get("/csw", query_string=by_id).data) == []
    assert _titles(visitor.get("/csw", query_string=by_id, headers=clerk).data) == ["Sprawy Gąbina"]
    wrong = visitor.get("/csw", query_string=by_id, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, _code(wrong.data)) == (401, "NoApplicableCode")
    assert "Bearer" in wrong.headers["WWW-Authenticate"]


def test_a_search_is_one_statement(visitor: FlaskClient, database: Database) -> None:
    statements: list[str] = []
    event.listen(database.public, "before_cursor_execute", lambda *call: statements.append(call[2]))
    visitor.get("/csw", query_string={**SEARCH, "constraint": "AnyText LIKE '%warsz%'"})
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"service": None}, "MissingParameterValue", 400),
        ({"service": "WMS"}, "InvalidParameterValue", 400),
        ({"request": None}, "MissingParameterValue", 400),
        ({"request": HOSTILE}, "OperationNotSupported", 501),
        ({"version": None}, "MissingParameterValue", 400),
        ({"version": "4.0.0"}, "InvalidParameterValue", 400),
        ({"typeNames": None}, "MissingParameterValue", 400),
        ({"typeNames": HOSTILE}, "InvalidParameterValue", 400),
        ({"outputSchema": HOSTILE}, "InvalidParameterValue", 400),
        ({"outputFormat": HOSTILE}, "InvalidParameterValue", 400),
        ({"ElementSetName": HOSTILE}, "InvalidParameterValue", 400),
        ({"resultType": HOSTILE}, "InvalidParameterValue", 400),
        ({"startPosition": "0"}, "InvalidParameterValue", 400),
        ({"maxRecords": "-1"}, "InvalidParameterValue", 400),
        ({"maxRecords": "ten"}, "InvalidParameterValue", 400),
        ({"SortBy": HOSTILE}, "InvalidParameterValue", 400),
        ({"SortBy": "anytext"}, "InvalidParameterValue", 400),
        ({"constraint": HOSTILE}, "InvalidParameterValue", 400),
        ({"constraint": f"{HOSTILE.split(maxsplit=1)[0]} = 1"}, "InvalidParameterValue", 400),
        ({"constraint": "AnyText LIKE 5"}, "InvalidParameterValue", 400),
        ({"constraint": "BBOX(ows:BoundingBox, 9, 9, 1, 1)"}, "InvalidParameterValue", 400),
        ({"constraint": "BBOX(ows:BoundingBox, 1, 1, 9, 9, 'EPSG:1')"}, "InvalidParameterValue", 400),
        ({"constraint": "(" * 1600 + "title = 'a'" + ")" * 1600}, "InvalidParameterValue", 413),
        ({"constraint": "NOT " * 9000 + "title = 'a'"}, "InvalidParameterValue", 413),
        ({"constraint": "x" * 70_000}, "InvalidParameterValue", 413),
        ({"constraint": "<a/>", "constraintLanguage": "FILTER"}, "InvalidParameterValue", 400),
        ({"constraint": "<a", "constraintLanguage": "FILTER"}, "InvalidParameterValue", 400),
        ({"constraint": "title = 'a'", "constraintLanguage": "SQL"}, "InvalidParameterValue", 400),
    ],
)
def test_a_bad_request_gets_an_exception_report(
    visitor: FlaskClient, changed: dict[str, str | None], code: str, status: int
) -> None:
    query = {name: value for name, value in {**SEARCH, **changed}.items() if value is not None}
    answer = visitor.get("/csw", query_string=query)
    assert (_code(answer.data), answer.status_code) == (code, status)


@pytest.mark.parametrize(
    "constraint",
    [f"AnyText LIKE '%{quoted}%'" for quoted in (HOSTILE.replace("'", "''"), "\\\\", "%", "_", "żółć'';--")]
    + ["title = '''; DROP TABLE catalogue.record; --'", "identifier = '''' OR subject = '|'"],
)
def test_sql_in_texts_is_only_text(visitor: FlaskClient, constraint: str) -> None:
    answer = visitor.get("/csw", query_string={**SEARCH, "constraint": constraint})
    assert answer.status_code == 200, answer.text
    assert len(_titles(visitor.get("/csw", query_string=SEARCH).data)) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not xml", 400),
        (b"<a", 400),
        (b"<a/>", 501),
        (f'<csw:Transaction xmlns:csw="{CSW}" service="CSW" version="2.0.2"/>'.encode(), 400),
        (f'<csw:GetRecords xmlns:csw="{CSW}" version="2.0.2"/>'.encode(), 400),
        (f'<csw:GetRecords xmlns:csw="{CSW}" service="CSW" version="2.0.2"/>'.encode(), 400),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 400),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', 400),
        (b"<a>" * 5_000 + b"</a>" * 5_000, 400),
        (b"<a>" + b"<b>" * 150 + b"</b>" * 150 + b"</a>", 413),
        (b"<a>" + b" " * 1_100_000 + b"</a>", 413),
        ((POST % "").encode(), 400),
        ((POST % "<csw:CqlText> </csw:CqlText>").encode(), 400),
        ((POST % "<ogc:Filter/>").encode(), 400),
        ((POST % "<ogc:Filter><ogc:Function name='pg_sleep'/></ogc:Filter>").encode(), 501),
        ((POST % f"<csw:CqlText>{HOSTILE.replace('<', '')}</csw:CqlText>").encode(), 400),
        ((POST % f"<ogc:Filter>{'<ogc:Not>' * 60}{'</ogc:Not>' * 60}</ogc:Filter>").encode(), 400),
    ],
)
def test_hostile_documents_are_refused(visitor: FlaskClient, body: bytes, status: int) -> None:
    answer = visitor.post("/csw", data=body, **XML)
    assert answer.status_code == status, answer.text
    _code(answer.data)
    assert b"passwd" not in answer.data


def test_other_methods_are_refused(visitor: FlaskClient) -> None:
    assert visitor.put("/csw").status_code == 405


def test_more_records_than_the_limit_are_paged(visitor: FlaskClient) -> None:
    answer = visitor.get("/csw", query_string={**SEARCH, "maxRecords": "900000000"})
    assert len(_titles(answer.data)) == 3


@pytest.mark.parametrize(
    ("cql", "cql2"),
    [
        ("csw:AnyText LIKE '%a%'", "\"anytext\" LIKE '%a%'"),
        ("dc:title ILIKE 'it''s BBOX(a, 1, 2, 3, 4)'", "\"title\" LIKE 'it''s BBOX(a, 1, 2, 3, 4)'"),
        ('BBOX("ows:BoundingBox",1,2,3,4)',
         'S_INTERSECTS("bbox", BBOX(1.000000000, 2.000000000, 3.000000000, 4.000000000))'),
        ("BBOX(ows:BoundingBox,2,1,4,3,'urn:ogc:def:crs:EPSG::4326')",
         'S_INTERSECTS("bbox", BBOX(1.000000000, 2.000000000, 3.000000000, 4.000000000))'),
        ("WITHIN(ows:BoundingBox, POINT(1 2))", 'S_WITHIN("bbox", POINT(1 2))'),
    ],
)  # fmt: skip
def test_cql_of_catalogues_becomes_cql2(cql: str, cql2: str) -> None:
    assert to_cql2(cql) == cql2


@given(st.text(max_size=300))
def test_any_cql_text_is_translated_or_refused(text: str) -> None:
    try:
        to_cql2(text)
    except BramaError as error:
        assert error.status == 400


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["title", "AnyText", "apiso:Subject", "identifier", "modified", "ows:BoundingBox", "type", "crs"]),
    st.sampled_from(["=", "<>", "<", "LIKE", "IN", "BETWEEN", "IS NULL"]),
    st.text(max_size=30),
)
def test_no_filter_makes_the_server_fail(visitor: FlaskClient, name: str, op: str, text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    value = {"IN": f"({quoted})", "BETWEEN": f"{quoted} AND {quoted}", "IS NULL": ""}.get(op, quoted)
    answer = visitor.get("/csw", query_string={**SEARCH, "constraint": f"{name} {op} {value}"})
    assert answer.status_code in (200, 400, 413, 501), answer.text
