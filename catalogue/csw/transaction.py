# SPDX-License-Identifier: EUPL-1.2
"""A transaction of CSW: all its changes in one transaction of the database, and the summary of what was done."""

from collections.abc import Sequence

from lxml import etree
from sqlalchemy import Connection, select

from catalogue.csw.model import Change, Transaction, Version
from catalogue.csw.searching import constrained
from catalogue.documents import service as documents
from catalogue.documents.model import Owner
from catalogue.documents.reading import document as read_document
from catalogue.encodings.names import DC, RECORD3_PREFIXES, RECORD_PREFIXES, document, put
from catalogue.iso.edit import edit
from catalogue.store import RECORD, options
from sdi.errors import NotFound, TooLarge
from sdi.people.model import Principal
from sdi.web.context import require, services

_MOST = 1_000


def transact(asked: Transaction) -> bytes:
    """Make the changes, as a member with the right to; any that cannot be made undoes all of them."""
    caller = require("catalogue:write")
    counts = {"insert": 0, "update": 0, "delete": 0}
    inserted: list[tuple[str, str, str]] = []
    with services().database.write(caller) as connection:
        for change in asked.changes:
            done = _change(connection, change, caller)
            counts[change.kind] += len(done)
            if change.kind == "insert":
                inserted += [(change.handle, identifier, title) for identifier, title in done]
    return _response(asked, counts, inserted)


def _change(connection: Connection, change: Change, caller: Principal) -> list[tuple[str, str]]:
    owner = Owner(caller.organisation_id, caller.account_id)
    if change.kind == "delete":
        return [(one, "") for one in documents.remove(connection, _found(connection, change))]
    if change.records:
        done = []
        for element in change.records:
            if change.kind == "update":
                _must_be_there(connection, element)
            outcome = documents.put(connection, read_document(element), owner, new=change.kind == "insert")
            done.append((outcome.identifier, outcome.title))
        return done
    edited = []
    for identifier in _found(connection, change):
        element = documents.element(connection, identifier)
        edit(element, change.properties)
        outcome = documents.put(connection, read_document(element), documents.owner_of(connection, identifier))
        edited.append((outcome.identifier, outcome.title))
    return edited


def _must_be_there(connection: Connection, element: etree._Element) -> None:
    identifier = read_document(element).metadata.identifier
    if identifier not in documents.writable(connection, [identifier]):
        raise NotFound(f"There is no record {identifier[:80]!r} that you may update; insert it.", locator="Update")


def _found(connection: Connection, change: Change) -> list[str]:
    """Documents that the constraint picks, of those that the caller may write."""
    wanted = select(RECORD.c.identifier).where(RECORD.c.document.is_not(None), constrained(change.constraint))
    rows: Sequence[str] = (
        connection.execute(wanted.limit(_MOST + 1), execution_options=options(public=False)).scalars().all()
    )
    if len(rows) > _MOST:
        raise TooLarge(f"The constraint picks over {_MOST:,} records; narrow it.", locator="Constraint")
    return documents.writable(connection, rows)


def _response(asked: Transaction, counts: dict[str, int], inserted: list[tuple[str, str, str]]) -> bytes:
    """csw:TransactionResponse (OGC 07-006r1, 10.11.5)."""
    csw = asked.version.csw
    prefixes = RECORD_PREFIXES if asked.version is Version.V2 else RECORD3_PREFIXES
    root = etree.Element(f"{{{csw}}}TransactionResponse", nsmap=prefixes)
    root.set("version", asked.version.number)
    summary = put(root, csw, "TransactionSummary")
    if asked.request_id:
        summary.set("requestId", asked.request_id)
    for kind, name in (("insert", "totalInserted"), ("update", "totalUpdated"), ("delete", "totalDeleted")):
        put(summary, csw, name, str(counts[kind]))
    if asked.verbose and inserted:
        result = put(root, csw, "InsertResult")
        for _, identifier, title in inserted:
            record = put(result, csw, "BriefRecord")
            put(record, DC, "identifier", identifier)
            put(record, DC, "title", title)
    return document(root)
