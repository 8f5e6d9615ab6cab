# SPDX-License-Identifier: EUPL-1.2
"""`/ogc/processes` and `/ogc/jobs` (OGC 18-062r2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import Row
from werkzeug.wrappers import Response as AnyResponse

from layers.items.values import parse_interval
from layers.processes import documents, execute
from layers.processes.catalogue import PROCESSES, process
from layers.processes.inputs import described
from layers.processes.model import GEOJSON, JSON, TIFF, ProcessRefusal
from layers.processes.service import Executions
from layers.processes.store import Listing
from layers.service import visible, visible_layers
from sdi.errors import BramaError, InvalidParameter
from sdi.web.context import base_url, principal, services
from sdi.web.i18n import gettext as _
from sdi.web.negotiation import negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.parameters import Parameters
from sdi.web.problems import problem
from sdi.web.rights import public

blueprint = Blueprint("processes", __name__, template_folder="templates")
_FORMAT = Parameter("f", "Representation, before the Accept header", {"type": "string", "enum": ["json", "html"]})
_LANGUAGE = Parameter("lang", "Language of texts", {"type": "string", "enum": ["pl", "en"]})
_MOST, _PAGE = 1_000, 100
_LIMIT = Parameter(
    "limit", "Most entries", {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _PAGE}, explode=False
)
_ANSWERS: Mapping[str, Mapping[str, Any]] = {JSON: {"type": "object"}, "text/html": {"type": "string"}}
_RESULTS: Mapping[str, Mapping[str, Any]] = {
    JSON: {}, GEOJSON: {"type": "object"}, TIFF: {"type": "string", "format": "binary"},
}  # fmt: skip
_STATUSES = ("accepted", "running", "successful", "failed", "dismissed")
_NAMES = {"type": "array", "items": {"type": "string"}}
_SECONDS = {"type": "integer", "minimum": 0}
_PROCESS = {"process_id": "Id of a process"}
_JOB = {"job_id": "Id of a job"}
_FORM = "application/x-www-form-urlencoded"
_PAGES: Mapping[str, Mapping[str, Any]] = {"text/html": {"type": "string"}}


@blueprint.errorhandler(ProcessRefusal)
def _refused(error: ProcessRefusal) -> Response:
    more = {"type": error.uri} if error.uri else {}
    return problem(error.status, error.code, error.code.replace("-", " ").capitalize(), error.message, **more)


@blueprint.get("/ogc/processes")
@public
@operation(Operation("Processes that are offered", "Processes", (_FORMAT, _LANGUAGE, _LIMIT), _ANSWERS))
def list_processes() -> Response | str:
    """The list of processes (OGC 18-062r2, 7.9)."""
    limit = Parameters(request.args, known=("f", "lang", "limit")).integer("limit", _PAGE, 1, _MOST)
    shown = list(PROCESSES.values())[:limit]
    if negotiate() == "html":
        return render_template("processes/list.html", processes=[documents.summary(one) for one in shown])
    links = documents.both("/processes")
    return documents.answer({"processes": [documents.summary(one) for one in shown], "links": links})


@blueprint.get("/ogc/processes/<process_id>")
@public
@operation(
    Operation("A process, its inputs and its result", "Processes", (_FORMAT, _LANGUAGE), _ANSWERS, path=_PROCESS)
)
def show_process(process_id: str) -> Response | str:
    """The description of a process (7.10), as a page with a form that starts it."""
    Parameters(request.args, known=("f", "lang"))
    found = process(process_id)
    return _form(process_id) if negotiate() == "html" else documents.answer(documents.description(found))


def _form(process_id: str, error: BramaError | None = None) -> str:
    found = process(process_id)
    kinds = {"vector": [], "raster": []}  # type: dict[str, list[Any]]
    for layer in visible_layers().values():
        kinds[layer.kind].append(layer)
    return render_template(
        "processes/process.html",
        process=documents.summary(found),
        fields=described(found.inputs),
        layers=kinds,
        sent=request.form,
        error=error,
    )


@blueprint.post("/ogc/processes/<process_id>/execution")
@public
@operation(
    Operation(
        "Run a process",
        "Processes",
        (Parameter("Prefer", "`respond-async` starts a job and does not wait for it", where="header"),),
        _RESULTS,
        {201: "A job was started; its address is in Location"},
        body={
            JSON: {
                "type": "object",
                "properties": {
                    "inputs": {"type": "object"},
                    "outputs": {"type": "object"},
                    "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
                },
            },
            _FORM: {"type": "object"},
        },
        path=_PROCESS,
    )
)
def run(process_id: str) -> AnyResponse:
    """Execute (7.11): a program's request, waited for unless it prefers not to be; or a page's form."""
    Parameters(request.args, known=("lang",))
    found = process(process_id)
    if request.mimetype == _FORM:
        return _run_form(process_id)
    asked = execute.from_json(found)
    executions = _executions()
    if asked.waits:
        return _result(executions, executions.run(found, asked.inputs, asked.response, visible()))
    job = executions.submit(found, asked.inputs, asked.response, visible())
    headers = {"Location": f"{base_url()}/ogc/jobs/{job}", "Preference-Applied": "respond-async"}
    return documents.answer(documents.status(executions.find(job)), 201, headers)


def _run_form(process_id: str) -> AnyResponse:
    found = process(process_id)
    try:
        asked = execute.from_form(found)
        job = _executions().submit(found, asked.inputs, asked.response, visible())
    except BramaError as error:
        return Response(_form(process_id, error), error.status, content_type="text/html; charset=utf-8")
    return redirect(f"{base_url()}/ogc/jobs/{job}?f=html", 303)


@blueprint.get("/ogc/jobs")
@public
@operation(
    Operation(
        "The caller's own jobs",
        "Processes",
        (
            _FORMAT,
            _LANGUAGE,
            _LIMIT,
            Parameter("type", "Types of jobs", _NAMES, explode=False),
            Parameter("processID", "Ids of processes", _NAMES, explode=False),
            Parameter("status", "States", {**_NAMES, "items": {"type": "string", "enum": _STATUSES}}, explode=False),
            Parameter("datetime", "Instant or interval in which the jobs were created", explode=False),
            Parameter("minDuration", "Seconds that jobs have run at least", _SECONDS, explode=False),
            Parameter("maxDuration", "Seconds that jobs have run at most", _SECONDS, explode=False),
        ),
        _ANSWERS,
    )
)
def list_jobs() -> Response | str:
    """The list of jobs (OGC 18-062r2, clause 11): one's own; empty for who did not sign in."""
    known = ("f", "lang", "limit", "type", "processID", "status", "datetime", "minDuration", "maxDuration")
    sent = Parameters(request.args, known=known)
    asked = _listing(sent)
    types = sent.words("type", 10)
    jobs = [documents.status(one) for one in _executions().listed(asked)] if not types or "process" in types else []
    if negotiate() == "html":
        return render_template("processes/jobs.html", jobs=jobs, signed_in=principal() is not None)
    answer = documents.answer({"jobs": jobs, "links": documents.both("/jobs")})
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _listing(sent: Parameters) -> Listing:
    written = sent.text("datetime", 200)
    interval = parse_interval(written) if written else None
    statuses = tuple(sent.words("status", 10))
    for name in statuses:
        if name not in _STATUSES:
            raise InvalidParameter(
                f"There is no state {name[:40]!r}; there are: {', '.join(_STATUSES)}.", locator="status"
            )
    shortest, longest = (
        sent.integer(name, 0, 0, 10**9) if name in sent else None for name in ("minDuration", "maxDuration")
    )
    return Listing(
        limit=sent.integer("limit", _PAGE, 1, _MOST),
        processes=tuple(sent.words("processID", 50)),
        statuses=statuses,
        since=interval.start if interval else None,
        until=interval.end if interval else None,
        shortest=shortest,
        longest=longest,
    )


@blueprint.get("/ogc/jobs/<job_id>")
@public
@operation(Operation("State and progress of a job", "Processes", (_FORMAT, _LANGUAGE), _ANSWERS, path=_JOB))
def show_job(job_id: str) -> Response:
    """The state of a job (7.12)."""
    Parameters(request.args, known=("f", "lang"))
    found = _executions().find(_uuid(job_id))
    if negotiate() == "html":
        title = _(PROCESSES[found.process].title) if found.process in PROCESSES else found.process
        page = render_template("processes/job.html", job=documents.status(found), title=title, geojson=GEOJSON,
                               media_type=found.media_type)  # fmt: skip
        return _private(Response(page, content_type="text/html; charset=utf-8"))
    return _private(documents.answer(documents.status(found)))


@blueprint.delete("/ogc/jobs/<job_id>")
@public
@operation(Operation("Stop a job, or give its result up", "Processes", (_LANGUAGE,), path=_JOB))
def dismiss_job(job_id: str) -> Response:
    """Dismiss a job (OGC 18-062r2, clause 13)."""
    Parameters(request.args, known=("lang",))
    return _private(documents.answer(documents.status(_executions().dismiss(_uuid(job_id)))))


@blueprint.post("/ogc/jobs/<job_id>/dismissal")
@public
@operation(
    Operation("Stop a job from its page", "Processes", (_LANGUAGE,), {"text/html": {"type": "string"}}, path=_JOB)
)
def dismiss_from_page(job_id: str) -> AnyResponse:
    """What a page without script can send in place of DELETE; it leads back to the job."""
    _executions().dismiss(_uuid(job_id))
    return redirect(f"{base_url()}/ogc/jobs/{_uuid(job_id)}?f=html", 303)


@blueprint.get("/ogc/jobs/<job_id>/results")
@public
@operation(Operation("Result of a job", "Processes", (_LANGUAGE,), _RESULTS, path=_JOB))
def show_results(job_id: str) -> Response:
    """The result of a job (7.13), as it was asked for."""
    Parameters(request.args, known=("f", "lang"))
    executions = _executions()
    return _private(_result(executions, executions.find(_uuid(job_id))))


@blueprint.get("/ogc/jobs/<job_id>/results/result")
@public
@operation(Operation("The output of a job itself", "Processes", (_LANGUAGE,), _RESULTS, path=_JOB))
def show_output(job_id: str) -> Response:
    """What results by reference lead to: the one output, however the result was asked for."""
    Parameters(request.args, known=("f", "lang"))
    executions = _executions()
    found = executions.find(_uuid(job_id))
    return _private(_raw(found, executions.result(found)))


def _result(executions: Executions, found: Row[Any]) -> Response:
    """The result as it was asked for (OGC 18-062r2, table 11)."""
    path = executions.result(found)
    if found.response == "document":
        return documents.answer(documents.document_result(found.media_type, path))
    if found.response == "raw":
        return _raw(found, path)
    led = documents.reference(found.id, found.media_type)
    if found.response == "document-reference":
        return documents.answer({"result": led})
    return Response(status=204, headers={"Link": f'<{led["href"]}>; rel="result"; type="{led["type"]}"'})


def _raw(found: Row[Any], path: Path) -> Response:
    headers = {"Content-Length": str(path.stat().st_size)}
    if found.media_type.startswith("image/"):
        headers["Content-Disposition"] = f'attachment; filename="{found.process}.tif"'
    return Response(path.read_bytes(), headers=headers, content_type=found.media_type)


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _executions() -> Executions:
    brama = services()
    return Executions(brama.database, brama.settings, principal())


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
