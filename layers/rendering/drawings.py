# SPDX-License-Identifier: EUPL-1.2
"""Drawings that a style brings along as SVG: in its rules as text, for Mapnik, which reads files only, as files.

A file is named after its content and shared by all render processes of a system user. The folder is that user's alone.
"""

import base64
import hashlib
import os
import re
import tempfile
from pathlib import Path

from sdi.errors import InvalidParameter

MAX_FILES = 5_000
_PREFIX = "drawing:"
_FILE = re.compile(rf'file="{_PREFIX}([A-Za-z0-9_-]+=*)"')


def drawing(svg: str) -> str:
    """The value of `file` that stands for a drawing until `with_files` makes a file of it."""
    return _PREFIX + base64.urlsafe_b64encode(svg.encode()).decode()


def with_files(rules: str) -> str:
    """Rules of Mapnik with a path for each drawing."""
    return _FILE.sub(lambda found: f'file="{_file(base64.urlsafe_b64decode(found[1]))}"', rules)


def _file(svg: bytes) -> Path:
    path = _folder() / f"{hashlib.sha256(svg).hexdigest()[:32]}.svg"
    if not path.exists():
        if sum(1 for _ in path.parent.iterdir()) >= MAX_FILES:
            for old in path.parent.iterdir():
                old.unlink(missing_ok=True)
        # Written beside and renamed, so that no other process reads half of it.
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(svg)
        part.replace(path)
    return path


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"brama-drawings-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o77 or folder.is_symlink():
        raise InvalidParameter("The folder of the patterns is not the server's own.")
    return folder
