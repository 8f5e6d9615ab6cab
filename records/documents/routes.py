# SPDX-License-Identifier: EUPL-1.2
"""`/<path of a kind>/<id>/documents`: files of a record taken and sent, and where the record is as GeoJSON."""

import tempfile
from datetime import date
from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, redirect, request, send_file
from werkzeug.wrappers import Response as Answer

from records import service as records
from records.addresses import address, of_each_kind
from records.documents import service
from records.documents.service import Upload
from records.known import kind as known_kind
from records.schema import InvalidRecord
from sdi.objects import Objects
from sdi.web.context import principal, require, services
from sdi.web.i18n import gettext

blueprint = Blueprint("records_documents", __name__)
_INLINE = ("application/pdf", "image/png", "image/jpeg", "image/webp")
_FORM_BYTES = 100_000


@of_each_kind(blueprint, "/<uuid:record>/documents", "POST", needs="write")
def document_add(kind_id: str, record: UUID) -> Answer:
    """Take a file with its title and date."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    settings, database = services().settings, services().database
    records.read(database, caller, kind_id, record)
    request.max_content_length = settings.documents.bytes + _FORM_BYTES
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidRecord({"file": gettext("Choose a file.")})
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    with tempfile.NamedTemporaryFile(prefix="brama-document-") as received:
        file.save(received)
        received.flush()
        upload = Upload(
            Path(received.name), name, request.form.get("title", ""), _date(request.form.get("dated", "")),
            "is_public" in request.form, _uuid(request.form.get("replaces", "")),
        )  # fmt: skip
        service.add(database, settings, caller, record, upload)
    return redirect(address(kind, record), 303)


@of_each_kind(blueprint, "/<uuid:record>/documents/<uuid:document>")
def document_file(kind_id: str, record: UUID, document: UUID) -> Response:
    """The file itself; pictures and PDF are shown, the rest is saved."""
    known_kind(kind_id)
    row = service.read(services().database, principal(), record, document)
    return _sent(row["object_key"], row["media_type"], row["name"])


@of_each_kind(blueprint, "/<uuid:record>/documents/<uuid:document>/preview")
def document_preview(kind_id: str, record: UUID, document: UUID) -> Response:
    """A small picture of it."""
    known_kind(kind_id)
    row = service.read(services().database, principal(), record, document)
    return _sent(row["preview_key"] or "", "image/jpeg", "preview.jpg")


@of_each_kind(blueprint, "/<uuid:record>/place.geojson")
def record_place(kind_id: str, record: UUID) -> Response:
    """Where the record is, as a GeoJSON feature in CRS84."""
    current = records.read(services().database, principal(), kind_id, record)
    shape = current.row["shape"] or "null"
    body = f'{{"type":"Feature","id":"{record}","geometry":{shape},"properties":{{}}}}'
    return Response(body, content_type="application/geo+json", headers={"Cache-Control": "private, no-cache"})


def _sent(key: str, media_type: str, name: str) -> Response:
    path = Objects(services().settings).path(key)
    attached = media_type not in _INLINE
    response = send_file(path, media_type, as_attachment=attached, download_name=name, etag=key.replace("/", ""))
    response.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise InvalidRecord({"dated": gettext("Write a date as 2026-11-28.")}) from error


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written) if written else None
    except ValueError as error:
        raise InvalidRecord({"replaces": gettext("This names no document.")}) from error
