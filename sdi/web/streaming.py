# SPDX-License-Identifier: EUPL-1.2
"""Long answers: made while they are read, few at once, and ended when their client leaves or stays away.

A long answer keeps a thread of its web worker until its last byte is taken. The server closes the answer's iterator as
soon as it cannot send any more; a client that reads nothing is cut by the kernel.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

from flask import Flask, Response, current_app, request

from sdi.errors import TooBusy
from sdi.settings import Settings

IDLE_SECONDS = 60
"""How long a client may read nothing of a long answer."""


def install(app: Flask, settings: Settings) -> None:
    """Give the application its long answers; some threads always stay free for short ones."""
    most = max(1, min(settings.limits.streams, settings.server.threads - 1))
    app.extensions["brama.streams"] = threading.BoundedSemaphore(most)


def streamed(make: Callable[[], Iterator[bytes]], content_type: str, headers: Mapping[str, str]) -> Response:
    """An answer whose body is what `make` gives, chunk by chunk.

    `make` runs before the answer begins, so what it refuses is refused properly. TooBusy when there are too many.
    An empty chunk sends nothing, but finds out whether the client is still there.
    """
    body = _Body(cast("threading.BoundedSemaphore", current_app.extensions["brama.streams"]), make)
    _bound_idleness(request.environ.get("SERVER_PORT", ""))
    return Response(body, headers=headers, content_type=content_type, direct_passthrough=True)


class _Body:
    """Holds one of the places for long answers until it is closed."""

    def __init__(self, places: threading.BoundedSemaphore, make: Callable[[], Iterator[bytes]]) -> None:
        self._open = places.acquire(blocking=False)
        self._places = places
        if not self._open:
            raise TooBusy("As many downloads as the server makes at once are running; try again in a moment.")
        try:
            self._chunks = make()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Stop making the answer; any number of times."""
        if self._open:
            self._open = False
            try:
                if close := getattr(getattr(self, "_chunks", None), "close", None):
                    close()
            finally:
                self._places.release()

    def __del__(self) -> None:
        self.close()


def _bound_idleness(port: str) -> None:
    """Let the kernel end connections of this server that take nothing for long.

    WSGI gives no socket and the web server has no such time limit; without one a client that stops reading would keep
    its thread for ever. Connections accepted later inherit the limit from the listening socket.
    """
    descriptors = Path("/proc/self/fd")
    for entry in list(descriptors.iterdir()) if descriptors.is_dir() and port.isdigit() else ():
        with contextlib.suppress(OSError):
            if entry.is_socket():
                _bound(int(entry.name), int(port))


def _bound(descriptor: int, port: int) -> None:
    borrowed = socket.socket(fileno=descriptor)
    try:
        if borrowed.family in (socket.AF_INET, socket.AF_INET6) and borrowed.getsockname()[1] == port:
            borrowed.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, IDLE_SECONDS * 1000)
    finally:
        borrowed.detach()  # it is the web server's
