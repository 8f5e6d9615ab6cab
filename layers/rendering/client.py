# SPDX-License-Identifier: EUPL-1.2
"""The web worker's end of the render socket."""

import socket
from dataclasses import dataclass
from pathlib import Path

from layers.rendering import wire
from layers.rendering.address import short_address
from layers.rendering.model import MapRequest
from sdi.errors import BramaError, InvalidParameter, TooBusy

ANSWER_MARGIN_SECONDS = 5.0
_NOBODY = "No render process answers: the server draws too many maps at once or its render processes are down"
_CUT = "The map took more time or memory than one may take: ask for a smaller one or fewer layers"


@dataclass(frozen=True, slots=True)
class RenderClient:
    """Draws maps in the render processes behind the socket at `path`; safe in any number of threads.

    Each request has a connection of its own: the kernel's queue hands it to the process that is free first, and a
    recycled process leaves no dead connection behind. `limit_seconds` is the time the server gives one map,
    `queue_seconds` the time to wait for a free process.
    """

    path: Path
    limit_seconds: float = 20.0
    queue_seconds: float = 15.0

    def render(self, request: MapRequest) -> bytes:
        """The picture's bytes in `request.format`.

        Raises InvalidParameter, TooLarge; TooBusy when no process is free or the map ran out of time or memory;
        BramaError when drawing failed.
        """
        frame = wire.encode(request)
        try:
            return self._ask(frame)
        except wire.PeerLeftError:
            # The process ended before it began with this map, which therefore is not what ended it.
            return self._once_more(frame)

    def _once_more(self, frame: bytes) -> bytes:
        try:
            return self._ask(frame)
        except wire.PeerLeftError as error:
            raise TooBusy(_NOBODY) from error

    def _ask(self, frame: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            self._begin(connection, frame)
            connection.settimeout(self.limit_seconds + ANSWER_MARGIN_SECONDS)
            try:
                status, content = wire.receive_answer(connection)
            except (wire.PeerLeftError, OSError) as error:
                raise TooBusy(_CUT) from error
        return _content(status, content)

    def _begin(self, connection: socket.socket, frame: bytes) -> None:
        connection.settimeout(self.queue_seconds)
        try:
            with short_address(self.path) as address:
                connection.connect(address)
        except OSError as error:
            raise TooBusy(_NOBODY) from error
        try:
            connection.sendall(frame)
            wire.receive_started(connection)
        except TimeoutError as error:
            raise TooBusy(_NOBODY) from error
        except OSError as error:
            raise wire.PeerLeftError from error


def _content(status: wire.Status, content: bytes) -> bytes:
    if status is wire.Status.DRAWN:
        return content
    message = content.decode()
    if status is wire.Status.BUSY:
        raise TooBusy(message)
    if status is wire.Status.INVALID:
        raise InvalidParameter(message)
    raise BramaError(message)
