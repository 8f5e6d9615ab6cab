# SPDX-License-Identifier: EUPL-1.2
"""Web maps of every origin may use the services (the CORS protocol of the Fetch standard).

Nothing is told by cookies: a caller sends its token itself, so a page of another origin learns only what its user
gave it. Credentials of the browser are never allowed.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Wsgi = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]
_ANY = ("Access-Control-Allow-Origin", "*")
_SHOWN = ("Access-Control-Expose-Headers", "*")
_PREFLIGHT = [
    _ANY,
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, *"),
    ("Access-Control-Max-Age", "7200"),
]


def open_to_all(inner: Wsgi) -> Wsgi:
    """The application `inner`, whose answers may be read by pages of other origins."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            start_response("204 No Content", list(_PREFLIGHT))
            return ()

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, _ANY, _SHOWN], *error)

        return inner(environ, begin)

    return application
