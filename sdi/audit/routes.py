# SPDX-License-Identifier: EUPL-1.2
"""`/admin/audit`: who changed what, by record, person, organisation, action and time; as a page, CSV or JSON."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Row

import sdi.admin.service as admin
from sdi.admin.model import OFFICES
from sdi.audit import store
from sdi.audit.model import Sought
from sdi.errors import InvalidParameter
from sdi.web.context import require, services
from sdi.web.negotiation import HTML, JSON, negotiate
from sdi.web.pages import this_page
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

blueprint = Blueprint("audit", __name__)

_PAGE, _MOST = 50, 10_000
_OFFERS = {"html": HTML, "json": JSON, "csv": "text/csv"}
_KNOWN = ("subject", "person", "organisation", "action", "from", "to", "before", "f", "lang", "done")
_COLUMNS = ("seq", "at", "organisation", "login", "action", "subject", "request", "contents", "origin")


@blueprint.get("/admin/audit")
@requires("audit:read")
def entries() -> Response | str:
    """Entries of the organisations within reach, the newest first; files hold up to 10,000."""
    asked = Parameters(request.args.to_dict(), known=_KNOWN)
    sought, kind = _sought(asked), negotiate(_OFFERS)
    with services().database.read(require()) as connection:
        rows = store.entries(connection, sought, _PAGE if kind == "html" else _MOST)
    if kind == "json":
        return jsonify(entries=[_told(row) for row in rows[:_MOST]])
    if kind == "csv":
        return _as_csv(rows[:_MOST])
    return admin.page(
        "admin/audit.html",
        rows=rows[:_PAGE],
        sought=sought,
        first=asked.text("from", 10) or "",
        last=asked.text("to", 10) or "",
        actions=admin.actions(),
        older=this_page(before=rows[_PAGE - 1].seq, done=None) if len(rows) > _PAGE else None,
        newest=this_page(before=None, done=None) if "before" in asked else None,
    )


def _sought(asked: Parameters) -> Sought:
    last = _day(asked, "to")
    return Sought(
        subject=asked.text("subject", 200),
        person=asked.text("person", 127),
        organisation=asked.text("organisation", 63),
        action=asked.text("action", 80),
        since=_day(asked, "from"),
        until=last + timedelta(days=1) if last else None,
        before=asked.integer("before", 0, 1, 2**62) or None,
    )


def _day(asked: Parameters, name: str) -> datetime | None:
    told = asked.text(name, 10)
    try:
        return datetime.combine(datetime.fromisoformat(told), time(), OFFICES) if told else None
    except ValueError as error:
        raise InvalidParameter(f"{told!r} is not a day; write it as 2026-12-31.", locator=name) from error


def _told(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS} | {"at": row.at.isoformat()}


def _as_csv(rows: Sequence[Row[Any]]) -> Response:
    written = io.StringIO()
    writer = csv.DictWriter(written, _COLUMNS)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in _told(row).items()} for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response("\ufeff" + written.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def _cell(value: Any) -> str:
    """Spreadsheets take a cell that begins so for a formula."""
    told = "" if value is None else str(value)
    return f"'{told}" if told.startswith(("=", "+", "-", "@", "\t", "\r")) else told
