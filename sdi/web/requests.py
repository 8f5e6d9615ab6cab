# SPDX-License-Identifier: EUPL-1.2
"""Around every request: its id, one log line, metrics, and headers that browsers should get."""

import json
import re
import time

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

from sdi.db.database import REQUEST
from sdi.ids import uuid7
from sdi.web.context import session_secret

_AGENT = 300
_log = structlog.get_logger()
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_BUCKETS = (0.005, 0.02, 0.1, 0.5, 2, 10)
REQUESTS = Counter("brama_requests_total", "Requests answered", ["endpoint", "status"])
SECONDS = Histogram("brama_request_seconds", "Time to the answer's first byte", ["endpoint"], buckets=_BUCKETS)


def install(app: Flask) -> None:
    """Run before and after every request of `app`."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def request_id(sent: str) -> str:
    """The client's own id of a request where it is fit to be logged, else a new one."""
    return sent if _CLIENT_ID.fullmatch(sent) else str(uuid7())


def observe(endpoint: str, status: int, seconds: float) -> None:
    """Count an answer."""
    REQUESTS.labels(endpoint, status).inc()
    SECONDS.labels(endpoint).observe(seconds)


def _begin() -> None:
    g.request_id = request_id(request.headers.get("X-Request-Id", ""))
    g.started = time.perf_counter()
    REQUEST.set(_origin())


def _origin() -> str:
    told = {
        "id": g.request_id,
        "address": request.remote_addr or "",
        "agent": request.headers.get("User-Agent", "").replace("\x00", "")[:_AGENT],
    }
    return json.dumps(told)


def _forget(_error: BaseException | None) -> None:
    REQUEST.set("")


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.started
    observe(request.endpoint or "none", response.status_code, seconds)
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html" and session_secret() and not response.cache_control.no_store:
        response.headers["Cache-Control"] = "private, no-cache"  # its header names the person
    if response.status_code >= 400 or seconds > 1:
        _log.info(
            "request",
            request_id=g.request_id,
            method=request.method,
            path=request.path,
            status=response.status_code,
            seconds=round(seconds, 4),
        )
    return response
