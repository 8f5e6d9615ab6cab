# SPDX-License-Identifier: EUPL-1.2
"""`/admin/layers`: the list with filters, and changes of the chosen ones."""

from typing import get_args

from flask import Blueprint, request
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

import layers.service as layers
import sdi.admin.service as admin
from layers.admin import store
from layers.model import Visibility
from sdi.admin import lists
from sdi.errors import Forbidden, InvalidParameter, MissingParameter
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

blueprint = Blueprint("layers_admin", __name__, template_folder="templates")

VISIBILITIES = get_args(Visibility)
_KNOWN = ("q", "organisation", "theme", "visibility", "sort", "page", "lang", "done")
_MOST = 5_000


@blueprint.get("/admin/layers")
@requires("layers:write")
def list_layers() -> str:
    """Layers that the caller may change."""
    asked = Parameters(request.args.to_dict(), known=_KNOWN)
    sought, order = _sought(asked), lists.order(asked, store.SORTS, "title")
    with services().database.read(require()) as connection:
        found = lists.Listed(store.found(connection, sought, order, lists.window(asked)), lists.number(asked))
        organisations = store.organisations(connection)
    themes = {theme.id: theme.title for theme in layers.themes()}
    return admin.page("admin_layers/list.html", found=found, sought=sought, organisations=organisations, themes=themes)


@blueprint.post("/admin/layers")
@requires("layers:write")
def change_layers() -> Response:
    """Change the chosen layers, or with `all` every one that the filters find; the page then offers to undo it."""
    sent = Parameters(request.form.to_dict())
    sought, wanted = _sought(sent), _wanted(sent)
    try:
        with services().database.write(require()) as connection:
            chosen = store.ids(connection, sought, _MOST) if "all" in sent else request.form.getlist("layer")[:_MOST]
            if not chosen:
                raise MissingParameter("No layer was chosen: tick some, or take all that were found.", locator="layer")
            if not store.change(connection, chosen, wanted):
                raise Forbidden("None of these layers is within your reach.")
    except DBAPIError as error:
        if isinstance(error.orig, pg.WithCheckOptionViolation):
            raise Forbidden("That organisation is not within your reach.") from error
        raise
    layers.registry().invalidate()
    return admin.see(
        "/admin/layers", q=sought.q, organisation=sought.organisation, theme=sought.theme, visibility=sought.visibility
    )


def _sought(sent: Parameters) -> store.Sought:
    visibility = sent.choice("visibility", VISIBILITIES, "") or None
    return store.Sought(sent.text("q", 100), sent.text("organisation", 63), sent.text("theme", 60), visibility)


def _wanted(sent: Parameters) -> store.Wanted:
    theme, visibility = sent.text("set_theme", 60), sent.choice("set_visibility", VISIBILITIES, "")
    if theme is not None and theme not in {known.id for known in layers.themes()}:
        raise InvalidParameter(f"There is no theme {theme!r}.", locator="set_theme")
    wanted = store.Wanted(visibility or None, theme, sent.uuid("set_organisation"))
    if wanted == store.Wanted():
        raise MissingParameter("Choose what to change: visibility, theme or organisation.", locator="set_visibility")
    return wanted
