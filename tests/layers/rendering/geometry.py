# SPDX-License-Identifier: EUPL-1.2
"""WKB of simple shapes."""

import struct


def point(x: float, y: float) -> bytes:
    """A point."""
    return struct.pack("<BIdd", 1, 1, x, y)


def rectangle(min_x: float, min_y: float, max_x: float, max_y: float) -> bytes:
    """A polygon of four corners."""
    corners = [(min_x, min_y), (max_x, min_y), (max_x, max_y), (min_x, max_y), (min_x, min_y)]
    return struct.pack("<BIII", 1, 3, 1, 5) + b"".join(struct.pack("<dd", x, y) for x, y in corners)


def line(*points: tuple[float, float]) -> bytes:
    """A line through points."""
    return struct.pack("<BII", 1, 2, len(points)) + b"".join(struct.pack("<dd", x, y) for x, y in points)
