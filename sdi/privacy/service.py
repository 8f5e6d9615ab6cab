# SPDX-License-Identifier: EUPL-1.2
"""The face of personal data: the record of processing, handing over, erasing, and letting go in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from sdi import features
from sdi.audit.service import note
from sdi.db.database import Database
from sdi.errors import NotFound
from sdi.parameters import service as parameters
from sdi.privacy import store
from sdi.privacy.model import Clear, Keep, PersonalTable

LOGS = "logs.retention_years"
_LOGS_BASIS = "Krajowe Ramy Interoperacyjności"


@cache
def tables() -> tuple[PersonalTable, ...]:
    """Every table with personal data, as the packages' `personal.py` declare them."""
    return tuple(table for module in features.load("personal") for table in module.TABLES)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: rows removed or cleared by table, rows kept with the reason, contents of the audit gone."""

    account: UUID
    erased: Mapping[str, int]
    kept: Mapping[str, tuple[int, str]]
    contents: int
    origins: int


def export(connection: Connection, login: str) -> dict[str, Any]:
    """All data about one person (RODO art. 15 and 20) as JSON, as the owner; NotFound for an unknown login."""
    person = _person(connection, login)
    handed = [
        {
            "table": one.table,
            "purpose": dict(one.purpose),
            "legal_basis": one.legal_basis,
            "retention_years": _years(connection, one),
            "rows": store.rows(connection, one, person),
        }
        for one in tables()
    ]
    note(connection, "personal.exported", f"account/{person}")
    return {"account": str(person), "made_at": datetime.now(UTC).isoformat(), "data": handed}


def erase(connection: Connection, login: str, basis: str, language: str = "pl") -> Erased:
    """Erase a person (RODO art. 17) in the caller's transaction, as the owner; NotFound for an unknown login.

    Account, contacts and tokens go; what the audit said of them goes too, its entries stay and its chains still verify.
    What law demands kept is kept and told with its reason.
    """
    person = _person(connection, login)
    subjects = [f"account/{person}", *store.token_ids(connection, person)]
    erased: dict[str, int] = {}
    kept: dict[str, tuple[int, str]] = {}
    for one in sorted(tables(), key=lambda table: table.table == "sdi.account"):
        if isinstance(one.erasure, Keep):
            if count := store.count(connection, one, person):
                kept[one.table] = (count, one.erasure.reason[language])
        elif isinstance(one.erasure, Clear):
            erased[one.table] = store.clear(connection, one, one.erasure, person)
        else:
            erased[one.table] = store.delete(connection, one, person)
    contents = store.erase_said(connection, subjects, subjects[0], basis)
    years = _logs_years(connection)
    origins = store.erase_origins(connection, years, f"{basis}; {_LOGS_BASIS}: {years}", person)
    told = {"basis": basis, "erased": erased, "kept": {table: rows for table, (rows, _) in kept.items()}}
    note(connection, "personal.erased", subjects[0], contents=told)
    return Erased(person, erased, kept, contents, origins)


def let_go(database: Database) -> dict[str, int]:
    """Remove what has been kept as long as it may be; how many rows of each table."""
    gone: dict[str, int] = {}
    for one in tables():
        if one.retention is None:
            continue
        with database.owner.begin() as connection:
            years = _years(connection, one) or 0
            gone[one.table] = store.expire(connection, one, one.retention.after, years)
            if gone[one.table]:
                note(
                    connection,
                    "personal.expired",
                    f"table/{one.table}",
                    contents={"rows": gone[one.table], "years": years},
                )
    with database.owner.begin() as connection:
        years = _logs_years(connection)
        gone["sdi.audit_contents"] = store.erase_origins(connection, years, f"{_LOGS_BASIS}: {years}")
    return gone


def undeclared(connection: Connection, schemas: list[str]) -> list[str]:
    """Columns about persons in tables that no package declares, as the owner."""
    known = {table for one in tables() for table in (one.table, *one.of)}
    return [
        f"{table}.{column}" for table, column in store.columns_about_accounts(connection, schemas) if table not in known
    ]


def _person(connection: Connection, login: str) -> UUID:
    found = store.find_account(connection, login)
    if found is None:
        raise NotFound(f"There is no account {login!r}.", locator="login")
    return found


def _years(connection: Connection, one: PersonalTable) -> int | None:
    if one.retention is None:
        return None
    return int(parameters.value(connection, one.retention.years, _today(connection)))


def _logs_years(connection: Connection) -> int:
    return int(parameters.value(connection, LOGS, _today(connection)))


def _today(connection: Connection) -> Any:
    return connection.execute(text("SELECT current_date")).scalar_one()
