# SPDX-License-Identifier: EUPL-1.2
"""`/<path of a kind>/import`: a list in two steps, the file with its columns, then what each column is."""

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from records.addresses import address, of_each_kind
from records.importing import service
from records.known import kind as known_kind
from records.model import Kind
from records.schema import InvalidRecord
from sdi.errors import InvalidParameter, TooLarge
from sdi.objects import Objects
from sdi.web.context import require, services
from sdi.web.i18n import gettext

blueprint = Blueprint("records_importing", __name__)


@of_each_kind(blueprint, "/import", needs="write")
def import_start(kind_id: str) -> str:
    """Where a file is chosen."""
    return _page(known_kind(kind_id))


@of_each_kind(blueprint, "/import", "POST", needs="write")
def import_file(kind_id: str) -> Answer:
    """Take the file and show its columns, each with the field that it seems to be."""
    kind = known_kind(kind_id)
    request.max_content_length = service.MOST_BYTES + 100_000
    file = request.files.get("file")
    suffix = Path(file.filename or "").suffix.lower() if file else ""
    if file is None or suffix not in service.SUFFIXES:
        said = gettext("Choose a CSV, GeoPackage, GeoJSON or zipped Shapefile.")
        return make_response(_page(kind, problem=said), 422)
    with tempfile.NamedTemporaryFile(prefix="brama-list-") as received:
        file.save(received)
        received.flush()
        if Path(received.name).stat().st_size > service.MOST_BYTES:
            raise TooLarge(f"A list has at most {service.MOST_BYTES:,} bytes.", locator="file")
        key = Objects(services().settings).put(Path(received.name), suffix)
    table = service.read(Objects(services().settings).path(key), suffix)
    return make_response(_page(kind, key=key, table=table, mapping=service.guess(kind, table.columns)))


@of_each_kind(blueprint, "/import/records", "POST", needs="write")
def import_records(kind_id: str) -> Answer:
    """Make the records, or show every row's mistakes."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    key = request.form.get("key", "")
    suffix = Path(key).suffix
    if suffix not in service.SUFFIXES:
        raise InvalidParameter("The form names no list.", locator="key")
    table = service.read(Objects(services().settings).path(key), suffix)
    mapping = {name.removeprefix("column-"): column for name, column in request.form.items()
               if name.startswith("column-") and column in table.columns}  # fmt: skip
    try:
        report = service.bring_in(services().database, caller, kind, table, mapping)
    except InvalidRecord as refusal:
        return make_response(_page(kind, key=key, table=table, mapping=mapping, problem=refusal.message), 422)
    if report.mistakes:
        return make_response(_page(kind, key=key, table=table, mapping=mapping, report=report), 422)
    return redirect(address(kind), 303)


def _page(kind: Kind, **told: Any) -> str:
    names = [("title", gettext("Title")), ("number", gettext("Number")), ("commune", gettext("Commune (TERYT)"))]
    return render_template("records/import.html", kind=kind, address=address, names=names,
                           most=service.SHOWN_MISTAKES, **told)  # fmt: skip
