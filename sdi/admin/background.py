# SPDX-License-Identifier: EUPL-1.2
"""`/admin/jobs`: background work of the organisations within reach."""

from uuid import UUID

from flask import request
from sqlalchemy import text
from werkzeug.wrappers import Response

from sdi.admin import lists, service
from sdi.admin.common import blueprint
from sdi.jobs import service as jobs
from sdi.web.context import require, services
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
_KNOWN = ("q", "state", "sort", "page", "lang", "done")
_SORTS = {
    "task": "j.task",
    "state": "j.state",
    "created": "j.created_at",
    "seconds": "j.finished_at - j.started_at",
}
_LIST = (
    "SELECT j.*, o.title AS organisation, count(*) OVER () AS total,"
    " extract(epoch FROM coalesce(j.finished_at, now()) - j.started_at) AS seconds"
    " FROM app.job j LEFT JOIN app.organisation o ON o.id = j.organisation_id"
    " WHERE (CAST(:state AS text) IS NULL OR j.state = :state)"
    " AND (CAST(:q AS text) IS NULL OR j.task ILIKE '%' || :q || '%' OR j.message ILIKE '%' || :q || '%')"
    " ORDER BY {}, j.id DESC LIMIT :limit OFFSET :offset"
)


@blueprint.get("/admin/jobs")
@requires("jobs:read")
def list_jobs() -> str:
    """Jobs, the newest first."""
    asked = Parameters(request.args.to_dict(), known=_KNOWN)
    state = asked.choice("state", STATES, "") or None
    statement = text(_LIST.format(lists.order(asked, _SORTS, "-created")))
    values = {"state": state, "q": asked.text("q", 100), **lists.window(asked)}
    with services().database.read(require()) as connection:
        found = lists.Listed(connection.execute(statement, values).all(), lists.number(asked))
    return service.page("admin/jobs.html", found=found, states=STATES, state=state, q=values["q"] or "")


@blueprint.post("/admin/jobs/<uuid:job_id>/cancel")
@requires("jobs:read")
def cancel_job(job_id: UUID) -> Response:
    """Ask a job to stop."""
    with services().database.write(require()) as connection:
        jobs.cancel(connection, job_id)
    return service.see("/admin/jobs")
