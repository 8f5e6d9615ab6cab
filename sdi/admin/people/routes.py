# SPDX-License-Identifier: EUPL-1.2
"""`/admin/people`: accounts with their states and roles; lists taken in; the other pages are in modules beside."""

from typing import Any

from flask import Blueprint, request
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from sdi.admin import lists as pages
from sdi.admin import service
from sdi.admin.people import forms, lists, store
from sdi.errors import Forbidden, MissingParameter, NotFound, Unprocessable
from sdi.signin.service import new_secret
from sdi.signin.store import digest
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

blueprint = Blueprint("people_admin", __name__)

SCOPE = "people:write"
_KNOWN = ("q", "state", "organisation", "role", "sort", "page", "lang", "done")
_LIST_LIMIT = 900_000


@blueprint.get("/admin/people")
@requires(SCOPE)
def list_people() -> str:
    """People within sight with today's roles."""
    asked = Parameters(request.args.to_dict(), known=_KNOWN)
    sought = {
        "q": asked.text("q", 100),
        "state": asked.choice("state", forms.STATES, "") or None,
        "organisation": asked.text("organisation", 63),
        "role": asked.text("role", 63),
    }
    order = pages.order(asked, store.SORTS, "name")
    with services().database.read(require()) as connection:
        rows = store.people(connection, sought, order, pages.window(asked))
        roles, organisations = store.roles(connection), store.organisations(connection)
    return service.page(
        "people/list.html",
        found=pages.Listed(rows, pages.number(asked)),
        sought=sought,
        roles=roles,
        organisations=organisations,
    )


@blueprint.post("/admin/people")
@requires(SCOPE)
def set_state() -> Response:
    """Suspend, let in again or archive the chosen accounts."""
    sent, logins = Parameters(request.form.to_dict()), request.form.getlist("login")[:1_000]
    if not logins:
        raise MissingParameter("Nobody was chosen.", locator="login")
    state = sent.choice("set_state", forms.STATES, "")
    if not state:
        raise MissingParameter("Choose the new state.", locator="set_state")
    try:
        with services().database.write(require()) as connection:
            if not store.set_state(connection, logins, state):
                raise Forbidden("None of these accounts is yours to change, or all are so already.")
    except DBAPIError as error:
        raise forms.refusal(error) from error
    return service.see("/admin/people")


@blueprint.get("/admin/people/<login>")
@requires(SCOPE)
def show_person(login: str) -> str:
    """One person: contact, roles now, before and to come, and a form to give another."""
    with services().database.read(require()) as connection:
        found = store.person(connection, login)
        if found is None:
            raise NotFound(f"There is no account {login[:80]!r}, or it is not within your sight.")
        assignments = store.assignments(connection, found.id)
        roles, organisations = store.roles(connection), store.organisations(connection)
    return service.page(
        "people/person.html", found=found, assignments=assignments, roles=roles, organisations=organisations
    )


@blueprint.post("/admin/people/<login>")
@requires(SCOPE)
def change_person(login: str) -> Response:
    """Give a role, or take one away (`end`)."""
    sent = Parameters(request.form.to_dict())
    try:
        with services().database.write(require()) as connection:
            found = store.person(connection, login)
            if found is None:
                raise NotFound(f"There is no account {login[:80]!r}, or it is not within your sight.")
            if ending := sent.text("end", 36):
                if not store.end(connection, found.id, forms.uuid(ending, "end")):
                    raise Forbidden("This role is not yours to take away, or has ended already.")
            else:
                store.assign(connection, {"account": found.id, **_assignment(sent)})
    except DBAPIError as error:
        raise forms.refusal(error) from error
    return service.see(f"/admin/people/{login}")


@blueprint.post("/admin/people/<login>/invitation")
@requires(SCOPE)
def invite(login: str) -> str:
    """A link by which the person sets a password, once; it is shown here and nowhere else."""
    secret, days = new_secret(), services().settings.identity.invitation_days
    with services().database.write(require()) as connection:
        found = store.person(connection, login)
        if found is None:
            raise NotFound(f"There is no account {login[:80]!r}, or it is not within your sight.")
        if not store.invite(connection, found.id, digest(secret), days):
            raise Forbidden("This account is not yours to invite to, or it is suspended or archived.")
    address = f"{services().settings.public_url}/invitation/{secret}"
    return service.page("people/invited.html", found=found, address=address, days=days)


@blueprint.get("/admin/people-list")
@requires(SCOPE)
def ask_list() -> str:
    """A form for a list of people, or for one person."""
    return _list_page()


@blueprint.post("/admin/people-list")
@requires(SCOPE)
def take_list() -> Response | str | tuple[str, int]:
    """Judge a list (CSV in `list` or the file `file`, or one person's fields); with `confirm` take it in."""
    sent = Parameters(request.form.to_dict())
    try:
        told = _told(sent)
        rows = lists.read(told)
        with services().database.write(require()) as connection:
            if "confirm" in sent:
                lists.put(connection, rows)
                return service.see("/admin/people")
            judged = lists.judge(connection, rows)
    except DBAPIError as error:
        raise forms.refusal(error) from error
    except Unprocessable as error:
        return _list_page(error=error), error.status
    return _list_page(judged=judged, told=told)


def _list_page(**values: Any) -> str:
    with services().database.read(require()) as connection:
        roles, organisations = store.roles(connection), store.organisations(connection)
    return service.page("people/taken.html", columns=lists.COLUMNS, roles=roles, organisations=organisations, **values)


def _told(sent: Parameters) -> str:
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        try:
            return str(upload.read(_LIST_LIMIT), "utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unprocessable("The file is not UTF-8 text; save it as CSV UTF-8.") from error
    if "list" in sent:
        return sent.required("list", _LIST_LIMIT)
    return lists.written({name: sent.text(name, 300) or "" for name in lists.COLUMNS})


def _assignment(sent: Parameters) -> dict[str, Any]:
    return {
        "role": forms.uuid(sent.text("role", 36), "role"),
        "organisation": forms.uuid(sent.text("organisation", 36), "organisation"),
        "valid_from": sent.day("valid_from"),
        "valid_to": sent.day("valid_to"),
        "mandate": sent.text("mandate", 500),
    }
