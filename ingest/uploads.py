# SPDX-License-Identifier: EUPL-1.2
"""Uploaded files between the request that brings them and the job that loads them; light enough for web workers."""

import re
import time
from pathlib import Path
from typing import IO

from sdi.errors import InvalidParameter
from sdi.ids import uuid7

TASK = "ingest.load"
OPTIONS = (
    "layer", "source_layer", "title", "title_en", "theme", "organisation", "crs", "encoding", "key", "label", "time",
    "update", "visibility",
)  # fmt: skip
"""Fields of the form beside the file; the same names and meanings as the command's options."""

_KEPT_SECONDS = 2 * 86_400
_NAME = re.compile(r"[0-9a-f-]{36}")


def new(data: Path) -> Path:
    """A name for the next upload."""
    folder = data / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / str(uuid7())


def open_new(path: Path) -> IO[bytes]:
    """The file to write an upload to, readable again from its start."""
    return path.open("x+b")


def find(data: Path, name: str) -> Path:
    """An upload by the name that a job bears; InvalidParameter when it is gone."""
    path = data / "uploads" / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise InvalidParameter("The uploaded file is not there any more; send it again.")
    return path


def sweep(data: Path) -> int:
    """Remove uploads that no job took for two days; returns how many."""
    old = [path for path in (data / "uploads").glob("*") if time.time() - path.stat().st_mtime > _KEPT_SECONDS]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
