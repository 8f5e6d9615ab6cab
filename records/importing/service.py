# SPDX-License-Identifier: EUPL-1.2
"""Lists brought in: the file read by a process of its own, columns mapped to fields, every row checked, all or none."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layers.search.service import fold
from records import schema, service
from records.model import Field, FieldType, Kind, Place, Save
from records.schema import InvalidRecord
from sdi.db.database import Database
from sdi.errors import TooBusy, Unprocessable
from sdi.features import ROOT
from sdi.people.model import Principal
from sdi.web.i18n import gettext

SUFFIXES = (".csv", ".gpkg", ".zip", ".geojson")
MOST_BYTES = 50_000_000
SHOWN_MISTAKES = 50
_SECONDS = 120
_DAY = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})")
_COMMON = {"title": ("nazwa", "obiekt", "title", "name"), "number": ("numer", "nr", "lp", "number"),
           "commune": ("teryt", "gmina teryt", "commune")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A list as read: its columns, and rows of texts with the WKB (EPSG:2180) of those that have a place."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass
class Report:
    """What became of a list: how many records were made, and each row's mistakes by its number."""

    made: int = 0
    mistakes: dict[int, Mapping[str, str]] = field(default_factory=dict)


def read(path: Path, suffix: str) -> Table:
    """A list out of a file; Unprocessable with the reason when it cannot be read."""
    command = [sys.executable, "-m", "records.importing", str(path), suffix]
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise TooBusy("The file takes too long to read.") from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        why = reason[-1][:300] if reason else ""
        raise Unprocessable(gettext("The list cannot be read: %(reason)s") % {"reason": why}, locator="file")
    found = json.loads(done.stdout)
    return Table(tuple(found["columns"]), tuple(found["rows"]))


def guess(kind: Kind, columns: Sequence[str]) -> dict[str, str]:
    """The column of each fact and field whose name or title it has."""
    folded = {fold(column).replace("_", " "): column for column in columns}
    made: dict[str, str] = {}
    names = {
        **_COMMON,
        **{one.name: (one.name.replace("_", " "), *map(fold, one.title.values())) for one in kind.fields},
    }
    for name, titles in names.items():
        if column := next((folded[title] for title in titles if title in folded), None):
            made[name] = column
    return made


def bring_in(database: Database, caller: Principal, kind: Kind, table: Table, mapping: Mapping[str, str]) -> Report:
    """Make a record of each row; with any mistake none is made and all are told. Numbers of the list stay theirs."""
    report = Report()
    saves: list[Save] = []
    for number, row in enumerate(table.rows, 1):
        facts, typed = _values(kind, row["values"], mapping)
        whole = {**{name: facts.get(name) for name in ("title", "number", "commune")}, **typed}
        try:
            schema.check(kind, {**whole, "opened": "2000-01-01"})
        except InvalidRecord as refusal:
            report.mistakes[number] = refusal.problems
            continue
        places = [Place(kind.roles[0].id, "import", bytes.fromhex(row["wkb"]))] if row["wkb"] else []
        saves.append(Save(kind.id, "import", facts, typed, state=kind.imported or kind.start,
                          organisation=caller.organisation_id, places=places))  # fmt: skip
    if not report.mistakes:
        with service.refusals(), database.write(caller) as connection:
            for part in _parts(saves):
                report.made += len(service.apply_in(connection, part))
    return report


def _parts(saves: Sequence[Save]) -> Iterator[Sequence[Save]]:
    for start in range(0, len(saves), service.MOST_CHANGES):
        yield saves[start : start + service.MOST_CHANGES]


def _values(kind: Kind, row: Mapping[str, str], mapping: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    written = {name: row.get(column, "").strip() for name, column in mapping.items() if column}
    facts = {name: written[name] or None for name in _COMMON if name in written}
    if commune := facts.get("commune"):
        facts["commune"] = commune[:6]
    return facts, {one.name: _typed(one, written[one.name]) for one in kind.fields if one.name in written}


def _typed(one: Field, text: str) -> Any:
    """A cell as a value: choices by their code or title, days as Poles write them, too."""
    if one.type is FieldType.CHOICE and text not in one.choices:
        folded = fold(text)
        codes = (code for code, titles in one.choices.items() if folded in {fold(title) for title in titles.values()})
        return next(codes, text or None)
    if one.type is FieldType.DATE and (found := _DAY.fullmatch(text)):
        return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    return schema.typed_value(one, text)
