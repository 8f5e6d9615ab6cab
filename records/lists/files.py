# SPDX-License-Identifier: EUPL-1.2
"""A list as a file: CSV, a workbook, GeoJSON, or a GeoPackage that a child process writes."""

import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import RowMapping, text

from records import store
from records.lists import service
from records.lists.query import Query
from records.model import Field
from records.routes import shown
from sdi.db.database import Database
from sdi.errors import BramaError, TooLarge
from sdi.features import ROOT
from sdi.people.model import Principal
from sdi.web.i18n import gettext, localised

MOST = 50_000
_SECONDS = 120
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(database: Database, caller: Principal | None, asked: Query) -> bytes:
    """UTF-8 with a mark of its encoding, so that office programs read Polish letters; cells are never formulas."""
    names, rows = _rows(database, caller, asked)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(_titles(asked, names))
    writer.writerows([_harmless(value) for value in _cells(asked, names, row)] for row in rows)
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_xlsx(database: Database, caller: Principal | None, asked: Query) -> bytes:
    """A workbook with one sheet; its first row stays in sight and filters."""
    names, rows = _rows(database, caller, asked)
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(made, options) as workbook:
        sheet = workbook.add_worksheet(localised(asked.kind.plural)[:31])
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, _titles(asked, names), workbook.add_format({"bold": True}))
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(_cells(asked, names, row)):
                if hasattr(value, "isoformat"):
                    sheet.write_datetime(number, column, value, day)
                else:
                    sheet.write(number, column, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(names) - 1)
        sheet.autofit(400)
    return made.getvalue()


def as_geojson(database: Database, caller: Principal | None, asked: Query) -> bytes:
    """GeoJSON in CRS84 of the records that have a place."""
    public = service.is_public(asked.kind, caller)
    with database.read(None if public else caller) as connection:
        _check(service.counted(connection, None if public else caller, asked, MOST + 1)[1])
    return service.features(database, caller, asked, MOST).encode()


def as_geopackage(database: Database, caller: Principal | None, asked: Query) -> bytes:
    """A GeoPackage in CRS84 of the records that have a place."""
    body = as_geojson(database, caller, asked)
    with tempfile.TemporaryDirectory(prefix="brama-records-") as folder:
        source, target = Path(folder) / "records.geojson", Path(folder) / "records.gpkg"
        source.write_bytes(body)
        command = [sys.executable, "-m", "records.lists.geopackage", str(source), str(target), asked.kind.id]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=_SECONDS)  # noqa: S603
        if done.returncode != 0 or not target.exists():
            raise BramaError("The GeoPackage could not be written.")
        return target.read_bytes()


def _check(found: int) -> None:
    if found > MOST:
        raise TooLarge(gettext("A file holds at most %(most)s records; narrow the list.") % {"most": MOST})


def _rows(database: Database, caller: Principal | None, asked: Query) -> tuple[list[str], Sequence[RowMapping]]:
    public = service.is_public(asked.kind, caller)
    fields = [one.name for one in asked.kind.fields if one.public or not public]
    names = ["number", "state", "title", "commune", "opened", *([] if public else ["due"]), "closed", *fields]
    with database.read(None if public else caller) as connection:
        whole, found = service.counted(connection, None if public else caller, asked, MOST + 1)
        _check(found)
        wanted = store.page(whole.kind.id, whole.filters, whole.sort, falling=whole.falling, after=False, public=public)
        statement = (
            f"SELECT v.* FROM (SELECT row_number() OVER () AS place, w.id FROM ({wanted}) w) p"
            f" JOIN {store.relation(whole.kind, public=public)} v ON v.id = p.id ORDER BY p.place"
        )
        return names, connection.execute(text(statement), {**whole.values, "limit": MOST}).mappings().all()


def _titles(asked: Query, names: Sequence[str]) -> list[str]:
    common = {
        "number": gettext("Number"), "state": gettext("State"), "title": gettext("Title"),
        "commune": gettext("Commune"),
        "opened": gettext("Opened"), "due": gettext("Due"), "closed": gettext("Closed"),
    }  # fmt: skip
    return [common.get(name) or localised(asked.kind.by_name[name].title) for name in names]


def _cells(asked: Query, names: Sequence[str], row: RowMapping) -> Iterator[Any]:
    for name in names:
        if name == "state":
            yield localised(asked.kind.state[row["state"]].title)
        elif name in asked.kind.by_name:
            yield _cell(row[name], asked.kind.by_name[name])
        else:
            yield row[name]


def _cell(value: Any, one: Field) -> Any:
    return shown(value, one) if one.choices or isinstance(value, bool) else value


def _harmless(value: Any) -> Any:
    """Office programs run a cell that begins so; a sign before it makes it a text again."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
