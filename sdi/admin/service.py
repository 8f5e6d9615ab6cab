# SPDX-License-Identifier: EUPL-1.2
"""The face of the administration: its sections, names of noted actions, pages with a notice of what was done, undo."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import g, redirect, render_template, request
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from sdi import features
from sdi.admin.model import Done, FindSubject, LanguageMap, Section, Undo
from sdi.errors import Unauthenticated
from sdi.people.model import Principal
from sdi.web.context import base_url, principal, require, services

_DONE = text(
    "SELECT action, count(*) AS things FROM app.own_change WHERE request = :request GROUP BY action ORDER BY action"
)


@cache
def all_sections() -> tuple[Section, ...]:
    """Every section, in order."""
    found = (section for module in features.load("admin") for section in getattr(module, "SECTIONS", ()))
    return tuple(sorted(found, key=lambda section: section.position))


@cache
def actions() -> Mapping[str, LanguageMap]:
    """Names of the actions that packages note."""
    return {name: told for module in features.load("admin") for name, told in getattr(module, "ACTIONS", {}).items()}


@cache
def undoers() -> Mapping[str, Undo]:
    """What takes an action back, by the action."""
    return {name: undo for module in features.load("admin") for name, undo in getattr(module, "UNDO", {}).items()}


@cache
def subjects() -> Mapping[str, FindSubject]:
    """What finds things that rights are asked about, by their kind (`layer`)."""
    return {name: find for module in features.load("admin") for name, find in getattr(module, "SUBJECTS", {}).items()}


def sections(caller: Principal | None) -> tuple[Section, ...]:
    """The sections that a caller may open."""
    return tuple(one for one in all_sections() if caller is not None and caller.may(one.scope))


def administers() -> bool:
    """Whether this request's caller has any section to open; False where that cannot be told."""
    try:
        return bool(sections(principal()))
    except (Unauthenticated, SQLAlchemyError):
        return False


def page(template: str, **values: Any) -> str:
    """A page of the administration, with its sections and a notice of what `done` (a request's id) did."""
    caller = require()
    asked = request.args.get("done", "")[:64]
    done = _done(caller, asked) if asked else None
    return render_template(template, sections=sections(caller), caller=caller, done=done, **values)


def see(path: str, **query: str | None) -> Response:
    """Send the browser on to a page of the administration, which tells what this request did and offers to undo it."""
    kept = {name: value for name, value in query.items() if value}
    if "lang" in request.args:
        kept["lang"] = request.args["lang"]
    return redirect(f"{base_url()}{path}?{urlencode({**kept, 'done': g.request_id})}", 303)


def undo(connection: Connection, of: str) -> int:
    """Take back what the caller's request did; how many things."""
    rows = connection.execute(_DONE, {"request": of}).all()
    wanted = {undoers()[row.action] for row in rows if row.action in undoers()}
    return sum(one(connection, of) for one in wanted)


def _done(caller: Principal, asked: str) -> Done | None:
    with services().database.read(caller) as connection:
        counts = {row.action: row.things for row in connection.execute(_DONE, {"request": asked})}
    return Done(asked, counts, any(action in undoers() for action in counts)) if counts else None
