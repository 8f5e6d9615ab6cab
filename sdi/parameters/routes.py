# SPDX-License-Identifier: EUPL-1.2
"""`/admin/parameters`: values that law sets, of any day, the region's and an organisation's own."""

from datetime import date, datetime

from flask import Blueprint, request
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

import sdi.admin.service as admin
from sdi.admin.model import OFFICES
from sdi.errors import InvalidParameter
from sdi.parameters import service, store
from sdi.parameters.model import Definition
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

blueprint = Blueprint("parameters", __name__)

_KNOWN = ("q", "on", "lang", "done")
_TABLE_LIMIT = 20_000


@blueprint.get("/admin/parameters")
@requires("parameters:write")
def list_parameters() -> str:
    """Every declared parameter with the value of a day: the region's, and the acting organisation's own."""
    asked = Parameters(request.args.to_dict(), known=_KNOWN)
    caller, q = require(), (asked.text("q", 100) or "")
    on = asked.day("on") or datetime.now(OFFICES).date()
    with services().database.read(caller) as connection:
        held = store.held(connection, on, caller.organisation_id)
    rows = [(one, held.get(one.code)) for one in service.definitions().values() if _matches(one, q)]
    return admin.page("admin/parameters.html", rows=rows, q=q, on=on)


@blueprint.get("/admin/parameters/<code>")
@requires("parameters:write")
def show_parameter(code: str) -> str:
    """One parameter: all its values with their dates and legal bases, and a form for another."""
    return _page(code)


@blueprint.post("/admin/parameters/<code>")
@requires("parameters:write")
def set_parameter(code: str) -> Response | tuple[str, int]:
    """Add a value, change one (`id`), or remove one (`remove`)."""
    of, sent = service.definition(code), Parameters(request.form.to_dict())
    try:
        with services().database.write(require()) as connection:
            _write(connection, of, sent)
    except InvalidParameter as error:
        return _page(code, error), 400
    except DBAPIError as error:
        refusal = store.refusal(error)
        if isinstance(refusal, InvalidParameter):
            return _page(code, refusal), 400
        raise refusal from error
    return admin.see(f"/admin/parameters/{code}")


def _write(connection: Connection, of: Definition, sent: Parameters) -> None:
    if row := sent.uuid("remove"):
        store.remove(connection, row)
        return
    value = store.Value(
        code=of.code,
        organisation_id=require().organisation_id if sent.text("own", 5) else None,
        value=service.checked(of, service.read(of, sent.required("value", _TABLE_LIMIT))),
        valid_from=sent.day("valid_from") or _missing("valid_from"),
        valid_to=sent.day("valid_to"),
        legal_basis=sent.required("legal_basis", 500),
    )
    if row := sent.uuid("id"):
        store.change(connection, row, value)
    else:
        store.add(connection, value)


def _page(code: str, error: InvalidParameter | None = None) -> str:
    of, caller = service.definition(code), require()
    with services().database.read(caller) as connection:
        values, may_region = store.values(connection, code), store.may_set(connection, None)
    editing = next((row for row in values if str(row.id) == request.args.get("id")), None)
    return admin.page(
        "admin/parameter.html",
        of=of,
        values=values,
        editing=editing,
        error=error,
        sent=request.form,
        may_region=may_region,
    )


def _missing(name: str) -> date:
    raise InvalidParameter("The first day is missing.", locator=name)


def _matches(one: Definition, q: str) -> bool:
    return q.lower() in " ".join((one.code, *one.title.values())).lower()
