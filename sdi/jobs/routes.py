# SPDX-License-Identifier: EUPL-1.2
"""Following and cancelling background work."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from sdi.jobs import service
from sdi.web.context import require, services
from sdi.web.openapi import Operation, operation
from sdi.web.rights import requires

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/api/jobs/<uuid:job_id>")
@requires()
@operation(Operation("State, progress and result of a job", "Jobs", scope="", path={"job_id": "Id of the job"}))
def show(job_id: UUID) -> Response:
    """State, progress and result of a job of the caller's organisation."""
    with services().database.read(require()) as connection:
        return jsonify(service.status(connection, job_id))


@blueprint.delete("/api/jobs/<uuid:job_id>")
@requires()
@operation(Operation("Ask a job to stop", "Jobs", scope="", path={"job_id": "Id of the job"}))
def cancel(job_id: UUID) -> Response:
    """Ask the job to stop."""
    with services().database.write(require()) as connection:
        service.cancel(connection, job_id)
        return jsonify(service.status(connection, job_id))
