# SPDX-License-Identifier: EUPL-1.2
"""`/<path of a kind>/<id>`: the page of a record, its form, its ways, and what is added to it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from layers.service import visible_layers
from records import additions, service, store
from records.addresses import address, of_each_kind
from records.documents import service as documents
from records.editing import forms
from records.known import children, kinds
from records.known import kind as known_kind
from records.model import Kind, Save
from records.schema import InvalidRecord
from records.service import Current
from sdi.errors import InvalidParameter
from sdi.people.model import Principal
from sdi.web.context import principal, require, services

blueprint = Blueprint("records_editing", __name__)


@of_each_kind(blueprint, "/<uuid:record>")
def record_page(kind_id: str, record: UUID) -> str:
    """A record: summary, place, timeline, documents, links, and what may be done with it."""
    return _page(service.read(services().database, principal(), kind_id, record), {})


@of_each_kind(blueprint, "/new", needs="write")
def record_new(kind_id: str) -> str:
    """An empty form."""
    kind = known_kind(kind_id)
    require(kind.write_scope)
    written = {
        "opened": _today().isoformat(),
        **{name: request.args[name] for name in ("parent_id",) if name in request.args},
    }
    return _form(kind, None, forms.Form(written=written))


@of_each_kind(blueprint, "/new", "POST", needs="write")
def record_create(kind_id: str) -> Answer:
    """A new record of the form, or the form again with what is wrong."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    form = _filled(kind, caller)
    if not form.problems:
        try:
            made = service.create(caller, kind.id, form.facts, form.typed, form.places)
            saved = service.apply(services().database, caller, [made])[0]
            return redirect(address(kind, saved.id), 303)
        except InvalidRecord as refusal:
            form.problems = refusal.problems
    return _answer(_form(kind, None, form), 422)


@of_each_kind(blueprint, "/<uuid:record>/edit", needs="write")
def record_edit(kind_id: str, record: UUID) -> str:
    """The form with the record's values."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    current = service.read(services().database, caller, kind_id, record)
    return _form(kind, current, forms.Form(written=_written(caller, current)))


@of_each_kind(blueprint, "/<uuid:record>/edit", "POST", needs="write")
def record_change(kind_id: str, record: UUID) -> Answer:
    """The record with the form's values; who comes late sees the record as it is now and is told."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    database = services().database
    current = service.read(database, caller, kind_id, record)
    form = _filled(kind, caller)
    if not form.problems:
        expected = _whole(request.form.get("version", ""))
        places = None if _same_places(_written(caller, current), form.written) else form.places
        save = Save(kind.id, "edit", form.facts, form.typed, record, expected, places=places)
        try:
            service.apply(database, caller, [save])
            return redirect(address(kind, record), 303)
        except InvalidRecord as refusal:
            form.problems = refusal.problems
    return _answer(_form(kind, current, form), 422)


@of_each_kind(blueprint, "/<uuid:record>/transit", "POST", needs="write")
def record_transit(kind_id: str, record: UUID) -> Answer:
    """Take the record along a way of its lifecycle."""

    def go(caller: Principal, current: Current) -> None:
        expected = _whole(request.form.get("version", ""))
        way, reason = request.form.get("transition", ""), request.form.get("reason", "")[:500] or None
        service.apply(services().database, caller, [service.transit(current, way, reason, expected)])

    return _change(kind_id, record, go)


@of_each_kind(blueprint, "/<uuid:record>/restore", "POST", needs="write")
def record_restore(kind_id: str, record: UUID) -> Answer:
    """Bring back the values of an earlier version, as a new one."""

    def go(caller: Principal, current: Current) -> None:
        save = service.restore(services().database, caller, current, _whole(request.form.get("restored", "")))
        service.apply(services().database, caller, [save])

    return _change(kind_id, record, go)


@of_each_kind(blueprint, "/<uuid:record>/notes", "POST", needs="write")
def record_note(kind_id: str, record: UUID) -> Answer:
    """Add a note."""
    return _change(kind_id, record, lambda caller, _: additions.add_note(
        services().database, caller, record, request.form.get("text", "")))  # fmt: skip


@of_each_kind(blueprint, "/<uuid:record>/parties", "POST", needs="write")
def record_party(kind_id: str, record: UUID) -> Answer:
    """Add a party."""
    return _change(kind_id, record, lambda caller, current: additions.add_party(
        services().database, caller, current.kind, record, request.form))  # fmt: skip


@of_each_kind(blueprint, "/<uuid:record>/links", "POST", needs="write")
def record_link(kind_id: str, record: UUID) -> Answer:
    """Link the record to another by its number."""
    return _change(kind_id, record, lambda caller, _: additions.add_link(
        services().database, caller, record, request.form.get("number", ""), request.form.get("role", "")))  # fmt: skip


@of_each_kind(blueprint, "/<uuid:record>/clock", "POST", needs="write")
def record_clock(kind_id: str, record: UUID) -> Answer:
    """Stop the clock, let it run on, or set a new term."""

    def go(caller: Principal, current: Current) -> None:
        database, action, reason = services().database, request.form.get("action"), request.form.get("reason", "")
        if action == "pause":
            additions.pause(database, caller, current, reason, _today())
        elif action == "resume":
            additions.resume(database, caller, current, _today())
        elif action == "extend":
            service.apply(database, caller, [additions.extension(current, _date(request.form.get("due", "")), reason)])
        else:
            raise InvalidParameter("Choose what to do with the clock.", locator="action")

    return _change(kind_id, record, go)


def _change(kind_id: str, record: UUID, go: Callable[[Principal, Current], None]) -> Answer:
    """Do something to a record and show it; what is refused by a control stands beside it."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    current = service.read(services().database, caller, kind_id, record)
    try:
        go(caller, current)
    except InvalidRecord as refusal:
        return _answer(_page(current, refusal.problems), 422)
    return redirect(address(kind, record), 303)


def _page(current: Current, problems: Mapping[str, str]) -> str:
    caller, database = principal(), services().database
    record, belongings, past = current.row["id"], {}, []
    if not current.public:
        with database.read(caller) as connection:
            belongings = store.belongings(connection, record)
            past = store.history(connection, record)
    return render_template(
        [f"{current.kind.id}/record.html", "records/record.html"],
        kind=current.kind,
        current=current,
        row=current.row,
        caller=caller,
        belongings=belongings,
        past=past,
        documents=documents.listed(database, caller, record, public=current.public),
        problems=problems,
        sent=request.form,
        ways=service.ways(current, caller),
        may_edit=service.may_edit(current, caller),
        clock=additions.clock(current, belongings, _today()) if belongings else [],
        children=children(current.kind),
        parent=known_kind(current.kind.parent) if current.kind.parent else None,
        kinds=kinds(),
        roles={role.id: role for role in current.kind.roles},
        address=address,
        today=_today(),
        sections=service.sections(current),
        standing=any(one["ended"] is None for one in belongings.get("pauses", ())),
    )


def _form(kind: Kind, current: Current | None, form: forms.Form) -> str:
    return render_template(
        "records/form.html", kind=kind, current=current, form=form, sections=service.grouped(kind.fields),
        address=address, parent=known_kind(kind.parent) if kind.parent else None,
    )  # fmt: skip


def _filled(kind: Kind, caller: Principal) -> forms.Form:
    form = forms.read(kind, request.form)
    forms.read_places(services().database, caller, visible_layers(), services().settings.places, kind, form)
    return form


def _written(caller: Principal, current: Current) -> dict[str, Any]:
    """The record's values as the form's controls show them."""
    row, names = current.row, ("title", "commune", "parent_id", *current.kind.by_name)
    written = {name: row[name] for name in names if row.get(name) is not None}
    written["opened"] = row["opened"].isoformat()
    with services().database.read(caller) as connection:
        belongings = store.belongings(connection, row["id"])
    for place in belongings["places"]:
        written.setdefault(f"place-{place['role']}", store.as_text(place["shape"]))
    return written


def _same_places(old: Mapping[str, Any], sent: Mapping[str, str]) -> bool:
    """Whether a form left every place as it showed it: those are not written again, so that none moves by a hair."""
    names = {name for name in (*old, *sent) if name.startswith(("place-", "find-"))}
    return all((sent.get(name) or "").strip() == old.get(name, "") for name in names)


def _answer(body: str, status: int) -> Response:
    return make_response(body, status)


def _whole(written: str) -> int:
    if not written.isdecimal() or len(written) > 9:
        raise InvalidParameter("The form names no version of the record.", locator="version")
    return int(written)


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the office's own day
