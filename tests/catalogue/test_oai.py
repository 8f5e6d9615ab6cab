# SPDX-License-Identifier: EUPL-1.2
"""OAI-PMH 2.0: every verb, error and format, paging to the end, and what went told as deleted."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import text

import layers.service as layers
from catalogue.oai import model, store
from catalogue.oai import routes as oai
from sdi.db.database import Database
from tests.catalogue.test_records import generate

N = f"{{{oai.OAI}}}"


def _ask(client: FlaskClient, **arguments: str) -> etree._Element:
    arguments = {name.rstrip("_"): value for name, value in arguments.items()}
    answer = client.get("/oai", query_string=arguments)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    return etree.fromstring(answer.data)


def _error(root: etree._Element) -> str | None:
    (error,) = root.findall(f"{N}error")
    return error.get("code")


def _pages(client: FlaskClient, **arguments: str) -> Iterator[etree._Element]:
    """As a harvester reads a list: page after page until there is no token."""
    root = _ask(client, **arguments)
    yield root
    while token := root.findtext(f".//{N}resumptionToken"):
        root = _ask(client, verb=arguments["verb"], resumptionToken=token)
        yield root


def test_it_identifies_itself(visitor: FlaskClient) -> None:
    told = _ask(visitor, verb="Identify").find(f"{N}Identify")
    assert told is not None
    assert [etree.QName(one).localname for one in told] == [
        "repositoryName", "baseURL", "protocolVersion", "adminEmail", "earliestDatestamp", "deletedRecord",
        "granularity",
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", model.PREFIXES)
def test_records_come_in_every_format(visitor: FlaskClient, prefix: str) -> None:
    root = _ask(visitor, verb="ListRecords", metadataPrefix=prefix)
    records = root.findall(f".//{N}record")
    assert len(records) == 3
    for record in records:
        (inner,) = record.find(f"{N}metadata")  # type: ignore[misc]
        identifier = record.findtext(f"{N}header/{N}identifier")
        one = _ask(visitor, verb="GetRecord", metadataPrefix=prefix, identifier=str(identifier))
        assert etree.tostring(one.find(f".//{N}metadata")[0]).count(b"<") == etree.tostring(inner).count(b"<")  # type: ignore[index,arg-type]


def test_sets_are_organisations(visitor: FlaskClient) -> None:
    assert [one.text for one in _ask(visitor, verb="ListSets").iter(f"{N}setSpec")] == ["organisation:mazowieckie"]
    listed = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
    assert len(list(_ask(visitor, **listed, set="organisation:mazowieckie").iter(f"{N}header"))) == 3
    assert _error(_ask(visitor, **listed, set="organisation:gabin")) == "noRecordsMatch"


def test_a_long_list_is_read_to_its_end_each_record_once(visitor: FlaskClient, database: Database) -> None:
    with database.owner.begin() as connection:
        generate(connection, 230)
    found: list[str | None] = []
    pages = list(_pages(visitor, verb="ListIdentifiers", metadataPrefix="oai_dc"))
    for page in pages:
        found += [one.text for one in page.iter(f"{N}identifier")]
    assert (len(pages), len(found), len(set(found))) == (3, 233, 233)
    assert pages[-1].find(f".//{N}resumptionToken") is not None


def test_what_went_is_told_as_deleted_and_comes_back(visitor: FlaskClient, database: Database) -> None:
    with database.owner.begin() as connection:
        layers.remove(connection, "stops")
        connection.execute(text("UPDATE layers.layer SET visibility = 'private' WHERE id = 'places'"))
    root = _ask(visitor, verb="ListRecords", metadataPrefix="iso19139")
    states = [one.get("status") for one in root.iter(f"{N}header")]
    assert sorted(states, key=str) == [None, "deleted", "deleted"]
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE layers.layer SET visibility = 'public' WHERE id = 'places'"))
    root = _ask(visitor, verb="ListRecords", metadataPrefix="iso19139")
    assert [one.get("status") for one in root.iter(f"{N}header")].count("deleted") == 1


def test_only_what_changed_in_the_window_is_listed(visitor: FlaskClient) -> None:
    listed = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
    assert _error(_ask(visitor, **listed, until="2000-01-01")) == "noRecordsMatch"
    assert len(list(_ask(visitor, **listed, from_="2000-01-01").iter(f"{N}header"))) == 3
    assert _error(_ask(visitor, **listed, from_="2999-01-01T00:00:00Z")) == "noRecordsMatch"


_ERRORS_ARE_THE_PROTOCOLS = [
    ({}, "badVerb"), ({"verb": "Burn"}, "badVerb"), ({"verb": "Identify", "x": "1"}, "badArgument"),
    ({"verb": "ListRecords"}, "badArgument"), ({"verb": "GetRecord", "metadataPrefix": "oai_dc"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "'; DROP"}, "idDoesNotExist"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "\0"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "yesterday"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2020-01-02", "until": "2020-01-01"},
     "badArgument"),
    ({"verb": "ListRecords", "resumptionToken": "WzFd"}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": "%%%"}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": "a" * 2_001}, "badArgument"),
    ({"verb": "ListMetadataFormats", "identifier": "none"}, "idDoesNotExist"),
]  # fmt: skip


def test_errors_are_the_protocols(visitor: FlaskClient) -> None:
    for arguments, code in _ERRORS_ARE_THE_PROTOCOLS:
        assert _error(_ask(visitor, **{f"{name}_": value for name, value in arguments.items()})) == code


def test_what_is_not_public_is_not_harvested(visitor: FlaskClient, sign_in: Callable[..., tuple]) -> None:
    _, clerk = sign_in("clerk", "admin")
    listed = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
    answer = visitor.get("/oai", query_string=listed, headers=clerk)
    assert answer.data.count(b"<identifier>") == 3


def test_a_page_is_found_through_an_index(database: Database, visitor: FlaskClient) -> None:
    with database.owner.begin() as connection:
        generate(connection, 2_000)
        connection.execute(text("ANALYZE catalogue.record"))
    wanted = model.Wanted("oai_dc", after=("2020-01-01T00:00:00+00:00", "a"))
    with database.public.connect() as connection:
        statement = store.window(wanted).compile(
            connection,
            compile_kwargs={"literal_binds": True},
            schema_translate_map={None: "pub"},
            render_schema_translate=True,
        )
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}").scalars())
    assert "Seq Scan on record" not in plan, plan
