# SPDX-License-Identifier: EUPL-1.2
"""Errors to answers, once: RFC 9457 problem documents for APIs and a page for people.

Packages of OWS services register `ows_error` style handlers on their own blueprints with the same classes.
"""

import json
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, g, render_template, request
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from sdi.errors import BramaError, InvalidParameter, TooBusy, TooLarge
from sdi.web.context import base_url

_log = structlog.get_logger()


def install(app: Flask) -> None:
    """Answer every error of `app`."""
    app.register_error_handler(BramaError, _refusal)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def as_refusal(error: Exception) -> BramaError:
    """What may be said to the caller of any error; what is not a refusal is logged in full and told in general."""
    if isinstance(error, BramaError):
        return error
    if isinstance(error, PoolTimeout):
        return TooBusy("Every database connection is taken; try again in a moment.")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, pg.QueryCanceled):
        return TooBusy("The query ran out of its time; ask for a smaller area, fewer items or a simpler filter.")
    if isinstance(cause, pg.DataError):
        return InvalidParameter(
            "A value of the request cannot be used with the data: it is out of range or of another type."
        )
    _log.error("request.failed", request_id=g.get("request_id"), path=request.path, exc_info=error)
    return BramaError(f"An unexpected error; the log has it under {g.get('request_id')}.")


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    """A problem document (RFC 9457), or a page for a browser."""
    if status == 401:
        headers = {"WWW-Authenticate": 'Bearer realm="brama", Basic realm="brama"'}
    else:
        headers = {"Retry-After": "2"} if status == 503 else {}
    best = request.accept_mimetypes.best_match(["application/problem+json", "text/html"])
    if best == "text/html" and request.args.get("f", "html") == "html":
        if status == 401 and request.method == "GET" and "Authorization" not in request.headers:
            return _to_sign_in()
        headers.pop("WWW-Authenticate", None)  # a browser would ask in a window of its own
        page = render_template("problem.html", status=status, title=title, detail=detail)
        return Response(page, status, headers, content_type="text/html; charset=utf-8")
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **more}
    return Response(json.dumps(body, ensure_ascii=False), status, headers, content_type="application/problem+json")


def _to_sign_in() -> Response:
    """Send a person to sign in, and back to this page then."""
    sign_in = f"{base_url()}/sign-in?{urlencode({'next': request.full_path.rstrip('?')})}"
    return Response(status=303, headers={"Location": sign_in, "Cache-Control": "no-store"})


def _refusal(error: BramaError) -> Response:
    more = {"parameter": error.locator} if error.locator else {}
    return problem(error.status, error.code, _title(error), error.message, **more)


def _title(error: BramaError) -> str:
    return error.code.replace("-", " ").capitalize()


def _http(error: HTTPException) -> Response:
    if error.code == 413:
        return _refusal(TooLarge("The request's body is larger than this address takes."))
    response = error.get_response()
    if response.status_code < 400:
        return response  # type: ignore[return-value] # a redirect raised by the router
    answer = problem(response.status_code, "http", error.name, error.description or error.name)
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer


def _unexpected(error: Exception) -> Response:
    return _refusal(as_refusal(error))
