# SPDX-License-Identifier: EUPL-1.2
"""`/admin`: the overview, undo, the record of processing; the kernel's other sections are in modules beside."""

from flask import request
from werkzeug.wrappers import Response

from sdi.admin import background, organisations, service
from sdi.admin.common import blueprint
from sdi.errors import Conflict, InvalidParameter
from sdi.privacy import service as privacy
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

__all__ = ["background", "blueprint", "organisations"]


@blueprint.get("/admin")
@requires()
def overview() -> str:
    """The sections that the caller may open."""
    return service.page("admin/overview.html")


@blueprint.post("/admin/undo")
@requires()
def undo() -> Response:
    """Take back what one request of the caller did in the last hour; the page then tells that, and it can be redone."""
    sent = Parameters(request.form.to_dict())
    back = sent.text("back", 500) or "/admin"
    if not back.startswith("/admin") or any(mark in back for mark in "\\\r\n?#"):
        raise InvalidParameter("The page to go back to is not one of the administration.", locator="back")
    with services().database.write(require()) as connection:
        undone = service.undo(connection, sent.required("request", 64))
    if not undone:
        raise Conflict("There is nothing to undo: it is more than an hour ago, or was undone already.")
    return service.see(back)


@blueprint.get("/admin/privacy")
@requires("privacy:read")
def record_of_processing() -> str:
    """Tables with personal data: why, by which right, how long, and what an erasure does (RODO art. 30)."""
    return service.page("admin/privacy.html", tables=privacy.tables())
