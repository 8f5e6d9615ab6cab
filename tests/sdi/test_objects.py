# SPDX-License-Identifier: EUPL-1.2
"""Objects are immutable, named after their content, and reached by their keys only."""

import hashlib
import os
from pathlib import Path

import pytest

from sdi.errors import NotFound
from sdi.objects import Objects
from sdi.settings import Settings


def test_an_object_is_kept_once_and_read_back(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(b"abc" * 1000)
    objects = Objects(settings)
    key = objects.put(source, ".tif")
    digest = hashlib.sha256(b"abc" * 1000).hexdigest()
    assert key == f"{digest[:2]}/{digest[2:]}.tif"
    assert objects.put(source, ".tif") == key
    source.unlink()
    assert objects.path(key).read_bytes() == b"".join(objects.stream(key)) == b"abc" * 1000
    assert list(objects.keys()) == [key]
    objects.remove(key)
    objects.remove(key)
    with pytest.raises(NotFound):
        objects.path(key)


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "/etc/passwd", "ab/../x", "", "ab/" + "0" * 62 + ".tif/x", "AB/" + "0" * 62]
)
def test_what_is_no_key_is_not_found(settings: Settings, key: str) -> None:
    with pytest.raises(NotFound):
        Objects(settings).path(key)
    with pytest.raises(NotFound):
        Objects(settings).remove(key)


def test_a_sweep_takes_what_is_old_and_not_named(settings: Settings, tmp_path: Path) -> None:
    objects = Objects(settings)
    keys = []
    for text in ("named", "old", "young"):
        (tmp_path / text).write_text(text)
        keys.append(objects.put(tmp_path / text))
    for key in keys[:2]:
        os.utime(objects.path(key), (0, 0))
    assert objects.sweep({keys[0]}, 60) == [keys[1]]
    assert sorted(objects.keys()) == sorted((keys[0], keys[2]))
    os.utime(objects.path(keys[2]), (0, 0))
    objects.put(tmp_path / "young")
    assert objects.sweep({keys[0]}, 60) == []
