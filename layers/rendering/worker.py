# SPDX-License-Identifier: EUPL-1.2
"""One render process: takes one request a connection from the shared listening socket and answers with a picture."""

import argparse
import contextlib
import logging
import os
import random
import resource
import select
import signal
import socket
from pathlib import Path

from layers.rendering import wire
from layers.rendering.draw import MAX_DOCUMENT_BYTES, Painter
from layers.rendering.model import MapRequest
from sdi.errors import InvalidParameter, TooLarge

log = logging.getLogger(__name__)

RECEIVE_SECONDS = 10.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_OUT_OF_MEMORY = "The map needs more memory than a render process may take: ask for a smaller one"
_NOT_DRAWN = "The map could not be drawn; the log of the render processes says why"


def main() -> None:
    """Answer requests until the process is to be recycled or the master has gone."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s render[%(process)d] %(message)s")
    limit = options.memory_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_DOCUMENT_BYTES, MAX_DOCUMENT_BYTES))
    # Processes started together must not be recycled together.
    left = random.randint(options.requests // 2 + 1, options.requests)  # noqa: S311
    painter, listener = Painter(), socket.socket(fileno=options.listener)
    while left > 0 and _resident_megabytes() < options.recycle_mb:
        ready, _, _ = select.select([listener, options.master], [], [])
        if options.master in ready:
            return
        # Another process may have taken the connection: the socket does not block.
        with contextlib.suppress(BlockingIOError):
            connection, _ = listener.accept()
            left -= 1
            with connection:
                if not _answer(connection, painter, options.limit_ms / 1000):
                    return


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("listener", "master", "limit-ms", "memory-mb", "requests", "recycle-mb"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args()


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE_BYTES / 1_000_000


def _answer(connection: socket.socket, painter: Painter, seconds: float) -> bool:
    """Serve one connection; false when this process should make way for a fresh one."""
    connection.settimeout(RECEIVE_SECONDS)
    try:
        header, body = wire.receive_request(connection)
        connection.sendall(wire.STARTED)
        # The default action of SIGALRM ends the process even deep inside C++; the client sees the end of the stream.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        status, content = _draw(painter, header, body)
        signal.setitimer(signal.ITIMER_REAL, 0)
        wire.send_answer(connection, status, content)
    except (wire.PeerLeftError, TooLarge, OSError) as error:
        log.info("a caller left: %s", error or type(error).__name__)
        return True
    return status is not wire.Status.BUSY


def _draw(painter: Painter, header: bytes, body: bytes) -> tuple[wire.Status, bytes]:
    try:
        request: MapRequest = wire.decode(header, body)
        return wire.Status.DRAWN, painter.draw(request)
    except (InvalidParameter, TooLarge) as error:
        return wire.Status.INVALID, error.message.encode()
    except MemoryError:
        log.warning("out of memory")
        return wire.Status.BUSY, _OUT_OF_MEMORY.encode()
    except RuntimeError as error:
        log.exception("not drawn")
        if "statement timeout" in str(error):
            return wire.Status.BUSY, b"Reading the map's features took too long: zoom in or filter"
        return wire.Status.FAILED, _NOT_DRAWN.encode()


if __name__ == "__main__":
    main()
