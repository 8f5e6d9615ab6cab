# SPDX-License-Identifier: EUPL-1.2
"""Files kept beside the database: immutable, named after their content, under `<data>/objects`."""

import hashlib
import os
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from obstore.store import LocalStore

from sdi.errors import NotFound
from sdi.settings import Settings
from sdi.setup import accounts

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}(\.[a-z0-9]{1,8})?")
_CHUNK = 8 << 20


class Objects:
    """The store of one gate. A key is the SHA-256 of the content, with a suffix that tells programs the format."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data / "objects"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._store = LocalStore(self._folder)

    def put(self, path: Path, suffix: str = "") -> str:
        """Keep a copy of a file and return its key; what is there already is not written again."""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        text = digest.hexdigest()
        key = f"{text[:2]}/{text[2:]}{suffix}"
        target = self._folder / key
        if target.exists():
            os.utime(target)  # young again, so that no sweep takes it before somebody names it
        else:
            # The store writes beside the target and renames: a killed copy leaves no half object under its key.
            self._store.put(key, path)
            target.chmod(0o444)
            hand_over(self._folder, target.parent, target)
        return key

    def path(self, key: str) -> Path:
        """Where the object lies, for programs that read files by themselves; NotFound when there is none."""
        found = self._folder / _checked(key)
        if not found.is_file():
            raise NotFound("There is no such object.")
        return found

    def stream(self, key: str) -> Iterator[bytes]:
        """The content in pieces; NotFound when there is none."""
        self.path(key)
        for piece in self._store.get(key).stream(min_chunk_size=_CHUNK):
            yield bytes(piece)

    def keys(self) -> Iterator[str]:
        """Keys of all objects."""
        for page in self._store.list():
            yield from (str(meta["path"]) for meta in page)

    def sweep(self, named: Collection[str], seconds: float) -> list[str]:
        """Remove what nobody names and nobody put within `seconds`; returns the keys."""
        old = time.time() - seconds
        gone = [key for key in self.keys() if key not in named and (self._folder / key).stat().st_mtime < old]
        for key in gone:
            self.remove(key)
        return gone

    def remove(self, key: str) -> None:
        """Take an object away; nothing happens when there is none."""
        (self._folder / _checked(key)).unlink(missing_ok=True)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise NotFound("There is no such object.")
    return key


def hand_over(*paths: Path) -> None:
    """What root's commands write belongs to the account that serves."""
    if accounts.is_root():
        service = accounts.service_account()
        for path in paths:
            os.chown(path, service.uid, service.gid)
