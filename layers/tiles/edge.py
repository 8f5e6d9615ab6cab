# SPDX-License-Identifier: EUPL-1.2
"""Answers public tiles before the web framework is asked: again, from memory, or made by a short path."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from sdi.web.requests import observe, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Wsgi = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]
Make = Callable[[str, str, str | None], "Kept | None"]
_KEPT = "brama.tiles.kept"
_PREFIXES = ("/ogc/", "/wmts")
_ANYTHING = "*/*"
_OVERHEAD = 1_500
"""Bytes that an answer without content takes in memory."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that holds for whoever asks without a token, while the registry stays at `generation`.

    One that is not `lasting` is given once.
    """

    generation: int
    endpoint: str
    etag: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    lasting: bool = True


def keep(generation: int, etag: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    """Let this request's answer be given again; only for a request whose every parameter is in its address."""
    request.environ[_KEPT] = Kept(generation, request.endpoint or "none", etag, tuple(headers), body)


class Edge:
    """A WSGI application in front of another; `generation` counts the registry's changes.

    `make` gives the answer to an address, its query and the organisation before it, or None for all that it leaves to
    the other application: refusals among them, so that they are told in one place.
    """

    def __init__(self, inner: Wsgi, generation: Callable[[], int], limit: int, make: Make) -> None:
        self._inner = inner
        self._make = make
        self._generation = generation
        self._limit = limit
        self._lock = threading.Lock()
        self._answers: OrderedDict[Any, Kept] = OrderedDict()
        self._size = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if not path.startswith(_PREFIXES) or environ["REQUEST_METHOD"] != "GET" or "HTTP_AUTHORIZATION" in environ:
            return self._inner(environ, start_response)
        begun = time.perf_counter()
        # What is said in a tile depends on no language; its format may depend on what the client takes.
        key = (environ.get("brama.organisation"), path, environ["QUERY_STRING"], environ.get("HTTP_ACCEPT"))
        found = self._find(key) or self._made(key, environ)
        if found is not None:
            return _told(found, environ, start_response, begun)
        answer = self._inner(environ, start_response)
        made: Kept | None = environ.get(_KEPT)
        if made is not None:
            self._keep(key, made)
        return answer

    def _made(self, key: Any, environ: "WSGIEnvironment") -> Kept | None:
        if environ.get("HTTP_ACCEPT", _ANYTHING) != _ANYTHING and "f=" not in environ["QUERY_STRING"]:
            return None
        made = self._make(environ["PATH_INFO"], environ["QUERY_STRING"], environ.get("brama.organisation"))
        if made is not None and made.lasting:
            self._keep(key, made)
        return made

    def _find(self, key: Any) -> Kept | None:
        found = self._answers.get(key)
        if found is None or found.generation != self._generation():
            return None
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
        return found

    def _keep(self, key: Any, made: Kept) -> None:
        if len(made.body) + _OVERHEAD > self._limit / 8:
            return
        with self._lock:
            self._forget(key)
            self._answers[key] = made
            self._size += len(made.body) + _OVERHEAD
            while self._size > self._limit:
                self._forget(next(iter(self._answers)))

    def _forget(self, key: Any) -> None:
        gone = self._answers.pop(key, None)
        if gone is not None:
            self._size -= len(gone.body) + _OVERHEAD


def _told(found: Kept, environ: "WSGIEnvironment", start_response: "StartResponse", begun: float) -> Iterable[bytes]:
    named = ("X-Request-Id", request_id(environ.get("HTTP_X_REQUEST_ID", "")))
    same = found.etag in environ.get("HTTP_IF_NONE_MATCH", "")
    status, code, body = ("304 Not Modified", 304, b"") if same else ("200 OK", 200, found.body)
    if not (same or body):
        status, code = "204 No Content", 204
    start_response(status, [*found.headers, named] if body else [*_without_content(found.headers), named])
    observe(found.endpoint, code, time.perf_counter() - begun)
    return [body] if body else []


def _without_content(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return (pair for pair in headers if pair[0] not in ("Content-Type", "Content-Length"))
