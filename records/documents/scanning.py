# SPDX-License-Identifier: EUPL-1.2
"""Looks at a file with a ClamAV daemon, by its INSTREAM command over a socket."""

import socket
import struct
from pathlib import Path

from sdi.errors import TooBusy, Unprocessable
from sdi.web.i18n import gettext

_CHUNK = 1 << 16
_SECONDS = 60.0
_ANSWER = 4_096


def scan(path: Path, scanner: str) -> None:
    """Unprocessable, naming what was found, for a file with a virus; TooBusy when the daemon does not answer."""
    try:
        answer = _ask(path, scanner)
    except OSError as error:
        raise TooBusy(gettext("The file cannot be checked for viruses just now; try again later.")) from error
    if answer.endswith("FOUND"):
        found = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        raise Unprocessable(gettext("The file carries a virus: %(name)s.") % {"name": found}, locator="file")
    if not answer.endswith("OK"):
        raise TooBusy(gettext("The file cannot be checked for viruses just now; try again later."))


def _ask(path: Path, scanner: str) -> str:
    with _connected(scanner) as connection, path.open("rb") as file:
        connection.settimeout(_SECONDS)
        connection.sendall(b"zINSTREAM\0")
        while chunk := file.read(_CHUNK):
            connection.sendall(struct.pack("!L", len(chunk)) + chunk)
        connection.sendall(struct.pack("!L", 0))
        return connection.recv(_ANSWER).rstrip(b"\0\n").decode(errors="replace")


def _connected(scanner: str) -> socket.socket:
    if scanner.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_SECONDS)
            connection.connect(scanner)
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = scanner.rpartition(":")
    return socket.create_connection((host, int(port)), _SECONDS)
