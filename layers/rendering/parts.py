# SPDX-License-Identifier: EUPL-1.2
"""Several pictures in one answer: those that one map was cut into, row by row from the upper left."""

import struct
from collections.abc import Sequence

_SIZE = struct.Struct("!I")


def join_parts(parts: Sequence[bytes]) -> bytes:
    """Their number, their sizes, the pictures; a picture in which nothing is has no bytes."""
    sizes = b"".join(_SIZE.pack(len(part)) for part in parts)
    return b"".join((_SIZE.pack(len(parts)), sizes, *parts))


def split_parts(content: bytes) -> list[bytes]:
    """What `join_parts` put together."""
    (count,) = _SIZE.unpack_from(content)
    start, parts = _SIZE.size * (count + 1), []
    for number in range(count):
        (size,) = _SIZE.unpack_from(content, _SIZE.size * (number + 1))
        parts.append(content[start : start + size])
        start += size
    return parts
