# SPDX-License-Identifier: EUPL-1.2
"""`/registers/monuments`: what monuments have beside what every kind has: card, extract, statistics, INSPIRE."""

import re
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from records import service as records
from records.documents import service as documents
from records.printing import service as printing
from registers.monuments import inspire, service
from registers.monuments.kinds import CONDITIONS, INSPECTION, MONUMENT, PROTECTIONS, READ
from sdi.errors import InvalidParameter, NotFound
from sdi.web.context import base_url, principal, require, services
from sdi.web.i18n import gettext
from sdi.web.rights import public, requires
from sdi.web.streaming import streamed

blueprint = Blueprint("monuments", __name__, template_folder="templates", url_prefix=f"/{MONUMENT.path}")

_TERYT = re.compile(r"\d{6}")


@blueprint.get("/<uuid:record>/card.pdf")
@public
def card(record: UUID) -> Response:
    """The card of a monument: what the caller may see of it, with its outline and photos."""
    database, settings, caller = services().database, services().settings, principal()
    current = records.read(database, caller, MONUMENT.id, record)
    photos = documents.listed(database, caller, record, public=current.public)
    return printing.answer(
        "monuments/card.html",
        f"karta-{current.row['number'] or record}".replace("/", "-"),
        kind=MONUMENT,
        row=current.row,
        sections=records.sections(current),
        outline=printing.outline(records.shape(database, caller, current)),
        pictures=printing.pictures(settings, photos),
        today=_today(),
    )


@blueprint.get("/extract.pdf")
@public
def extract() -> Response:
    """Monuments of a commune for planning and local development conditions."""
    commune = request.args.get("commune", "")
    if not _TERYT.fullmatch(commune):
        raise InvalidParameter("Parameter 'commune' is six digits of TERYT.", locator="commune")
    rows = service.extract(services().database, commune)
    if not rows:
        raise NotFound(gettext("No open monument of this commune is in the register."), locator="commune")
    return printing.answer(
        "monuments/extract.html", f"zabytki-{commune}", kind=MONUMENT, rows=rows, commune=commune, today=_today()
    )


@blueprint.get("/statistics")
@public
def statistics() -> str:
    """Monuments by commune and form of protection."""
    rows = service.statistics(services().database)
    names = ("register_a", "register_b", "register_c", "gez", "other", "threatened", "monuments")
    totals = {name: sum(row[name] for row in rows) for name in names}
    return render_template("monuments/statistics.html", kind=MONUMENT, rows=rows, totals=totals, names=names,
                           protections=PROTECTIONS)  # fmt: skip


@blueprint.get("/<uuid:record>/condition")
@requires(READ)
def condition(record: UUID) -> str:
    """How the monument's condition changed: each inspection with its photos, side by side."""
    caller = require(READ)
    database = services().database
    current = records.read(database, caller, MONUMENT.id, record)
    inspections = service.conditions(database, caller, record)
    return render_template("monuments/condition.html", kind=MONUMENT, child=INSPECTION, row=current.row,
                           inspections=inspections, conditions=CONDITIONS)  # fmt: skip


@blueprint.get("/protected-sites.gml")
@public
def protected_sites() -> Response:
    """All open monuments as INSPIRE Protected Sites."""
    database, namespace = services().database, f"{base_url()}/{MONUMENT.path}"
    headers = {"Content-Disposition": 'attachment; filename="protected-sites.gml"'}
    return streamed(lambda: service.protected_sites(database, namespace), inspire.MEDIA_TYPE, headers)


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the office's own day
