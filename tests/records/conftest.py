# SPDX-License-Identifier: EUPL-1.2
"""Principals of the register, and records made the way the service makes them."""

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from sqlalchemy import text

from records import service
from records.model import Place, Saved
from sdi.db.database import Database
from sdi.people.model import Principal

ALL = frozenset({"monuments:read", "monuments:write", "monuments:decide", "records:personal"})


@pytest.fixture
def person(database: Database) -> Callable[..., Principal]:
    """A principal of a login with scopes, in the organisation of its account alone."""

    def make(login: str = "clerk", scopes: frozenset[str] = ALL) -> Principal:
        with database.owner.connect() as connection:
            row = connection.execute(
                text("SELECT id, organisation_id FROM sdi.account WHERE login = :login"), {"login": login}
            ).one()
        return Principal(row.id, login, row.organisation_id, (row.organisation_id,), scopes)

    return make


def place(wkt: str, role: str = "subject") -> Place:
    """A drawn place of WKT in EPSG:2180, easting first."""
    return Place(role, "drawn", shapely.to_wkb(shapely.from_wkt(wkt)))


CARD = {"object_type": "church", "locality": "Gąbin", "street": "Rynek 1", "protection": "gez", "condition": "fair"}


@pytest.fixture
def add_monument(database: Database) -> Callable[..., Saved]:
    """A proposed monument of a caller's organisation."""

    def add(caller: Principal, title: str = "Kościół św. Mikołaja", *places: Place, **typed: Any) -> Saved:
        facts = {"title": title, "commune": "141906"}
        return service.apply(database, caller, [service.create(caller, "monument", facts, {**CARD, **typed}, places)])[
            0
        ]

    return add
