# SPDX-License-Identifier: EUPL-1.2
"""What is added to a record beside its values: notes, parties, links, pauses of its clock, new terms."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from stdnum.exceptions import ValidationError
from stdnum.pl import nip, pesel, regon

from records import deadlines, service
from records.deadlines import Pause
from records.model import Kind, Save
from records.schema import InvalidRecord
from records.service import Current
from sdi.db.database import Database
from sdi.errors import Conflict
from sdi.people.model import Principal
from sdi.web.i18n import gettext

_KRS_DIGITS = 10
_LENGTHS = MappingProxyType({"firm": 300, "name": 200, "address": 300, "email": 200, "phone": 40})
_PERSONAL = ("name", "pesel", "address", "email", "phone")
_FIRM = ("firm", "nip", "regon", "krs")


def add_note(database: Database, caller: Principal, record: UUID, words: str) -> None:
    """A note of the caller's; InvalidRecord for an empty or long one."""
    if not 1 <= len(words.strip()) <= 5_000:
        raise InvalidRecord({"text": gettext("Write a note of at most 5,000 letters.")})
    with service.refusals(), database.write(caller) as connection:
        statement = text("INSERT INTO app.records_note_write (record_id, text) VALUES (:record, :text)")
        connection.execute(statement, {"record": record, "text": words.strip()})


def add_party(database: Database, caller: Principal, kind: Kind, record: UUID, sent: Mapping[str, str]) -> None:
    """A person or a firm in a role; InvalidRecord names what is wrong."""
    values = checked_party(kind, sent)
    with service.refusals(), database.write(caller) as connection:
        statement = text(
            "INSERT INTO app.records_party_write (id, record_id, role, type, firm, nip, regon, krs)"
            " VALUES (sdi.uuid7(), :record, :role, :type, :firm, :nip, :regon, :krs) RETURNING id"
        )
        party = connection.execute(statement, {**values, "record": record}).scalar_one()
        personal = {name: values[name] for name in _PERSONAL}
        if any(personal.values()):
            connection.execute(_ADD_PERSONAL, {**personal, "party": party})


_ADD_PERSONAL = text(
    "INSERT INTO app.records_personal_write (party_id, name, pesel, address, email, phone)"
    " VALUES (:party, :name, :pesel, :address, :email, :phone)"
)


def checked_party(kind: Kind, sent: Mapping[str, str]) -> dict[str, str | None]:
    """A party's values with their numbers in their short form; InvalidRecord for numbers that are none."""
    values: dict[str, str | None] = {
        name: sent.get(name, "").strip() or None for name in ("role", "type", *_FIRM, *_PERSONAL)
    }
    named = "name" if values["type"] == "person" else "firm"
    problems = {} if values[named] else {named: gettext("Fill this in.")}
    if values["role"] not in kind.party_roles:
        problems["role"] = gettext("Choose one of the list.")
    if values["type"] not in ("person", "firm"):
        problems["type"] = gettext("Choose one of the list.")
    problems |= _shorten_numbers(values)
    for name, length in _LENGTHS.items():
        if len(values[name] or "") > length:
            problems[name] = gettext("Write at most %(limit)s letters.") % {"limit": length}
    if problems:
        raise InvalidRecord(problems)
    return values if values["type"] == "firm" else values | dict.fromkeys(_FIRM)


def _shorten_numbers(values: dict[str, str | None]) -> dict[str, str]:
    """Put each number's digits in its place; what is no such number is a problem by its name."""
    problems: dict[str, str] = {}
    for name, check in _CHECKS.items():
        if written := values[name]:
            try:
                values[name] = check(written)
            except ValidationError:
                problems[name] = gettext("This number is not right; look at its digits again.")
    return problems


def _krs(written: str) -> str:
    digits = written.replace(" ", "")
    if len(digits) != _KRS_DIGITS or not digits.isdigit():
        raise ValidationError
    return digits


_CHECKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"pesel": pesel.validate, "nip": nip.validate, "regon": regon.validate, "krs": _krs}
)


def add_link(database: Database, caller: Principal, record: UUID, number: str, role: str) -> None:
    """A link to a record that the caller sees, by its number; InvalidRecord when there is none or several."""
    with service.refusals(), database.write(caller) as connection:
        found = connection.execute(
            text("SELECT id FROM app.records WHERE number = :number AND id <> :record LIMIT 2"),
            {"number": number.strip(), "record": record},
        ).scalars()
        others = list(found)
        if len(others) != 1:
            raise InvalidRecord({"number": gettext("No one record has this number.")})
        statement = text(
            "INSERT INTO app.records_link_write (record_id, other_id, role) VALUES (:record, :other, :role)"
            " ON CONFLICT DO NOTHING"
        )
        connection.execute(statement, {"record": record, "other": others[0], "role": role.strip()[:60] or "related"})


def pause(database: Database, caller: Principal, current: Current, reason: str, today: date) -> None:
    """Stop the record's clock; Conflict when it stands already, InvalidRecord without a reason."""
    if not 1 <= len(reason.strip()) <= 500:
        raise InvalidRecord({"reason": gettext("Say why.")})
    if current.row["due"] is None or current.row["closed"] is not None:
        raise Conflict(gettext("This record has no clock that runs."))
    with service.refusals(), database.write(caller) as connection:
        if any(one.ended is None for one in pauses(connection, current.row["id"])):
            raise Conflict(gettext("The clock stands already."))
        statement = text(
            "INSERT INTO app.records_pause_write (id, record_id, reason, started)"
            " VALUES (sdi.uuid7(), :record, :reason, :today)"
        )
        connection.execute(statement, {"record": current.row["id"], "reason": reason.strip(), "today": today})
        save = Save(current.kind.id, "pause", id=current.row["id"], expected=current.version, reason=reason.strip())
        service.apply_in(connection, [save], today)


def resume(database: Database, caller: Principal, current: Current, today: date) -> None:
    """Let the clock run on: the term moves by the days that were not counted (KPA art. 35 par. 5)."""
    with service.refusals(), database.write(caller) as connection:
        running = [one for one in pauses(connection, current.row["id"]) if one.ended is None]
        if not running:
            raise Conflict(gettext("The clock is not stopped."))
        statement = text(
            "UPDATE app.records_pause_write SET ended = :today WHERE record_id = :record AND ended IS NULL"
        )
        connection.execute(statement, {"record": current.row["id"], "today": today})
        due = deadlines.extended(current.row["due"], running[0].days(today))
        save = Save(current.kind.id, "resume", {"due": due}, id=current.row["id"], expected=current.version)
        service.apply_in(connection, [save], today)


def extension(current: Current, due: date | None, reason: str) -> Save:
    """A new term that the party is told of with its reasons (KPA art. 36)."""
    problems: dict[str, str] = {}
    if due is None or current.row["due"] is None or due <= current.row["due"]:
        problems["due"] = gettext("Write a day after the term that is set now.")
    if not reason.strip():
        problems["reason"] = gettext("Say why.")
    if problems:
        raise InvalidRecord(problems)
    return Save(current.kind.id, "extend", {"due": due}, id=current.row["id"], expected=current.version,
                reason=reason.strip()[:500])  # fmt: skip


def pauses(connection: Connection, record: UUID) -> list[Pause]:
    """The record's pauses in their order."""
    statement = text("SELECT started, ended, reason FROM app.records_pause WHERE record_id = :id ORDER BY started")
    return [Pause(row.started, row.ended, row.reason) for row in connection.execute(statement, {"id": record})]


def clock(current: Current, belongings: Mapping[str, Any], today: date) -> list[str]:
    """The record's clock in sentences; none for what is closed or has no term."""
    if current.public or current.row["due"] is None or current.row["closed"] is not None:
        return []
    stood = [
        Pause(date.fromisoformat(one["started"]), one["ended"] and date.fromisoformat(one["ended"]), one["reason"])
        for one in belongings["pauses"]
    ]
    term = current.kind.term if current.row["state"] == current.kind.start else None
    return deadlines.explain(term, current.row["opened"], current.row["due"], stood, today)
