# SPDX-License-Identifier: EUPL-1.2
"""Files that belong to layers and records: immutable objects under the data folder, named by their content."""

import hashlib
import os
import re
import shutil
from pathlib import Path

from sdi.errors import NotFound
from sdi.settings import Settings

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}(?:\.[a-z0-9]{1,8})?")
_CHUNK = 1 << 20


def put(settings: Settings, source: Path, suffix: str = "") -> str:
    """Keep the content of `source` and return its key; the file is on the disk before this returns.

    The same content has the same key, so that keeping it again changes nothing. `suffix` is such as `.tif`.
    """
    digest = _digest(source)
    key = f"{digest[:2]}/{digest[2:]}{suffix}"
    target = _folder(settings) / key
    if target.exists():
        return key
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    with source.open("rb") as content, fresh.open("wb") as copy:
        shutil.copyfileobj(content, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())
    fresh.replace(target)
    _sync(target.parent)
    return key


def path(settings: Settings, key: str) -> Path:
    """The local file of a key; NotFound when there is none."""
    found = _folder(settings) / key
    if not _KEY.fullmatch(key) or not found.is_file():
        raise NotFound("The file of this layer is missing.")
    return found


def _folder(settings: Settings) -> Path:
    return settings.data / "objects"


def _digest(source: Path) -> str:
    with source.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
