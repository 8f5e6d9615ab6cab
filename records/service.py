# SPDX-License-Identifier: EUPL-1.2
"""The face of records: every change of every kind goes through `apply`, in one transaction as the caller."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from records import deadlines, schema, store
from records.known import children, kind, kinds
from records.model import Change, Field, FieldType, Kind, LanguageMap, Numbering, Place, Save, Saved, Term, Transition
from records.refusals import Changed, not_there, refusals
from records.schema import InvalidRecord
from sdi.db.database import Database
from sdi.errors import Conflict, InvalidParameter, NotFound, TooLarge
from sdi.parameters import service as parameters
from sdi.people.model import Principal
from sdi.web.i18n import gettext, localised

__all__ = ["Changed", "InvalidRecord", "children", "kind", "kinds", "refusals"]

MOST_CHANGES = 1_000
"""Records that one transaction may change."""
MOST_PLACES = 50
PERSONAL = "records:personal"
FACTS = ("title", "number", "parent_id", "commune", "opened", "due", "closed", "attributes")
_NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Current:
    """A record as the caller sees it; `public` tells that it is the open part only."""

    kind: Kind
    row: RowMapping
    public: bool

    @property
    def version(self) -> int:
        """Counts its changes."""
        return int(self.row["version"])

    @property
    def typed(self) -> dict[str, Any]:
        """Values of the kind's own fields."""
        return {one.name: self.row[one.name] for one in self.kind.fields if one.name in self.row}


@dataclass(frozen=True, slots=True)
class _Begun:
    """What begins a term: the record itself, or a way of its lifecycle."""

    kind: Kind
    way: Transition | None
    is_new: bool


def apply(database: Database, caller: Principal, saves: Sequence[Save], today: date | None = None) -> list[Saved]:
    """Make all changes in one transaction as `caller`, or raise and leave no trace.

    Raises NotFound, Forbidden, InvalidRecord (each mistake by its field), Changed with the current version,
    Conflict where the lifecycle has no such way or a guard speaks against it, TooLarge over a limit.
    """
    with refusals(), database.write(caller) as connection:
        return apply_in(connection, saves, today)


def apply_in(connection: Connection, saves: Sequence[Save], today: date | None = None) -> list[Saved]:
    """As `apply`, in the caller's own transaction; within `refusals`."""
    if len(saves) > MOST_CHANGES:
        raise TooLarge(f"One transaction changes at most {MOST_CHANGES:,} records.")
    # Locks are taken in the order of ids, so that two that change the same records wait and never block each other.
    order = sorted(range(len(saves)), key=lambda number: str(saves[number].id or ""))
    befores = _befores(connection, saves)
    prepare = partial(_prepared, connection, today or date.today())  # noqa: DTZ011 - the office's own day
    changes = [prepare(saves[number], befores) for number in order]
    saved = store.save(connection, changes)
    return [one for _, one in sorted(zip(order, saved, strict=True), key=lambda pair: pair[0])]


def create(caller: Principal, kind_id: str, facts: Mapping[str, Any], typed: Mapping[str, Any],
           places: Sequence[Place] = (), organisation: UUID | None = None) -> Save:  # fmt: skip
    """A new record of the caller's organisation."""
    return Save(kind_id, "create", facts, typed, organisation=organisation or caller.organisation_id, places=places)


def transit(current: Current, transition_id: str, reason: str | None = None, expected: int | None = None) -> Save:
    """A record on one of the ways of its lifecycle."""
    if transition_id not in current.kind.transition:
        raise InvalidParameter(f"Unknown transition {transition_id[:80]!r}.", locator="transition")
    return Save(
        current.kind.id, transition_id, id=current.row["id"], expected=expected or current.version, reason=reason
    )


def restore(database: Database, caller: Principal, current: Current, version: int) -> Save:
    """A record with the values and places of an earlier version; its state stays."""
    with database.read(caller) as connection:
        past = [row for row in store.history(connection, current.row["id"]) if row["version"] == version]
    if not past:
        raise NotFound(f"The record has no version {version}.")
    snapshot = past[0]["snapshot"]
    places = [
        Place(one["role"], one["source"], bytes.fromhex(one["geom"]), one["label"], one["evidence"])
        for one in snapshot["places"]
    ]
    facts = {name: snapshot["facts"].get(name) for name in ("title", "parent_id", "commune", "opened", "attributes")}
    return Save(current.kind.id, "restore", facts, snapshot["typed"], current.row["id"], current.version,
                places=places, reason=gettext("Version %(version)s") % {"version": version})  # fmt: skip


def read(database: Database, caller: Principal | None, kind_id: str, record: UUID) -> Current:
    """A record as the caller may see it: whole for its organisation, else its open part; NotFound without one."""
    found_kind = kind(kind_id)
    if caller is not None:
        with database.read(caller) as connection:
            rows = store.read(connection, found_kind, [record], public=False)
        if rows:
            return Current(found_kind, rows[0], public=False)
    with database.public.connect() as connection:
        rows = store.read(connection, found_kind, [record], public=True)
    if not rows:
        raise not_there()
    return Current(found_kind, rows[0], public=True)


def ways(current: Current, caller: Principal | None) -> list[Transition]:
    """Transitions that the caller may make of a record now."""
    if caller is None or current.public:
        return []
    wanted = current.kind.ways(current.row["state"])
    return [way for way in wanted if caller.may(way.scope or current.kind.write_scope)]


def may_edit(current: Current, caller: Principal | None) -> bool:
    """Whether the caller may change the record's values now."""
    return (
        caller is not None
        and not current.public
        and caller.may(current.kind.write_scope)
        and not current.kind.state[current.row["state"]].closed
    )


def _befores(connection: Connection, saves: Sequence[Save]) -> dict[UUID, RowMapping]:
    """Rows of the records to change as the caller sees them, one statement a kind."""
    wanted: dict[str, list[UUID]] = {}
    for one in saves:
        if one.id is not None and one.expected is not None:
            wanted.setdefault(one.kind, []).append(one.id)
    return {
        row["id"]: row
        for kind_id, ids in wanted.items()
        for row in store.read(connection, kind(kind_id), ids, public=False)
    }


def _prepared(connection: Connection, today: date, one: Save, befores: Mapping[UUID, RowMapping]) -> dict[str, Any]:
    """A change as the database takes it: checked, with what its transition's effects write."""
    wanted = kind(one.kind)
    before = befores.get(one.id) if one.id else None
    if one.expected is not None and before is None:
        raise not_there()
    if before is not None and before["version"] != one.expected:
        raise Changed(before["version"])
    way = wanted.transition.get(one.action)
    facts, typed = _merged(wanted, before, one, today)
    organisation = before["organisation_id"] if before is not None else one.organisation
    parameter = partial(_parameter, connection, today, organisation)
    if way is not None:
        if before is not None and before["state"] not in way.sources:
            raise Conflict(_refused_way(wanted, way, before["state"]))
        if way.reason and not (one.reason or "").strip():
            raise InvalidRecord({"reason": gettext("Say why.")})
        _guard(wanted, way, Change(wanted, facts, typed, today, parameter, *_told(connection, before, way)))
        for effect in way.effects:
            written = effect(Change(wanted, facts, typed, today, parameter))
            facts.update({name: value for name, value in written.items() if name in FACTS})
            typed.update({name: value for name, value in written.items() if name in wanted.by_name})
    state = one.state or (way.target if way else before["state"] if before else wanted.start)
    _clock(_Begun(wanted, way, before is None), facts, state, today, parameter)
    schema.check(wanted, store.as_json({**_schema_facts(facts), **typed}))
    return _document(wanted, one, state, facts, typed)


def _merged(wanted: Kind, before: RowMapping | None, one: Save, today: date) -> tuple[dict[str, Any], dict[str, Any]]:
    if unknown := [name for name in one.typed if name not in wanted.by_name]:
        raise InvalidRecord({unknown[0]: gettext("This kind of record has no such field.")})
    old: Mapping[str, Any] = dict(before or {})
    facts = {name: one.facts.get(name, old.get(name)) for name in FACTS}
    facts["opened"] = facts["opened"] or today
    typed = {name: one.typed.get(name, old.get(name)) for name in wanted.by_name}
    return facts, typed


def _schema_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in ("title", "number", "commune", "parent_id", "opened")}


def _told(connection: Connection, before: RowMapping | None, way: Transition) -> tuple[int, frozenset[str]]:
    """Documents and places of the record, read only where a guard looks at them."""
    if before is None or not way.guards:
        return 0, frozenset()
    statement = text(
        "SELECT (SELECT count(*) FROM app.records_document WHERE record_id = :id),"
        " (SELECT array_agg(DISTINCT role) FROM app.records_place WHERE record_id = :id)"
    )
    documents, roles = connection.execute(statement, {"id": before["id"]}).one()
    return int(documents), frozenset(roles or ())


def _guard(wanted: Kind, way: Transition, change: Change) -> None:
    said = [refusal for guard in way.guards if (refusal := guard(change)) is not None]
    if said:
        raise Conflict(f"{localised(wanted.title)}, {localised(way.title)}: " + " ".join(map(localised, said)))


def _refused_way(wanted: Kind, way: Transition, state: str) -> str:
    told = localised(wanted.state[state].title)
    possible = ", ".join(localised(other.title) for other in wanted.ways(state)) or gettext("nothing more")
    return gettext("“%(way)s” is not possible in the state “%(state)s”; possible: %(possible)s.") % {
        "way": localised(way.title), "state": told, "possible": possible,
    }  # fmt: skip


def _parameter(connection: Connection, today: date, organisation: UUID | None, code: str) -> Any:
    return parameters.value(connection, code, today, organisation)


def _clock(begun: _Begun, facts: dict[str, Any], state: str, today: date, parameter: Callable[[str], Any]) -> None:
    """The term that the record's opening or a transition begins, and the day of closing."""
    wanted, way = begun.kind, begun.way
    opened = facts["opened"] if isinstance(facts["opened"], date) else _day(facts["opened"])
    if begun.is_new and facts["due"] is None and wanted.term is not None and opened is not None:
        facts["due"] = deadlines.end(_lasting(wanted.term, parameter), opened)
    if way is not None and way.term is not None:
        facts["due"] = deadlines.end(_lasting(way.term, parameter), today)
    facts["closed"] = (facts["closed"] or today) if wanted.state[state].closed else None


def _lasting(term: Term, parameter: Callable[[str], Any]) -> Term:
    """A term as long as its parameter says."""
    if term.code is None:
        return term
    length = int(parameter(term.code))
    return replace(term, months=length) if term.months else replace(term, days=length)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None  # the schema says what is wrong with it


def _document(
    wanted: Kind, one: Save, state: str, facts: Mapping[str, Any], typed: Mapping[str, Any]
) -> dict[str, Any]:
    """The change as JSON for `records.save`."""
    watched = {role.id for role in wanted.roles if role.watched}
    made: dict[str, Any] = {
        "kind": wanted.id,
        "action": one.action,
        "reason": one.reason,
        "state": state,
        "facts": {**facts, "attributes": facts["attributes"] or {}, "terms": _terms(wanted, typed)},
        "typed": dict(typed),
    }
    if one.id is not None:
        made["id"] = one.id
    if one.expected is not None:
        made["expected"] = one.expected
    else:
        made["organisation"] = one.organisation
        if not facts["number"]:
            made["numbering"] = _numbering(wanted.numbering, facts)
    if one.places is not None:
        if len(one.places) > MOST_PLACES:
            raise TooLarge(f"A record has at most {MOST_PLACES} places.")
        made["places"] = [_place(wanted, place, watched) for place in one.places]
    return dict(store.as_json(made))


def _place(wanted: Kind, place: Place, watched: set[str]) -> dict[str, Any]:
    if place.role not in {role.id for role in wanted.roles}:
        raise InvalidRecord({"place": gettext("This kind of record has no such role of a place.")})
    return {
        "role": place.role, "source": place.source, "label": place.label, "geom": place.wkb.hex(),
        "watched": place.role in watched, "evidence": dict(place.evidence),
    }  # fmt: skip


def _terms(wanted: Kind, typed: Mapping[str, Any]) -> str:
    """Words of the kind's own fields that a search finds; choices by their Polish and English words."""
    said: list[str] = []
    for one in wanted.fields:
        value = typed.get(one.name)
        if one.searched and value not in (None, ""):
            said += (
                one.choices[value].values() if one.type is FieldType.CHOICE and value in one.choices else [str(value)]
            )
    return " ".join(said)[:10_000]


def _numbering(numbering: Numbering, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The pattern with everything filled in but the number itself, which the database counts."""
    year = int(str(facts["opened"])[:4]) if _day(facts["opened"]) else 0
    known = {"year": str(year), "cell": numbering.cell, "teryt": str(facts.get("commune") or "000000"), "n": "{n}"}
    pattern = _NAMED.sub(lambda found: known[found[1]], numbering.pattern)
    return {"pattern": pattern, "series": numbering.series, "year": year if numbering.yearly else 0}


def grouped(fields: Iterable[Field]) -> list[tuple[LanguageMap, list[Field]]]:
    """Fields by the section that they stand in, in their order."""
    return [(section, list(some)) for section, some in groupby(fields, lambda one: one.section)]


def sections(current: Current) -> list[tuple[LanguageMap, list[Field]]]:
    """As `grouped`, of a record's fields that have a value for the caller."""
    return grouped(one for one in current.kind.fields if current.row.get(one.name) not in (None, ""))


def shape(database: Database, caller: Principal | None, current: Current) -> bytes | None:
    """WKB (EPSG:2180, easting first) of where a record is; None of one without a place."""
    view = store.relation(current.kind, public=current.public)
    statement = text(f"SELECT ST_AsBinary(ST_Force2D(geom)) FROM {view} WHERE id = :id")
    with database.read(None if current.public else caller) as connection:
        found = connection.execute(statement, {"id": current.row["id"]}).scalar()
    return bytes(found) if found else None
