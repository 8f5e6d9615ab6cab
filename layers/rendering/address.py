# SPDX-License-Identifier: EUPL-1.2
"""Unix sockets at paths of any length (the kernel's own limit is 107 bytes)."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def short_address(path: Path) -> Iterator[str]:
    """An address for `bind` or `connect` that names `path` through its folder's descriptor."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
