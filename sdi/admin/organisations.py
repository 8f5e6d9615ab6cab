# SPDX-License-Identifier: EUPL-1.2
"""`/admin/organisations`: the tree of organisations, new ones and new names."""

from typing import get_args
from uuid import UUID

from flask import request
from psycopg import errors as pg
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from sdi.admin import service
from sdi.admin.common import blueprint
from sdi.errors import BramaError, Conflict, Forbidden, NotFound, Unprocessable
from sdi.people.model import OrganisationKind
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

KINDS = get_args(OrganisationKind)
_KNOWN = ("q", "kind", "lang", "done")
_TREE = text(
    "WITH RECURSIVE tree AS ("
    " SELECT o.id, o.parent_id, o.slug, o.kind, o.teryt, o.title, 0 AS depth, ARRAY[o.slug] AS way"
    "   FROM app.organisation o WHERE o.parent_id IS NULL"
    " UNION ALL SELECT o.id, o.parent_id, o.slug, o.kind, o.teryt, o.title, t.depth + 1, t.way || o.slug"
    "   FROM app.organisation o JOIN tree t ON o.parent_id = t.id)"
    " SELECT t.*, w.id IS NOT NULL AS mine FROM tree t LEFT JOIN app.organisation_write w ON w.id = t.id"
    " WHERE (CAST(:kind AS text) IS NULL OR t.kind = :kind) AND (CAST(:q AS text) IS NULL"
    "   OR sdi.fold(t.slug || ' ' || coalesce(t.teryt, '') || ' ' || t.title::text) LIKE '%' || sdi.fold(:q) || '%')"
    " ORDER BY t.way LIMIT 5000"
)
_ADD = text(
    "INSERT INTO app.organisation_write (parent_id, slug, kind, teryt, title)"
    " VALUES (:parent, :slug, :kind, :teryt, :title)"
).bindparams(bindparam("title", type_=JSONB))
_RENAME = text("UPDATE app.organisation_write SET title = :title, teryt = :teryt WHERE id = :id").bindparams(
    bindparam("title", type_=JSONB)
)


@blueprint.get("/admin/organisations")
@requires("organisations:write")
def list_organisations() -> str:
    """The tree; without filters each organisation stands below its parent."""
    asked = Parameters(request.args.to_dict(), known=_KNOWN)
    kind = asked.choice("kind", KINDS, "") or None
    q = asked.text("q", 100)
    with services().database.read(require()) as connection:
        rows = connection.execute(_TREE, {"kind": kind, "q": q}).all()
    return service.page("admin/organisations.html", rows=rows, kinds=KINDS, kind=kind, q=q or "")


@blueprint.get("/admin/organisations/<uuid:organisation_id>")
@requires("organisations:write")
def show_organisation(organisation_id: UUID) -> str:
    """One organisation: its names, and a form for a new one below it."""
    statement = text(
        "SELECT o.*, p.title AS parent, w.id IS NOT NULL AS mine FROM app.organisation o"
        " LEFT JOIN app.organisation p ON p.id = o.parent_id LEFT JOIN app.organisation_write w ON w.id = o.id"
        " WHERE o.id = :id"
    )
    with services().database.read(require()) as connection:
        found = connection.execute(statement, {"id": organisation_id}).one_or_none()
    if found is None:
        raise NotFound("There is no such organisation.")
    return service.page("admin/organisation.html", found=found, kinds=KINDS)


@blueprint.post("/admin/organisations")
@requires("organisations:write")
def add_organisation() -> Response:
    """Add an organisation below one within reach."""
    sent = Parameters(request.form.to_dict())
    values = {
        "parent": sent.required("parent", 36),
        "slug": sent.required("slug", 63),
        "kind": sent.choice("kind", KINDS, KINDS[-1]),
        **_told(sent),
    }
    try:
        with services().database.write(require()) as connection:
            connection.execute(_ADD, values)
    except DBAPIError as error:
        raise _refusal(error) from error
    return service.see("/admin/organisations")


@blueprint.post("/admin/organisations/<uuid:organisation_id>")
@requires("organisations:write")
def change_organisation(organisation_id: UUID) -> Response:
    """Give an organisation other names or another register code."""
    sent = Parameters(request.form.to_dict())
    try:
        with services().database.write(require()) as connection:
            if not connection.execute(_RENAME, {"id": organisation_id, **_told(sent)}).rowcount:
                raise Forbidden("This organisation is not within your reach.")
    except DBAPIError as error:
        raise _refusal(error) from error
    return service.see(f"/admin/organisations/{organisation_id}")


def _told(sent: Parameters) -> dict[str, object]:
    titles = {"pl": sent.required("title_pl", 200), "en": sent.text("title_en", 200)}
    return {"title": {key: words for key, words in titles.items() if words}, "teryt": sent.text("teryt", 6)}


def _refusal(error: DBAPIError) -> BramaError:
    if isinstance(error.orig, pg.UniqueViolation):
        return Conflict("Another organisation has this short name or register code.")
    if isinstance(error.orig, pg.WithCheckOptionViolation):
        return Forbidden("This organisation is not within your reach.")
    if isinstance(error.orig, pg.CheckViolation):
        return Unprocessable(
            "A short name is a letter a-z, then letters a-z, digits and _; a register code has 2, 4 or 6 digits."
        )
    raise error
