# SPDX-License-Identifier: EUPL-1.2
"""Following and cancelling background work."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from sdi.errors import Unauthenticated
from sdi.jobs import service
from sdi.people.model import Principal
from sdi.web.context import principal, services
from sdi.web.openapi import Operation, operation

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/api/jobs/<uuid:job_id>")
@operation(Operation("State, progress and result of a job", "Jobs", scope="", path={"job_id": "Id of the job"}))
def show(job_id: UUID) -> Response:
    """State, progress and result of a job of the caller's organisation."""
    with services().database.read(_caller()) as connection:
        return jsonify(service.status(connection, job_id))


@blueprint.delete("/api/jobs/<uuid:job_id>")
@operation(Operation("Ask a job to stop", "Jobs", scope="", path={"job_id": "Id of the job"}))
def cancel(job_id: UUID) -> Response:
    """Ask the job to stop."""
    with services().database.write(_caller()) as connection:
        service.cancel(connection, job_id)
        return jsonify(service.status(connection, job_id))


def _caller() -> Principal:
    caller = principal()
    if caller is None:
        raise Unauthenticated("Jobs are seen by the organisation that started them: send a token.")
    return caller
