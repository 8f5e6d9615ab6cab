# SPDX-License-Identifier: EUPL-1.2
"""Loading over HTTP: an upload becomes a job. Reading files is the job worker's work; nothing here knows formats."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Row, text
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wsgi import get_input_stream

from ingest import uploads
from sdi.errors import Forbidden, InvalidParameter, MissingParameter, TooLarge, Unprocessable
from sdi.jobs import service as jobs
from sdi.people.model import Principal
from sdi.web.context import base_url, require, services
from sdi.web.openapi import Operation, operation
from sdi.web.parameters import Parameters
from sdi.web.rights import requires

blueprint = Blueprint("ingest", __name__)
_FORM_BYTES = 100_000
_FORM_PARTS = 50


@blueprint.post("/api/ingest")
@requires("ingest")
@operation(
    Operation(
        "Load a file: it becomes a job",
        "Ingest",
        body={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    **{name: {"type": "string"} for name in uploads.OPTIONS},
                },
            }
        },
        scope="ingest",
        success=202,
    )
)
def upload() -> tuple[Response, int, dict[str, str]]:
    """Take a file (`multipart/form-data`, part `file`) with options; 202 with the job's address in `Location`."""
    caller = require("ingest")
    path = uploads.new(services().settings.data)
    try:
        form, name = _receive(path)
        options = _options(form)
        with services().database.write(caller) as connection:
            organisation = _organisation(connection.execute(_SLUGS).all(), caller, options.get("organisation"))
            account = str(caller.account_id)
            args = {**options, "organisation": organisation, "account": account, "upload": path.name, "name": name}
            job = jobs.enqueue(connection, uploads.TASK, args)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return jsonify({"job": str(job)}), 202, {"Location": f"{base_url()}/api/jobs/{job}"}


_SLUGS = text("SELECT id, slug FROM app.organisation WHERE id = ANY ((SELECT sdi.organisations())::uuid[])")


def _receive(path: Path) -> tuple[MultiDict[str, str], str]:
    """Stream the body's file to `path`; the form's other fields and the file's own name."""
    limit = services().settings.limits.upload_bytes
    request.max_content_length = limit
    if request.mimetype != "multipart/form-data":
        raise InvalidParameter("Send the file as multipart/form-data, in a part named `file`.", locator="file")
    if (request.content_length or 0) > limit:
        raise TooLarge(f"The upload is over {limit:,} bytes.", locator="file")
    files_seen: list[IO[bytes]] = []

    def store(*_: object, **__: object) -> IO[bytes]:
        if files_seen:
            raise Unprocessable("One file is taken at a time; put several in one ZIP archive.", locator="file")
        files_seen.append(uploads.open_new(path))
        return files_seen[0]

    parser = FormDataParser(
        stream_factory=store, max_form_memory_size=_FORM_BYTES, max_content_length=limit, max_form_parts=_FORM_PARTS
    )
    stream = get_input_stream(request.environ, max_content_length=limit)
    try:
        _, form, files = parser.parse(stream, request.mimetype, request.content_length, request.mimetype_params)
    except RequestEntityTooLarge as error:
        raise TooLarge(f"The upload is over {limit:,} bytes, or its form over {_FORM_BYTES:,}.") from error
    finally:
        for file in files_seen:
            file.close()
    return form, _name(files.get("file"))


def _name(file: FileStorage | None) -> str:
    if file is None:
        raise MissingParameter("The part `file` is missing.", locator="file")
    name = (file.filename or "upload").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:200] or "upload"


def _options(form: Mapping[str, str]) -> dict[str, str]:
    parameters = Parameters(form, known=uploads.OPTIONS)
    return {name: value for name in uploads.OPTIONS if (value := parameters.text(name)) is not None}


def _organisation(rows: Sequence[Row[Any]], caller: Principal, asked: str | None) -> str:
    """The slug of the organisation the layer will belong to: the caller's own, or one the caller may act for."""
    slugs = {row.id: row.slug for row in rows}
    if asked is None:
        return str(slugs[caller.organisation_id])
    if asked not in slugs.values():
        raise Forbidden(f"The token does not belong to the organisation {asked[:80]!r}.", locator="organisation")
    return asked
