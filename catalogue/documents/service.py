# SPDX-License-Identifier: EUPL-1.2
"""Bringing documents into the catalogue, each by itself: one that cannot be kept stops none of the others."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from catalogue.documents import store
from catalogue.documents.model import FILE_BYTES, RECORD_BYTES, Document, Outcome, Owner, State
from catalogue.documents.reading import document, envelope
from catalogue.documents.rows import row
from catalogue.iso.check import check
from catalogue.metadata import polish
from sdi import xmlsafe
from sdi.errors import BramaError, Conflict

Placed = tuple[str, Any]


def bring(connection: Connection, records: Iterable[Placed], owner: Owner) -> list[Outcome]:
    """Keep records (with where each was), as a member with the right `catalogue:write`; add or change by identifier.

    Those that are new are added together; where that fails, and all others, one by one.
    """
    outcomes: list[Outcome] = []
    fresh: dict[str, tuple[str, Document]] = {}
    single: list[tuple[str, Document]] = []
    for place, element in records:
        try:
            brought = document(element)
        except BramaError as error:
            outcomes.append(Outcome("refused", "", place, messages=(error.message,)))
            continue
        identifier = brought.metadata.identifier
        if identifier in fresh:
            single.append((place, brought))
        else:
            fresh[identifier] = (place, brought)
    known = store.layers(connection, list(fresh))
    single = [fresh.pop(identifier) for identifier in known] + single
    try:
        with connection.begin_nested():
            store.insert(connection, [row(brought, owner) for _, brought in fresh.values()])
        outcomes += [_outcome("added", brought, place) for place, brought in fresh.values()]
    except (DataError, IntegrityError):
        single = [*fresh.values(), *single]
    return outcomes + [_bring(connection, place, brought, owner) for place, brought in single]


def put(connection: Connection, brought: Document, owner: Owner, *, place: str = "", new: bool = False) -> Outcome:
    """Add a document, or change the one of its identifier (Conflict when it must be `new`)."""
    said = brought.metadata
    there = store.existing(connection, [said.identifier]).get(said.identifier)
    if there is None:
        _add(connection, brought, owner)
        state: State = "added"
    elif new:
        raise Conflict(f"There is a record {said.identifier!r} already; update it, or remove it first.")
    elif there.document == brought.text and there.visibility == owner.visibility:
        state = "unchanged"
    else:
        store.update(connection, row(brought, owner))
        state = "changed"
    return _outcome(state, brought, place)


def remove(connection: Connection, identifiers: Sequence[str]) -> list[str]:
    """Remove documents of the caller's organisations; returns the identifiers of those that were there."""
    return store.delete(connection, identifiers)


def writable(connection: Connection, identifiers: Sequence[str]) -> list[str]:
    """Of these identifiers those of documents that the caller may write, which are locked."""
    there = store.existing(connection, identifiers)
    return [one for one in identifiers if one in there]


def element(connection: Connection, identifier: str) -> etree._Element:
    """The document of an identifier as a tree, to be edited."""
    text = store.existing(connection, [identifier])[identifier].document
    return xmlsafe.parse(text.encode(), limit=2 * RECORD_BYTES)


def owner_of(connection: Connection, identifier: str) -> Owner:
    """Whose document it is; it stays theirs when it is changed."""
    there = store.existing(connection, [identifier])[identifier]
    return Owner(there.organisation_id, there.account_id, there.visibility)


def records_of(path: Path) -> Iterator[Placed | Outcome]:
    """Records of a file, or of all `.xml` files under a folder; what cannot be read comes as a refusal."""
    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    for file in files:
        place = file.name if file == path else str(file.relative_to(path))
        try:
            if file.stat().st_size > FILE_BYTES:
                yield Outcome("refused", "", place, messages=(f"The file is over {FILE_BYTES // 1024 // 1024} MB.",))
                continue
            found = envelope(file.read_bytes())
        except (BramaError, OSError) as error:
            yield Outcome("refused", "", place, messages=(str(error),))
            continue
        for number, element in enumerate(found, 1):
            yield (place if len(found) == 1 else f"{place}, {number}"), element


def _outcome(state: State, brought: Document, place: str) -> Outcome:
    said = brought.metadata
    messages = tuple(str(message) for message in check(said))
    return Outcome(state, said.identifier, place, polish(said.title), messages)


def _bring(connection: Connection, place: str, brought: Document, owner: Owner) -> Outcome:
    identifier = brought.metadata.identifier
    try:
        with connection.begin_nested():
            return put(connection, brought, owner, place=place)
    except BramaError as error:
        return Outcome("refused", identifier, place, messages=(error.message,))
    except DataError as error:
        reason = str(error.orig).partition("\n")[0]
        return Outcome("refused", identifier, place, messages=(f"The database cannot hold it: {reason}",))


def _add(connection: Connection, brought: Document, owner: Owner) -> None:
    identifier = brought.metadata.identifier
    known = store.layers(connection, [identifier])
    if known.get(identifier):
        message = (
            f"The record {identifier!r} is that of the layer {known[identifier]!r} and follows it: change the layer."
        )
        raise Conflict(message)
    if identifier in known:
        raise Conflict(f"The record {identifier!r} is not yours to change: it belongs to another organisation.")
    try:
        with connection.begin_nested():
            store.insert(connection, [row(brought, owner)])
    except IntegrityError as error:
        raise Conflict(f"The identifier {identifier!r} is taken by a record of another organisation.") from error
