# SPDX-License-Identifier: EUPL-1.2
"""Loading a file in a test, and looking at what it left."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Row, text

from ingest.model import LayerReport, LoadRequest
from ingest.service import load
from sdi.db.database import Database
from sdi.settings import Settings


class Loader(Protocol):
    """Loads a file and gives the report of its only layer."""

    def __call__(self, source: Path, **options: Any) -> LayerReport:
        """`options` are fields of LoadRequest."""


def silent(_fraction: float, _message: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def load_file(database: Database, settings: Settings) -> Loader:
    """Load a file whose only layer is published or refused."""

    def run(source: Path, **options: Any) -> LayerReport:
        (layer,) = load(database, settings, LoadRequest(str(source), **options), silent).layers
        return layer

    return run


@pytest.fixture
def rows(database: Database) -> Callable[[str], list[Row[Any]]]:
    """Rows of a statement as the owner."""

    def run(statement: str) -> list[Row[Any]]:
        with database.owner.connect() as connection:
            return list(connection.execute(text(statement)))

    return run


@pytest.fixture
def left_behind(database: Database, settings: Settings) -> Callable[[], dict[str, Any]]:
    """Everything a load can leave: tables, registry rows, notes, files."""

    def look() -> dict[str, Any]:
        with database.owner.connect() as connection:
            tables = connection.execute(text("SELECT relname FROM pg_class WHERE relnamespace = 'data'::regnamespace"))
            counts = connection.execute(
                text("SELECT (SELECT count(*) FROM layers.layer), (SELECT count(*) FROM layers.version),"
                     " (SELECT count(*) FROM ingest.load), (SELECT count(*) FROM layers.sequence)")
            ).one()  # fmt: skip
            found = {"tables": sorted(tables.scalars()), "counts": tuple(counts)}
        folders = list((settings.data / "ingest").glob("*"))
        return {
            **found,
            "folders": folders,
            "objects": [p for p in (settings.data / "objects").rglob("*") if p.is_file()],
        }

    return look
