# SPDX-License-Identifier: EUPL-1.2
"""Passwords: kept as Argon2id, checked in the same time where there is no account, refused when known from leaks."""

import hashlib
import threading
from pathlib import Path
from typing import IO, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
Fault = Literal["differs", "short", "long", "login", "leaked"]
_LONGEST_LINE = 200
# The least that OWASP's cheat sheet on storing passwords asks of Argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODYS = _HASHER.hash("nobody's")
# A worker's memory stays bounded however many sign in at once.
_SOME_AT_ONCE = threading.BoundedSemaphore(4)


def hashed(password: str) -> str:
    """The Argon2id hash of a password, with its salt and costs (RFC 9106)."""
    with _SOME_AT_ONCE:
        return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the one stored; without one, no, after as much work."""
    if len(password) > LONGEST:
        return False
    try:
        with _SOME_AT_ONCE:
            return _HASHER.verify(stored or _NOBODYS, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def fault(password: str, again: str, login: str, breached: Path | None) -> Fault | None:
    """What is wrong with a new password: not typed twice, short, long, made of the login, in a list of leaked ones."""
    if password != again:
        return "differs"
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if login.lower() in password.lower() and len(password) < len(login) + SHORTEST:
        return "login"
    return "leaked" if breached is not None and is_listed(breached, password) else None


def is_listed(path: Path, password: str) -> bool:
    """Whether a sorted file of SHA-1 hashes in hexadecimal, or of their beginnings, one a line, has the password's.

    What follows a colon on a line (a count) is left unread. The file is searched by halves, so it may be large.
    """
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            start = _line_start(file, middle)
            file.seek(start)
            line = file.readline()
            if line.partition(b":")[0].strip().upper() <= wanted:
                low = start + len(line)
            else:
                high = start
        file.seek(_line_start(file, max(low - 1, 0)))
        found = file.readline().partition(b":")[0].strip().upper()
    return len(found) >= 8 and wanted.startswith(found)


def _line_start(file: IO[bytes], position: int) -> int:
    """Where the line begins in which `position` lies; lines are short."""
    begin = max(position - _LONGEST_LINE, 0)
    file.seek(begin)
    return begin + file.read(position - begin).rfind(b"\n") + 1
