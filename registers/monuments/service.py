# SPDX-License-Identifier: EUPL-1.2
"""The face of the register of monuments: cards, extracts, statistics, condition over time, INSPIRE's sites."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import RowMapping, text

from records import service as records
from registers.monuments import inspire, store
from registers.monuments.kinds import INSPECTION, MONUMENT
from sdi.db.database import Database
from sdi.errors import NotFound
from sdi.people.model import Principal

_PAGE = 500
MOST_EXTRACTED = 500


def statistics(database: Database) -> list[RowMapping]:
    """Open monuments by commune and form of protection."""
    with database.public.connect() as connection:
        return store.by_commune(connection)


def conditions(database: Database, caller: Principal, monument: UUID) -> list[RowMapping]:
    """The inspections of a monument, the oldest first; NotFound for a monument that is not the caller's to see."""
    if records.read(database, caller, MONUMENT.id, monument).public:
        raise NotFound(f"There is no {INSPECTION.id} that is open to you.")
    with database.read(caller) as connection:
        return store.conditions(connection, monument)


def protected_sites(database: Database, namespace: str) -> Iterator[bytes]:
    """All open monuments as INSPIRE Protected Sites, read in pieces."""
    return inspire.collection(_sites(database), namespace)


def extract(database: Database, commune: str) -> list[RowMapping]:
    """Open monuments of a commune (six digits of TERYT) by locality and street, for planning; at most 500."""
    statement = text(
        "SELECT id, number, title, object_type, dating, locality, street, parcel, protection, register_number,"
        " decision, decision_date FROM pub.kind_monument WHERE commune = :commune"
        ' ORDER BY locality COLLATE "pl-x-icu", street COLLATE "pl-x-icu", id LIMIT :most'
    )
    with database.public.connect() as connection:
        return list(connection.execute(statement, {"commune": commune, "most": MOST_EXTRACTED}).mappings())


def _sites(database: Database) -> Iterator[RowMapping]:
    after: UUID | None = None
    while True:
        with database.public.connect() as connection:
            rows = store.sites(connection, after, _PAGE)
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1]["id"]
