# SPDX-License-Identifier: EUPL-1.2
"""`/csw`: key-value pairs by GET, XML by POST."""

from uuid import UUID

from flask import Blueprint, Response, request

from catalogue import service
from catalogue.csw import answers, documents, pairs
from catalogue.csw.capabilities import capabilities
from catalogue.csw.constraint import condition, order
from catalogue.csw.model import DescribeRecord, GetCapabilities, GetRecordById, GetRecords, Operation
from catalogue.store import Search
from sdi.web.context import base_url, services
from sdi.web.ows import Dialect, handle
from sdi.web.rights import public

blueprint = Blueprint("csw", __name__)
handle(blueprint, Dialect.OWS_1_0)


@blueprint.get("/csw")
@public
def get() -> Response:
    """An operation asked for by key-value pairs."""
    return _answer(pairs.read(request.args.to_dict()))


@blueprint.post("/csw")
@public
def post() -> Response:
    """An operation asked for by an XML document, or by a form of key-value pairs."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return _answer(pairs.read(request.form.to_dict()))
    return _answer(documents.read(request.get_data(), services().settings.limits.body_bytes))


def _answer(asked: Operation) -> Response:
    match asked:
        case GetCapabilities():
            body = capabilities(services().settings.site, base_url(), asked.sections)
        case DescribeRecord():
            body = answers.schemas(asked.types)
        case GetRecords():
            body = _search(asked)
        case GetRecordById():
            body = answers.records_by_id(service.records(_ids(asked)), asked, service.publisher())
    return Response(body, content_type="application/xml; charset=utf-8")


def _search(asked: GetRecords) -> bytes:
    where = () if asked.constraint is None else (condition(asked.constraint),)
    limit = 0 if asked.hits else asked.limit
    found = service.search(Search(where, order(asked.order), asked.start - 1, limit))
    return answers.search_results(found, asked, service.publisher())


def _ids(asked: GetRecordById) -> list[UUID]:
    """Those of the ids that a record of ours can have."""
    found = []
    for text in asked.ids:
        try:
            found.append(UUID(text.removeprefix("urn:uuid:")))
        except ValueError:
            continue
    return found
