# SPDX-License-Identifier: EUPL-1.2
"""Documents of OGC 18-062r2: processes, executions and results as JSON."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import Row

from layers.processes.inputs import described
from layers.processes.model import GEOJSON, JSON, Process
from sdi.web.context import base_url
from sdi.web.i18n import gettext as _

HTML = "text/html"
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0"
Document = dict[str, Any]


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, dict(headers or {}), content_type=JSON)


def link(path: str, rel: str, media_type: str = JSON, title: str | None = None) -> Document:
    """A link to an address under `/ogc`."""
    made = {"href": f"{base_url()}/ogc{path}", "rel": rel, "type": media_type}
    return made if title is None else {**made, "title": title}


def both(path: str) -> list[Document]:
    """`self` and `alternate` of a resource."""
    return [link(f"{path}?f=json", "self"), link(f"{path}?f=html", "alternate", HTML)]


def summary(process: Process) -> Document:
    """A process in the list (processSummary.yaml)."""
    path = f"/processes/{process.id}"
    return {
        "id": process.id,
        "version": process.version,
        "title": _(process.title),
        "description": _(process.description),
        "keywords": list(process.keywords),
        "jobControlOptions": ["sync-execute", "async-execute", "dismiss"],
        "outputTransmission": ["value", "reference"],
        "links": [
            *both(path),
            link(f"{path}/execution", f"{OGC_REL}/execute", title=_("Start")),
            link("/jobs?f=json", f"{OGC_REL}/job-list", title=_("Jobs")),
        ],
    }


def description(process: Process) -> Document:
    """A process in full (process.yaml)."""
    inputs = {
        name: {"title": _(title), "minOccurs": int(required), "maxOccurs": 1, "schema": schema}
        for name, (title, required, schema) in described(process.inputs).items()
    }
    return summary(process) | {
        "inputs": inputs,
        "outputs": {"result": {"title": _("Result"), "schema": process.output}},
    }


def status(found: Row[Any]) -> Document:
    """An execution (statusInfo.yaml)."""
    path = f"/jobs/{found.id}"
    links = both(path)
    if found.status in ("successful", "failed"):
        links.append(link(f"{path}/results", f"{OGC_REL}/results", found.media_type or JSON, _("Result")))
    times = {"created": found.created_at, "started": found.started_at, "finished": found.finished_at,
             "updated": found.updated_at}  # fmt: skip
    return {
        "processID": found.process,
        "type": "process",
        "jobID": str(found.id),
        "status": found.status,
        "message": found.message,
        "progress": round(found.progress * 100),
        **{name: _moment(value) for name, value in times.items() if value is not None},
        "links": links,
    }


def document_result(media_type: str, path: Path) -> Document:
    """The result as a member of the results document (results.yaml)."""
    content = path.read_bytes()
    if media_type in (JSON, GEOJSON):
        value = json.loads(content)
        return {"result": value if media_type == JSON else {"value": value, "mediaType": media_type}}
    encoded = base64.b64encode(content).decode()
    return {"result": {"value": encoded, "encoding": "base64", "mediaType": media_type}}


def reference(execution: UUID, media_type: str) -> Document:
    """A link to the result itself (link.yaml)."""
    return {"href": f"{base_url()}/ogc/jobs/{execution}/results/result", "type": media_type}


def _moment(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
