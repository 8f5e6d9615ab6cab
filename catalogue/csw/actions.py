# SPDX-License-Identifier: EUPL-1.2
"""A csw:Transaction document as changes (OGC 07-006r1, clause 10.11; CSW-publication.xsd)."""

from lxml import etree

from catalogue.csw.model import Change, Transaction, Version
from catalogue.csw.parts import constraint, first, texts
from sdi.errors import InvalidParameter, MissingParameter, TooLarge

MOST = 1_000
"""Most records or changes of one transaction."""


def transaction(root: etree._Element, version: Version) -> Transaction:
    """The changes of a transaction, in their order."""
    changes = []
    for action in root.iterchildren("*"):
        kind = etree.QName(action).localname
        if kind == "Insert":
            changes.append(_insert(action))
        elif kind == "Update":
            changes.append(_update(action))
        elif kind == "Delete":
            changes.append(_delete(action))
        else:
            raise InvalidParameter(f"A transaction has no {kind[:80]!r}.", locator="Transaction")
    if not changes:
        raise MissingParameter("The transaction has no Insert, Update or Delete.", locator="Transaction")
    if len(changes) > MOST or sum(len(change.records) for change in changes) > MOST:
        raise TooLarge(f"A transaction has {MOST:,} changes and records at most.", locator="Transaction")
    verbose = root.get("verboseResponse", "false") in ("true", "1")
    return Transaction(tuple(changes), verbose, root.get("requestId"), version)


def _records(action: etree._Element) -> tuple[etree._Element, ...]:
    apart = ("Constraint", "RecordProperty")
    return tuple(one for one in action.iterchildren("*") if etree.QName(one).localname not in apart)


def _insert(action: etree._Element) -> Change:
    records = _records(action)
    if not records:
        raise MissingParameter("An Insert holds no record.", locator="Insert")
    return Change("insert", records, handle=action.get("handle", ""))


def _update(action: etree._Element) -> Change:
    records = _records(action)
    properties = tuple(
        (next(iter(texts(one, "Name")), ""), _value(one)) for one in action.iterfind("{*}RecordProperty")
    )
    said = constraint(action)
    if bool(records) == bool(properties):
        raise InvalidParameter("An Update holds a whole record, or RecordProperty elements.", locator="Update")
    if properties and said is None:
        raise MissingParameter("An Update of properties needs a Constraint.", locator="Constraint")
    return Change("update", records, properties, said, action.get("handle", ""))


def _value(one: etree._Element) -> str:
    value = first(one, "Value")
    return "" if value is None else (value.text or "").strip()


def _delete(action: etree._Element) -> Change:
    said = constraint(action)
    if said is None:
        raise MissingParameter("A Delete needs a Constraint.", locator="Constraint")
    return Change("delete", constraint=said, handle=action.get("handle", ""))
