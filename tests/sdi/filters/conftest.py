# SPDX-License-Identifier: EUPL-1.2
"""One table with a column of every kind, and the queryables over it."""

import pytest
import sqlalchemy as sa
from geoalchemy2 import Geometry

from sdi.filters.schema import Kind, Queryable, Schema

COLUMNS: dict[str, tuple[Kind, sa.types.TypeEngine[object]]] = {
    "name": (Kind.TEXT, sa.Text()),
    "code": (Kind.TEXT, sa.Text()),
    "n": (Kind.INTEGER, sa.Integer()),
    "big": (Kind.INTEGER, sa.BigInteger()),
    "x": (Kind.NUMBER, sa.Double()),
    "r": (Kind.NUMBER, sa.REAL()),
    "q": (Kind.NUMBER, sa.Numeric()),
    "ok": (Kind.BOOLEAN, sa.Boolean()),
    "d": (Kind.DATE, sa.Date()),
    "ts": (Kind.TIMESTAMP, sa.DateTime(timezone=True)),
    "geom": (Kind.GEOMETRY, Geometry(srid=2180, spatial_index=False)),
}


@pytest.fixture(scope="session")
def table() -> sa.Table:
    return sa.Table("things", sa.MetaData(), *(sa.Column(name, type_) for name, (_, type_) in COLUMNS.items()))


@pytest.fixture(scope="session")
def schema(table: sa.Table) -> Schema:
    found = {
        name: Queryable(kind, table.c[name], srid=2180 if kind is Kind.GEOMETRY else 0)
        for name, (kind, _) in COLUMNS.items()
    }
    words = sa.literal_column("words")
    found["AnyText"] = Queryable(Kind.FULLTEXT, words, search=lambda text: words.op("@@")(sa.literal(text)))
    return found
