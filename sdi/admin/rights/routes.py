# SPDX-License-Identifier: EUPL-1.2
"""`/admin/roles`, `/admin/tokens` and `/admin/why`."""

import re
from typing import Any

from flask import Blueprint, request
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from sdi.admin import lists as pages
from sdi.admin import service
from sdi.admin.people import forms, store
from sdi.admin.rights import why
from sdi.errors import Forbidden, InvalidParameter, MissingParameter
from sdi.people.service import scopes
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

blueprint = Blueprint("rights_admin", __name__)

SCOPE = "people:write"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,62}")


@blueprint.get("/admin/roles")
@requires(SCOPE)
def list_roles() -> str:
    """Roles and their scopes; a form for an organisation's own, filled with the one in `id`."""
    asked = Parameters(request.args.to_dict(), known=("id", "lang", "done"))
    with services().database.read(require()) as connection:
        roles = store.roles(connection)
    editing = next((role for role in roles if role.mine and str(role.id) == asked.text("id", 36)), None)
    return service.page("people/roles.html", roles=roles, editing=editing, scopes=scopes())


@blueprint.post("/admin/roles")
@requires(SCOPE)
def change_roles() -> Response:
    """Add a role of the acting organisation, change one (`id`) or remove one (`remove`)."""
    sent = Parameters(request.form.to_dict())
    try:
        with services().database.write(require()) as connection:
            if gone := sent.text("remove", 36):
                done = store.remove_role(connection, forms.uuid(gone, "remove"))
            else:
                role = forms.uuid(told, "id") if (told := sent.text("id", 36)) else None
                done = store.put_role(connection, _role(sent, new=role is None), role)
        if not done:
            raise Forbidden("This role is not your organisation's own.")
    except DBAPIError as error:
        raise forms.refusal(error) from error
    return service.see("/admin/roles")


@blueprint.get("/admin/tokens")
@requires(SCOPE)
def list_tokens() -> str:
    """Tokens in use of the people whom the caller manages."""
    asked = Parameters(request.args.to_dict(), known=("q", "page", "lang", "done"))
    q = asked.text("q", 100)
    with services().database.read(require()) as connection:
        rows = store.tokens(connection, q, pages.window(asked))
    return service.page("people/tokens.html", found=pages.Listed(rows, pages.number(asked)), q=q or "", scopes=scopes())


@blueprint.post("/admin/tokens")
@requires(SCOPE)
def end_tokens() -> Response:
    """End the chosen tokens for good."""
    ids = [forms.uuid(told, "token") for told in request.form.getlist("token")[:1_000]]
    if not ids:
        raise MissingParameter("No token was chosen.", locator="token")
    with services().database.write(require()) as connection:
        if not store.end_tokens(connection, ids):
            raise Forbidden("None of these tokens is yours to end, or they have ended already.")
    return service.see("/admin/tokens")


@blueprint.get("/admin/why")
@requires(SCOPE)
def explain() -> str:
    """Why a person may see or do something, or why not: the chain of reasons in words."""
    asked = Parameters(request.args.to_dict(), known=("login", "scope", "subject", "organisation", "lang", "done"))
    login, subject, scope = asked.text("login", 127), asked.text("subject", 200), asked.text("scope", 60)
    if scope is not None and scope not in scopes():
        raise InvalidParameter(f"There is no scope {scope!r}.", locator="scope")
    answer = None
    with services().database.read(require()) as connection:
        organisations = store.organisations(connection)
        if login and (subject or scope):
            answer = why.answer(connection, why.Question(login, subject, scope, asked.text("organisation", 63)))
    return service.page(
        "people/why.html", asked=request.args, answer=answer, scopes=scopes(), organisations=organisations
    )


def _role(sent: Parameters, *, new: bool) -> dict[str, Any]:
    known = scopes()
    wanted = [scope for scope in request.form.getlist("scope") if scope in known]
    titles = {"pl": sent.required("title_pl", 100), "en": sent.text("title_en", 100)}
    code = sent.required("code", 63) if new else ""
    if new and not _CODE.fullmatch(code):
        raise InvalidParameter("A short name is a letter a-z, then letters, digits and _.", locator="code")
    title = {language: words for language, words in titles.items() if words}
    return {"organisation": require().organisation_id, "code": code, "title": title, "scopes": sorted(wanted)}
