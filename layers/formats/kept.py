# SPDX-License-Identifier: EUPL-1.2
"""Files of whole public layers kept for the next caller, bounded together; a change of the layer outdates them."""

import contextlib
import os
from pathlib import Path

from layers.formats.model import Format
from layers.model import Layer
from sdi.crs import Crs


def place(data: Path, layer: Layer, wanted: Format, crs: Crs, language: str) -> Path:
    """Where the file of the layer as it is now stands, or would."""
    folder = data / "run" / "kept"
    folder.mkdir(parents=True, exist_ok=True)
    state = f"{layer.state}-{layer.updated_at.timestamp():.6f}"
    return folder / f"{layer.id}-{state}-{crs.authority}-{crs.code or crs.srid}-{language}.{wanted.extension}"


def used(path: Path) -> int | None:
    """The size of a kept file, which counts as used now; None when there is none."""
    try:
        os.utime(path)
        return path.stat().st_size
    except FileNotFoundError:
        return None


def trim(folder: Path, most: int) -> None:
    """Drop the files that were not used for longest until `most` bytes are left."""
    found = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            facts = path.stat()
            found.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            return
        path.unlink(missing_ok=True)
        total -= size
