# SPDX-License-Identifier: EUPL-1.2
"""`/csw`: key-value pairs by GET, XML by POST, SOAP envelopes too."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from catalogue import service
from catalogue.csw import answers, documents, pairs, soap
from catalogue.csw.capabilities import capabilities
from catalogue.csw.domain import values
from catalogue.csw.model import (
    DescribeRecord,
    GetCapabilities,
    GetDomain,
    GetRecordById,
    GetRecords,
    Operation,
    Transaction,
    Version,
)
from catalogue.csw.searching import search
from catalogue.csw.transaction import transact
from catalogue.encodings import atom
from sdi import xmlsafe
from sdi.errors import BramaError, NotFound, Unsupported
from sdi.web.context import base_url, services
from sdi.web.ows import Dialect, exception_report, handle
from sdi.web.rights import public

blueprint = Blueprint("csw", __name__)
_XML = "application/xml; charset=utf-8"


def _dialect() -> Dialect:
    """The report of the version that was asked for, as far as that can be told of a request that is refused."""
    folded = {name.lower(): value for name, value in request.args.items()}
    asked = folded.get("acceptversions", "") or folded.get("version", "")
    return Dialect.OWS_2_0 if asked.startswith("3.0") or b"cat/csw/3.0" in _head() else Dialect.OWS_1_0


def _head() -> bytes:
    try:
        return request.get_data()[:4_000]
    except HTTPException:  # a body that is too large is no body
        return b""


handle(blueprint, _dialect)


@blueprint.get("/csw")
@public
def get() -> Response:
    """An operation asked for by key-value pairs."""
    return _answer(pairs.read(request.args.to_dict()))


@blueprint.post("/csw")
@public
def post() -> Response:
    """An operation asked for by an XML document, in a SOAP envelope or not, or by a form of key-value pairs."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return _answer(pairs.read(request.form.to_dict()))
    root = xmlsafe.parse(request.get_data(), limit=services().settings.limits.body_bytes)
    if not soap.is_envelope(root):
        return _answer(documents.read(root))
    try:
        answer = _answer(documents.read(soap.content(root)))
    except BramaError as error:
        report = exception_report(error, _dialect())
        return Response(soap.fault(root, error, report.data), report.status_code, report.headers,
                        content_type=soap.media_type(root))  # fmt: skip
    return Response(soap.envelope(root, answer.data), content_type=soap.media_type(root))


def _answer(asked: Operation) -> Response:
    match asked:
        case GetCapabilities():
            body = capabilities(services().settings.site, base_url(), asked.sections, asked.version)
        case DescribeRecord():
            if asked.version is Version.V3:
                raise Unsupported("CSW 3.0 has no DescribeRecord; see GetCapabilities.", locator="request")
            body = answers.schemas(asked)
        case GetDomain():
            body = answers.domains(asked, values(asked))
        case GetRecords():
            return _records(asked)
        case GetRecordById():
            body = _by_id(asked)
        case Transaction():
            body = transact(asked)
    return Response(body, content_type=_XML)


def _records(asked: GetRecords) -> Response:
    found = search(asked)
    if asked.atom:
        return Response(atom.feed(found, asked.start, asked.limit, service.publisher()), content_type=atom.MEDIA_TYPE)
    return Response(answers.search_results(found, asked, service.publisher()), content_type=_XML)


def _by_id(asked: GetRecordById) -> bytes:
    ids = [other for one in asked.ids for other in dict.fromkeys((one, one.removeprefix("urn:uuid:")))]
    found = service.records(ids)
    if asked.version is Version.V3 and not found:
        raise NotFound(f"There is no record {asked.ids[0][:80]!r}.", locator="id")
    return answers.records_by_id(found, asked, service.publisher())
