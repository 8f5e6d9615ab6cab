# SPDX-License-Identifier: EUPL-1.2
"""Errors as the exception reports of OWS services, and the handlers that make them for a whole blueprint."""

from collections.abc import Callable
from enum import Enum

from flask import Blueprint, Response
from lxml import etree
from werkzeug.exceptions import HTTPException

from sdi.errors import BramaError, InvalidParameter, TooLarge
from sdi.web.problems import as_refusal

_OWS_1_0 = "http://www.opengis.net/ows"
_OWS_1_1 = "http://www.opengis.net/ows/1.1"
_OWS_2_0 = "http://www.opengis.net/ows/2.0"
_OGC = "http://www.opengis.net/ogc"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XML = "application/xml; charset=utf-8"

# What XML 1.0 cannot hold (section 2.2); messages quote what callers sent.
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535))


class Dialect(Enum):
    """The report that a service's version prescribes."""

    OWS_1_0 = "CSW 2.0.2 (OGC 05-008, clause 8)"
    OWS_1_1 = "WMTS 1.0 (OGC 06-121r9, clause 8)"
    OWS_2_0 = "CSW 3.0 (OGC 06-121r9, clause 8)"
    WFS_2_0 = "WFS 2.0 (OGC 09-025r2, clause 7.5)"
    WMS_1_3 = "WMS 1.3.0 (OGC 06-042, clause 6.11 and table E.1)"
    WMS_1_1 = "WMS 1.1.1 (OGC 01-068r3, clause 6.7 and table A.1)"


# Codes of WMS by the parameter at fault; any other fault has no code there.
_WMS_CODES = {
    "layers": "LayerNotDefined",
    "layer": "LayerNotDefined",
    "query_layers": "LayerNotDefined",
    "styles": "StyleNotDefined",
    "style": "StyleNotDefined",
    "format": "InvalidFormat",
    "info_format": "InvalidFormat",
    "crs": "InvalidCRS",
    "srs": "InvalidSRS",
    "i": "InvalidPoint",
    "j": "InvalidPoint",
    "x": "InvalidPoint",
    "y": "InvalidPoint",
}


def exception_report(error: BramaError, dialect: Dialect) -> Response:
    """The report of `error` in the dialect, with the HTTP status of the error.

    WMS and OWS 1.0 leave the status open (clients that look only at it still see a failure); OWS 1.1 table 27 gives it.
    """
    return _answer(error, dialect, error.status)


def handle(blueprint: Blueprint, dialect: Dialect | Callable[[], Dialect]) -> None:
    """Answer every error in `blueprint` with exception reports; a callable chooses the dialect for each request."""

    def chosen() -> Dialect:
        return dialect() if callable(dialect) else dialect

    def http(error: HTTPException) -> Response:
        status = error.code or 500
        if status == 413:
            return exception_report(TooLarge("The request's body is larger than this address takes."), chosen())
        answer = _answer(InvalidParameter(error.description or error.name), chosen(), status)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After", "Location"):
                answer.headers[name] = value
        return answer

    blueprint.register_error_handler(HTTPException, http)
    blueprint.register_error_handler(Exception, lambda error: exception_report(as_refusal(error), chosen()))


def _answer(error: BramaError, dialect: Dialect, status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="brama", Basic realm="brama"'
    if status == 503:
        headers["Retry-After"] = "2"
    if dialect in (Dialect.WMS_1_3, Dialect.WMS_1_1):
        body, media_type = _service_exception(error, dialect)
    else:
        body, media_type = _ows(error, dialect), _XML
    return Response(body, status, headers, content_type=media_type)


def _ows(error: BramaError, dialect: Dialect) -> bytes:
    namespace, version, language = _OWS_1_1, "1.1.0", _XML_LANG
    if dialect is Dialect.OWS_1_0:
        namespace, version, language = _OWS_1_0, "1.0.0", "language"
    if dialect is Dialect.OWS_2_0:
        namespace, version = _OWS_2_0, "3.0.0"
    if dialect is Dialect.WFS_2_0:
        version = "2.0.0"
    root = etree.Element(f"{{{namespace}}}ExceptionReport", nsmap={"ows": namespace})
    root.set("version", version)
    root.set(language, "en")
    exception = etree.SubElement(root, f"{{{namespace}}}Exception", exceptionCode=error.ows)
    if error.locator:
        exception.set("locator", _clean(error.locator))
    etree.SubElement(exception, f"{{{namespace}}}ExceptionText").text = _clean(error.message)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _service_exception(error: BramaError, dialect: Dialect) -> tuple[bytes, str]:
    if dialect is Dialect.WMS_1_3:
        root = etree.Element(f"{{{_OGC}}}ServiceExceptionReport", nsmap={None: _OGC}, version="1.3.0")  # type: ignore[dict-item]
        exception = etree.SubElement(root, f"{{{_OGC}}}ServiceException")
        media_type = "text/xml; charset=utf-8"
    else:
        root = etree.Element("ServiceExceptionReport", version="1.1.1")
        exception = etree.SubElement(root, "ServiceException")
        media_type = "application/vnd.ogc.se_xml"
    if code := _wms_code(error):
        exception.set("code", code)
    if error.locator and dialect is Dialect.WMS_1_3:
        exception.set("locator", _clean(error.locator))
    exception.text = _clean(error.message)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True), media_type


_WMS_OWN = frozenset(
    {
        "OperationNotSupported",
        "LayerNotQueryable",
        "CurrentUpdateSequence",
        "InvalidUpdateSequence",
        "MissingDimensionValue",
        "InvalidDimensionValue",
    }
)


def _wms_code(error: BramaError) -> str | None:
    if error.ows in _WMS_OWN:
        return error.ows
    if error.ows in ("InvalidParameterValue", "NotFound") and not isinstance(error, TooLarge):
        return _WMS_CODES.get((error.locator or "").lower())
    return None


def _clean(text: str) -> str:
    return text.translate(_FORBIDDEN)
